// Package network is what a person may do in the network, and the shape that the network has.
//
// Every act of a person goes through here: it asks people.May whether the role allows the act, then has room append what
// follows from it, and there the rules of the channel itself decide. So authorisation stands in one place, whether the act came
// over the websocket, HTTP or the command line.
//
// The shape is a tree of Matrix spaces that the hub's own account keeps: the network, its countries, their organisations, each
// with one channel to begin with. Who signs up is brought into theirs in the same transaction that makes the account.
package network

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Network is this hub's network.
type Network struct {
	db     *store.DB
	people *people.People
	rooms  *room.Rooms
	name   string
	log    *slog.Logger
	left   chan struct{} // somebody left the network
	due    chan struct{} // something is due with another hub
	around Around        // nil where there are no other servers

	followers []Follower
}

// New makes the network of a hub that people call by name.
func New(db *store.DB, p *people.People, r *room.Rooms, name string) *Network {
	return &Network{db: db, people: p, rooms: r, name: name, log: slog.Default(), left: make(chan struct{}, 1), due: make(chan struct{}, 1)}
}

// append checks the act, then writes the drafts in one transaction, and gives the first one's event id.
func (n *Network) append(ctx context.Context, caller people.Caller, act people.Act, drafts ...room.Draft) (eventID string, err error) {
	if err := caller.Require(act); err != nil {
		return "", err
	}
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		events, err := n.rooms.Append(ctx, tx, drafts...)
		if err == nil {
			eventID = events[0].ID
		}
		return err
	})
	return eventID, err
}

// by makes a draft the caller's own.
func by(caller people.Caller, d room.Draft) room.Draft {
	d.Sender, d.DeviceID = caller.UserID, caller.DeviceID
	return d
}

// SendState sets a part of a channel's state. A membership is the act that it amounts to.
func (n *Network) SendState(ctx context.Context, caller people.Caller, d room.Draft) (eventID string, err error) {
	if d.StateKey == nil {
		empty := ""
		d.StateKey = &empty
	}
	if d.Type == spec.MRoomMember {
		return n.sendMembership(ctx, caller, d)
	}
	if err := checkState(&d); err != nil {
		return "", err
	}
	return n.append(ctx, caller, stateAct(d.Type), by(caller, d))
}

func stateAct(eventType string) people.Act {
	switch eventType {
	case "m.space.child", "m.space.parent":
		return people.ActCreateChannel
	case spec.MRoomPowerLevels, spec.MRoomJoinRules, spec.MRoomHistoryVisibility, "m.room.server_acl", "m.room.tombstone", room.RetentionType:
		return people.ActModerate
	}
	return people.ActSend
}

