package network

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// reasonLimit is the length of the longest reason, in bytes.
const reasonLimit = 2000

func cutUser(user string) (name, domain string, ok bool) {
	name, domain, ok = strings.Cut(strings.TrimPrefix(user, "@"), ":")
	return name, domain, ok && strings.HasPrefix(user, "@") && name != ""
}

// Join brings the caller into a channel: an open one, one they are invited to, or one whose space they are a member of. servers are those
// that may let them in where the channel is not of this hub, beside those that its id and an invitation name.
func (n *Network) Join(ctx context.Context, caller people.Caller, roomID, reason string, servers ...string) error {
	_, err := n.join(ctx, caller, roomID, reason, servers...)
	return err
}

func (n *Network) join(ctx context.Context, caller people.Caller, roomID, reason string, servers ...string) (eventID string, err error) {
	if err := caller.Require(people.ActJoin); err != nil {
		return "", err
	}
	abroad, by, err := n.abroad(ctx, roomID, caller.UserID, servers)
	if err != nil {
		return "", err
	}
	if abroad {
		return n.enter(ctx, caller, roomID, reason, by)
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		now, err := n.rooms.StateEvent(tx, roomID, spec.MRoomMember, caller.UserID)
		if err != nil {
			return err
		}
		if now != nil && membershipOf(now) == spec.Join {
			eventID = now.ID
			return nil // joining twice is joining once
		}
		e, err := n.joinTx(ctx, tx, roomID, caller.UserID, reason)
		if err == nil {
			eventID = e.ID
		}
		return err
	})
	return eventID, err
}

func (n *Network) joinTx(ctx context.Context, tx *store.Tx, roomID, user, reason string) (room.Event, error) {
	d, err := n.memberDraft(tx, roomID, user, user, spec.Join, reason)
	if err != nil {
		return room.Event{}, err
	}
	via, err := n.rooms.Authoriser(tx, roomID, user, n.people.HubUser())
	if err != nil {
		return room.Event{}, err
	}
	if via != "" {
		d.Content.(map[string]any)["join_authorised_via_users_server"] = via
	}
	events, err := n.rooms.Append(ctx, tx, d)
	if err != nil {
		return room.Event{}, err
	}
	return events[0], nil
}

// Leave takes the caller out of a channel, or declines an invitation. Who has left already is out: a second request is one whose first answer was
// lost.
func (n *Network) Leave(ctx context.Context, caller people.Caller, roomID, reason string) error {
	abroad, _, err := n.abroad(ctx, roomID, caller.UserID, nil)
	if err != nil {
		return err
	}
	if abroad {
		content, err := n.shown(ctx, roomID, caller.UserID, spec.Leave, reason)
		if err == nil {
			_, err = n.rooms.Decline(ctx, roomID, caller.UserID, content)
		}
		return err
	}
	return n.db.Write(ctx, func(tx *store.Tx) error {
		membership, err := n.rooms.Membership(tx, roomID, caller.UserID)
		if err != nil || membership == spec.Leave {
			return err
		}
		_, err = n.membershipTx(ctx, tx, roomID, caller.UserID, caller.UserID, spec.Leave, reason)
		return err
	})
}

// Knock asks to be let into a channel whose members decide who comes in ("Knocking on rooms").
func (n *Network) Knock(ctx context.Context, caller people.Caller, roomID, reason string, servers ...string) error {
	if err := caller.Require(people.ActJoin); err != nil {
		return err
	}
	abroad, by, err := n.abroad(ctx, roomID, caller.UserID, servers)
	if err != nil {
		return err
	}
	if abroad {
		content, err := n.shown(ctx, roomID, caller.UserID, spec.Knock, reason)
		if err == nil {
			_, err = n.rooms.Knock(ctx, roomID, caller.UserID, content, by)
		}
		return err
	}
	return n.writeMembership(ctx, caller, roomID, caller.UserID, spec.Knock, reason)
}

// Forget has a channel that the caller left no longer show anywhere for them.
func (n *Network) Forget(ctx context.Context, caller people.Caller, roomID string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error { return n.rooms.Forget(tx, roomID, caller.UserID) })
}

// Invite asks someone into a channel.
func (n *Network) Invite(ctx context.Context, caller people.Caller, roomID, user, reason string) error {
	_, err := n.setMembership(ctx, caller, roomID, user, spec.Invite, reason)
	return err
}

