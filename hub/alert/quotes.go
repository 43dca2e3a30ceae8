package alert

import (
	"errors"
	"fmt"
	"slices"

	"panah/hub/room"
	"panah/hub/store"
)

// opening are the state events by which a channel gets other readers.
var opening = []string{"m.room.member", "m.room.join_rules", "m.room.history_visibility"}

// keepQuoteTx notes that a post quotes an alert, so that it can be taken back when somebody comes whom the label excludes. CLEAR excludes nobody.
func keepQuoteTx(tx *store.Tx, rooms *room.Rooms, al Alert, e *room.Event) error {
	readers, _, err := readersTx(tx, rooms, e.RoomID)
	if err != nil {
		return err
	}
	for _, from := range readers {
		if _, err := tx.Exec(`INSERT INTO alert_quotes (event_id, alert_id, room_id, read_in) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			e.ID, al.ID, e.RoomID, from); err != nil {
			return fmt.Errorf("note a quote: %w", err)
		}
	}
	return nil
}

// openedTx looks at the quotes that a room's members read after who they are, or who may become one, has changed. Who comes in is not held up: it may
// be somebody whom the hub brings.
func openedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if !slices.Contains(opening, e.Type) {
		return nil
	}
	return requoteTx(tx, rooms, `SELECT DISTINCT event_id, alert_id FROM alert_quotes WHERE read_in = $1`, e.RoomID)
}

// tightenedTx looks at the quotes of an alert after its label has changed.
func tightenedTx(tx *store.Tx, rooms *room.Rooms, alertID string) error {
	return requoteTx(tx, rooms, `SELECT DISTINCT event_id, alert_id FROM alert_quotes WHERE alert_id = $1`, alertID)
}

// requoteTx empties the quotes that somebody could read now whom the label excludes, and notes for the others who reads them.
func requoteTx(tx *store.Tx, rooms *room.Rooms, which, of string) error {
	type quote struct{ eventID, alertID string }
	quotes, err := store.All(tx, func(row store.Scanner) (q quote, err error) { return q, row.Scan(&q.eventID, &q.alertID) }, which, of)
	if err != nil {
		return err
	}
	for _, q := range quotes {
		if err := requoteOneTx(tx, rooms, q.eventID, q.alertID); err != nil {
			return err
		}
	}
	return nil
}

// requoteOneTx goes by the alert as it stands now. Of one that the log keeps no longer nobody can tell any more who may read it.
func requoteOneTx(tx *store.Tx, rooms *room.Rooms, eventID, alertID string) error {
	found, err := rooms.EventsByID(tx, []string{eventID})
	if err != nil || len(found) == 0 {
		return err
	}
	e := &found[0]
	al, err := alertTx(tx, alertID)
	may := false
	if err == nil {
		may, err = mayQuoteTx(tx, rooms, al, e)
	}
	if err != nil && !errors.Is(err, errUnknown()) {
		return err
	}
	if !may {
		return rooms.EmptyTx(tx, e.RoomID, e.ID)
	}
	if _, err := tx.Exec(`DELETE FROM alert_quotes WHERE event_id = $1 AND alert_id = $2`, e.ID, al.ID); err != nil {
		return err
	}
	return keepQuoteTx(tx, rooms, al, e)
}
