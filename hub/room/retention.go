package room

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// RetentionType is the state that says how long a room keeps what is posted in it: {"max_lifetime": milliseconds} (MSC1763). Without it
// the hub's own bound holds. A min_lifetime binds nobody here: the hub keeps no longer than asked.
const RetentionType = "m.room.retention"

// MinLifetime is the shortest time that posts are kept, whatever a room's state says: a slip must not empty a channel under its readers.
const MinLifetime = 24 * time.Hour

// purgeBatch is how many events one transaction empties: some milliseconds, in which nobody else writes.
const purgeBatch = 100

// CheckRetention refuses a retention that says nothing this hub could keep to: max_lifetime, where it is, is a whole number of
// milliseconds and at least MinLifetime.
func CheckRetention(content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return fault.BadJSON().Because(err)
	}
	var c struct {
		Max *int64 `json:"max_lifetime"`
	}
	if json.Unmarshal(raw, &c) != nil || c.Max != nil && (*c.Max < MinLifetime.Milliseconds() || *c.Max > maxDepth) {
		return fault.InvalidParam("error.bad_retention")
	}
	return nil
}

// Lifetime is how long a room keeps what is posted in it: what its state says, but never longer than most.
func (r *Rooms) Lifetime(tx *store.Tx, roomID string, most time.Duration) (time.Duration, error) {
	e, err := r.StateEvent(tx, roomID, RetentionType, "")
	if err != nil || e == nil {
		return most, err
	}
	var c struct {
		Max int64 `json:"max_lifetime"`
	}
	if json.Unmarshal(e.Content, &c) != nil || c.Max <= 0 || c.Max >= most.Milliseconds() {
		return most, nil
	}
	return max(time.Duration(c.Max)*time.Millisecond, MinLifetime), nil
}

// Sweep empties what is older than its room keeps it, and tells how many events that were. most is the hub's own bound. Each
// batch is a transaction of its own, so an end in the middle loses nothing and several nodes may sweep at once.
func (r *Rooms) Sweep(ctx context.Context, most time.Duration) (purged int, err error) {
	var rooms []string
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		rooms, err = column(tx, `SELECT room_id FROM rooms /* reads all */ ORDER BY room_id`)
		return err
	})
	for _, roomID := range rooms {
		for n := purgeBatch; n >= purgeBatch && err == nil; purged += n {
			n = 0
			if due, err2 := r.due(ctx, roomID, most); err2 != nil || !due {
				err = err2
				break
			}
			err = r.db.Write(ctx, func(tx *store.Tx) (err error) { n, err = r.purgeTx(tx, roomID, most); return err })
		}
		if err != nil {
			return purged, fmt.Errorf("sweep %s: %w", roomID, err)
		}
	}
	return purged, err
}

// due looks whether there is anything to purge without holding up those who post.
func (r *Rooms) due(ctx context.Context, roomID string, most time.Duration) (due bool, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		events, err := r.overdue(tx, roomID, most, 1)
		due = len(events) > 0
		return err
	})
	return due, err
}

// overdue are the oldest events that the room keeps no longer. State stays: it is what the room is.
func (r *Rooms) overdue(tx *store.Tx, roomID string, most time.Duration, limit int) ([]Event, error) {
	keeps, err := r.Lifetime(tx, roomID, most)
	if err != nil {
		return nil, err
	}
	return queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.room_id = $1 AND e.origin_ts < $2 AND e.state_key IS NULL
		AND NOT e.purged ORDER BY e.origin_ts LIMIT $3`, roomID, tx.Now.Add(-keeps).UnixMilli(), limit)
}

// purgeTx empties one batch. With a post go its later wordings, which say the same, and the signs that were given to it.
func (r *Rooms) purgeTx(tx *store.Tx, roomID string, most time.Duration) (int, error) {
	keeps, err := r.Lifetime(tx, roomID, most)
	if err != nil {
		return 0, err
	}
	events, err := r.overdue(tx, roomID, most, purgeBatch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	about, err := inLists(tx, `SELECT `+eventColumns+` FROM events e WHERE e.relates_to IN (%s) AND e.rel_type IN ('m.replace', 'm.annotation')
		AND e.state_key IS NULL AND NOT e.purged`, ids)
	if err != nil {
		return 0, err
	}
	for _, e := range append(events, about...) {
		if err := r.purge(tx, roomID, &e); err != nil {
			return 0, err
		}
	}
	gone := Purge{Before: tx.Now.Add(-keeps)}
	for i := range about {
		if about[i].RoomID == roomID && about[i].OriginTS >= gone.Before.UnixMilli() {
			gone.Events = append(gone.Events, about[i].ID)
		}
	}
	return len(events), r.purged(tx, roomID, gone)
}

// purge leaves of an event what Matrix leaves of a redacted one (room version 11, "Redactions"): its signatures and its id still hold.
// The followers are told first, while the log still says what it related to.
func (r *Rooms) purge(tx *store.Tx, roomID string, e *Event) error {
	if e.RoomID != roomID {
		return nil // a wording in another room words nothing
	}
	if err := r.emptied(tx, roomID, e.ID); err != nil {
		return err
	}
	pdu, err := parse(e.PDU, e.ID)
	if err != nil {
		return err
	}
	pdu.Redact()
	if _, err := tx.Exec(`UPDATE events SET pdu = $2, relates_to = '', rel_type = '', purged = TRUE WHERE position = $1`, e.Position, pdu.JSON()); err != nil {
		return err
	}
	return r.keepPlaces(tx, roomID, e.ID)
}

// keepPlaces has nobody else see any more who had read up to an event that is emptied. This hub's people keep their own place there, or all that is
// older would be unread again for them.
func (r *Rooms) keepPlaces(tx *store.Tx, roomID, eventID string) error {
	_, err := tx.Exec(`INSERT INTO receipts (room_id, user_id, type, thread, event_id, event_position, at, position)
		SELECT room_id, user_id, 'm.read.private', thread, event_id, event_position, at, position FROM receipts
		WHERE room_id = $1 AND event_id = $2 AND type = 'm.read' AND substr(user_id, length(user_id) - length($3) + 1) = $3
		ON CONFLICT (room_id, user_id, type, thread) DO UPDATE SET event_id = excluded.event_id, event_position = excluded.event_position, at = excluded.at,
		position = excluded.position WHERE receipts.event_position < excluded.event_position`, roomID, eventID, ":"+string(r.server))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM receipts WHERE room_id = $1 AND event_id = $2 AND type = 'm.read'`, roomID, eventID)
	return err
}
