package room_test

import (
	"testing"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// choosy is a follower that refuses one type of state.
type choosy struct{ room.NoFollower }

const unwanted = "network.example.unwanted"

func (choosy) AppendedTx(_ *store.Tx, _ *room.Rooms, e *room.Event) error {
	if e.Type == unwanted {
		return fault.Forbidden("error.place_door")
	}
	return nil
}

func (h *hub) choose() {
	h.rooms = room.New(h.db, h.ring, h.brk, nil, choosy{})
	h.rooms.Federate(h, h.world)
}

// hears has the hub receive an event of the east's, which the rules allow.
func (h *hub) hears(e room.Event) room.Received {
	h.t.Helper()
	got, err := h.rooms.Receive(h.t.Context(), east, e.PDU)
	if err != nil || got.Refusal != nil {
		h.t.Fatalf("receive %s: %v, %v", e.Type, err, got.Refusal)
	}
	return got
}

// TestWhatAFollowerRefusesHoldsNothingUp: state that this hub does not take in stands in the room for others. What they say after it is told here all
// the same, and the state itself never stands here.
func TestWhatAFollowerRefusesHoldsNothingUp(t *testing.T) {
	e, w, id, _ := shared(t)
	w.choose()
	bad := e.must(state(id, anna, unwanted, map[string]any{"n": 1}))[0]
	if got := w.hears(bad); !got.SoftFailed {
		t.Error("what a follower refuses is in the log")
	}
	for _, one := range e.must(message(id, anna, "after it"), name(id, anna, "after it"), state(id, anna, unwanted, map[string]any{"n": 2}), message(id, anna, "and on")) {
		if got := w.hears(one); got.SoftFailed != (one.Type == unwanted) {
			t.Errorf("%s after it: %+v", one.Type, got)
		}
	}
	e.gets(west, w.must(message(id, wali, "an answer"))...)
	w.gets(east, e.must(message(id, anna, "a word"))...)
	if stands := w.state(id)[unwanted+"\x00"]; stands != "" {
		t.Errorf("%s stands, which a follower refused", stands)
	}
	if got, want := w.state(id)["m.room.name\x00"], e.state(id)["m.room.name\x00"]; got != want {
		t.Errorf("the name is %s, want %s", got, want)
	}
}

// TestWhatAFollowerRefusesLaterHoldsNothingUp: what the room's state refused first is to stand when its sender has the power again, and a follower
// refuses it only then.
func TestWhatAFollowerRefusesLaterHoldsNothingUp(t *testing.T) {
	e, w, id, _ := shared(t)
	w.choose()
	levels := func(sender string, bens int) room.Draft {
		return state(id, sender, "m.room.power_levels", map[string]any{"users": map[string]any{anna: 100, wali: 90, ben: bens}})
	}
	w.gets(east, e.must(levels(anna, 50))...)
	w.must(levels(wali, 0))
	if got := w.hears(e.must(state(id, ben, unwanted, map[string]any{}))[0]); !got.SoftFailed {
		t.Fatal("what somebody without power said is in the log")
	}
	w.must(levels(wali, 50))
	if got := w.hears(e.must(message(id, anna, "built on it"))[0]); got.SoftFailed {
		t.Error("what builds on it is not in the log")
	}
	if stands := w.state(id)[unwanted+"\x00"]; stands != "" {
		t.Errorf("%s stands, which a follower refused", stands)
	}
}
