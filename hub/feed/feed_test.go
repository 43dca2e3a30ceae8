package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	aziz = "@aziz:hub.example"
	bibi = "@bibi:hub.example"
)

// one runs a test on a node of each engine.
func one(t *testing.T, test func(t *testing.T, h *feedtest.Hub)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		brk := broker.InProcess()
		t.Cleanup(func() { closeBroker(t, brk) })
		test(t, feedtest.Open(t, db, brk))
	})
}

// text is all that a line was told since the last time.
func text(l *feedtest.Line) string {
	var all strings.Builder
	for _, f := range l.Take() {
		all.Write(f.JSON)
		all.WriteByte('\n')
	}
	return all.String()
}

func TestLongPollWakes(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		for name, act := range map[string]func(){
			"m.room.message": func() { h.Say(id, aziz, "салом") },
			"m.typing":       func() { must(t, h.Feed.SetTyping(t.Context(), aziz, id, true, 0)) },
			"invite_state":   func() { h.Room(aziz, room.Create{Invite: []string{bibi}}) },
			"org.example.data": func() {
				must(t, h.Feed.SetAccountData(t.Context(), bibi, "", "org.example.data", json.RawMessage(`{"a":1}`)))
			},
			"m.tag": func() { must(t, h.Feed.SetTag(t.Context(), bibi, id, "m.favourite", feed.Tag{})) },
		} {
			since := h.Sync(bibi, feed.Request{Presence: feed.Offline}).NextBatch
			answers := make(chan *feed.Response, 1)
			go func() {
				answer, err := h.Feed.Sync(context.Background(), feedtest.Caller(bibi), feed.Request{Since: since, Timeout: 25 * time.Second, Presence: feed.Offline})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				answers <- answer
			}()
			act()
			answer := <-answers
			raw, err := json.Marshal(answer)
			if err != nil || !strings.Contains(string(raw), name) {
				t.Errorf("%s: got %s", name, raw)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLongPollEnds: the time is over, or the client hangs up.
func TestLongPollEnds(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		h.Room(aziz, room.Create{})
		since := h.Sync(aziz, feed.Request{Presence: feed.Offline}).NextBatch
		answer := h.Sync(aziz, feed.Request{Since: since, Timeout: time.Millisecond, Presence: feed.Offline})
		if answer.NextBatch == "" || len(answer.Rooms.Join) > 0 {
			t.Errorf("got %+v", answer)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := h.Feed.Sync(ctx, feedtest.Caller(aziz), feed.Request{Since: since, Timeout: time.Minute, Presence: feed.Offline})
			ended <- err
		}()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("a client that hung up: %v", err)
		}
	})
}

func TestSyncShape(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		raw, err := json.Marshal(h.Sync(aziz, feed.Request{}))
		must(t, err)
		for _, member := range []string{`"device_one_time_keys_count":{}`, `"to_device":{"events":[]}`, `"m.push_rules"`, `"unread_notifications"`, `"ephemeral":{"events":[`, id} {
			if !strings.Contains(string(raw), member) {
				t.Errorf("no %s in %s", member, raw)
			}
		}
	})
}

func TestUnreadAndTransactions(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		since := h.Sync(bibi, feed.Request{}).NextBatch
		d := feedtest.Message(id, aziz, "салом")
		d.DeviceID, d.TxnID = "DEVICE", "txn1"
		post := h.Append(d)
		mention := feedtest.Message(id, aziz, "бибӣ?")
		mention.Content = map[string]any{"msgtype": "m.text", "body": "бибӣ?", "m.mentions": map[string]any{"user_ids": []string{bibi}}}
		h.Append(mention)
		joined := h.Sync(bibi, feed.Request{Since: since}).Rooms.Join[id]
		if u := joined.UnreadNotifications; u == nil || u.Notifications != 2 || u.Highlights != 1 {
			t.Errorf("unread: %+v", u)
		}
		if raw := string(joined.Timeline.Events[0]); strings.Contains(raw, "txn1") {
			t.Errorf("someone else's transaction id is shown: %s", raw)
		}
		own := h.Sync(aziz, feed.Request{Since: since}).Rooms.Join[id].Timeline.Events[0]
		if !strings.Contains(string(own), `"transaction_id":"txn1"`) {
			t.Errorf("no transaction id for the device that sent it: %s", own)
		}
		must(t, h.Feed.SetReceipts(t.Context(), bibi, id, feed.Marker{Kind: "m.read.private", Event: post.ID}))
		if u := h.Sync(bibi, feed.Request{}).Rooms.Join[id].UnreadNotifications; u.Notifications != 1 {
			t.Errorf("after reading one: %+v", u)
		}
	})
}

