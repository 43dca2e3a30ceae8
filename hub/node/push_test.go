package node_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/push/pushtest"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	pushPath = "/_panah/v1/push"
	matrixV3 = "/_matrix/client/v3"
)

// told is a hub with a steward who writes and a member who is told by a push service on this machine, which the operator has allowed by name.
type told struct {
	hub             *nodetest.Hub
	service         *pushtest.Service
	steward, member *nodetest.Client
	organisation    string
	browser         *pushtest.Browser
	room            string
	sender          *nodetest.Client // of an organisation in Herat
}

func startTold(t *testing.T, address string, near ...string) *told {
	t.Helper()
	w := &told{service: pushtest.NewService(t), browser: pushtest.NewBrowser(t)}
	w.hub = nodetest.Start(t, address, func(c *node.Config) { c.Outside = append(near, strings.TrimPrefix(w.service.URL, "http://")) })
	w.steward = w.hub.SignUp(t, w.hub.FirstToken(t), "samira")
	w.organisation = w.steward.Organisation(t, "Umed", "ngo", "TJ")
	w.member = w.hub.SignUp(t, w.steward.Invite(t, w.organisation, "member"), "parvina")
	w.sender = w.hub.SignUp(t, w.steward.Invite(t, w.steward.Organisation(t, "Herat", "ngo", "AF"), "member"), "parwin")
	w.room = w.steward.OK(t, "POST", matrixV3+"/createRoom", nodetest.M{"preset": "private_chat", "invite": []string{w.member.UserID}}).Text("room_id")
	w.member.OK(t, "POST", matrixV3+"/join/"+url.PathEscape(w.room), nodetest.M{})
	return w
}

func (w *told) subscribe(t *testing.T, c *nodetest.Client) string {
	t.Helper()
	return c.OK(t, "PUT", pushPath+"/subscription", w.browser.Subscription(w.service.Endpoint("a"))).Text("subscription")
}

func (w *told) post(t *testing.T, txn string, content nodetest.M) {
	t.Helper()
	content["msgtype"] = "m.text"
	w.steward.OK(t, "PUT", matrixV3+"/rooms/"+url.PathEscape(w.room)+"/send/m.room.message/"+txn, content)
}

// alert sends one that is Immediate to the member's country.
func (w *told) alert(t *testing.T) {
	t.Helper()
	w.sender.OK(t, "POST", "/_panah/v1/alerts", nodetest.M{
		"txn_id": "1", "code": "transit", "slots": nodetest.M{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "urgency": "Immediate",
		"text": "the girl is in Herat", "language": "en", "audience": nodetest.M{"countries": []string{"TJ"}},
	})
}

// From a browser's subscription to what it decrypts, through a whole hub; and the subscription ends with its session.
func TestPushThroughAHub(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		w := startTold(t, address)
		id := w.subscribe(t, w.member)
		state := w.member.OK(t, "GET", pushPath, nil)
		if state.Text("subscription") != id || state.Value("devices") != 1.0 || state.Value("mails") != false {
			t.Errorf("state: %s", state.Raw)
		}
		w.post(t, "2", nodetest.M{"body": "to you alone"})
		if text := w.service.Next(t).JSON(t, w.browser); text["kind"] != "direct" {
			t.Errorf("a private message says %v", text)
		}
		w.alert(t)
		m := w.service.Next(t)
		text := m.JSON(t, w.browser)
		if text["to"] != id || text["urgent"] != true || text["kind"] != "alert" || text["more"] != nil || m.Key != state.Text("key") {
			t.Errorf("says %v", text)
		}
		w.member.OK(t, "POST", matrixV3+"/logout", nodetest.M{})
		again := w.hub.SignIn(t, w.member, "parvina")
		if state := again.OK(t, "GET", pushPath, nil); state.Text("subscription") != "" || state.Value("devices") != 0.0 {
			t.Errorf("after signing out: %s", state.Raw)
		}
	})
}

// Whoever is asked to agree to an alert that is Immediate is told as urgently as those whom it is for, who wait for that.
func TestAskingToAgreeIsAsUrgentAsTheAlert(t *testing.T) {
	w := startTold(t, storetest.SQLiteAddress(t))
	w.subscribe(t, w.steward) // of the sender's organisation there is nobody who could agree
	waits := w.sender.OK(t, "POST", "/_panah/v1/alerts", nodetest.M{
		"txn_id": "1", "code": "transit", "slots": nodetest.M{"count": 1, "from": "AF-HER", "to": "TJ-DU"}, "urgency": "Immediate", "describes": true,
		"audience": nodetest.M{"countries": []string{"TJ"}},
	})
	if text := w.service.Next(t).JSON(t, w.browser); waits.Text("state") != "waiting" || text["kind"] != "alert" || text["urgent"] != true {
		t.Errorf("of %s comes %v", waits.Raw, text)
	}
}

