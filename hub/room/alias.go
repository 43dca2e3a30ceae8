package room

import (
	"database/sql"
	"errors"
	"fmt"
	"regexp"

	"panah/hub/fault"
	"panah/hub/store"
)

var aliasID = regexp.MustCompile(`^#[^\x00\s:]+:[A-Za-z0-9.:\[\]-]+$`)

// AddAlias gives a room another name. It is M_UNKNOWN and 409 when the name is taken.
func (r *Rooms) AddAlias(tx *store.Tx, alias, roomID, creator string) error {
	if len(alias) > maxID || !aliasID.MatchString(alias) {
		return fault.InvalidParam("error.bad_alias")
	}
	n, err := tx.Exec(`INSERT INTO aliases (alias, room_id, creator, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (alias) DO NOTHING`,
		alias, roomID, creator, tx.Now.UnixMilli())
	if err == nil && n == 0 {
		return fault.New(409, "M_ROOM_IN_USE", "error.alias_in_use")
	}
	return err
}

// Alias is one name of a room.
type Alias struct {
	Alias   string
	RoomID  string
	Creator string
}

// Alias looks a name up; error.unknown_alias when there is none.
func (r *Rooms) Alias(tx *store.Tx, alias string) (Alias, error) {
	a := Alias{Alias: alias}
	err := tx.QueryRow(`SELECT room_id, creator FROM aliases WHERE alias = $1`, alias).Scan(&a.RoomID, &a.Creator)
	if errors.Is(err, sql.ErrNoRows) {
		return Alias{}, fault.NotFound("error.unknown_alias")
	}
	if err != nil {
		return Alias{}, fmt.Errorf("look an alias up: %w", err)
	}
	return a, nil
}

// RemoveAlias takes a name away.
func (r *Rooms) RemoveAlias(tx *store.Tx, alias string) error {
	n, err := tx.Exec(`DELETE FROM aliases WHERE alias = $1`, alias)
	if err == nil && n == 0 {
		return fault.NotFound("error.unknown_alias")
	}
	return err
}

// Aliases are the names of a room.
func (r *Rooms) Aliases(tx *store.Tx, roomID string) ([]string, error) {
	return column(tx, `SELECT alias FROM aliases WHERE room_id = $1 ORDER BY alias`, roomID)
}

// Publish puts a room into the directory, or takes it out.
func (r *Rooms) Publish(tx *store.Tx, roomID string, published bool) error {
	query := `INSERT INTO published_rooms (room_id) VALUES ($1) ON CONFLICT (room_id) DO NOTHING`
	if !published {
		query = `DELETE FROM published_rooms WHERE room_id = $1`
	}
	_, err := tx.Exec(query, roomID)
	return err
}

// IsPublished tells whether a room is in the directory.
func (r *Rooms) IsPublished(tx *store.Tx, roomID string) (bool, error) {
	var found bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM published_rooms WHERE room_id = $1)`, roomID).Scan(&found)
	return found, err
}

// Published are the rooms of the directory.
func (r *Rooms) Published(tx *store.Tx) ([]string, error) {
	return column(tx, `SELECT room_id FROM published_rooms ORDER BY room_id`)
}

// Forget marks a room that someone has left as forgotten: it no longer shows anywhere for them.
func (r *Rooms) Forget(tx *store.Tx, roomID, user string) error {
	n, err := tx.Exec(`UPDATE memberships SET forgotten = TRUE WHERE room_id = $1 AND user_id = $2 AND membership IN ('leave', 'ban')`, roomID, user)
	if err == nil && n == 0 {
		return fault.New(400, "M_UNKNOWN", "error.still_member")
	}
	return err
}

func column(tx *store.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := []string{}
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, fmt.Errorf("read a list: %w", err)
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

// MoveNames gives a room's names, and its place in the directory, to the room that replaces it.
func (r *Rooms) MoveNames(tx *store.Tx, from, to string) error {
	if _, err := tx.Exec(`UPDATE aliases SET room_id = $2 WHERE room_id = $1`, from, to); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE published_rooms SET room_id = $2 WHERE room_id = $1`, from, to)
	return err
}
