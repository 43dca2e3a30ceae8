package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/feed/feedtest"
	"panah/hub/gateway"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// node is a hub's node with its gateway on a real port.
type node struct {
	*feedtest.Hub
	gateway *gateway.Gateway
	server  *httptest.Server
}

// rooms do what sessions ask for, without the network's rules.
type rooms struct{ *feedtest.Hub }

func (r rooms) append(d room.Draft) (string, error) {
	event, err := r.Try(d)
	return event.ID, err
}

func (r rooms) Send(_ context.Context, _ people.Caller, d room.Draft) (string, error) {
	return r.append(d)
}
func (r rooms) SendState(_ context.Context, _ people.Caller, d room.Draft) (string, error) {
	return r.append(d)
}
func (r rooms) Redact(_ context.Context, _ people.Caller, d room.Draft) (string, error) {
	return r.append(d)
}

// tokens knows people by tokens that are their ids.
type tokens struct{}

func (tokens) AuthenticateFrom(_ context.Context, token, _ string) (people.Caller, error) {
	if !strings.HasPrefix(token, "@") {
		return people.Caller{}, fault.UnknownToken()
	}
	return feedtest.Caller(token), nil
}

func start(t testing.TB, db *store.DB, brk broker.Broker, o gateway.Options) *node {
	t.Helper()
	n := &node{Hub: feedtest.Open(t, db, brk)}
	o.Now, o.Stall = n.Clock.Now, time.Hour // on a busy machine a test may take longer than a client's socket may stand still
	n.gateway = gateway.New(n.Feed, rooms{n.Hub}, tokens{}, o)
	n.server = httptest.NewUnstartedServer(n.gateway)
	n.server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if err := c.(*net.TCPConn).SetWriteBuffer(4096); err != nil { // small, so that sockets fill up
			t.Errorf("set a socket's buffer: %v", err)
		}
		return ctx
	}
	n.server.Start()
	t.Cleanup(func() {
		if err := n.gateway.Close(context.Background()); err != nil {
			t.Errorf("close the gateway: %v", err)
		}
		n.server.Close()
	})
	return n
}

// inProcess starts a node with a broker of its own.
func inProcess(t *testing.T, db *store.DB, o gateway.Options) *node {
	t.Helper()
	brk := broker.InProcess()
	t.Cleanup(func() {
		if err := brk.Close(); err != nil {
			t.Errorf("close the broker: %v", err)
		}
	})
	return start(t, db, brk, o)
}

// client is a websocket client that nobody here wrote.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

func (n *node) url(query string) string {
	return "ws" + strings.TrimPrefix(n.server.URL, "http") + "/?" + query
}

func (n *node) open(user, query string) *client {
	n.T.Helper()
	return n.dial(new(net.Dialer).DialContext, user, query)
}

// narrow opens a session whose socket at the client's end holds so many bytes, so that it is full soon once the client does not read. It does so before
// anything comes: room that a socket has offered cannot be taken back.
func (n *node) narrow(user string, holds int) *client {
	n.T.Helper()
	return n.dial(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(holds)
		}
		return conn, err
	}, user, "")
}

func (n *node) dial(by func(ctx context.Context, network, address string) (net.Conn, error), user, query string) *client {
	n.T.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, EnableCompression: true, NetDialContext: by}
	conn, response, err := dialer.Dial(n.url("presence=offline&"+query), http.Header{"Authorization": {"Bearer " + user}})
	if err != nil {
		n.T.Fatalf("open: %v (%v)", err, response)
	}
	n.T.Cleanup(func() { conn.Close() })
	return &client{n.T, conn}
}

func (c *client) read() (string, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	_, text, err := c.conn.ReadMessage()
	return string(text), err
}

func (c *client) next() map[string]any {
	c.t.Helper()
	text, err := c.read()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	var frame map[string]any
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		c.t.Fatalf("frame %s: %v", text, err)
	}
	return frame
}

// until reads frames until one is as wanted.
func (c *client) until(wanted func(map[string]any) bool) map[string]any {
	c.t.Helper()
	for {
		if frame := c.next(); wanted(frame) {
			return frame
		}
	}
}

// body reads frames until one carries the post.
func (c *client) body(body string) map[string]any {
	c.t.Helper()
	return c.until(func(f map[string]any) bool {
		text := fmt.Sprint(f["rooms"])
		return strings.Contains(text, "body:"+body+" ") || strings.Contains(text, "body:"+body+"]")
	})
}

