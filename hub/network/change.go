package network

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Change does a deed to somebody: their role, standing, sessions or organisation. What follows from it in the network's spaces happens
// in the same transaction: they come into what they now belong to, leave what they no longer do, and have the powers of their role.
func (n *Network) Change(ctx context.Context, caller people.Caller, userID string, c people.Change) (after people.Person, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		before, now, err := n.people.ChangeTx(tx, caller, userID, c)
		if err != nil {
			return err
		}
		after = now
		if err := n.resettle(ctx, tx, before, now); err != nil {
			return err
		}
		if err := n.personChanged(ctx, tx, userID); err != nil {
			return err
		}
		if now.Standing == people.Active && now.OrganisationID == before.OrganisationID && people.May(now.Role, people.ActGoOnDuty) {
			return nil
		}
		return n.endDuty(tx, userID)
	})
	return after, err
}

// places are the spaces that a person belongs to, each with the power that they have in it.
func (n *Network) places(tx *store.Tx, person people.Person) (map[string]int, error) {
	all := map[string]int{}
	power := 0
	if person.Role == people.Steward {
		power = stewardPower
	}
	add := func(name string, power int) error {
		space, err := fact(tx, name)
		if space != "" {
			all[space] = power
		}
		return err
	}
	if err := add(networkFact, power); err != nil {
		return nil, err
	}
	if person.Role == people.Steward {
		for _, country := range people.Countries() {
			if err := add(countryFact+country, power); err != nil {
				return nil, err
			}
		}
	}
	if person.OrganisationID == "" {
		return all, nil
	}
	o, err := n.people.OrganisationTx(tx, person.OrganisationID)
	if err != nil {
		return nil, err
	}
	if person.Role != people.Steward {
		if err := add(countryFact+o.Country, 0); err != nil {
			return nil, err
		}
	}
	if o.SpaceID != "" {
		all[o.SpaceID] = 0
		if person.Role == people.Admin || person.Role == people.Steward {
			all[o.SpaceID] = adminPower
		}
	}
	return all, nil
}

// resettle brings a person from where they belonged to where they belong now.
func (n *Network) resettle(ctx context.Context, tx *store.Tx, before, now people.Person) error {
	if before.Role == now.Role && before.OrganisationID == now.OrganisationID {
		return nil
	}
	was, err := n.places(tx, before)
	if err != nil {
		return err
	}
	is, err := n.places(tx, now)
	if err != nil {
		return err
	}
	for space := range was {
		if _, stays := is[space]; !stays {
			if err := n.unsettle(ctx, tx, space, now.UserID); err != nil {
				return err
			}
		}
	}
	for _, space := range sortedKeys(is) {
		power, belonged := was[space]
		if belonged && power == is[space] {
			continue
		}
		if err := n.settleAt(ctx, tx, space, now.UserID, is[space], belonged); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// settleAt brings somebody into a space, or, where they are in it already, changes their power. Who has left a place by themselves is not
// brought back.
func (n *Network) settleAt(ctx context.Context, tx *store.Tx, space, user string, power int, belonged bool) error {
	if !belonged {
		return n.settle(ctx, tx, space, user, power)
	}
	channel, err := fact(tx, generalFact+space)
	if err != nil {
		return err
	}
	for _, roomID := range []string{space, channel} {
		if roomID == "" {
			continue
		}
		if err := n.empower(ctx, tx, roomID, user, power); err != nil {
			return err
		}
	}
	return nil
}

// unsettle takes somebody out of a space, and out of the channels in it: they leave as if by themselves, since in channels that people
// made the hub has no say. Their powers in what the hub keeps go first.
func (n *Network) unsettle(ctx context.Context, tx *store.Tx, space, user string) error {
	channel, err := fact(tx, generalFact+space)
	if err != nil {
		return err
	}
	for _, roomID := range []string{space, channel} {
		if roomID == "" {
			continue
		}
		if err := n.empower(ctx, tx, roomID, user, 0); err != nil {
			return err
		}
	}
	children, err := n.children(tx, space)
	if err != nil {
		return err
	}
	for _, roomID := range append(children, space) {
		if err := n.leaveFor(ctx, tx, roomID, user); err != nil {
			return err
		}
	}
	return nil
}

// children are the channels that a space names, without the spaces among them.
func (n *Network) children(tx *store.Tx, space string) (rooms []string, err error) {
	state, err := n.rooms.State(tx, space)
	if err != nil {
		return nil, err
	}
	for i := range state {
		if state[i].Type != "m.space.child" || state[i].StateKey == nil {
			continue
		}
		create, err := n.rooms.StateEvent(tx, *state[i].StateKey, spec.MRoomCreate, "")
		if err != nil {
			return nil, err
		}
		var c struct {
			Type string `json:"type"`
		}
		if create != nil && json.Unmarshal(create.Content, &c) == nil && c.Type != "m.space" {
			rooms = append(rooms, *state[i].StateKey)
		}
	}
	return rooms, nil
}

// leaveFor ends somebody's membership, or an invitation of theirs, in their name.
func (n *Network) leaveFor(ctx context.Context, tx *store.Tx, roomID, user string) error {
	membership, err := n.rooms.Membership(tx, roomID, user)
	if err != nil || membership != spec.Join && membership != spec.Invite && membership != spec.Knock {
		return err
	}
	_, err = n.membershipTx(ctx, tx, roomID, user, user, spec.Leave, "")
	return err
}

// EditOrganisation changes what an organisation is called, its kind or its country; its space says so, and moves with it. Its people come
// into the new country's space and leave the old one's.
func (n *Network) EditOrganisation(ctx context.Context, caller people.Caller, id, name string, kind people.Kind, country string) (o people.Organisation, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		before, after, err := n.people.EditOrganisationTx(tx, caller, id, name, kind, country)
		if err != nil {
			return err
		}
		o = after
		if err := n.organisationChanged(ctx, tx, id); err != nil || o.SpaceID == "" {
			return err
		}
		if after.Name != before.Name {
			if err := n.rename(ctx, tx, o.SpaceID, after.Name); err != nil {
				return err
			}
		}
		if after.Country == before.Country {
			return nil
		}
		return n.emigrate(ctx, tx, before, after)
	})
	return o, err
}

