package place

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
	"panah/locales"
)

// Member is the key under which an event of a request's channel says what became of it.
const Member = "network.panah.place"

// ShelterType is the state, keyed by shelter, that says what it has free.
const ShelterType = "network.panah.shelter"

// channelPowers: the hub's account alone says who is in the channel and what it is; its members write. Which keys a hub's devices have, each hub says
// itself: the state's key begins with @, so that nobody but whom it names can set it.
const channelPowers = `{"invite":100,"kick":100,"ban":100,"redact":100,"state_default":100,"events_default":0,
	"events":{"m.room.name":100,"m.room.topic":100,"m.room.avatar":100,"` + KeysType + `":0}}`

// boardPowers: nobody writes but the hub's account.
const boardPowers = `{"invite":100,"kick":100,"ban":100,"redact":100,"state_default":100,"events_default":100}`

// makeRoom makes a channel that the hub's account keeps, and into which nobody comes by themselves.
func (p *Places) makeRoom(ctx context.Context, tx *store.Tx, kind, powers string, more ...room.Draft) (string, error) {
	roomID, _, err := p.rooms.CreateTx(ctx, tx, room.Create{
		Creator: p.people.HubUser(), Preset: "private_chat", PowerLevels: json.RawMessage(powers),
		InitialState: append([]room.Draft{
			{Type: "m.room.join_rules", Content: map[string]any{"join_rule": "restricted", "allow": []any{}}},
			{Type: network.ChannelType, Content: map[string]any{"kind": kind}},
		}, more...),
	})
	return roomID, err
}

// openChannel makes the channel of a request, with those who ask and those who take people in.
func (p *Places) openChannel(ctx context.Context, tx *store.Tx, s Shelter, r Request) (string, error) {
	a, err := askTx(tx, r.AskID)
	if err != nil {
		return "", err
	}
	roomID, err := p.makeRoom(ctx, tx, "place", channelPowers)
	if err != nil {
		return "", err
	}
	return roomID, p.reconcile(ctx, tx, roomID, s, a)
}

// reconcile has exactly those in a request's channel who belong there.
func (p *Places) reconcile(ctx context.Context, tx *store.Tx, roomID string, s Shelter, a ask) error {
	wanted, err := p.belong(tx, s, a)
	if err != nil {
		return err
	}
	if err := p.bring(ctx, tx, roomID, wanted); err != nil {
		return err
	}
	return p.sayKeysWhere(ctx, tx, takingNotes+` AND r.room_id = $1`, roomID)
}

// belong are those who are in the channel of a request: who asked, with the administrators of their organisation, and the shelter's staff. Where
// who asked is there no more, all of the organisation are who may ask, so that somebody goes on.
func (p *Places) belong(tx *store.Tx, s Shelter, a ask) (users []string, err error) {
	gone, err := p.workerGone(tx, a)
	if err != nil {
		return nil, err
	}
	for _, side := range []string{a.organisationID, s.OrganisationID} {
		if side == "" || room.ServerOf(side) != "" { // another hub brings its own people in
			continue
		}
		o, err := p.people.OrganisationTx(tx, side)
		if err != nil {
			return nil, err
		}
		if o.Standing != people.OrganisationVetted {
			continue
		}
		colleagues, err := p.people.ColleaguesTx(tx, side)
		if err != nil {
			return nil, err
		}
		for _, person := range colleagues {
			asks := gone || person.UserID == a.worker || people.May(person.Role, people.ActOfferPlaces)
			belongs := side == a.organisationID && asks && people.May(person.Role, people.ActAskPlaces)
			if !belongs {
				if belongs, err = isStaff(tx, s, person); err != nil {
					return nil, err
				}
			}
			if belongs && !slices.Contains(users, person.UserID) {
				users = append(users, person.UserID)
			}
		}
	}
	return users, nil
}

// workerGone tells whether who asked no longer may, or is of the organisation no more.
func (p *Places) workerGone(tx *store.Tx, a ask) (bool, error) {
	if a.worker == "" {
		return true, nil
	}
	person, err := p.people.PersonTx(tx, a.worker)
	stays := person.Standing == people.Active && person.OrganisationID == a.organisationID && people.May(person.Role, people.ActAskPlaces)
	return !stays, err
}

// bring has exactly these people of this hub, and the hub's account, in a channel.
func (p *Places) bring(ctx context.Context, tx *store.Tx, roomID string, wanted []string) error {
	members, err := p.rooms.JoinedMembers(tx, roomID)
	if err != nil {
		return err
	}
	for _, user := range wanted {
		if slices.Contains(members, user) {
			continue
		}
		_, err := p.network.PlaceTx(ctx, tx, roomID, user)
		if err := p.bear(roomID, err); err != nil {
			return err
		}
	}
	for _, user := range members {
		if user == p.people.HubUser() || p.rooms.IsForeign(user) || slices.Contains(wanted, user) {
			continue
		}
		if err := p.bear(roomID, p.network.TakeOutTx(ctx, tx, roomID, user)); err != nil {
			return err
		}
	}
	return nil
}

