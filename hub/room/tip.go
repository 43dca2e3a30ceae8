package room

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// tips are what the writers of this node remember of the rooms they write to, so that a message in a busy room asks the database for nothing
// that its writer has just written: each room's end, and the state against which events are checked. It is used in Write alone, whose
// functions run one after the other; whatever moves a room's end or state does so by the functions of this file.
type tips struct {
	byRoom map[string]*tip
	kept   int             // state events in all rooms, and refused ones
	behind *store.Position // others have written after it
	moved  map[string]*tip // rooms whose ends the database does not have yet
	parsed *parsedEvents
}

// tip is one room's. What it does not have is not known.
type tip struct {
	ends  []end // nil when not known
	stand []end // the ends that the database has, when they are known
	state map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU

	refused stateMap // what the rules let stand and followers refuse; nil when not known
}

// at is what stands under a key, nil for nothing, if that is known.
func (t *tip) at(key gomatrixserverlib.StateKeyTuple) (pdu gomatrixserverlib.PDU, known bool) {
	if t == nil {
		return nil, false
	}
	pdu, known = t.state[key]
	return pdu, known
}

// end is an event that no other one names yet.
type end struct {
	id    string
	depth int64
}

const (
	tipsLimit  = 1_000  // rooms
	stateLimit = 20_000 // state events; some 2 KB each, most of them shared with parsedEvents
)

// Forget lets go of everything; it is store.Memory.
func (t *tips) Forget() {
	t.byRoom, t.kept, t.behind, t.moved = map[string]*tip{}, 0, nil, map[string]*tip{}
}

// Settle writes the ends as they are after all that was appended: of a hundred messages in one room the last one's is. It is store.Memory.
func (t *tips) Settle(tx *store.Tx) error {
	for roomID := range t.moved {
		if err := t.settle(tx, roomID); err != nil {
			return err
		}
	}
	return nil
}

// settle does so for one room.
func (t *tips) settle(tx *store.Tx, roomID string) error {
	of := t.moved[roomID]
	if of == nil {
		return nil
	}
	delete(t.moved, roomID)
	for _, old := range of.stand {
		if slices.Contains(of.ends, old) {
			continue
		}
		if err := dropEnd(tx, roomID, old.id); err != nil {
			return err
		}
	}
	for _, fresh := range of.ends {
		if slices.Contains(of.stand, fresh) {
			continue
		}
		if err := putEnd(tx, roomID, fresh); err != nil {
			return err
		}
	}
	of.stand = of.ends
	return nil
}

func dropEnd(tx *store.Tx, roomID, eventID string) error {
	return tx.Put(`DELETE FROM extremities WHERE room_id = $1 AND event_id = $2`, roomID, eventID)
}

func putEnd(tx *store.Tx, roomID string, e end) error {
	return tx.Put(`INSERT INTO extremities (room_id, event_id, depth) VALUES ($1, $2, $3)`, roomID, e.id, e.depth)
}

// Behind notes that other nodes have written; it is store.Memory.
func (t *tips) Behind(after store.Position) {
	if len(t.byRoom) > 0 && t.behind == nil {
		t.behind = &after
	}
}

