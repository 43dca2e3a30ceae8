package room_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// guard is a follower that keeps other servers' state out by its type, unless somebody speaks of themselves.
type guard struct {
	room.NoFollower
	types []string
}

func (g guard) Guards() []string { return g.types }

func (g guard) RefuseTx(_ *store.Tx, rooms *room.Rooms, e *room.Event, _ room.Standing) error {
	if e.StateKey != nil && rooms.IsForeign(e.Sender) && *e.StateKey != e.Sender {
		return fault.Forbidden("error.place_door")
	}
	return nil
}

func (h *hub) guard(types ...string) {
	h.rooms = room.New(h.db, h.ring, h.brk, nil, guard{types: types})
	h.rooms.Federate(h, h.world)
}

// before is the state before an event as this hub tells another one.
func (h *hub) before(to *hub, id string, e room.Event) (ids []string) {
	h.t.Helper()
	state, _, err := h.rooms.ServeState(h.t.Context(), to.name, id, e.ID)
	if err != nil {
		h.t.Fatalf("the state before %s at %s: %v", e.ID, h.name, err)
	}
	for _, k := range state {
		ids = append(ids, k.ID)
	}
	slices.Sort(ids)
	return ids
}

// tellTheSame has two hubs tell each other the state before events.
func tellTheSame(t *testing.T, id string, e, w *hub, events ...room.Event) {
	t.Helper()
	for _, one := range events {
		if diff := cmp.Diff(e.before(w, id, one), w.before(e, id, one)); diff != "" {
			t.Errorf("the state before a %s (-%s +%s):\n%s", one.Type, e.name, w.name, diff)
		}
	}
}

// TestWhatIsRefusedIsInTheStateThatOthersAreTold: it is not shown here, but it stands where other servers are answered, before this hub's own next events
// too, until something takes its place.
func TestWhatIsRefusedIsInTheStateThatOthersAreTold(t *testing.T) {
	e, w, id, _ := shared(t)
	w.guard(unwanted)
	bad := e.must(state(id, anna, unwanted, map[string]any{"n": 1}))[0]
	w.hears(bad)
	w.gets(east, e.must(message(id, anna, "after it"))...)
	own := w.must(message(id, wali, "an answer"), message(id, wali, "and another"))
	e.gets(west, own...)
	tellTheSame(t, id, e, w, own...)
	if !slices.Contains(w.before(e, id, own[1]), bad.ID) {
		t.Error("others are not told of what stands for them")
	}
	if stands := w.state(id)[unwanted+"\x00"]; stands != "" {
		t.Errorf("%s stands here", stands)
	}
}

// TestHubsOfWhichOneRefusesTellTheSame: whatever is refused, and however the branches go, the two tell the same of the state before each event.
func TestHubsOfWhichOneRefusesTellTheSame(t *testing.T) {
	const rooms, forks = 6, 4
	for what, types := range map[string][]string{
		"state":       {"network.example.0", "network.example.1"},
		"memberships": {"m.room.member"},
	} {
		t.Run(what, func(t *testing.T) {
			n := seed(t)
			t.Logf("PANAH_TEST_SEED=%d", n)
			chance := rand.New(rand.NewPCG(n, 0))
			for range rooms {
				f := openFork(t, chance)
				f.w.guard(types...)
				for range forks {
					f.apart()
				}
				if t.Failed() {
					t.Fatalf("PANAH_TEST_SEED=%d", n)
				}
			}
		})
	}
}

// apart has both hubs go on alone, and then hear each other.
func (f *forked) apart() {
	f.e.t.Helper()
	t := f.e.t.(*testing.T)
	eastern, western := f.changes(f.e, anna, ben), f.changes(f.w, wali, zara)
	f.e.hearsAll(west, western)
	f.w.hearsAll(east, eastern)
	joined := f.e.must(message(f.id, anna, "joined"))
	f.w.hearsAll(east, joined)
	answer := f.w.must(message(f.id, wali, "joined"))
	f.e.hearsAll(west, answer)
	tellTheSame(t, f.id, f.e, f.w, slices.Concat(eastern, western, joined, answer)...)
}

func (h *hub) hearsAll(from string, events []room.Event) {
	h.t.Helper()
	for _, e := range events {
		if _, err := h.rooms.Receive(h.t.Context(), from, e.PDU); err != nil {
			h.t.Fatalf("receive %s: %v", e.Type, err)
		}
	}
}

