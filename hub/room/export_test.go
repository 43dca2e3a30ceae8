package room

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

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
		kept += len(of.state)
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

// ArrivalMost is how long a way into a room may be noted.
const ArrivalMost = arrivalMost
