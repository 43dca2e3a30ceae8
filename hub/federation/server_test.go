package federation

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/fclient"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/endpoint"
	"panah/hub/keyring"
	"panah/hub/store/storetest"
)

// hub is one homeserver's doors and keys.
type hub struct {
	*Server
	web *httptest.Server
}

// plainly asks servers for their keys at their test address, without TLS.
type plainly map[spec.ServerName]string

func (p plainly) GetServerKeys(ctx context.Context, name spec.ServerName) (keys gomatrixserverlib.ServerKeys, err error) {
	request, err := http.NewRequestWithContext(ctx, "GET", p[name]+"/_matrix/key/v2/server", nil)
	if err != nil {
		return keys, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return keys, err
	}
	defer response.Body.Close()
	return keys, json.NewDecoder(response.Body).Decode(&keys)
}

// echo is a door that tells what it was given.
func echo(c *Call) (any, error) {
	return map[string]any{"origin": c.Origin, "name": c.Path("name"), "body": json.RawMessage(c.Body)}, nil
}

func openHub(t testing.TB, name string, allow []string, where plainly, now func() time.Time) *hub {
	t.Helper()
	list, err := ParseAllow(allow)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.OpenWith(t.Context(), storetest.SQLite(t), name, keyring.Options{Fetch: where, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{Server: NewServer(Deps{Ring: ring, Allow: list, Version: "test", PublicURL: "https://hub.example", Now: now})}
	h.mux = h.router(append(h.routes(), route{"PUT", "/_matrix/federation/v1/echo/{name}", proven, 0, echo}))
	h.web = httptest.NewServer(h)
	t.Cleanup(h.web.Close)
	where[spec.ServerName(name)] = h.web.URL
	return h
}

// signed is a request of one hub to another.
func (h *hub) signed(t testing.TB, to, method, path string, body any) *http.Request {
	t.Helper()
	id, key := h.Ring.Current()
	return signedWith(t, h.name, id, key, to, method, path, body)
}

func signedWith(t testing.TB, from string, id gomatrixserverlib.KeyID, key ed25519.PrivateKey, to, method, path string, body any) *http.Request {
	t.Helper()
	request := fclient.NewFederationRequest(method, spec.ServerName(from), spec.ServerName(to), path)
	if body != nil {
		if err := request.SetContent(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := request.Sign(spec.ServerName(from), id, key); err != nil {
		t.Fatal(err)
	}
	made, err := request.HTTPRequest()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// send brings a request to a hub, and gives the status and the body.
func (h *hub) send(t testing.TB, request *http.Request) (int, map[string]any) {
	t.Helper()
	u := h.web.URL + request.URL.RequestURI()
	sent, err := http.NewRequestWithContext(t.Context(), request.Method, u, request.Body)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = request.Header
	response, err := http.DefaultClient.Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]any
	raw, err := io.ReadAll(response.Body)
	if err != nil || json.Unmarshal(raw, &body) != nil {
		t.Fatalf("answered %q, %v", raw, err)
	}
	return response.StatusCode, body
}

func (h *hub) refuses(t testing.TB, request *http.Request, status int, errcode string) {
	t.Helper()
	if got, body := h.send(t, request); got != status || body["errcode"] != errcode {
		t.Errorf("got %d %v, want %d %s", got, body, status, errcode)
	}
}

const echoPath = "/_matrix/federation/v1/echo/%23a%2Fb?x=1%202"

// pair is a hub that a peer may reach.
func pair(t testing.TB) (here, peer *hub) {
	where := plainly{}
	return openHub(t, "here.example", []string{"peer.example"}, where, nil), openHub(t, "peer.example", []string{"*"}, where, nil)
}

func TestWhoSignedIsLetIn(t *testing.T) {
	here, peer := pair(t)
	for range 2 {
		status, body := here.send(t, peer.signed(t, here.name, "PUT", echoPath, map[string]any{"a": 1, "b": "ü<"}))
		inner, _ := body["body"].(map[string]any)
		if status != 200 || body["origin"] != peer.name || body["name"] != "#a/b" || inner["b"] != "ü<" {
			t.Errorf("got %d %v", status, body)
		}
	}
}

func TestWhoDidNotSignIsRefused(t *testing.T) {
	here, peer := pair(t)
	body := map[string]any{"a": 1}
	good := func() *http.Request { return peer.signed(t, here.name, "PUT", echoPath, body) }
	id, own := peer.Ring.Current()
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(r *http.Request)) *http.Request {
		r := good()
		change(r)
		return r
	}
	header := func(value ...string) *http.Request {
		return changed(func(r *http.Request) { r.Header["Authorization"] = value })
	}
	proof := good().Header.Get("Authorization")
	const no = "M_UNAUTHORIZED"
	tests := []struct {
		name    string
		request *http.Request
		status  int
		errcode string
	}{
		{"another key", signedWith(t, peer.name, id, stranger, here.name, "PUT", echoPath, body), 401, no},
		{"an unknown key", signedWith(t, peer.name, "ed25519:other", stranger, here.name, "PUT", echoPath, body), 401, no},
		{"another body", changed(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"a":2}`)) }), 401, no},
		{"another address", changed(func(r *http.Request) { r.URL.RawQuery = "x=2" }), 401, no},
		{"for another server", signedWith(t, peer.name, id, own, "else.example", "PUT", echoPath, body), 401, no},
		{"for another server, unsaid", header(strings.Replace(peer.signed(t, "else.example", "PUT", echoPath, body).Header.Get("Authorization"), `,destination="else.example"`, "", 1)), 401, no},
		{"from nobody on the list", signedWith(t, "else.example", id, own, here.name, "PUT", echoPath, body), 403, "M_FORBIDDEN"},
		{"from this hub itself", here.signed(t, here.name, "PUT", echoPath, body), 403, "M_FORBIDDEN"},
		{"without a proof", header(), 401, no},
		{"with a token", header("Bearer abc"), 401, no},
		{"five proofs", header(proof, proof, proof, proof, proof), 401, no},
		{"two origins", header(proof, strings.Replace(proof, "peer", "pear", 1)), 401, no},
		{"a huge proof", header(proof + `,x="` + strings.Repeat("y", 2000) + `"`), 401, no},
		{"a parameter twice", header(proof + `,key="ed25519:b"`), 401, no},
		{"no JSON", changed(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"a"`)) }), 400, "M_NOT_JSON"},
		{"a body too large", changed(func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(make([]byte, endpoint.MaxBody+1))) }), 413, "M_TOO_LARGE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { here.refuses(t, tt.request, tt.status, tt.errcode) })
	}
	if status, body := here.send(t, good()); status != 200 {
		t.Errorf("the good one: %d %v", status, body)
	}
}

