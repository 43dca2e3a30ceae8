package network_test

import (
	"slices"
	"testing"
	"time"

	"panah/hub/network"
	"panah/hub/network/networktest"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const east, west = "east.example", "west.example"

// liar is a hub whose rooms keep to the rules of Matrix alone, and one that keeps to what hubs have agreed on.
func liar(t *testing.T) (w *networktest.Wires, lies, keeps *networktest.Side) {
	t.Helper()
	c := networktest.At(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC))
	w = networktest.NewWires(t)
	lies = w.Lead(networktest.OpenAs(t, storetest.SQLiteAddress(t), east, c, people.Options{}))
	keeps = w.Lead(networktest.OpenAs(t, storetest.SQLiteAddress(t), west, c, people.Options{}, network.Log{}))
	return w, lies, keeps
}

// hubRoom is a room for hubs that anybody may join by the rules.
func hubRoom(t *testing.T, s *networktest.Side) (id string) {
	t.Helper()
	s.Must(s.DB.Write(t.Context(), func(tx *store.Tx) (err error) {
		id, _, err = s.Rooms.CreateTx(t.Context(), tx, room.Create{Creator: network.HubOf(s.Name), Preset: "public_chat",
			InitialState: []room.Draft{{Type: network.ChannelType, Content: map[string]string{"kind": "directory"}}}})
		return err
	}))
	return id
}

func join(t *testing.T, s *networktest.Side, id, user string) {
	t.Helper()
	s.Must(s.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := s.Rooms.Append(t.Context(), tx, room.Draft{RoomID: id, Sender: user, Type: "m.room.member", StateKey: &user, Content: map[string]string{"membership": "join"}})
		return err
	}))
}

func members(t *testing.T, s *networktest.Side, id string) (in []string) {
	t.Helper()
	s.Must(s.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		in, err = s.Rooms.JoinedMembers(tx, id)
		slices.Sort(in)
		return err
	}))
	return in
}

// TestNobodyIsInAHubRoomWhoWasNotBrought: who came into a hub room by the rules of Matrix alone is no member here, whether their membership comes by itself
// or is in the state that is given with this hub's own.
func TestNobodyIsInAHubRoomWhoWasNotBrought(t *testing.T) {
	const before, after = "@before:" + east, "@after:" + east
	w, lies, keeps := liar(t)
	id := hubRoom(t, lies)
	join(t, lies, id, before)
	if _, err := keeps.Rooms.Enter(t.Context(), id, network.HubOf(west), nil, []string{east}); err != nil {
		t.Fatal(err)
	}
	join(t, lies, id, after)
	for w.Sides[0].Deliver(west, 100) {
	}
	want := []string{network.HubOf(east), network.HubOf(west)}
	if got := members(t, keeps, id); !slices.Equal(got, want) {
		t.Errorf("members are %v, want %v", got, want)
	}
	if got := members(t, lies, id); len(got) != 4 {
		t.Errorf("by the rules members are %v", got)
	}
}
