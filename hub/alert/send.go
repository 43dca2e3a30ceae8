package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/guard"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Sent is what became of a wish: an alert, or a draft that waits for a second person.
type Sent struct {
	AlertID string
	EventID string
	DraftID string
	Causes  []string // why it waits
}

var txnForm = regexp.MustCompile(`^[A-Za-z0-9._~:-]{1,64}$`)

// Send sends an alert, or keeps it until a second person agrees. The same transaction id of the same device gives the same again.
func (a *Alerts) Send(ctx context.Context, caller people.Caller, txnID string, w Wish) (s Sent, err error) {
	if err := caller.Require(people.ActSendAlert); err != nil {
		return s, err
	}
	if caller.OrganisationID == "" {
		return s, fault.Forbidden("error.alert_needs_organisation")
	}
	if !txnForm.MatchString(txnID) {
		return s, bad("txn_id")
	}
	found := guard.Names(w.Text)
	err = a.write(ctx, func(tx *store.Tx) error {
		earlier, err := earlierSend(tx, caller, txnID)
		if err != nil || earlier != nil {
			if earlier != nil {
				s = *earlier
			}
			return err
		}
		if s, err = a.take(ctx, tx, caller, w, found); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO alert_sends (user_id, device_id, txn_id, alert_id, event_id, draft_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			caller.UserID, caller.DeviceID, txnID, s.AlertID, s.EventID, s.DraftID, tx.Now.UnixMilli())
		return err
	})
	return s, err
}

func earlierSend(tx *store.Tx, caller people.Caller, txnID string) (*Sent, error) {
	var s Sent
	var causes sql.NullString
	err := tx.QueryRow(`SELECT s.alert_id, s.event_id, s.draft_id, d.causes FROM alert_sends s LEFT JOIN alert_drafts d ON d.draft_id = s.draft_id
		WHERE s.user_id = $1 AND s.device_id = $2 AND s.txn_id = $3`, caller.UserID, caller.DeviceID, txnID).Scan(&s.AlertID, &s.EventID, &s.DraftID, &causes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for an earlier send: %w", err)
	}
	s.Causes = strings.Fields(causes.String)
	return &s, nil
}

// take checks a wish and sends it, or has it wait.
func (a *Alerts) take(ctx context.Context, tx *store.Tx, caller people.Caller, w Wish, found []string) (s Sent, err error) {
	carried := found
	if w.Update != "" {
		if w, err = a.mergeTx(tx, caller, w); err != nil {
			return s, err
		}
		carried = guard.Names(w.Text) // also in the words of an earlier version: with other codes beside them they may lead further
		if err := a.mayRelabel(tx, w); err != nil {
			return s, err
		}
	}
	w, p, err := complete(w, tx.Now)
	if err != nil {
		return s, err
	}
	if err := unconfirmed(found, w.Confirmed); err != nil {
		return s, err
	}
	if err := a.checkQuote(tx, caller, w); err != nil {
		return s, err
	}
	if w.Update == "" {
		if err := mayRaise(tx, caller); err != nil {
			return s, err
		}
		// Also for a draft: its author learns now, not after it was approved, that it would reach nobody.
		if err := a.reachesSomebody(tx, caller.Person, w); err != nil {
			return s, err
		}
	}
	if s.Causes = w.causes(p, carried); len(s.Causes) > 0 {
		s.DraftID, err = a.hold(tx, caller, w, s.Causes)
		return s, err
	}
	return a.sendTx(ctx, tx, caller.Person, w)
}

// mayRaise bounds how many alerts one person begins within an hour: each takes many away from what they do, and an account that somebody else
// has taken over must not shout the network down. Updates and cancels are never too many, nor is what a second person agrees to.
func mayRaise(tx *store.Tx, caller people.Caller) error {
	hourAgo := tx.Now.Add(-time.Hour).UnixMilli()
	var sent, first int64
	err := tx.QueryRow(`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM alert_sends WHERE user_id = $1 AND at > $2 AND alert_id <> '' AND alert_id = event_id`,
		caller.UserID, hourAgo).Scan(&sent, &first)
	if err != nil {
		return fmt.Errorf("count what was sent: %w", err)
	}
	if sent < mostSent {
		return nil
	}
	after := time.Duration(first-hourAgo) * time.Millisecond
	return fault.New(http.StatusTooManyRequests, "M_LIMIT_EXCEEDED", "error.alert_too_many", "Limit", mostSent).After(after)
}

