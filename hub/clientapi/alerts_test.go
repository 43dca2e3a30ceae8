package clientapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"panah/hub/node/nodetest"
)

// field is a network of four organisations in three countries, one of them an official one.
type field struct {
	*cast
	herat                              string // an NGO in Herat
	ministry                           string
	sender, senderAdmin                *nodetest.Client
	focal                              *nodetest.Client // of the ministry
	interpreter                        *nodetest.Client // of the organisation in Dushanbe
	dushanbe, dushanbeAdmin, dushanbeO *nodetest.Client
	lahore                             *nodetest.Client
}

func eachField(t *testing.T, f func(t *testing.T, w *field)) {
	t.Helper()
	eachCast(t, func(t *testing.T, c *cast) {
		w := &field{cast: c, dushanbe: c.member, dushanbeAdmin: c.admin, dushanbeO: c.observer, lahore: c.otherMember}
		w.herat = c.steward.Organisation(t, "پناه هرات", "ngo", "AF")
		w.ministry = c.steward.Organisation(t, "Вазорат", "government", "TJ")
		join := func(organisation, role, user string) *nodetest.Client {
			return c.hub.SignUp(t, c.steward.Invite(t, organisation, role), user)
		}
		w.sender, w.senderAdmin = join(w.herat, "member", "parwin"), join(w.herat, "admin", "laila")
		w.focal, w.interpreter = join(w.ministry, "member", "zafar"), join(c.organisation, "interpreter", "tahmina")
		f(t, w)
	})
}

// transit is an alert that describes nobody.
func transit(txn string) M {
	return M{
		"txn_id": txn, "code": "transit", "slots": M{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "text": "از راه اسلام‌قلعه", "language": "fa-AF",
		"audience": M{"countries": []string{"TJ", "PK"}},
	}
}

func alertPath(id string, rest ...string) string {
	path := us + "/alerts/" + url.PathEscape(id)
	for _, one := range rest {
		path += "/" + one
	}
	return path
}

// board is the ids on somebody's board.
func board(t *testing.T, c *nodetest.Client, query string) (ids []string) {
	t.Helper()
	for _, one := range c.OK(t, "GET", us+"/alerts?"+query, nil).List("alerts") {
		ids = append(ids, one.(M)["id"].(string))
	}
	return ids
}

// TestAnAlertReachesItsAudience: who is shown beforehand is who can open it afterwards, and nobody else.
func TestAnAlertReachesItsAudience(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		preview := w.sender.OK(t, "POST", us+"/alerts/audience", M{"audience": M{"countries": []string{"TJ", "PK"}}, "tlp": "AMBER"})
		counts := map[string]float64{}
		for _, one := range preview.List("organisations") {
			counts[one.(M)["id"].(string)] = one.(M)["people"].(float64)
		}
		// In Dushanbe the administrator, the member and the interpreter, but no observer and nobody suspended; no ministry.
		if counts[w.organisation] != 3 || counts[w.otherOrganisation] != 2 || counts[w.herat] != 1 || counts[w.ministry] != 0 {
			t.Errorf("shown beforehand: %s", preview.Raw)
		}
		sent := w.sender.OK(t, "POST", us+"/alerts", transit("1"))
		id := sent.Text("alert_id")
		if again := w.sender.OK(t, "POST", us+"/alerts", transit("1")); again.Text("alert_id") != id {
			t.Errorf("sent twice: %s and %s", sent.Raw, again.Raw)
		}
		for name, c := range map[string]*nodetest.Client{"member": w.dushanbe, "admin": w.dushanbeAdmin, "interpreter": w.interpreter, "other country": w.lahore, "colleague": w.senderAdmin, "sender": w.sender} {
			if ids := board(t, c, ""); !slices.Equal(ids, []string{id}) {
				t.Errorf("%s has %v on the board", name, ids)
			}
		}
		for name, c := range map[string]*nodetest.Client{"observer": w.dushanbeO, "official": w.focal, "steward": w.steward} {
			if ids := board(t, c, ""); len(ids) != 0 {
				t.Errorf("%s has %v on the board", name, ids)
			}
			c.Refused(t, "GET", alertPath(id), nil, http.StatusNotFound, "M_NOT_FOUND")
		}
		one := w.dushanbe.OK(t, "GET", alertPath(id), nil)
		room := one.Text("room_id")
		event := w.dushanbe.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/event/"+url.PathEscape(id), nil)
		if event.Text("content", "network.panah.alert", "code") != "transit" || event.Text("sender") != w.sender.UserID {
			t.Errorf("the event: %s", event.Raw)
		}
		if body := event.Text("content", "body"); len(body) < 20 {
			t.Errorf("the event says %q", body)
		}
		if one.Text("alert", "urgency") != "Immediate" || one.Text("alert", "tlp") != "AMBER" || one.Value("needs_me") != true {
			t.Errorf("the alert: %s", one.Raw)
		}
		w.dushanbeO.Refused(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/event/"+url.PathEscape(id), nil, http.StatusForbidden, "M_FORBIDDEN")
		w.dushanbe.OK(t, "POST", alertPath(id, "answer"), M{"answer": "can_act", "note": "Мо меравем"})
		answered := w.sender.OK(t, "GET", alertPath(id), nil)
		if got := answered.Value("standings"); got.(M)["can_act"] != float64(1) || got.(M)["silent"] != float64(1) {
			t.Errorf("standings: %v", got)
		}
		if after := w.dushanbe.OK(t, "GET", alertPath(id), nil); after.Text("mine") != "can_act" || after.Value("needs_me") != false {
			t.Errorf("after the answer: %s", after.Raw)
		}
	})
}

