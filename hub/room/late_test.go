package room_test

import (
	"testing"

	"panah/hub/room"
	"panah/hub/store"
)

// TestWhatStandsAlreadyComesLate: a state told of what the line lost, and then that comes after all. What it has itself made of the room would refuse it
// now, but it stands already, and stays.
func TestWhatStandsAlreadyComesLate(t *testing.T) {
	for what, draft := range map[string]func(id string) room.Draft{
		"somebody left": func(id string) room.Draft { return member(id, ben, ben, "leave") },
		"somebody gave the power away": func(id string) room.Draft {
			return state(id, anna, "m.room.power_levels", map[string]any{"users": map[string]any{anna: 50, wali: 100}, "events": map[string]any{"m.room.power_levels": 100}})
		},
	} {
		t.Run(what, func(t *testing.T) {
			e, w, id, _ := shared(t)
			silence := func() {
				for range 25 { // more than are asked for, so that the state is
					e.must(message(id, anna, "lost"))
				}
			}
			silence()
			late := e.must(draft(id))[0]
			silence()
			w.gets(east, e.must(message(id, anna, "at last"))...)
			sameState(t, id, e, w)
			w.gets(east, late)
			sameState(t, id, e, w)
			w.read(func(tx *store.Tx) error {
				got, err := w.rooms.EventByID(tx, late.ID)
				if err == nil && got.Position <= 0 {
					t.Errorf("what came late is at %d, not in the log", got.Position)
				}
				return err
			})
			w.rooms = room.New(w.db, w.ring, w.brk, nil) // with nothing remembered
			w.rooms.Federate(w, w.world)
			e.gets(west, w.must(message(id, wali, "on"))...)
			w.gets(east, e.must(name(id, anna, "on"))...)
			sameState(t, id, e, w)
		})
	}
}

// TestWhatStoodComesLateAndIsRefused: what stood by a state that another server told of, and does not any more, comes after all, when the room refuses it.
// What the room was before is known still.
func TestWhatStoodComesLateAndIsRefused(t *testing.T) {
	e, w, id, _ := shared(t)
	lost := func() {
		for range 25 {
			e.must(message(id, anna, "lost"))
		}
	}
	lost()
	late := e.must(state(id, anna, "m.room.topic", map[string]any{"topic": "late"}))[0]
	lost()
	last := e.must(message(id, anna, "at last"))[0]
	w.gets(east, last)
	w.gets(east, e.must(state(id, anna, "m.room.topic", map[string]any{"topic": "new"}))...)
	tick()
	w.gets(east, e.must(member(id, anna, anna, "leave"))...)
	if got := w.hears(late); !got.SoftFailed {
		t.Fatal("what somebody said who has left since is in the log")
	}
	w.read(func(tx *store.Tx) error {
		got, err := w.rooms.EventByID(tx, last.ID)
		if err != nil {
			return err
		}
		stood, err := w.rooms.StateEventAt(tx, id, "m.room.topic", "", got.Position)
		if err == nil && (stood == nil || stood.ID != late.ID) {
			t.Errorf("the topic was %v, want %s", stood, late.ID)
		}
		return err
	})
	w.gets(east, e.must(message(id, ben, "on"))...)
	sameState(t, id, e, w)
}
