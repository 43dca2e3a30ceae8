package network

import (
	"context"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// SetDuty puts somebody on duty until a moment, at most 48 hours ahead: the caller themselves, or one of those they look after. Everybody is
// told.
func (n *Network) SetDuty(ctx context.Context, caller people.Caller, userID string, until time.Time, note string) (d people.Duty, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		position, err := n.rooms.NextTx(tx)
		if err != nil {
			return err
		}
		d, err = n.people.SetDutyTx(tx, caller, userID, until, note, position)
		return err
	})
	return d, err
}

// EndDuty ends somebody's duty now.
func (n *Network) EndDuty(ctx context.Context, caller people.Caller, userID string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		position, err := n.rooms.NextTx(tx)
		if err != nil {
			return err
		}
		return n.people.EndDutyByTx(tx, caller, userID, position)
	})
}

// endDuty ends the duty of somebody who may no longer be on it.
func (n *Network) endDuty(tx *store.Tx, userID string) error {
	on, err := n.people.OnDutyTx(tx, userID)
	if err != nil || !on {
		return err
	}
	position, err := n.rooms.NextTx(tx)
	if err != nil {
		return err
	}
	_, err = n.people.EndDutyTx(tx, userID, position)
	return err
}

// expireDuty tells everybody whose duty has run out.
func (n *Network) expireDuty(ctx context.Context) error {
	over, err := n.people.DutyOver(ctx)
	if err != nil || !over {
		return err
	}
	return n.db.Write(ctx, func(tx *store.Tx) error {
		position, err := n.rooms.NextTx(tx)
		if err != nil {
			return err
		}
		return n.people.ExpireDutyTx(tx, position)
	})
}