func TestProofsAreReadAsTheyAreWritten(t *testing.T) {
	want := proof{"a.example:8448", "b.example", "ed25519:1", "x+/"}
	for _, header := range []string{
		`X-Matrix origin="a.example:8448",destination="b.example",key="ed25519:1",sig="x+/"`,
		`x-matrix sig=x+/, KEY="ed25519:1" , destination = "b.example",later="1",origin=a.example:8448`,
	} {
		if got, err := parseProof(header); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", header, got, err)
		}
	}
}

func FuzzProof(f *testing.F) {
	f.Add(`X-Matrix origin="a.example",destination="b.example",key="ed25519:1",sig="x"`)
	f.Add(`X-Matrix origin=a,key=b,sig="`)
	f.Add(`X-Matrix ,,=`)
	f.Fuzz(func(t *testing.T, header string) {
		p, err := parseProof(header)
		if err == nil && (p.origin == "" || p.key == "" || p.sig == "" || strings.ContainsAny(p.origin+p.key+p.sig+p.destination, " \"\\\n")) {
			t.Errorf("%q was read as %+v", header, p)
		}
	})
}

func TestDoorsThatAreNone(t *testing.T) {
	here, peer := pair(t)
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/_matrix/federation/v1/nothing", 404},
		{"GET", "/_matrix/federation//v1/version", 404},
		{"POST", "/_matrix/federation/v1/version", 405},
		{"BREW", "/_matrix/federation/v1/version", 405},
		{"POST", echoPath, 405},
	} {
		here.refuses(t, peer.signed(t, here.name, tt.method, tt.path, nil), tt.status, "M_UNRECOGNIZED")
	}
	for _, path := range []string{"/_matrix/federation/v1/version", "/.well-known/matrix/server", "/_matrix/key/v2/server"} {
		request := httptest.NewRequest("GET", path, nil)
		if status, body := here.send(t, request); status != 200 {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}

// TestKeysOfLongAgo: what a server published holds for as long as it said, and a week at the most.
func TestKeysOfLongAgo(t *testing.T) {
	later := time.Duration(0)
	clock := func() time.Time { return time.Now().Add(later) }
	where := plainly{}
	here, peer := openHub(t, "here.example", []string{"*"}, where, clock), openHub(t, "peer.example", []string{"*"}, where, nil)
	ask := func() *http.Request { return peer.signed(t, here.name, "PUT", echoPath, map[string]any{}) }
	if status, body := here.send(t, ask()); status != 200 {
		t.Fatalf("got %d %v", status, body)
	}
	peer.web.Close()
	later = keysHold - time.Hour
	if status, body := here.send(t, ask()); status != 200 {
		t.Errorf("while the keys hold: %d %v", status, body)
	}
	later = keysHold + time.Hour
	here.refuses(t, ask(), 401, "M_UNAUTHORIZED")
}

func parsedPDU(raw []byte) (gomatrixserverlib.PDU, error) {
	return gomatrixserverlib.MustGetRoomVersion(gomatrixserverlib.RoomVersionV11).NewEventFromTrustedJSON(raw, false)
}
