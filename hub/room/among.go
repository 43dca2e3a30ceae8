package room

import (
	"context"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/store"
)

// A room may have more ends than an event can name: a server can make branches as many as it likes, of any depth, and from before somebody came. What this
// hub says then stands after those that it names, not after all that the room's state is made of.

// endsLooked is how many ends are looked at for one on which an event may be.
const endsLooked = 100

// isAmong tells whether a room may have more ends than an event can name.
func (r *Rooms) isAmong(tx *store.Tx, roomID string) (bool, error) {
	ends, _, err := r.ends(tx, roomID)
	return len(ends) == maxPrev, err
}

// buildAmong makes an event on the deepest ends, if by what follows from those it may be: the others reject it else. If not, on the deepest one on which it
// may be, with as many others as let it.
func (r *Rooms) buildAmong(tx *store.Tx, proto *gomatrixserverlib.ProtoEvent, deepest []string, here *authState) (gomatrixserverlib.PDU, error) {
	if _, err := r.sign(tx, proto, deepest, here, here); err != nil {
		return nil, err
	}
	pdu, refused := r.signOn(tx, proto, deepest, here)
	if !isFault(refused) {
		return pdu, refused
	}
	ends, err := column(tx, `SELECT event_id FROM extremities WHERE room_id = $1 ORDER BY depth DESC, event_id LIMIT $2`, proto.RoomID, endsLooked)
	if err != nil {
		return nil, err
	}
	for _, end := range ends {
		alone, err := r.signOn(tx, proto, []string{end}, here)
		if isFault(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		others := slices.DeleteFunc(slices.Clone(deepest), func(id string) bool { return id == end })
		pdu, err := r.signOn(tx, proto, append([]string{end}, others[:maxPrev-1]...), here)
		if isFault(err) {
			return alone, nil
		}
		return pdu, err
	}
	return nil, refused
}

// signOn makes an event on some ends.
func (r *Rooms) signOn(tx *store.Tx, proto *gomatrixserverlib.ProtoEvent, ends []string, here *authState) (gomatrixserverlib.PDU, error) {
	a := archive{r: r, tx: tx}
	state, err := a.stateAfterAll(proto.RoomID, ends)
	if err != nil {
		return nil, err
	}
	behind, err := a.authOf(state, neededFor(proto))
	if err != nil {
		return nil, err
	}
	return r.sign(tx, proto, ends, here, behind)
}

// writeAmong is write for such a room: the state after the event is that of the branches that it joins, and the room's is made of it and the others.
func (r *Rooms) writeAmong(tx *store.Tx, pdu gomatrixserverlib.PDU) (*Event, error) {
	a := archive{r, tx, pdu}
	before, err := a.stateBefore(pdu, nil)
	if err != nil {
		return nil, err
	}
	written, err := a.accept(after(before, pdu))
	if err != nil {
		return nil, err
	}
	last := len(written) - 1
	if last > 0 { // what comes to stand after all
		ctx := context.WithoutCancel(tx.Context())
		tx.OnCommit(func() { r.tell(ctx, written[:last]) })
	}
	return &written[last], nil
}
