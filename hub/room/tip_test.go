package room_test

import (
	"context"
	"slices"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// prevOf are the events that an event names as those before it.
func prevOf(t *testing.T, e room.Event) []string {
	t.Helper()
	pdu, err := gomatrixserverlib.MustGetRoomVersion(room.Version).NewEventFromTrustedJSONWithEventID(e.ID, e.PDU, false)
	if err != nil {
		t.Fatal(err)
	}
	return pdu.PrevEventIDs()
}

func TestWhatWasUndoneIsNotBuiltUpon(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "public_chat"})
		first := h.must(message(id, alice, "1"))[0]
		_, err := h.append(message(id, alice, "2"), member(id, alice, bob, "ban"), message(id, bob, "x"))
		refused(t, err)
		h.must(member(id, bob, bob, "join")) // the ban was undone with the rest
		_, err = h.append(message(id, alice, "2"), member(id, alice, alice, "nonsense"))
		refused(t, err)
		joined := h.must(message(id, bob, "3"))[0]
		h.must(message(id, alice, "4"))
		if prev := prevOf(t, joined); slices.Contains(prev, first.ID) || len(prev) != 1 {
			t.Errorf("the message names %v", prev)
		}
	})
}

func TestNodesSeeWhatTheOthersWrote(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		one, two := open(t, storetest.Open(t, address)), open(t, storetest.Open(t, address))
		id := one.create(room.Create{Creator: alice, Preset: "public_chat"})
		one.must(member(id, bob, bob, "join"), message(id, bob, "1"))
		for range 3 {
			theirs := two.must(message(id, alice, "2"))[0]
			mine := one.must(message(id, bob, "3"))[0]
			if prev := prevOf(t, mine); !slices.Equal(prev, []string{theirs.ID}) {
				t.Errorf("the message names %v, the other node wrote %s", prev, theirs.ID)
			}
		}
		two.must(member(id, alice, bob, "ban"))
		_, err := one.append(message(id, bob, "4"))
		wants(t, err, "error.banned")
		levels := two.must(state(id, alice, "m.room.power_levels", map[string]any{"users": map[string]int{alice: 100}, "events_default": 50}))[0]
		one.must(member(id, alice, bob, "leave"), member(id, bob, bob, "join"))
		_, err = one.append(message(id, bob, "5"))
		wants(t, err, "error.not_allowed")
		two.must(room.Draft{RoomID: id, Sender: alice, Type: "m.room.redaction", Redacts: levels.ID, Content: map[string]any{"redacts": levels.ID}})
		one.must(message(id, alice, "6"))
	})
}

func TestRoomsAreForgottenWhenTheyAreMany(t *testing.T) {
	h := open(t, storetest.SQLite(t))
	first := h.create(room.Create{Creator: alice, Preset: "public_chat"})
	err := h.db.Write(t.Context(), func(tx *store.Tx) error {
		for range room.TipsLimit {
			if _, _, err := h.rooms.CreateTx(context.Background(), tx, room.Create{Creator: alice, Preset: "public_chat"}); err != nil {
				return err
			}
		}
		remembered, err := h.rooms.CheckTips(tx)
		if remembered > room.TipsLimit {
			t.Errorf("%d rooms are remembered, the bound is %d", remembered, room.TipsLimit)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.must(message(first, alice, "still here"))
}
