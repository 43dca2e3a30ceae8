package room

import "panah/hub/store"

// Follower is told of what happens in rooms inside the transaction that makes it happen. A fault of it refuses the act.
type Follower interface {
	// AppendedTx is told of an event that has just been written.
	AppendedTx(tx *store.Tx, rooms *Rooms, e *Event) error
	// EmptiedTx is told of events whose content is gone: redacted, or purged from the log.
	EmptiedTx(tx *store.Tx, roomID string, eventIDs ...string) error
}

func (r *Rooms) appended(tx *store.Tx, e *Event) error {
	for _, f := range r.followers {
		if err := f.AppendedTx(tx, r, e); err != nil {
			return err
		}
	}
	return nil
}

// emptied tells that the content of events is gone. Whatever takes content out of the log calls it in the same transaction.
func (r *Rooms) emptied(tx *store.Tx, roomID string, eventIDs ...string) error {
	for _, f := range r.followers {
		if err := f.EmptiedTx(tx, roomID, eventIDs...); err != nil {
			return err
		}
	}
	return nil
}
