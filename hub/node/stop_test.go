package node_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// TestStopIsGraceful: those who wait for news are answered, sessions of the stream are told to come back, and the program ends by
// itself, well within ten seconds.
func TestStopIsGraceful(t *testing.T) {
	p := start(t, storetest.SQLiteAddress(t), true)
	c := signUp(t, p)
	since := c.OK(t, "GET", v3+"/sync?set_presence=offline", nil).Text("next_batch")

	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}}
	stream, response, err := dialer.DialContext(t.Context(), "ws"+p.url[len("http"):]+"/_panah/v1/stream?presence=offline&since="+since,
		http.Header{"Authorization": {"Bearer " + c.Token}})
	if err != nil {
		t.Fatalf("open a stream: %v, %v", err, response)
	}
	defer stream.Close()
	polled := poll(t, c, since)
	waitForCall(t, stream)

	began := time.Now()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := readToEnd(stream); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		t.Errorf("the stream ended with %v, want 1001", err)
	}
	if answer := <-polled; answer.err != nil || answer.status != http.StatusOK && answer.status != http.StatusServiceUnavailable {
		t.Errorf("the long poll got %d, %v", answer.status, answer.err)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("the hub did not end well: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the end took %s", took)
	}
}

// polled is how a long poll ended.
type polled struct {
	status int
	err    error
}

// poll begins a long poll, and returns when the hub has taken its connection. The test must not go on before: a hub that is going down takes none.
func poll(t *testing.T, c *nodetest.Client, since string) <-chan polled {
	t.Helper()
	sent, ended := make(chan struct{}), make(chan polled, 1)
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	address := c.URL + v3 + "/sync?set_presence=offline&timeout=30000&since=" + since
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	go func() {
		answer, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
		if err != nil {
			ended <- polled{err: err}
			return
		}
		ended <- polled{answer.StatusCode, answer.Body.Close()}
	}()
	<-sent
	// The hub takes connections in their order, and this one, which is no earlier one used again, comes after the poll's.
	after, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(c.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return ended
}

// waitForCall has the stream answer once, so that it is certainly open.
func waitForCall(t *testing.T, stream *websocket.Conn) {
	t.Helper()
	if err := stream.WriteJSON(nodetest.M{"id": "1", "method": "ping", "params": nodetest.M{}}); err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	for answer["id"] != "1" {
		if err := stream.ReadJSON(&answer); err != nil {
			t.Fatal(err)
		}
	}
}

// readToEnd gives the error with which a stream ends.
func readToEnd(stream *websocket.Conn) error {
	for {
		if _, _, err := stream.ReadMessage(); err != nil {
			return err
		}
	}
}

// A node that goes down says that it is not ready, and one that serves that it is.
func TestHealth(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	for _, path := range []string{"/healthz", "/readyz"} {
		if answer := hub.Nobody().Do(t, "GET", path, nil); answer.Status != http.StatusOK {
			t.Errorf("%s: %d", path, answer.Status)
		}
	}
}

// Signing out on one node closes the stream on another.
func TestSignOutReachesOtherNodes(t *testing.T) {
	redis := redisAddress(t)
	address := storetest.PostgresAddress(t)
	one, two := nodetest.Start(t, address, redis), nodetest.Start(t, address, redis)
	steward := one.SignUp(t, one.FirstToken(t), "samira")
	// A steward's second factor, just set up, has their streams opened anew; of that the other node may hear late.
	c := one.SignUp(t, steward.Invite(t, steward.Organisation(t, "Ak ýol", "ngo", "TM"), "member"), "firuza")
	elsewhere := &nodetest.Client{URL: two.URL, Token: c.Token}
	elsewhere.OK(t, "GET", v3+"/account/whoami", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{"m.json"}}
	stream, _, err := dialer.DialContext(ctx, "ws"+two.URL[len("http"):]+"/_panah/v1/stream", http.Header{"Authorization": {"Bearer " + c.Token}})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	waitForCall(t, stream)
	c.OK(t, "POST", v3+"/logout", nodetest.M{})
	if err := readToEnd(stream); !websocket.IsCloseError(err, 4001) {
		t.Errorf("the stream ended with %v, want 4001", err)
	}
	elsewhere.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
}
