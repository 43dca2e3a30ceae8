// Package nodetest runs whole hubs for tests, and talks to them over HTTP as anybody would. Nothing in it is a stand-in.
package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"panah/hub/node"
	"panah/hub/people"
)

// Passphrase is everybody's in tests.
const Passphrase = "seven quiet mountains"

// Hub is a running hub.
type Hub struct {
	URL  string
	Node *node.Node
	stop func(t testing.TB)
}

// Stop ends the hub before the test ends.
func (h *Hub) Stop(t testing.TB) {
	t.Helper()
	h.stop(t)
}

// Start runs a hub on the database at address until the test ends. change, if given, alters the configuration.
func Start(t testing.TB, address string, change ...func(*node.Config)) *Hub {
	t.Helper()
	cfg, err := node.FromEnvironment([]string{"PORT=0", "DATABASE_URL=" + address, "PANAH_SERVER_NAME=hub.test", "PANAH_DATA=" + t.TempDir()})
	if err != nil {
		t.Fatalf("configure: %v", err)
	}
	cfg.HashCost = people.Cost{Memory: 64, Passes: 1} // the race detector makes a full one take half a second
	for _, f := range change {
		f(&cfg)
	}
	n, err := node.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	var once sync.Once
	end := func(t testing.TB) {
		once.Do(func() {
			stop()
			if err := errors.Join(<-ended, n.Close()); err != nil {
				t.Errorf("the hub did not end well: %v", err)
			}
		})
	}
	t.Cleanup(func() { end(t) })
	return &Hub{URL: n.LocalURL(), Node: n, stop: end}
}

// logWriter shows a hub's log with the test that it belongs to.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(line []byte) (int, error) {
	w.t.Log(strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

// FirstToken is the token of the link with which the first steward signs up.
func (h *Hub) FirstToken(t testing.TB) string {
	t.Helper()
	link, err := h.Node.FirstStewardLink(t.Context())
	if err != nil {
		t.Fatalf("first link: %v", err)
	}
	_, token, found := strings.Cut(link, "/#/invite/")
	if !found {
		t.Fatalf("no token in the link %q", link)
	}
	return token
}

// Client is a device of a person, or nobody yet.
type Client struct {
	URL      string
	Token    string
	UserID   string
	DeviceID string

	Secret string   // of the person's code app, for those who must have a second factor
	Codes  []string // recovery codes that were not used yet
}

// Nobody is a client that has not signed in.
func (h *Hub) Nobody() *Client { return &Client{URL: h.URL} }

// Answer is what the hub said.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
}

// Text gives a string inside the answer's JSON object, along names; "" when it is not there.
func (a Answer) Text(path ...string) string {
	s, _ := a.Value(path...).(string)
	return s
}

// Value gives what stands in the answer's JSON object along names; nil when nothing does.
func (a Answer) Value(path ...string) any {
	var value any
	if json.Unmarshal(a.Raw, &value) != nil {
		return nil
	}
	for _, name := range path {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}

// List gives a list inside the answer's JSON object.
func (a Answer) List(path ...string) []any {
	list, _ := a.Value(path...).([]any)
	return list
}

// Do sends a request. body is nil for none, []byte to send as it is, and otherwise turned into JSON.
func (c *Client) Do(t testing.TB, method, path string, body any, headers ...string) Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, reader(t, body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return Answer{response.StatusCode, response.Header, raw}
}

func reader(t testing.TB, body any) io.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case []byte:
		return bytes.NewReader(b)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return bytes.NewReader(raw)
}

// OK sends a request that must succeed.
func (c *Client) OK(t testing.TB, method, path string, body any) Answer {
	t.Helper()
	answer := c.Do(t, method, path, body)
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s: got %d %s", method, path, answer.Status, answer.Raw)
	}
	return answer
}

// Refused sends a request that must fail in this very way.
func (c *Client) Refused(t testing.TB, method, path string, body any, status int, errcode string) Answer {
	t.Helper()
	answer := c.Do(t, method, path, body)
	if answer.Status != status || answer.Text("errcode") != errcode {
		t.Errorf("%s %s: got %d %s, want %d %s", method, path, answer.Status, answer.Raw, status, errcode)
	}
	return answer
}

