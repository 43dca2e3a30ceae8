package room

import (
	"cmp"
	"math"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
)

// byMainline is the mainline ordering: events that were made under older power levels come first, then older events.
func (r *resolution) byMainline(events []gomatrixserverlib.PDU, levels string) ([]gomatrixserverlib.PDU, error) {
	mainline, err := r.mainline(levels)
	if err != nil {
		return nil, err
	}
	position := map[string]int{}
	for _, pdu := range events {
		if position[pdu.EventID()], err = r.mainlinePosition(pdu, mainline); err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(slices.Values(events), func(a, b gomatrixserverlib.PDU) int {
		return cmp.Or(cmp.Compare(position[b.EventID()], position[a.EventID()]), compareAge(a, b))
	}), nil
}

// mainline has by their ids the power levels, those that authorised them, and so on to the first ones; each with its distance from the present.
func (r *resolution) mainline(levels string) (map[string]int, error) {
	line := map[string]int{}
	for at := levels; at != ""; {
		line[at] = len(line)
		before, err := r.levelsOf(at)
		if err != nil {
			return nil, err
		}
		at = before
	}
	return line, nil
}

// mainlinePosition is how far from the present that event of the mainline is to which an event leads by power levels; beyond all where it leads to none.
func (r *resolution) mainlinePosition(pdu gomatrixserverlib.PDU, mainline map[string]int) (int, error) {
	for at := pdu.EventID(); at != ""; {
		if position, is := mainline[at]; is {
			return position, nil
		}
		before, err := r.levelsOf(at)
		if err != nil {
			return 0, err
		}
		at = before
	}
	return math.MaxInt, nil
}

// levelsOf is the id of the power levels among the authority of an event; "" for none.
func (r *resolution) levelsOf(id string) (string, error) {
	named, err := r.namedBy(id)
	if err != nil {
		return "", err
	}
	for _, pdu := range named {
		if keyTupleOf(pdu) == levelsKey {
			return pdu.EventID(), nil
		}
	}
	return "", nil
}

// keyTupleOf is an event's key in a state; none for what is no state.
func keyTupleOf(pdu gomatrixserverlib.PDU) gomatrixserverlib.StateKeyTuple {
	if pdu.StateKey() == nil {
		return gomatrixserverlib.StateKeyTuple{}
	}
	return keyTuple(pdu)
}
