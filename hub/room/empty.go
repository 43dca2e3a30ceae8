package room

import (
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/store"
)

// EmptyTx takes the content out of events of a room where nobody is left who could take them back: posts as Sweep does it, so that nobody is
// shown them, and state so that what it does stays and what it says of a person goes. No event tells of it, since nobody could write one; the
// followers are told, and by them the devices of the room. It is for the hub itself: whoever calls it has checked that it may. Ids of other rooms are error.unknown_event.
func (r *Rooms) EmptyTx(tx *store.Tx, roomID string, ids ...string) error {
	events, err := r.EventsByID(tx, ids)
	if err != nil {
		return err
	}
	var gone Purge
	for i := range events {
		e := &events[i]
		switch {
		case e.RoomID != roomID:
			return fault.NotFound("error.unknown_event")
		case e.Purged || e.RedactedBy != "":
		case e.StateKey != nil:
			gone.Events = append(gone.Events, e.ID)
			if e.Type == spec.MRoomMember {
				gone.People = append(gone.People, *e.StateKey)
			}
			err = r.emptyState(tx, e)
		default:
			gone.Events = append(gone.Events, e.ID)
			err = r.purge(tx, roomID, e)
		}
		if err != nil {
			return err
		}
	}
	if len(gone.Events) == 0 {
		return nil
	}
	return r.purged(tx, roomID, gone)
}

// emptyState leaves of a state event what Matrix leaves of a redacted one: of a membership which it is, without name, picture and reason.
func (r *Rooms) emptyState(tx *store.Tx, e *Event) error {
	if err := r.emptied(tx, e.RoomID, e.ID); err != nil {
		return err
	}
	pdu, err := parse(e.PDU, e.ID)
	if err != nil {
		return err
	}
	pdu.Redact()
	_, err = tx.Exec(`UPDATE events SET pdu = $2 WHERE position = $1`, e.Position, pdu.JSON())
	return err
}
