package network_test

import (
	"encoding/json"
	"testing"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// channel makes a channel of the caller's with others in it.
func (h *hub) channel(by people.Caller, others ...people.Caller) string {
	h.t.Helper()
	wish := room.Create{Name: "Rota", Preset: "private_chat"}
	for _, other := range others {
		wish.Invite = append(wish.Invite, other.UserID)
	}
	id, err := h.network.CreateRoom(h.t.Context(), by, wish)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, other := range others {
		if err := h.network.Join(h.t.Context(), other, id, ""); err != nil {
			h.t.Fatal(err)
		}
	}
	return id
}

func (h *hub) say(by people.Caller, d room.Draft) string {
	h.t.Helper()
	id, err := h.network.Send(h.t.Context(), by, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func relating(roomID, eventType, relType, to string, more map[string]any) room.Draft {
	relates := map[string]any{"rel_type": relType, "event_id": to}
	for name, value := range more {
		relates[name] = value
	}
	return room.Draft{RoomID: roomID, Type: eventType, Content: map[string]any{"msgtype": "m.text", "body": "x", "m.relates_to": relates}}
}

func TestOneReactionOfEachKind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		steward := h.steward()
		zarina := h.join(steward, h.organisation(steward, "Умед", "TJ"), "zarina", people.Member)
		rota := h.channel(steward, zarina)
		post := h.say(steward, message(rota, "Who can?"))
		react := func(by people.Caller, key string) error {
			_, err := h.network.Send(t.Context(), by, relating(rota, "m.reaction", "m.annotation", post, map[string]any{"key": key}))
			return err
		}
		for _, key := range []string{"👍", "✅"} {
			if err := react(zarina, key); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
		}
		wants(t, react(zarina, "👍"), "error.already_reacted")
		if err := react(steward, "👍"); err != nil {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

// Only what a channel lets go is passed on, only by who can read it, and only under its own author's name.
func TestForwarding(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		steward := h.steward()
		o := h.organisation(steward, "Умед", "TJ")
		zarina, stranger := h.join(steward, o, "zarina", people.Member), h.join(steward, o, "nigora", people.Member)
		from, to := h.channel(steward, zarina), h.channel(zarina, stranger)
		post := h.say(steward, message(from, "The office is closed on Friday."))
		forward := func(by people.Caller, sender string) error {
			d := message(to, "The office is closed on Friday.")
			d.Content.(map[string]any)["network.panah.forwarded"] = map[string]any{"room_id": from, "event_id": post, "sender": sender}
			_, err := h.network.Send(t.Context(), by, d)
			return err
		}
		wants(t, forward(zarina, steward.UserID), "error.forward_not_allowed")
		rule := room.Draft{RoomID: from, Type: "network.panah.sharing", Content: map[string]any{"forward": true}}
		if _, err := h.network.SendState(t.Context(), zarina, rule); err == nil {
			t.Error("a member changed what may be passed on")
		}
		if _, err := h.network.SendState(t.Context(), steward, rule); err != nil {
			t.Fatal(err)
		}
		if err := forward(zarina, steward.UserID); err != nil {
			t.Errorf("where it is allowed: %v", err)
		}
		wants(t, forward(zarina, zarina.UserID), "error.unknown_event")
		wants(t, forward(stranger, steward.UserID), "error.unknown_event")
		if _, err := h.network.Redact(t.Context(), steward, room.Draft{RoomID: from, Redacts: post, Content: map[string]any{}}); err != nil {
			t.Fatal(err)
		}
		wants(t, forward(zarina, steward.UserID), "error.unknown_event")
		d := message(to, "x")
		d.Content.(map[string]any)["network.panah.forwarded"] = "nonsense"
		if _, err := h.network.Send(t.Context(), zarina, d); err == nil {
			t.Error("nonsense was passed on")
		}
		d.Content = json.RawMessage(`{"msgtype":"m.text","body":"x","network.panah.forw\u0061rded":"nonsense"}`)
		if _, err := h.network.Send(t.Context(), zarina, d); err == nil {
			t.Error("nonsense under an escaped name was passed on")
		}
	})
}

// Whoever takes a post back takes all that it ever said back.
func TestRemovingAPostRemovesItsWordings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		steward := h.steward()
		zarina := h.join(steward, h.organisation(steward, "Умед", "TJ"), "zarina", people.Member)
		rota := h.channel(steward, zarina)
		post := h.say(zarina, message(rota, "first"))
		own := h.say(zarina, relating(rota, "m.room.message", "m.replace", post, nil))
		forged := h.say(steward, relating(rota, "m.room.message", "m.replace", post, nil))
		d := room.Draft{RoomID: rota, Redacts: post, Content: map[string]any{"reason": "name"}, DeviceID: "D", TxnID: "t1"}
		first, err := h.network.Redact(t.Context(), zarina, d)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := h.network.Redact(t.Context(), zarina, d); err != nil || again != first {
			t.Errorf("the second time: %s, %v; want %s", again, err, first)
		}
		err = db.Read(t.Context(), func(tx *store.Tx) error {
			for id, gone := range map[string]bool{post: true, own: true, forged: false} {
				e, err := h.rooms.EventByID(tx, id)
				if err != nil {
					return err
				}
				if (e.RedactedBy != "") != gone {
					t.Errorf("%s: gone %v, want %v", id, e.RedactedBy != "", gone)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
