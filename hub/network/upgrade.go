package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// carriedOver are the parts of a channel's state that its successor begins with (Matrix Client-Server API, "Server behaviour" of room
// upgrades). The power levels come last, and memberships are not carried over, but for bans.
var carriedOver = []string{spec.MRoomName, spec.MRoomTopic, spec.MRoomAvatar, spec.MRoomJoinRules, spec.MRoomHistoryVisibility, "m.room.guest_access",
	"m.room.encryption", "m.room.server_acl", SharingType, room.RetentionType}

// Upgrade replaces a channel by a new one with the same settings: the old one ends with a tombstone that leads to it. All of it is one
// transaction, so nobody finds a channel that has ended and leads nowhere. What the caller may not do in the old channel refuses it all, and
// what the hub itself keeps is not replaced: the network's shape, alerts and places know those channels by their ids. words is what
// members of the old one read at its end. Whoever was in it and could not come into the new one by themselves is invited by the caller, up to a
// thousand people; people of other hubs once all of it is written, as far as their hubs can be had.
func (n *Network) Upgrade(ctx context.Context, caller people.Caller, roomID, words string) (replacement string, err error) {
	if err := caller.Require(people.ActModerate); err != nil {
		return "", err
	}
	var foreign []string
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		u := upgrade{Network: n, ctx: ctx, tx: tx, caller: caller, old: roomID, words: words}
		if err := u.read(); err != nil {
			return err
		}
		if err := u.make(); err != nil {
			return err
		}
		replacement = u.replacement
		foreign = u.foreign
		return errors.Join(u.end(), u.moveNames())
	})
	if err != nil {
		return "", err
	}
	for _, user := range foreign {
		n.askLater(ctx, caller, replacement, user)
	}
	return replacement, nil
}

// upgrade is one under way.
type upgrade struct {
	*Network
	ctx              context.Context
	tx               *store.Tx
	caller           people.Caller
	old, replacement string
	words            string
	space            string                    // that the old channel is in and the hub keeps, or ""
	state            map[[2]string]*room.Event // of the old channel, by type and key
	last             string                    // the old channel's last event
	foreign          []string                  // whom to invite when all of it is written
}

func (u *upgrade) read() error {
	membership, err := u.rooms.Membership(u.tx, u.old, u.caller.UserID)
	if err != nil {
		return err
	}
	if membership != spec.Join {
		return fault.Forbidden("error.not_member")
	}
	events, err := u.rooms.State(u.tx, u.old)
	if err != nil {
		return err
	}
	u.state = map[[2]string]*room.Event{}
	for i := range events {
		u.state[[2]string{events[i].Type, *events[i].StateKey}] = &events[i]
	}
	if create := u.state[[2]string{spec.MRoomCreate, ""}]; create == nil || create.Sender == u.people.HubUser() {
		return fault.Forbidden("error.no_power")
	}
	var end store.Position
	if end, err = u.tx.Head(); err != nil {
		return err
	}
	page, err := u.rooms.Before(u.tx, u.old, end, 0, 1, nil)
	if err == nil && len(page.Events) > 0 {
		u.last = page.Events[0].ID
	}
	return err
}

func (u *upgrade) content(eventType string) json.RawMessage {
	if e := u.state[[2]string{eventType, ""}]; e != nil {
		return e.Content
	}
	return nil
}

// make creates the successor, by the caller with all powers, and gives it the old one's powers once everything is in it.
func (u *upgrade) make() error {
	create, err := u.creation()
	if err != nil {
		return err
	}
	wish := room.Create{Creator: u.caller.UserID, Preset: "private_chat", CreationContent: create}
	if err := u.mayCreate(create); err != nil {
		return err
	}
	for _, eventType := range carriedOver {
		if content := u.content(eventType); content != nil {
			wish.InitialState = append(wish.InitialState, room.Draft{Type: eventType, Content: content})
		}
	}
	if err := u.show(u.tx, &wish); err != nil {
		return err
	}
	if err := u.parent(&wish); err != nil {
		return err
	}
	if u.replacement, _, err = u.rooms.CreateTx(u.ctx, u.tx, wish); err != nil {
		return err
	}
	return u.fill()
}

// mayCreate asks whether the caller's role makes what is to be made.
func (u *upgrade) mayCreate(create json.RawMessage) error {
	var c struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(create, &c); err != nil {
		return fmt.Errorf("read how %s was made: %w", u.old, err)
	}
	if c.Type == "m.space" {
		return u.caller.Require(people.ActCreateSpace)
	}
	return u.caller.Require(people.ActCreateChannel)
}

// creation is how the old channel was made, with what it was.
func (u *upgrade) creation() (json.RawMessage, error) {
	content := map[string]any{}
	if err := json.Unmarshal(u.content(spec.MRoomCreate), &content); err != nil {
		return nil, fmt.Errorf("read how %s was made: %w", u.old, err)
	}
	delete(content, "creator")
	content["predecessor"] = map[string]string{"room_id": u.old, "event_id": u.last}
	return json.Marshal(content)
}

