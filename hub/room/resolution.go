package room

import (
	"fmt"
	"maps"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// The state after a fork is made as Matrix, room version 2, "State resolution" has it (rooms of version 11 keep to it). It stands here in full because
// the library's resolution is another one. It holds power levels of which branches have different ones against no levels at all, so that all of them
// are refused unless the room's creator sent them, and the room is left without; it applies what the most powerful did last instead of first, so that a
// ban does not undo what the banned person did meanwhile; and it leaves the auth difference out.

// shelf has the events that states name.
type shelf interface {
	pdu(id string) (gomatrixserverlib.PDU, error)
	isRejected(id string) bool
}

// resolution makes one state of several.
type resolution struct {
	shelf
	agreed     stateMap                           // the unconflicted state map
	conflicted map[string]gomatrixserverlib.PDU   // the full conflicted set, by id
	authority  map[string][]gomatrixserverlib.PDU // by the id of an event those that it names, as far as they were asked for
	rejected   map[string]bool                    // as far as it was asked
}

func newResolution(of shelf, agreed stateMap) *resolution {
	return &resolution{of, agreed, map[string]gomatrixserverlib.PDU{}, map[string][]gomatrixserverlib.PDU{}, map[string]bool{}}
}

// resolveStates is the resolution of states. The order of the states does not matter.
func resolveStates(of shelf, states []stateMap) (stateMap, error) {
	agreed, disputed := split(states)
	if len(disputed) == 0 {
		return agreed, nil
	}
	r := newResolution(of, agreed)
	if err := r.collect(states, disputed); err != nil {
		return nil, err
	}
	power, rest, err := r.parts()
	if err != nil {
		return nil, err
	}
	state := maps.Clone(agreed)
	if err := r.apply(state, power); err != nil {
		return nil, err
	}
	if rest, err = r.byMainline(rest, state[levelsKey]); err != nil {
		return nil, err
	}
	if err := r.apply(state, rest); err != nil {
		return nil, err
	}
	maps.Copy(state, agreed)
	return state, nil
}

var levelsKey = gomatrixserverlib.StateKeyTuple{EventType: spec.MRoomPowerLevels}

// split parts what all states agree on from the events that they do not. A key that one state lacks is disputed too.
func split(states []stateMap) (agreed stateMap, disputed []string) {
	agreed = stateMap{}
	for _, state := range states {
		for key, id := range state {
			if slices.ContainsFunc(states, func(other stateMap) bool { return other[key] != id }) {
				disputed = append(disputed, id)
				continue
			}
			agreed[key] = id
		}
	}
	slices.Sort(disputed)
	return agreed, slices.Compact(disputed)
}

// collect makes up the full conflicted set: what is disputed, and the auth difference.
func (r *resolution) collect(states []stateMap, disputed []string) error {
	difference, err := r.authDifference(states)
	if err != nil {
		return err
	}
	for _, id := range slices.Concat(disputed, difference) {
		if r.conflicted[id], err = r.pdu(id); err != nil {
			return err
		}
	}
	return nil
}

// authDifference are the events that authorise something in some of the states, but not in all.
func (r *resolution) authDifference(states []stateMap) (ids []string, err error) {
	times := map[string]int{}
	for _, state := range states {
		chain, err := r.chainOf(state.without(r.agreed))
		if err != nil {
			return nil, err
		}
		for id := range chain {
			times[id]++
		}
	}
	maps.DeleteFunc(times, func(_ string, n int) bool { return n == len(states) })
	if len(times) == 0 {
		return nil, nil
	}
	everywhere, err := r.chainOf(r.agreed.ids())
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(times, func(id string, _ int) bool { return everywhere[id] })
	return slices.Sorted(maps.Keys(times)), nil
}

// without are the state's events that are not the other's.
func (s stateMap) without(other stateMap) (ids []string) {
	for key, id := range s {
		if other[key] != id {
			ids = append(ids, id)
		}
	}
	return ids
}

// chainOf are the ids of all events that authorise the given ones, directly or through others.
func (r *resolution) chainOf(ids []string) (map[string]bool, error) {
	chain := map[string]bool{}
	for ids = slices.Clone(ids); len(ids) > 0; {
		id := ids[len(ids)-1]
		ids = ids[:len(ids)-1]
		named, err := r.namedBy(id)
		if err != nil {
			return nil, err
		}
		for _, pdu := range named {
			if !chain[pdu.EventID()] {
				chain[pdu.EventID()] = true
				ids = append(ids, pdu.EventID())
			}
		}
	}
	return chain, nil
}

// namedBy are the events that an event names as its authority.
func (r *resolution) namedBy(id string) ([]gomatrixserverlib.PDU, error) {
	if known, is := r.authority[id]; is {
		return known, nil
	}
	pdu, err := r.pdu(id)
	if err != nil {
		return nil, err
	}
	named := []gomatrixserverlib.PDU{}
	for _, id := range pdu.AuthEventIDs() {
		one, err := r.pdu(id)
		if err != nil {
			return nil, fmt.Errorf("what authorises %s: %w", pdu.EventID(), err)
		}
		named = append(named, one)
	}
	r.authority[id] = named
	return named, nil
}

// apply makes the iterative auth checks: each event that the rules allow by what stands so far comes to stand. Where nothing stands under a key, the
// event's own authority does.
func (r *resolution) apply(state stateMap, events []gomatrixserverlib.PDU) error {
	for _, pdu := range events {
		auth, err := r.standing(state, pdu)
		if err != nil {
			return err
		}
		if allowed(pdu, auth) == nil {
			state[keyTuple(pdu)] = pdu.EventID()
		}
	}
	return nil
}

// standing is what an event is held against.
func (r *resolution) standing(state stateMap, pdu gomatrixserverlib.PDU) (*authState, error) {
	auth := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	named, err := r.namedBy(pdu.EventID())
	if err != nil {
		return nil, err
	}
	for _, one := range named {
		if one.StateKey() != nil && !r.wasRejected(one.EventID()) {
			auth.byKey[keyTuple(one)] = one
		}
	}
	for _, key := range neededBy(pdu).Tuples() {
		id, stands := state[key]
		if !stands {
			continue
		}
		if auth.byKey[key], err = r.pdu(id); err != nil {
			return nil, err
		}
	}
	return auth, nil
}

func (r *resolution) wasRejected(id string) bool {
	rejected, known := r.rejected[id]
	if !known {
		rejected = r.isRejected(id)
		r.rejected[id] = rejected
	}
	return rejected
}
