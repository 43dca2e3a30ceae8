package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// channelPowers: the hub's account alone says who is in the channel and what it is; its members write.
const channelPowers = `{"invite":100,"kick":100,"ban":100,"redact":100,"state_default":100,"events_default":0,
	"events":{"m.room.name":100,"m.room.topic":100,"m.room.avatar":100}}`

// channel is the channel of an audience.
type channel struct {
	roomID   string
	audience Audience
}

// channelTx finds the channel of an audience, or makes it, and brings its members in line.
func (a *Alerts) channelTx(ctx context.Context, tx *store.Tx, audience Audience) (c channel, err error) {
	c.audience = audience
	key, err := audience.key()
	if err != nil {
		return c, err
	}
	err = tx.QueryRow(`SELECT room_id FROM alert_channels WHERE audience_key = $1`, key).Scan(&c.roomID)
	if errors.Is(err, sql.ErrNoRows) {
		c.roomID, err = a.makeChannel(ctx, tx, key, audience)
	}
	if err != nil {
		return c, fmt.Errorf("find the channel of an audience: %w", err)
	}
	return c, a.reconcile(ctx, tx, c)
}

func (a *Alerts) makeChannel(ctx context.Context, tx *store.Tx, key string, audience Audience) (roomID string, err error) {
	roomID, _, err = a.rooms.CreateTx(ctx, tx, room.Create{
		Creator: a.people.HubUser(), Preset: "private_chat", PowerLevels: json.RawMessage(channelPowers),
		InitialState: []room.Draft{
			// Nobody comes in by themselves: no room is named whose members may. The hub's account lets in those of the audience.
			{Type: "m.room.join_rules", Content: map[string]any{"join_rule": "restricted", "allow": []any{}}},
			{Type: network.ChannelType, Content: map[string]any{"kind": "alerts"}},
		},
	})
	if err == nil && len(audience.Abroad) > 0 {
		err = a.callAbroad(ctx, tx, roomID, audience)
	}
	if err != nil {
		return "", err
	}
	return roomID, writeChannel(tx, roomID, key, audience)
}

