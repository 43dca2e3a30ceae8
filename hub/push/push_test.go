package push_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"panah/hub/alert/code"
	"panah/hub/factor"
	"panah/hub/feed"
	"panah/hub/network/networktest"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/push"
	"panah/hub/push/pushtest"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	writer = "@writer:hub.example"
	reader = "@reader:hub.example"
)

// world is a hub as far as notices need one, with a push service beside it. Its clock is handed in, and nothing runs by itself.
type world struct {
	*testing.T
	clock   *networktest.Clock
	address string
	mail    *push.Mail
	db      *store.DB
	rooms   *room.Rooms
	people  *people.People
	feed    *feed.Feed
	push    *push.Push
	service *pushtest.Service
	room    string
	alerts  string // id of the event that is one to alertSays
	client  *http.Client
	leaves  bool // what everything is to alertLeaves
}

// noon of a Saturday in Kabul, in no quiet hours of anybody's.
var noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.FixedZone("Kabul", 16200))

func each(t *testing.T, f func(w *world)) {
	storetest.EachAddress(t, func(t *testing.T, address string) { f(open(t, address, nil)) })
}

func open(t *testing.T, address string, mail *push.Mail) *world {
	t.Helper()
	w := &world{T: t, clock: networktest.At(noon), address: address, mail: mail, service: pushtest.NewService(t)}
	w.start()
	w.must(w.db.Write(t.Context(), func(tx *store.Tx) (err error) {
		for user, language := range map[string]string{writer: "en", reader: "tg"} {
			if _, err := tx.Exec(`INSERT INTO people (user_id, name, name_folded, passphrase_hash, role, language, standing, created_at)
				VALUES ($1, $2, '', '', 'member', $3, 'active', 0)`, user, strings.Trim(user, "@:.hubexampl"), language); err != nil {
				return err
			}
		}
		w.room, _, err = w.rooms.CreateTx(t.Context(), tx, room.Create{Creator: writer, Preset: "public_chat", Name: "Herat"})
		return err
	}))
	w.join(reader)
	w.join("@third:hub.example")
	w.must(w.push.Note(t.Context()))
	return w
}

