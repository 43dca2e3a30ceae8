package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Alerts across hubs. An audience may name organisations of other hubs. Its channel is this hub's: its state says for whom it is, and their hubs are
// called into it. Each brings its own people in, asks its own organisations one step after the other, and calls nobody from outside of them: that is
// for the hub whose alert it is. What is said goes by the channel's log, and each hub keeps its own tables of it. So an answer is one event, and counts
// once on each of them.
//
// A label that does not let an alert cross (UseCross) makes no such channel, and an update cannot tighten the label of one beyond that (mayLabel). That
// is all that keeps an alert here: a hub that was not called is in no room, and is sent and shown nothing of it.

// AudienceType is the state of a channel that says for which organisations of which hubs it is.
const AudienceType = "network.panah.alert.audience"

// told is its content.
type told struct {
	Organisations map[string][]string `json:"organisations"` // as their hubs call them, by hub
	Roles         []people.Role       `json:"roles"`
	Officials     bool                `json:"officials,omitempty"`
}

// isAbroad tells whether a channel is another hub's.
func (a *Alerts) isAbroad(roomID string) bool { return room.ServerOf(roomID) != a.rooms.ServerName() }

// abroadTx are the organisations of other hubs that a completed choice names.
func (a *Alerts) abroadTx(tx *store.Tx, c Choice, tlp Label) (ids []string, err error) {
	for _, id := range c.Organisations {
		if room.ServerOf(id) == "" || slices.Contains(c.Without, id) || slices.Contains(ids, id) {
			continue
		}
		if !tlp.Allows(UseCross) {
			return nil, fault.Forbidden("error.alert_tlp_hubs")
		}
		f, known, err := a.network.ForeignOneTx(tx, id)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, fault.NotFound("error.unknown_organisation")
		}
		if slices.Contains(officialKinds, f.Kind) && !c.Officials {
			return nil, fault.InvalidParam("error.alert_officials")
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// NamesTx are the names of all organisations, of this hub's and of its neighbours', by the ids that they have here.
func (a *Alerts) NamesTx(tx *store.Tx) (map[string]string, error) {
	names := map[string]string{}
	own, err := a.people.OrganisationsTx(tx)
	if err != nil {
		return nil, err
	}
	for _, o := range own {
		names[o.ID] = o.Name
	}
	foreign, err := a.network.ForeignTx(tx)
	for _, f := range foreign {
		names[f.AbroadID()] = f.Name
	}
	return names, err
}

// hubsOf are the servers of organisations of other hubs, each once.
func hubsOf(ids []string) (servers []string) {
	for _, id := range ids {
		servers = append(servers, room.ServerOf(id))
	}
	slices.Sort(servers)
	return slices.Compact(servers)
}

// callAbroad has a channel say for whom it is, and calls the hubs of the others into it.
func (a *Alerts) callAbroad(ctx context.Context, tx *store.Tx, roomID string, audience Audience) error {
	t := told{Organisations: map[string][]string{a.rooms.ServerName(): audience.Organisations}, Roles: audience.Roles, Officials: audience.Officials}
	for _, id := range audience.Abroad {
		own, server, _ := strings.Cut(id, ":")
		t.Organisations[server] = append(t.Organisations[server], own)
	}
	key := ""
	if _, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: a.people.HubUser(), Type: AudienceType, StateKey: &key, Content: t}); err != nil {
		return err
	}
	for _, server := range hubsOf(audience.Abroad) {
		if err := a.network.CallHubTx(tx, roomID, server); err != nil {
			return err
		}
	}
	return nil
}

// place brings somebody of this hub into a channel. Where other hubs are in it, their membership says of which organisation they are.
func (a *Alerts) place(ctx context.Context, tx *store.Tx, c channel, person people.Person) (came bool, err error) {
	if !a.isAbroad(c.roomID) && len(c.audience.Abroad) == 0 {
		return a.network.PlaceTx(ctx, tx, c.roomID, person.UserID)
	}
	came, err = a.network.PlaceOfTx(ctx, tx, c.roomID, person.UserID, person.OrganisationID)
	return came, a.bear(c.roomID, err)
}

// bear passes over a refusal in a channel of another hub: that one may have taken there what it likes from this hub, and keeps nobody here from
// changing.
func (a *Alerts) bear(roomID string, err error) error {
	var refused *fault.Fault
	if errors.As(err, &refused) && a.isAbroad(roomID) {
		a.log.Info("a channel of another hub does not take what is said there", "server", room.ServerOf(roomID), "err", err)
		return nil
	}
	return err
}

// sendersTx is the organisation of whoever wrote an event of an alert: of this hub, or of another by the id that it has here; "" for none.
func sendersTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) (id string, err error) {
	if !rooms.IsForeign(e.Sender) {
		return organisationOf(tx, e.Sender)
	}
	return organisationAbroadTx(tx, rooms, e.RoomID, e.Sender)
}