// Who has the app open somewhere is not told elsewhere of what came there.
func TestAnOpenSessionIsEnough(t *testing.T) {
	address := storetest.PostgresAddress(t)
	w, db := startTold(t, address), storetest.Open(t, address)
	w.subscribe(t, w.member)
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}}
	head := http.Header{"Authorization": {"Bearer " + w.member.Token}}
	conn, response, err := dialer.DialContext(t.Context(), strings.Replace(w.hub.URL, "http", "ws", 1)+"/_panah/v1/stream", head)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	defer response.Body.Close()
	reading := make(chan error, 1)
	go func() {
		for {
			if _, _, err := conn.ReadMessage(); err != nil { // reading is what answers pings
				reading <- err
				return
			}
		}
	}()
	settled := changes(t, address, "UPDATE OF done_at ON push_notices")
	w.post(t, "1", nodetest.M{"body": "seen on the desk"})
	settled()
	wantTaken(t, w, db)
	conn.Close()
	<-reading
	// The next post is not taken by anybody. It is told after the first would have been, alone: the first was taken back.
	w.post(t, "2", nodetest.M{"body": "seen nowhere"})
	if text := w.service.Next(t).JSON(t, w.browser); text["kind"] != "direct" || text["count"] != 1.0 {
		t.Errorf("then came %v", text)
	}
}

// changes has PostgreSQL tell of changes to a table ("UPDATE OF column ON table"), and gives what waits for the next of them.
func changes(t *testing.T, address, what string) (next func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) }) // the database goes with the test
	_, err = conn.Exec(t.Context(), `CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NOTIFY changed; RETURN NULL; END';
		CREATE TRIGGER tell AFTER `+what+` FOR EACH ROW EXECUTE FUNCTION tell(); LISTEN changed`)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// wantTaken looks whether the member's notices are settled without having been sent.