// sendMembership is for clients that set memberships as state (Matrix Client-Server API lets them).
func (n *Network) sendMembership(ctx context.Context, caller people.Caller, d room.Draft) (eventID string, err error) {
	raw, err := json.Marshal(d.Content)
	if err != nil {
		return "", fault.BadJSON().Because(err)
	}
	var c struct {
		Membership string `json:"membership"`
		Reason     string `json:"reason"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return "", fault.BadJSON().Because(err)
	}
	if *d.StateKey == caller.UserID && c.Membership == spec.Join {
		return n.join(ctx, caller, d.RoomID, c.Reason)
	}
	return n.setMembership(ctx, caller, d.RoomID, *d.StateKey, c.Membership, c.Reason)
}

// CreateRoom makes a channel or a space. Inside a space of the network it becomes a child of it: the hub's account, which keeps the
// network's spaces, enters it there for members of the space.
func (n *Network) CreateRoom(ctx context.Context, caller people.Caller, c room.Create) (roomID string, err error) {
	act := people.ActCreateChannel
	if c.RoomType == "m.space" {
		act = people.ActCreateSpace
	}
	if err := caller.Require(act); err != nil {
		return "", err
	}
	if c.Visibility == "public" {
		if err := caller.Require(people.ActPublishChannel); err != nil {
			return "", err
		}
	}
	if err := cleanCreation(&c); err != nil {
		return "", err
	}
	c.Creator = caller.UserID
	foreign := n.takeForeign(&c)
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		if err := n.place(tx, caller, &c); err != nil {
			return err
		}
		roomID, _, err = n.rooms.CreateTx(ctx, tx, c)
		return err
	})
	for _, user := range foreign {
		if err == nil {
			n.askLater(ctx, caller, roomID, user)
		}
	}
	return roomID, err
}

// takeForeign takes people of other servers out of the wish: their servers are asked when the channel is there.
func (n *Network) takeForeign(c *room.Create) (foreign []string) {
	if !n.rooms.Federates() {
		return nil
	}
	c.Invite = slices.DeleteFunc(slices.Clone(c.Invite), func(user string) bool {
		is := n.rooms.IsForeign(user)
		if is {
			foreign = append(foreign, user)
		}
		return is
	})
	return foreign
}

// askLater invites somebody of another server into a channel that has just been made. The channel stands also where that server cannot be had:
// then whoever made it sees that they are not invited, and may invite them again.
func (n *Network) askLater(ctx context.Context, caller people.Caller, roomID, user string) {
	if _, err := n.askIn(ctx, caller, roomID, user, ""); err != nil {
		n.log.Info("somebody of another server could not be invited", "room", roomID, "server", room.ServerOf(user), "err", err)
	}
}

// place finds out how those who begin in the new room are shown, and who enters it into its parent.
func (n *Network) place(tx *store.Tx, caller people.Caller, c *room.Create) error {
	if err := n.mayBeInvited(tx, c.Invite...); err != nil {
		return err
	}
	if err := n.show(tx, c); err != nil || c.Parent == "" {
		return err
	}
	membership, err := n.rooms.Membership(tx, c.Parent, caller.UserID)
	if err != nil {
		return err
	}
	if membership != spec.Join {
		return fault.Forbidden("error.not_member")
	}
	c.Restricted = c.Preset == "public_chat"
	keeper, err := n.rooms.Membership(tx, c.Parent, n.people.HubUser())
	if err == nil && keeper == spec.Join {
		c.ParentSender = n.people.HubUser()
	}
	return err
}

// show reads the profiles of those who begin in a room.
func (n *Network) show(tx *store.Tx, c *room.Create) error {
	c.Profiles = map[string]room.Profile{}
	for _, user := range append([]string{c.Creator}, c.Invite...) {
		person, err := n.people.PersonTx(tx, user)
		if err != nil {
			return err
		}
		c.Profiles[user] = room.Profile{Name: person.Name, Avatar: person.AvatarURL}
	}
	return nil
}

// mayBeInvited refuses ids of this hub that nobody has. People of other hubs are for federation to find.
func (n *Network) mayBeInvited(tx *store.Tx, users ...string) error {
	for _, user := range users {
		if _, domain, ok := cutUser(user); !ok || domain != n.rooms.ServerName() {
			return fault.NotFound("error.unknown_person")
		}
		person, err := n.people.PersonTx(tx, user)
		if err != nil {
			return err
		}
		if person.Standing == people.Gone {
			return fault.NotFound("error.unknown_person")
		}
	}
	return nil
}

// SetProfile changes what the caller is called or their picture, here and in all their channels. nil leaves a part as it is.
func (n *Network) SetProfile(ctx context.Context, caller people.Caller, name, avatar *string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		if name != nil {
			if _, err := n.people.SetNameTx(tx, caller.UserID, *name); err != nil {
				return err
			}
		}
		if avatar != nil {
			if err := n.people.SetAvatarTx(tx, caller.UserID, *avatar); err != nil {
				return err
			}
		}
		return n.showProfile(ctx, tx, caller.UserID)
	})
}

// showProfile writes the person's profile into their membership of every channel.
func (n *Network) showProfile(ctx context.Context, tx *store.Tx, user string) error {
	joined, err := n.rooms.JoinedRooms(tx, user)
	if err != nil {
		return err
	}
	for _, roomID := range joined {
		now, err := n.rooms.StateEvent(tx, roomID, spec.MRoomMember, user)
		if err != nil {
			return err
		}
		d, err := n.memberDraft(tx, roomID, user, user, spec.Join, "")
		if err != nil {
			return err
		}
		if err := keepAuthorisation(d, now); err != nil {
			return err
		}
		if _, err := n.rooms.Append(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// keepAuthorisation carries over who let a member of a restricted channel in: without it the rules would ask for that again. It carries over as
// well of which organisation the membership says that they are.
func keepAuthorisation(d room.Draft, now *room.Event) error {
	if now == nil {
		return nil
	}
	var c struct {
		Via string `json:"join_authorised_via_users_server"`
	}
	if err := json.Unmarshal(now.Content, &c); err != nil {
		return fmt.Errorf("read a membership: %w", err)
	}
	content := d.Content.(map[string]any)
	if c.Via != "" {
		content["join_authorised_via_users_server"] = c.Via
	}
	if organisation := ToldOrganisation(now); organisation != "" {
		content[OrganisationType] = organisation
	}
	return nil
}
