// Package networktest opens what a hub is made of, from its keys up to the network, for the tests of what stands on that. Nothing in it is a
// stand-in.
package networktest

import (
	"sync"
	"testing"
	"time"

	"panah/hub/broker"
	"panah/hub/keyring"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// ServerName is that of a test's hub.
const ServerName = "hub.example"

// Clock stands still until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// At makes a clock that stands at a moment.
func At(moment time.Time) *Clock { return &Clock{at: moment} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Pass moves the clock on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Hub is one node's parts. A second one on the same database is another node of the same hub.
type Hub struct {
	T       testing.TB
	Name    string
	Ring    *keyring.Ring
	DB      *store.DB
	Broker  broker.Broker
	People  *people.People
	Rooms   *room.Rooms
	Network *network.Network
	close   func()
}

// Open opens a node at a database's address, with a clock; it is closed at the end of the test. Passphrases are hashed lightly.
func Open(t testing.TB, address string, c *Clock, o people.Options, followers ...room.Follower) *Hub {
	t.Helper()
	return OpenAs(t, address, ServerName, c, o, followers...)
}

// OpenAs opens a node of a hub of some name.
func OpenAs(t testing.TB, address, name string, c *Clock, o people.Options, followers ...room.Follower) *Hub {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Now: c.Now})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	o.Now = c.Now
	h := on(t, db, name, o, followers...)
	broken := h.close
	h.close = sync.OnceFunc(func() {
		broken()
		storetest.NoScans(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(h.close)
	return h
}

// On opens a node on a database that is open, and closes it no more than it opened it.
func On(t testing.TB, db *store.DB, o people.Options, followers ...room.Follower) *Hub {
	t.Helper()
	return on(t, db, ServerName, o, followers...)
}

func on(t testing.TB, db *store.DB, name string, o people.Options, followers ...room.Follower) *Hub {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, name)
	if err != nil {
		t.Fatalf("open the keys: %v", err)
	}
	brk := broker.InProcess()
	o.Cost = people.Cost{Memory: 64, Passes: 1}
	h := &Hub{T: t, Name: name, Ring: ring, DB: db, Broker: brk, People: people.New(db, name, o), Rooms: room.New(db, ring, brk, nil, followers...)}
	h.Network = network.New(db, h.People, h.Rooms, "Panah")
	h.close = sync.OnceFunc(func() {
		if err := brk.Close(); err != nil {
			t.Errorf("close the broker: %v", err)
		}
	})
	t.Cleanup(h.close)
	return h
}

// Close ends the node before the test ends.
func (h *Hub) Close() { h.close() }

// Found founds the network. It may be done again.
func (h *Hub) Found() {
	h.T.Helper()
	h.Must(h.Network.Found(h.T.Context()))
}

// Steward signs the first steward up.
func (h *Hub) Steward(user string) people.Caller {
	h.T.Helper()
	_, token, err := h.People.StewardInvitation(h.T.Context())
	h.Must(err)
	return h.SignUp(user, token)
}

// SignUp takes an invitation.
func (h *Hub) SignUp(user, token string) people.Caller {
	h.T.Helper()
	s, _, err := h.Network.SignUp(h.T.Context(), people.SignUp{Token: token, User: user, Name: user, Passphrase: "seven quiet mountains"})
	h.Must(err)
	c, err := h.People.Authenticate(h.T.Context(), s.Token)
	h.Must(err)
	return c
}

// Must ends the test at an error.
func (h *Hub) Must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Organisation makes an NGO that the network has vetted, if by may.
func (h *Hub) Organisation(by people.Caller, name, country string) people.Organisation {
	h.T.Helper()
	o, err := h.Network.CreateOrganisation(h.T.Context(), by, name, "ngo", country)
	h.Must(err)
	return o
}

// Join has somebody come into an organisation.
func (h *Hub) Join(by people.Caller, o people.Organisation, user string, role people.Role) people.Caller {
	h.T.Helper()
	_, token, err := h.Network.InvitePerson(h.T.Context(), by, o.ID, role, "en")
	h.Must(err)
	return h.SignUp(user, token)
}
