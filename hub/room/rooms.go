// Package room is the channel: a Matrix room of version 11 whose log this hub keeps.
//
// Append is the one door: whatever happens in a channel is a draft that Append turns into a signed event, as gomatrixserverlib makes one, checks by
// the rules of Matrix (rules.go) and writes with the next position. The order of effects is: find an earlier event of the same
// transaction id, take the room's present state, build and sign, authorise, write the event, move the state, and, after the commit, tell the
// broker the position. Everyone who follows the log reads it from there.
//
// What other homeservers made comes in by Receive, which asks them (Remote) for what is missing, and is judged by the same rules; Enter, AskIn,
// Decline and Knock go to rooms of theirs, and the Serve functions answer what they ask. Below position 0 stands what was before this hub
// came into a room: no follower is told of it.
package room

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/broker"
	"panah/hub/keyring"
	"panah/hub/store"
)

// Version is the version of every room made here (Matrix specification, room version 11).
const Version = gomatrixserverlib.RoomVersionV11

// LogTopic is the broker's topic on which Append tells of commits.
const LogTopic = "log"

// Rooms are this hub's rooms.
type Rooms struct {
	db     *store.DB
	ring   *keyring.Ring
	broker broker.Broker
	server spec.ServerName
	log    *slog.Logger
	parsed parsedEvents
	tips   tips
	remote Remote // nil for a hub that does not federate
	keys   gomatrixserverlib.JSONVerifier
	gaps   gates
	ways   ways

	followers []Follower
	guards    map[string][]Guard // those of them that are asked, by the type of event
}

// New makes the rooms on an open database. The followers are told of each event in its own transaction.
func New(db *store.DB, ring *keyring.Ring, brk broker.Broker, log *slog.Logger, followers ...Follower) *Rooms {
	if log == nil {
		log = slog.Default()
	}
	r := &Rooms{db: db, ring: ring, broker: brk, server: spec.ServerName(ring.ServerName()), log: log,
		parsed: parsedEvents{byID: map[string]gomatrixserverlib.PDU{}}, keys: ring,
		followers: followers, guards: guardsOf(followers)}
	r.tips.parsed = &r.parsed
	r.tips.Forget()
	db.Remember(&r.tips)
	return r
}

// ServerName is the part after the colon in this hub's ids.
func (r *Rooms) ServerName() string { return string(r.server) }

// Hint is what the broker carries after a commit: the positions, and the events when they are small. It may be lost.
type Hint struct {
	From   store.Position `json:"from"`
	To     store.Position `json:"to"`
	Events []HintEvent    `json:"events,omitempty"`
}

// HintEvent is an event inside a hint.
type HintEvent struct {
	Position store.Position  `json:"pos"`
	ID       string          `json:"id"`
	PDU      json.RawMessage `json:"pdu"`
}

// hintLimit is the size in bytes up to which a hint carries its events.
const hintLimit = 16 << 10

// tell publishes a hint after the commit. A lost hint costs delay only, so a failure is noted and no more.
func (r *Rooms) tell(ctx context.Context, events []Event) {
	hint := Hint{From: events[0].Position, To: events[len(events)-1].Position}
	size := 0
	for i := range events {
		size += len(events[i].PDU)
	}
	if size <= hintLimit {
		for i := range events {
			hint.Events = append(hint.Events, HintEvent{events[i].Position, events[i].ID, events[i].PDU})
		}
	}
	r.publish(ctx, hint)
}

func (r *Rooms) publish(ctx context.Context, hint Hint) {
	payload, err := json.Marshal(hint)
	if err == nil {
		err = r.broker.Publish(context.WithoutCancel(ctx), LogTopic, payload)
	}
	if err != nil {
		r.log.Warn("a position could not be told", "position", hint.To, "err", err)
	}
}

// NextTx takes the next position for a change that is no event, and has the log's followers told of it after the commit.
func (r *Rooms) NextTx(tx *store.Tx) (store.Position, error) {
	position, err := tx.Next()
	if err != nil {
		return 0, err
	}
	ctx := context.WithoutCancel(tx.Context())
	tx.OnCommit(func() { r.publish(ctx, Hint{From: position, To: position}) })
	return position, nil
}

// parsedEvents keeps parsed state events by id, so that the same power levels are not parsed for every message. Only a redaction changes an
// event under its id: one of this node puts the emptied event here, one of another node has all let go.
type parsedEvents struct {
	mu   sync.Mutex
	byID map[string]gomatrixserverlib.PDU
}

// parsedLimit bounds the memory: some 2 KB each.
const parsedLimit = 20_000

func (p *parsedEvents) get(id string) gomatrixserverlib.PDU {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[id]
}

func (p *parsedEvents) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.byID)
}

func (p *parsedEvents) put(id string, pdu gomatrixserverlib.PDU) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byID) >= parsedLimit {
		clear(p.byID)
	}
	p.byID[id] = pdu
}
