package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/matrix-org/gomatrixserverlib/fclient"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/outside"
)

// bound is how large an answer may be, in bytes, and how long it may take in all.
type bound struct {
	size int64
	time time.Duration
}

var (
	small  = bound{1 << 20, 20 * time.Second}
	events = bound{16 << 20, time.Minute} // of a few hundred events
)

// Client asks other servers, signed in this hub's name. It is safe for concurrent use.
type Client struct {
	ring *keyring.Ring
	http http.Client
}

// NewClient makes a client that goes a way.
func NewClient(ring *keyring.Ring, way *Way) *Client {
	return &Client{ring: ring, http: http.Client{Transport: way, CheckRedirect: stay}}
}

// Refusal is what another server answers instead of what was asked for.
type Refusal struct {
	Status  int
	Errcode string // may be ""
	Message string // its words, cut short: for the log alone
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the server answered %d %s %q", r.Status, r.Errcode, r.Message)
}

// messageMost bounds what is kept of a server's words, in bytes.
const messageMost = 200

func refusalOf(status int, raw []byte) error {
	var said struct {
		Errcode string `json:"errcode"`
		Error   string `json:"error"`
	}
	_ = json.Unmarshal(raw, &said) // whatever else it is, the status says enough
	cut := func(text string) string { return strings.ToValidUTF8(text[:min(len(text), messageMost)], "") }
	return &Refusal{status, cut(said.Errcode), cut(said.Error)}
}

// shown is what a person is told of an error of another server: not found and forbidden as they are, and that it cannot be reached.
func shown(err error) error {
	var refusal *Refusal
	var own *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return err
	case errors.As(err, &refusal) && refusal.Status == http.StatusNotFound:
		return fault.NotFound("error.federation_not_found").Because(err)
	case errors.As(err, &refusal) && refusal.Status == http.StatusForbidden:
		return fault.Forbidden("error.federation_forbidden").Because(err)
	}
	return fault.New(http.StatusBadGateway, "M_UNKNOWN", "error.federation_unreachable").Because(err)
}

// path writes a path from its parts, each of them escaped.
func path(version string, parts ...string) string {
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return "/_matrix/federation/" + version + "/" + strings.Join(parts, "/")
}

// do sends a signed request, with a body unless it is nil, and gives what came back, unread.
func (c *Client) do(ctx context.Context, server, method, uri string, body any) (*http.Response, error) {
	if !validServer(server) {
		return nil, fault.InvalidParam("error.unknown_server")
	}
	own := spec.ServerName(c.ring.ServerName())
	request := fclient.NewFederationRequest(method, own, spec.ServerName(server), uri)
	if body != nil {
		if err := request.SetContent(body); err != nil {
			return nil, fmt.Errorf("write a request: %w", err)
		}
	}
	id, key := c.ring.Current()
	if err := request.Sign(own, id, key); err != nil {
		return nil, fmt.Errorf("sign a request: %w", err)
	}
	made, err := request.HTTPRequest()
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	made.Header.Set("User-Agent", program)
	return c.http.Do(made.WithContext(ctx))
}