// TestWhoeverLeavesIsOutAtOnce: a change of role, organisation or standing changes who opens alerts in the same moment.
func TestWhoeverLeavesIsOutAtOnce(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		reads := func(c *nodetest.Client) bool { return len(board(t, c, "")) == 1 }
		check := func(what string, c *nodetest.Client, want bool) {
			t.Helper()
			if got := reads(c); got != want {
				t.Errorf("%s: reads %v, want %v", what, got, want)
			}
		}
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "role"), M{"role": "observer"})
		check("an observer now", w.dushanbe, false)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "role"), M{"role": "member"})
		check("a member again", w.dushanbe, true)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "move"), M{"organisation_id": w.ministry})
		check("moved to the ministry", w.dushanbe, false)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "move"), M{"organisation_id": w.otherOrganisation})
		check("moved to Lahore", w.dushanbe, true)
		w.steward.OK(t, "POST", us+"/organisations/"+w.otherOrganisation, M{"kind": "government"})
		check("of an organisation that is an official one now", w.dushanbe, false)
		w.steward.OK(t, "POST", us+"/organisations/"+w.otherOrganisation, M{"kind": "ngo"})
		check("of an NGO again", w.dushanbe, true)
		newcomer := w.hub.SignUp(t, w.steward.Invite(t, w.organisation, "member"), "newcomer")
		check("a newcomer", newcomer, true)
		w.steward.OK(t, "POST", us+"/organisations/"+w.otherOrganisation+"/standing", M{"standing": "suspended", "reason": "safety"})
		one := w.sender.OK(t, "GET", alertPath(id), nil)
		members := w.sender.OK(t, "GET", v3+"/rooms/"+url.PathEscape(one.Text("room_id"))+"/joined_members", nil)
		for _, gone := range []*nodetest.Client{w.lahore, w.otherAdmin, w.dushanbe} {
			if members.Value("joined", gone.UserID) != nil {
				t.Errorf("%s is still a member", gone.UserID)
			}
		}
	})
}

