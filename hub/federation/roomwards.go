package federation

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"panah/hub/fault"
	"panah/hub/room"
)

// wholeRoom bounds an answer that holds the state of a room: some 50,000 events.
var wholeRoom = bound{64 << 20, 3 * time.Minute}

var _ room.Remote = (*Client)(nil)

// roomVersion is the one that this hub knows.
const roomVersion = string(room.Version)

// MissingEvents asks for what lies between some events ("Retrieving events").
func (c *Client) MissingEvents(ctx context.Context, server, roomID string, between room.Between) ([]json.RawMessage, error) {
	var answer struct {
		Events []json.RawMessage `json:"events"`
	}
	err := c.ask(ctx, server, http.MethodPost, path("v1", "get_missing_events", roomID), between, &answer, events)
	return answer.Events, shown(err)
}

// StateIDs asks for the state before an event, and for what authorises it, by ids.
func (c *Client) StateIDs(ctx context.Context, server, roomID, eventID string) (state, auth []string, err error) {
	var answer struct {
		State []string `json:"pdu_ids"`
		Auth  []string `json:"auth_chain_ids"`
	}
	err = c.ask(ctx, server, http.MethodGet, path("v1", "state_ids", roomID)+about(eventID), nil, &answer, events)
	return answer.State, answer.Auth, shown(err)
}

// about names an event in an address.
func about(eventID string) string { return "?" + url.Values{"event_id": {eventID}}.Encode() }

// StateBefore asks for the state before an event, and for what authorises it.
func (c *Client) StateBefore(ctx context.Context, server, roomID, eventID string) (state, auth []json.RawMessage, err error) {
	var answer struct {
		State []json.RawMessage `json:"pdus"`
		Auth  []json.RawMessage `json:"auth_chain"`
	}
	err = c.ask(ctx, server, http.MethodGet, path("v1", "state", roomID)+about(eventID), nil, &answer, wholeRoom)
	return answer.State, answer.Auth, shown(err)
}

// OneEvent asks for an event.
func (c *Client) OneEvent(ctx context.Context, server, eventID string) (json.RawMessage, error) {
	var answer struct {
		PDUs []json.RawMessage `json:"pdus"`
	}
	err := c.ask(ctx, server, http.MethodGet, path("v1", "event", eventID), nil, &answer, small)
	if err == nil && len(answer.PDUs) != 1 {
		err = errors.New("the server gave not one event")
	}
	if err != nil {
		return nil, shown(err)
	}
	return answer.PDUs[0], nil
}

// EventAuth asks for all that authorises an event.
func (c *Client) EventAuth(ctx context.Context, server, roomID, eventID string) ([]json.RawMessage, error) {
	var answer struct {
		Auth []json.RawMessage `json:"auth_chain"`
	}
	err := c.ask(ctx, server, http.MethodGet, path("v1", "event_auth", roomID, eventID), nil, &answer, events)
	return answer.Auth, shown(err)
}

// Backfill asks for what came before some events, and these.
func (c *Client) Backfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error) {
	var answer struct {
		PDUs []json.RawMessage `json:"pdus"`
	}
	query := url.Values{"v": from, "limit": {strconv.Itoa(limit)}}
	err := c.ask(ctx, server, http.MethodGet, path("v1", "backfill", roomID)+"?"+query.Encode(), nil, &answer, events)
	return answer.PDUs, shown(err)
}

// MakeMembership asks for the form of a membership event: "join", "leave" or "knock" ("Joining Rooms" and the like).
func (c *Client) MakeMembership(ctx context.Context, server, membership, roomID, user string) (t room.Template, err error) {
	uri := path("v1", "make_"+membership, roomID, user)
	if membership != "leave" {
		uri += "?" + url.Values{"ver": {roomVersion}}.Encode()
	}
	err = c.ask(ctx, server, http.MethodGet, uri, nil, &t, small)
	return t, refusedEntry(err)
}

// refusedEntry is what a person is told when another server does not let them in.
func refusedEntry(err error) error {
	var refusal *Refusal
	if errors.As(err, &refusal) && refusal.Errcode == "M_INCOMPATIBLE_ROOM_VERSION" {
		return fault.New(http.StatusBadRequest, refusal.Errcode, "error.channel_version", "Version", roomVersion).Because(err)
	}
	return shown(err)
}

// SendMembership hands a signed membership event in.
func (c *Client) SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (w room.Welcome, err error) {
	version := "v2"
	if membership == "knock" {
		version = "v1"
	}
	err = c.ask(ctx, server, http.MethodPut, path(version, "send_"+membership, roomID, eventID), event, &w, wholeRoom)
	return w, refusedEntry(err)
}

// Invite hands an invitation in, and gives it with the other server's signature ("Inviting to a room", version 2).
func (c *Client) Invite(ctx context.Context, server, roomID, eventID string, i room.Invitation) (json.RawMessage, error) {
	var answer struct {
		Event json.RawMessage `json:"event"`
	}
	err := c.ask(ctx, server, http.MethodPut, path("v2", "invite", roomID, eventID), i, &answer, small)
	return answer.Event, refusedEntry(err)
}
