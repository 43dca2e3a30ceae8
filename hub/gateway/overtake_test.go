package gateway_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/feed/feedtest"
	"panah/hub/gateway"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// heard is what a client makes of one frame of a room: which posts, and up to where.
type heard struct {
	next   string
	bodies []string
	alert  string // id
	text   string
}

func (c *client) heard() (h heard, err error) {
	text, err := c.read()
	if err != nil {
		return h, err
	}
	var frame struct {
		Next  string `json:"next_batch"`
		Alert struct {
			ID    string `json:"event_id"`
			Block any    `json:"block"`
		} `json:"alert"`
		Rooms struct {
			Join map[string]struct {
				Timeline struct {
					Events []struct {
						ID      string         `json:"event_id"`
						Content map[string]any `json:"content"`
					} `json:"events"`
				} `json:"timeline"`
			} `json:"join"`
		} `json:"rooms"`
	}
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		return h, err
	}
	h.text = text
	h.next, h.alert = frame.Next, frame.Alert.ID
	for _, joined := range frame.Rooms.Join {
		for _, e := range joined.Timeline.Events {
			if e.Content["network.panah.alert"] != nil {
				h.alert = e.ID
			} else if body, _ := e.Content["body"].(string); body != "" {
				number, _, _ := strings.Cut(body, " ")
				h.bodies = append(h.bodies, number)
			}
		}
	}
	return h, nil
}

// TestAlertsOvertake: an alert comes before the chat that waits for a slow reader, without moving the reader's position past it, and once more
// in its place; and nothing of the chat is lost by that.
func TestAlertsOvertake(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Slowly: time.Hour})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	n.Join(id, "@slow:hub.example")
	quick, slow := n.open("@b:hub.example", ""), n.narrow("@slow:hub.example", 32<<10)
	if _, err := slow.heard(); err != nil {
		t.Fatal(err)
	}
	const posts = 90 // some 900 KB on the line, of which the sockets hold a tenth; with the alert, no more than a follower makes frames of that comes late (feedtest.Ahead)
	for i := range posts {
		n.Say(id, "@a:hub.example", fmt.Sprint("nr", i, " ", noise(i, 20_000)))
	}
	block := map[string]any{"code": "safe_place", "slots": map[string]any{"count": 2, "area": "AF-HER"}, "expires": 1795596400, "tlp": "AMBER"}
	alert := n.Append(room.Draft{RoomID: id, Sender: "@a:hub.example", Type: "m.room.message",
		Content: map[string]any{"msgtype": "m.text", "body": "A safe place is needed.", "network.panah.alert": block}})
	quick.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["alert"]), "safe_place") })

	var bodies []string
	var firstAfter, times int
	next, before, early := "", "", ""
	for times < 2 {
		h, err := slow.heard()
		if err != nil {
			t.Fatalf("after %d posts: %v", len(bodies), err)
		}
		bodies = append(bodies, h.bodies...)
		if h.alert == "" {
			next = h.next
			continue
		}
		if times++; times == 1 {
			firstAfter, before, early = len(bodies), h.next, h.text
		}
		if h.alert != alert.ID {
			t.Errorf("another event overtook: %s", h.alert)
		}
		next = h.next
	}
	if firstAfter >= posts/2 {
		t.Errorf("the alert came after %d of %d posts", firstAfter, posts)
	}
	if before != "" || next != fmt.Sprintf("s%d", alert.Position) {
		t.Errorf("it came early with position %q, and in its place with %q", before, next)
	}
	var want []string
	for i := range posts {
		want = append(want, fmt.Sprint("nr", i))
	}
	if !slices.Equal(bodies, want) {
		t.Errorf("the chat came as %v", bodies)
	}
	// The golden frame is what this looks like.
	golden, err := os.ReadFile("testdata/frames/early-alert.json")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(shapeOf(t, golden), shapeOf(t, []byte(early))) {
		t.Errorf("golden: %s\nreal: %s", golden, early)
	}
}

// TestAlertsOutliveAFullQueue: where the queue overflows, the alert still goes out before the close.
func TestAlertsOutliveAFullQueue(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Bounds: gateway.Bounds{Frames: 60, Bytes: 4 << 20}, Slowly: time.Hour})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	n.Join(id, "@slow:hub.example")
	quick, slow := n.open("@b:hub.example", ""), n.narrow("@slow:hub.example", 32<<10)
	if _, err := slow.heard(); err != nil {
		t.Fatal(err)
	}
	say := func(from, to int) {
		for i := from; i < to; i++ {
			n.Say(id, "@a:hub.example", fmt.Sprint("nr", i, " ", noise(i, 20_000)))
			quick.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["rooms"]), fmt.Sprint("nr", i, " ")) })
		}
	}
	say(0, 60)
	alert := n.Append(room.Draft{RoomID: id, Sender: "@a:hub.example", Type: "m.room.message",
		Content: map[string]any{"msgtype": "m.text", "body": "x", "network.panah.alert": map[string]any{"code": "safe_place"}}})
	say(60, 160)
	found := false
	for {
		h, err := slow.heard()
		if err != nil {
			break // closed with 4008
		}
		found = found || h.alert == alert.ID
	}
	if !found {
		t.Error("the alert was thrown away with the chat")
	}
}

// TestAnAlertComesBeforeItsChannel: an alert to a new audience does not wait until its people have read the channel that was made for it.
func TestAnAlertComesBeforeItsChannel(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	id := n.Room("@a:hub.example", room.Create{})
	b := n.open("@b:hub.example", "")
	if _, err := b.heard(); err != nil {
		t.Fatal(err)
	}
	var alert string
	err := n.DB.Write(t.Context(), func(tx *store.Tx) error {
		events, err := n.Rooms.Append(t.Context(), tx, feedtest.Member(id, "@b:hub.example", "@b:hub.example", "join"),
			room.Draft{RoomID: id, Sender: "@a:hub.example", Type: "m.room.message",
				Content: map[string]any{"msgtype": "m.text", "body": "x", "network.panah.alert": map[string]any{"code": "transit"}}})
		if err == nil {
			alert = events[1].ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	early, err := b.heard()
	if err != nil || early.alert != alert || early.next != "" {
		t.Fatalf("first came %s, %v", early.text, err)
	}
	channel, err := b.heard()
	for err == nil && channel.next == "" && channel.alert == alert { // what is read overtakes as well while the line still writes
		channel, err = b.heard()
	}
	if err != nil || channel.alert != alert || channel.next == "" || !strings.Contains(channel.text, "m.room.create") {
		t.Errorf("then came %s, %v", channel.text, err)
	}
}
