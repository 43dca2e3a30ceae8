package network

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// hubKinds are the kinds of rooms into which hubs call each other.
var hubKinds = []string{"directory", "alerts", "place", "places"}

// MayComeTx refuses to have this hub's account be invited by anybody but the hub that made the room, into a room of a kind that hubs share.
func (n *Network) MayComeTx(_ *store.Tx, i room.Invited) error {
	server := room.ServerOf(i.RoomID)
	if !n.admits(server) || i.Sender != HubOf(server) || !slices.Contains(hubKinds, kindTold(i.Stripped)) {
		return fault.Forbidden("error.not_allowed")
	}
	return nil
}

// kindTold is the kind of a room as stripped state tells it.
func kindTold(stripped []json.RawMessage) string {
	for _, raw := range stripped {
		var e struct {
			Type    string `json:"type"`
			Content struct {
				Kind string `json:"kind"`
			} `json:"content"`
		}
		if json.Unmarshal(raw, &e) == nil && e.Type == ChannelType {
			return e.Content.Kind
		}
	}
	return ""
}

// come enters a room of another hub to which this hub was called.
func (n *Network) come(ctx context.Context, d due) (again time.Duration, err error) {
	hub := n.people.HubUser()
	var membership string
	err = n.db.Read(ctx, func(tx *store.Tx) (err error) {
		membership, err = n.rooms.Membership(tx, d.roomID, hub)
		return err
	})
	if err != nil || membership != spec.Invite {
		return 0, err // it is there, or was sent away meanwhile
	}
	abroad, by, err := n.abroad(ctx, d.roomID, hub, []string{d.server})
	if err != nil {
		return 0, err
	}
	if !abroad {
		err = n.db.Write(ctx, func(tx *store.Tx) error { _, err := n.joinTx(ctx, tx, d.roomID, hub, ""); return err })
		return 0, err
	}
	content, err := n.shown(ctx, d.roomID, hub, spec.Join, "")
	if err != nil {
		return 0, err
	}
	if _, err = n.rooms.Enter(ctx, d.roomID, hub, content, by); err != nil && d.failed >= comingsMost {
		return 0, nil // it is no longer wanted there
	}
	if err != nil {
		return 0, err
	}
	return 0, n.db.Write(ctx, func(tx *store.Tx) error { return n.meetTx(ctx, tx, d.server) })
}