// TestPastTheDoor: nobody makes an alert, an answer or another wording of one by posting it.
func TestPastTheDoor(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		room := url.PathEscape(w.sender.OK(t, "GET", alertPath(id), nil).Text("room_id"))
		block := M{"code": "transit", "expires": 2000000000, "tlp": "CLEAR"}
		for kind, content := range map[string]M{
			"m.room.message":            {"msgtype": "m.text", "body": "x", "network.panah.alert": block},
			"network.panah.answer":      {"answer": "done", "m.relates_to": M{"rel_type": "m.reference", "event_id": id}},
			"network.panah.translation": {"language": "tg", "text": "x", "m.relates_to": M{"rel_type": "m.reference", "event_id": id}},
		} {
			w.sender.Refused(t, "PUT", v3+"/rooms/"+room+"/send/"+kind+"/a"+kind, content, http.StatusForbidden, "M_FORBIDDEN")
		}
		edit := M{"msgtype": "m.text", "body": "* x", "m.new_content": M{"msgtype": "m.text", "body": "x"}, "m.relates_to": M{"rel_type": "m.replace", "event_id": id}}
		w.sender.Refused(t, "PUT", v3+"/rooms/"+room+"/send/m.room.message/edit", edit, http.StatusForbidden, "M_FORBIDDEN")
		w.dushanbe.OK(t, "PUT", v3+"/rooms/"+room+"/send/m.room.message/talk", M{"msgtype": "m.text", "body": "Мо дар роҳем"})
		w.dushanbe.Refused(t, "POST", v3+"/rooms/"+room+"/invite", M{"user_id": w.focal.UserID}, http.StatusForbidden, "M_FORBIDDEN")
		w.focal.Refused(t, "POST", v3+"/rooms/"+room+"/join", M{}, http.StatusForbidden, "M_FORBIDDEN")
	})
}

// counted is a connection that knows how many bytes came in.
type counted struct {
	net.Conn
	in *atomic.Int64
}

// Read takes one byte at a time, so that what is counted while a frame is read belongs to no other one.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(1, len(p))])
	c.in.Add(int64(n))
	return n, err
}

// stream opens the websocket as the hub's own client does, and reads its first frame.
func stream(t *testing.T, hub *nodetest.Hub, c *nodetest.Client, query string) (*websocket.Conn, *atomic.Int64) {
	t.Helper()
	var in atomic.Int64
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, EnableCompression: true, NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, network, address)
		return counted{conn, &in}, err
	}}
	conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(hub.URL, "http")+us+"/stream?presence=offline"+query, http.Header{"Authorization": {"Bearer " + c.Token}})
	if err != nil {
		t.Fatalf("open the stream: %v (%v)", err, response)
	}
	t.Cleanup(func() { conn.Close() })
	frame(t, conn)
	return conn, &in
}

func frame(t *testing.T, conn *websocket.Conn) (f M) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := conn.ReadJSON(&f); err != nil {
		t.Fatalf("read the stream: %v", err)
	}
	return f
}

// alertFrame reads until a frame holds an alert and moves the position, and gives it and how many bytes it took.
func alertFrame(t *testing.T, conn *websocket.Conn, in *atomic.Int64) (f M, size int64) {
	t.Helper()
	for {
		before := in.Load()
		f := frame(t, conn)
		if raw, _ := json.Marshal(f); f["next_batch"] != nil && (f["alert"] != nil || bytes.Contains(raw, []byte(`"network.panah.alert"`))) {
			return f, in.Load() - before
		}
	}
}

// TestAnAlertOnTheWire: a coded alert takes at most 300 bytes of the line, in a channel that its readers are in already.
func TestAnAlertOnTheWire(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		sent := 0
		send := func(areas ...string) (id string) {
			sent++
			one := transit(fmt.Sprint(sent))
			delete(one, "text")
			delete(one, "language")
			one["slots"] = M{"count": 3, "from": "AF-HER", "to": "TJ-DU", "transport": "bus", "window": []int64{1795500000, 1795510000}}
			if len(areas) > 0 {
				one["areas"] = areas
			}
			return w.sender.OK(t, "POST", us+"/alerts", one).Text("alert_id")
		}
		send()
		conn, in := stream(t, w.hub, w.lahore, "") // who is on no rota, and so not asked by name
		for f := (M{}); f["alert"] == nil; f, _ = alertFrame(t, conn, in) {
			send() // until the session is told together with the others: before, it reads for itself what it lacks
		}
		for _, areas := range [][]string{nil, {"AF-FRA", "TJ-KT", "TJ-DU"}} {
			id := send(areas...)
			f, size := alertFrame(t, conn, in)
			raw, _ := json.Marshal(f)
			if size == 0 || size > 300 {
				t.Errorf("%d bytes for %s", size, raw)
			}
			if !bytes.Contains(raw, []byte(id)) || bytes.Contains(raw, []byte(`"body"`)) || bytes.Contains(raw, []byte(`"areas"`)) != (areas != nil) {
				t.Errorf("the frame: %s", raw)
			}
		}
	})
}

