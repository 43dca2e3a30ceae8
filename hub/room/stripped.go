package room

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/store"
)

// strippedTypes are what somebody outside is shown of a room (Matrix Client-Server API, "Stripped state").
var strippedTypes = []string{"m.room.create", "m.room.name", "m.room.avatar", "m.room.topic", "m.room.join_rules", "m.room.canonical_alias", "m.room.encryption",
	"network.panah.channel"} // the last for hubs, which come by themselves where other hubs call them

// stripped is what stripped state has of an event.
type stripped struct {
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key"`
	Content  json.RawMessage `json:"content"`
}

// Stripped is the little of a room that somebody who stands outside it is shown: what the room is, and who is asking them in. It is the state
// as it stood when they were last told how they stand to it: whoever is outside does not follow what changes later. Of a room that is on
// other servers alone it is what those told.
func (r *Rooms) Stripped(tx *store.Tx, roomID, user string) ([]json.RawMessage, error) {
	own, err := r.StateEvent(tx, roomID, "m.room.member", user)
	if err != nil || own == nil {
		return []json.RawMessage{}, err
	}
	told, err := told(tx, roomID, user)
	if err != nil || told != nil {
		return append(told, strip(own)), err
	}
	from := r.standsFrom(tx, roomID, user)
	list := []json.RawMessage{}
	add := func(kind, key string) error {
		e, err := r.StateEventAt(tx, roomID, kind, key, from)
		if err == nil && e != nil {
			list = append(list, strip(e))
		}
		return err
	}
	for _, kind := range strippedTypes {
		err = errors.Join(err, add(kind, ""))
	}
	if own.Sender != user {
		err = errors.Join(err, add("m.room.member", own.Sender))
	}
	return append(list, strip(own)), err
}

// standsFrom is the position from which somebody stands to a room as they do now.
func (r *Rooms) standsFrom(tx *store.Tx, roomID, user string) (at store.Position) {
	err := tx.QueryRow(`SELECT position FROM memberships WHERE room_id = $1 AND user_id = $2`, roomID, user).Scan(&at)
	if err != nil {
		return 0
	}
	return at
}

// told is what another server told of a room that this hub is not in; nil when there is nothing.
func told(tx *store.Tx, roomID, user string) (list []json.RawMessage, err error) {
	var raw string
	err = tx.QueryRow(`SELECT state FROM invite_states WHERE room_id = $1 AND user_id = $2`, roomID, user).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was told of %s: %w", roomID, err)
	}
	return list, nil
}

// strip leaves an event only what stripped state has.
func strip(e *Event) json.RawMessage {
	raw, err := json.Marshal(stripped{e.Type, e.Sender, e.StateKey, e.Content})
	if err != nil { // content was checked to be JSON when the event was appended
		return json.RawMessage(`{}`)
	}
	return raw
}
