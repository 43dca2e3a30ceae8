package feed

import (
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// TypeEmptied is account data of a room that is the same for everybody in it and written by the hub alone. It tells which posts the hub has
// emptied without an event, so that the copies on devices lose them with the next catch-up:
//
//	before  posts sent before it are gone, and what worded them anew or was a sign to them; Unix milliseconds
//	gone    the ids of other posts that are gone, and of people whose names are; the last ones of them
//	count   how many stood in gone ever: whoever has missed some keeps nothing of what it had
const TypeEmptied = "network.panah.emptied"

// goneKept bounds the list: some 25 KB, and mostly it is a handful.
const goneKept = 500

type emptied struct {
	Before int64    `json:"before"`
	Count  int      `json:"count"`
	Gone   []string `json:"gone"`
}

// Emptied follows the rooms (room.PurgeFollower).
type Emptied struct{ room.NoFollower }

// PurgedTx notes what is gone for everybody who is in the room, at one position.
func (Emptied) PurgedTx(tx *store.Tx, rooms *room.Rooms, roomID string, p room.Purge) error {
	content, err := emptiedTx(tx, roomID)
	if err != nil {
		return err
	}
	if !p.Before.IsZero() {
		content.Before = max(content.Before, p.Before.UnixMilli())
	}
	content.Count += len(p.Events) + len(p.People)
	content.Gone = append(append(content.Gone, p.Events...), p.People...)
	content.Gone = content.Gone[max(0, len(content.Gone)-goneKept):]
	raw := encode(content)
	position, err := rooms.NextTx(tx)
	if err != nil {
		return err
	}
	// The row of nobody is what the next one goes on from, whoever is in the room by then.
	_, err = tx.Exec(`INSERT INTO account_data (user_id, room_id, type, content, position)
		SELECT user_id, room_id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM memberships WHERE room_id = $1 AND membership = 'join'
		UNION ALL SELECT '', CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) WHERE TRUE
		ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = excluded.content, position = excluded.position`,
		roomID, TypeEmptied, string(raw), position)
	return err
}

func emptiedTx(tx *store.Tx, roomID string) (content emptied, err error) {
	raw, err := accountDataTx(tx, "", roomID, TypeEmptied)
	if errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return emptied{Gone: []string{}}, nil
	}
	if err != nil {
		return content, err
	}
	if err := json.Unmarshal(raw, &content); err != nil {
		return content, fmt.Errorf("read what is emptied: %w", err)
	}
	return content, nil
}