// organisationAbroadTx is the organisation of somebody of another hub, as their membership of a channel says; "" for none. Each hub is believed of its
// own people alone: it signs their memberships.
func organisationAbroadTx(tx *store.Tx, rooms *room.Rooms, roomID, user string) (id string, err error) {
	e, err := rooms.StateEvent(tx, roomID, "m.room.member", user)
	if err != nil || e == nil {
		return "", err
	}
	own := network.ToldOrganisation(e)
	if own == "" || !storable(own) || strings.Contains(own, ":") || room.ServerOf(e.Sender) != room.ServerOf(user) {
		return "", nil
	}
	return network.AbroadID(own, room.ServerOf(user)), nil
}

// knownChannelTx reads a channel of alerts; known is false for every other room, and for one of another hub in which this one has not arrived.
func knownChannelTx(tx *store.Tx, roomID string) (c channel, known bool, err error) {
	if err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_channels WHERE room_id = $1)`, roomID).Scan(&known); err != nil || !known {
		return c, false, err
	}
	c, err = readChannel(tx, roomID)
	return c, err == nil, err
}

// cameTx enters somebody of another hub among those who should have the alerts of a channel of this one that live, if they are of an organisation that
// it is for.
func cameTx(tx *store.Tx, rooms *room.Rooms, e *room.Event) error {
	if e.Type != "m.room.member" || !rooms.IsForeign(*e.StateKey) || room.ServerOf(e.RoomID) != rooms.ServerName() {
		return nil
	}
	c, known, err := knownChannelTx(tx, e.RoomID)
	if err != nil || !known {
		return err
	}
	membership, err := rooms.Membership(tx, e.RoomID, *e.StateKey)
	if err != nil || membership != "join" {
		return err
	}
	organisation, err := organisationAbroadTx(tx, rooms, e.RoomID, *e.StateKey)
	if err != nil || !slices.Contains(c.audience.Abroad, organisation) {
		return err
	}
	return receiveTx(tx, e.RoomID, *e.StateKey, organisation)
}

// addressAbroadTx writes down who of other hubs should have a new alert, as far as they are in its channel, and whose organisations it is sent to.
func (a *Alerts) addressAbroadTx(tx *store.Tx, alertID string, audience Audience) error {
	if len(audience.Abroad) == 0 {
		return nil
	}
	al, err := alertTx(tx, alertID)
	if err != nil {
		return err
	}
	members, err := a.rooms.JoinedMembers(tx, al.RoomID)
	if err != nil {
		return err
	}
	for _, user := range members {
		if !a.rooms.IsForeign(user) {
			continue
		}
		organisation, err := organisationAbroadTx(tx, a.rooms, al.RoomID, user)
		if err == nil && slices.Contains(audience.Abroad, organisation) {
			err = addTx(tx, alertID, user, organisation)
		}
		if err != nil {
			return err
		}
	}
	for _, id := range audience.Abroad {
		_, err := tx.Exec(`INSERT INTO alert_figures (alert_id, organisation_id, status, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			alertID, id, al.Block.Status, al.SentAt)
		if err != nil {
			return err
		}
	}
	return nil
}

