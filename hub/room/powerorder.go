package room

import (
	"cmp"
	"maps"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

// parts are the full conflicted set in two: the power events with those of the set that authorise them, in the reverse topological power ordering,
// and the rest in none.
func (r *resolution) parts() (power, rest []gomatrixserverlib.PDU, err error) {
	chosen, ids := map[string]gomatrixserverlib.PDU{}, []string{}
	for id, pdu := range r.conflicted {
		if isPowerEvent(pdu) {
			chosen[id], ids = pdu, append(ids, id)
		}
	}
	chain, err := r.chainOf(ids) // of all at once: one after the other would take the square of what hostile branches hold
	if err != nil {
		return nil, nil, err
	}
	for id := range chain {
		if pdu, is := r.conflicted[id]; is {
			chosen[id] = pdu
		}
	}
	for id, pdu := range r.conflicted {
		if chosen[id] == nil {
			rest = append(rest, pdu)
		}
	}
	power, err = r.byPower(chosen)
	return power, rest, err
}

// isPowerEvent tells whether an event may take something away that somebody could do.
func isPowerEvent(pdu gomatrixserverlib.PDU) bool {
	switch pdu.Type() {
	case spec.MRoomPowerLevels, spec.MRoomJoinRules:
		return pdu.StateKeyEquals("")
	case spec.MRoomMember:
		membership := member(contentOf(pdu), "membership").Str
		return (membership == spec.Leave || membership == spec.Ban) && !pdu.StateKeyEquals(string(pdu.SenderID()))
	}
	return false
}

// ranked is an event with the power that its sender had by its own authority.
type ranked struct {
	gomatrixserverlib.PDU
	power  int64
	before []string // the events of the set that authorise it, the nearest ones
}

// byPower is the reverse topological power ordering: each event after those that authorise it; among those that could be next the one whose sender
// has the most power, then the oldest, then the one of the smallest id.
func (r *resolution) byPower(set map[string]gomatrixserverlib.PDU) (sorted []gomatrixserverlib.PDU, err error) {
	after, missing := map[string][]*ranked{}, map[string]int{}
	var ready []*ranked
	for id, pdu := range set {
		one := &ranked{PDU: pdu}
		if one.power, err = r.powerOf(pdu); err != nil {
			return nil, err
		}
		if one.before, err = r.nearest(id, set); err != nil {
			return nil, err
		}
		for _, earlier := range one.before {
			after[earlier] = append(after[earlier], one)
		}
		if missing[id] = len(one.before); missing[id] == 0 {
			ready = append(ready, one)
		}
	}
	slices.SortFunc(ready, compareRank)
	for len(ready) > 0 {
		next := ready[0]
		ready = ready[1:]
		sorted = append(sorted, next.PDU)
		for _, later := range after[next.EventID()] {
			if missing[later.EventID()]--; missing[later.EventID()] == 0 {
				at, _ := slices.BinarySearchFunc(ready, later, compareRank)
				ready = slices.Insert(ready, at, later)
			}
		}
	}
	return sorted, nil
}

func compareRank(a, b *ranked) int {
	return cmp.Or(cmp.Compare(b.power, a.power), compareAge(a, b))
}

// compareAge has the older event first, by what its sender says, and of two of one moment that of the smaller id.
func compareAge(a, b gomatrixserverlib.PDU) int {
	return cmp.Or(cmp.Compare(a.OriginServerTS(), b.OriginServerTS()), cmp.Compare(a.EventID(), b.EventID()))
}

// nearest are the events of a set that authorise an event, but for those that authorise it through another one of the set alone.
func (r *resolution) nearest(id string, set map[string]gomatrixserverlib.PDU) ([]string, error) {
	found, seen, open := map[string]bool{}, map[string]bool{}, []string{id}
	for len(open) > 0 {
		named, err := r.namedBy(open[len(open)-1])
		if err != nil {
			return nil, err
		}
		open = open[:len(open)-1]
		for _, pdu := range named {
			id := pdu.EventID()
			switch {
			case seen[id]:
			case set[id] != nil:
				found[id] = true
			default:
				open = append(open, id)
			}
			seen[id] = true
		}
	}
	return slices.Collect(maps.Keys(found)), nil
}

// powerOf is the power that an event's sender has by what the event names as its authority.
func (r *resolution) powerOf(pdu gomatrixserverlib.PDU) (int64, error) {
	named, err := r.namedBy(pdu.EventID())
	if err != nil {
		return 0, err
	}
	auth := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
	for _, one := range named {
		if one.StateKey() != nil {
			auth.byKey[keyTuple(one)] = one
		}
	}
	return auth.levels().of(string(pdu.SenderID())), nil
}
