package room

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/store"
)

// stateMap is a state by the ids of its events.
type stateMap map[gomatrixserverlib.StateKeyTuple]string

func keyTuple(pdu gomatrixserverlib.PDU) gomatrixserverlib.StateKeyTuple {
	return gomatrixserverlib.StateKeyTuple{EventType: pdu.Type(), StateKey: *pdu.StateKey()}
}

// after is the state after an event, from the state before it.
func after(before stateMap, pdu gomatrixserverlib.PDU) stateMap {
	if pdu.StateKey() == nil {
		return before
	}
	state := maps.Clone(before)
	state[keyTuple(pdu)] = pdu.EventID()
	return state
}

// ids are the state's events, in a fixed order.
func (s stateMap) ids() []string { return slices.Sorted(maps.Values(s)) }

// change is what one key says in another state; id is "" where it says nothing.
type change struct {
	gomatrixserverlib.StateKeyTuple
	id string
}

// changes lead from s to the other state, in a fixed order.
func (s stateMap) changes(to stateMap) []change {
	var all []change
	for key, id := range to {
		if s[key] != id {
			all = append(all, change{key, id})
		}
	}
	for key := range s {
		if _, stays := to[key]; !stays {
			all = append(all, change{key, ""})
		}
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.EventType, b.EventType), cmp.Compare(a.StateKey, b.StateKey))
	})
	return all
}

// stateIDs is the room's state as it stood here after a position; see ruledIDs for what other servers are told.
func stateIDs(tx *store.Tx, roomID string, at store.Position) (stateMap, error) {
	return idsOf(tx, `SELECT type, state_key, event_id FROM room_state
		WHERE room_id = $1 AND from_position <= $2 AND (until_position IS NULL OR until_position > $2)`, roomID, at)
}

func idsOf(tx *store.Tx, query string, args ...any) (stateMap, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	state := stateMap{}
	for rows.Next() {
		var key gomatrixserverlib.StateKeyTuple
		var id string
		if err := rows.Scan(&key.EventType, &key.StateKey, &id); err != nil {
			return nil, fmt.Errorf("read the state's ids: %w", err)
		}
		state[key] = id
	}
	return state, rows.Err()
}

// saveIfDifferent keeps the state after an event of the log where it is not what the rules make of the room.
func saveIfDifferent(tx *store.Tx, e *Event, room, state stateMap) error {
	if maps.Equal(room, state) {
		return nil
	}
	return saveState(tx, e, e.Position, room, state)
}

// saveState keeps the state after an event as its differences from what the rules make of the room at a position.
func saveState(tx *store.Tx, e *Event, base store.Position, room, state stateMap) error {
	differs := [][3]string{}
	for _, c := range room.changes(state) {
		differs = append(differs, [3]string{c.EventType, c.StateKey, c.id})
	}
	raw, err := json.Marshal(differs)
	if err != nil {
		return fmt.Errorf("write the state after %s: %w", e.ID, err)
	}
	_, err = tx.Exec(`INSERT INTO event_states (event_id, room_id, base, differs) VALUES ($1, $2, $3, $4)`, e.ID, e.RoomID, base, string(raw))
	return err
}

// unknownState is the base of the state after an event of which it is not known: it was made while this hub was not in the room.
const unknownState store.Position = 0

// saveUnknown notes that the state after an event is not known here. What builds on it has its state asked for.
func saveUnknown(tx *store.Tx, e *Event) error {
	_, err := tx.Exec(`INSERT INTO event_states (event_id, room_id, base, differs) VALUES ($1, $2, $3, '[]')`, e.ID, e.RoomID, unknownState)
	return err
}

// archive reads the room's events, and beside them the one that is being received.
type archive struct {
	r   *Rooms
	tx  *store.Tx
	own gomatrixserverlib.PDU
}

// pdu gives an event of the log or beside it. What it gives is shared: nobody may change it.
func (a archive) pdu(id string) (gomatrixserverlib.PDU, error) {
	if a.own != nil && id == a.own.EventID() {
		return a.own, nil
	}
	if pdu := a.r.parsed.get(id); pdu != nil {
		return pdu, nil
	}
	var raw []byte
	err := a.tx.QueryRow(`SELECT pdu FROM events WHERE event_id = $1 UNION ALL SELECT pdu FROM soft_failed WHERE event_id = $1
		UNION ALL SELECT pdu FROM outliers WHERE event_id = $1`, id).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.NotFound("error.unknown_event")
	}
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", id, err)
	}
	pdu, err := parse(raw, id)
	if err == nil && pdu.StateKey() != nil {
		a.r.parsed.put(id, pdu)
	}
	return pdu, err
}

