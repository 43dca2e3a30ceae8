package room

import (
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/store"
)

// Follower is told of what happens in rooms inside the transaction that makes it happen. A fault of it refuses the act.
type Follower interface {
	// AppendedTx is told of an event that has just been written. What a redaction takes away still stands then.
	AppendedTx(tx *store.Tx, rooms *Rooms, e *Event) error
	// EmptiedTx is told of events whose content is gone: redacted, or purged from the log.
	EmptiedTx(tx *store.Tx, roomID string, eventIDs ...string) error
}

// Purge is what the hub emptied in a room without an event that tells of it.
type Purge struct {
	Before time.Time // what was sent before it is gone, and what was said about that; zero where it does not go by age
	Events []string  // ids of events that are gone beside those
	People []string  // ids of people whose names and pictures are gone from the room
}

// Guard is a Follower that keeps out of rooms what the rules of Matrix let in.
type Guard interface {
	Follower
	// Guards are the types of events of which it is asked.
	Guards() []string
	// RefuseTx tells by a fault that an event must not be in a room. It is asked before an event is written, and before state comes to stand, by
	// whatever way it came. It goes by the event and by what the room is for, has no effect, and says the same whenever it is asked. The event has no
	// position yet.
	RefuseTx(tx *store.Tx, rooms *Rooms, e *Event, in Standing) error
}

// Standing gives an event of the state in which another one is to stand, or nil.
type Standing func(eventType, key string) (*Event, error)

// PurgeFollower is a Follower that also tells others of what no event tells. It is told after the content is gone.
type PurgeFollower interface {
	Follower
	PurgedTx(tx *store.Tx, rooms *Rooms, roomID string, p Purge) error
}

// NoFollower is for followers that care for a part alone.
type NoFollower struct{}

// AppendedTx does nothing.
func (NoFollower) AppendedTx(*store.Tx, *Rooms, *Event) error { return nil }

// EmptiedTx does nothing.
func (NoFollower) EmptiedTx(*store.Tx, string, ...string) error { return nil }

func (r *Rooms) purged(tx *store.Tx, roomID string, p Purge) error {
	for _, f := range r.followers {
		teller, tells := f.(PurgeFollower)
		if !tells {
			continue
		}
		if err := teller.PurgedTx(tx, r, roomID, p); err != nil {
			return err
		}
	}
	return nil
}

// guardsOf are the followers that are asked of the events of each type.
func guardsOf(followers []Follower) map[string][]Guard {
	of := map[string][]Guard{}
	for _, f := range followers {
		guard, guards := f.(Guard)
		if !guards {
			continue
		}
		for _, kind := range guard.Guards() {
			of[kind] = append(of[kind], guard)
		}
	}
	return of
}

// refuse asks the guards of an event.
func (r *Rooms) refuse(tx *store.Tx, pdu gomatrixserverlib.PDU, in Standing) error {
	guards := r.guards[pdu.Type()]
	if len(guards) == 0 {
		return nil
	}
	e := eventOf(0, pdu)
	for _, guard := range guards {
		if err := guard.RefuseTx(tx, r, e, in); err != nil {
			return err
		}
	}
	return nil
}

// standing is the room's present state.
func (r *Rooms) standing(tx *store.Tx, roomID string) Standing {
	return func(eventType, key string) (*Event, error) { return r.StateEvent(tx, roomID, eventType, key) }
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
