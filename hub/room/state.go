package room

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/store"
)

// authState is the part of a room's present state that one event must be checked against; it is the library's AuthEventProvider too.
type authState struct {
	byKey map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU
}

func (a *authState) find(eventType, key string) (gomatrixserverlib.PDU, error) {
	return a.byKey[gomatrixserverlib.StateKeyTuple{EventType: eventType, StateKey: key}], nil
}

// Create, JoinRules, PowerLevels, Member, ThirdPartyInvite and Valid are what the library asks for.
func (a *authState) Create() (gomatrixserverlib.PDU, error) { return a.find(spec.MRoomCreate, "") }

// JoinRules gives the room's join rules.
func (a *authState) JoinRules() (gomatrixserverlib.PDU, error) {
	return a.find(spec.MRoomJoinRules, "")
}

// PowerLevels gives the room's power levels.
func (a *authState) PowerLevels() (gomatrixserverlib.PDU, error) {
	return a.find(spec.MRoomPowerLevels, "")
}

// Member gives a person's membership event.
func (a *authState) Member(key spec.SenderID) (gomatrixserverlib.PDU, error) {
	return a.find(spec.MRoomMember, string(key))
}

// ThirdPartyInvite gives an invitation by a third party's token.
func (a *authState) ThirdPartyInvite(key string) (gomatrixserverlib.PDU, error) {
	return a.find(spec.MRoomThirdPartyInvite, key)
}

// Valid: all events are of one room, because they were read for one.
func (a *authState) Valid() bool { return true }

func (a *authState) membership(user string) string {
	pdu, _ := a.find(spec.MRoomMember, user) // it never fails
	if pdu == nil {
		return ""
	}
	return member(contentOf(pdu), "membership").Str
}

// authState is what is needed of the present state: what the room's tip remembers, and the rest from the database, parsing only what is not
// known yet.
func (r *Rooms) authState(tx *store.Tx, roomID string, needed gomatrixserverlib.StateNeeded) (*authState, error) {
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return nil, err
	}
	a := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	var unknown []gomatrixserverlib.StateKeyTuple
	for _, key := range needed.Tuples() {
		if pdu, known := of.at(key); !known {
			unknown = append(unknown, key)
		} else if pdu != nil {
			a.byKey[key] = pdu
		}
	}
	if len(unknown) == 0 {
		return a, nil
	}
	if err := r.readState(tx, a, roomID, unknown); err != nil {
		return nil, err
	}
	for _, key := range unknown {
		r.tips.keep(of, key, a.byKey[key])
	}
	return a, nil
}

// readState adds what stands under the keys.
func (r *Rooms) readState(tx *store.Tx, a *authState, roomID string, keys []gomatrixserverlib.StateKeyTuple) error {
	query, args := stateQuery(roomID, keys)
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	missing := map[string]gomatrixserverlib.StateKeyTuple{}
	for rows.Next() {
		var key gomatrixserverlib.StateKeyTuple
		var id string
		if err := rows.Scan(&key.EventType, &key.StateKey, &id); err != nil {
			return fmt.Errorf("read the state: %w", err)
		}
		if pdu := r.parsed.get(id); pdu != nil {
			a.byKey[key] = pdu
			continue
		}
		missing[id] = key
	}
	return errors.Join(rows.Err(), rows.Close(), r.loadInto(tx, a, missing))
}

func (r *Rooms) loadInto(tx *store.Tx, a *authState, missing map[string]gomatrixserverlib.StateKeyTuple) error {
	for id, key := range missing {
		e, err := r.EventByID(tx, id)
		if err != nil {
			return err
		}
		pdu, err := parse(e.PDU, id)
		if err != nil {
			return err
		}
		r.parsed.put(id, pdu)
		a.byKey[key] = pdu
	}
	return nil
}

func stateQuery(roomID string, keys []gomatrixserverlib.StateKeyTuple) (query string, args []any) {
	args = append(args, roomID)
	var or []string
	for _, k := range keys {
		or = append(or, fmt.Sprintf("(type = $%d AND state_key = $%d)", len(args)+1, len(args)+2))
		args = append(args, k.EventType, k.StateKey)
	}
	if len(or) == 0 {
		or = []string{"FALSE"}
	}
	return `SELECT type, state_key, event_id FROM room_state WHERE room_id = $1 AND until_position IS NULL AND (` +
		strings.Join(or, " OR ") + `)`, args
}

const eventColumns = `e.position, e.event_id, e.pdu, e.relates_to, e.rel_type, e.redacted_by, e.purged`

// scanner is a row or rows.
type scanner interface{ Scan(dest ...any) error }

func scanEvent(row scanner) (*Event, error) {
	var e Event
	if err := row.Scan(&e.Position, &e.ID, &e.PDU, &e.RelatesTo, &e.RelType, &e.RedactedBy, &e.Purged); err != nil {
		return nil, err
	}
	return &e, e.decode()
}

func queryEvents(tx *store.Tx, query string, args ...any) ([]Event, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
		events = append(events, *e)
	}
	return events, rows.Err()
}

// EventByID gives an event, whoever asks; see ReadableEvent for who may. It is error.unknown_event when there is none.
func (r *Rooms) EventByID(tx *store.Tx, id string) (*Event, error) {
	e, err := scanEvent(tx.QueryRow(`SELECT `+eventColumns+` FROM events e WHERE e.event_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.NotFound("error.unknown_event")
	}
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", id, err)
	}
	return e, nil
}

// State is the whole present state, in the order in which it came to stand.
func (r *Rooms) State(tx *store.Tx, roomID string) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.until_position IS NULL ORDER BY e.position`, roomID)
}

// StateAt is the state as it stood after the event at a position.
func (r *Rooms) StateAt(tx *store.Tx, roomID string, at store.Position) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.from_position <= $2 AND (s.until_position IS NULL OR s.until_position > $2) ORDER BY e.position`, roomID, at)
}

// StateEvent is one event of the present state, or nil.
func (r *Rooms) StateEvent(tx *store.Tx, roomID, eventType, key string) (*Event, error) {
	e, err := scanEvent(tx.QueryRow(`SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.type = $2 AND s.state_key = $3 AND s.until_position IS NULL`, roomID, eventType, key))
	return oneOrNone(e, roomID, err)
}

// StateEventAt is one event of the state as it stood after a position, or nil.
func (r *Rooms) StateEventAt(tx *store.Tx, roomID, eventType, key string, at store.Position) (*Event, error) {
	e, err := scanEvent(tx.QueryRow(`SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.type = $2 AND s.state_key = $3 AND s.from_position <= $4
		AND (s.until_position IS NULL OR s.until_position > $4)`, roomID, eventType, key, at))
	return oneOrNone(e, roomID, err)
}

// StateBetween is the state that was set after one position and stands after another.
func (r *Rooms) StateBetween(tx *store.Tx, roomID string, after, at store.Position) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.from_position > $2 AND s.from_position <= $3
		AND (s.until_position IS NULL OR s.until_position > $3) ORDER BY e.position`, roomID, after, at)
}

func oneOrNone(e *Event, roomID string, err error) (*Event, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", roomID, err)
	}
	return e, nil
}
