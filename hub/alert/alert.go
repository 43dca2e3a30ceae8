// Package alert is what happens to an urgent alert: who is to have it, who must agree first, how it goes out, what becomes of it, and who
// answered.
//
// An alert is an event that its sender's own account appends to the channel of its audience. Each audience (organisations and roles, or for
// TLP:RED named people) has one channel, kept by the hub's account, and whoever may open an alert is a member of it: there is no other rule.
// Membership is brought in line when something is sent and, in the same transaction, whenever a person or an organisation changes.
//
// What stands now is kept in tables by Log, which follows the rooms: it is told of each event inside the transaction that appends it, and of
// each event that was emptied, so that replaying the log gives the same tables. All other writing goes through the functions of Alerts. The
// order of effects: check, find the audience, find or make the channel, reconcile it, append, and write down whom it concerns; after the commit
// the log's followers tell it. What is due (ends, steps of escalation) is read from the database by the node's clock, and looked at
// again inside the writing transaction that does it, so each thing is done once, whichever node comes first.
package alert

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/store"
)

// Options are what New needs beside the hub's parts. The zero value is right for a hub.
type Options struct {
	Language string           // in which an alert's body is written; "" means English
	Second   string           // tried before English; may be ""
	Log      *slog.Logger     // nil means slog.Default
	Count    func(act string) // hears of what is sent, updated, cancelled and escalated; nil means that nobody counts
}

// Alerts are this hub's alerts. It is safe for use by many goroutines.
type Alerts struct {
	db       *store.DB
	people   *people.People
	rooms    *room.Rooms
	network  *network.Network
	rotas    *rota.Rotas
	language string
	second   string
	count    func(act string)
	log      *slog.Logger
	shower   Shower
}

// New makes the alerts of a hub, and has the network tell of people who come, go and change.
func New(db *store.DB, p *people.People, r *room.Rooms, n *network.Network, rotas *rota.Rotas, o Options) *Alerts {
	a := &Alerts{db: db, people: p, rooms: r, network: n, rotas: rotas, language: o.Language, second: o.Second, log: o.Log, count: o.Count}
	if a.language == "" {
		a.language = "en"
	}
	if a.log == nil {
		a.log = slog.Default()
	}
	n.Follow(a)
	p.OnErase(eraseTx)
	return a
}

// countTx counts what was done, once it is on the disk.
func (a *Alerts) countTx(tx *store.Tx, what string) {
	if a.count != nil {
		tx.OnCommit(func() { a.count(what) })
	}
}

// eraseTx deletes what is kept of somebody who leaves the network, beside what they said in channels.
func eraseTx(tx *store.Tx, userID string) error {
	for _, statement := range []string{
		`DELETE FROM alert_notices WHERE user_id = $1`,
		`DELETE FROM alert_sends WHERE user_id = $1`,
		`DELETE FROM alert_drafts WHERE author = $1`,
		`DELETE FROM alert_claims WHERE user_id = $1`,
	} {
		if _, err := tx.Exec(statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// doorKey marks, in the context of a transaction, that an event comes through this package.
type doorKey struct{}

// write runs fn in a transaction in which alerts may be appended.
func (a *Alerts) write(ctx context.Context, fn func(tx *store.Tx) error) error {
	return a.db.Write(context.WithValue(ctx, doorKey{}, true), fn)
}

// Alert is one alert as it stands.
type Alert struct {
	ID             string // of its first event
	RoomID         string
	OrganisationID string // the sender's, when it was sent
	Sender         string
	SentAt         int64 // Unix milliseconds, as are the other times
	Position       store.Position
	LastEventID    string // the version that stands
	UpdatedAt      int64
	LastPosition   store.Position
	Block          Block
	ClosedAt       int64 // when its end was noted; 0 while it lives
}

// State is where an alert is in its life.
type State string

// The states of an alert.
const (
	Live      State = "live"
	Cancelled State = "cancelled"
	Expired   State = "expired"
)

// State tells where the alert is in its life at a moment.
func (al *Alert) State(now int64) State {
	switch {
	case al.Block.MsgType == MsgCancel:
		return Cancelled
	case al.Block.Expires*1000 <= now:
		return Expired
	}
	return Live
}

const alertColumns = `a.alert_id, a.room_id, a.organisation_id, a.sender, a.sent_at, a.position, a.last_event_id, a.updated_at, a.last_position,
	a.msg_type, a.status, a.code, a.slots, a.urgency, a.severity, a.certainty, a.tlp, a.areas, a.expires_at, a.words, a.language, a.closed_at`

func scanAlert(row store.Scanner) (al Alert, err error) {
	var slots, areas string
	b := &al.Block
	err = row.Scan(&al.ID, &al.RoomID, &al.OrganisationID, &al.Sender, &al.SentAt, &al.Position, &al.LastEventID, &al.UpdatedAt, &al.LastPosition,
		&b.MsgType, &b.Status, &b.Code, &slots, &b.Urgency, &b.Severity, &b.Certainty, &b.TLP, &areas, &b.Expires, &b.Text, &b.Language, &al.ClosedAt)
	b.Expires /= 1000
	b.Slots, b.Areas = json.RawMessage(slots), splitAreas(areas)
	return al, err
}

// errUnknown: there is no such alert, or it is not for the caller to know.
func errUnknown() error { return fault.NotFound("error.unknown_alert") }

// alertTx reads an alert; error.unknown_alert when there is none.
func alertTx(tx *store.Tx, id string) (Alert, error) {
	al, err := scanAlert(tx.QueryRow(`SELECT `+alertColumns+` FROM alerts a WHERE a.alert_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return al, errUnknown()
	}
	if err != nil {
		return al, fmt.Errorf("read an alert: %w", err)
	}
	return al, nil
}

// readableTx reads an alert for somebody: whoever is not a member of its channel now does not learn that it is there.
func (a *Alerts) readableTx(tx *store.Tx, caller people.Caller, id string) (Alert, error) {
	al, err := alertTx(tx, id)
	if err != nil {
		return al, err
	}
	membership, err := a.rooms.Membership(tx, al.RoomID, caller.UserID)
	if err == nil && membership != "join" {
		err = errUnknown()
	}
	return al, err
}

// newID makes an id of 72 random bits.
func newID() string {
	var raw [9]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
