// Package feedtest runs feeds on real databases and brokers for tests, and keeps the picture that a client would have.
package feedtest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"panah/hub/broker"
	"panah/hub/feed"
	"panah/hub/keyring"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Hub is a node as far as the feed needs one.
type Hub struct {
	T      testing.TB
	DB     *store.DB
	Broker broker.Broker
	Rooms  *room.Rooms
	Feed   *feed.Feed
	Clock  *Clock
	ring   *keyring.Ring
	tick   chan time.Time
}

// Clock stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock on.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Ahead is how far behind a test's follower may be and still make frames for everyone.
const Ahead = 100

// Open starts a node's feed; it is stopped, and waited for, at the end of the test.
func Open(t testing.TB, db *store.DB, brk broker.Broker) *Hub {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, "hub.example")
	if err != nil {
		t.Fatalf("open the keys: %v", err)
	}
	h := &Hub{T: t, DB: db, Broker: brk, ring: ring, tick: make(chan time.Time), Clock: &Clock{now: time.Now()}}
	h.Rooms = room.New(db, ring, brk, nil, feed.Emptied{})
	h.Feed = feed.New(db, h.Rooms, brk, feed.Options{Tick: h.tick, Beat: time.Nanosecond, Ahead: Ahead, Now: h.Clock.Now})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Feed.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("follow the log: %v", err)
		}
	})
	h.Tick()
	return h
}

// Tick has the feed do what it does regularly, and returns when it has begun.
func (h *Hub) Tick() {
	h.T.Helper()
	h.Clock.Move(time.Millisecond)
	select {
	case h.tick <- h.Clock.Now():
	case <-time.After(30 * time.Second):
		h.T.Fatal("the follower does not answer")
	}
}

// Settle ticks until it is true.
func (h *Hub) Settle(what string, reached func() bool) {
	h.T.Helper()
	for end := time.Now().Add(30 * time.Second); !reached(); h.Tick() {
		if time.Now().After(end) {
			h.T.Fatalf("waited in vain for %s", what)
		}
	}
}

// Head is the log's head.
func (h *Hub) Head() (head store.Position) {
	h.T.Helper()
	err := h.DB.Read(h.T.Context(), func(tx *store.Tx) (err error) {
		head, err = tx.Head()
		return err
	})
	if err != nil {
		h.T.Fatalf("read the head: %v", err)
	}
	return head
}

// Room makes a room of someone's.
func (h *Hub) Room(creator string, c room.Create) (id string) {
	h.T.Helper()
	c.Creator = creator
	if c.Preset == "" {
		c.Preset = "public_chat"
	}
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) (err error) {
		id, _, err = h.Rooms.CreateTx(h.T.Context(), tx, c)
		return err
	})
	if err != nil {
		h.T.Fatalf("make a room: %v", err)
	}
	return id
}

// Try appends an event, if its sender may.
func (h *Hub) Try(d room.Draft) (room.Event, error) {
	var events []room.Event
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) (err error) {
		events, err = h.Rooms.Append(h.T.Context(), tx, d)
		return err
	})
	if err != nil {
		return room.Event{}, err
	}
	return events[0], nil
}

// Purge empties posts without an event that tells of it.
func (h *Hub) Purge(roomID string, ids ...string) {
	h.T.Helper()
	err := h.DB.Write(h.T.Context(), func(tx *store.Tx) error { return h.Rooms.EmptyTx(tx, roomID, ids...) })
	if err != nil {
		h.T.Fatalf("empty posts: %v", err)
	}
}

// Append appends an event that must be allowed.
func (h *Hub) Append(d room.Draft) room.Event {
	h.T.Helper()
	event, err := h.Try(d)
	if err != nil {
		h.T.Fatalf("append %s by %s: %v", d.Type, d.Sender, err)
	}
	return event
}

// Say posts a message.
func (h *Hub) Say(roomID, sender, body string) room.Event {
	h.T.Helper()
	return h.Append(Message(roomID, sender, body))
}

// Message is the draft of a post.
func Message(roomID, sender, body string) room.Draft {
	return room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": body}}
}

// Member is the draft of a change of membership.
func Member(roomID, sender, target, membership string) room.Draft {
	return room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.member", StateKey: &target, Content: map[string]any{"membership": membership}}
}

// Join has someone enter a room.
func (h *Hub) Join(roomID, user string) room.Event {
	h.T.Helper()
	return h.Append(Member(roomID, user, user, "join"))
}

// Caller is a person's device.
func Caller(user string) people.Caller {
	return people.Caller{Person: people.Person{UserID: user}, DeviceID: "DEVICE"}
}

// Sync asks once, without waiting.
func (h *Hub) Sync(user string, r feed.Request) *feed.Response {
	h.T.Helper()
	response, err := h.Feed.Sync(h.T.Context(), Caller(user), r)
	if err != nil {
		h.T.Fatalf("sync of %s: %v", user, err)
	}
	return response
}

// Line is a sink that keeps all its frames.
type Line struct {
	mu     sync.Mutex
	frames []*feed.Frame
	told   store.Position
	pushed chan struct{} // holds one value after a push
	pace   func(slow bool)
	detach func()
}

// Push keeps frames.
func (l *Line) Push(frames ...*feed.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range frames {
		l.told = max(l.told, f.Position)
		if !f.Idle {
			l.frames = append(l.frames, f)
		}
	}
	select {
	case l.pushed <- struct{}{}:
	default:
	}
}

// Paced takes what Slow says it with.
func (l *Line) Paced(tell func(slow bool)) { l.pace = tell }

// Slow says that the device takes nothing for now, or takes again.
func (l *Line) Slow(slow bool) { l.pace(slow) }

// Told is the position up to which the line was told everything.
func (l *Line) Told() store.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.told
}

// Take gives the frames that came since the last time.
func (l *Line) Take() []*feed.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	frames := l.frames
	l.frames = nil
	return frames
}

// Detach ends the line.
func (l *Line) Detach() { l.detach() }

// Attach opens a line; since and filter may be empty.
func (h *Hub) Attach(user, since, filter string) *Line {
	h.T.Helper()
	s := feed.Session{Presence: feed.Offline}
	if since != "" {
		token, err := feed.ParseToken(since)
		if err != nil {
			h.T.Fatalf("token %q: %v", since, err)
		}
		s.Since = &token
	}
	var err error
	if s.Filter, err = h.Feed.Filter(h.T.Context(), user, filter); err != nil {
		h.T.Fatalf("filter %s: %v", filter, err)
	}
	l := &Line{pushed: make(chan struct{}, 1)}
	if l.detach, err = h.Feed.Attach(h.T.Context(), Caller(user), s, l); err != nil {
		h.T.Fatalf("attach %s: %v", user, err)
	}
	return l
}

// Caught waits until the line was told everything up to now.
func (h *Hub) Caught(l *Line) {
	h.T.Helper()
	head := h.Head()
	h.Settle("a line to be told everything", func() bool {
		if l.Told() >= head {
			return true
		}
		select {
		case <-l.pushed:
		case <-time.After(10 * time.Millisecond): // it may be told by the next tick alone
		}
		return l.Told() >= head
	})
}

// Decode reads a frame.
func Decode(t testing.TB, text []byte) *feed.Response {
	t.Helper()
	var r feed.Response
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("frame %s: %v", text, err)
	}
	return &r
}
