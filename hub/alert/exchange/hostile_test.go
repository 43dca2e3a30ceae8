package exchange_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"panah/hub/alert/exchange"
	"panah/hub/cap"
	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// shown is what a post shows, and to what it relates.
type shown struct {
	Card exchange.Card `json:"network.panah.cap"`
	To   struct {
		EventID string `json:"event_id"`
	} `json:"m.relates_to"`
}

func (h *hub) shown(eventID string) (s shown) {
	h.T.Helper()
	for _, e := range h.posted() {
		if e.ID != eventID {
			continue
		}
		if err := json.Unmarshal(e.Content, &s); err != nil {
			h.T.Fatal(err)
		}
		return s
	}
	h.T.Fatalf("%s was not posted", eventID)
	return s
}

// TestNobodyTakesTheNameOfAnother: whoever is first to use a sender's name and identifier does not keep the sender's own alert out of the channel, and
// does not hang an update on it. Each is still posted once.
func TestNobodyTakesTheNameOfAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, theirs, forged := newHub(t, db), newElsewhere(t), newElsewhere(t)
		x := h.exchange(theirs.host(), forged.host())
		forged.add("1", file(t, "a1", func(a *cap.Alert) { a.Infos[0].Headline = "all is well" }))
		theirs.add("1", file(t, "a1", nil))
		read := func(address string) {
			t.Helper()
			if address != "" {
				if _, err := x.AddSource(t.Context(), h.steward, h.channel, address); err != nil {
					t.Fatal(err)
				}
			}
			h.dueNow()
			if _, err := x.ReadDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		headlines := func() (all []string) {
			for _, e := range h.posted() {
				s := h.shown(e.ID)
				all = append(all, s.Card.Infos[0].Headline+" "+s.Card.MsgType)
			}
			return all
		}
		read(forged.URL + "/feed")
		read(theirs.URL + "/feed?key=secret")
		if got := headlines(); len(got) != 2 {
			t.Fatalf("posted are %q", got)
		}
		by, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "a1", nil)))
		if err != nil {
			t.Fatal(err)
		}
		again, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "a1", nil)))
		if err != nil || !again.Again || again.EventID != by.EventID {
			t.Errorf("a second time: %+v, %v", again, err)
		}
		before := len(headlines())
		// The same files under another name, and an alert that says it cancels somebody else's.
		forged.add("2", forged.files["1"])
		theirs.add("2", theirs.files["1"])
		forged.add("3", file(t, "a9", func(a *cap.Alert) {
			a.MsgType, a.References = "Cancel", []cap.Reference{{Sender: a.Sender, Identifier: "b1", Sent: a.Sent}}
		}))
		own, err := x.Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "b1", nil)))
		if err != nil {
			t.Fatal(err)
		}
		read("")
		if got := headlines(); len(got) != before+2 {
			t.Errorf("posted are %q, want two more than %d", got, before)
		}
		for _, e := range h.posted() {
			if s := h.shown(e.ID); s.To.EventID == own.EventID {
				t.Errorf("%+v hangs on what came from elsewhere", s.Card)
			}
			if strings.Contains(string(e.Content), "secret") {
				t.Errorf("the key of a feed is shown: %s", e.Content)
			}
		}
	})
}

// TestNobodyWritesWhatAFeedSaid: a card comes through the exchange, or is passed on as it came.
func TestNobodyWritesWhatAFeedSaid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHub(t, db)
		in, err := h.exchange().Import(t.Context(), h.steward, h.channel, bytes.NewReader(file(t, "a1", nil)))
		if err != nil {
			t.Fatal(err)
		}
		key := ""
		if _, err := h.Network.SendState(t.Context(), h.steward, room.Draft{RoomID: h.channel, Type: network.SharingType, StateKey: &key, Content: map[string]any{"forward": true}}); err != nil {
			t.Fatal(err)
		}
		card := h.shown(in.EventID).Card
		changed := card
		changed.Sender = "somebody@else.example"
		from := map[string]any{"room_id": h.channel, "event_id": in.EventID, "sender": h.steward.UserID}
		for name, c := range map[string]struct {
			content map[string]any
			may     bool
		}{
			"written":          {map[string]any{exchange.Member: card}, false},
			"passed on":        {map[string]any{exchange.Member: card, "network.panah.forwarded": from}, true},
			"changed on a way": {map[string]any{exchange.Member: changed, "network.panah.forwarded": from}, false},
			"another wording":  {map[string]any{"m.new_content": map[string]any{"body": "x", exchange.Member: card}}, false},
			"spoken of":        {map[string]any{"note": exchange.Member}, true},
		} {
			c.content["msgtype"], c.content["body"] = "m.text", "x"
			_, err := h.Network.Send(t.Context(), h.steward, room.Draft{RoomID: h.channel, Type: "m.room.message", Content: c.content})
			if c.may && err != nil || !c.may && !fault.From(err).Is(fault.Forbidden("error.cap_door")) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestAFeedLeadsNowhereInside: an entry of one feed does not have the hub fetch from a host that the operator allowed for another.
func TestAFeedLeadsNowhereInside(t *testing.T) {
	h, e, inner := newHub(t, storetest.SQLite(t)), newElsewhere(t), newElsewhere(t)
	inner.add("1", file(t, "inner", nil))
	_, port, _ := strings.Cut(inner.host(), ":")
	e.mu.Lock()
	e.order = []string{"http://localhost:" + port + "/1"}
	e.mu.Unlock()
	x := h.exchange(e.host(), "localhost")
	if _, err := x.AddSource(t.Context(), h.steward, h.channel, e.URL+"/feed"); err != nil {
		t.Fatal(err)
	}
	h.readDue(x, 1)
	if inner.fetched.Load() != 0 || len(h.posted()) != 0 {
		t.Errorf("%d files were fetched from a host that only the operator names", inner.fetched.Load())
	}
}
