// Package place is what happens to the places of shelters: who offers them, who asks, to whom they are held, and what becomes of it.
//
// A shelter belongs to an organisation and is written by one writer: each act is one transaction of the hub on which it is registered, and no
// two run beside each other on any of its nodes. The order of effects in it: check, read the shelter with those who are in or wait, have
// allot.Apply decide, write what changed down, make or empty channels, append what is told, and queue notices; after the commit the log's followers
// tell it. So nothing is told that is not so, and a retry with the same transaction id finds that it was done.
//
// A request has a private channel between those who ask and those who take people in; whoever is a member may know of it, and nobody else. What
// a shelter has free stands as state in a channel of those who look for places, in its country or in the network, as the shelter chooses. Where a
// house stands is kept nowhere. Other hubs are shown what is free here, ask for it and are answered through rooms (abroad.go). Holds and waiting end by the node's clock (Due), once each, whichever node comes first.
package place

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"regexp"
	"sync/atomic"

	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/store"
)

// Options are what New needs beside the hub's parts. The zero value is right for a hub.
type Options struct {
	Language string             // in which the channels' sentences are written; "" means English
	Second   string             // tried before English; may be ""
	Log      *slog.Logger       // nil means slog.Default
	Count    func(state string) // hears which states requests come into; nil means that nobody counts
	// Ledgers asks other hubs for their ledgers; nil when there are none to ask.
	Ledgers Ledgers
	// Checked hears what came of each look at a ledger of another hub: verified, broken or failed. nil means that nobody does.
	Checked func(result string)
}

// Places are this hub's shelters and the requests for their places. It is safe for use by many goroutines.
type Places struct {
	db            *store.DB
	ring          *keyring.Ring
	people        *people.People
	rooms         *room.Rooms
	network       *network.Network
	rotas         *rota.Rotas
	language      string
	count         func(state string)
	second        string
	log           *slog.Logger
	shower        Shower
	ledgers       Ledgers
	checkedLedger func(result string)
	dirty         atomic.Bool // something was purged that may still lie in the files
}

// New makes the places of a hub, and has the network tell of people who come, go and change.
func New(db *store.DB, ring *keyring.Ring, p *people.People, r *room.Rooms, n *network.Network, rotas *rota.Rotas, o Options) *Places {
	all := &Places{db: db, ring: ring, people: p, rooms: r, network: n, rotas: rotas, language: o.Language, second: o.Second, log: o.Log, count: o.Count,
		ledgers: o.Ledgers, checkedLedger: o.Checked}
	if all.language == "" {
		all.language = "en"
	}
	if all.log == nil {
		all.log = slog.Default()
	}
	n.Follow(all)
	p.OnErase(eraseTx)
	return all
}

// countTx counts what was done, once it is on the disk.
func (p *Places) countTx(tx *store.Tx, what string) {
	if p.count != nil {
		tx.OnCommit(func() { p.count(what) })
	}
}

// eraseTx deletes what is kept of somebody who leaves the network, beside what they said in channels.
func eraseTx(tx *store.Tx, userID string) error {
	for _, statement := range []string{
		`DELETE FROM place_notices WHERE user_id = $1`,
		`DELETE FROM place_acts WHERE user_id = $1`,
		`DELETE FROM shelter_staff WHERE user_id = $1`,
		`DELETE FROM place_keys WHERE user_id = $1`,
		`UPDATE place_asks SET worker = '' WHERE worker = $1`,
		`UPDATE place_journeys SET worker = '' WHERE worker = $1`,
	} {
		if _, err := tx.Exec(statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// doorKey marks, in the context of a transaction, that an event comes through this package.
type doorKey struct{}

// write runs fn in a transaction in which events of places may be appended.
func (p *Places) write(ctx context.Context, fn func(tx *store.Tx) error) error {
	return p.db.Write(context.WithValue(ctx, doorKey{}, true), fn)
}

var txnForm = regexp.MustCompile(`^[A-Za-z0-9._~:-]{1,64}$`)

// once runs an act that a device may send twice: the second time it only says what the first one was about. A transaction id stands for one kind
// of act on one thing; of another it says nothing.
func (p *Places) once(ctx context.Context, caller people.Caller, kind, txnID string, act func(ctx context.Context, tx *store.Tx) (about string, err error)) (about string, err error) {
	if !txnForm.MatchString(txnID) {
		return "", bad("txn_id")
	}
	key := kind + " " + txnID
	err = p.write(ctx, func(tx *store.Tx) error {
		row := tx.QueryRow(`SELECT about FROM place_acts WHERE user_id = $1 AND device_id = $2 AND txn_id = $3`, caller.UserID, caller.DeviceID, key)
		if err := row.Scan(&about); !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if about, err = act(tx.Context(), tx); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO place_acts (user_id, device_id, txn_id, about, at) VALUES ($1, $2, $3, $4, $5)`,
			caller.UserID, caller.DeviceID, key, about, tx.Now.UnixMilli())
		return err
	})
	return about, err
}

func bad(name string) error { return fault.InvalidParam("error.invalid_param", "Name", name) }

// newID makes an id of 72 random bits.
func newID() string {
	var raw [9]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// written is a value as it is kept in a column.
func written(value any) string {
	raw, err := json.Marshal(value)
	if err != nil { // strings, numbers and maps of them
		panic(err)
	}
	return string(raw)
}
