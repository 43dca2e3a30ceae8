package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"panah/hub/network"
	"panah/hub/room"
	"panah/hub/store"
)

// Delivery is what is known of an alert's way to one organisation, or to somebody of none whom the alert names.
type Delivery struct {
	ID          string // of the organisation, or of that person
	People      int    // who should have it
	Reached     int    // of whom a device took it
	Seen        int    // of whom opened it, or answered
	Standing    Standing
	SilentSince int64 // when any device of theirs was last heard of, Unix milliseconds; 0 for never
	Hub         *Far  // of an organisation of another hub: how that one stands
}

// Far is another hub, on the way of an alert to an organisation there. What devices took the hub alone knows; here is known what it took itself, and
// what its people opened and answered.
type Far struct {
	Server      string
	Took        bool  // it has the alert
	HeardAt     int64 // when it was last heard, Unix milliseconds; 0 for never
	SilentSince int64 // 0 for one that answers
}

// Truth is the one word for a delivery.
type Truth string

// From the best to the least that can be said.
const (
	TruthAcknowledged Truth = "acknowledged" // somebody of it answered
	TruthSeen         Truth = "seen"
	TruthReached      Truth = "reached"
	TruthUnknown      Truth = "unknown" // silent since …
)

// Truth tells what is known; never more.
func (d Delivery) Truth() Truth {
	switch {
	case d.Standing != Silent && d.Standing != SomeSeen:
		return TruthAcknowledged
	case d.Standing == SomeSeen || d.Seen > 0:
		return TruthSeen
	case d.Reached > 0 || d.Hub != nil && d.Hub.Took:
		return TruthReached
	}
	return TruthUnknown
}

// deliveryTx joins what is known of each organisation: what its devices took, what its people opened (public receipts) and answered.
// Somebody of no organisation has a row of their own where the alert names them (TLP:RED). Who was called for others has none: they are no part of
// its audience, and what they answered counts for those whom they were called for.
func (a *Alerts) deliveryTx(tx *store.Tx, al Alert, standings []Reached) ([]Delivery, error) {
	all, err := store.All(tx, func(row store.Scanner) (d Delivery, err error) {
		return d, row.Scan(&d.ID, &d.People, &d.Reached, &d.Seen)
	},
		`SELECT CASE WHEN r.organisation_id = '' THEN r.user_id ELSE r.organisation_id END, COUNT(*), COUNT(CASE WHEN r.reached_at > 0 OR n.user_id IS NOT NULL OR c.user_id IS NOT NULL THEN 1 END),
			COUNT(CASE WHEN n.user_id IS NOT NULL OR c.user_id IS NOT NULL THEN 1 END)
		FROM alert_recipients r
		LEFT JOIN (SELECT DISTINCT user_id FROM alert_answers WHERE alert_id = $1) n ON n.user_id = r.user_id
		LEFT JOIN (SELECT DISTINCT user_id FROM receipts WHERE room_id = $2 AND type = 'm.read' AND event_position >= $3) c ON c.user_id = r.user_id
		WHERE r.alert_id = $1 GROUP BY 1 ORDER BY 1`, al.ID, al.RoomID, al.Position)
	if err != nil {
		return nil, err
	}
	alone, err := namedAloneTx(tx, al)
	if err != nil {
		return nil, err
	}
	standings = append(slices.Clone(standings), alone...)
	all = slices.DeleteFunc(all, func(d Delivery) bool {
		return strings.HasPrefix(d.ID, "@") && !slices.ContainsFunc(alone, func(r Reached) bool { return r.ID == d.ID })
	})
	for i := range all {
		d := &all[i]
		d.Standing = Silent
		for _, s := range standings {
			if s.ID == d.ID {
				d.Standing = s.Standing
			}
		}
		if d.SilentSince, err = lastHeard(tx, d.ID); err != nil {
			return nil, err
		}
	}
	return a.deliveryAbroadTx(tx, al, all)
}

