package room_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// fate tells what became of an event, as its sender is told.
func fate(o room.Outcome) string {
	switch {
	case o.Err != nil:
		return fault.From(o.Err).Key
	case o.Refusal != nil:
		return "refused " + o.Event.ID
	}
	return fmt.Sprint(o.Event.ID, " known ", o.Known, " beside ", o.SoftFailed)
}

// log is the order in which some events came into a hub's log.
func (h *hub) log(id string) (ids []string) {
	h.read(func(tx *store.Tx) (err error) {
		ids, err = store.Column(tx, `SELECT event_id FROM events WHERE room_id = $1 AND position > 0 AND type = 'm.room.message' ORDER BY position`, id)
		return err
	})
	return ids
}

// TestEventsThatComeTogether: it comes to the same as one after the other, whatever is among them.
func TestEventsThatComeTogether(t *testing.T) {
	const south, sana = "south.example", "@sana:south.example"
	all := newWorld(t, east, west, south)
	e, w, s := all.hubs[east], all.hubs[west], all.hubs[south]
	id := e.create(room.Create{Creator: anna, Preset: "public_chat", Name: "all"})
	e.must(member(id, ben, ben, "join"))
	w.enter(id, wali, east)
	s.enter(id, sana, east)
	w.gets(east, e.must(message(id, anna, "all are here"))...)
	s.gets(east, e.must(message(id, anna, "so let us begin"))...)
	good := e.must(message(id, anna, "1"), name(id, anna, "renamed"), message(id, ben, "3"), message(id, anna, "4"), message(id, ben, "5"), message(id, ben, "6"))
	keyID, key := e.ring.Current()
	bad := e.signAs(east, e.at(good[0]), state(id, ben, "m.room.power_levels", map[string]any{"users": map[string]any{ben: 100}}), time.Now(), keyID, key)
	raws := []json.RawMessage{
		good[0].PDU, []byte(`{`), good[1].PDU, unsigned(t, good[2].PDU), bad, good[2].PDU, good[0].PDU,
		good[4].PDU, good[5].PDU, // behind a gap
	}
	var one, together []string
	for _, raw := range raws {
		got, err := w.rooms.Receive(t.Context(), east, raw)
		one = append(one, fate(room.Outcome{Received: got, Err: err}))
	}
	for _, o := range s.rooms.ReceiveAll(t.Context(), east, raws) {
		together = append(together, fate(o))
	}
	if diff := cmp.Diff(one, together); diff != "" {
		t.Errorf("what became of them (-one by one +together):\n%s", diff)
	}
	sameState(t, id, e, w, s)
	if diff := cmp.Diff(w.ends(id), s.ends(id)); diff != "" {
		t.Errorf("ends (-one by one +together):\n%s", diff)
	}
	want := []string{good[0].ID, good[2].ID, good[3].ID, good[4].ID, good[5].ID}
	for _, h := range []*hub{w, s} {
		if log := h.log(id); len(log) < len(want) || !slices.Equal(log[len(log)-len(want):], want) {
			t.Errorf("%s has %v in its log, want %v at the end", h.name, log, want)
		}
	}
}
