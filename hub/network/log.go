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

// Guards are the memberships.
func (Log) Guards() []string { return []string{spec.MRoomMember} }

// RefuseTx refuses what another hub may not do in a hub room, though the rules of Matrix let it.
func (Log) RefuseTx(_ *store.Tx, rooms *room.Rooms, e *room.Event, in room.Standing) error {
	if e.StateKey == nil || !rooms.IsForeign(e.Sender) {
		return nil
	}
	create, err := in(spec.MRoomCreate, "")
	owner := room.ServerOf(e.RoomID)
	if err != nil || create == nil || create.Sender != HubOf(owner) {
		return err
	}
	channel, err := in(ChannelType, "")
	if err != nil || kindOf(channel, create.Sender) == "" {
		return err
	}
	return checkMember(e, owner)
}

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
	if !isHub(*e.StateKey) {
		return nil
	}
	own := HubOf(rooms.ServerName())
	membership := membershipOf(e)
	switch {
	case *e.StateKey != own && membership == spec.Join:
		return doneTx(tx, e.RoomID, room.ServerOf(*e.StateKey), callIn)
	case *e.StateKey == own && rooms.IsForeign(e.Sender) && membership == spec.Invite:
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
	if err != nil {
		return "", "", err
	}
	if kind = kindOf(e, creator); kind == "" {
		return "", "", nil
	}
	return kind, server, nil
}

// kindOf is what kind of hub room the state of that name makes of a room whose creator is a hub's account; "" where it makes none.
func kindOf(channel *room.Event, creator string) string {
	var c struct {
		Kind string `json:"kind"`
	}
	if channel == nil || channel.Sender != creator || json.Unmarshal(channel.Content, &c) != nil || !slices.Contains(hubKinds, c.Kind) {
		return ""
	}
	return c.Kind
}

// checkMember refuses a membership that is not the other hub's to make in a hub room.
func checkMember(e *room.Event, owner string) error {
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