func (c *client) write(text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *client) call(id, method string, params any) map[string]any {
	c.t.Helper()
	raw, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(string(raw))
	return c.reply(id)
}

func (c *client) reply(id string) map[string]any {
	c.t.Helper()
	return c.until(func(f map[string]any) bool { return f["id"] == id })
}

// closed reads to the end and gives the close code.
func (c *client) closed() int {
	c.t.Helper()
	for {
		_, err := c.read()
		var end *websocket.CloseError
		if errors.As(err, &end) {
			return end.Code
		}
		if err != nil {
			c.t.Fatalf("the line ended without a word: %v", err)
		}
	}
}

func TestTalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := inProcess(t, db, gateway.Options{})
		id := n.Room("@a:hub.example", room.Create{Name: "Гап"})
		n.Join(id, "@b:hub.example")
		a, b := n.open("@a:hub.example", ""), n.open("@b:hub.example", "")
		for _, c := range []*client{a, b} {
			if first := c.next(); first["rooms"] == nil || first["next_batch"] == nil {
				t.Fatalf("the first frame is not the whole picture: %v", first)
			}
		}
		said := a.call("7", "send", map[string]any{"room_id": id, "type": "m.room.message", "txn_id": "1", "content": map[string]any{"body": "салом", "msgtype": "m.text"}})
		event, _ := said["result"].(map[string]any)["event_id"].(string)
		if event == "" {
			t.Fatalf("the reply has no event: %v", said)
		}
		if frame := b.body("салом"); !strings.Contains(fmt.Sprint(frame), event) {
			t.Errorf("the frame has another event: %v", frame)
		}
		b.call("8", "typing", map[string]any{"room_id": id, "typing": true, "timeout": 20000})
		a.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f), "m.typing") })
		b.call("9", "read_markers", map[string]any{"room_id": id, "m.read": event})
		a.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f), "m.receipt") })
		b.call("10", "redact", map[string]any{"room_id": id, "event_id": event, "txn_id": "x"})
		a.call("11", "state", map[string]any{"room_id": id, "type": "m.room.topic", "content": map[string]any{"topic": "дар бораи роҳ"}})
		b.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f), "дар бораи роҳ") })
		a.call("12", "ping", map[string]any{})
	})
}

// TestResume: after each killed line the client comes back with the last position it has; in the end it has each post once.
func TestResume(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n := inProcess(t, db, gateway.Options{})
		id := n.Room("@a:hub.example", room.Create{})
		n.Join(id, "@b:hub.example")
		picture := feedtest.NewPicture()
		const posts = 80 // with what the room began with, no more than one answer holds: a line may be away for all of it
		var saying sync.WaitGroup
		saying.Go(func() {
			for i := range posts {
				n.Say(id, "@a:hub.example", fmt.Sprint("post ", i))
			}
		})
		query := `filter={"room":{"timeline":{"limit":100}}}`
		for round := 0; len(postsOf(picture, id)) < posts; round++ {
			c := n.open("@b:hub.example", query)
			for range 1 + round%7 {
				text, err := c.read()
				if err != nil {
					t.Fatalf("read: %v", err)
				}
				picture.Apply(t, feedtest.Decode(t, []byte(text)))
				if len(postsOf(picture, id)) == posts {
					break
				}
			}
			c.conn.NetConn().Close()
			query = "since=" + picture.Next + `&filter={"room":{"timeline":{"limit":100}}}`
		}
		saying.Wait()
		for i, body := range postsOf(picture, id) {
			if want := fmt.Sprint("post ", i); !strings.Contains(body, want+`"`) {
				t.Fatalf("post %d is %s", i, body)
			}
		}
		if len(picture.Doubled) > 0 {
			t.Errorf("told twice: %v", picture.Doubled)
		}
	})
}

func postsOf(p *feedtest.Picture, id string) (bodies []string) {
	if p.Rooms[id] == nil {
		return nil
	}
	for _, e := range p.Rooms[id].Timeline {
		if e.Type == "m.room.message" {
			bodies = append(bodies, e.Content)
		}
	}
	return bodies
}

