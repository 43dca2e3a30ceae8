package network

import (
	"context"
	"encoding/json"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/room"
	"panah/hub/store"
)

// Follower is told, inside the transaction that makes it so, of who belongs where from now on. A fault of it refuses the change.
type Follower interface {
	// PersonChangedTx is told of somebody who came, left, was suspended or let in again, or changed role or organisation.
	PersonChangedTx(ctx context.Context, tx *store.Tx, userID string) error
	// OrganisationChangedTx is told of an organisation that was admitted, suspended or edited.
	OrganisationChangedTx(ctx context.Context, tx *store.Tx, organisationID string) error
}

// Follow has a follower told. It is called while the hub is built, before anybody acts.
func (n *Network) Follow(f Follower) { n.followers = append(n.followers, f) }

func (n *Network) personChanged(ctx context.Context, tx *store.Tx, userID string) error {
	for _, f := range n.followers {
		if err := f.PersonChangedTx(ctx, tx, userID); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) organisationChanged(ctx context.Context, tx *store.Tx, id string) error {
	if err := n.listOrganisation(ctx, tx, id); err != nil {
		return err
	}
	for _, f := range n.followers {
		if err := f.OrganisationChangedTx(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// PlaceTx brings somebody into a channel that the hub's account keeps and whose join rule is restricted: the hub's account lets them in, and
// answers for it that they belong there. came is false for who is a member already.
func (n *Network) PlaceTx(ctx context.Context, tx *store.Tx, roomID, user string) (came bool, err error) {
	return n.placeTx(ctx, tx, roomID, user, "")
}

// PlaceOfTx does the same in a channel that hubs share: there the membership says of which organisation somebody is, for the other hubs do not know.
func (n *Network) PlaceOfTx(ctx context.Context, tx *store.Tx, roomID, user, organisation string) (came bool, err error) {
	return n.placeTx(ctx, tx, roomID, user, organisation)
}

func (n *Network) placeTx(ctx context.Context, tx *store.Tx, roomID, user, organisation string) (came bool, err error) {
	now, err := n.rooms.StateEvent(tx, roomID, spec.MRoomMember, user)
	if err != nil {
		return false, err
	}
	there := now != nil && membershipOf(now) == spec.Join
	if there && (organisation == "" || ToldOrganisation(now) == organisation) {
		return false, nil
	}
	d, err := n.memberDraft(tx, roomID, user, user, spec.Join, "")
	if err != nil {
		return false, err
	}
	content := d.Content.(map[string]any)
	content["join_authorised_via_users_server"] = n.people.HubUser()
	if organisation != "" {
		content[OrganisationType] = organisation
	}
	_, err = n.rooms.Append(ctx, tx, d)
	return err == nil && !there, err
}

// ToldOrganisation is the id of the organisation of which a membership says that somebody is, as their own hub calls it; "" where it says none.
func ToldOrganisation(member *room.Event) string {
	var c struct {
		Organisation string `json:"network.panah.organisation"`
	}
	if json.Unmarshal(member.Content, &c) != nil || len(c.Organisation) > organisationIDMost {
		return ""
	}
	return c.Organisation
}

// TakeOutTx takes somebody out of a channel, in their own name.
func (n *Network) TakeOutTx(ctx context.Context, tx *store.Tx, roomID, user string) error {
	return n.leaveFor(ctx, tx, roomID, user)
}