// ask sends a signed request and decodes the answer into out. It is a *Refusal when the server answers with an error.
func (c *Client) ask(ctx context.Context, server, method, uri string, body, out any, b bound) error {
	ctx, cancel := context.WithTimeout(ctx, b.time)
	defer cancel()
	response, err := c.do(ctx, server, method, uri, body)
	if err != nil {
		return err
	}
	raw, err := outside.Body(response, b.size)
	if err != nil {
		return fmt.Errorf("hear %s: %w", server, err)
	}
	if response.StatusCode/100 != 2 {
		return refusalOf(response.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", server, err)
	}
	return nil
}

// IsHub asks a server whether it is a hub as this one ("Server Implementation"). What does not say so is none.
func (c *Client) IsHub(ctx context.Context, server string) (bool, error) {
	var v struct {
		Server struct {
			Name string `json:"name"`
		} `json:"server"`
	}
	err := c.ask(ctx, server, http.MethodGet, path("v1", "version"), nil, &v, small)
	return v.Server.Name == program, err
}

// QueryProfile asks a person's server for their name and picture ("Querying for information"). What is no name and no picture is "".
func (c *Client) QueryProfile(ctx context.Context, server, userID string) (name, avatarURL string, err error) {
	var p struct {
		Name      string `json:"displayname"`
		AvatarURL string `json:"avatar_url"`
	}
	err = c.ask(ctx, server, http.MethodGet, path("v1", "query", "profile")+"?"+url.Values{"user_id": {userID}}.Encode(), nil, &p, small)
	if len(p.Name) > maxID {
		p.Name = ""
	}
	if len(p.AvatarURL) > maxID || !strings.HasPrefix(p.AvatarURL, "mxc://") {
		p.AvatarURL = ""
	}
	return p.Name, p.AvatarURL, shown(err)
}

// serversMost bounds the servers that are remembered of an answer.
const serversMost = 50

// LookUpAlias asks an alias's server for its room, and for servers by which one can join it ("Querying for information").
func (c *Client) LookUpAlias(ctx context.Context, server, alias string) (roomID string, servers []string, err error) {
	var l struct {
		RoomID  string   `json:"room_id"`
		Servers []string `json:"servers"`
	}
	err = c.ask(ctx, server, http.MethodGet, path("v1", "query", "directory")+"?"+url.Values{"room_alias": {alias}}.Encode(), nil, &l, small)
	if err == nil && (len(l.RoomID) > maxID || !strings.HasPrefix(l.RoomID, "!")) {
		err = errors.New("the server gave no room's id")
	}
	for _, name := range l.Servers[:min(len(l.Servers), serversMost)] {
		if validServer(name) {
			servers = append(servers, name)
		}
	}
	if !slices.Contains(servers, server) {
		servers = append(servers, server)
	}
	return l.RoomID, servers, shown(err)
}

// PublicRooms asks for a page of a server's directory, and gives it as it came ("Public room directory"). limit is 0 for as many as
// the server likes.
func (c *Client) PublicRooms(ctx context.Context, server string, limit int, since string, filter json.RawMessage) (page json.RawMessage, err error) {
	wish := map[string]any{}
	if limit > 0 {
		wish["limit"] = limit
	}
	if since != "" {
		wish["since"] = since
	}
	if len(filter) > 0 {
		wish["filter"] = filter
	}
	err = c.ask(ctx, server, http.MethodPost, path("v1", "publicRooms"), wish, &page, small)
	return page, shown(err)
}

// Hierarchy asks for a space and what is right below it, and gives it as it came ("Spaces").
func (c *Client) Hierarchy(ctx context.Context, server, roomID string, suggested bool) (page json.RawMessage, err error) {
	err = c.ask(ctx, server, http.MethodGet, path("v1", "hierarchy", roomID)+"?suggested_only="+strconv.FormatBool(suggested), nil, &page, small)
	return page, shown(err)
}

// QueryKeys asks for devices' identity keys, and gives them as they came ("End-to-End Encryption"). wish is the request's body.
func (c *Client) QueryKeys(ctx context.Context, server string, wish any) (answer json.RawMessage, err error) {
	err = c.ask(ctx, server, http.MethodPost, path("v1", "user", "keys", "query"), wish, &answer, events)
	return answer, err
}

// ClaimKeys takes one-time keys, and gives them as they came.
func (c *Client) ClaimKeys(ctx context.Context, server string, wish any) (answer json.RawMessage, err error) {
	err = c.ask(ctx, server, http.MethodPost, path("v1", "user", "keys", "claim"), wish, &answer, events)
	return answer, err
}

// Devices asks for all devices of a person, and gives them as they came ("Device Management").
func (c *Client) Devices(ctx context.Context, server, userID string) (answer json.RawMessage, err error) {
	err = c.ask(ctx, server, http.MethodGet, path("v1", "user", "devices", userID), nil, &answer, small)
	return answer, err
}

// Transaction is one delivery to a server ("Transactions"). Its id is the same whenever it is sent again.
type Transaction struct {
	ID   string            `json:"-"`
	PDUs []json.RawMessage `json:"pdus"`
	EDUs []json.RawMessage `json:"edus,omitempty"`
	From string            `json:"origin"`
	At   int64             `json:"origin_server_ts"` // Unix milliseconds
}

// Send delivers a transaction, and gives what the server said about events that it refuses, by event id.
func (c *Client) Send(ctx context.Context, server string, t Transaction) (refused map[string]string, err error) {
	var answer struct {
		PDUs map[string]struct {
			Error string `json:"error"`
		} `json:"pdus"`
	}
	if t.PDUs == nil {
		t.PDUs = []json.RawMessage{}
	}
	if err := c.ask(ctx, server, http.MethodPut, path("v1", "send", t.ID), t, &answer, bound{small.size, time.Minute}); err != nil {
		return nil, err
	}
	refused = map[string]string{}
	for id, result := range answer.PDUs {
		if result.Error != "" {
			refused[id] = result.Error
		}
	}
	return refused, nil
}