func (a archive) pdus(ids []string) ([]gomatrixserverlib.PDU, error) {
	all := make([]gomatrixserverlib.PDU, 0, len(ids))
	for _, id := range ids {
		pdu, err := a.pdu(id)
		if err != nil {
			return nil, err
		}
		all = append(all, pdu)
	}
	return all, nil
}

// providerOf are the events of a state that the received event must be checked against.
func (a archive) providerOf(state stateMap) (*authState, error) {
	return a.authOf(state, neededBy(a.own))
}

// authOf are the events of a state that are needed of it.
func (a archive) authOf(state stateMap, needed gomatrixserverlib.StateNeeded) (*authState, error) {
	auth := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	for _, key := range needed.Tuples() {
		id, stands := state[key]
		if !stands {
			continue
		}
		pdu, err := a.pdu(id)
		if err != nil {
			return nil, err
		}
		auth.byKey[key] = pdu
	}
	return auth, nil
}

// stateBefore is the state that the event was made on: what follows from the states after those it names. Where some of them are not here,
// given, if there is one, stands for the states after those.
func (a archive) stateBefore(pdu gomatrixserverlib.PDU, given stateMap) (stateMap, error) {
	var branches []stateMap
	if given != nil {
		branches = append(branches, given)
	}
	for _, id := range pdu.PrevEventIDs() {
		branch, err := a.stateAfter(pdu.RoomID().String(), id)
		if given != nil && errors.Is(err, fault.NotFound("error.unknown_event")) {
			continue
		}
		if err != nil {
			return nil, err
		}
		branches = append(branches, branch)
	}
	return a.resolve(branches)
}

// stateAfterAll is what follows from the states after some events.
func (a archive) stateAfterAll(roomID string, ids []string) (stateMap, error) {
	branches := make([]stateMap, 0, len(ids))
	for _, id := range ids {
		branch, err := a.stateAfter(roomID, id)
		if err != nil {
			return nil, err
		}
		branches = append(branches, branch)
	}
	return a.resolve(branches)
}

// stateAfter is the state after an event on its own branch; error.unknown_event when the room has no such event, or what the state was is not known.
func (a archive) stateAfter(roomID, id string) (stateMap, error) {
	var base store.Position
	var differs string
	err := a.tx.QueryRow(`SELECT base, differs FROM event_states WHERE event_id = $1 AND room_id = $2`, id, roomID).Scan(&base, &differs)
	if errors.Is(err, sql.ErrNoRows) {
		err = a.tx.QueryRow(`SELECT position, '[]' FROM events WHERE event_id = $1 AND room_id = $2 AND position > 0`, id, roomID).Scan(&base, &differs)
	}
	if errors.Is(err, sql.ErrNoRows) || err == nil && base == unknownState {
		return nil, fault.NotFound("error.unknown_event")
	}
	if err != nil {
		return nil, fmt.Errorf("read the state after %s: %w", id, err)
	}
	var list [][3]string
	if err := json.Unmarshal([]byte(differs), &list); err != nil {
		return nil, fmt.Errorf("read the state after %s: %w", id, err)
	}
	state, err := ruledIDs(a.tx, roomID, base)
	for _, d := range list {
		key := gomatrixserverlib.StateKeyTuple{EventType: d[0], StateKey: d[1]}
		if state[key] = d[2]; d[2] == "" {
			delete(state, key)
		}
	}
	return state, err
}

// resolve makes one state of several.
func (a archive) resolve(branches []stateMap) (stateMap, error) { return resolveStates(a, branches) }

// chain are all events that authorise the given ones, directly or through others.
func (a archive) chain(from []gomatrixserverlib.PDU) ([]gomatrixserverlib.PDU, error) {
	var chain []gomatrixserverlib.PDU
	seen := map[string]bool{}
	from = slices.Clone(from) // it is used up
	for len(from) > 0 {
		pdu := from[len(from)-1]
		from = from[:len(from)-1]
		for _, id := range pdu.AuthEventIDs() {
			if seen[id] {
				continue
			}
			seen[id] = true
			auth, err := a.pdu(id)
			if err != nil {
				return nil, err
			}
			chain, from = append(chain, auth), append(from, auth)
		}
	}
	return chain, nil
}
