// Package push tells people outside the app: by Web Push at their devices, by the gateways of Matrix apps, and by mail.
//
// What is to be told. Notices stand in one table (hub/notice), written in the transaction that makes them necessary, or here by following
// the log: what a person's push rules want of a channel, unless an open session of theirs has taken it within some seconds. A
// node's own sessions are asked by a ping behind the event, and the node that has the answer withdraws the notice.
//
// Telling. When a notice is due it becomes lines of the outbox, one for each target, by the person's choices: what kinds, where, and
// when not. Quiet hours hold back all that is not urgent, and it comes as one afterwards. A line that waits takes in what comes after it.
// Lines are claimed in a transaction, sent outside of it, and taken away afterwards. So a restart loses nothing, two nodes do not send
// the same, and only a crash between sending and taking away sends twice; then the id of the sending is the same, and the device
// shows it once.
//
// What is said. Nothing of the content: "1 new item", unless the person wants more; and mail never says more. Whoever wants more reads an alert
// in their own language, calendar and time. Every payload is encrypted for
// its browser (RFC 8291), of one length, and its topic tells a push service nothing.
//
// A gateway is told what the Matrix Push Gateway API says, in clear: an event's id, or its content where the app asked for that and it may leave the
// hub. Alerts that are tighter than TLP:GREEN, what is said in channels of alerts and of requests for places, and what shows one of these never do.
//
// Encryption is our own sixty lines on the standard library, held to the RFC's own example. The library that others use computes on
// curves by functions that Go has given up, ignores how long a token is asked to hold, and cannot be held to the example.
package push

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"panah/hub/alert/code"
	"panah/hub/broker"
	"panah/hub/factor"
	"panah/hub/feed"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Sessions are the open sessions of this node. *gateway.Gateway is one.
type Sessions interface {
	// Ask has all sessions of a person on this node say that they have taken everything sent to them, which was up to a position.
	Ask(userID string, at store.Position)
	// Took tells whether a session of the person has said so of a position.
	Took(userID string, at store.Position) bool
}

// Options are what Open needs beside its parts. Each is needed unless it says otherwise.
type Options struct {
	Sealer   *factor.Sealer
	Client   *http.Client               // for push services; it must refuse private addresses and follow no redirect
	Check    func(address string) error // of a push service, before it is kept
	Mail     *Mail                      // nil sends none
	Contact  string                     // whom push services may ask about this hub: mailto: or https: (RFC 8292, 2.1)
	Language string                     // tag of the catalog for those who chose none
	Second   string                     // tag of the catalog that is tried before English; may be ""
	Others   Others                     // what else people are to be told; nil means nothing
	Alert    Alert                      // what alerts say; nil leaves it to their events
	Leaves   Leaves                     // which alerts may be told in clear; nil means none
	Beat     time.Duration              // how often Run looks at the log and the clock; 0 means a second
	Log      *slog.Logger               // nil means slog.Default
	Count    func(way, result string)   // hears how each sending ended; nil means that nobody counts
}

// Others gives what other parts of the hub have people be told after a position and up to another, such as that an alert waits for their
// answer.
type Others func(tx *store.Tx, after, upTo store.Position) ([]notice.Notice, error)

// Alert gives what an event says to one reader if it is an alert, as far as that may be shown outside the app; known is false for any other event.
type Alert func(tx *store.Tx, eventID string, to code.Reader) (text string, known bool, err error)

// Leaves tells whether an event that is an alert may leave the hub in clear, to a gateway; known is false for any other event.
type Leaves func(tx *store.Tx, eventID string) (leaves, known bool, err error)

// Push tells people outside the app. It is safe for use by many goroutines.
type Push struct {
	db     *store.DB
	people *people.People
	rooms  *room.Rooms
	feed   *feed.Feed
	broker broker.Broker
	o      Options

	key    *ecdsa.PrivateKey
	public string

	mu       sync.Mutex
	sessions Sessions       // nil where there are none
	read     store.Position // the log was read up to here, also where nothing came of it
	mails    pace
}

// Open makes the sending and its key. Nothing is sent before Run.
func Open(ctx context.Context, db *store.DB, who *people.People, rooms *room.Rooms, f *feed.Feed, brk broker.Broker, o Options) (*Push, error) {
	if o.Beat <= 0 {
		o.Beat = time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	p := &Push{db: db, people: who, rooms: rooms, feed: f, broker: brk, o: o}
	if err := db.Write(ctx, p.loadKey); err != nil {
		return nil, fmt.Errorf("open the push key: %w", err)
	}
	who.OnErase(p.eraseTx)
	return p, nil
}

// Watch has open sessions asked before their people are told. The node sets it once, before Run.
func (p *Push) Watch(s Sessions) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions = s
}

func (p *Push) watched() Sessions {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions
}

// randomID draws an id of n random bytes in base64url.
func randomID(n int) (string, error) {
	raw := make([]byte, n)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("draw an id: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}