// start opens what a hub is made of on the database, as after a restart.
func (w *world) start() {
	w.Helper()
	sealer, err := factor.NewSealer([]byte(strings.Repeat("k", 32)))
	w.must(err)
	h := networktest.Open(w, w.address, w.clock, people.Options{Sealer: sealer})
	w.db, w.rooms, w.people = h.DB, h.Rooms, h.People
	w.feed = feed.New(w.db, w.rooms, h.Broker, feed.Options{Now: w.clock.Now})
	w.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.push, err = push.Open(w.Context(), w.db, w.people, w.rooms, w.feed, h.Broker, push.Options{
		Sealer: sealer, Client: w.client, Alert: w.alertSays, Leaves: w.alertLeaves, Check: func(string) error { return nil }, Mail: w.mail, Contact: "https://hub.example", Language: "en", Log: slog.New(slog.NewTextHandler(w.Output(), nil)),
	})
	w.must(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) join(user string) {
	w.append(user, "m.room.member", user, map[string]any{"membership": "join", "displayname": "Наргис"})
}

func (w *world) append(sender, kind, key string, content map[string]any) string {
	w.Helper()
	d := room.Draft{RoomID: w.room, Sender: sender, Type: kind, Content: content}
	if kind == "m.room.redaction" {
		d.Redacts, _ = content["redacts"].(string)
	}
	if key != "" {
		d.StateKey = &key
	}
	var events []room.Event
	w.must(w.db.Write(w.Context(), func(tx *store.Tx) (err error) {
		events, err = w.rooms.Append(w.Context(), tx, d)
		return err
	}))
	return events[0].ID
}

// post writes a message; more are pairs of further content.
func (w *world) post(body string, more ...any) string {
	w.Helper()
	content := map[string]any{"msgtype": "m.text", "body": body}
	for i := 0; i+1 < len(more); i += 2 {
		content[more[i].(string)] = more[i+1]
	}
	return w.append(writer, "m.room.message", "", content)
}

func (w *world) alert(urgency string) string {
	w.Helper()
	return w.post("Alert", "network.panah.alert", map[string]any{"code": "transit", "urgency": urgency, "status": "Actual", "msg_type": "Alert"})
}

// alertSays stands for hub/alert, whose own test has the sentences: it says an alert in a way that shows for whom.
func (w *world) alertSays(_ *store.Tx, eventID string, to code.Reader) (string, bool, error) {
	if eventID != w.alerts {
		return "", false, nil
	}
	return to.Printer.Language() + " " + to.Dates.Moment(noon) + strings.Repeat(" \u2068Ҳирот\u2069", 100), true, nil
}

func (w *world) caller(device string) people.Caller {
	return people.Caller{Person: people.Person{UserID: reader}, DeviceID: device}
}

// subscribe gives the reader a device.
func (w *world) subscribe(device string) *pushtest.Browser {
	w.Helper()
	b := pushtest.NewBrowser(w)
	raw, err := json.Marshal(b.Subscription(w.service.Endpoint(device)))
	w.must(err)
	var s push.Subscription
	w.must(json.Unmarshal(raw, &s))
	_, err = w.push.Subscribe(w.Context(), w.caller(device), s)
	w.must(err)
	return b
}

func (w *world) prefer(p push.Preferences) {
	w.Helper()
	w.must(w.push.SetPreferences(w.Context(), w.caller("phone"), p))
}

// tell does what the hub does at each beat, and gives what came at the push service.
func (w *world) tell() []*pushtest.Message {
	w.Helper()
	w.must(w.push.Note(w.Context()))
	w.must(w.push.Tell(w.Context()))
	return w.service.Take()
}

// later moves the clock first.
func (w *world) later(d time.Duration) []*pushtest.Message {
	w.Helper()
	w.clock.Pass(d)
	return w.tell()
}

func (w *world) count(messages []*pushtest.Message, want int, what string) {
	w.Helper()
	if len(messages) != want {
		w.Fatalf("%s: %d messages, want %d", what, len(messages), want)
	}
}

var all = push.Preferences{Push: notice.Kinds(), Mail: notice.Kinds()}

// A post that nobody of the reader's has open is told after some seconds: encrypted, with nothing of the content, signed for its service.
func TestDiscreet(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(all)
		w.post("the girl is in Herat")
		w.count(w.tell(), 0, "at once")
		came := w.later(10 * time.Second)
		w.count(came, 1, "after some seconds")
		m := came[0]
		text := m.JSON(t, b)
		if text["text"] != "1 чизи нав" && text["text"] != "\u20681\u2069 чизи нав" || text["language"] != "tg" || text["kind"] != "message" || text["count"] != 1.0 {
			t.Errorf("says %v", text)
		}
		plain, _ := b.Decrypt(m.Raw)
		for _, secret := range []string{"girl", "Herat", "writ", w.room, "more"} {
			if strings.Contains(string(plain), secret) {
				t.Errorf("the discreet notice has %q in it: %s", secret, plain)
			}
		}
		if m.Header.Get("Urgency") != "low" || m.Header.Get("TTL") != "21600" || len(m.Header.Get("Topic")) != 32 || m.Size != 86+1536+16 {
			t.Errorf("head %v, %d bytes", m.Header, m.Size)
		}
		service, _ := url.Parse(w.service.URL)
		if m.Claims["aud"] != "http://"+service.Host || m.Claims["sub"] != "https://hub.example" || m.Key != w.push.Key() {
			t.Errorf("claims %v, key %s", m.Claims, m.Key)
		}
		if until := time.Unix(int64(m.Claims["exp"].(float64)), 0).Sub(w.clock.Now()); until <= 0 || until > 24*time.Hour {
			t.Errorf("the token holds for %v", until)
		}
		w.count(w.later(time.Hour), 0, "once is enough")
	})
}

