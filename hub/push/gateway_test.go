package push_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/push"
	"panah/hub/push/pushtest"
	"panah/hub/room"
	"panah/hub/store"
)

// gateway has the reader's app be told by a gateway that speaks TLS.
func (w *world) gateway(format string) *pushtest.Gateway {
	w.Helper()
	g := pushtest.NewGateway(w, true)
	w.client.Transport = g.Client().Transport
	w.must(w.push.SetGateway(w.Context(), w.caller("phone"), wish(g, format), false))
	return g
}

func wish(g *pushtest.Gateway, format string) push.Gateway {
	data := map[string]any{"url": g.URL + "/_matrix/push/v1/notify", "brand": "example"}
	if format != "" {
		data["format"] = format
	}
	return push.Gateway{App: "org.example.app", PushKey: "the key", AppName: "App", Device: "Phone", Lang: "tg", Data: data}
}

// told moves the clock and gives what came at a gateway.
func (w *world) told(g *pushtest.Gateway, d time.Duration) []map[string]any {
	w.Helper()
	w.later(d)
	return g.Take()
}

// An app that wants it whole is told who writes what; one that wants an id is told no more. An alert is told by its id alone unless its label lets
// it leave, and so is what shows one.
func TestGateway(t *testing.T) {
	each(t, func(w *world) {
		full := w.gateway("")
		id := w.post("سلام")
		came := w.told(full, 10*time.Second)
		if len(came) != 1 {
			t.Fatalf("%d notifications", len(came))
		}
		n := came[0]
		device, _ := n["devices"].([]any)[0].(map[string]any)
		data, _ := device["data"].(map[string]any)
		if n["event_id"] != id || n["room_id"] != w.room || n["sender"] != writer || n["room_name"] != "Herat" || n["content"].(map[string]any)["body"] != "سلام" {
			t.Errorf("it says %v", n)
		}
		if device["pushkey"] != "the key" || device["app_id"] != "org.example.app" || data["brand"] != "example" || data["url"] != nil {
			t.Errorf("the device is %v", device)
		}
		if counts, _ := n["counts"].(map[string]any); counts["unread"] != 1.0 {
			t.Errorf("counts %v", counts)
		}
		for what, post := range map[string]func() string{
			"AMBER":      func() string { return w.alert("Immediate") },
			"shows one":  func() string { return w.post("look", "network.panah.quote", map[string]any{"alert_id": "1"}) },
			"of another": func() string { return w.post("a place", "network.panah.place", map[string]any{}) },
			"taken back?": func() string {
				id := w.post("oops")
				w.append(writer, "m.room.redaction", "", map[string]any{"redacts": id})
				return id
			},
		} {
			post()
			for _, n := range w.told(full, 2*time.Minute) {
				if n["content"] != nil || n["sender"] != nil || n["type"] != nil || n["room_name"] != nil {
					t.Errorf("%s: it says %v", what, n)
				}
			}
		}
		w.leaves = true
		w.alert("Immediate")
		if came := w.told(full, 2*time.Minute); len(came) != 1 || came[0]["content"] == nil || came[0]["prio"] != "high" {
			t.Errorf("of an alert that may leave: %v", came)
		}
		brief := w.gateway("event_id_only")
		w.post("again")
		if came := w.told(brief, 2*time.Minute); len(came) != 1 || came[0]["content"] != nil || came[0]["sender"] != nil || came[0]["event_id"] == nil {
			t.Errorf("told more than an id: %v", came)
		}
	})
}

// A channel of alerts or of a request keeps what is said there, on whichever hub it is.
func TestGatewayOfASpecialChannel(t *testing.T) {
	each(t, func(w *world) {
		full := w.gateway("")
		for kind, leaves := range map[string]bool{"general": true, "alerts": false, "place": false} {
			w.must(w.db.Write(t.Context(), func(tx *store.Tx) error {
				key := ""
				_, err := w.rooms.Append(t.Context(), tx, room.Draft{RoomID: w.room, Sender: writer, Type: "network.panah.channel", StateKey: &key, Content: map[string]any{"kind": kind}})
				return err
			}))
			w.post("who takes her in?")
			if came := w.told(full, 2*time.Minute); len(came) != 1 || (came[0]["content"] != nil) != leaves {
				t.Errorf("%s: %v", kind, came)
			}
		}
	})
}

