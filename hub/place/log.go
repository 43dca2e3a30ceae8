package place

import (
	"bytes"
	"encoding/json"
	"strings"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// Log is the lock on the door (room.Follower): what speaks of places and did not come through this package is refused, by whatever way it
// came. What stands is not read from the log: the shelter's tables have one writer, and the log tells of it.
type Log struct{ room.NoFollower }

// AppendedTx refuses what comes past the door.
func (Log) AppendedTx(tx *store.Tx, _ *room.Rooms, e *room.Event) error {
	if e.Type == ShelterType && !strings.HasPrefix(e.Sender, "@hub:") {
		return fault.Forbidden("error.place_door")
	}
	if tx.Context().Value(doorKey{}) != nil || !bytes.Contains(e.Content, []byte(Member)) {
		return nil
	}
	var c map[string]json.RawMessage
	if json.Unmarshal(e.Content, &c) != nil {
		return nil // no object of ours
	}
	if c[Member] != nil || bytes.Contains(c["m.new_content"], []byte(Member)) {
		return fault.Forbidden("error.place_door")
	}
	return nil
}
