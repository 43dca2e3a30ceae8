package room

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/store"
)

// TipsLimit is how many rooms are remembered.
const TipsLimit = tipsLimit

// CheckTips holds what the writers remember against the database, and tells how many rooms are remembered.
func (r *Rooms) CheckTips(tx *store.Tx) (rooms int, err error) {
	if err := r.tips.catchUp(tx); err != nil {
		return 0, err
	}
	if err := r.tips.Settle(tx); err != nil {
		return 0, err
	}
	kept := 0
	for id, of := range r.tips.byRoom {
		kept += len(of.state) + len(of.refused)
		if err := r.checkTip(tx, id, of); err != nil {
			return 0, err
		}
	}
	if kept != r.tips.kept {
		return 0, fmt.Errorf("%d state events are remembered, and counted as %d", kept, r.tips.kept)
	}
	return len(r.tips.byRoom), nil
}

func (r *Rooms) checkTip(tx *store.Tx, id string, of *tip) error {
	ends, err := readEnds(tx, id)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(ends, of.ends, cmp.AllowUnexported(end{})); of.ends != nil && diff != "" {
		return fmt.Errorf("the ends of %s (-database +remembered):\n%s", id, diff)
	}
	if of.refused != nil {
		known := of.refused
		of.refused = nil
		r.tips.kept -= len(known)
		refused, err := r.refusedNow(tx, id)
		if err != nil {
			return err
		}
		if diff := cmp.Diff(refused, known); diff != "" {
			return fmt.Errorf("what is refused in %s (-database +remembered):\n%s", id, diff)
		}
	}
	for key, pdu := range of.state {
		e, err := r.StateEvent(tx, id, key.EventType, key.StateKey)
		if err != nil {
			return err
		}
		if (e == nil) != (pdu == nil) {
			return fmt.Errorf("%v of %s: the database has %v, remembered is %v", key, id, e, pdu)
		}
		if e == nil {
			continue
		}
		if diff := cmp.Diff(string(e.PDU), string(pdu.JSON())); diff != "" {
			return fmt.Errorf("%v of %s (-database +remembered):\n%s", key, id, diff)
		}
	}
	return nil
}

// MapShelf is a shelf of events that are all in memory, and none rejected.
type MapShelf map[string]gomatrixserverlib.PDU

func (m MapShelf) pdu(id string) (gomatrixserverlib.PDU, error) {
	if pdu := m[id]; pdu != nil {
		return pdu, nil
	}
	return nil, fmt.Errorf("there is no event %q", id)
}

func (m MapShelf) isRejected(string) bool { return false }

// StateBefore is the state that an event of the shelf was made on.
func (m MapShelf) StateBefore(id string) (map[gomatrixserverlib.StateKeyTuple]string, error) {
	return m.Resolved(m[id].PrevEventIDs())
}

// Resolved is what the states after some events resolve to.
func (m MapShelf) Resolved(ids []string) (map[gomatrixserverlib.StateKeyTuple]string, error) {
	var states []stateMap
	for _, id := range ids {
		state, err := m.StateAfter(id)
		if err != nil {
			return nil, err
		}
		states = append(states, state)
	}
	return resolveStates(m, states)
}

// StateAfter is the state after an event of the shelf. The rules must let it stand on its own branch.
func (m MapShelf) StateAfter(id string) (map[gomatrixserverlib.StateKeyTuple]string, error) {
	before, err := m.StateBefore(id)
	if err != nil {
		return nil, err
	}
	auth, err := newResolution(m, nil).standing(before, m[id])
	if err != nil {
		return nil, err
	}
	if err := allowed(m[id], auth); err != nil {
		return nil, fmt.Errorf("%s is refused on its own branch: %w", id, err)
	}
	return after(before, m[id]), nil
}

// NeededBy are the keys of the state that authorise an event.
func NeededBy(pdu gomatrixserverlib.PDU) []gomatrixserverlib.StateKeyTuple {
	return neededBy(pdu).Tuples()
}

// Parse reads an event that is known by an id.
func Parse(raw []byte, id string) (gomatrixserverlib.PDU, error) { return parse(raw, id) }

// ArrivalMost is how long a way into a room may be noted.
const ArrivalMost = arrivalMost

// KeptMost is how many events are kept in one transaction.
const KeptMost = keptMost
