package pushtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Gateway is a push gateway of a Matrix app (Matrix Push Gateway API).
type Gateway struct {
	*httptest.Server
	came chan map[string]any

	mu       sync.Mutex
	status   int
	rejected []string
}

// NewGateway starts a gateway until the test ends; with safe it speaks TLS, by a certificate that its own Client believes.
func NewGateway(t testing.TB, safe bool) *Gateway {
	t.Helper()
	g := &Gateway{came: make(chan map[string]any, 100), status: http.StatusOK}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(g.take))
	if safe {
		g.StartTLS()
	} else {
		g.Start()
	}
	t.Cleanup(g.Close)
	return g
}

func (g *Gateway) take(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var body struct {
		Notification map[string]any `json:"notification"`
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/_matrix/push/v1/notify" || json.Unmarshal(raw, &body) != nil || body.Notification == nil {
		http.Error(w, "not a notification", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(g.status)
	_ = json.NewEncoder(w).Encode(map[string]any{"rejected": append([]string{}, g.rejected...)})
	g.came <- body.Notification
}

// Answer has the gateway answer so from now on, with the keys that it does not know any more.
func (g *Gateway) Answer(status int, rejected ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status, g.rejected = status, rejected
}

// Take gives what came since the last time.
func (g *Gateway) Take() (all []map[string]any) {
	for {
		select {
		case n := <-g.came:
			all = append(all, n)
		default:
			return all
		}
	}
}

// Next waits for the next notification; the test's own deadline ends that.
func (g *Gateway) Next(t testing.TB) map[string]any {
	t.Helper()
	select {
	case n := <-g.came:
		return n
	case <-t.Context().Done():
		t.Fatal("nothing came at the gateway")
		return nil
	}
}