// startAbroadTx begins to wait for the organisations of other hubs of an alert: their own hubs ask theirs meanwhile.
func (a *Alerts) startAbroadTx(ctx context.Context, tx *store.Tx, al Alert) error {
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return err
	}
	for _, id := range c.audience.Abroad {
		var waits bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_steps WHERE alert_id = $1 AND organisation_id = $2)`, al.ID, id).Scan(&waits); err != nil {
			return fmt.Errorf("look whether an organisation is asked: %w", err)
		}
		if waits {
			continue
		}
		if err := planTx(tx, al.ID, id, StepDuty, tx.Now.UnixMilli()); err != nil {
			return err
		}
		if err := a.fireTx(ctx, tx, al, stepRow{al.ID, id, StepDuty}); err != nil {
			return err
		}
	}
	return nil
}

// readTold reads for whom a channel of another hub says that it is; ok is false for any other room, and for what is out of bounds.
func readTold(tx *store.Tx, rooms *room.Rooms, roomID string) (t told, ok bool, err error) {
	kind, server, err := network.HubRoomTx(tx, rooms, roomID)
	if err != nil || kind != "alerts" || server == rooms.ServerName() {
		return t, false, err
	}
	e, err := rooms.StateEvent(tx, roomID, AudienceType, "")
	if err != nil || e == nil || e.Sender != network.HubOf(server) || json.Unmarshal(e.Content, &t) != nil {
		return t, false, err
	}
	unknown := func(role people.Role) bool { return !role.Known() }
	return t, len(t.Organisations[rooms.ServerName()]) <= choiceLimit && len(t.Roles) <= roleLimit && !slices.ContainsFunc(t.Roles, unknown), nil
}

// ArrivedTx brings those into a channel of another hub for whom it is, and takes in what was said there before (network.ArrivalFollower).
func (a *Alerts) ArrivedTx(ctx context.Context, tx *store.Tx, roomID string) error {
	t, ok, err := readTold(tx, a.rooms, roomID)
	if err != nil || !ok {
		return err
	}
	c, known, err := knownChannelTx(tx, roomID)
	if err != nil {
		return err
	}
	if !known {
		if c, err = a.enterAbroad(tx, roomID, t); err != nil {
			return err
		}
	}
	if err := a.reconcile(ctx, tx, c); err != nil {
		return err
	}
	return a.takePast(tx, roomID)
}

// enterAbroad enters a channel of another hub with those organisations of this one for which it is. It is found by its id alone.
func (a *Alerts) enterAbroad(tx *store.Tx, roomID string, t told) (c channel, err error) {
	audience := Audience{Roles: t.Roles, Officials: t.Officials}
	all, err := a.people.OrganisationsTx(tx)
	if err != nil {
		return c, err
	}
	for _, o := range all {
		if slices.Contains(t.Organisations[a.rooms.ServerName()], o.ID) {
			audience.Organisations = append(audience.Organisations, o.ID)
		}
	}
	slices.Sort(audience.Organisations)
	return channel{roomID, audience}, writeChannel(tx, roomID, "of "+roomID, audience)
}

// pastPage is how many events of a channel's past are read at once.
const pastPage = 500

// takePast takes in what was said in a channel and is in no table yet, in order.
func (a *Alerts) takePast(tx *store.Tx, roomID string) error {
	head, err := tx.Head()
	if err != nil {
		return err
	}
	for after, more := room.Earliest, true; more; {
		page, err := a.rooms.After(tx, roomID, after, head, pastPage, nil)
		if err != nil {
			return err
		}
		for i := range page.Events {
			if err := a.takeEarlier(tx, &page.Events[i]); err != nil {
				return err
			}
		}
		after, more = page.End, page.More
	}
	return nil
}

// takeEarlier takes in one event of those. What is refused is left out: it is in the log by now.
func (a *Alerts) takeEarlier(tx *store.Tx, e *room.Event) error {
	if e.StateKey != nil || e.RedactedBy != "" || !a.rooms.IsForeign(e.Sender) {
		return nil
	}
	_, known, err := alertNamedTx(tx, e.ID)
	if err != nil || known {
		return err
	}
	err = Log{alerts: a}.AppendedTx(tx, a.rooms, e)
	var refused *fault.Fault
	if errors.As(err, &refused) && refused.Status < 500 {
		return nil
	}
	return err
}

// heard takes in what somebody of another hub says of an alert: an alert in a channel of their own hub, into which this one was called, or an answer or
// a translation in a channel that is for people of theirs. All else is refused.
func (l Log) heard(tx *store.Tx, rooms *room.Rooms, e *room.Event, c *content, ours bool) error {
	if e.RelType == "m.replace" || c.New != nil {
		return l.guard(tx, e, c, ours)
	}
	if !ours && c.Alert == nil {
		return nil
	}
	kind, owner, err := network.HubRoomTx(tx, rooms, e.RoomID)
	if err != nil {
		return err
	}
	if kind != "alerts" {
		return l.guard(tx, e, c, ours)
	}
	its := room.ServerOf(e.Sender)
	channel, known, err := knownChannelTx(tx, e.RoomID)
	if err != nil {
		return err
	}
	called := owner != rooms.ServerName() || slices.Contains(hubsOf(channel.audience.Abroad), its)
	switch {
	case !called, c.Alert != nil && (e.Type != "m.room.message" || its != owner || owner == rooms.ServerName()):
		return fault.Forbidden("error.alert_door")
	case !known:
		return nil // this hub has not arrived yet: all that was said is taken in then
	}
	if err := sound(tx, e, c); err != nil {
		return err
	}
	if err := l.take(tx, rooms, e, c); err != nil || l.alerts == nil {
		return err
	}
	return l.alerts.heardTx(tx, channel, e, c)
}

// sound refuses what no hub would say.
func sound(tx *store.Tx, e *room.Event, c *content) error {
	switch {
	case e.Type == AnswerType:
		if c.Answer != string(Cannot) && c.Why != "" || checkText("note", c.Note, noteLimit) != nil {
			return bad("answer")
		}
		return Reply{Answer: Said(c.Answer), Why: c.Why, Whole: c.Whole}.check()
	case e.Type == TranslationType:
		if !languageForm.MatchString(c.Language) {
			return bad("language")
		}
		return checkText("text", c.Text, textLimit)
	}
	var b Block
	if json.Unmarshal(c.Alert, &b) != nil {
		return fault.BadJSON()
	}
	return b.sound(tx.Now)
}

// sound refuses a block that no hub sends to another. What its slots mean a newer hub may know better.
func (b Block) sound(now time.Time) error {
	var slots map[string]json.RawMessage
	b = b.full()
	switch {
	case len(b.Slots) > slotsLimit || json.Unmarshal(b.Slots, &slots) != nil:
		return bad("slots")
	case b.Code == "" || len(b.Code) > 64 || !storable(b.Code) || !storable(string(b.Slots)):
		return bad("code")
	case !b.TLP.Allows(UseCross):
		return fault.Forbidden("error.alert_tlp_hubs")
	case !slices.Contains([]string{MsgAlert, MsgUpdate, MsgCancel}, b.MsgType):
		return bad("msg_type")
	case time.Unix(b.Expires, 0).After(now.Add(mostLife + day)):
		return fault.InvalidParam("error.alert_expiry")
	case b.Language != "" && !languageForm.MatchString(b.Language):
		return bad("language")
	case len(b.Quotes) > 255 || !storable(b.Quotes) || len(b.By) > 255 || !storable(b.By):
		return bad("quotes")
	}
	for _, one := range []struct {
		name, value string
		known       []string
	}{
		{"status", b.Status, statuses}, {"urgency", b.Urgency, urgencies}, {"severity", b.Severity, severities}, {"certainty", b.Certainty, certainties},
	} {
		if !slices.Contains(one.known, one.value) {
			return bad(one.name)
		}
	}
	return errors.Join(checkText("text", b.Text, textLimit), checkAreas(b.Areas))
}

// day is what a hub's clock may be ahead at the most.
const day = 24 * time.Hour

// heardTx does what follows from what another hub's people say: an alert reaches those for whom it is here, and an answer is noted for who is asked next.
func (a *Alerts) heardTx(tx *store.Tx, c channel, e *room.Event, said *content) error {
	ctx := tx.Context()
	if e.Type == TranslationType {
		return nil
	}
	al, known, err := alertNamedTx(tx, e.ID)
	if err != nil || !known {
		return err // of an alert of another channel
	}
	if e.Type == AnswerType {
		if al.State(tx.Now.UnixMilli()) == Cancelled { // the answer was given before that was heard there
			return nil
		}
		organisation, err := organisationAbroadTx(tx, a.rooms, e.RoomID, e.Sender)
		if err != nil {
			return err
		}
		return a.answeredTx(ctx, tx, al, people.Caller{Person: people.Person{UserID: e.Sender, OrganisationID: organisation}}, Said(said.Answer))
	}
	return a.reachTx(ctx, tx, c, al, e)
}

// reachTx tells the people of this hub of a version of an alert of another one, and asks its organisations.
func (a *Alerts) reachTx(ctx context.Context, tx *store.Tx, c channel, al Alert, e *room.Event) error {
	var b Block
	kinds := map[string]NoticeKind{MsgAlert: NoticeNew, MsgUpdate: NoticeUpdate, MsgCancel: NoticeCancel}
	versions, err := a.versionsTx(tx, al.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.EventID == e.ID {
			b = v.Block
		}
	}
	if al.ID == e.ID {
		if err := a.addressTx(tx, al.ID, c.audience, people.Person{UserID: e.Sender}); err != nil {
			return err
		}
		if err := sinceTheyCameTx(tx, al); err != nil {
			return err
		}
	}
	if al.Block.MsgType == MsgCancel {
		if err := a.toldTx(tx, al.ID, e.Sender, NoticeCancel); err != nil {
			return err
		}
		return a.overTx(ctx, tx, al)
	}
	if al.State(tx.Now.UnixMilli()) != Live {
		return nil // it was over before it came; its end is noted by the clock
	}
	if err := a.toldTx(tx, al.ID, e.Sender, kinds[b.MsgType]); err != nil {
		return err
	}
	return a.startTx(ctx, tx, al)
}

// sinceTheyCameTx: an alert that was sent before its channel was here is taken by a device when that takes the channel.
func sinceTheyCameTx(tx *store.Tx, al Alert) error {
	_, err := tx.Exec(`UPDATE alert_recipients SET position = (SELECT m.position FROM memberships m WHERE m.room_id = $2 AND m.user_id = alert_recipients.user_id)
		WHERE alert_id = $1 AND EXISTS (SELECT 1 FROM memberships m WHERE m.room_id = $2 AND m.user_id = alert_recipients.user_id
		AND m.position > alert_recipients.position)`, al.ID, al.RoomID)
	return err
}

// HubOf is the server of the hub whose alert it is; "" for one of this hub.
func (a *Alerts) HubOf(al Alert) string {
	if a.isAbroad(al.RoomID) {
		return room.ServerOf(al.RoomID)
	}
	return ""
}