// TestSlowReader: one that does not read is closed with 4008, and nobody else waits for it.
func TestSlowReader(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Bounds: gateway.Bounds{Frames: 8, Bytes: 1 << 20}, Slowly: time.Hour})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	n.Join(id, "@slow:hub.example")
	quick, slow := n.open("@b:hub.example", ""), n.narrow("@slow:hub.example", 4096)
	slow.next()
	// 60 frames, some 600 KB on the line, are more than the sockets' small buffers and the queue of 8 hold.
	for i := range 60 {
		n.Say(id, "@a:hub.example", fmt.Sprint("nr", i, " ", noise(i, 20_000)))
		quick.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["rooms"]), fmt.Sprint("nr", i, " ")) })
	}
	if code := slow.closed(); code != gateway.CloseTooSlow {
		t.Errorf("got %d, want %d", code, gateway.CloseTooSlow)
	}
}

func TestRefusedOpenings(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	bearer := http.Header{"Authorization": {"Bearer @a:hub.example"}}
	protocols := []string{"m.json"}
	tests := map[string]struct {
		query     string
		header    http.Header
		protocols []string
		want      string
	}{
		"no token":          {"", nil, protocols, "M_MISSING_TOKEN"},
		"unknown token":     {"", http.Header{"Authorization": {"Bearer x"}}, protocols, "M_UNKNOWN_TOKEN"},
		"token in address":  {"access_token=@a:hub.example", bearer, protocols, "M_MISSING_TOKEN"},
		"basic":             {"", http.Header{"Authorization": {"Basic x"}}, protocols, "M_MISSING_TOKEN"},
		"bad position":      {"since=x", bearer, protocols, "M_UNKNOWN_POS"},
		"position ahead":    {"since=s999999999", bearer, protocols, "M_UNKNOWN_POS"},
		"bad filter":        {"filter={", bearer, protocols, "M_NOT_JSON"},
		"unknown filter":    {"filter=7", bearer, protocols, "M_INVALID_PARAM"},
		"unknown presence":  {"presence=away", bearer, protocols, "M_INVALID_PARAM"},
		"no subprotocol":    {"", bearer, nil, "M_INVALID_PARAM"},
		"cookie, no origin": {"", http.Header{"Cookie": {"panah_session=@a:hub.example"}}, protocols, "M_FORBIDDEN"},
		"cookie, foreign":   {"", http.Header{"Cookie": {"panah_session=@a:hub.example"}, "Origin": {"https://elsewhere.example"}}, protocols, "M_FORBIDDEN"},
	}
	for name, test := range tests {
		dialer := websocket.Dialer{Subprotocols: test.protocols}
		conn, response, err := dialer.Dial(n.url(test.query), test.header)
		if err == nil {
			conn.Close()
			t.Errorf("%s: it was opened", name)
			continue
		}
		var body struct {
			Errcode string `json:"errcode"`
			Key     string `json:"network.panah.key"`
		}
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.Errcode != test.want || body.Key == "" {
			t.Errorf("%s: got %d %+v (%v), want %s", name, response.StatusCode, body, err, test.want)
		}
	}
	dialer := websocket.Dialer{Subprotocols: protocols}
	conn, _, err := dialer.Dial(n.url(""), http.Header{"Cookie": {"panah_session=@a:hub.example"}, "Origin": {n.server.URL}})
	if err != nil {
		t.Fatalf("the hub's own page was refused: %v", err)
	}
	conn.Close()
	response, err := http.Get(n.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a plain request: got %d", response.StatusCode)
	}
}