// Who wants to see more sees who wrote and what; what was taken back meanwhile says nothing.
func TestOpen(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(push.Preferences{Push: notice.Kinds(), Open: true})
		w.post("<b>the bus</b> \u202e" + strings.Repeat("ё", 1000))
		came := w.later(10 * time.Second)
		w.count(came, 1, "a post")
		text := came[0].JSON(t, b)
		more, _ := text["more"].(map[string]any)
		if more == nil || !strings.Contains(fmt.Sprint(more["title"]), "writ") || !strings.Contains(fmt.Sprint(more["body"]), "<b>the bus</b>") ||
			strings.Contains(fmt.Sprint(more["body"]), "\u202e") || !strings.HasSuffix(fmt.Sprint(more["body"]), "…\u2069") {
			t.Errorf("says %v", more)
		}
		id := w.post("never mind")
		w.count(w.later(time.Minute/2), 0, "within the minute") // it is noted, and waits for its turn
		w.append(writer, "m.room.redaction", "", map[string]any{"redacts": id})
		came = w.later(2 * time.Minute)
		w.count(came, 1, "after a redaction")
		if text := came[0].JSON(t, b); text["more"] != nil {
			t.Errorf("what was taken back says %v", text["more"])
		}
	})
}

// Who wants to see more reads an alert as the app would write it for them, and not as its sender did: in their language, and by the time and
// calendar of their country, unless they chose others.
func TestAnAlertInItsReadersWords(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(push.Preferences{Push: notice.Kinds(), Open: true})
		w.must(w.db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`INSERT INTO organisations (organisation_id, name, kind, country, standing, created_by, created_at)
				VALUES ('o', 'Умед', 'ngo', 'PK', 'vetted', '', 0)`); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE people SET organisation_id = 'o' WHERE user_id = $1`, reader)
			return err
		}))
		for settings, want := range map[string]string{
			`{}`:                                "tg 21 март 2026, 12:30 баъд аз нисфирӯзӣ ",
			`{"language":"fa-AF","clock":"24"}`: "fa-AF ۲۱ مارچ ۲۰۲۶، ۱۲:۳۰ ",
			`{"language":"ps","calendar":"solar","digits":"latin"}`:    "ps 1 وری 1405، 12:30 غ.و. ",
			`{"language":7,"calendar":"other","digits":{},"clock":""}`: "tg 21 март 2026, 12:30 ",
		} {
			w.must(w.feed.SetAccountData(t.Context(), reader, "", "network.panah.settings", json.RawMessage(settings)))
			w.alerts = w.alert("Immediate")
			came := w.later(2 * time.Minute)
			w.count(came, 1, settings)
			more, _ := came[0].JSON(t, b)["more"].(map[string]any)
			body := fmt.Sprint(more["body"])
			if !strings.HasPrefix(body, want) {
				t.Errorf("%s: says %q, want %q", settings, body, want)
			}
			if len(body) > 500 || strings.Count(body, "\u2068") != strings.Count(body, "\u2069") {
				t.Errorf("%s: %d bytes, or something that was isolated is not closed: %q", settings, len(body), body)
			}
		}
	})
}

// Push rules decide what rings and as what.
func TestKinds(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		kind := func(what string) string {
			t.Helper()
			came := w.later(2 * time.Minute)
			if len(came) == 0 {
				return "nothing"
			}
			w.count(came, 1, what)
			return fmt.Sprint(came[0].JSON(t, b)["kind"])
		}
		expect := func(what, want string) {
			t.Helper()
			if got := kind(what); got != want {
				t.Errorf("%s rings as %s, want %s", what, got, want)
			}
		}
		w.post("hello")
		expect("an ordinary message, as usual", "nothing")
		w.prefer(all)
		w.post("hello")
		expect("an ordinary message", "message")
		w.post("hello", "m.mentions", map[string]any{"user_ids": []string{reader}})
		expect("a mention", "mention")
		w.post("салом, наргис!")
		expect("the display name, in small letters", "mention")
		w.post("наргисҷон")
		expect("a word that begins with the name", "message")
		w.post("@room come", "m.mentions", map[string]any{"room": true})
		expect("the whole room, by whoever may", "mention")
		w.append("@third:hub.example", "m.room.message", "", map[string]any{"msgtype": "m.text", "body": "all", "m.mentions": map[string]any{"room": true}})
		expect("the whole room, by somebody who may not", "message")
		w.post("bot", "msgtype", "m.notice")
		expect("a notice of a bot", "nothing")
		w.append(reader, "m.room.message", "", map[string]any{"msgtype": "m.text", "body": "mine"})
		expect("one's own", "nothing")
		w.append(writer, "m.reaction", "", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": w.post("x", "msgtype", "m.notice"), "key": "👍"}})
		expect("a reaction", "nothing")
		w.alert("Expected")
		expect("an alert", "alert")
		w.post("hello", "Network.Panah.Alert", map[string]any{"code": "transit", "urgency": "Immediate"})
		expect("what is spelled almost like one", "message")
		w.must(w.feed.SetPushRule(t.Context(), reader, "room", feed.PushRule{ID: w.room, Actions: []json.RawMessage{}}, "", ""))
		w.post("hello")
		expect("a channel that was silenced", "nothing")
		w.alert("Expected")
		expect("an alert in a channel that was silenced", "alert")
		w.must(w.feed.DeletePushRule(t.Context(), reader, "room", w.room))
		w.must(w.feed.SetAccountData(t.Context(), reader, "", "m.ignored_user_list", json.RawMessage(`{"ignored_users":{"`+writer+`":{}}}`)))
		w.post("hello")
		expect("somebody ignored", "nothing")
		w.must(w.feed.SetAccountData(t.Context(), reader, "", "m.ignored_user_list", json.RawMessage(`{"ignored_users":{}}`)))
		w.append("@third:hub.example", "m.room.member", "@third:hub.example", map[string]any{"membership": "leave"})
		w.post("hello")
		expect("a room of two", "direct")
	})
}

// An Immediate alert rings at once and through everything; each by itself.
func TestUrgent(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(push.Preferences{Push: notice.Kinds(), Quiet: &push.Quiet{From: "11:00", Until: "13:00", Zone: "Asia/Kabul"}})
		w.alert("Immediate")
		w.alert("Immediate")
		w.alert("Expected")
		came := w.tell()
		w.count(came, 2, "two that are Immediate, in quiet hours")
		for _, m := range came {
			if text := m.JSON(t, b); text["urgent"] != true || m.Header.Get("Urgency") != "high" {
				t.Errorf("%v, urgency %s", text, m.Header.Get("Urgency"))
			}
		}
		if came[0].Header.Get("Topic") == came[1].Header.Get("Topic") {
			t.Error("one alert would take the place of another")
		}
		w.count(w.later(50*time.Minute), 0, "the other, still in quiet hours")
		w.count(w.later(15*time.Minute), 1, "the other, after them")
	})
}

// What came in quiet hours comes as one afterwards, once.
func TestQuietHoursHoldBack(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		quiet := push.Preferences{Push: notice.Kinds(), Quiet: &push.Quiet{From: "22:00", Until: "06:30", Zone: "Asia/Kabul"}}
		w.prefer(quiet)
		w.clock.Pass(9*time.Hour + 59*time.Minute + 50*time.Second) // ten seconds before
		w.post("just before, and due within quiet hours")
		w.count(w.later(12*time.Second), 0, "due in quiet hours")
		for range 3 {
			w.clock.Pass(time.Hour)
			w.post("at night", "m.mentions", map[string]any{"user_ids": []string{reader}})
			w.count(w.tell(), 0, "at night")
		}
		w.start() // a restart at night loses nothing
		w.count(w.later(5*time.Hour+29*time.Minute), 0, "a minute before the end")
		came := w.later(time.Minute + time.Second)
		w.count(came, 1, "in the morning")
		if text := came[0].JSON(t, b); text["count"] != 4.0 || text["kind"] != "mention" {
			t.Errorf("says %v", text)
		}
		w.count(w.later(2*time.Hour), 0, "later")
		// What waits for its turn is not sent either once quiet hours have begun.
		w.clock.Pass(noon.Add(34*time.Hour - 40*time.Second).Sub(w.clock.Now())) // 21:59:20 the next evening
		w.post("first")
		w.count(w.later(10*time.Second), 1, "before quiet hours")
		w.post("second")
		w.count(w.later(10*time.Second), 0, "within a minute of the first")
		w.count(w.later(time.Hour), 0, "its turn came at night")
		w.prefer(push.Preferences{Push: notice.Kinds()})
		w.count(w.later(8*time.Hour), 1, "in the morning")
	})
}

// Many posts are one notice, and what comes within a minute is one with the next.
func TestCollapse(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(all)
		for range 5 {
			w.post("hello")
		}
		came := w.later(10 * time.Second)
		w.count(came, 1, "five posts")
		if text := came[0].JSON(t, b); text["count"] != 5.0 {
			t.Errorf("says %v", text)
		}
		for range 3 {
			w.post("more")
			w.count(w.later(9*time.Second), 0, "within the minute")
		}
		next := w.later(40 * time.Second)
		w.count(next, 1, "after the minute")
		if text := next[0].JSON(t, b); text["count"] != 3.0 || next[0].Header.Get("Topic") != came[0].Header.Get("Topic") {
			t.Errorf("says %v", text)
		}
	})
}

// What was withdrawn is not told: not while it waits for quiet hours, for its turn or for a busy service, and not when it is only found later. The
// rest of what waits with it is told as before.
func TestWithdrawnIsNotTold(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(push.Preferences{Push: notice.Kinds(), Open: true})
		drop := func(id string) {
			t.Helper()
			w.must(w.db.Write(t.Context(), func(tx *store.Tx) error { return notice.DropTx(tx, id, reader) }))
		}
		before := w.alert("Immediate")
		drop(before)
		w.count(w.tell(), 0, "withdrawn before it was found")

		w.service.SetAnswer(pushtest.Always(http.StatusServiceUnavailable))
		busy := w.alert("Immediate")
		w.count(w.tell(), 1, "the first try at a busy service")
		drop(busy)
		w.service.SetAnswer(nil)
		w.count(w.later(time.Hour), 0, "withdrawn before the second try")

		w.post("hello")
		w.count(w.later(10*time.Second), 1, "a post")
		alone := w.alert("Expected")
		w.count(w.later(10*time.Second), 0, "an alert within the minute")
		drop(alone)
		w.count(w.later(time.Hour), 0, "withdrawn before its turn")

		w.post("hello")
		w.count(w.later(10*time.Second), 1, "a post")
		w.post("there is tea")
		one := w.alert("Expected")
		w.count(w.later(10*time.Second), 0, "an alert and a post within the minute")
		drop(one)
		drop(one)
		came := w.later(time.Minute)
		w.count(came, 1, "the post")
		if text := came[0].JSON(t, b); text["count"] != 1.0 || strings.Contains(fmt.Sprint(text["more"]), "Alert") {
			t.Errorf("says %v", text)
		}

		w.prefer(push.Preferences{Push: notice.Kinds(), Quiet: &push.Quiet{From: "13:00", Until: "20:00", Zone: "Asia/Kabul"}})
		w.clock.Pass(noon.Add(26 * time.Hour).Sub(w.clock.Now()))
		night := w.alert("Expected")
		w.count(w.later(time.Hour), 0, "in quiet hours")
		drop(night)
		w.count(w.later(8*time.Hour), 0, "after quiet hours")
		w.alert("Expected")
		w.count(w.later(time.Minute), 1, "the next one")
	})
}

// What somebody has read at any device is not told.
func TestReadIsNotTold(t *testing.T) {
	each(t, func(w *world) {
		w.subscribe("phone")
		w.prefer(all)
		id := w.post("hello")
		w.must(w.feed.SetReceipts(t.Context(), reader, w.room, feed.Marker{Kind: "m.read", Event: id}))
		w.count(w.later(10*time.Second), 0, "a post that was read")
	})
}

// sessions stand for those of the gateway, whose own test has real ones.
type sessions struct{ took store.Position }

func (s *sessions) Ask(string, store.Position)            { panic("nobody is attached") }
func (s *sessions) Took(_ string, at store.Position) bool { return s.took >= at }

// What an open session took is not told, but for an alert that is Immediate.
func TestTakenIsNotTold(t *testing.T) {
	each(t, func(w *world) {
		w.subscribe("phone")
		w.prefer(all)
		w.push.Watch(&sessions{took: 1 << 40})
		w.post("hello")
		w.alert("Expected")
		w.count(w.later(10*time.Second), 0, "taken")
		w.alert("Immediate")
		w.count(w.tell(), 1, "Immediate")
		w.push.Watch(&sessions{})
		w.post("hello")
		w.count(w.later(time.Minute), 1, "not taken")
	})
}

// A push service that is busy is asked again, when it wants to be, also by the hub that comes after a restart; and once it has taken the
// message it is not asked any more.
func TestAgain(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(all)
		w.service.SetAnswer(pushtest.Always(http.StatusTooManyRequests, "Retry-After", "120"))
		w.post("hello")
		first := w.later(10 * time.Second)
		w.count(first, 1, "the first try")
		w.count(w.later(119*time.Second), 0, "before the time that the service asked for")
		w.service.SetAnswer(pushtest.Always(http.StatusInternalServerError))
		w.count(w.later(2*time.Second), 1, "the second try")
		w.count(w.later(19*time.Second), 0, "before the pause is over")
		w.start()
		w.service.SetAnswer(nil)
		last := w.later(2 * time.Second)
		w.count(last, 1, "the third try, after a restart")
		if first[0].JSON(t, b)["id"] != last[0].JSON(t, b)["id"] {
			t.Error("the device cannot tell that both are one")
		}
		w.count(w.later(24*time.Hour), 0, "after it was taken")
	})
}

// A hub that dies while it sends has the next one send the same once the claim is over, and not before.
func TestKilledWhileSending(t *testing.T) {
	each(t, func(w *world) {
		b := w.subscribe("phone")
		w.prefer(all)
		ctx, kill := context.WithCancel(t.Context())
		w.service.SetAnswer(func(*pushtest.Message) (int, http.Header) { kill(); return http.StatusCreated, nil })
		w.post("hello")
		w.clock.Pass(10 * time.Second)
		w.must(w.push.Note(ctx))
		_ = w.push.Tell(ctx) // ends as the hub does
		first := w.service.Take()
		w.start()
		w.count(w.later(time.Minute), 0, "while the claim holds")
		again := w.later(2 * time.Minute)
		w.count(append(first, again...), 2, "before and after")
		if first[0].JSON(t, b)["id"] != again[0].JSON(t, b)["id"] || first[0].Header.Get("Topic") != again[0].Header.Get("Topic") {
			t.Error("the device cannot tell that both are one")
		}
	})
}

// A subscription that is no more is taken away; one whose messages are refused stays, and the message is given up.
func TestGoneAndRefused(t *testing.T) {
	each(t, func(w *world) {
		w.subscribe("phone")
		w.prefer(all)
		devices := func() int {
			s, err := w.push.State(t.Context(), w.caller("phone"))
			w.must(err)
			return s.Devices
		}
		for _, test := range []struct{ status, left int }{{http.StatusBadRequest, 1}, {http.StatusFound, 1}, {http.StatusGone, 0}, {http.StatusNotFound, 0}} {
			w.service.SetAnswer(pushtest.Always(test.status, "Location", w.service.URL+"/elsewhere"))
			w.post("hello")
			w.count(w.later(10*time.Minute), 1, fmt.Sprint(test.status))
			if got := devices(); got != test.left {
				t.Errorf("%d devices after %d, want %d", got, test.status, test.left)
			}
			w.count(w.later(2*time.Hour), 0, "tried again")
			w.subscribe("phone")
		}
	})
}

// Two nodes on one database tell a person once.
func TestTwoNodes(t *testing.T) {
	each(t, func(w *world) {
		w.subscribe("phone")
		w.prefer(all)
		if strings.HasPrefix(w.address, "sqlite:") {
			return // one process serves a file
		}
		other := *w
		other.start()
		for range 20 {
			w.post("hello")
			w.clock.Pass(2 * time.Minute)
			var both sync.WaitGroup
			for _, node := range []*world{w, &other} {
				both.Go(func() {
					if err := node.push.Note(t.Context()); err != nil {
						t.Error(err)
					}
					if err := node.push.Tell(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			w.count(w.service.Take(), 1, "one post")
		}
	})
}

// A subscription ends with its session, moves with its browser, and is refused where it makes no sense.
func TestSubscriptions(t *testing.T) {
	each(t, func(w *world) {
		w.subscribe("phone")
		good := pushtest.NewBrowser(t).Subscription(w.service.Endpoint("phone"))
		raw, _ := json.Marshal(good)
		var s push.Subscription
		w.must(json.Unmarshal(raw, &s))
		another := people.Caller{Person: people.Person{UserID: writer}, DeviceID: "their phone"}
		if _, err := w.push.Subscribe(t.Context(), another, s); err != nil {
			t.Fatal(err)
		}
		if state, err := w.push.State(t.Context(), w.caller("phone")); err != nil || state.Devices != 0 || state.Here != "" {
			t.Errorf("the browser of somebody else still tells: %+v, %v", state, err)
		}
		brief := w.caller("shared")
		brief.Brief = true
		if _, err := w.push.Subscribe(t.Context(), brief, s); err == nil {
			t.Error("a device that others use was taken")
		}
		for what, change := range map[string]func(s *push.Subscription){
			"no address":        func(s *push.Subscription) { s.Endpoint = "" },
			"a long address":    func(s *push.Subscription) { s.Endpoint += strings.Repeat("x", 3000) },
			"a name and secret": func(s *push.Subscription) { s.Endpoint = "https://a:b@push.example/" },
			"no key":            func(s *push.Subscription) { s.Keys.P256dh = "" },
			"no point":          func(s *push.Subscription) { s.Keys.P256dh = "BA" + strings.Repeat("A", len(s.Keys.P256dh)-2) },
			"a short secret":    func(s *push.Subscription) { s.Keys.Auth = "AAAA" },
			"no base64":         func(s *push.Subscription) { s.Keys.Auth = "§" },
		} {
			bad := s
			change(&bad)
			if _, err := w.push.Subscribe(t.Context(), w.caller("phone"), bad); err == nil {
				t.Errorf("%s was taken", what)
			}
		}
	})
}

// The hub's key is made once and sealed, and nothing that leads to a browser or mailbox lies in the database in clear.
func TestSealed(t *testing.T) {
	each(t, func(w *world) {
		key := w.push.Key()
		w.subscribe("phone")
		w.start()
		if w.push.Key() != key {
			t.Error("the key has changed with a restart")
		}
		w.must(w.db.Read(t.Context(), func(tx *store.Tx) error {
			var private, record []byte
			if err := tx.QueryRow(`SELECT private, record FROM push_keys, push_subscriptions`).Scan(&private, &record); err != nil {
				return err
			}
			if private[0] != 1 || record[0] != 1 || strings.Contains(string(record), "push") {
				t.Error("the key or the address of a browser lies in clear")
			}
			return nil
		}))
	})
}