// bear passes over a refusal in a channel of another hub: that one may have taken there what it likes from this hub, and keeps nobody here from
// deciding.
func (p *Places) bear(roomID string, err error) error {
	var refused *fault.Fault
	if errors.As(err, &refused) && room.ServerOf(roomID) != p.rooms.ServerName() {
		p.log.Info("a channel of another hub does not take what is said there", "server", room.ServerOf(roomID), "err", err)
		return nil
	}
	return err
}

// reconcileShelter brings the channels of a shelter's requests in line.
func (p *Places) reconcileShelter(ctx context.Context, tx *store.Tx, shelterID string) error {
	return p.reconcileWhere(ctx, tx, `r.shelter_id = $1`, shelterID)
}

func (p *Places) reconcileWhere(ctx context.Context, tx *store.Tx, where, arg string) error {
	live, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r WHERE r.room_id <> '' AND `+where+` ORDER BY r.request_id`, arg)
	if err != nil {
		return err
	}
	for _, r := range live {
		s, err := shelterOfTx(tx, r)
		if err != nil {
			return err
		}
		a, err := askTx(tx, r.AskID)
		if err != nil {
			return err
		}
		if err := p.reconcile(ctx, tx, r.RoomID, s, a); err != nil {
			return err
		}
	}
	return nil
}

// PersonChangedTx brings somebody into the channels to which they belong now, and out of the others (network.Follower).
func (p *Places) PersonChangedTx(ctx context.Context, tx *store.Tx, userID string) error {
	if _, err := tx.Exec(`DELETE FROM shelter_staff WHERE user_id = $1 AND shelter_id IN (SELECT s.shelter_id FROM shelters s
		WHERE s.organisation_id <> (SELECT COALESCE(MAX(p.organisation_id), '') FROM people p WHERE p.user_id = $1))`, userID); err != nil {
		return err
	}
	const theirs = `(r.room_id IN (SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join')
		OR r.ask_id IN (SELECT a.ask_id FROM place_asks a JOIN people p ON p.organisation_id = a.organisation_id WHERE p.user_id = $1 AND p.organisation_id <> '')
		OR r.shelter_id IN (SELECT s.shelter_id FROM shelters s JOIN people p ON p.organisation_id = s.organisation_id WHERE p.user_id = $1))`
	if err := p.reconcileWhere(ctx, tx, theirs, userID); err != nil {
		return err
	}
	return p.settleOnBoards(ctx, tx, userID)
}

// OrganisationChangedTx does the same for all of an organisation's people (network.Follower).
func (p *Places) OrganisationChangedTx(ctx context.Context, tx *store.Tx, organisationID string) error {
	colleagues, err := p.people.ColleaguesTx(tx, organisationID)
	if err != nil {
		return err
	}
	for _, person := range colleagues {
		if err := p.PersonChangedTx(ctx, tx, person.UserID); err != nil {
			return err
		}
	}
	shelters, err := store.Column(tx, `SELECT shelter_id FROM shelters WHERE organisation_id = $1 ORDER BY shelter_id`, organisationID)
	if err != nil {
		return err
	}
	for _, id := range shelters {
		if err := p.publish(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// tell appends what became of a request to its channel: in the name of who did it, or in the hub's.
func (p *Places) tell(ctx context.Context, tx *store.Tx, d deed, r Request) error {
	if r.RoomID == "" {
		return nil
	}
	by := d.by
	if d.event.Request.ID != r.ID {
		by = people.Person{}
	}
	sender, err := p.speaker(tx, by, r)
	if err != nil {
		return err
	}
	return p.say(ctx, tx, r, sender, string(r.State), nil)
}

// speaker is who tells of an act in a request's channel: whoever did it, if they are in it, or else the hub. Between hubs only their accounts tell.
func (p *Places) speaker(tx *store.Tx, by people.Person, r Request) (string, error) {
	if by.UserID == "" || r.abroad() {
		return p.people.HubUser(), nil
	}
	membership, err := p.rooms.Membership(tx, r.RoomID, by.UserID)
	if err != nil || membership != "join" {
		return p.people.HubUser(), err
	}
	return by.UserID, nil
}

// say appends something to a request's channel: its words in the channel's language, and as codes how the request stands, with what else there is.
func (p *Places) say(ctx context.Context, tx *store.Tx, r Request, sender, words string, more map[string]any) error {
	said := map[string]any{"request_id": r.ID, "state": r.State, "category": r.Category, "places": r.Places}
	if r.State == allot.Held {
		said["until"] = r.Until
	}
	if r.Reason != "" {
		said["reason"] = r.Reason
	}
	maps.Copy(said, more)
	if room.ServerOf(r.AskID) != "" {
		if err := answering(tx, r.ID, said); err != nil {
			return err
		}
	}
	_, err := p.rooms.Append(ctx, tx, room.Draft{RoomID: r.RoomID, Sender: sender, Type: "m.room.message", Content: map[string]any{
		"msgtype": "m.text", "body": locales.For(p.language, p.second).Text("place.said."+words, nil), Member: said,
	}})
	return p.bear(r.RoomID, err)
}
