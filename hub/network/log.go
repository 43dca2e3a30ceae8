package network

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// Log follows the rooms (room.Follower). It notes which hubs were called and came, reads the directories of others, and holds other servers to
// what the rules of Matrix cannot: in a hub room a hub brings and takes out its own people alone.
type Log struct{ room.NoFollower }

// AppendedTx takes in an event.
func (l Log) AppendedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	switch {
	case e.StateKey == nil:
		return nil
	case e.Type == spec.MRoomMember:
		return l.member(tx, rooms, e)
	case e.Type == OrganisationType && room.ServerOf(e.RoomID) != rooms.ServerName():
		return readDirectory(tx, rooms, e.RoomID)
	}
	return nil
}

func (l Log) member(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	foreign := rooms.IsForeign(e.Sender)
	if foreign {
		if err := checkMember(tx, rooms, e); err != nil {
			return err
		}
	}
	if !isHub(*e.StateKey) {
		return nil
	}
	own := HubOf(rooms.ServerName())
	membership := membershipOf(e)
	switch {
	case *e.StateKey != own && membership == spec.Join:
		return doneTx(tx, e.RoomID, room.ServerOf(*e.StateKey), callIn)
	case *e.StateKey == own && foreign && membership == spec.Invite:
		return comeTx(tx, e)
	case *e.StateKey == own && membership == spec.Join && room.ServerOf(e.RoomID) != rooms.ServerName():
		if err := doneTx(tx, e.RoomID, room.ServerOf(e.RoomID), comeIn); err != nil {
			return err
		}
		if err := pastTx(tx, rooms, e.RoomID); err != nil {
			return err
		}
		return readDirectory(tx, rooms, e.RoomID)
	}
	return nil
}

// comeTx has this hub come where it was called: the door has let the invitation in. Run finds the row with its next beat.
func comeTx(tx *store.Tx, e *room.Event) error {
	server := room.ServerOf(e.RoomID)
	if e.Sender != HubOf(server) {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO hub_calls (room_id, server, what, next_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		e.RoomID, server, comeIn, tx.Now.UnixMilli())
	return err
}

// HubRoomTx tells the kind of a room that a hub's account made for hubs, and whose it is; "" for every other room.
func HubRoomTx(tx *store.Tx, rooms *room.Rooms, roomID string) (kind, server string, err error) {
	var creator string
	err = tx.QueryRow(`SELECT creator FROM rooms WHERE room_id = $1`, roomID).Scan(&creator)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("read who made a room: %w", err)
	}
	server = room.ServerOf(roomID)
	if creator != HubOf(server) {
		return "", "", nil
	}
	e, err := rooms.StateEvent(tx, roomID, ChannelType, "")
	if err != nil || e == nil || e.Sender != creator {
		return "", "", err
	}
	var c struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(e.Content, &c) != nil || !slices.Contains(hubKinds, c.Kind) {
		return "", "", nil
	}
	return c.Kind, server, nil
}

// checkMember refuses what another hub may not do in a hub room, though the rules of Matrix let it.
func checkMember(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	kind, owner, err := HubRoomTx(tx, rooms, e.RoomID)
	if err != nil || kind == "" {
		return err
	}
	var c struct {
		Membership string `json:"membership"`
		Via        string `json:"join_authorised_via_users_server"`
	}
	if json.Unmarshal(e.Content, &c) != nil {
		return fault.BadJSON()
	}
	its := room.ServerOf(e.Sender)
	right := false
	switch {
	case c.Membership == spec.Invite:
		right = e.Sender == HubOf(owner) && isHub(*e.StateKey)
	case c.Membership == spec.Join:
		right = isHub(e.Sender) || c.Via == HubOf(its)
	default:
		right = its == room.ServerOf(*e.StateKey)
	}
	if !right {
		return fault.Forbidden("error.not_allowed")
	}
	return nil
}