func wantTaken(t *testing.T, w *told, db *store.DB) {
	t.Helper()
	var settled, queued int
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT (SELECT COUNT(*) FROM push_notices WHERE user_id = $1 AND done_at <> 0), (SELECT COUNT(*) FROM push_outbox WHERE user_id = $1)`,
			w.member.UserID).Scan(&settled, &queued)
	})
	if err != nil || settled == 0 || queued > 0 {
		t.Fatalf("%d notices are settled and %d lines are to be sent, %v", settled, queued, err)
	}
}

// An address inside the hub's own network is never reached unless the operator allows it by name.
func TestPushReachesNoPrivateAddress(t *testing.T) {
	service := pushtest.NewService(t)
	database := storetest.PostgresAddress(t)
	hub := nodetest.Start(t, database)
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	for _, address := range []string{
		service.Endpoint("a"), "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://192.168.1.1/",
		"https://[::ffff:10.0.0.1]/", "http://push.example.org/x", "https://0.0.0.0/", "file:///etc/passwd",
	} {
		answer := steward.Do(t, "PUT", pushPath+"/subscription", pushtest.NewBrowser(t).Subscription(address))
		if answer.Status != http.StatusForbidden && answer.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", address, answer.Status, answer.Raw)
		}
	}
	// A name that leads there is found out when it is dialled: the subscription goes, and nothing came.
	steward.OK(t, "PUT", pushPath+"/subscription", pushtest.NewBrowser(t).Subscription("https://localhost/x"))
	gone := changes(t, database, "DELETE ON push_subscriptions")
	steward.OK(t, "POST", pushPath+"/test", nodetest.M{})
	gone()
	if devices := steward.OK(t, "GET", pushPath, nil).Value("devices"); devices != 0.0 {
		t.Errorf("%v devices are told", devices)
	}
	if came := service.Take(); len(came) != 0 {
		t.Errorf("%d messages came", len(came))
	}
}

// Every endpoint refuses what it cannot take, and what is kept is handed out and goes with the person.
func TestPushEndpoints(t *testing.T) {
	w := startTold(t, storetest.SQLiteAddress(t))
	c := w.member
	for _, test := range []struct {
		method, path string
		body         any
		status       int
		errcode      string
	}{
		{"PUT", "/subscription", nodetest.M{}, 400, "M_INVALID_PARAM"},
		{"PUT", "/subscription", nodetest.M{"endpoint": 1}, 400, "M_BAD_JSON"},
		{"PUT", "/preferences", nodetest.M{}, 400, "M_MISSING_PARAM"},
		{"PUT", "/preferences", nodetest.M{"push": []string{"gossip"}, "mail": []string{}}, 400, "M_INVALID_PARAM"},
		{"PUT", "/preferences", nodetest.M{"push": []string{}, "mail": []string{}, "quiet": nodetest.M{"from": "25:00", "until": "06:00", "zone": "Asia/Kabul"}}, 400, "M_INVALID_PARAM"},
		{"PUT", "/mail", nodetest.M{"address": "a@example.org"}, 400, "M_UNRECOGNIZED"},
		{"POST", "/mail/confirm", nodetest.M{"code": "123456"}, 403, "M_FORBIDDEN"},
	} {
		c.Refused(t, test.method, pushPath+test.path, test.body, test.status, test.errcode)
	}
	for path, method := range map[string]string{"": "GET", "/subscription": "PUT", "/preferences": "PUT", "/test": "POST", "/mail": "PUT", "/mail/confirm": "POST"} {
		w.hub.Nobody().Refused(t, method, pushPath+path, nodetest.M{}, 401, "M_MISSING_TOKEN")
	}
	wish := nodetest.M{"push": []string{"message", "alert"}, "mail": []string{}, "open": true, "quiet": nodetest.M{"from": "22:00", "until": "06:30", "zone": "Asia/Kabul"}}
	c.OK(t, "PUT", pushPath+"/preferences", wish)
	state := c.OK(t, "GET", pushPath, nil)
	if kinds := state.List("preferences", "push"); len(kinds) != 2 || kinds[0] != "alert" || state.Text("preferences", "quiet", "zone") != "Asia/Kabul" {
		t.Errorf("kept: %s", state.Raw)
	}
	c.OK(t, "POST", pushPath+"/test", nodetest.M{})
	c.Refused(t, "POST", pushPath+"/test", nodetest.M{}, 429, "M_LIMIT_EXCEEDED")
	if list := c.OK(t, "GET", matrixV3+"/pushers", nil).List("pushers"); list == nil || len(list) != 0 {
		t.Errorf("pushers: %v", list)
	}
	c.OK(t, "POST", matrixV3+"/pushers/set", nodetest.M{"kind": nil, "app_id": "m.email", "pushkey": "a@example.org"})
	c.Refused(t, "POST", matrixV3+"/pushers/set", nodetest.M{"kind": "http", "app_id": "x", "pushkey": "y"}, 400, "M_MISSING_PARAM")
	c.Refused(t, "POST", matrixV3+"/pushers/set", nodetest.M{"kind": "carrier pigeon", "app_id": "x", "pushkey": "y"}, 400, "M_INVALID_PARAM")
	w.subscribe(t, c)
	c.OK(t, "DELETE", pushPath+"/subscription", nil)
	if devices := c.OK(t, "GET", pushPath, nil).Value("devices"); devices != 0.0 {
		t.Errorf("%v devices after the last one", devices)
	}
	if got := exported(t, c); !strings.Contains(got, "Asia/Kabul") || strings.Contains(got, "p256dh") {
		t.Errorf("taken along: %s", got)
	}
}

func exported(t *testing.T, c *nodetest.Client) string {
	t.Helper()
	raw := c.Do(t, "GET", "/_panah/v1/me/export", nil).Raw
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	file, err := archive.Open("notices.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A Matrix app's gateway is told in clear, so an alert that is tighter than TLP:GREEN goes there by its number alone, and so does what is said in
// its channel; what people say elsewhere goes as the app asked.
func TestPushGatewayThroughAHub(t *testing.T) {
	gateway := pushtest.NewGateway(t, false)
	w := startTold(t, storetest.SQLiteAddress(t), strings.TrimPrefix(gateway.URL, "http://"))
	c := w.member
	set := nodetest.M{"kind": "http", "app_id": "org.example.app", "pushkey": "key", "app_display_name": "App", "device_display_name": "Phone", "lang": "tg",
		"data": nodetest.M{"url": gateway.URL + "/_matrix/push/v1/notify", "brand": "x"}}
	c.OK(t, "POST", matrixV3+"/pushers/set", set)
	list := c.OK(t, "GET", matrixV3+"/pushers", nil).List("pushers")
	if len(list) != 1 || list[0].(map[string]any)["pushkey"] != "key" || list[0].(map[string]any)["kind"] != "http" {
		t.Errorf("pushers: %v", list)
	}
	for _, address := range []string{"http://127.0.0.1:1", "https://10.0.0.1", "https://[::1]"} {
		bad := nodetest.M{"kind": "http", "app_id": "a", "pushkey": "b", "app_display_name": "App", "device_display_name": "Phone", "lang": "tg",
			"data": nodetest.M{"url": address + "/_matrix/push/v1/notify"}}
		if answer := c.Do(t, "POST", matrixV3+"/pushers/set", bad); answer.Status != 403 && answer.Status != 400 {
			t.Errorf("%s: got %d %s", address, answer.Status, answer.Raw)
		}
	}
	for _, label := range []string{"AMBER", "GREEN"} {
		w.sender.OK(t, "POST", "/_panah/v1/alerts", nodetest.M{
			"txn_id": label, "code": "transit", "slots": nodetest.M{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "urgency": "Immediate", "tlp": label,
			"text": "three girls", "language": "en", "audience": nodetest.M{"countries": []string{"TJ"}},
		})
		n := gateway.Next(t)
		if n["event_id"] == nil || n["room_id"] == nil {
			t.Errorf("%s: %v", label, n)
		}
		if _, said := n["content"]; said != (label == "GREEN") {
			t.Errorf("of an alert that is %s: %v", label, n)
		}
	}
}
