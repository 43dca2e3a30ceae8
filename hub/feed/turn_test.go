package feed_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

func named(id, sender, name string) room.Draft {
	key := ""
	return room.Draft{RoomID: id, Sender: sender, Type: "m.room.name", StateKey: &key, Content: map[string]any{"name": name}}
}

func levelled(id, sender string, levels map[string]int) room.Draft {
	key := ""
	return room.Draft{RoomID: id, Sender: sender, Type: "m.room.power_levels", StateKey: &key, Content: map[string]any{"users": levels}}
}

// TestWhatLostIsNotTold: a name that loses against one that came before it changes nobody's picture, and one that wins changes everybody's.
func TestWhatLostIsNotTold(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{PowerLevels: json.RawMessage(`{"users":{"` + aziz + `":100,"` + bibi + `":50}}`)})
		h.Join(id, bibi)
		base := h.Say(id, aziz, "1")
		asks, line := feedtest.NewPicture(), feedtest.NewPicture()
		asks.Apply(t, h.Sync(aziz, feed.Request{}))
		stream := h.Attach(aziz, "", "")
		follow := func(want string) {
			t.Helper()
			asks.Apply(t, h.Sync(aziz, feed.Request{Since: asks.Next}))
			h.Caught(stream)
			for _, f := range stream.Take() {
				line.Apply(t, feedtest.Decode(t, f.JSON))
			}
			for by, p := range map[string]*feedtest.Picture{"sync": asks, "stream": line} {
				if got := p.Rooms[id].State["m.room.name|"].Content; got != want {
					t.Errorf("by %s the name is %s, want %s", by, got, want)
				}
			}
		}
		h.Append(named(id, aziz, "one"))
		follow(`{"name":"one"}`)
		if got, err := h.Fork(base, named(id, bibi, "too early"), time.Now().Add(-time.Hour)); err != nil || got.SoftFailed {
			t.Fatalf("received as %+v, %v", got, err)
		}
		follow(`{"name":"one"}`)
		demoted := h.Append(levelled(id, aziz, map[string]int{aziz: 100, bibi: 50}))
		h.Append(named(id, bibi, "bibi's"))
		follow(`{"name":"bibi's"}`)
		if _, err := h.Fork(demoted, levelled(id, aziz, map[string]int{aziz: 100}), time.Now()); err != nil {
			t.Fatal(err)
		}
		follow(`{"name":"one"}`)
	})
}

// TestWhoFollowsEndsWithTheResolvedState: over random forks, whenever the line breaks, each device has the state that the hub has.
func TestWhoFollowsEndsWithTheResolvedState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
				brk := broker.InProcess()
				t.Cleanup(func() { closeBroker(t, brk) })
				followForks(t, seed+20, feedtest.Open(t, db, brk))
			})
		}
	})
}

func followForks(t *testing.T, seed uint64, h *feedtest.Hub) {
	s := &story{Hub: h, nodes: []*feedtest.Hub{h}, random: rand.New(rand.NewPCG(seed, 3)), seed: seed}
	levels := map[string]int{}
	for i, name := range []string{"gulnora", "hamid", "parwin", "zainab"} {
		s.users = append(s.users, fmt.Sprintf("@%s%d:hub.example", name, seed))
		levels[s.users[i]] = 100 - 25*i
	}
	raw, err := json.Marshal(map[string]any{"users": levels, "kick": 25, "ban": 25, "state_default": 25})
	if err != nil {
		t.Fatal(err)
	}
	id := h.Room(s.users[0], room.Create{PowerLevels: raw})
	past := []room.Event{h.Say(id, s.users[0], "first")}
	var devices []*listener
	for _, user := range s.users {
		if user != s.users[0] {
			past = append(past, h.Join(id, user))
		}
		for i, filter := range filters {
			d := &listener{user: user, filter: filter, picture: feedtest.NewPicture(), node: h}
			d.picture.Reset = func(id, token string) bool { return s.isReset(t, id, user, token) }
			if i%2 == 0 {
				d.line = h.Attach(user, "", filter)
			}
			devices = append(devices, d)
		}
	}
	for range 15 {
		for range 1 + s.random.IntN(6) {
			past = append(past, s.fork(id, past)...)
		}
		for _, d := range devices {
			if s.random.IntN(3) > 0 {
				s.listen(t, d, s.random.IntN(3) == 0)
			}
		}
	}
	for _, d := range devices {
		s.listen(t, d, false)
		s.hasState(t, d, id)
		if d.line != nil {
			d.line.Detach()
		}
	}
}

// fork has something happen, now or on top of something of the past.
func (s *story) fork(id string, past []room.Event) []room.Event {
	s.n++
	user := s.pick(s.users)
	d := feedtest.Message(id, user, fmt.Sprint(s.n))
	switch s.random.IntN(6) {
	case 0:
		d = named(id, user, fmt.Sprint("name ", s.n))
	case 1:
		d = feedtest.Member(id, user, s.other(user), s.pick([]string{"leave", "ban", "invite"}))
	case 2:
		d = feedtest.Member(id, user, user, s.pick([]string{"join", "join", "leave"}))
	case 3:
		d = levelled(id, user, map[string]int{s.users[0]: 100, s.users[1]: 25 * s.random.IntN(4), s.users[2]: 25 * s.random.IntN(3)})
	}
	if s.random.IntN(2) == 0 {
		e, err := s.Try(d)
		if err != nil {
			return nil
		}
		return []room.Event{e}
	}
	base := past[s.random.IntN(len(past))]
	got, err := s.Fork(base, d, time.Now().Add(time.Duration(s.random.IntN(100)-50)*time.Second))
	if err != nil || got.SoftFailed || got.Known {
		return nil
	}
	return []room.Event{got.Event}
}

// isReset tells whether by a token nothing stood under somebody's membership.
func (s *story) isReset(t *testing.T, id, user, token string) bool {
	t.Helper()
	at, err := feed.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	var stood []room.Event
	err = s.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		stood, err = s.Rooms.StateAt(tx, id, at.Position)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(stood, func(e room.Event) bool { return e.Type == "m.room.member" && *e.StateKey == user })
}

// hasState holds what a device knows of a room against what the hub knows. Lazy devices have only some of the members.
func (s *story) hasState(t *testing.T, d *listener, id string) {
	t.Helper()
	want := map[string]string{}
	joined := false
	err := s.DB.Read(t.Context(), func(tx *store.Tx) error {
		events, err := s.Rooms.State(tx, id)
		for _, e := range events {
			want[e.Type+"|"+*e.StateKey] = e.ID
		}
		membership, err2 := s.Rooms.Membership(tx, id, d.user)
		joined = membership == "join"
		if err == nil {
			err = err2
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	who := fmt.Sprintf("seed %d, %s, stream %t, filter %q", s.seed, d.user, d.line != nil, d.filter)
	known := d.picture.Rooms[id]
	if (known != nil) != joined {
		t.Errorf("%s: knows the room: %t, is in it: %t", who, known != nil, joined)
	}
	if known == nil {
		return
	}
	got := map[string]string{}
	for key, e := range known.State {
		if _, stands := want[key]; stands { // of what stands no more nothing can be told
			got[key] = e.ID
		}
	}
	if len(d.filter) > 0 && d.filter == filters[3] {
		for key := range want {
			if _, told := got[key]; !told {
				delete(want, key)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the state differs (-hub +told):\n%s", who, diff)
	}
	if len(d.picture.Doubled) > 0 && !slices.Contains(filters[1:], d.filter) {
		t.Errorf("%s was told twice of %v", who, d.picture.Doubled)
	}
}
