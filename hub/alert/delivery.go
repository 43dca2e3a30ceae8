package alert

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"panah/hub/store"
)

// Delivery is what is known of an alert's way to one organisation.
type Delivery struct {
	ID          string
	People      int // who should have it
	Reached     int // of whom a device took it
	Seen        int // of whom opened it, or answered
	Standing    Standing
	SilentSince int64 // when any device of the organisation was last heard of, Unix milliseconds; 0 for never
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
	case d.Reached > 0:
		return TruthReached
	}
	return TruthUnknown
}

// deliveryTx joins what is known of each organisation: what its devices took, what its people opened (public receipts) and answered.
func (a *Alerts) deliveryTx(tx *store.Tx, al Alert, standings []Reached) ([]Delivery, error) {
	all, err := store.All(tx, func(row store.Scanner) (d Delivery, err error) {
		return d, row.Scan(&d.ID, &d.People, &d.Reached, &d.Seen)
	},
		`SELECT r.organisation_id, COUNT(*), COUNT(CASE WHEN r.reached_at > 0 OR n.user_id IS NOT NULL OR c.user_id IS NOT NULL THEN 1 END),
			COUNT(CASE WHEN n.user_id IS NOT NULL OR c.user_id IS NOT NULL THEN 1 END)
		FROM alert_recipients r
		LEFT JOIN (SELECT DISTINCT user_id FROM alert_answers WHERE alert_id = $1) n ON n.user_id = r.user_id
		LEFT JOIN (SELECT DISTINCT user_id FROM receipts WHERE room_id = $2 AND type = 'm.read' AND event_position >= $3) c ON c.user_id = r.user_id
		WHERE r.alert_id = $1 GROUP BY r.organisation_id ORDER BY r.organisation_id`, al.ID, al.RoomID, al.Position)
	if err != nil {
		return nil, err
	}
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
	return all, nil
}

// lastHeard is when any device of an organisation was last used, or took an alert.
func lastHeard(tx *store.Tx, organisationID string) (at int64, err error) {
	var taken int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(p.session_at), 0), COALESCE((SELECT MAX(r.reached_at) FROM alert_recipients r WHERE r.organisation_id = $1), 0)
		FROM people p WHERE p.organisation_id = $1 AND p.standing = 'active'`, organisationID).Scan(&at, &taken)
	if err != nil {
		return 0, fmt.Errorf("find when an organisation was last heard of: %w", err)
	}
	var device int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(d.seen_at), 0) FROM devices d JOIN people p ON p.user_id = d.user_id WHERE p.organisation_id = $1`,
		organisationID).Scan(&device)
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