func TestBadFrames(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	id := n.Room("@a:hub.example", room.Create{})
	c := n.open("@a:hub.example", "")
	c.next()
	errcode := func(f map[string]any) string {
		e, _ := f["error"].(map[string]any)
		code, _ := e["errcode"].(string)
		return code
	}
	for frame, want := range map[string]string{
		`{`: "M_NOT_JSON", "\xff": "M_NOT_JSON", `[]`: "M_BAD_JSON", `{"id":"1"}`: "M_MISSING_PARAM",
		`{"id":"1","method":"explode","params":{}}`:                                                      "M_UNRECOGNIZED",
		`{"id":"1","method":"ping"}`:                                                                     "M_MISSING_PARAM",
		`{"id":"1","method":"ping","params":{"x":1}}`:                                                    "M_BAD_JSON",
		`{"id":"1","method":"send","params":{}}`:                                                         "M_MISSING_PARAM",
		`{"id":"1","method":"typing","params":{"room_id":"!no:hub.example","typing":true}}`:              "M_FORBIDDEN",
		`{"id":"1","method":"typing","params":{"room_id":"` + id + `","typing":true,"timeout":-1}}`:      "M_INVALID_PARAM",
		`{"id":"1","method":"read_markers","params":{"room_id":"` + id + `","m.read":"$no"}}`:            "M_NOT_FOUND",
		`{"id":"1","method":"presence","params":{"presence":"away"}}`:                                    "M_INVALID_PARAM",
		`{"id":"1","method":"send","params":{"room_id":"!x","type":"m","txn_id":"1","content":{"a":1}}}`: "",
	} {
		c.write(frame)
		got := errcode(c.until(func(f map[string]any) bool { return f["error"] != nil }))
		if want != "" && got != want {
			t.Errorf("%s: got %s, want %s", frame, got, want)
		}
	}
	c.call("still", "ping", map[string]any{})
	c.write(`{"id":"big","method":"ping","params":{"x":"` + strings.Repeat("x", 70_000) + `"}}`)
	if code := c.closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("a frame that is too large: got %d", code)
	}
	e := n.open("@a:hub.example", "")
	e.conn.EnableWriteCompression(false)
	e.write(`{"id":"big","method":"ping","params":{"x":"` + strings.Repeat("x", 70_000) + `"}}`)
	if code := e.closed(); code != websocket.CloseMessageTooBig {
		t.Errorf("a frame that is too large, not compressed: got %d", code)
	}
	b := n.open("@a:hub.example", "")
	if err := b.conn.WriteMessage(websocket.BinaryMessage, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if code := b.closed(); code != websocket.ClosePolicyViolation {
		t.Errorf("a binary frame: got %d", code)
	}
	d := n.open("@a:hub.example", "")
	if _, err := d.conn.NetConn().Write([]byte{0x83, 0x80, 0, 0, 0, 0}); err != nil { // an opcode that does not exist
		t.Fatal(err)
	}
	if code := d.closed(); code != websocket.ClosePolicyViolation {
		t.Errorf("a frame against the protocol: got %d", code)
	}
}

func TestClosing(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	a, b := n.open("@a:hub.example", ""), n.open("@b:hub.example", "")
	a.next()
	b.next()
	n.gateway.Revoke("@a:hub.example", "OTHER")
	a.call("1", "ping", map[string]any{})
	n.gateway.Revoke("@a:hub.example", "DEVICE")
	if code := a.closed(); code != gateway.CloseSignedOut {
		t.Errorf("signed out: got %d", code)
	}
	done := make(chan error, 1)
	go func() { done <- n.gateway.Close(context.Background()) }()
	if code := b.closed(); code != websocket.CloseGoingAway {
		t.Errorf("going down: got %d", code)
	}
	if err := <-done; err != nil {
		t.Errorf("close: %v", err)
	}
	if n.gateway.Sessions() != 0 {
		t.Errorf("%d sessions are left", n.gateway.Sessions())
	}
}

// TestWhoOnlyListensIsAskedForASign: in a channel where much is said, too, or the hub would take a silent client for gone.
func TestWhoOnlyListensIsAskedForASign(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	const a = "@a:hub.example"
	id := n.Room(a, room.Create{})
	c := n.open(a, "")
	c.next()
	pinged := make(chan struct{}, 1)
	c.conn.SetPingHandler(func(string) error {
		pinged <- struct{}{}
		return nil
	})
	n.Clock.Move(time.Minute)
	n.Say(id, a, "one")
	c.body("one")
	n.Tick()
	for i := range 100 { // a post may overtake the question, which the session asks after the round
		words := fmt.Sprint("after ", i)
		n.Say(id, a, words)
		c.body(words)
		select {
		case <-pinged:
			return
		default:
		}
	}
	t.Error("a client that was told something a moment before was not asked")
}

