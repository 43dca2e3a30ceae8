package place

import (
	"bytes"
	"encoding/json"
	"strings"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/room"
	"panah/hub/store"
)

// Log is the lock on the door (room.Follower): what speaks of places and did not come through this package is refused, by whatever way it
// came. What stands is not read from the log: the shelter's tables have one writer, and the log tells of it. What other hubs' accounts say in the rooms
// that hubs share is taken in here, in the transaction that writes it down (abroad.go).
type Log struct {
	room.NoFollower
	places *Places // nil before the places are there
}

// Hear has the places take in what other hubs say. It is called while the hub is built.
func (p *Places) Hear(l *Log) { l.places = p }

// hubTypes are the types of state that hubs' accounts alone write.
var hubTypes = []string{ShelterType, AskType, NoteType, KeysType}

// Guards are what hubs' accounts alone write.
func (*Log) Guards() []string { return hubTypes }

// RefuseTx refuses it from others.
func (*Log) RefuseTx(_ *store.Tx, _ *room.Rooms, e *room.Event, _ room.Standing) error {
	if !strings.HasPrefix(e.Sender, "@hub:") {
		return fault.Forbidden("error.place_door")
	}
	return nil
}

// AppendedTx refuses what is said past the door, and takes in what other hubs say.
func (l *Log) AppendedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if e.StateKey != nil {
		return l.state(tx, rooms, e)
	}
	if tx.Context().Value(doorKey{}) != nil || !bytes.Contains(e.Content, []byte(Member)) || e.Sender == network.HubOf(rooms.ServerName()) {
		return nil
	}
	var c map[string]json.RawMessage
	if json.Unmarshal(e.Content, &c) != nil {
		return nil // no object of ours
	}
	if c[Member] == nil && !bytes.Contains(c["m.new_content"], []byte(Member)) {
		return nil
	}
	if l.places == nil || !strings.HasPrefix(e.Sender, "@hub:") || c["m.new_content"] != nil {
		return fault.Forbidden("error.place_door")
	}
	return l.places.heardTx(tx, e, c[Member])
}

// heardTx takes in what another hub's account says of a request in its channel: a note, and of the shelter's hub its answer. How the request stands, from
// the hub that asks, is for people to read.
func (p *Places) heardTx(tx *store.Tx, e *room.Event, raw json.RawMessage) error {
	between, known, err := linkTx(tx, "room_id", e.RoomID)
	if err != nil {
		return err
	}
	if !known || e.Sender != network.HubOf(between.server) {
		return fault.Forbidden("error.place_door")
	}
	if between.asks {
		if err := p.heardAnswerTx(tx, between, raw); err != nil {
			return err
		}
	}
	return p.heardNoteTx(tx, between, raw)
}

// state takes in state of rooms that hubs share.
func (l *Log) state(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if l.places == nil {
		return nil
	}
	foreign := room.ServerOf(e.RoomID) != rooms.ServerName()
	switch {
	case e.Type == "m.room.member" && strings.HasPrefix(*e.StateKey, "@hub:"):
		return l.places.hubMovedTx(tx, rooms, e)
	case e.Type == ShelterType && foreign:
		return l.places.heardShelterTx(tx, rooms, e)
	case e.Type == AskType && foreign:
		return l.places.heardAskTx(tx, rooms, e.RoomID)
	}
	return nil
}

// hubMovedTx is told of a hub's account that has come or gone: this hub's into a room of another one, or another one out of a request's channel.
func (p *Places) hubMovedTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	var c struct {
		Membership string `json:"membership"`
	}
	if json.Unmarshal(e.Content, &c) != nil || c.Membership == "invite" {
		return nil
	}
	if *e.StateKey != network.HubOf(rooms.ServerName()) {
		between, known, err := linkTx(tx, "room_id", e.RoomID)
		if err != nil || !known || c.Membership == "join" || *e.StateKey != network.HubOf(between.server) {
			return err
		}
		return p.leftTx(tx, between)
	}
	if room.ServerOf(e.RoomID) == rooms.ServerName() {
		return nil
	}
	if c.Membership != "join" {
		return forgetBoardTx(tx, e.RoomID)
	}
	if err := p.cameToBoardTx(tx, rooms, e.RoomID); err != nil {
		return err
	}
	return p.heardAskTx(tx, rooms, e.RoomID)
}