// TestWhatADeviceTook: the sender learns that an alert reached a phone when the phone says so, over the stream, by coming back, or by /sync.
func TestWhatADeviceTook(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		reached := func(id, organisation string) float64 {
			for _, one := range w.sender.OK(t, "GET", alertPath(id), nil).List("delivery") {
				if one.(M)["id"] == organisation {
					return one.(M)["reached"].(float64)
				}
			}
			return -1
		}
		wait := func(id, organisation string, want float64) {
			t.Helper()
			for deadline := time.Now().Add(time.Minute); reached(id, organisation) != want; {
				if time.Now().After(deadline) {
					t.Fatalf("%v of %s reached, want %v", reached(id, organisation), organisation, want)
				}
			}
		}
		conn, in := stream(t, w.hub, w.lahore, "")
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		if got := reached(id, w.organisation); got != 0 {
			t.Errorf("%v reached where nobody is there", got)
		}
		alertFrame(t, conn, in)
		go func() {
			for { // a pong goes out while something is read
				if _, _, err := conn.ReadMessage(); err != nil {
					return
				}
			}
		}()
		wait(id, w.otherOrganisation, 1)
		first := w.dushanbe.OK(t, "GET", v3+"/sync", nil).Text("next_batch")
		if got := reached(id, w.organisation); got != 0 {
			t.Errorf("%v reached before a device came back with its token", got)
		}
		w.dushanbe.OK(t, "GET", v3+"/sync?since="+url.QueryEscape(first), nil)
		wait(id, w.organisation, 1)
		token := w.interpreter.OK(t, "GET", v3+"/sync", nil).Text("next_batch")
		stream(t, w.hub, w.interpreter, "&since="+url.QueryEscape(token))
		wait(id, w.organisation, 2)
	})
}