// TestPrivateReceiptsStayPrivate: no other person sees them, and receipts do not go backwards.
func TestPrivateReceiptsStayPrivate(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		first, second := h.Say(id, aziz, "1"), h.Say(id, aziz, "2")
		other, own := h.Attach(aziz, "", ""), h.Attach(bibi, "", "")
		text(other)
		text(own)
		for _, event := range []string{second.ID, first.ID} {
			must(t, h.Feed.SetReceipts(t.Context(), bibi, id, feed.Marker{Kind: "m.read.private", Event: event}, feed.Marker{Kind: "m.read", Event: event, Thread: "main"}))
		}
		h.Caught(other)
		h.Caught(own)
		if got := text(other); strings.Contains(got, "private") || strings.Count(got, "m.receipt") != 1 || !strings.Contains(got, second.ID) {
			t.Errorf("the other was told %s", got)
		}
		if got := text(own); !strings.Contains(got, "m.read.private") || strings.Contains(got, first.ID) {
			t.Errorf("the person was told %s", got)
		}
		other.Detach()
		own.Detach()
		err := h.Feed.SetReceipts(t.Context(), "@stranger:hub.example", id, feed.Marker{Kind: "m.read", Event: first.ID})
		if !fault.From(err).Is(fault.Forbidden("error.not_member")) {
			t.Errorf("a stranger's receipt: %v", err)
		}
	})
}

func TestTypingEndsByItself(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		line := h.Attach(bibi, "", "")
		defer line.Detach()
		text(line)
		must(t, h.Feed.SetTyping(t.Context(), aziz, id, true, 10*time.Second))
		var told string
		heard := func(what string) func() bool {
			return func() bool { told += text(line); return strings.Contains(told, what) }
		}
		h.Settle("typing", heard(`{"user_ids":["`+aziz+`"]}`))
		late := h.Attach(bibi, "", "")
		if got := text(late); !strings.Contains(got, "m.typing") {
			t.Errorf("one who comes later is not told: %s", got)
		}
		late.Detach()
		h.Clock.Move(9 * time.Second)
		h.Tick()
		h.Tick()
		if told = text(line); strings.Contains(told, "m.typing") {
			t.Errorf("it ended early: %s", told)
		}
		h.Clock.Move(2 * time.Second)
		h.Settle("the end of typing", heard(`{"user_ids":[]}`))
	})
}

// TestTypingOfTheIgnored: nobody hears of those typing whom they ignore, as it happens or when they come later.
func TestTypingOfTheIgnored(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		const carol = "@carol:hub.example"
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		h.Join(id, carol)
		must(t, h.Feed.SetAccountData(t.Context(), bibi, "", "m.ignored_user_list", json.RawMessage(`{"ignored_users":{"`+aziz+`":{}}}`)))
		line := h.Attach(bibi, "", "")
		defer line.Detach()
		text(line)
		must(t, h.Feed.SetTyping(t.Context(), aziz, id, true, 10*time.Second))
		must(t, h.Feed.SetTyping(t.Context(), carol, id, true, 10*time.Second))
		var told string
		h.Settle("typing", func() bool { told += text(line); return strings.Contains(told, `{"user_ids":["`+carol+`"]}`) })
		late := h.Attach(bibi, "", "")
		defer late.Detach()
		told += text(late)
		if strings.Contains(told, `"user_ids":["`+aziz) {
			t.Errorf("one who is ignored is named as typing: %s", told)
		}
	})
}