// of is a room's tip, or nil outside of Write.
func (t *tips) of(tx *store.Tx, roomID string) (*tip, error) {
	if !tx.Alone() {
		return nil, nil
	}
	if err := t.catchUp(tx); err != nil {
		return nil, err
	}
	if found := t.byRoom[roomID]; found != nil {
		return found, nil
	}
	if len(t.byRoom) >= tipsLimit || t.kept >= stateLimit {
		if err := t.Settle(tx); err != nil {
			return nil, err
		}
		t.Forget()
	}
	fresh := &tip{state: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	t.byRoom[roomID] = fresh
	return fresh, nil
}

// catchUp lets go of the rooms to which others have written, and of what a redaction of theirs has emptied.
func (t *tips) catchUp(tx *store.Tx) error {
	if t.behind == nil {
		return nil
	}
	rows, err := tx.Query(`SELECT room_id, type FROM events WHERE position > $1`, *t.behind)
	if err != nil {
		return fmt.Errorf("look where others wrote: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var roomID, eventType string
		if err := rows.Scan(&roomID, &eventType); err != nil {
			return fmt.Errorf("read where others wrote: %w", err)
		}
		if err := t.forget(tx, roomID); err != nil {
			return err
		}
		if eventType == spec.MRoomRedaction {
			t.parsed.clear()
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	t.behind = nil
	return nil
}

// forget lets go of one room.
func (t *tips) forget(tx *store.Tx, roomID string) error {
	if gone := t.byRoom[roomID]; gone != nil {
		t.kept -= len(gone.state) + len(gone.refused)
		delete(t.byRoom, roomID)
	}
	return t.settle(tx, roomID)
}

// keep remembers what stands under keys of the state; nil is that nothing does.
func (t *tips) keep(of *tip, key gomatrixserverlib.StateKeyTuple, pdu gomatrixserverlib.PDU) {
	if of == nil {
		return
	}
	before := len(of.state)
	of.state[key] = pdu
	t.kept += len(of.state) - before
}

// keepRefused remembers what is refused of a room's state; nil is that it is not known.
func (t *tips) keepRefused(of *tip, refused stateMap) {
	if of == nil {
		return
	}
	t.kept += len(refused) - len(of.refused)
	of.refused = refused
}

// ends are the events that no other one names yet, at most the 20 deepest (Matrix specification, "PDUs": prev_events), with the greatest depth.
func (r *Rooms) ends(tx *store.Tx, roomID string) (ids []string, depth int64, err error) {
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return nil, 0, err
	}
	var ends []end
	if of != nil && of.ends != nil {
		ends = of.ends
	} else if ends, err = readEnds(tx, roomID); err != nil {
		return nil, 0, err
	} else if of != nil && len(ends) > 0 && len(ends) < maxPrev { // else there may be more
		of.ends, of.stand = ends, ends
	}
	ids = []string{} // the library wants a list, also for the first event
	for _, e := range ends {
		ids, depth = append(ids, e.id), max(depth, e.depth)
	}
	return ids, depth, nil
}

func readEnds(tx *store.Tx, roomID string) (ends []end, err error) {
	rows, err := tx.Query(`SELECT event_id, depth FROM extremities WHERE room_id = $1 ORDER BY depth DESC, event_id LIMIT 20`, roomID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e end
		if err := rows.Scan(&e.id, &e.depth); err != nil {
			return nil, fmt.Errorf("read the room's ends: %w", err)
		}
		ends = append(ends, e)
	}
	return ends, rows.Err()
}

// moveEnds has the event stand at the room's end, in place of those that it names. Where the ends are known they are written by Settle.
func (r *Rooms) moveEnds(tx *store.Tx, e *Event, prev []string) error {
	of, err := r.tips.of(tx, e.RoomID)
	if err != nil {
		return err
	}
	if of != nil {
		if after := endsAfter(of.ends, e, prev); after != nil {
			of.ends, r.tips.moved[e.RoomID] = after, of
			return nil
		}
		if err := r.tips.settle(tx, e.RoomID); err != nil {
			return err
		}
		of.ends, of.stand = nil, nil
	}
	for _, id := range prev {
		if err := dropEnd(tx, e.RoomID, id); err != nil {
			return err
		}
	}
	return putEnd(tx, e.RoomID, end{e.ID, e.Depth})
}

// endsAfter are the ends when an event has come to stand after some; nil when they are not known.
func endsAfter(ends []end, e *Event, prev []string) []end {
	if ends == nil {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(ends), func(one end) bool { return slices.Contains(prev, one.id) })
	left = append(left, end{e.ID, e.Depth})
	slices.SortFunc(left, func(a, b end) int { return cmp.Or(cmp.Compare(b.depth, a.depth), cmp.Compare(a.id, b.id)) })
	if len(left) >= maxPrev {
		return nil
	}
	return left
}

// setState has an event stand under its key from a position on, in place of the one that stood there.
func (r *Rooms) setState(tx *store.Tx, roomID string, from store.Position, pdu gomatrixserverlib.PDU) error {
	key := keyTuple(pdu)
	if err := r.endState(tx, roomID, from, key); err != nil {
		return err
	}
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return err
	}
	r.tips.keep(of, key, pdu)
	return tx.Put(`INSERT INTO room_state (room_id, type, state_key, event_id, from_position) VALUES ($1, $2, $3, $4, $5)`,
		roomID, key.EventType, key.StateKey, pdu.EventID(), from)
}

// endState has nothing stand under a key from a position on.
func (r *Rooms) endState(tx *store.Tx, roomID string, from store.Position, key gomatrixserverlib.StateKeyTuple) error {
	of, err := r.tips.of(tx, roomID)
	if err != nil {
		return err
	}
	r.tips.keep(of, key, nil)
	return tx.Put(`UPDATE room_state SET until_position = $4 WHERE room_id = $1 AND type = $2 AND state_key = $3 AND until_position IS NULL`,
		roomID, key.EventType, key.StateKey, from)
}