// M is a JSON object.
type M = map[string]any

// SignUp makes an account through Matrix's register. Stewards and administrators set a code app up, as they must before anything else.
func (h *Hub) SignUp(t testing.TB, token, user string) *Client {
	t.Helper()
	answer := h.Nobody().OK(t, "POST", "/_matrix/client/v3/register", M{
		"username": user, "password": Passphrase,
		"auth": M{"type": "m.login.registration_token", "token": token},
	})
	c := &Client{URL: h.URL, Token: answer.Text("access_token"), UserID: answer.Text("user_id"), DeviceID: answer.Text("device_id")}
	if c.OK(t, "GET", "/_panah/v1/second-factor", nil).Value("needed") == true {
		c.SetUpCodes(t)
	}
	return c
}

// SetUpCodes gives the person a code app and recovery codes.
func (c *Client) SetUpCodes(t testing.TB) {
	t.Helper()
	begun := c.OK(t, "POST", "/_panah/v1/second-factor/totp", M{})
	c.Secret = begun.Text("secret")
	code, err := totp.GenerateCode(c.Secret, time.Now())
	if err != nil {
		t.Fatalf("make a code: %v", err)
	}
	made := c.OK(t, "POST", "/_panah/v1/second-factor/totp/confirm", M{"token": begun.Text("token"), "code": code})
	for _, code := range made.List("recovery_codes") {
		c.Codes = append(c.Codes, code.(string))
	}
}

// Proved sends a request that asks who the person is once more. body has their passphrase as "auth"; where they have a second factor, that
// is shown after it.
func (c *Client) Proved(t testing.TB, method, path string, body M) Answer {
	t.Helper()
	answer := c.Do(t, method, path, body)
	if answer.Status != http.StatusUnauthorized || len(answer.List("completed")) == 0 {
		return answer
	}
	body["auth"] = M{"type": "network.panah.code", "session": answer.Text("session"), "code": c.Code(t)}
	return c.Do(t, method, path, body)
}

// Code takes one of the person's recovery codes, which always fit once. A code of the app would fit too, but once in thirty seconds alone.
func (c *Client) Code(t testing.TB) string {
	t.Helper()
	if len(c.Codes) == 0 {
		t.Fatal("the recovery codes are used up")
	}
	code := c.Codes[0]
	c.Codes = c.Codes[1:]
	return code
}

// SignIn opens another device of a person who signed up here, with their passphrase and, where they have one, their second factor.
func (h *Hub) SignIn(t testing.TB, who *Client, user string) *Client {
	t.Helper()
	asked := h.Nobody().OK(t, "POST", "/_panah/v1/sign-in", M{"user": user, "passphrase": Passphrase})
	if challenge := asked.Text("challenge", "token"); challenge != "" {
		asked = h.Nobody().OK(t, "POST", "/_panah/v1/sign-in/code", M{"challenge": challenge, "code": who.Code(t)})
	}
	c := &Client{URL: h.URL, UserID: asked.Text("user_id"), DeviceID: asked.Text("device_id"), Secret: who.Secret}
	for _, cookie := range (&http.Response{Header: asked.Header}).Cookies() {
		c.Token = cookie.Value
	}
	return c
}

// Invite has a steward or an organisation's admin make an invitation, and gives its token. organisation may be "".
func (c *Client) Invite(t testing.TB, organisation, role string) string {
	t.Helper()
	wish := M{"role": role, "language": "en"}
	if organisation != "" {
		wish["organisation_id"] = organisation
	}
	return c.OK(t, "POST", "/_panah/v1/invitations", wish).Text("token")
}

// Organisation has a steward admit an organisation, and gives its id.
func (c *Client) Organisation(t testing.TB, name, kind, country string) string {
	t.Helper()
	made := c.OK(t, "POST", "/_panah/v1/organisations", M{"name": name, "kind": kind, "country": country})
	id := made.Text("id")
	if made.Text("standing") != "vetted" {
		c.OK(t, "POST", "/_panah/v1/organisations/"+url.PathEscape(id)+"/standing", M{"standing": "vetted"})
	}
	return id
}
