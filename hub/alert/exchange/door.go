package exchange

import (
	"bytes"
	"encoding/json"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// Log follows the rooms (room.Follower), and is the lock on the door: what a post shows as an alert from outside came through this package, or is
// passed on as it came. Otherwise anybody could write what a feed is said to have said.
type Log struct{}

// doorKey marks, in the context of a transaction, that a post comes through this package.
type doorKey struct{}

// AppendedTx refuses what comes past the door. State is shown as no alert, and a hub that refused it for a card that somebody wrote into it would go by
// other members and other powers than all others.
func (Log) AppendedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if e.StateKey != nil || !bytes.Contains(e.Content, []byte(Member)) || tx.Context().Value(doorKey{}) != nil {
		return nil
	}
	members := membersOf(e.Content)
	card, worded := members[Member], membersOf(members["m.new_content"])[Member]
	if card == nil && worded == nil {
		return nil // the name is only spoken of
	}
	passed, err := passedOn(tx, rooms, members["network.panah.forwarded"])
	if err != nil {
		return err
	}
	if worded != nil || passed == nil || !bytes.Equal(passed, card) {
		return fault.Forbidden("error.cap_door")
	}
	return nil
}

// passedOn is the card of the post that another one says it passes on; whether that may be is the network's to decide.
func passedOn(tx *store.Tx, rooms *room.Rooms, forwarded json.RawMessage) (card json.RawMessage, err error) {
	var source struct {
		EventID string `json:"event_id"`
	}
	if json.Unmarshal(forwarded, &source) != nil || source.EventID == "" {
		return nil, nil
	}
	e, err := rooms.EventByID(tx, source.EventID)
	if fault.NotFound("error.unknown_event").Is(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return membersOf(e.Content)[Member], nil
}

func membersOf(raw json.RawMessage) (members map[string]json.RawMessage) {
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members
}

// EmptiedTx has nothing to do.
func (Log) EmptiedTx(*store.Tx, string, ...string) error { return nil }