// writeChannel enters a channel, and who belongs in it.
func writeChannel(tx *store.Tx, roomID, key string, audience Audience) error {
	raw, err := json.Marshal(audience)
	if err != nil {
		return fmt.Errorf("write an audience: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO alert_channels (room_id, audience_key, audience, created_at) VALUES ($1, $2, $3, $4)`,
		roomID, key, string(raw), tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	for _, id := range audience.Organisations {
		if _, err := tx.Exec(`INSERT INTO alert_channel_organisations (room_id, organisation_id) VALUES ($1, $2)`, roomID, id); err != nil {
			return err
		}
	}
	for id, organisation := range audience.People {
		_, err := tx.Exec(`INSERT INTO alert_channel_people (room_id, user_id, organisation_id) VALUES ($1, $2, $3)`, roomID, id, organisation)
		if err != nil {
			return err
		}
	}
	return nil
}

// reconcile has exactly those people of this hub in a channel who belong there.
func (a *Alerts) reconcile(ctx context.Context, tx *store.Tx, c channel) error {
	wanted, err := a.peopleOf(tx, c.audience)
	if err != nil {
		return err
	}
	members, err := a.rooms.JoinedMembers(tx, c.roomID)
	if err != nil {
		return err
	}
	inside := map[string]bool{a.people.HubUser(): true}
	for _, user := range members {
		inside[user] = true
	}
	var differ []string
	for _, person := range wanted {
		if !inside[person.UserID] {
			differ = append(differ, person.UserID)
		}
		inside[person.UserID] = false
	}
	for _, user := range members {
		if inside[user] && user != a.people.HubUser() && !a.rooms.IsForeign(user) {
			differ = append(differ, user)
		}
	}
	for _, user := range differ {
		if err := a.settle(ctx, tx, c, user); err != nil {
			return err
		}
	}
	return nil
}

// settle brings one person into a channel, or out of it.
func (a *Alerts) settle(ctx context.Context, tx *store.Tx, c channel, user string) error {
	person, o, err := a.placedTx(tx, user)
	if err != nil {
		return err
	}
	belongs := c.audience.includes(person, o)
	if !belongs {
		if belongs, err = a.called(tx, c, person, o); err != nil {
			return err
		}
	}
	if !belongs {
		return a.bear(c.roomID, a.network.TakeOutTx(ctx, tx, c.roomID, user))
	}
	came, err := a.place(ctx, tx, c, person)
	if err != nil || !came || !c.audience.includes(person, o) {
		return err
	}
	return a.receive(tx, c.roomID, person)
}

// called tells whether somebody was called to an alert of the channel that still lives.
func (a *Alerts) called(tx *store.Tx, c channel, person people.Person, o people.Organisation) (called bool, err error) {
	if !(Audience{People: map[string]string{person.UserID: person.OrganisationID}}).includes(person, o) {
		return false, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_channel_people p JOIN alerts a ON a.alert_id = p.alert_id
		WHERE p.room_id = $1 AND p.user_id = $2 AND p.organisation_id = $3 AND a.msg_type <> $4 AND a.closed_at = 0)`,
		c.roomID, person.UserID, person.OrganisationID, MsgCancel).Scan(&called)
	return called, err
}

// receive enters somebody among those who should have the alerts of a channel that live.
func (a *Alerts) receive(tx *store.Tx, roomID string, person people.Person) error {
	return receiveTx(tx, roomID, person.UserID, person.OrganisationID)
}

func receiveTx(tx *store.Tx, roomID, userID, organisationID string) error {
	_, err := tx.Exec(`INSERT INTO alert_recipients (alert_id, user_id, organisation_id, position)
		SELECT alert_id, $2, $3, position FROM alerts WHERE room_id = $1 AND msg_type <> $4 AND expires_at > $5 AND sender <> $2
		ON CONFLICT (alert_id, user_id) DO UPDATE SET organisation_id = excluded.organisation_id`,
		roomID, userID, organisationID, MsgCancel, tx.Now.UnixMilli())
	return err
}

// PersonChangedTx brings somebody into the channels to which they belong now, and out of the others (network.Follower).
func (a *Alerts) PersonChangedTx(ctx context.Context, tx *store.Tx, userID string) error {
	organisation, err := organisationOf(tx, userID)
	if err != nil {
		return err
	}
	rooms, err := store.Column(tx, `SELECT c.room_id FROM alert_channels c WHERE
		c.room_id IN (SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join')
		OR c.room_id IN (SELECT room_id FROM alert_channel_organisations WHERE organisation_id = $2)
		OR c.room_id IN (SELECT room_id FROM alert_channel_people WHERE user_id = $1) ORDER BY c.room_id`, userID, organisation)
	if err != nil {
		return err
	}
	for _, roomID := range rooms {
		c, err := readChannel(tx, roomID)
		if err != nil {
			return err
		}
		if err := a.settle(ctx, tx, c, userID); err != nil {
			return err
		}
	}
	return nil
}

// OrganisationChangedTx does the same for all of an organisation's people (network.Follower).
func (a *Alerts) OrganisationChangedTx(ctx context.Context, tx *store.Tx, organisationID string) error {
	colleagues, err := a.people.ColleaguesTx(tx, organisationID)
	if err != nil {
		return err
	}
	for _, person := range colleagues {
		if err := a.PersonChangedTx(ctx, tx, person.UserID); err != nil {
			return err
		}
	}
	return nil
}

func readChannel(tx *store.Tx, roomID string) (c channel, err error) {
	var raw string
	c.roomID = roomID
	if err = tx.QueryRow(`SELECT audience FROM alert_channels WHERE room_id = $1`, roomID).Scan(&raw); err != nil {
		return c, fmt.Errorf("read the channel of an audience: %w", err)
	}
	return c, json.Unmarshal([]byte(raw), &c.audience)
}