// TestWhoReachesAlerts calls every endpoint of alerts as everybody. Each answer is by the callers in order: the sender, their administrator,
// a member of the audience, an interpreter of it, an observer, an official who is not in it, the steward, nobody.
func TestWhoReachesAlerts(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		callers := []*nodetest.Client{w.sender, w.senderAdmin, w.dushanbe, w.interpreter, w.dushanbeO, w.focal, w.steward, w.hub.Nobody()}
		const ok, no, missing, out, bad = http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusUnauthorized, http.StatusBadRequest
		tests := []struct {
			method, path string
			body         M
			want         [8]int
		}{
			{"GET", us + "/alerts", nil, [8]int{ok, ok, ok, ok, ok, ok, ok, out}},
			{"GET", us + "/alerts?state=history", nil, [8]int{ok, ok, ok, ok, ok, ok, ok, out}},
			{"GET", us + "/alerts?state=all", nil, [8]int{bad, bad, bad, bad, bad, bad, bad, out}},
			{"GET", us + "/alerts?country=%27--", nil, [8]int{bad, bad, bad, bad, bad, bad, bad, out}},
			{"GET", us + "/alerts?state=history&before=1.%27--", nil, [8]int{bad, bad, bad, bad, bad, bad, bad, out}},
			{"GET", alertPath(id), nil, [8]int{ok, ok, ok, ok, missing, missing, missing, out}},
			{"GET", alertPath("$none"), nil, [8]int{missing, missing, missing, missing, missing, missing, missing, out}},
			{"POST", us + "/alerts", M{"txn_id": "x", "code": "none"}, [8]int{bad, bad, bad, no, no, bad, no, out}},
			{"POST", us + "/alerts", M{"code": "transit"}, [8]int{bad, bad, bad, bad, bad, bad, bad, out}},
			{"POST", us + "/alerts/audience", M{"areas": []string{"TJ"}, "tlp": "GREEN"}, [8]int{ok, ok, ok, no, no, ok, ok, out}},
			{"POST", us + "/alerts/audience", M{"areas": []string{"tj"}, "tlp": "GREEN"}, [8]int{bad, bad, bad, no, no, bad, bad, out}},
			{"GET", us + "/alerts/waiting", nil, [8]int{ok, ok, ok, ok, ok, ok, ok, out}},
			{"POST", us + "/alert-drafts/none/approve", M{}, [8]int{missing, missing, missing, missing, missing, missing, missing, out}},
			{"POST", us + "/alert-drafts/none/refuse", M{"reason": "x"}, [8]int{missing, missing, missing, missing, missing, missing, missing, out}},
			{"POST", us + "/alert-drafts/none/refuse", M{}, [8]int{bad, bad, bad, bad, bad, bad, bad, out}},
			{"DELETE", us + "/alert-drafts/none", nil, [8]int{missing, missing, missing, missing, missing, missing, missing, out}},
			{"POST", alertPath(id, "update"), M{"txn_id": "u", "severity": "Severe"}, [8]int{ok, ok, no, no, no, missing, no, out}},
			{"POST", alertPath(id, "update"), M{"txn_id": "v", "severity": "Bad"}, [8]int{bad, bad, no, no, no, missing, no, out}},
			{"POST", alertPath(id, "answer"), M{"answer": "seen"}, [8]int{ok, ok, ok, ok, no, missing, missing, out}},
			{"POST", alertPath(id, "answer"), M{"answer": "cannot"}, [8]int{bad, bad, bad, bad, no, bad, bad, out}},
			{"POST", alertPath(id, "answer"), M{"answer": "cannot", "why": "other", "whole": true}, [8]int{no, ok, no, no, no, missing, missing, out}},
			{"GET", alertPath(id, "drill"), nil, [8]int{bad, bad, no, no, missing, missing, missing, out}},
			{"GET", us + "/alerts/figures", nil, [8]int{no, ok, no, no, no, no, ok, out}},
			{"GET", us + "/alerts/translations", nil, [8]int{ok, ok, ok, ok, no, ok, ok, out}},
			{"POST", us + "/alerts/translations", M{"event_id": "$none", "language": "ru", "text": "x"}, [8]int{missing, missing, missing, missing, no, missing, missing, out}},
			{"POST", us + "/alerts/translations/claim", M{"event_id": "$none", "language": "ru"}, [8]int{missing, missing, missing, missing, no, missing, missing, out}},
			{"GET", us + "/organisations/" + w.herat + "/rota", nil, [8]int{ok, ok, no, no, no, no, ok, out}},
			{"PUT", us + "/organisations/" + w.herat + "/rota", M{"slots": []M{}}, [8]int{no, ok, no, no, no, no, ok, out}},
			{"PUT", us + "/organisations/" + w.herat + "/rota", M{"slots": []M{{"weekday": 7}}}, [8]int{no, bad, no, no, no, no, bad, out}},
			{"POST", us + "/organisations/" + w.herat + "/rota/notes", M{"text": "x"}, [8]int{ok, ok, no, no, no, no, no, out}},
			{"DELETE", us + "/organisations/" + w.herat + "/rota/overrides/none", nil, [8]int{missing, missing, missing, missing, missing, missing, missing, out}},
			{"GET", us + "/countries/leads", nil, [8]int{ok, ok, ok, ok, ok, ok, ok, out}},
			{"PUT", us + "/countries/AF/lead", M{"organisation_id": w.herat}, [8]int{no, no, no, no, no, no, ok, out}},
			{"PUT", us + "/countries/TJ/lead", M{"organisation_id": w.ministry}, [8]int{no, no, no, no, no, no, bad, out}},
			{"PUT", us + "/countries/XX/lead", M{"organisation_id": w.herat}, [8]int{no, no, no, no, no, no, bad, out}},
			{"POST", alertPath(id, "cancel"), M{"reason": "x", "language": "English"}, [8]int{bad, bad, bad, no, no, bad, bad, out}},
			{"POST", alertPath(id, "cancel"), M{}, [8]int{ok, ok, no, no, no, missing, ok, out}},
		}
		for _, test := range tests {
			for i, c := range callers {
				if answer := c.Do(t, test.method, test.path, test.body); answer.Status != test.want[i] {
					t.Errorf("%s %s %v by %d: got %d %s, want %d", test.method, test.path, test.body, i, answer.Status, answer.Raw, test.want[i])
				}
			}
		}
	})
}

