package room

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"

	"panah/hub/fault"
)

// maxID is the length in bytes of the longest id, type or state key (Matrix specification, "Size limits").
const maxID = 255

var (
	userID  = regexp.MustCompile(`^@[!-9;-~]*:[A-Za-z0-9.:\[\]-]+$`)
	roomID  = regexp.MustCompile(`^![!-9;-~]+:[A-Za-z0-9.:\[\]-]+$`)
	eventID = regexp.MustCompile(`^\$[A-Za-z0-9_+/-]+$`)
)

// check looks at a draft before anything is asked of the database, and gives its content as JSON.
func (d *Draft) check() (json.RawMessage, error) {
	switch {
	case len(d.RoomID) > maxID || !roomID.MatchString(d.RoomID):
		return nil, fault.InvalidParam("error.bad_room_id")
	case len(d.Sender) > maxID || !userID.MatchString(d.Sender):
		return nil, fault.InvalidParam("error.bad_user_id")
	case !text(d.Type) || d.Type == "":
		return nil, fault.InvalidParam("error.bad_event_type")
	case d.StateKey != nil && !text(*d.StateKey):
		return nil, fault.InvalidParam("error.bad_state_key")
	case !text(d.TxnID):
		return nil, fault.InvalidParam("error.bad_txn_id")
	case d.Type == spec.MRoomRedaction && !eventID.MatchString(d.Redacts):
		return nil, fault.InvalidParam("error.bad_event_id")
	}
	content, err := d.object()
	if err != nil {
		return nil, err
	}
	if len(content) > maxEvent {
		return nil, fault.TooLarge(maxEvent)
	}
	if err := checkRuling(d.Type, content); err != nil {
		return nil, err
	}
	return content, checkMember(d, content)
}

// checkRuling looks at what the authorization rules and the library must read alike.
func checkRuling(kind string, content json.RawMessage) error {
	known := ruling[kind]
	if known == nil {
		return nil
	}
	object := gjson.ParseBytes(content)
	if err := errors.Join(checkSpelling(object, known), checkKeys(kind, object)); err != nil {
		return fault.BadJSON().Because(err)
	}
	return nil
}

// text tells whether s fits a column: of bounded length, valid UTF-8, and without NUL, which PostgreSQL refuses.
func text(s string) bool {
	return len(s) <= maxID && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// object marshals the content and makes sure that it is an object.
func (d *Draft) object() (json.RawMessage, error) {
	raw, err := json.Marshal(d.Content)
	if err != nil {
		return nil, fault.BadJSON().Because(err)
	}
	if !utf8.Valid(raw) {
		return nil, fault.NotJSON()
	}
	if raw[0] != '{' { // what Marshal gives has no blanks before it
		return nil, fault.BadJSON()
	}
	if d.Type != spec.MRoomRedaction {
		return raw, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fault.BadJSON().Because(err)
	}
	if members["redacts"], err = json.Marshal(d.Redacts); err != nil { // room version 11 keeps it in the content
		return nil, fmt.Errorf("name the redacted event: %w", err)
	}
	return json.Marshal(members)
}

func checkMember(d *Draft, content json.RawMessage) error {
	if d.Type != spec.MRoomMember {
		return nil
	}
	if d.StateKey == nil || len(*d.StateKey) > maxID || !userID.MatchString(*d.StateKey) {
		return fault.InvalidParam("error.bad_user_id")
	}
	var c struct {
		Membership string `json:"membership"`
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return fault.BadJSON().Because(err)
	}
	switch c.Membership {
	case spec.Join, spec.Invite, spec.Leave, spec.Ban, spec.Knock:
		return nil
	}
	return fault.InvalidParam("error.bad_membership")
}

// relation reads what m.relates_to says. A relation that would not fit its column is none.
func relation(content json.RawMessage) (relatesTo, relType string) {
	var c struct {
		Relates struct {
			EventID string `json:"event_id"`
			RelType string `json:"rel_type"`
		} `json:"m.relates_to"`
	}
	if !bytes.Contains(content, []byte(`"m.relates_to"`)) { // most relate to nothing
		return "", ""
	}
	if json.Unmarshal(content, &c) != nil || !text(c.Relates.EventID) || !text(c.Relates.RelType) {
		return "", ""
	}
	return c.Relates.EventID, c.Relates.RelType
}

// annotation reads the sign of a reaction: what it annotates and with which key (Matrix, "Event annotations and reactions").
func annotation(content json.RawMessage) (event, key string) {
	var c struct {
		Relates struct {
			EventID string `json:"event_id"`
			RelType string `json:"rel_type"`
			Key     string `json:"key"`
		} `json:"m.relates_to"`
	}
	if json.Unmarshal(content, &c) != nil || c.Relates.RelType != "m.annotation" {
		return "", ""
	}
	return c.Relates.EventID, c.Relates.Key
}
