package network

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// SpaceType is the state that tells a client what a space stands for in the network, so that it can name it in its reader's
// language: {"kind": "network" | "country" | "organisation", "country"?, "organisation_id"?}.
const SpaceType = "network.panah.space"

// ChannelType is the state that tells a client that a channel is the first one of its space: {"kind": "general"}.
const ChannelType = "network.panah.channel"

// The powers in the network's spaces. Below the hub's account, so that no steward can take a space from the network;
// above 50, so that stewards moderate.
const (
	stewardPower = 90
	adminPower   = 50
)

// facts that remember what was founded.
const (
	networkFact = "space.network"
	countryFact = "space.country."
	generalFact = "channel.general."
)

// Found makes the hub's account and the spaces of the network and its countries, whichever of them are missing. Nodes that start
// together found one network: each founding is one transaction, and transactions run one after the other.
func (n *Network) Found(ctx context.Context) error {
	err := n.db.Write(ctx, func(tx *store.Tx) error {
		if err := n.people.MakeHubUserTx(tx, n.name); err != nil {
			return err
		}
		network, err := n.foundSpace(ctx, tx, networkFact, n.name, "", map[string]any{"kind": "network"})
		if err != nil {
			return err
		}
		for _, country := range people.Countries() {
			about := map[string]any{"kind": "country", "country": country}
			if _, err := n.foundSpace(ctx, tx, countryFact+country, country, network, about); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("found the network: %w", err)
	}
	return nil
}

// foundSpace makes a space and its first channel, once.
func (n *Network) foundSpace(ctx context.Context, tx *store.Tx, factName, name, parent string, about map[string]any) (string, error) {
	space, err := fact(tx, factName)
	if err != nil || space != "" {
		return space, err
	}
	if space, err = n.makeSpace(ctx, tx, name, parent, about); err != nil {
		return "", err
	}
	return space, setFact(tx, factName, space)
}

// makeSpace makes a space, and in it a channel that whoever is in the space may enter.
func (n *Network) makeSpace(ctx context.Context, tx *store.Tx, name, parent string, about map[string]any) (string, error) {
	hub := n.people.HubUser()
	space, _, err := n.rooms.CreateTx(ctx, tx, room.Create{
		Creator: hub, Preset: "private_chat", Name: name, RoomType: "m.space", Parent: parent,
		InitialState: []room.Draft{{Type: SpaceType, Content: about}},
	})
	if err != nil {
		return "", err
	}
	channel, _, err := n.rooms.CreateTx(ctx, tx, room.Create{
		Creator: hub, Preset: "public_chat", Name: name, Parent: space, Restricted: true,
		PowerLevels:  json.RawMessage(`{"invite":50}`),
		InitialState: []room.Draft{{Type: ChannelType, Content: map[string]any{"kind": "general"}}},
	})
	if err != nil {
		return "", err
	}
	return space, setFact(tx, generalFact+space, channel)
}

// fact reads one fact of the hub, or "".
func fact(tx *store.Tx, name string) (value string, err error) {
	err = tx.QueryRow(`SELECT value FROM facts WHERE name = $1`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

func setFact(tx *store.Tx, name, value string) error {
	_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ($1, $2)`, name, value)
	return err
}

// Space is the room id of the network's own space.
func (n *Network) Space(ctx context.Context) (space string, err error) {
	err = n.db.Read(ctx, func(tx *store.Tx) (err error) {
		space, err = fact(tx, networkFact)
		return err
	})
	return space, err
}

// settle brings someone into a space and its first channel, with a power in both.
func (n *Network) settle(ctx context.Context, tx *store.Tx, space, user string, power int) error {
	if power > 0 {
		if err := n.empower(ctx, tx, space, user, power); err != nil {
			return err
		}
	}
	if _, err := n.membershipTx(ctx, tx, space, n.people.HubUser(), user, spec.Invite, ""); err != nil {
		return err
	}
	if _, err := n.joinTx(ctx, tx, space, user, ""); err != nil {
		return err
	}
	channel, err := fact(tx, generalFact+space)
	if err != nil || channel == "" {
		return err
	}
	if power > 0 {
		if err := n.empower(ctx, tx, channel, user, power); err != nil {
			return err
		}
	}
	_, err = n.joinTx(ctx, tx, channel, user, "")
	return err
}

// powersTx are the power levels of a room, and those of its people among them.
func (n *Network) powersTx(tx *store.Tx, roomID string) (levels, users map[string]any, err error) {
	e, err := n.rooms.StateEvent(tx, roomID, spec.MRoomPowerLevels, "")
	if err != nil {
		return nil, nil, err
	}
	if e == nil {
		return nil, nil, fmt.Errorf("room %s has no power levels", roomID)
	}
	if err := json.Unmarshal(e.Content, &levels); err != nil {
		return nil, nil, fmt.Errorf("read the power levels of %s: %w", roomID, err)
	}
	users, ok := levels["users"].(map[string]any)
	if !ok {
		users = map[string]any{}
	}
	return levels, users, nil
}

// empower gives someone a power in a room that the hub's account keeps.
func (n *Network) empower(ctx context.Context, tx *store.Tx, roomID, user string, power int) error {
	levels, users, err := n.powersTx(tx, roomID)
	if err != nil {
		return err
	}
	if has, _ := users[user].(float64); int(has) == power {
		return nil
	}
	users[user] = power
	if power == 0 {
		delete(users, user)
	}
	levels["users"] = users
	key := ""
	_, err = n.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: n.people.HubUser(), Type: spec.MRoomPowerLevels, StateKey: &key, Content: levels})
	return err
}
