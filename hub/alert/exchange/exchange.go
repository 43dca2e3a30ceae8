// Package exchange is how alerts go to programs that are no hubs, and how they come in from such: as CAP files that somebody takes or brings, as
// feeds that others read behind a token, and from feeds of others that the hub reads.
//
// What goes out is made from an alert's code and slots, in all languages of the hub. Its label decides whether it may: TLP:RED and
// TLP:AMBER+STRICT never leave, TLP:AMBER leaves only in the hands of somebody who may open it.
//
// An alert from outside becomes a post in one channel, with what the file says as data of its own (network.panah.cap), so that people see a card and
// other Matrix clients a text. It is nobody's alert here: it calls no one and waits for no answer. The same message, known by its sender and
// identifier, is posted once in a channel, whichever node reads it and however often it comes. Anybody may write any sender into a file, so another
// message under the same name from elsewhere is posted as well.
//
// A feed is read by whichever node takes its turn first, in the transaction that moves the turn on; what was found is written in a transaction of
// its own for each alert, so a node that dies loses nothing but time. All fetching goes through outside.Door.
package exchange

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"time"

	"panah/hub/alert"
	"panah/hub/outside"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Member is the part of an m.room.message that holds what a CAP file says.
const Member = "network.panah.cap"

// Options are what New needs beside the hub's parts.
type Options struct {
	Door     *outside.Door  // nil reaches the public internet alone
	Server   string         // the hub's name: the sender of what goes out
	Language string         // in which a post's text says that something is an exercise; "" means English
	Chance   func() float64 // from 0 up to 1; nil means the usual source
	Log      *slog.Logger   // nil means slog.Default
}

// Exchange brings alerts in and out. It is safe for use by many goroutines.
type Exchange struct {
	db       *store.DB
	people   *people.People
	rooms    *room.Rooms
	alerts   *alert.Alerts
	server   string
	door     *outside.Door
	client   *http.Client
	language string
	chance   func() float64
	log      *slog.Logger
}

// requestTime bounds one request to a feed, its answer and redirects included.
const requestTime = 20 * time.Second

// New makes the exchange of a hub. It starts nothing; Run reads feeds.
func New(db *store.DB, p *people.People, r *room.Rooms, a *alert.Alerts, o Options) *Exchange {
	x := &Exchange{db: db, people: p, rooms: r, alerts: a, server: o.Server, door: o.Door, language: o.Language, chance: o.Chance, log: o.Log}
	if x.door == nil {
		x.door, _ = outside.Open(nil) // nothing that could be wrong
	}
	if x.chance == nil {
		x.chance = chance
	}
	if x.log == nil {
		x.log = slog.Default()
	}
	x.client = x.door.Client(requestTime)
	return x
}

// newID makes an id of 72 random bits.
func newID() string {
	var raw [9]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}
