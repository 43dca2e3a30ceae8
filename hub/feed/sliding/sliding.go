// Package sliding is simplified sliding sync (MSC4186), with which newer apps of the Element family open at once, however many rooms their
// person is in: they ask for a window of a list, the last used rooms first, and get the rest as they need it.
//
// It is a window onto /sync and nothing of its own: what is new comes from the same question (feed.Sync) from one token to the next, and a
// room that comes into sight is that question's whole picture of this room alone. So the two can never tell different things. A connection
// remembers which rooms its app has. What happened in a room out of sight is not kept: the app gets the whole of it when it is back in sight.
//
// Connections are in the memory of one node and bounded. An app whose position is not known any more, because the node was restarted or
// another one answers, is told M_UNKNOWN_POS and begins anew, which the protocol has it do without losing anything.
package sliding

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// freshMost is how many rooms come into sight with one answer; the next one brings more, at once.
const freshMost = 100

// Options are what is needed beside the feed. The zero value is right for a hub.
type Options struct {
	Now func() time.Time // nil means the machine's clock
	// Taken hears up to where a device has what it was told. nil means that nobody does.
	Taken func(ctx context.Context, upTo map[string]store.Position) error
}

// Sliding answers the connections of one node. It is safe for use by many goroutines.
type Sliding struct {
	db          *store.DB
	rooms       *room.Rooms
	feed        *feed.Feed
	now         func() time.Time
	taken       func(ctx context.Context, upTo map[string]store.Position) error
	connections connections

	mu    sync.Mutex
	types map[string]string // of rooms, by id: how they were made never changes
}

// New makes it. It starts nothing.
func New(db *store.DB, rooms *room.Rooms, f *feed.Feed, o Options) *Sliding {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sliding{db: db, rooms: rooms, feed: f, now: o.Now, taken: o.Taken, types: map[string]string{},
		connections: connections{now: o.Now, all: map[owner]*connection{}}}
}

// Sync answers one request. Where there is nothing new it waits for up to the request's timeout, at most 30 s.
func (s *Sliding) Sync(ctx context.Context, caller people.Caller, r Request) (*Response, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	at, err := s.connections.at(caller, &r)
	if err != nil {
		return nil, err
	}
	if err := s.note(ctx, caller, at); err != nil {
		return nil, err
	}
	known, until := at.lists, s.now().Add(r.Timeout)
	for {
		patience := until.Sub(s.now())
		t := turn{Sliding: s, ctx: ctx, caller: caller, request: &r, was: at, now: at.next(), patience: patience,
			answer: &Response{Lists: map[string]Count{}, Rooms: map[string]*Room{}}}
		if err := t.run(); err != nil {
			return nil, err
		}
		if at.since == "" || patience <= 0 || !t.answer.quiet(known) {
			s.connections.keep(caller, &r, t.now)
			t.answer.Pos = t.now.pos
			return t.answer, nil
		}
		at = t.now
	}
}

// note tells that the device has what it was told before: it comes with its position.
func (s *Sliding) note(ctx context.Context, caller people.Caller, at *state) error {
	token, err := feed.ParseToken(at.since)
	if err != nil || s.taken == nil {
		return nil
	}
	return s.taken(ctx, map[string]store.Position{caller.UserID: token.Position})
}

// turn is one look at what is new.
type turn struct {
	*Sliding
	ctx      context.Context
	caller   people.Caller
	request  *Request
	was, now *state
	patience time.Duration
	answer   *Response

	order  []room.Recent
	direct map[string]bool
	sight  map[string]Wish // rooms that the app looks at
	news   *feed.Response  // since the last answer; nil for a new connection
}

func (t *turn) run() error {
	if err := t.look(); err != nil {
		return err
	}
	if err := t.follow(); err != nil {
		return err
	}
	if t.news != nil {
		if err := t.look(); err != nil { // what happened meanwhile moves rooms
			return err
		}
	}
	if err := t.tellNews(); err != nil {
		return err
	}
	return t.tellFresh()
}

// follow waits for what is new, unless there is something to say already.
func (t *turn) follow() error {
	if t.was.since == "" {
		return nil
	}
	patience := t.patience
	if len(t.lacking()) > 0 {
		patience = 0
	}
	var err error
	t.news, err = t.feed.Sync(t.ctx, t.caller, feed.Request{Since: t.was.since, Filter: t.filter(nil, t.sight), Timeout: patience, Presence: t.request.Presence})
	if err == nil {
		t.now.since = t.news.NextBatch
	}
	return err
}

// filter is the /sync filter for some rooms, or for all (nil).
func (t *turn) filter(rooms []string, sight map[string]Wish) string {
	limit, lazy := 0, true
	for _, wish := range sight {
		limit, lazy = max(limit, min(wish.Timeline, timelineMost)), lazy && !wish.allMembers()
	}
	part := map[string]any{"timeline": map[string]any{"limit": max(limit, 1)}, "state": map[string]any{"lazy_load_members": lazy}}
	if rooms != nil {
		part["rooms"] = rooms
	}
	raw, err := json.Marshal(map[string]any{"presence": map[string]any{"not_types": []string{"*"}}, "room": part})
	if err != nil {
		return "{}" // never happens: strings and numbers alone
	}
	return string(raw)
}