// mayRelabel: also for a draft, so that its author learns now what nobody could approve.
func (a *Alerts) mayRelabel(tx *store.Tx, w Wish) error {
	al, err := alertTx(tx, w.Update)
	if err != nil {
		return err
	}
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return err
	}
	return mayLabel(w.TLP, al.Block.TLP, c.audience)
}

func (a *Alerts) reachesSomebody(tx *store.Tx, sender people.Person, w Wish) error {
	p, err := a.previewTx(tx, sender, w.Audience, w.Areas, w.TLP)
	if err == nil && p.People+len(p.Abroad) == 0 {
		err = fault.InvalidParam("error.alert_nobody")
	}
	return err
}

// checkQuote: what is passed on can be read by whoever passes it on, its label allows it, and its label gets no looser.
func (a *Alerts) checkQuote(tx *store.Tx, caller people.Caller, w Wish) error {
	if w.Quotes == "" || w.Update != "" { // an update passes on what the first version did, to the same people
		return nil
	}
	quoted, err := a.readableTx(tx, caller, w.Quotes)
	if err != nil {
		return err
	}
	audience, err := a.audienceTx(tx, caller.Person, w.Audience, w.Areas, w.TLP)
	if err != nil {
		return err
	}
	use := UseQuote
	if len(audience.Abroad) == 0 && len(audience.Organisations) == 1 && audience.Organisations[0] == caller.OrganisationID {
		use = UseQuoteInside
	}
	if !quoted.Block.TLP.Allows(use) || w.TLP.loosens(quoted.Block.TLP) {
		return fault.Forbidden("error.alert_tlp")
	}
	return nil
}

// sendTx appends a completed wish in its author's name.
func (a *Alerts) sendTx(ctx context.Context, tx *store.Tx, author people.Person, w Wish) (s Sent, err error) {
	if w.Update != "" {
		return a.updateTx(ctx, tx, author, w)
	}
	a.countTx(tx, "sent")
	audience, err := a.audienceTx(tx, author, w.Audience, w.Areas, w.TLP)
	if err != nil {
		return s, err
	}
	if w.TLP == Red {
		audience.Once = newID()
	}
	c, err := a.channelTx(ctx, tx, audience)
	if err != nil {
		return s, err
	}
	content, err := a.content(tx, c.roomID, w.Block, "")
	if err != nil {
		return s, err
	}
	events, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: c.roomID, Sender: author.UserID, Type: "m.room.message", Content: content})
	if err != nil {
		return s, err
	}
	s.AlertID, s.EventID = events[0].ID, events[0].ID
	if err := a.addressTx(tx, s.AlertID, c.audience, author); err != nil {
		return s, err
	}
	if err := a.toldTx(tx, s.AlertID, author.UserID, NoticeNew); err != nil {
		return s, err
	}
	al, err := alertTx(tx, s.AlertID)
	if err != nil {
		return s, err
	}
	return s, a.startTx(ctx, tx, al)
}

// addressTx writes down who should have a new alert, and whose answer is awaited: those of its audience, and not who was called into the channel
// to another alert.
func (a *Alerts) addressTx(tx *store.Tx, alertID string, audience Audience, author people.Person) error {
	all, err := a.peopleOf(tx, audience)
	if err != nil {
		return err
	}
	for _, person := range all {
		if person.UserID == author.UserID {
			continue
		}
		if err := addTx(tx, alertID, person.UserID, person.OrganisationID); err != nil {
			return err
		}
	}
	if err := a.addressAbroadTx(tx, alertID, audience); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO alert_figures (alert_id, organisation_id, status, sent_at)
		SELECT DISTINCT a.alert_id, r.organisation_id, a.status, a.sent_at FROM alerts a JOIN alert_recipients r ON r.alert_id = a.alert_id
		WHERE a.alert_id = $1 AND r.organisation_id <> a.organisation_id AND r.organisation_id <> '' ON CONFLICT DO NOTHING`, alertID)
	return err
}

// addTx writes down that somebody should have an alert.
func addTx(tx *store.Tx, alertID, userID, organisationID string) error {
	_, err := tx.Exec(`INSERT INTO alert_recipients (alert_id, user_id, organisation_id, position)
		SELECT a.alert_id, $2, $3, a.position FROM alerts a WHERE a.alert_id = $1 ON CONFLICT (alert_id, user_id) DO NOTHING`, alertID, userID, organisationID)
	return err
}

// wishJSON is how a wish waits in the database.
func wishJSON(w Wish) (string, error) {
	raw, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("write a draft: %w", err)
	}
	return string(raw), nil
}
