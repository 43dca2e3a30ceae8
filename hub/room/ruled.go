package room

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// What a follower refuses concerns this hub alone: people here are not shown it, and nothing here goes by it. To other servers the room's state is what
// the rules of Matrix make of it, with that event: what this hub says of the state before an event must be what they find themselves, or its next
// event is judged by another state there than here. It is as with soft failure, where an event is not applied to the present state, but stands in the
// state of those that build on it (Matrix Server-Server API, "Soft failure"). So there are two states of a room: room_state is what this hub goes by;
// refused_state lies over it, and the two together are what the rules make of the room. Other servers are answered by that one, and branches resolved.

// ruledIDs is what the rules of Matrix make of a room's state, as of a position.
func ruledIDs(tx *store.Tx, roomID string, at store.Position) (stateMap, error) {
	state, err := stateIDs(tx, roomID, at)
	if err != nil {
		return nil, err
	}
	refused, err := idsOf(tx, `SELECT type, state_key, event_id FROM refused_state
		WHERE room_id = $1 AND from_position <= $2 AND (until_position IS NULL OR until_position > $2)`, roomID, at)
	maps.Copy(state, refused)
	return state, err
}

// refusedNow is what the rules let stand in a room now and followers refuse. What it gives is shared: nobody may change it.
func (r *Rooms) refusedNow(tx *store.Tx, roomID string) (stateMap, error) {
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return nil, err
	}
	if of != nil && of.refused != nil {
		return of.refused, nil
	}
	refused, err := idsOf(tx, `SELECT type, state_key, event_id FROM refused_state WHERE room_id = $1 AND until_position IS NULL`, roomID)
	if err == nil {
		r.tips.keepRefused(of, refused)
	}
	return refused, err
}

// ruledAuth is the part of what the rules make of a room's state that an event must be checked against, from the same part of what stands here: that
// itself where none of it is refused.
func (r *Rooms) ruledAuth(tx *store.Tx, roomID string, here *authState, needed gomatrixserverlib.StateNeeded) (*authState, error) {
	refused, err := r.refusedNow(tx, roomID)
	if err != nil || len(refused) == 0 {
		return here, err
	}
	ruled := &authState{byKey: maps.Clone(here.byKey)}
	for _, key := range needed.Tuples() {
		id, is := refused[key]
		if !is {
			continue
		}
		if ruled.byKey[key], err = (archive{r: r, tx: tx}).pdu(id); err != nil {
			return nil, err
		}
	}
	return ruled, nil
}

// overrule has an event of this hub that comes to stand take the place of what is refused under its key, if the rules let it.
func (r *Rooms) overrule(tx *store.Tx, e *Event, pdu gomatrixserverlib.PDU) error {
	refused, err := r.refusedNow(tx, e.RoomID)
	if err != nil || refused[keyTuple(pdu)] == "" {
		return err
	}
	needed := neededBy(pdu)
	here, err := r.authState(tx, e.RoomID, needed)
	if err != nil {
		return err
	}
	ruled, err := r.ruledAuth(tx, e.RoomID, here, needed)
	if err != nil || allowed(pdu, ruled) != nil { // somebody left whom the rules have left already
		return err
	}
	return r.endRefused(tx, e.RoomID, e.Position, keyTuple(pdu))
}

// leavesAlone tells whether an event is that its sender leaves.
func leavesAlone(pdu gomatrixserverlib.PDU) bool {
	return pdu.Type() == spec.MRoomMember && pdu.StateKeyEquals(string(pdu.SenderID())) && membershipIn(pdu.Content()) == spec.Leave
}

// turn is what is to change in the room's state here, and what stands then, when the rules make another state of the room.
func (a archive) turn(room string, ruled stateMap) (changes []change, here stateMap, err error) {
	head, err := a.tx.Head()
	if err != nil {
		return nil, nil, err
	}
	was, err := stateIDs(a.tx, room, head)
	if err != nil {
		return nil, nil, err
	}
	refused, err := a.r.refusedNow(a.tx, room)
	if err != nil {
		return nil, nil, err
	}
	wasRuled := maps.Clone(was)
	maps.Copy(wasRuled, refused)
	here, err = a.taken(was, wasRuled, ruled)
	return was.changes(here), here, err
}