// look finds the person's rooms and which of them are in sight.
func (t *turn) look() error {
	if err := t.readDirect(); err != nil {
		return err
	}
	return t.db.Read(t.ctx, func(tx *store.Tx) (err error) {
		if t.order, err = t.rooms.Recent(tx, t.caller.UserID); err != nil {
			return err
		}
		t.sight = map[string]Wish{}
		for name, list := range t.request.Lists {
			fits, err := t.fitting(tx, list.Filters)
			if err != nil {
				return err
			}
			t.answer.Lists[name] = Count{len(fits)}
			for _, span := range list.Ranges {
				for _, id := range fits[min(span[0], len(fits)):min(span[1]+1, len(fits))] {
					t.sight[id] = list.Wish.and(t.sight[id])
				}
			}
		}
		for _, known := range t.order {
			if wish, subscribed := t.request.Rooms[known.RoomID]; subscribed {
				t.sight[known.RoomID] = wish.and(t.sight[known.RoomID])
			}
		}
		t.now.lists = t.answer.Lists
		return nil
	})
}

// readDirect reads which rooms the person calls direct.
func (t *turn) readDirect() error {
	t.direct = map[string]bool{}
	raw, err := t.feed.AccountData(t.ctx, t.caller.UserID, "", "m.direct")
	if errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return nil
	}
	var with map[string][]string
	if err == nil && json.Unmarshal(raw, &with) == nil {
		for _, rooms := range with {
			for _, id := range rooms {
				t.direct[id] = true
			}
		}
	}
	return err
}

// fitting are the rooms that a list's filters let through, in order.
func (t *turn) fitting(tx *store.Tx, f Filters) ([]string, error) {
	fits := []string{}
	for _, one := range t.order {
		if f.Direct != nil && *f.Direct != t.direct[one.RoomID] || f.Invited != nil && *f.Invited != (one.Membership == "invite") {
			continue
		}
		lets, err := t.letsState(tx, f, one.RoomID)
		if err != nil {
			return nil, err
		}
		if lets {
			fits = append(fits, one.RoomID)
		}
	}
	return fits, nil
}

// letsState asks what filters need the room's state for.
func (t *turn) letsState(tx *store.Tx, f Filters, roomID string) (bool, error) {
	if f.Encrypted != nil {
		e, err := t.rooms.StateEvent(tx, roomID, "m.room.encryption", "")
		if err != nil || (e != nil) != *f.Encrypted {
			return false, err
		}
	}
	if f.Types == nil && f.NotTypes == nil {
		return true, nil
	}
	is, err := t.typeOf(tx, roomID)
	if err != nil {
		return false, err
	}
	named := func(list []*string) bool {
		return slices.ContainsFunc(list, func(kind *string) bool { return kind == nil && is == "" || kind != nil && *kind == is })
	}
	return (f.Types == nil || named(f.Types)) && !named(f.NotTypes), nil
}

// typesKept bounds the memory, some 100 bytes each.
const typesKept = 50_000

func (s *Sliding) typeOf(tx *store.Tx, roomID string) (string, error) {
	s.mu.Lock()
	is, known := s.types[roomID]
	s.mu.Unlock()
	if known {
		return is, nil
	}
	e, err := s.rooms.StateEvent(tx, roomID, "m.room.create", "")
	if err != nil || e == nil {
		return "", err
	}
	var c struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(e.Content, &c) != nil {
		c.Type = "" // of a wrong shape: a room like any other
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.types) >= typesKept {
		clear(s.types)
	}
	s.types[roomID] = c.Type
	return c.Type, nil
}

// lacking are the rooms in sight that the app does not have, or not as it wants them, the last used first.
func (t *turn) lacking() (ids []string) {
	for _, one := range t.order {
		wish, inSight := t.sight[one.RoomID]
		has, known := t.now.sent[one.RoomID]
		if inSight && (!known || has.timeline < min(wish.Timeline, timelineMost) || has.wish != wish.name()) {
			ids = append(ids, one.RoomID)
		}
	}
	return ids[:min(len(ids), freshMost)]
}

// tellFresh tells the whole of the rooms that came into sight.
func (t *turn) tellFresh() error {
	ids := t.lacking()
	if len(ids) == 0 && t.was.since != "" {
		return nil
	}
	sight := maps.Clone(t.sight)
	maps.DeleteFunc(sight, func(id string, _ Wish) bool { return !slices.Contains(ids, id) })
	whole, err := t.feed.Sync(t.ctx, t.caller, feed.Request{Filter: t.filter(append([]string{}, ids...), sight), Presence: feed.Offline})
	if err != nil {
		return err
	}
	if t.was.since == "" {
		t.now.since = whole.NextBatch
		t.tellAccount(whole)
	}
	for _, id := range ids {
		if err := t.freshRoom(whole, id); err != nil {
			return err
		}
	}
	return nil
}