func TestPresence(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		h.Room("@stranger:hub.example", room.Create{})
		line, stranger := h.Attach(bibi, "", ""), h.Attach("@stranger:hub.example", "", "")
		defer line.Detach()
		defer stranger.Detach()
		text(stranger)
		status := "дар роҳ"
		must(t, h.Feed.SetPresence(t.Context(), aziz, feed.Unavailable, &status))
		var told string
		heard := func(what string) func() bool {
			return func() bool { told += text(line); return strings.Contains(told, what) }
		}
		h.Settle("presence", heard(`"presence":"unavailable"`))
		if !strings.Contains(told, status) {
			t.Errorf("no words in %s", told)
		}
		if got := h.Sync(bibi, feed.Request{Presence: feed.Offline}).Presence.Events; len(got) != 1 {
			t.Errorf("/sync tells %s", got)
		}
		if _, err := h.Feed.Presence(t.Context(), "@stranger:hub.example", aziz); !fault.From(err).Is(fault.Forbidden("error.presence_hidden")) {
			t.Errorf("a stranger asks: %v", err)
		}
		told = ""
		h.Clock.Move(2 * time.Minute)
		h.Settle("the person to count as gone", heard(`"presence":"offline"`))
		if got := text(stranger); got != "" {
			t.Errorf("a stranger was told %s", got)
		}
	})
}

// TestHistoryVisibility: a newcomer sees of the past what the room lets newcomers see.
func TestHistoryVisibility(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		for visibility, sees := range map[string]bool{"shared": true, "world_readable": true, "invited": false, "joined": false} {
			id := h.Room(aziz, room.Create{})
			empty := ""
			h.Append(room.Draft{RoomID: id, Sender: aziz, Type: "m.room.history_visibility", StateKey: &empty, Content: map[string]any{"history_visibility": visibility}})
			h.Say(id, aziz, "before")
			line := h.Attach(bibi, "", "")
			text(line)
			since := h.Sync(bibi, feed.Request{}).NextBatch
			h.Join(id, bibi)
			h.Say(id, aziz, "after")
			h.Caught(line)
			raw, err := json.Marshal(h.Sync(bibi, feed.Request{Since: since}).Rooms.Join[id])
			must(t, err)
			for way, told := range map[string]string{"/sync": string(raw), "the stream": text(line)} {
				if strings.Contains(told, `"before"`) != sees || !strings.Contains(told, `"after"`) {
					t.Errorf("%s, by %s: %s", visibility, way, told)
				}
			}
			line.Detach()
		}
	})
}

// TestLeftOnce: a room that was left is told of once, with nothing of what came after.
func TestLeftOnce(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		line := h.Attach(bibi, "", "")
		defer line.Detach()
		text(line)
		since := h.Sync(bibi, feed.Request{}).NextBatch
		h.Append(feedtest.Member(id, aziz, bibi, "leave"))
		h.Say(id, aziz, "a secret")
		h.Caught(line)
		answer := h.Sync(bibi, feed.Request{Since: since})
		raw, err := json.Marshal(answer.Rooms.Leave[id])
		must(t, err)
		for _, told := range []string{string(raw), text(line)} {
			if strings.Contains(told, "a secret") || !strings.Contains(told, `"membership":"leave"`) {
				t.Errorf("told %s", told)
			}
		}
		if again := h.Sync(bibi, feed.Request{Since: answer.NextBatch}); len(again.Rooms.Leave) > 0 {
			t.Errorf("told again: %+v", again.Rooms.Leave)
		}
		if all := h.Sync(bibi, feed.Request{Filter: `{"room":{"include_leave":true}}`}); all.Rooms.Leave[id] == nil {
			t.Error("include_leave leaves it out")
		}
	})
}

