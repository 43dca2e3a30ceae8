package network

import (
	"encoding/json"
	"errors"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
)

// upgradeInvites bounds how many people an upgrade invites; whoever else was there is invited by hand.
const upgradeInvites = 1000

// takeAlong invites whoever was in the old channel and could not come into the new one by themselves: those of this hub now, before the old
// powers hold; those of other hubs when all of it is written (Upgrade).
func (u *upgrade) takeAlong() (drafts []room.Draft, err error) {
	behind, err := u.behind()
	if err != nil {
		return nil, err
	}
	for _, user := range behind {
		if u.rooms.IsForeign(user) {
			u.foreign = append(u.foreign, user)
			continue
		}
		var gone *fault.Fault
		if err := u.mayBeInvited(u.tx, user); errors.As(err, &gone) {
			continue
		} else if err != nil {
			return nil, err
		}
		d, err := u.memberDraft(u.tx, u.replacement, u.caller.UserID, user, spec.Invite, "")
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, nil
}

// behind are those who are in the old channel and whom the new one's rule does not let in.
func (u *upgrade) behind() (users []string, err error) {
	open, err := u.open()
	if err != nil || open {
		return nil, err
	}
	members, err := u.rooms.JoinedMembers(u.tx, u.old)
	if err != nil {
		return nil, err
	}
	for _, user := range members {
		if user == u.caller.UserID || len(users) == upgradeInvites {
			continue
		}
		via, err := u.rooms.Authoriser(u.tx, u.replacement, user, u.people.HubUser())
		if err != nil {
			return nil, err
		}
		if via == "" {
			users = append(users, user)
		}
	}
	return users, nil
}

// open tells whether anybody may come into the new channel.
func (u *upgrade) open() (bool, error) {
	e, err := u.rooms.StateEvent(u.tx, u.replacement, spec.MRoomJoinRules, "")
	if err != nil || e == nil {
		return false, err
	}
	var c struct {
		Rule string `json:"join_rule"`
	}
	if json.Unmarshal(e.Content, &c) != nil { // what is no rule lets nobody in
		return false, nil
	}
	return c.Rule == spec.Public, nil
}
