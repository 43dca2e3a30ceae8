package network

import (
	"context"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// abroad tells whether a channel is on other servers alone, so that those have to be asked; and by which of them, beside those that are given. A
// channel of this hub is never abroad.
func (n *Network) abroad(ctx context.Context, roomID, user string, servers []string) (is bool, by []string, err error) {
	err = n.db.Read(ctx, func(tx *store.Tx) error {
		here, err := n.rooms.IsHere(tx, roomID)
		if err != nil || here {
			return err
		}
		own, err := n.rooms.StateEvent(tx, roomID, spec.MRoomMember, user)
		if err != nil {
			return err
		}
		by = append(by, servers...)
		if own != nil {
			by = append(by, room.ServerOf(own.Sender))
		}
		by = append(by, room.ServerOf(roomID))
		return nil
	})
	for _, server := range by {
		is = is || server != n.rooms.ServerName()
	}
	return is && n.rooms.Federates(), by, err
}

// shown is what a membership of a person's says beside what it is: their name, their picture and a reason.
func (n *Network) shown(ctx context.Context, roomID, user, membership, reason string) (content map[string]any, err error) {
	err = n.db.Read(ctx, func(tx *store.Tx) error {
		d, err := n.memberDraft(tx, roomID, user, user, membership, reason)
		if err == nil {
			content, _ = d.Content.(map[string]any)
		}
		return err
	})
	return content, err
}

// enter brings the caller into a channel of other servers.
func (n *Network) enter(ctx context.Context, caller people.Caller, roomID, reason string, by []string) (eventID string, err error) {
	content, err := n.shown(ctx, roomID, caller.UserID, spec.Join, reason)
	if err != nil {
		return "", err
	}
	e, err := n.rooms.Enter(ctx, roomID, caller.UserID, content, by)
	return e.ID, err
}

// askIn invites somebody of another server.
func (n *Network) askIn(ctx context.Context, caller people.Caller, roomID, user, reason string) (eventID string, err error) {
	var d room.Draft
	err = n.db.Read(ctx, func(tx *store.Tx) (err error) {
		d, err = n.memberDraft(tx, roomID, caller.UserID, user, spec.Invite, reason)
		return err
	})
	if err != nil {
		return "", err
	}
	e, err := n.rooms.AskIn(ctx, d)
	return e.ID, err
}
