package feed_test

import (
	"encoding/json"
	"strings"
	"testing"

	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/room"
	"panah/hub/store"
)

// alertDraft is an alert that says nothing but its code.
func alertDraft(roomID string) room.Draft {
	return room.Draft{RoomID: roomID, Sender: aziz, Type: "m.room.message", Content: map[string]any{
		"msgtype": "m.text", "body": "x", "network.panah.alert": map[string]any{"code": "transit"}}}
}

// together appends to a room in one transaction, in which bibi is also told something that concerns her alone.
func together(t *testing.T, h *feedtest.Hub, drafts ...room.Draft) {
	t.Helper()
	about, err := json.Marshal(map[string]string{"room": drafts[0].RoomID})
	must(t, err)
	must(t, h.DB.Write(t.Context(), func(tx *store.Tx) error {
		if err := h.Feed.SetAccountDataTx(tx, bibi, "", "org.example.asked", about); err != nil {
			return err
		}
		_, err := h.Rooms.Append(t.Context(), tx, drafts...)
		return err
	}))
}

// TestAlertsDoNotWaitForReading: who has to read first, because they came into the channel with the alert or were asked by name, has the alert
// ahead of what they read, and once more in its place.
func TestAlertsDoNotWaitForReading(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		for name, before := range map[string]func(id string) []room.Draft{
			"a newcomer": func(id string) []room.Draft { return []room.Draft{feedtest.Member(id, bibi, bibi, "join")} },
			"a member":   func(id string) []room.Draft { h.Join(id, bibi); return nil },
			"who came again": func(id string) []room.Draft {
				h.Join(id, bibi)
				return []room.Draft{feedtest.Member(id, bibi, bibi, "leave"), feedtest.Member(id, bibi, bibi, "join")}
			},
		} {
			id := h.Room(aziz, room.Create{})
			drafts := before(id)
			l := h.Attach(bibi, "", "")
			h.Caught(l)
			l.Take()
			together(t, h, append(drafts, alertDraft(id))...)
			h.Caught(l)
			frames := l.Take()
			if len(frames) < 2 || !frames[0].Overtakes() || !strings.HasPrefix(string(frames[0].JSON), `{"alert":`) {
				t.Fatalf("%s: %d frames, the first of them %s", name, len(frames), frames[0].JSON)
			}
			if rest := frames[1]; rest.Overtakes() || !strings.Contains(string(rest.JSON), `"network.panah.alert":`) {
				t.Errorf("%s: what follows is %s", name, rest.JSON)
			}
			l.Detach()
		}
	})
}

// TestAlertsDoNotFollowWhoLeft: who has left the channel just before the alert gets nothing of it.
func TestAlertsDoNotFollowWhoLeft(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		l := h.Attach(bibi, "", "")
		h.Caught(l)
		together(t, h, feedtest.Member(id, bibi, bibi, "leave"), alertDraft(id))
		h.Caught(l)
		if got := text(l); strings.Contains(got, "transit") {
			t.Errorf("got %s", got)
		}
	})
}

// TestNewcomersShareAReading: what newcomers may see of the past is the same for all of them unless the channel's history was ever kept from
// some.
func TestNewcomersShareAReading(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		closed := h.Room(aziz, room.Create{})
		h.Append(room.Draft{RoomID: closed, Sender: aziz, Type: "m.room.history_visibility", StateKey: new(string), Content: map[string]any{"history_visibility": "joined"}})
		h.Say(closed, aziz, "пинҳон")
		h.Append(room.Draft{RoomID: closed, Sender: aziz, Type: "m.room.history_visibility", StateKey: new(string), Content: map[string]any{"history_visibility": "shared"}})
		open := h.Room(aziz, room.Create{})
		h.Say(open, aziz, "ошкор")
		for _, user := range []string{bibi, "@karim:hub.example"} {
			since := h.Sync(user, feed.Request{Presence: feed.Offline}).NextBatch
			h.Join(closed, user)
			h.Join(open, user)
			raw, err := json.Marshal(h.Sync(user, feed.Request{Since: since, Presence: feed.Offline}))
			must(t, err)
			if strings.Contains(string(raw), "пинҳон") || !strings.Contains(string(raw), "ошкор") {
				t.Errorf("%s is told %s", user, raw)
			}
		}
	})
}