// TestFullState: everything that stands is told again, and only what is new of the timeline.
func TestFullState(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{Name: "Гап"})
		since := h.Sync(aziz, feed.Request{}).NextBatch
		h.Say(id, aziz, "салом")
		joined := h.Sync(aziz, feed.Request{Since: since, FullState: true}).Rooms.Join[id]
		if len(joined.Timeline.Events) != 1 || len(joined.State.Events) < 6 {
			t.Errorf("%d events, %d of state", len(joined.Timeline.Events), len(joined.State.Events))
		}
	})
}

// TestLazyFramesCarrySpeakersOnce: a lazy session is sent the member event of someone who speaks, once.
func TestLazyFramesCarrySpeakersOnce(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		line := h.Attach(bibi, "", `{"room":{"state":{"lazy_load_members":true}}}`)
		defer line.Detach()
		text(line)
		for i := range 3 {
			h.Say(id, aziz, fmt.Sprint("nr", i))
		}
		h.Caught(line)
		if got := text(line); strings.Count(got, `"m.room.member"`) != 1 || strings.Count(got, `"m.room.message"`) != 3 {
			t.Errorf("told %s", got)
		}
	})
}

// TestLazyGapCarriesSpeakers: whoever spoke in what a lazy session lacked is not sent with their next words once more.
func TestLazyGapCarriesSpeakers(t *testing.T) {
	h := feedtest.Open(t, storetest.SQLite(t), deaf{})
	id := h.Room(aziz, room.Create{})
	h.Join(id, bibi)
	line := h.Attach(bibi, "", `{"room":{"state":{"lazy_load_members":true}}}`)
	defer line.Detach()
	text(line)
	err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		for i := range feedtest.Ahead + 1 {
			if _, err := h.Rooms.Append(t.Context(), tx, feedtest.Message(id, aziz, fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	h.Caught(line)
	if got := text(line); !strings.Contains(got, `"limited":true`) || strings.Count(got, `"m.room.member"`) != 1 {
		t.Fatalf("told %.300s…", got)
	}
	h.Say(id, aziz, "nr")
	h.Caught(line)
	if got := text(line); strings.Contains(got, `"m.room.member"`) || !strings.Contains(got, `"nr"`) {
		t.Errorf("told %s", got)
	}
}

// TestFarBehind: a follower that finds far too much has every session read for itself, with a limited timeline.
func TestFarBehind(t *testing.T) {
	h := feedtest.Open(t, storetest.SQLite(t), deaf{})
	id := h.Room(aziz, room.Create{})
	line := h.Attach(aziz, "", "")
	defer line.Detach()
	text(line)
	err := h.DB.Write(t.Context(), func(tx *store.Tx) error {
		for i := range feedtest.Ahead + 1 {
			if _, err := h.Rooms.Append(t.Context(), tx, feedtest.Message(id, aziz, fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	h.Caught(line)
	if got := text(line); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"limited":true`) {
		t.Errorf("told %.300s…", got)
	}
}

// deaf is a broker that loses everything, which a broker may.
type deaf struct{}

func (deaf) Publish(context.Context, string, []byte) error { return nil }
func (deaf) Close() error                                  { return nil }
func (deaf) Subscribe(ctx context.Context, topics ...string) (*broker.Subscription, error) {
	return broker.InProcess().Subscribe(ctx, topics...)
}

func TestPushRules(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		ctx := t.Context()
		rule, err := h.Feed.PushRule(ctx, aziz, "override", ".m.rule.master")
		if err != nil || rule.Enabled || !rule.Default {
			t.Fatalf("the master rule: %+v, %v", rule, err)
		}
		if got := string(feed.DefaultPushRules(aziz)); !strings.Contains(got, `"pattern":"aziz"`) || !strings.Contains(got, `"value":"`+aziz+`"`) {
			t.Errorf("the rules do not name the person: %s", got)
		}
		must(t, h.Feed.EnablePushRule(ctx, aziz, "override", ".m.rule.master", true))
		must(t, h.Feed.SetPushRuleActions(ctx, aziz, "underride", ".m.rule.message", []json.RawMessage{}))
		must(t, h.Feed.SetPushRule(ctx, aziz, "room", feed.PushRule{ID: "!a:b", Actions: []json.RawMessage{}}, "", ""))
		must(t, h.Feed.SetPushRule(ctx, aziz, "override", feed.PushRule{ID: "mine", Actions: []json.RawMessage{json.RawMessage(`"notify"`)}}, "", ""))
		var rules struct {
			Global map[string][]feed.PushRule `json:"global"`
		}
		raw, err := h.Feed.PushRules(ctx, aziz)
		must(t, err)
		must(t, json.Unmarshal(raw, &rules))
		if o := rules.Global["override"]; !o[0].Enabled || o[1].ID != "mine" || o[1].Default {
			t.Errorf("override: %+v", o[:2])
		}
		must(t, h.Feed.DeletePushRule(ctx, aziz, "override", "mine"))
		unknown := fault.NotFound("error.push_rule_unknown")
		for name, err := range map[string]error{
			"deleted":     h.Feed.DeletePushRule(ctx, aziz, "override", "mine"),
			"predefined":  h.Feed.DeletePushRule(ctx, aziz, "override", ".m.rule.master"),
			"wrong kind":  h.Feed.EnablePushRule(ctx, aziz, "sideways", ".m.rule.master", true),
			"beside none": h.Feed.SetPushRule(ctx, aziz, "room", feed.PushRule{ID: "x", Actions: []json.RawMessage{}}, "none", ""),
		} {
			if !fault.From(err).Is(unknown) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.Feed.SetPushRule(ctx, aziz, "room", feed.PushRule{ID: ".mine", Actions: []json.RawMessage{}}, "", ""); fault.From(err).Key != "error.push_rule_name" {
			t.Errorf("a name with a dot: %v", err)
		}
	})
}

func TestAccountDataBounds(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		set := func(room, kind, content string) string {
			err := h.Feed.SetAccountData(t.Context(), aziz, room, kind, json.RawMessage(content))
			if err == nil {
				return ""
			}
			return fault.From(err).Key
		}
		long := `{"a":"` + strings.Repeat("x", 64<<10) + `"}`
		for name, test := range map[string][2]string{
			"good": {set("", "x", `{"a":1}`), ""}, "a list": {set("", "x", `[]`), "error.bad_json"}, "no JSON": {set("", "x", `{`), "error.not_json"},
			"long": {set("", "x", long), "error.too_large"}, "no type": {set("", "", `{}`), "error.bad_name"}, "NUL": {set("", "a\x00", `{}`), "error.bad_name"},
			"reserved": {set("", "m.push_rules", `{}`), "error.account_data_reserved"}, "no such room": {set("!no:hub.example", "x", `{}`), "error.not_member"},
			"NUL inside": {set("", "x", `{"a":"\u0000"}`), ""},
		} {
			if test[0] != test[1] {
				t.Errorf("%s: got %q, want %q", name, test[0], test[1])
			}
		}
		_, err := h.Feed.AccountData(t.Context(), aziz, "", "never.set")
		if fault.From(err).Status != 404 {
			t.Errorf("what was never set: %v", err)
		}
	})
}

func TestSavedFilters(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id, err := h.Feed.SaveFilter(t.Context(), aziz, json.RawMessage(`{ "room": {"timeline": {"limit": 1}} }`))
		must(t, err)
		if again, err := h.Feed.SaveFilter(t.Context(), aziz, json.RawMessage(`{"room":{"timeline":{"limit":1}}}`)); err != nil || again != id {
			t.Errorf("saved again: %s, %v, want %s", again, err, id)
		}
		channel := h.Room(aziz, room.Create{})
		if got := h.Sync(aziz, feed.Request{Filter: id}).Rooms.Join[channel].Timeline; len(got.Events) != 1 || !got.Limited {
			t.Errorf("got %d events", len(got.Events))
		}
		if _, err := h.Feed.SavedFilter(t.Context(), bibi, id); fault.From(err).Status != 404 {
			t.Errorf("someone else's filter: %v", err)
		}
	})
}

// TestPresenceElsewhere: what another server says of its people is shown like that of people here, lasts half an hour, and is shown once in a while
// however often it changes.
func TestPresenceElsewhere(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		far := "@far:other.example"
		h.Join(id, far)
		line := h.Attach(aziz, "", "")
		defer line.Detach()
		var told string
		heard := func(what string) func() bool {
			return func() bool { told += text(line); return strings.Contains(told, what) }
		}
		says := func(p feed.Presence, status string) {
			t.Helper()
			must(t, h.Feed.SetPresencesElsewhere(t.Context(), []feed.Elsewhere{{UserID: far, Presence: p, Status: status, Ago: time.Minute}, {UserID: far, Presence: "at sea"}}))
		}
		is := func(p feed.Presence) func() bool {
			return func() bool {
				content, err := h.Feed.Presence(t.Context(), aziz, far)
				must(t, err)
				return content["presence"] == p
			}
		}
		says(feed.Online, "дар роҳ"+strings.Repeat("о", 300))
		h.Settle("presence", heard(`"presence":"online"`))
		if !strings.Contains(told, `"status_msg":"дар роҳ`) || strings.Contains(told, strings.Repeat("о", 130)) || !utf8.ValidString(told) {
			t.Errorf("told %s", told)
		}
		for range 20 {
			says(feed.Offline, "")
			says(feed.Unavailable, "")
		}
		h.Settle("the last word to be known", is(feed.Unavailable))
		if told = text(line); strings.Contains(told, "m.presence") {
			t.Errorf("told of each change: %s", told)
		}
		h.Clock.Move(11 * time.Second)
		h.Settle("the last word to be shown", heard(`"presence":"unavailable"`))
		if count := strings.Count(told, "m.presence"); count != 1 {
			t.Errorf("told %d times: %s", count, told)
		}
		h.Clock.Move(29 * time.Minute)
		h.Tick()
		if h.Tick(); !is(feed.Unavailable)() {
			t.Error("who is away on another server is taken for gone before that says so")
		}
		h.Clock.Move(2 * time.Minute)
		h.Settle("the silent to count as gone", heard(`"presence":"offline"`))
	})
}

// TestWhatWasReadStaysRead: when a post is emptied, whoever had read up to it has nothing older unread again, and knows the same on a device that asks
// for everything; nobody else sees that they had read it.
func TestWhatWasReadStaysRead(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		for _, kind := range []string{"m.read", "m.read.private"} {
			id := h.Room(aziz, room.Create{})
			h.Join(id, bibi)
			h.Say(id, aziz, "1")
			post := h.Say(id, aziz, "2")
			must(t, h.Feed.SetReceipts(t.Context(), bibi, id, feed.Marker{Kind: kind, Event: post.ID}))
			h.Purge(id, post.ID)
			told := func(who string) (receipts string, unread int) {
				joined := h.Sync(who, feed.Request{}).Rooms.Join[id]
				raw, err := json.Marshal(joined.Ephemeral)
				must(t, err)
				return string(raw), joined.UnreadNotifications.Notifications
			}
			if receipts, unread := told(bibi); !strings.Contains(receipts, post.ID) || !strings.Contains(receipts, "m.read.private") || unread != 0 {
				t.Errorf("%s: the reader is told %s, and of %d unread", kind, receipts, unread)
			}
			if receipts, _ := told(aziz); strings.Contains(receipts, bibi) {
				t.Errorf("%s: another is told %s", kind, receipts)
			}
		}
	})
}