// TestWhatIsRefusedStandsByNoWay: state that a follower refuses does not stand here whether it comes by itself, with a state that another server tells, or
// with a join, in whichever order; it holds up nothing, and others are told the same of it.
func TestWhatIsRefusedStandsByNoWay(t *testing.T) {
	alone := func(t *testing.T, w *hub, bad room.Event) {
		t.Helper()
		if got := w.hears(bad); !got.SoftFailed {
			t.Error("by itself it is in the log")
		}
	}
	lost := func(t *testing.T, e, w *hub, id string) {
		t.Helper()
		for range 25 { // more than are asked for, so that the state is
			e.must(message(id, anna, "lost"))
		}
		w.gets(east, e.must(message(id, anna, "at last"))...)
	}
	bad := func(e *hub, id string) room.Event {
		return e.must(state(id, anna, unwanted, map[string]any{"n": 1}))[0]
	}
	for way, comes := range map[string]func(t *testing.T, e, w *hub, id string) room.Event{
		"by itself": func(t *testing.T, e, w *hub, id string) room.Event {
			w.enter(id, wali, east)
			one := bad(e, id)
			alone(t, w, one)
			return one
		},
		"with a state": func(t *testing.T, e, w *hub, id string) room.Event {
			w.enter(id, wali, east)
			one := bad(e, id)
			lost(t, e, w, id)
			return one
		},
		"with a join": func(_ *testing.T, e, w *hub, id string) room.Event {
			one := bad(e, id)
			w.enter(id, wali, east)
			return one
		},
		"by itself, then with a state": func(t *testing.T, e, w *hub, id string) room.Event {
			w.enter(id, wali, east)
			one := bad(e, id)
			alone(t, w, one)
			lost(t, e, w, id)
			return one
		},
		"with a state, then by itself": func(t *testing.T, e, w *hub, id string) room.Event {
			w.enter(id, wali, east)
			one := bad(e, id)
			lost(t, e, w, id)
			alone(t, w, one)
			return one
		},
		"with a join, then by itself": func(t *testing.T, e, w *hub, id string) room.Event {
			one := bad(e, id)
			w.enter(id, wali, east)
			alone(t, w, one)
			return one
		},
		"with a join, and one more": func(_ *testing.T, e, w *hub, id string) room.Event {
			one := bad(e, id)
			w.enter(id, wali, east)
			w.enter(id, zara, east)
			return one
		},
		"with a second coming": func(t *testing.T, e, w *hub, id string) room.Event {
			w.enter(id, wali, east)
			one := bad(e, id)
			alone(t, w, one)
			e.gets(west, w.must(member(id, wali, wali, "leave"))...)
			w.enter(id, wali, east)
			return one
		},
	} {
		t.Run(way, func(t *testing.T) {
			both := newWorld(t, east, west)
			e, w := both.hubs[east], both.hubs[west]
			w.guard(unwanted)
			id := e.create(room.Create{Creator: anna, Preset: "public_chat", Name: "both"})
			one := comes(t, e, w, id)
			w.gets(east, e.must(name(id, anna, "after it"))...)
			own := w.must(message(id, wali, "an answer"), message(id, wali, "and another"))
			e.gets(west, own...)
			onward := e.must(message(id, anna, "and on"))
			w.gets(east, onward...)
			tellTheSame(t, id, e, w, append(own, onward...)...)
			want := e.state(id)
			if want[unwanted+"\x00"] != one.ID {
				t.Error("the others have it not")
			}
			delete(want, unwanted+"\x00")
			if diff := cmp.Diff(want, w.state(id)); diff != "" {
				t.Errorf("the state here (-want +got):\n%s", diff)
			}
			w.guard(unwanted) // with nothing remembered
			w.gets(east, e.must(message(id, anna, "later"))...)
			if diff := cmp.Diff(want, w.state(id)); diff != "" {
				t.Errorf("the state here later (-want +got):\n%s", diff)
			}
			instead := w.must(state(id, empowered(w, e, id), unwanted, map[string]any{"n": 3}))
			e.gets(west, instead...)
			sameState(t, id, e, w)
		})
	}
}

// empowered gives Wali the power to change the room.
func empowered(w, e *hub, id string) string {
	w.gets(east, e.must(state(id, anna, "m.room.power_levels", map[string]any{"users": map[string]any{anna: 100, wali: 90}}))...)
	return wali
}
