package room

import (
	"context"
	"encoding/json"

	"github.com/matrix-org/gomatrixserverlib"
)

// Remote is what the rooms ask of other homeservers (Matrix Server-Server API). Each call ends with its context, and bounds what it reads. It
// is never called inside a transaction. What it gives is what a stranger says: the rooms check all of it.
type Remote interface {
	// MissingEvents asks for what lies between some events (POST …/get_missing_events).
	MissingEvents(ctx context.Context, server, roomID string, between Between) ([]json.RawMessage, error)
	// StateIDs asks for the state before an event and for what authorises it (GET …/state_ids).
	StateIDs(ctx context.Context, server, roomID, eventID string) (state, auth []string, err error)
	// StateBefore asks for the same as whole events (GET …/state).
	StateBefore(ctx context.Context, server, roomID, eventID string) (state, auth []json.RawMessage, err error)
	// OneEvent asks for an event (GET …/event).
	OneEvent(ctx context.Context, server, eventID string) (json.RawMessage, error)
	// EventAuth asks for all that authorises an event (GET …/event_auth).
	EventAuth(ctx context.Context, server, roomID, eventID string) ([]json.RawMessage, error)
	// Backfill asks for what came before some events, and these (GET …/backfill).
	Backfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error)
	// MakeMembership asks for the form of a membership event: "join", "leave" or "knock" (GET …/make_join and the like).
	MakeMembership(ctx context.Context, server, membership, roomID, user string) (Template, error)
	// SendMembership hands the signed event in (PUT …/send_join and the like).
	SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (Welcome, error)
	// Invite hands an invitation in and gives it with the other server's signature (PUT …/invite, version 2).
	Invite(ctx context.Context, server, roomID, eventID string, i Invitation) (json.RawMessage, error)
}

// Between bounds a question for missing events: those that the asking server has, those whose parents it lacks, how many, and from which depth.
type Between struct {
	Earliest []string `json:"earliest_events"`
	Latest   []string `json:"latest_events"`
	Limit    int      `json:"limit"`
	MinDepth int64    `json:"min_depth"`
}

// Template is the form of a membership event, to be filled in and signed by the server of the person.
type Template struct {
	Version string          `json:"room_version"`
	Event   json.RawMessage `json:"event"`
}

// Welcome is what a server answers to a membership event: for a join, the event as it stands now, the state before it, and what authorises that;
// for a knock, the stripped state.
type Welcome struct {
	Event    json.RawMessage   `json:"event,omitempty"`
	State    []json.RawMessage `json:"state,omitempty"`
	Auth     []json.RawMessage `json:"auth_chain,omitempty"`
	Origin   string            `json:"origin,omitempty"`
	Omitted  bool              `json:"members_omitted"`
	Stripped []json.RawMessage `json:"knock_room_state,omitempty"`
}

// Invitation is an invitation on its way to the server of the person who is invited.
type Invitation struct {
	Version  string            `json:"room_version"`
	Event    json.RawMessage   `json:"event"`
	Stripped []json.RawMessage `json:"invite_room_state"`
}

// Federate has the rooms ask other homeservers by remote, and check what other servers signed by keys. Without it they know this hub alone. It
// is called once, before the rooms are used.
func (r *Rooms) Federate(remote Remote, keys gomatrixserverlib.JSONVerifier) {
	r.remote, r.keys = remote, keys
}