// TestTheGuardAsks: what stands in a text and should not is shown first, and sent only when its sender confirms it and somebody else agrees.
func TestTheGuardAsks(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		one := transit("1")
		one["text"] = "زنگ بزنید: ۰۷۰۰ ۱۲۳ ۴۵۶"
		asked := w.sender.Refused(t, "POST", us+"/alerts", one, http.StatusBadRequest, "M_INVALID_PARAM")
		findings := asked.List("network.panah.findings")
		if !slices.Contains(findings, any("phone")) {
			t.Fatalf("findings: %s", asked.Raw)
		}
		one["confirmed"] = findings
		waits := w.sender.OK(t, "POST", us+"/alerts", one)
		if waits.Text("state") != "waiting" || !slices.Contains(waits.List("causes"), any("guard")) {
			t.Errorf("confirmed: %s", waits.Raw)
		}
		notices := w.senderAdmin.OK(t, "GET", v3+"/user/"+url.PathEscape(w.senderAdmin.UserID)+"/account_data/network.panah.alerts", nil).List("notices")
		if len(notices) != 1 || notices[0].(M)["kind"] != "approve" || notices[0].(M)["about"] != waits.Text("draft_id") {
			t.Errorf("the administrator is told %v", notices)
		}
		sent := w.senderAdmin.OK(t, "POST", us+"/alert-drafts/"+waits.Text("draft_id")+"/approve", M{})
		if ids := board(t, w.lahore, ""); !slices.Equal(ids, []string{sent.Text("alert_id")}) {
			t.Errorf("on the board: %v", ids)
		}
	})
}

// TestTheGuardAsksAboutATranslation: what it finds beyond the original is shown first, and sent when the translator confirms it.
func TestTheGuardAsksAboutATranslation(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		done := M{"event_id": id, "language": "tg", "text": "Аз роҳи Исломқалъа, занг занед: 0700 123 456"}
		path := us + "/alerts/translations"
		asked := w.interpreter.Refused(t, "POST", path, done, http.StatusBadRequest, "M_INVALID_PARAM")
		if !slices.Contains(asked.List("network.panah.findings"), any("phone")) {
			t.Errorf("findings: %s", asked.Raw)
		}
		done["confirmed"] = []string{"phone"}
		event := w.interpreter.OK(t, "POST", path, done).Text("event_id")
		stands := w.dushanbe.OK(t, "GET", alertPath(id)+"?language=tg", nil)
		if stands.Text("translation", "event_id") != event || stands.Text("translation", "text") != done["text"] {
			t.Errorf("translated: %s", stands.Raw)
		}
	})
}

// TestWordsOfAnUpdate: words that are left out stay, and empty ones take them away.
func TestWordsOfAnUpdate(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		first := transit("1")
		id := w.sender.OK(t, "POST", us+"/alerts", first).Text("alert_id")
		text := func(update M) string {
			w.sender.OK(t, "POST", alertPath(id, "update"), update)
			return w.sender.OK(t, "GET", us+"/alerts/"+url.PathEscape(id), nil).Text("alert", "text")
		}
		if got := text(M{"txn_id": "2", "severity": "Severe"}); got == "" || got != first["text"] {
			t.Errorf("left out, it says %v", got)
		}
		if got := text(M{"txn_id": "3", "text": "دو تن", "language": "fa-AF"}); got != "دو تن" {
			t.Errorf("worded anew, it says %v", got)
		}
		if got := text(M{"txn_id": "4", "text": " "}); got != "" {
			t.Errorf("taken away, it says %v", got)
		}
	})
}