// deliveryAbroadTx adds to what is known of organisations of other hubs how those stand, and those of whose people none has come yet.
func (a *Alerts) deliveryAbroadTx(tx *store.Tx, al Alert, all []Delivery) ([]Delivery, error) {
	c, err := readChannel(tx, al.RoomID)
	if err != nil || len(c.audience.Abroad) == 0 {
		return all, err
	}
	hubs := map[string]*Far{}
	for _, server := range hubsOf(c.audience.Abroad) {
		if hubs[server], err = a.farHubTx(tx, al, server); err != nil {
			return nil, err
		}
	}
	for _, id := range c.audience.Abroad {
		if !slices.ContainsFunc(all, func(d Delivery) bool { return d.ID == id }) {
			all = append(all, Delivery{ID: id, Standing: Silent})
		}
	}
	for i := range all {
		if all[i].Hub = hubs[room.ServerOf(all[i].ID)]; all[i].Hub != nil {
			all[i].SilentSince = all[i].Hub.SilentSince
		}
	}
	return all, nil
}

// farHubTx tells how another hub stands to an alert. It has it when its people have come, for it brings them in after it has read what was said before;
// and when nothing of what was said since then waits for it, nor is still to be queued for it.
func (a *Alerts) farHubTx(tx *store.Tx, al Alert, server string) (*Far, error) {
	h := &Far{Server: server}
	var err error
	if h.HeardAt, h.SilentSince, err = network.StandingTx(tx, server, 0); err != nil {
		return nil, err
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_recipients WHERE alert_id = $1 AND organisation_id LIKE $2)
		AND NOT EXISTS (SELECT 1 FROM federation_events WHERE server = $3 AND position = $4)
		AND (EXISTS (SELECT 1 FROM federation_progress WHERE live >= $4)
			OR EXISTS (SELECT 1 FROM memberships WHERE room_id = $5 AND user_id = $6 AND membership = 'join' AND position > $4))`,
		al.ID, "%:"+server, server, al.Position, al.RoomID, network.HubOf(server)).Scan(&h.Took)
	if err != nil {
		return nil, fmt.Errorf("look whether a hub has an alert: %w", err)
	}
	return h, nil
}

// namedAloneTx are those of no organisation whom an alert names, each as if they were one.
func namedAloneTx(tx *store.Tx, al Alert) (all []Reached, err error) {
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return nil, err
	}
	for user, organisation := range c.audience.People {
		if organisation == "" {
			all = append(all, Reached{ID: user, Asked: 1})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	answers, err := lastAnswers(tx, al.ID)
	for i := range all {
		r := &all[i]
		r.Answers = slices.DeleteFunc(slices.Clone(answers), func(n Answer) bool { return n.UserID != r.ID })
		r.Standing = RollUp(r.Answers, r.Asked)
	}
	return all, err
}

// lastHeard is when any device of an organisation, or of somebody, was last used, or took an alert.
func lastHeard(tx *store.Tx, id string) (at int64, err error) {
	whose := map[bool]string{true: "user_id", false: "organisation_id"}[strings.HasPrefix(id, "@")]
	var taken int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(p.session_at), 0), COALESCE((SELECT MAX(r.reached_at) FROM alert_recipients r WHERE r.`+whose+` = $1), 0)
		FROM people p WHERE p.`+whose+` = $1 AND p.standing = 'active'`, id).Scan(&at, &taken)
	if err != nil {
		return 0, fmt.Errorf("find when an organisation was last heard of: %w", err)
	}
	var device int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(d.seen_at), 0) FROM devices d JOIN people p ON p.user_id = d.user_id WHERE p.`+whose+` = $1`, id).Scan(&device)
	return max(at, taken, device), err
}

// Taken notes of people that a device of theirs has taken everything up to a position. It writes only when that tells something new.
func (a *Alerts) Taken(ctx context.Context, upTo map[string]store.Position) error {
	const open = ` user_id = $1 AND reached_at = 0 AND position <= $2`
	var news []string
	err := a.db.Read(ctx, func(tx *store.Tx) error {
		news = nil
		for _, user := range slices.Sorted(maps.Keys(upTo)) {
			var has bool
			if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_recipients WHERE`+open+`)`, user, upTo[user]).Scan(&has); err != nil {
				return fmt.Errorf("look whether an alert is new to somebody: %w", err)
			}
			if has {
				news = append(news, user)
			}
		}
		return nil
	})
	if err != nil || len(news) == 0 {
		return err
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		for _, user := range news {
			if _, err := tx.Exec(`UPDATE alert_recipients SET reached_at = $3 WHERE`+open, user, upTo[user], tx.Now.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}