// taken is what stands here when the rules make another state of the room: each change of theirs, but for what is refused. Under that key what stood
// before stands on.
func (a archive) taken(was, wasRuled, ruled stateMap) (stateMap, error) {
	changes := wasRuled.changes(ruled)
	refused, err := a.refused(changes, ruled)
	if err != nil {
		return nil, err
	}
	here := maps.Clone(was)
	for _, c := range changes {
		switch {
		case refused[c.id]:
		case c.id == "":
			delete(here, c.StateKeyTuple)
		default:
			here[c.StateKeyTuple] = c.id
		}
	}
	return here, nil
}

// refused tells which of some changes' events followers refuse: those that they declined when they came by themselves, and those that guards refuse,
// which are asked of what came with a state or a join too, by the state that the rules make.
func (a archive) refused(changes []change, ruled stateMap) (map[string]bool, error) {
	refused, err := softFailed(a.tx, changes)
	if err != nil {
		return nil, err
	}
	in := a.standingIn(ruled)
	for _, c := range changes {
		if c.id == "" || c.id == a.own.EventID() || len(a.r.guards[c.EventType]) == 0 {
			continue // itself it was asked of
		}
		pdu, err := a.pdu(c.id)
		if err == nil {
			err = a.r.refuse(a.tx, pdu, in)
		}
		if err != nil && !isFault(err) {
			return nil, err
		}
		refused[c.id] = refused[c.id] || err != nil
	}
	return refused, nil
}

// standingIn reads a state. Guards ask for the same few events again and again.
func (a archive) standingIn(state stateMap) Standing {
	read := map[gomatrixserverlib.StateKeyTuple]*Event{}
	return func(eventType, key string) (*Event, error) {
		tuple := gomatrixserverlib.StateKeyTuple{EventType: eventType, StateKey: key}
		e, known := read[tuple]
		if known || state[tuple] == "" {
			return e, nil
		}
		pdu, err := a.pdu(state[tuple])
		if err != nil {
			return nil, err
		}
		read[tuple] = eventOf(0, pdu)
		return read[tuple], nil
	}
}

// softFailed are those of some changes' events that are kept beside the log, each with whether a follower declined it.
func softFailed(tx *store.Tx, changes []change) (map[string]bool, error) {
	found := map[string]bool{}
	for part := range slices.Chunk(changes, chunk) {
		ids := make([]string, len(part))
		for i, c := range part {
			ids[i] = c.id
		}
		marks, args := marked(ids)
		rows, err := tx.Query(`SELECT event_id, declined FROM soft_failed WHERE event_id IN (`+marks+`)`, args...)
		if err != nil {
			return nil, err
		}
		if err := scanDeclined(rows, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func scanDeclined(rows *sql.Rows, into map[string]bool) error {
	defer rows.Close()
	for rows.Next() {
		var id string
		var declined bool
		if err := rows.Scan(&id, &declined); err != nil {
			return fmt.Errorf("read what is beside the log: %w", err)
		}
		into[id] = declined
	}
	return rows.Err()
}

// moveRefused has what lies over the state that stands here from an event's position on be what the rules have otherwise.
func (a archive) moveRefused(e *Event, here, ruled stateMap) error {
	now, err := a.r.refusedNow(a.tx, e.RoomID)
	if err != nil {
		return err
	}
	over := stateMap{}
	for _, c := range here.changes(ruled) {
		over[c.StateKeyTuple] = c.id
	}
	for _, c := range now.changes(over) {
		if err := a.r.endRefused(a.tx, e.RoomID, e.Position, c.StateKeyTuple); err != nil {
			return err
		}
		if c.id == "" {
			continue
		}
		err := a.tx.Put(`INSERT INTO refused_state (room_id, type, state_key, event_id, from_position) VALUES ($1, $2, $3, $4, $5)`,
			e.RoomID, c.EventType, c.StateKey, c.id, e.Position)
		if err != nil {
			return err
		}
	}
	return nil
}

// endRefused has nothing lie over what stands here under a key, from a position on.
func (r *Rooms) endRefused(tx *store.Tx, roomID string, from store.Position, key gomatrixserverlib.StateKeyTuple) error {
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return err
	}
	r.tips.keepRefused(of, nil)
	return tx.Put(`UPDATE refused_state SET until_position = $4 WHERE room_id = $1 AND type = $2 AND state_key = $3 AND until_position IS NULL`,
		roomID, key.EventType, key.StateKey, from)
}
