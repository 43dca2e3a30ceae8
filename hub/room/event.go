package room

import (
	"encoding/json"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// Event is an event of the log.
type Event struct {
	Position   store.Position
	ID         string
	RoomID     string
	Type       string
	Sender     string
	StateKey   *string // nil for what is not state
	OriginTS   int64   // Unix milliseconds, by the sending server's clock
	Depth      int64
	Content    json.RawMessage
	Redacts    string // the event that a redaction redacts
	RelatesTo  string // the event that m.relates_to names
	RelType    string // and how, such as m.thread
	RedactedBy string // the redaction that emptied this event
	Purged     bool   // it was emptied because its room keeps it no longer; nobody is shown it
	PDU        []byte // the signed event as it federates
}

// Unsigned is what the hub adds for a reader; it is not signed.
type Unsigned struct {
	TransactionID   string                     `json:"transaction_id,omitempty"`
	PrevContent     json.RawMessage            `json:"prev_content,omitempty"`
	ReplacesState   string                     `json:"replaces_state,omitempty"`
	RedactedBecause json.RawMessage            `json:"redacted_because,omitempty"`
	Membership      string                     `json:"membership,omitempty"`
	Relations       map[string]json.RawMessage `json:"m.relations,omitempty"`
}

func (u *Unsigned) empty() bool {
	return u == nil || u.TransactionID == "" && u.PrevContent == nil && u.ReplacesState == "" && u.RedactedBecause == nil &&
		u.Membership == "" && len(u.Relations) == 0
}

// clientEvent is the form of Matrix Client-Server API, "Room event format".
type clientEvent struct {
	Content  json.RawMessage `json:"content"`
	EventID  string          `json:"event_id"`
	OriginTS int64           `json:"origin_server_ts"`
	Redacts  string          `json:"redacts,omitempty"`
	RoomID   string          `json:"room_id,omitempty"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key,omitempty"`
	Type     string          `json:"type"`
	Unsigned *Unsigned       `json:"unsigned,omitempty"`
}

// Format says how a client wants to read an event.
type Format struct {
	TransactionID string // of the device that sent it, for that device alone
	WithoutRoomID bool   // where the room's id stands beside the event, as in /sync
	Unsigned      Unsigned
}

// ClientJSON is the event as clients read it (Matrix Client-Server API, "Room event format").
func (e *Event) ClientJSON(f Format) json.RawMessage {
	out := clientEvent{Content: e.Content, EventID: e.ID, OriginTS: e.OriginTS, Redacts: e.Redacts, Sender: e.Sender, StateKey: e.StateKey, Type: e.Type}
	if !f.WithoutRoomID {
		out.RoomID = e.RoomID
	}
	if f.TransactionID != "" {
		f.Unsigned.TransactionID = f.TransactionID
	}
	if u := f.Unsigned; !u.empty() {
		out.Unsigned = &u
	}
	raw, err := json.Marshal(out)
	if err != nil { // content was checked to be JSON when the event was appended
		return json.RawMessage(`{}`)
	}
	return raw
}

// eventOf is an event that is parsed already, as it comes to stand at a position.
func eventOf(at store.Position, pdu gomatrixserverlib.PDU) *Event {
	e := &Event{Position: at, ID: pdu.EventID(), RoomID: pdu.RoomID().String(), Type: pdu.Type(), Sender: string(pdu.SenderID()), StateKey: pdu.StateKey(),
		OriginTS: int64(pdu.OriginServerTS()), Depth: pdu.Depth(), Content: pdu.Content(), PDU: pdu.JSON()}
	e.Redacts = redacted(e)
	return e
}

// pduFields are the parts of a stored event that we read back.
type pduFields struct {
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	RoomID   string          `json:"room_id"`
	StateKey *string         `json:"state_key"`
	OriginTS int64           `json:"origin_server_ts"`
	Depth    int64           `json:"depth"`
	Content  json.RawMessage `json:"content"`
}

// decode fills in what the columns do not hold.
func (e *Event) decode() error {
	var f pduFields
	if err := json.Unmarshal(e.PDU, &f); err != nil {
		return fmt.Errorf("read event %s: %w", e.ID, err)
	}
	e.Type, e.Sender, e.RoomID, e.StateKey = f.Type, f.Sender, f.RoomID, f.StateKey
	e.OriginTS, e.Depth, e.Content = f.OriginTS, f.Depth, f.Content
	e.Redacts = redacted(e)
	return nil
}

// redacted is the event that a redaction names in its content (Matrix, room version 11).
func redacted(e *Event) string {
	var c struct {
		Redacts string `json:"redacts"`
	}
	if e.Type != spec.MRoomRedaction || json.Unmarshal(e.Content, &c) != nil {
		return ""
	}
	return c.Redacts
}
