package room

import (
	"fmt"

	"panah/hub/store"
)

// Turn is a position at which a room's state became another one than the event there says (see accept).
type Turn struct {
	Position store.Position
	RoomID   string
}

// turnsState tells whether changes of the state are other ones than that an event stands under its own key.
func turnsState(e *Event, changes []change) bool {
	if e.StateKey == nil {
		return len(changes) > 0
	}
	return len(changes) != 1 || changes[0].id != e.ID
}

// noteTurn writes down that a room's state turned at an event, if it did.
func (a archive) noteTurn(e *Event, changes []change) error {
	if !turnsState(e, changes) {
		return nil
	}
	_, err := a.tx.Exec(`INSERT INTO state_turns (position, room_id) VALUES ($1, $2)`, e.Position, e.RoomID)
	return err
}

// Turned tells whether a room's state turned after one position and up to another.
func (r *Rooms) Turned(tx *store.Tx, roomID string, after, upTo store.Position) (turned bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM state_turns WHERE room_id = $1 AND position > $2 AND position <= $3)`, roomID, after, upTo).Scan(&turned)
	return turned, err
}

// Turns are all rooms' between two positions.
func (r *Rooms) Turns(tx *store.Tx, after, upTo store.Position) ([]Turn, error) {
	return store.All(tx, func(row store.Scanner) (t Turn, err error) { return t, row.Scan(&t.Position, &t.RoomID) },
		`SELECT position, room_id FROM state_turns WHERE position > $1 AND position <= $2 ORDER BY position`, after, upTo)
}

// TurnedPeople are those whose membership another one took the place of at a turn.
func (r *Rooms) TurnedPeople(tx *store.Tx, t Turn) ([]string, error) {
	users, err := column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND position = $2`, t.RoomID, t.Position)
	if err != nil {
		return nil, fmt.Errorf("read whose membership turned: %w", err)
	}
	return users, nil
}