func (n *Network) rename(ctx context.Context, tx *store.Tx, space, name string) error {
	channel, err := fact(tx, generalFact+space)
	if err != nil {
		return err
	}
	for _, roomID := range []string{space, channel} {
		if err := n.hubState(ctx, tx, roomID, spec.MRoomName, "", map[string]any{"name": name}); err != nil {
			return err
		}
	}
	return nil
}

// hubState sets a part of a room's state in the name of the hub's own account.
func (n *Network) hubState(ctx context.Context, tx *store.Tx, roomID, eventType, key string, content any) error {
	if roomID == "" {
		return nil
	}
	_, err := n.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: n.people.HubUser(), Type: eventType, StateKey: &key, Content: content})
	return err
}

// emigrate moves an organisation's space, and its people, from one country to another.
func (n *Network) emigrate(ctx context.Context, tx *store.Tx, before, after people.Organisation) error {
	from, err := fact(tx, countryFact+before.Country)
	if err != nil {
		return err
	}
	to, err := fact(tx, countryFact+after.Country)
	if err != nil {
		return err
	}
	via := map[string]any{"via": []string{n.rooms.ServerName()}}
	about := map[string]any{"kind": "organisation", "organisation_id": after.ID, "country": after.Country}
	for _, change := range []struct {
		room, kind, key string
		content         map[string]any
	}{
		{from, "m.space.child", after.SpaceID, map[string]any{}},
		{to, "m.space.child", after.SpaceID, via},
		{after.SpaceID, "m.space.parent", from, map[string]any{}},
		{after.SpaceID, "m.space.parent", to, map[string]any{"via": via["via"], "canonical": true}},
		{after.SpaceID, SpaceType, "", about},
	} {
		if err := n.hubState(ctx, tx, change.room, change.kind, change.key, change.content); err != nil {
			return err
		}
	}
	colleagues, err := n.people.ColleaguesTx(tx, after.ID)
	if err != nil {
		return err
	}
	for _, person := range colleagues {
		if person.Role == people.Steward { // in all countries already
			continue
		}
		if err := n.unsettle(ctx, tx, from, person.UserID); err != nil {
			return fmt.Errorf("leave %s: %w", before.Country, err)
		}
		if err := n.settle(ctx, tx, to, person.UserID, 0); err != nil {
			return fmt.Errorf("enter %s: %w", after.Country, err)
		}
	}
	return nil
}

// SetAbout changes what the caller says of themselves.
func (n *Network) SetAbout(ctx context.Context, caller people.Caller, speaks []string, about string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error { return n.people.SetAboutTx(tx, caller.UserID, speaks, about) })
}