// parent has the successor take the old one's place in its space, if the caller is in that space and its keeper is the hub.
func (u *upgrade) parent(wish *room.Create) error {
	for key, e := range u.state {
		var c struct {
			Via       []string `json:"via"`
			Canonical bool     `json:"canonical"`
		}
		if key[0] != "m.space.parent" || json.Unmarshal(e.Content, &c) != nil || len(c.Via) == 0 || !c.Canonical {
			continue
		}
		own, err := u.rooms.Membership(u.tx, key[1], u.caller.UserID)
		if err != nil {
			return err
		}
		keeper, err := u.rooms.Membership(u.tx, key[1], u.people.HubUser())
		if err != nil {
			return err
		}
		if own == spec.Join && keeper == spec.Join {
			u.space, wish.Parent, wish.ParentSender = key[1], key[1], u.people.HubUser()
			return nil
		}
	}
	return nil
}

// fill adds what may be more than one creation takes: a space's children, who is banned, who is invited. Powers come last.
func (u *upgrade) fill() error {
	var drafts []room.Draft
	for key, e := range u.state {
		if key[0] == "m.space.child" || key[0] == spec.MRoomMember && membershipOf(e) == spec.Ban {
			drafts = append(drafts, u.draft(u.replacement, key[0], key[1], e.Content))
		}
	}
	along, err := u.takeAlong()
	if err != nil {
		return err
	}
	drafts = append(drafts, along...)
	if levels := u.content(spec.MRoomPowerLevels); levels != nil {
		drafts = append(drafts, u.draft(u.replacement, spec.MRoomPowerLevels, "", levels))
	}
	_, err = u.rooms.Append(u.ctx, u.tx, drafts...)
	return err
}

func (u *upgrade) draft(roomID, eventType, key string, content any) room.Draft {
	return room.Draft{RoomID: roomID, Sender: u.caller.UserID, Type: eventType, StateKey: &key, Content: content}
}

// end writes the tombstone, and has nobody post behind it who has no power, where the caller may say so.
func (u *upgrade) end() error {
	drafts := []room.Draft{u.draft(u.old, "m.room.tombstone", "", map[string]any{"body": u.words, "replacement_room": u.replacement})}
	quiet, err := u.quiet()
	if err != nil {
		return err
	}
	if u.space != "" {
		gone := u.draft(u.space, "m.space.child", u.old, map[string]any{})
		gone.Sender = u.people.HubUser()
		drafts = append(drafts, gone)
	}
	if quiet != nil {
		drafts = append(drafts, u.draft(u.old, spec.MRoomPowerLevels, "", quiet))
	}
	_, err = u.rooms.Append(u.ctx, u.tx, drafts...)
	return err
}

// quiet are the old channel's powers with which only those above the usual post and invite, or nil where the caller may not set them.
func (u *upgrade) quiet() (map[string]any, error) {
	raw := u.content(spec.MRoomPowerLevels)
	levels := struct {
		Users   map[string]int64 `json:"users"`
		Default int64            `json:"users_default"`
		Events  map[string]int64 `json:"events"`
		State   int64            `json:"state_default"`
		Post    int64            `json:"events_default"`
		Invite  int64            `json:"invite"`
	}{State: 50}
	content := map[string]any{}
	if raw == nil {
		return nil, nil
	}
	if err := errors.Join(json.Unmarshal(raw, &levels), json.Unmarshal(raw, &content)); err != nil {
		return nil, fmt.Errorf("read the power levels of %s: %w", u.old, err)
	}
	has, named := levels.Users[u.caller.UserID]
	if !named {
		has = levels.Default
	}
	needs, named := levels.Events[spec.MRoomPowerLevels]
	if !named {
		needs = levels.State
	}
	above := max(50, levels.Default+1)
	if has < needs || has < above {
		return nil, nil
	}
	content["events_default"], content["invite"] = max(levels.Post, above), max(levels.Invite, above)
	return content, nil
}

// moveNames has the channel's names lead to its successor, and the directory show that one.
func (u *upgrade) moveNames() error {
	if err := u.rooms.MoveNames(u.tx, u.old, u.replacement); err != nil {
		return err
	}
	content := u.content(spec.MRoomCanonicalAlias)
	if content == nil {
		return nil
	}
	_, err := u.rooms.Append(u.ctx, u.tx, u.draft(u.old, spec.MRoomCanonicalAlias, "", map[string]any{}))
	if err != nil {
		return err
	}
	_, err = u.rooms.Append(u.ctx, u.tx, u.draft(u.replacement, spec.MRoomCanonicalAlias, "", content))
	return err
}
