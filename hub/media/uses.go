package media

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"panah/hub/room"
	"panah/hub/store"
)

// Uses follows the rooms (room.Follower) and keeps which event uses which file.
type Uses struct {
	Server string // the hub's name
}

// AppendedTx enters the files that an event uses. It refuses an event of this hub's people with a file of the hub's that its sender may not
// read, or with one that was not cleaned. What others say is told all the same, and shows nobody such a file.
func (u Uses) AppendedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if !bytes.Contains(e.Content, []byte("mxc:")) {
		return nil
	}
	for _, id := range named(u.Server, e.Content) {
		err := mayName(tx, rooms, e.Sender, id)
		if (errors.Is(err, errUnknown) || errors.Is(err, errOpaque)) && rooms.IsForeign(e.Sender) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO media_uses (media_id, room_id, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, id, e.RoomID, e.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// mayName is nil for one who may read a file of this hub, and for all of those of others: who reads them is decided where they are. It is errOpaque for
// a file that was not cleaned: an event that the hub can read must not name one.
func mayName(tx *store.Tx, rooms *room.Rooms, sender, id string) error {
	f, err := fileTx(tx, id)
	if far(id) && (errors.Is(err, errUnknown) || err == nil && !f.opaque()) {
		return nil
	}
	if err != nil {
		return err
	}
	return mayShow(tx, rooms, sender, f)
}

// EmptiedTx forgets what the events used. A file that nothing else uses goes with them.
func (u Uses) EmptiedTx(tx *store.Tx, roomID string, eventIDs ...string) error {
	for _, eventID := range eventIDs {
		ids, err := columnTx(tx, `SELECT media_id FROM media_uses WHERE event_id = $1 AND room_id = $2 ORDER BY media_id`, eventID, roomID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM media_uses WHERE event_id = $1 AND room_id = $2`, eventID, roomID); err != nil {
			return err
		}
		for _, id := range ids {
			if err := u.removeUnusedTx(tx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// unused is the condition for a row of media m: no event uses it and nobody wears it. $1 is the beginning of this hub's content URIs.
const unused = `NOT EXISTS (SELECT 1 FROM media_uses u WHERE u.media_id = m.media_id)
	AND NOT EXISTS (SELECT 1 FROM people p WHERE p.avatar_url IN ($1 || m.media_id, 'mxc://' || m.media_id))`

func (u Uses) removeUnusedTx(tx *store.Tx, id string) error {
	unusedIDs, err := columnTx(tx, `SELECT m.media_id FROM media m WHERE `+unused+` AND m.media_id = $2`, uri(u.Server, ""), id)
	if err != nil || len(unusedIDs) == 0 {
		return err
	}
	return removeTx(tx, id)
}

// removeTx forgets a file, and what used it.
func removeTx(tx *store.Tx, id string) error {
	if err := dropFileTx(tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM media_uses WHERE media_id = $1`, id)
	return err
}

// dropFileTx forgets a file, and keeps what uses it. Its blobs are deleted by Sweep.
func dropFileTx(tx *store.Tx, id string) error {
	blobs, err := columnTx(tx, `SELECT blob FROM media WHERE media_id = $1 UNION SELECT blob FROM media_thumbnails WHERE media_id = $1`, id)
	if err != nil {
		return err
	}
	for _, name := range blobs {
		if err := dropTx(tx, name); err != nil {
			return err
		}
	}
	for _, table := range []string{"media", "media_thumbnails"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE media_id = $1`, id); err != nil {
			return fmt.Errorf("forget a file: %w", err)
		}
	}
	return nil
}

// nameMembers are those of an event's content, at any depth, that name a file: of m.image and its kin, their thumbnails, of encrypted
// files, of rooms and members. What people write in body never counts.
var nameMembers = []string{"url", "thumbnail_url", "avatar_url"}

// named are the ids of the files that a content names, each once: all of this hub's, and farMost of others'.
func named(server string, content json.RawMessage) []string {
	var tree any
	if json.Unmarshal(content, &tree) != nil {
		return nil // the event was checked when it was built
	}
	var ids []string
	collect(tree, func(value string) {
		if id, is := idOf(server, value); is {
			ids = append(ids, id)
		}
	})
	slices.Sort(ids)
	others := 0
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool {
		if far(id) {
			others++
		}
		return others > farMost && far(id)
	})
}

func collect(tree any, found func(value string)) {
	switch node := tree.(type) {
	case []any:
		for _, each := range node {
			collect(each, found)
		}
	case map[string]any:
		for name, each := range node {
			if value, text := each.(string); text && slices.Contains(nameMembers, name) {
				found(value)
			}
			collect(each, found)
		}
	}
}

// ownID gives the id in a content URI of this hub; "", which no file has, where it holds what no id can.
func ownID(server, contentURI string) (id string, ours bool) {
	id, ours = strings.CutPrefix(contentURI, uri(server, ""))
	if far(id) {
		id = ""
	}
	return id, ours
}