// What a gateway does not take is tried again, after a restart too, and not for ever; a key that it rejects is given up at once, and so is a gateway
// that the hub does not reach.
func TestGatewayAgainAndRejected(t *testing.T) {
	each(t, func(w *world) {
		g := w.gateway("event_id_only")
		left := func() int {
			all, err := w.push.Gateways(t.Context(), w.caller("phone"))
			w.must(err)
			return len(all)
		}
		g.Answer(http.StatusBadGateway)
		w.post("hello")
		if came := w.told(g, 10*time.Second); len(came) != 1 {
			t.Errorf("the first try: %v", came)
		}
		w.start()
		w.client.Transport = g.Client().Transport
		if came := w.told(g, 11*time.Second); len(came) != 1 || left() != 1 {
			t.Errorf("after a restart: %v", came)
		}
		tries := 0
		for range 30 {
			tries += len(w.told(g, time.Hour))
		}
		if tries == 0 || tries > 8 {
			t.Errorf("tried %d times in the hours after", tries)
		}
		g.Answer(http.StatusOK, "another key")
		w.post("hello")
		if w.told(g, 2*time.Minute); left() != 1 {
			t.Error("given up for another's key")
		}
		g.Answer(http.StatusOK, "the key")
		w.post("hello")
		if w.told(g, 2*time.Minute); left() != 0 {
			t.Error("a rejected key is still told")
		}
	})
}

// A key of an app is one person's, unless the app says otherwise; it is told as it was set last, and bad wishes are refused.
func TestGatewaysAreSet(t *testing.T) {
	each(t, func(w *world) {
		g := w.gateway("")
		another := people.Caller{Person: people.Person{UserID: writer}, DeviceID: "their phone"}
		w.must(w.push.SetGateway(t.Context(), another, wish(g, ""), true))
		w.must(w.push.SetGateway(t.Context(), w.caller("phone"), wish(g, "event_id_only"), true))
		own, err := w.push.Gateways(t.Context(), w.caller("phone"))
		w.must(err)
		theirs, err := w.push.Gateways(t.Context(), another)
		w.must(err)
		if len(own) != 1 || own[0].Data["format"] != "event_id_only" || len(theirs) != 1 {
			t.Errorf("own %v, theirs %v", own, theirs)
		}
		w.must(w.push.SetGateway(t.Context(), another, wish(g, ""), false))
		if own, err := w.push.Gateways(t.Context(), w.caller("phone")); err != nil || len(own) != 0 {
			t.Errorf("whoever had the phone before is still told on it: %v, %v", own, err)
		}
		w.must(w.push.RemoveGateway(t.Context(), another, "org.example.app", "the key"))
		w.must(w.push.RemoveGateway(t.Context(), another, "org.example.app", "the key"))
		if theirs, err := w.push.Gateways(t.Context(), another); err != nil || len(theirs) != 0 {
			t.Errorf("taken away, and still there: %v, %v", theirs, err)
		}
		for what, change := range map[string]func(g *push.Gateway){
			"no key":            func(g *push.Gateway) { g.PushKey = "" },
			"a long key":        func(g *push.Gateway) { g.PushKey = strings.Repeat("k", 513) },
			"no app":            func(g *push.Gateway) { g.App = "" },
			"no address":        func(g *push.Gateway) { delete(g.Data, "url") },
			"another path":      func(g *push.Gateway) { g.Data["url"] = "https://push.example/admin" },
			"a name and secret": func(g *push.Gateway) { g.Data["url"] = "https://a:b@push.example/_matrix/push/v1/notify" },
			"another format":    func(g *push.Gateway) { g.Data["format"] = "all" },
			"much data":         func(g *push.Gateway) { g.Data["x"] = strings.Repeat("x", 5000) },
		} {
			bad := wish(g, "")
			change(&bad)
			if err := w.push.SetGateway(t.Context(), another, bad, false); err == nil {
				t.Errorf("%s was taken", what)
			}
		}
		brief := another
		brief.Brief = true
		if err := w.push.SetGateway(t.Context(), brief, wish(g, ""), false); err == nil {
			t.Error("a device that others use was taken")
		}
	})
}

func (w *world) alertLeaves(_ *store.Tx, eventID string) (leaves, known bool, err error) {
	return w.leaves, w.leaves, nil
}
