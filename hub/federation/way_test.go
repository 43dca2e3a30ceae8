package federation

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/federation/federationtest"
	"panah/hub/keyring"
	"panah/hub/store/storetest"
)

// publish answers every request with JSON.
func publish(body any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(body) })
}

// keysOf are what a server would publish, signed by one key.
func keysOf(t testing.TB, name string, until time.Time, id gomatrixserverlib.KeyID, public ed25519.PublicKey, private ed25519.PrivateKey) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(gomatrixserverlib.ServerKeyFields{
		ServerName: spec.ServerName(name), ValidUntilTS: spec.AsTimestamp(until),
		VerifyKeys: map[gomatrixserverlib.KeyID]gomatrixserverlib.VerifyKey{id: {Key: spec.Base64Bytes(public)}},
	})
	if err == nil {
		raw, err = gomatrixserverlib.SignJSON(name, id, private, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func newWay(t testing.TB, a *federationtest.Authority, near ...string) *Way {
	t.Helper()
	allow, err := ParseAllow([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	w := NewWay(WayOptions{Own: "own.example", Allow: allow, Near: near, Roots: a.Roots()})
	t.Cleanup(w.CloseIdleConnections)
	return w
}

// TestKeyServersThatLie: whatever a server publishes that is not its own, signed with itself, and of a size that can be, gives no key.
func TestKeyServersThatLie(t *testing.T) {
	a := federationtest.NewAuthority(t)
	front := a.NewFront(t)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	message, err := gomatrixserverlib.SignJSON(front.Name, "ed25519:1", private, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	good := keysOf(t, front.Name, later, "ed25519:1", public, private)
	elsewhere := a.NewFront(t)
	elsewhere.Lead(publish(good))
	many := map[string]any{"server_name": front.Name, "valid_until_ts": later.UnixMilli(), "verify_keys": map[string]any{}}
	for i := range 200 {
		many["verify_keys"].(map[string]any)[fmt.Sprintf("ed25519:%d", i)] = map[string]string{"key": "x"}
	}
	tests := []struct {
		name string
		lead http.Handler
		well bool
	}{
		{"the truth", publish(good), true},
		{"of another server", publish(keysOf(t, "other.example", later, "ed25519:1", public, private)), false},
		{"signed by a stranger", publish(keysOf(t, front.Name, later, "ed25519:1", public, stranger)), false},
		{"of yesterday", publish(keysOf(t, front.Name, time.Now().Add(-24*time.Hour), "ed25519:1", public, private)), false},
		{"too many", publish(many), false},
		{"nothing", publish(map[string]any{}), false},
		{"no JSON", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"server_name":`) }), false},
		{"a huge body", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat(" ", keysLimit), string(good))
		}), false},
		{"an error", http.NotFoundHandler(), false},
		{"a redirection", http.RedirectHandler("https://"+elsewhere.Name+"/", http.StatusFound), false},
		{"cut off", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			front.Lead(tt.lead)
			ring, err := keyring.OpenWith(t.Context(), storetest.SQLite(t), "own.example", keyring.Options{Fetch: newWay(t, a, front.Name, elsewhere.Name)})
			if err != nil {
				t.Fatal(err)
			}
			results, err := ring.VerifyJSONs(t.Context(), []gomatrixserverlib.VerifyJSONRequest{{
				ServerName: spec.ServerName(front.Name), AtTS: spec.AsTimestamp(time.Now()), Message: message,
			}})
			if err != nil || (results[0].Error == nil) != tt.well {
				t.Errorf("verified: %v, %v", results[0].Error, err)
			}
		})
	}
}

// TestABodyThatDoesNotEnd: whoever asks stops waiting when its time is over.
func TestABodyThatDoesNotEnd(t *testing.T) {
	a := federationtest.NewAuthority(t)
	front := a.NewFront(t)
	begun := make(chan struct{})
	front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "{")
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	if _, err := newWay(t, a, front.Name).GetServerKeys(ctx, spec.ServerName(front.Name)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyNamedServersMayBeNear(t *testing.T) {
	a := federationtest.NewAuthority(t)
	front := a.NewFront(t)
	asked := false
	front.Lead(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	for _, name := range []string{front.Name, strings.Replace(front.Name, "127.0.0.1", "localhost", 1), strings.Replace(front.Name, "127.0.0.1", "[::ffff:127.0.0.1]", 1), "10.0.0.1:22", "own.example"} {
		_, err := newWay(t, a).GetServerKeys(t.Context(), spec.ServerName(name))
		if f := fault.From(err); f.Errcode != "M_FORBIDDEN" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if asked {
		t.Error("it was reached")
	}
}

func TestWhereNamesLead(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []target
	}{
		{"1.2.3.4", []target{{"1.2.3.4:8448", "1.2.3.4", "1.2.3.4"}}},
		{"1.2.3.4:80", []target{{"1.2.3.4:80", "1.2.3.4:80", "1.2.3.4"}}},
		{"[2001:db8::1]", []target{{"[2001:db8::1]:8448", "[2001:db8::1]", "2001:db8::1"}}},
		{"[2001:db8::1]:443", []target{{"[2001:db8::1]:443", "[2001:db8::1]:443", "2001:db8::1"}}},
		{"hub.example:8448", []target{{"hub.example:8448", "hub.example:8448", "hub.example"}}},
		{"hub.example", nil},
	} {
		host, port, valid := spec.ParseAndValidateServerName(spec.ServerName(tt.name))
		if !valid {
			t.Errorf("%s is no name", tt.name)
		}
		if diff := cmp.Diff(tt.want, direct(tt.name, host, port), cmp.AllowUnexported(target{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
