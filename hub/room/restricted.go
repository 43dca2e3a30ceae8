package room

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// joinRule is the content of m.room.join_rules.
type joinRule struct {
	Rule  string `json:"join_rule"`
	Allow []struct {
		Type   string `json:"type"`
		RoomID string `json:"room_id"`
	} `json:"allow"`
}

// Authoriser finds who of this hub's people lets someone into a restricted room (Matrix, "Restricted rooms"): a member who may invite, first
// if it may, if the person is in one of the rooms that the rule names. It is "" where the rule does not ask for one or nobody may; then
// the room's other rules decide.
func (r *Rooms) Authoriser(tx *store.Tx, roomID, user, first string) (string, error) {
	e, err := r.StateEvent(tx, roomID, spec.MRoomJoinRules, "")
	if err != nil || e == nil {
		return "", err
	}
	var rule joinRule
	if json.Unmarshal(e.Content, &rule) != nil || rule.Rule != spec.Restricted && rule.Rule != spec.KnockRestricted {
		return "", nil
	}
	now, err := r.Membership(tx, roomID, user)
	if err != nil || now == spec.Invite || now == spec.Join {
		return "", err
	}
	for _, allow := range rule.Allow {
		membership, err := r.Membership(tx, allow.RoomID, user)
		if err != nil {
			return "", err
		}
		if allow.Type == "m.room_membership" && membership == spec.Join {
			return r.inviter(tx, roomID, first)
		}
	}
	return "", nil
}

// powers is what of m.room.power_levels tells who may invite.
type powers struct {
	Users   map[string]int64 `json:"users"`
	Default int64            `json:"users_default"`
	Invite  int64            `json:"invite"`
}

// inviter finds a member of this hub who may invite: the one that is given if it may, else the lowest id, so that the choice is the same each time.
func (r *Rooms) inviter(tx *store.Tx, roomID, first string) (string, error) {
	e, err := r.StateEvent(tx, roomID, spec.MRoomPowerLevels, "")
	if err != nil || e == nil {
		return "", err
	}
	var p powers
	if err := json.Unmarshal(e.Content, &p); err != nil {
		return "", fmt.Errorf("read the power levels: %w", err)
	}
	members, err := r.JoinedMembers(tx, roomID)
	if err != nil {
		return "", err
	}
	members = slices.DeleteFunc(members, func(user string) bool { return !r.isOurs(spec.SenderID(user)) })
	slices.Sort(members)
	if i := slices.Index(members, first); i > 0 {
		members[0], members[i] = members[i], members[0]
	}
	for _, user := range members {
		level, ok := p.Users[user]
		if !ok {
			level = p.Default
		}
		if level >= p.Invite {
			return user, nil
		}
	}
	return "", nil
}