// TestHeartbeat: a session that was told nothing hears where the head is, and one that was told something does not.
func TestHeartbeat(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	c := n.open("@a:hub.example", "")
	c.next()
	n.Room("@b:hub.example", room.Create{})
	n.Clock.Move(26 * time.Second)
	n.Tick()
	want := feed.Token{Position: n.Head()}.String()
	got := c.next()
	if len(got) != 1 || got["next_batch"] != want {
		t.Errorf("got %v, want the head %s alone", got, want)
	}
	n.Tick()
	if reply := c.call("1", "ping", map[string]any{}); reply["result"] == nil {
		t.Errorf("got %v", reply)
	}
}

// TestTLS: the same frames go through a TLS connection of the hub's own.
func TestTLS(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	id := n.Room("@a:hub.example", room.Create{})
	server := httptest.NewTLSServer(n.gateway)
	defer server.Close()
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}, TLSClientConfig: server.Client().Transport.(*http.Transport).TLSClientConfig}
	conn, _, err := dialer.Dial("wss"+strings.TrimPrefix(server.URL, "https"), http.Header{"Authorization": {"Bearer @a:hub.example"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{t, conn}
	c.next()
	for i := range 50 {
		n.Say(id, "@a:hub.example", fmt.Sprint("nr", i))
	}
	for i := range 50 {
		c.body(fmt.Sprint("nr", i))
	}
}

// TestTwoNodes: what is said on one node is heard on another that shares only the database and Redis.
func TestTwoNodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		one, two := start(t, db, redis(t), gateway.Options{}), start(t, db, redis(t), gateway.Options{})
		id := one.Room("@a:hub.example", room.Create{})
		two.Join(id, "@b:hub.example")
		a, b := one.open("@a:hub.example", ""), two.open("@b:hub.example", "")
		a.next()
		b.next()
		for i := range 20 {
			a.call(fmt.Sprint(i), "send", map[string]any{"room_id": id, "type": "m.room.message", "txn_id": fmt.Sprint(i), "content": map[string]any{"body": fmt.Sprint("nr", i)}})
			b.body(fmt.Sprint("nr", i))
		}
		b.call("t", "typing", map[string]any{"room_id": id, "typing": true})
		a.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f), "m.typing") })
	})
}

// TestNothingStays: sessions that come and go leave no goroutine behind.
func TestNothingStays(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	before := runtime.NumGoroutine()
	for range 20 {
		c := n.open("@a:hub.example", "")
		c.next()
		c.conn.NetConn().Close()
	}
	n.Settle("the sessions to end", func() bool { return n.gateway.Sessions() == 0 })
	n.Settle("the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

// TestManyCalls: calls to one room are done in their order, an id may be used again once it is answered, and more than 32 at once are
// refused without the others being harmed.
func TestManyCalls(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{})
	id := n.Room("@a:hub.example", room.Create{})
	c := n.open("@a:hub.example", "")
	c.next()
	for range 50 {
		if reply := c.call("again", "ping", map[string]any{}); reply["result"] == nil {
			t.Fatalf("got %v", reply)
		}
	}
	const calls = 60
	for i := range calls {
		c.write(fmt.Sprintf(`{"id":"c%d","method":"send","params":{"room_id":%q,"type":"m.room.message","txn_id":"t%d","content":{"body":"nr %d"}}}`, i, id, i, i))
	}
	done, refused := 0, 0
	var bodies []string
	for done+refused < calls || len(bodies) < done {
		frame := c.next()
		switch {
		case frame["result"] != nil:
			done++
		case frame["error"] != nil:
			if code := frame["error"].(map[string]any)["errcode"]; code != "M_LIMIT_EXCEEDED" {
				t.Fatalf("got %v", frame)
			}
			refused++
		default:
			raw, err := json.Marshal(frame)
			if err != nil {
				t.Fatal(err)
			}
			for _, joined := range feedtest.Decode(t, raw).Rooms.Join {
				for _, e := range joined.Timeline.Events {
					bodies = append(bodies, string(e))
				}
			}
		}
	}
	last := -1
	for _, body := range bodies {
		var event struct {
			Content struct {
				Body string `json:"body"`
			} `json:"content"`
		}
		var number int
		must(t, json.Unmarshal([]byte(body), &event))
		if _, err := fmt.Sscanf(event.Content.Body, "nr %d", &number); err != nil || number <= last {
			t.Fatalf("%q came after number %d (%v)", event.Content.Body, last, err)
		}
		last = number
	}
	if done < 32 {
		t.Errorf("%d done, %d refused", done, refused)
	}
}
