package exchange_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/alert/exchange"
	"panah/hub/network/networktest"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestACardKeepsNoStateOut: the door is for what is shown as an alert. Whoever writes a card into state does not have this hub go by other levels than all
// others, or by a list of members on which they are not.
func TestACardKeepsNoStateOut(t *testing.T) {
	const east, west = "east.example", "west.example"
	const anna, hidden, wali = "@anna:" + east, "@hidden:" + east, "@wali:" + west
	c := networktest.At(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC))
	wires := networktest.NewWires(t)
	e := wires.Lead(networktest.OpenAs(t, storetest.SQLiteAddress(t), east, c, people.Options{}))
	w := wires.Lead(networktest.OpenAs(t, storetest.SQLiteAddress(t), west, c, people.Options{}, exchange.Log{}))
	var id string
	writes := func(sender, kind, key string, content map[string]any) {
		t.Helper()
		content[exchange.Member] = map[string]any{"sender": "desk@elsewhere.example"}
		e.Must(e.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := e.Rooms.Append(t.Context(), tx, room.Draft{RoomID: id, Sender: sender, Type: kind, StateKey: &key, Content: content})
			return err
		}))
	}
	state := func(s *networktest.Side) (ids []string) {
		t.Helper()
		s.Must(s.DB.Read(t.Context(), func(tx *store.Tx) error {
			all, err := s.Rooms.State(tx, id)
			for i := range all {
				ids = append(ids, all[i].Type+" "+*all[i].StateKey+" "+all[i].ID)
			}
			return err
		}))
		return slices.Sorted(slices.Values(ids))
	}
	e.Must(e.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
		id, _, err = e.Rooms.CreateTx(t.Context(), tx, room.Create{Creator: anna, Preset: "public_chat"})
		return err
	}))
	if _, err := w.Rooms.Enter(t.Context(), id, wali, nil, []string{east}); err != nil {
		t.Fatal(err)
	}
	writes(hidden, "m.room.member", hidden, map[string]any{"membership": "join"})
	writes(anna, "m.room.power_levels", "", map[string]any{"users": map[string]any{anna: 100, wali: 50}})
	for e.Deliver(west, 100) {
	}
	if diff := cmp.Diff(state(e), state(w)); diff != "" {
		t.Errorf("the room's state (-%s +%s):\n%s", east, west, diff)
	}
}
