package room_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"panah/hub/room"
	"panah/hub/store"
)

// largeRoom is a room of the east whose state comes in many parts.
func (p *pairs) largeRoom() string {
	id := p.room()
	drafts := make([]room.Draft, 6*room.KeptMost)
	for i := range drafts {
		drafts[i] = state(id, anna, fmt.Sprintf("example.thing.%d", i), map[string]any{"i": i})
	}
	p.east.must(drafts...)
	return id
}

// stateOf is how many events stand in a room of the east.
func (p *pairs) stateOf(id string) (all int) {
	p.east.read(func(tx *store.Tx) error {
		state, err := p.east.rooms.State(tx, id)
		all = len(state)
		return err
	})
	return all
}

// kept is how many events of a room node two sees beside the log, and whether the hub is in the room.
func (p *pairs) kept(id string) (kept int, here bool) {
	p.two.read(func(tx *store.Tx) (err error) {
		if here, err = p.two.rooms.IsHere(tx, id); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT COUNT(*) FROM outliers WHERE room_id = $1 /* reads all */`, id).Scan(&kept)
	})
	return kept, here
}

// onceKept does something when node one has kept so many events of a room, and before it goes on.
func (p *pairs) onceKept(id string, least int, do func()) {
	var mu sync.Mutex
	done := false
	began := func() {
		if !mu.TryLock() { // do itself reads and writes
			return
		}
		defer mu.Unlock()
		if done {
			return
		}
		if kept, here := p.kept(id); kept >= least && !here {
			done = true
			do()
		}
	}
	p.begins.Store(&began)
}

// TestALargeRoomComesInParts: no transaction keeps much of it, so that others who write have their turn in between, and the room is here only when all is.
func TestALargeRoomComesInParts(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.largeRoom()
		var mu sync.Mutex
		var seen []int
		began := func() {
			mu.Lock()
			defer mu.Unlock()
			if kept, here := p.kept(id); !here {
				seen = append(seen, kept)
			}
		}
		p.begins.Store(&began)
		p.one.enter(id, wali, east)
		p.begins.Store(nil)
		sameState(t, id, p.east, p.one, p.two)
		mu.Lock()
		defer mu.Unlock()
		if last := seen[len(seen)-1]; last < 6*room.KeptMost {
			t.Errorf("%d events were kept when the room came, want at least %d", last, 6*room.KeptMost)
		}
		for i := range seen[1:] {
			if more := seen[i+1] - seen[i]; more > room.KeptMost {
				t.Errorf("a transaction kept %d events, want at most %d", more, room.KeptMost)
			}
		}
	})
}

// TestAWayThatEndsBetweenPartsLeavesNothing: neither where it is given up, nor where the state turns out to be of no room.
func TestAWayThatEndsBetweenPartsLeavesNothing(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.largeRoom()
		ctx, cancel := context.WithCancel(t.Context())
		p.onceKept(id, 1, cancel)
		if _, err := p.one.rooms.Enter(ctx, id, wali, nil, []string{east}); !errors.Is(err, context.Canceled) {
			t.Fatalf("entered with %v, want that it was given up", err)
		}
		p.begins.Store(nil)
		p.one.spoil = func(w *room.Welcome) {
			w.State = slices.DeleteFunc(w.State, func(raw json.RawMessage) bool { return bytes.Contains(raw, []byte(`"m.room.create"`)) })
		}
		if _, err := p.one.rooms.Enter(t.Context(), id, wali, nil, []string{east}); err == nil {
			t.Fatal("it came in by a state of no room")
		}
		p.one.spoil = nil
		if kept, here := p.kept(id); kept != 0 || here {
			t.Errorf("%d events are left of a room that nobody came into; it is here: %v", kept, here)
		}
		p.two.enter(id, wali, east)
		sameState(t, id, p.east, p.one, p.two)
	})
}

// TestANodeIsLostBetweenParts: what it kept is dropped when its way is over, by whoever enters a room after that.
func TestANodeIsLostBetweenParts(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.largeRoom()
		p.onceKept(id, p.stateOf(id), func() { // node one reads now, and writes nothing
			if err := p.oneDB.Close(); err != nil {
				t.Error(err)
			}
		})
		if _, err := p.one.rooms.Enter(t.Context(), id, wali, nil, []string{east}); err == nil {
			t.Fatal("a lost node entered")
		}
		p.two.enter(p.room(), wali, east)
		if kept, _ := p.kept(id); kept == 0 {
			t.Error("what a node kept is dropped while it may be on its way still")
		}
		p.ahead.Store(int64(room.ArrivalMost))
		p.two.enter(p.room(), wali, east)
		if kept, here := p.kept(id); kept != 0 || here {
			t.Errorf("%d events are left of what a lost node kept; the room is here: %v", kept, here)
		}
		p.two.enter(id, wali, east)
		sameState(t, id, p.east, p.two)
	})
}

// TestAWayThatFailsBesideAnother: it takes nothing of what the other keeps, by whatever node; and where the other's note was taken for a lost node's, that
// one comes in all the same.
func TestAWayThatFailsBesideAnother(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("taken for lost: %v", lost), func(t *testing.T) {
			eachPair(t, func(t *testing.T, p *pairs) {
				id := p.largeRoom()
				all, after := p.stateOf(id), -1
				p.onceKept(id, all, func() { // node one reads now, and writes nothing
					if lost {
						p.ahead.Store(int64(room.ArrivalMost))
					}
					p.two.spoil = func(w *room.Welcome) { w.State = nil }
					if _, err := p.two.rooms.Enter(t.Context(), id, zara, nil, []string{east}); err == nil {
						t.Error("it came in by no state")
					}
					after, _ = p.kept(id)
				})
				p.one.enter(id, wali, east)
				if want := map[bool]int{false: all, true: 0}[lost]; after != want {
					t.Errorf("%d events were kept after the way that failed, want %d", after, want)
				}
				p.two.gets(east, p.east.must(message(id, anna, "welcome"))...)
				sameState(t, id, p.east, p.one, p.two)
			})
		})
	}
}
