package place

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"panah/hub/network"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
)

// KeysType is the state in the channel of a request between two hubs, keyed by a hub's account, that says to which keys notes for the devices of that
// hub's people are sealed: {"keys":[{"user_id","device_id","recipient"}]}. It stands there once the request was accepted.
const KeysType = "network.panah.place.keys"

// keysMost bounds how many keys one hub may say for a request, so that a note that is sealed to all of both hubs fits into an event.
const keysMost = 60

// keysSaid is the content of KeysType.
type keysSaid struct {
	Keys []Key `json:"keys"`
}

// takesNotes tells whether notes for an arrival are written for a request: somebody will come, or is there.
func (r Request) takesNotes() bool { return r.State == allot.Accepted || r.State == allot.Arrived }

// ownKeysTx are the keys of this hub's devices in a channel, by user and device. Those of devices that were signed out are not among them.
func ownKeysTx(tx *store.Tx, roomID string) ([]Key, error) {
	return store.All(tx, func(row store.Scanner) (k Key, err error) { return k, row.Scan(&k.UserID, &k.DeviceID, &k.Recipient) },
		`SELECT k.user_id, k.device_id, k.recipient FROM place_keys k JOIN devices d ON d.user_id = k.user_id AND d.device_id = k.device_id
		JOIN memberships m ON m.user_id = k.user_id AND m.membership = 'join' WHERE m.room_id = $1 ORDER BY k.user_id, k.device_id`, roomID)
}

// otherKeysTx are the keys that the other hub says for its people in the channel of a request; none for a request of this hub alone. A key that is not
// one, or not of somebody of that hub who is in the channel, is passed over.
func (p *Places) otherKeysTx(tx *store.Tx, r Request) (all []Key, err error) {
	server := r.otherHub()
	if server == "" {
		return nil, nil
	}
	said, err := p.keysSaidTx(tx, r.RoomID, server)
	if err != nil {
		return nil, err
	}
	members, err := p.rooms.JoinedMembers(tx, r.RoomID)
	if err != nil {
		return nil, err
	}
	for _, k := range said {
		if len(all) < keysMost && room.ServerOf(k.UserID) == server && slices.Contains(members, k.UserID) && checkRecipient(k.Recipient) == nil {
			all = append(all, k)
		}
	}
	return all, nil
}

// keysSaidTx is what a hub says of its keys in a channel now.
func (p *Places) keysSaidTx(tx *store.Tx, roomID, server string) ([]Key, error) {
	e, err := p.rooms.StateEvent(tx, roomID, KeysType, network.HubOf(server))
	if err != nil || e == nil || e.Sender != network.HubOf(server) {
		return nil, err
	}
	var said keysSaid
	if json.Unmarshal(e.Content, &said) != nil { // another hub may say what it likes
		return nil, nil
	}
	return said.Keys, nil
}

// otherHub is the server of the hub that asks, or is asked; "" where this hub does both.
func (r Request) otherHub() string {
	if server := room.ServerOf(r.AskID); server != "" {
		return server
	}
	return room.ServerOf(r.ShelterID)
}

// sayKeys tells the other hub of a request to which keys notes for this hub's devices are sealed, if that is not what it was told last.
func (p *Places) sayKeys(ctx context.Context, tx *store.Tx, r Request) error {
	if !r.abroad() || !r.takesNotes() || r.RoomID == "" {
		return nil
	}
	keys, err := ownKeysTx(tx, r.RoomID)
	if err != nil {
		return err
	}
	keys = keys[:min(len(keys), keysMost)]
	said, err := p.keysSaidTx(tx, r.RoomID, p.rooms.ServerName())
	if err != nil || slices.Equal(said, keys) {
		return err
	}
	own := p.people.HubUser()
	_, err = p.rooms.Append(ctx, tx, room.Draft{RoomID: r.RoomID, Sender: own, Type: KeysType, StateKey: &own, Content: keysSaid{keys}})
	return p.bear(r.RoomID, err)
}

// takingNotes finds the requests between hubs for which notes are written.
const takingNotes = `SELECT ` + requestColumns + ` FROM place_requests r JOIN places_abroad l ON l.request_id = r.request_id
	WHERE r.state IN ('accepted', 'arrived') AND r.room_id <> ''`

// sayKeysOf tells the other hubs of somebody's requests that their devices have other keys now.
func (p *Places) sayKeysOf(ctx context.Context, tx *store.Tx, userID string) error {
	return p.sayKeysWhere(ctx, tx, takingNotes+` AND r.room_id IN (SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join') ORDER BY r.request_id`, userID)
}

// sayAllKeys does so for all: devices that were signed out have keys no more.
func (p *Places) sayAllKeys(tx *store.Tx) error {
	return p.sayKeysWhere(tx.Context(), tx, takingNotes+` ORDER BY r.request_id`)
}

func (p *Places) sayKeysWhere(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	all, err := store.All(tx, scanRequest, query, args...)
	for _, r := range all {
		err = errors.Join(err, p.sayKeys(ctx, tx, r))
	}
	return err
}