// Kick takes someone out of a channel, or takes an invitation back.
func (n *Network) Kick(ctx context.Context, caller people.Caller, roomID, user, reason string) error {
	_, err := n.setMembership(ctx, caller, roomID, user, spec.Leave, reason)
	return err
}

// Ban takes someone out of a channel for good.
func (n *Network) Ban(ctx context.Context, caller people.Caller, roomID, user, reason string) error {
	_, err := n.setMembership(ctx, caller, roomID, user, spec.Ban, reason)
	return err
}

// Unban lets someone who was banned be invited again.
func (n *Network) Unban(ctx context.Context, caller people.Caller, roomID, user, reason string) error {
	if err := caller.Require(people.ActModerate); err != nil {
		return err
	}
	return n.db.Write(ctx, func(tx *store.Tx) error {
		membership, err := n.rooms.Membership(tx, roomID, user)
		if err != nil {
			return err
		}
		if membership != spec.Ban {
			return fault.Forbidden("error.not_banned")
		}
		_, err = n.membershipTx(ctx, tx, roomID, caller.UserID, user, spec.Leave, reason)
		return err
	})
}

// setMembership changes how someone stands to a channel, by another one or, for leaving and knocking, by themselves.
func (n *Network) setMembership(ctx context.Context, caller people.Caller, roomID, user, membership, reason string) (eventID string, err error) {
	if user != caller.UserID {
		act := people.ActModerate
		if membership == spec.Invite {
			act = people.ActInviteToChannel
		}
		if err := caller.Require(act); err != nil {
			return "", err
		}
	}
	if membership == spec.Invite && n.rooms.Federates() && n.rooms.IsForeign(user) {
		return n.askIn(ctx, caller, roomID, user, reason)
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		if membership == spec.Invite {
			if err := n.mayBeInvited(tx, user); err != nil {
				return err
			}
		}
		if membership == spec.Leave && user != caller.UserID {
			if err := n.notBanned(tx, roomID, user); err != nil {
				return err
			}
		}
		e, err := n.membershipTx(ctx, tx, roomID, caller.UserID, user, membership, reason)
		eventID = e.ID
		return err
	})
	return eventID, err
}

// notBanned keeps a kick from lifting a ban (Matrix Client-Server API, POST …/kick).
func (n *Network) notBanned(tx *store.Tx, roomID, user string) error {
	membership, err := n.rooms.Membership(tx, roomID, user)
	if err == nil && membership != spec.Join && membership != spec.Invite && membership != spec.Knock {
		return fault.Forbidden("error.other_not_member")
	}
	return err
}

func (n *Network) writeMembership(ctx context.Context, caller people.Caller, roomID, user, membership, reason string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		_, err := n.membershipTx(ctx, tx, roomID, caller.UserID, user, membership, reason)
		return err
	})
}

func (n *Network) membershipTx(ctx context.Context, tx *store.Tx, roomID, sender, user, membership, reason string) (room.Event, error) {
	d, err := n.memberDraft(tx, roomID, sender, user, membership, reason)
	if err != nil {
		return room.Event{}, err
	}
	events, err := n.rooms.Append(ctx, tx, d)
	if err != nil {
		return room.Event{}, err
	}
	return events[0], nil
}

// memberDraft makes a membership, with the person's profile where others will see them.
func (n *Network) memberDraft(tx *store.Tx, roomID, sender, user, membership, reason string) (room.Draft, error) {
	if len(reason) > reasonLimit {
		return room.Draft{}, fault.TooLarge(reasonLimit)
	}
	content := map[string]any{"membership": membership}
	if reason != "" {
		content["reason"] = reason
	}
	if shown := membership == spec.Join || membership == spec.Invite || membership == spec.Knock; shown && !n.rooms.IsForeign(user) {
		person, err := n.people.PersonTx(tx, user)
		if err != nil {
			return room.Draft{}, err
		}
		content["displayname"] = person.Name
		if person.AvatarURL != "" {
			content["avatar_url"] = person.AvatarURL
		}
	}
	return room.Draft{RoomID: roomID, Sender: sender, Type: spec.MRoomMember, StateKey: &user, Content: content}, nil
}

func membershipOf(e *room.Event) string {
	var c struct {
		Membership string `json:"membership"`
	}
	if json.Unmarshal(e.Content, &c) != nil {
		return ""
	}
	return c.Membership
}
