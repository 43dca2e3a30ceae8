package feed

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"panah/hub/fault"
	"panah/hub/store"
)

// Kinds of receipts (Matrix C-S API, receipts). The private one is shown to its own person's devices only.
const (
	receiptRead    = "m.read"
	receiptPrivate = "m.read.private"
)

// Marker says up to which event someone has read, and in what sense.
type Marker struct {
	Kind   string // m.read, m.read.private or m.fully_read
	Event  string
	Thread string // "" for all of the room, "main", or the id of a thread's first event; never for m.fully_read
}

// receipt is one row.
type receipt struct {
	room, user, kind, thread, event string
	at                              int64
	position                        store.Position
}

// SetReceipts moves read markers, all together. A marker never moves backwards: a receipt for an older event changes nothing. The
// person must be in the room, and the events must be ones of it.
func (f *Feed) SetReceipts(ctx context.Context, userID, roomID string, markers ...Marker) error {
	for _, m := range markers {
		if err := m.check(); err != nil {
			return err
		}
	}
	return f.db.Write(ctx, func(tx *store.Tx) error {
		if err := f.inRoom(tx, userID, roomID); err != nil {
			return err
		}
		for _, m := range markers {
			if err := f.setMarker(tx, userID, roomID, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m Marker) check() error {
	switch m.Kind {
	case receiptRead, receiptPrivate:
	case typeFullyRead:
		if m.Thread != "" {
			return fault.InvalidParam("error.receipt_thread")
		}
	default:
		return fault.InvalidParam("error.receipt_kind")
	}
	if len(m.Event) > typeLimit || len(m.Thread) > typeLimit || m.Thread != "" && m.Thread != "main" && !strings.HasPrefix(m.Thread, "$") {
		return fault.InvalidParam("error.receipt_thread")
	}
	return nil
}

func (f *Feed) setMarker(tx *store.Tx, userID, roomID string, m Marker) error {
	at, err := f.eventPosition(tx, roomID, m.Event)
	if err != nil {
		return err
	}
	if m.Thread != "" && m.Thread != "main" {
		if _, err := f.eventPosition(tx, roomID, m.Thread); err != nil {
			return err
		}
	}
	if m.Kind == typeFullyRead {
		return f.setFullyRead(tx, userID, roomID, m.Event, at)
	}
	var old store.Position
	err = tx.QueryRow(`SELECT event_position FROM receipts WHERE room_id = $1 AND user_id = $2 AND type = $3 AND thread = $4`,
		roomID, userID, m.Kind, m.Thread).Scan(&old)
	if err == nil && old >= at {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read a receipt: %w", err)
	}
	position, err := f.position(tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO receipts (room_id, user_id, type, thread, event_id, event_position, at, position)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (room_id, user_id, type, thread) DO UPDATE
		SET event_id = excluded.event_id, event_position = excluded.event_position, at = excluded.at, position = excluded.position`,
		roomID, userID, m.Kind, m.Thread, m.Event, at, tx.Now.UnixMilli(), position)
	return err
}

// setFullyRead keeps the marker as what clients read it as, room account data.
func (f *Feed) setFullyRead(tx *store.Tx, userID, roomID, eventID string, at store.Position) error {
	content, err := accountDataTx(tx, userID, roomID, typeFullyRead)
	if err == nil {
		var old struct {
			Event string `json:"event_id"`
		}
		if json.Unmarshal(content, &old) == nil {
			before, err := f.eventPosition(tx, roomID, old.Event)
			if err == nil && before >= at {
				return nil
			}
		}
	} else if !errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return err
	}
	return f.setAccountDataTx(tx, userID, roomID, typeFullyRead, encode(map[string]string{"event_id": eventID}))
}

// receiptsAfter gives, by room, the receipts that moved after a position in the rooms that a person is in.
func receiptsAfter(tx *store.Tx, userID string, after store.Position) (map[string][]receipt, error) {
	if after == 0 {
		return nil, nil // every room is new then, and asks for all of its own
	}
	rows, err := tx.Query(`SELECT room_id, user_id, type, thread, event_id, at, position FROM receipts
		WHERE position > $1 AND (type <> 'm.read.private' OR user_id = $2)
		AND room_id IN (SELECT room_id FROM memberships WHERE user_id = $2 AND membership = 'join') ORDER BY position`, after, userID)
	if err != nil {
		return nil, err
	}
	all, err := scanReceipts(rows)
	byRoom := make(map[string][]receipt)
	for _, r := range all {
		byRoom[r.room] = append(byRoom[r.room], r)
	}
	return byRoom, err
}

// receiptsIn gives all the receipts of a room that a person may see.
func receiptsIn(tx *store.Tx, roomID, userID string) ([]receipt, error) {
	rows, err := tx.Query(`SELECT room_id, user_id, type, thread, event_id, at, position FROM receipts
		WHERE room_id = $1 AND (type <> 'm.read.private' OR user_id = $2) ORDER BY position`, roomID, userID)
	if err != nil {
		return nil, err
	}
	return scanReceipts(rows)
}

// receiptsBetween gives the receipts that moved after one position and not after another, in all rooms.
func receiptsBetween(tx *store.Tx, after, upTo store.Position) ([]receipt, error) {
	rows, err := tx.Query(`SELECT room_id, user_id, type, thread, event_id, at, position FROM receipts
		WHERE position > $1 AND position <= $2 ORDER BY position`, after, upTo)
	if err != nil {
		return nil, err
	}
	return scanReceipts(rows)
}

// Read is how far somebody has read in a room, as others may know it.
type Read struct {
	RoomID, UserID, Thread, EventID string
	At                              int64 // Unix milliseconds
}

// ReadsBetween gives the public receipts that moved after one position and not after another, in all rooms.
func ReadsBetween(tx *store.Tx, after, upTo store.Position) ([]Read, error) {
	all, err := receiptsBetween(tx, after, upTo)
	var reads []Read
	for _, r := range all {
		if r.kind == receiptRead {
			reads = append(reads, Read{r.room, r.user, r.thread, r.event, r.at})
		}
	}
	return reads, err
}

func scanReceipts(rows *sql.Rows) ([]receipt, error) {
	defer rows.Close()
	var all []receipt
	for rows.Next() {
		var r receipt
		if err := rows.Scan(&r.room, &r.user, &r.kind, &r.thread, &r.event, &r.at, &r.position); err != nil {
			return nil, fmt.Errorf("read a receipt: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// seenAt is what an m.receipt event says of one person.
type seenAt struct {
	At     int64  `json:"ts"`
	Thread string `json:"thread_id,omitempty"`
}

// receiptEvents writes receipts as m.receipt events: one, unless somebody has receipts for one event in several threads, for which
// the event's shape has no room.
func receiptEvents(all []receipt) []json.RawMessage {
	var events []json.RawMessage
	for len(all) > 0 {
		content := map[string]map[string]map[string]seenAt{}
		var rest []receipt
		for _, r := range all {
			kinds := inner(content, r.event)
			people := inner(kinds, r.kind)
			if _, taken := people[r.user]; taken {
				rest = append(rest, r)
				continue
			}
			people[r.user] = seenAt{At: r.at, Thread: r.thread}
		}
		events = append(events, encode(map[string]any{"type": "m.receipt", "content": content}))
		all = rest
	}
	return events
}

// inner gives the map under a key, made when it is not there.
func inner[V any](outer map[string]map[string]V, key string) map[string]V {
	m := outer[key]
	if m == nil {
		m = make(map[string]V)
		outer[key] = m
	}
	return m
}

// readUpTo is the position up to which a person has read the room's main line.
func readUpTo(tx *store.Tx, userID, roomID string) (store.Position, error) {
	var at sql.NullInt64
	err := tx.QueryRow(`SELECT MAX(event_position) FROM receipts
		WHERE room_id = $1 AND user_id = $2 AND type IN ('m.read', 'm.read.private') AND thread IN ('', 'main')`, roomID, userID).Scan(&at)
	if err != nil {
		return 0, fmt.Errorf("read receipts: %w", err)
	}
	return store.Position(at.Int64), nil
}
