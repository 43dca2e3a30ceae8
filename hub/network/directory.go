package network

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// GiveAlias gives a channel another name. The caller must be someone who could show it as the channel's own.
func (n *Network) GiveAlias(ctx context.Context, caller people.Caller, alias, roomID string) error {
	return n.inDirectory(ctx, caller, func(tx *store.Tx) error {
		if err := n.mayName(tx, caller, roomID); err != nil {
			return err
		}
		return n.rooms.AddAlias(tx, alias, roomID, caller.UserID)
	})
}

// TakeAlias takes a channel's name away: by whoever gave it, or by someone who could give one.
func (n *Network) TakeAlias(ctx context.Context, caller people.Caller, alias string) error {
	return n.inDirectory(ctx, caller, func(tx *store.Tx) error {
		a, err := n.rooms.Alias(tx, alias)
		if err != nil {
			return err
		}
		if a.Creator != caller.UserID {
			if err := n.mayName(tx, caller, a.RoomID); err != nil {
				return err
			}
		}
		return n.rooms.RemoveAlias(tx, alias)
	})
}

// Publish puts a channel into the directory, or takes it out.
func (n *Network) Publish(ctx context.Context, caller people.Caller, roomID string, public bool) error {
	return n.inDirectory(ctx, caller, func(tx *store.Tx) error {
		if err := n.mayName(tx, caller, roomID); err != nil {
			return err
		}
		return n.rooms.Publish(tx, roomID, public)
	})
}

func (n *Network) inDirectory(ctx context.Context, caller people.Caller, change func(tx *store.Tx) error) error {
	if err := caller.Require(people.ActPublishChannel); err != nil {
		return err
	}
	return n.db.Write(ctx, change)
}

// mayName refuses who is not a member, and who has not the power in the channel to set its alias.
func (n *Network) mayName(tx *store.Tx, caller people.Caller, roomID string) error {
	membership, err := n.rooms.Membership(tx, roomID, caller.UserID)
	if err != nil {
		return err
	}
	if membership != spec.Join {
		return fault.Forbidden("error.not_member")
	}
	e, err := n.rooms.StateEvent(tx, roomID, spec.MRoomPowerLevels, "")
	if err != nil || e == nil {
		return err
	}
	levels := struct {
		Users   map[string]int64 `json:"users"`
		Default int64            `json:"users_default"`
		Events  map[string]int64 `json:"events"`
		State   int64            `json:"state_default"`
	}{State: 50}
	if err := json.Unmarshal(e.Content, &levels); err != nil {
		return fmt.Errorf("read the power levels of %s: %w", roomID, err)
	}
	has, ok := levels.Users[caller.UserID]
	if !ok {
		has = levels.Default
	}
	needs, ok := levels.Events[spec.MRoomCanonicalAlias]
	if !ok {
		needs = levels.State
	}
	if has < needs {
		return fault.Forbidden("error.no_power")
	}
	return nil
}
