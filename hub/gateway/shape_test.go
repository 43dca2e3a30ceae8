package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/gateway"
	"panah/hub/room"
	"panah/hub/store/storetest"
)

// shape lists where a frame has values and of what type they are, with ids left out: what a client's decoder depends on. The
// contents of events are their senders' affair.
func shape(at string, v any, all map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if strings.HasPrefix(name, "!") || strings.HasPrefix(name, "$") || strings.HasPrefix(name, "@") {
				name = name[:1]
			}
			if name == "content" || name == "prev_content" {
				all[at+".content"] = true
				continue
			}
			shape(at+"."+name, value, all)
		}
	case []any:
		for _, value := range v {
			shape(at+"[]", value, all)
		}
	default:
		all[fmt.Sprintf("%s %T", at, v)] = true
	}
}

func shapeOf(t *testing.T, text []byte) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	all := make(map[string]bool)
	shape("", v, all)
	var list []string
	for s := range all {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// TestRealFramesAreGolden: what a hub really sends in the situation that a golden frame shows has that frame's shape.
func TestRealFramesAreGolden(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	const a, b = "@a:hub.example", "@b:hub.example"
	id := n.Room(a, room.Create{Preset: "private_chat", Name: "Гап"})
	ca, cb := n.open(a, ""), n.open(b, "")
	ca.next()
	cb.next()
	text := func(c *client) []byte {
		t.Helper()
		raw, err := c.read()
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		return []byte(raw)
	}
	golden := func(name string, got []byte) {
		t.Helper()
		want, err := os.ReadFile(filepath.Join("testdata/frames", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if w, g := shapeOf(t, want), shapeOf(t, got); !slices.Equal(w, g) {
			t.Errorf("%s:\ngolden %s\nreal   %s\nframe %s", name, strings.Join(w, "\n       "), strings.Join(g, "\n       "), got)
		}
	}
	n.Append(feedtest.Member(id, a, b, "invite"))
	golden("delta-invite", text(cb))
	text(ca)
	n.Join(id, b)
	text(cb) // the whole picture of the room
	golden("delta-member", text(ca))
	post := n.Say(id, a, "салом")
	golden("delta-message", text(ca))
	golden("delta-message", text(cb))
	empty := ""
	n.Append(room.Draft{RoomID: id, Sender: a, Type: "m.room.topic", StateKey: &empty, Content: map[string]any{"topic": "1"}})
	text(ca)
	n.Append(room.Draft{RoomID: id, Sender: a, Type: "m.room.topic", StateKey: &empty, Content: map[string]any{"topic": "2"}})
	golden("delta-state", text(ca))
	block := map[string]any{"code": "safe_place", "slots": map[string]any{"area": "AF-HER", "count": 2}, "expires": 1795596400, "tlp": "AMBER"}
	first := n.Append(room.Draft{RoomID: id, Sender: a, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": "!", "network.panah.alert": block}})
	golden("delta-alert", text(ca))
	block["msg_type"] = "Update"
	n.Append(room.Draft{RoomID: id, Sender: a, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": "!", "network.panah.alert": block,
		"m.relates_to": map[string]any{"rel_type": "network.panah.update", "event_id": first.ID}}})
	golden("delta-alert-update", text(ca))
	must(t, n.Feed.SetReceipts(t.Context(), b, id, feed.Marker{Kind: "m.read", Event: post.ID}))
	golden("delta-receipt", text(ca))
	must(t, n.Feed.SetTyping(t.Context(), b, id, true, time.Minute))
	golden("delta-typing", text(ca))
	until := func(c *client, word string) []byte { // how many come before it is open: an alert that came ahead comes again in its turn, and so may typing
		t.Helper()
		for {
			if frame := text(c); bytes.Contains(frame, []byte(word)) {
				return frame
			}
		}
	}
	until(cb, "m.typing")
	must(t, n.Feed.SetReceipts(t.Context(), b, id, feed.Marker{Kind: "m.read.private", Event: post.ID, Thread: "main"}))
	golden("delta-private-receipt", until(cb, "m.read.private"))
	must(t, n.Feed.SetAccountData(t.Context(), b, "", "network.panah.settings", json.RawMessage(`{"language":"uz"}`)))
	golden("delta-account-data", text(cb))
	must(t, n.Feed.SetReceipts(t.Context(), b, id, feed.Marker{Kind: "m.fully_read", Event: post.ID}))
	golden("delta-room-account-data", text(cb))
	n.Append(room.Draft{RoomID: id, Sender: a, Type: "m.room.redaction", Redacts: post.ID, Content: map[string]any{"redacts": post.ID, "reason": "x"}})
	golden("delta-redaction", text(cb))
	n.Append(feedtest.Member(id, b, b, "leave"))
	golden("delta-leave", text(cb))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
