package alert

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/guard"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// mergeTx puts what an update leaves out from the version that stands. The code and the audience stay, and the label gets no looser. Said once
// that somebody could be known by it, it stays said.
func (a *Alerts) mergeTx(tx *store.Tx, caller people.Caller, w Wish) (Wish, error) {
	al, err := a.changeableTx(tx, caller, w.Update)
	if err != nil {
		return w, err
	}
	versions, err := a.versionsTx(tx, al.ID)
	if err != nil {
		return w, err
	}
	// Nobody takes that back alone: what one version said of somebody, the others speak of as well.
	w.Describes = w.Describes || slices.ContainsFunc(versions, func(v Version) bool { return v.Block.Describes })
	now := al.Block
	if w.TLP == "" {
		w.TLP = now.TLP
	}
	w.Base = al.LastEventID
	w.Code, w.Status, w.MsgType, w.Quotes, w.By = now.Code, now.Status, MsgUpdate, now.Quotes, ""
	if w.Slots == nil {
		w.Slots = now.Slots
	}
	if w.Areas == nil && !slices.Equal(now.Areas, areasOf(now)) { // otherwise they follow the places, which may be others now
		w.Areas = now.Areas
	}
	if w.Expires == 0 {
		w.Expires = now.Expires
	}
	if strings.TrimSpace(w.Text) == "" && !w.Wordless {
		w.Text, w.Language = now.Text, now.Language
	}
	for value, usual := range map[*string]string{&w.Urgency: now.Urgency, &w.Severity: now.Severity, &w.Certainty: now.Certainty} {
		if *value == "" {
			*value = usual
		}
	}
	return w, nil
}

// mayLabel decides whether an update may have a label in the channel in which the alert stands. A label only gets tighter. One that asks for a
// narrower circle than the channel has is no update at all: RED is for people by name, and into the channels of AMBER and looser labels others are
// called when nobody answers, which AMBER+STRICT excludes. Nobody can be made to forget what they have read, so what stands is cancelled where it
// stands, and the rest is said where only those are who may hear it.
func mayLabel(wanted, now Label, in Audience) error {
	switch {
	case wanted.loosens(now):
		return fault.Forbidden("error.alert_tlp")
	case wanted == Red && now != Red, wanted != Red && !wanted.Allows(UseEscalate) && !in.Closed:
		return fault.Forbidden("error.alert_tlp_anew")
	}
	return nil
}

// changeableTx reads an alert that lives and that the caller may change: one of their own organisation, or, for those who look after the
// network, any that they can open.
func (a *Alerts) changeableTx(tx *store.Tx, caller people.Caller, id string) (Alert, error) {
	if err := caller.Require(people.ActSendAlert); err != nil {
		return Alert{}, err
	}
	al, err := a.readableTx(tx, caller, id)
	if err != nil {
		return al, err
	}
	if a.isAbroad(al.RoomID) || al.OrganisationID != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		return al, fault.Forbidden("error.alert_not_yours")
	}
	if al.State(tx.Now.UnixMilli()) != Live {
		return al, fault.Forbidden("error.alert_over")
	}
	return al, nil
}

// updateTx appends a later version.
func (a *Alerts) updateTx(ctx context.Context, tx *store.Tx, author people.Person, w Wish) (s Sent, err error) {
	a.countTx(tx, "updated")
	al, err := alertTx(tx, w.Update)
	if err != nil {
		return s, err
	}
	if al.State(tx.Now.UnixMilli()) != Live { // it waited for a second person meanwhile
		return s, fault.Forbidden("error.alert_over")
	}
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return s, err
	}
	if w.Base != al.LastEventID { // what waited would take back what was said meanwhile
		return s, fault.New(http.StatusConflict, "M_FORBIDDEN", "error.alert_changed")
	}
	if err := mayLabel(w.TLP, al.Block.TLP, c.audience); err != nil {
		return s, err
	}
	if err := a.reconcile(ctx, tx, c); err != nil {
		return s, err
	}
	content, err := a.content(tx, al.RoomID, w.Block, al.ID)
	if err != nil {
		return s, err
	}
	events, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: al.RoomID, Sender: author.UserID, Type: "m.room.message", Content: content})
	if err != nil {
		return s, err
	}
	s = Sent{AlertID: al.ID, EventID: events[0].ID}
	if err := a.toldTx(tx, al.ID, author.UserID, NoticeUpdate); err != nil {
		return s, err
	}
	if al, err = alertTx(tx, al.ID); err != nil { // as it is now: it may ask for more haste than before
		return s, err
	}
	return s, a.startTx(ctx, tx, al)
}

// toldTx tells all who have an alert of what became of it, but for whoever did it.
func (a *Alerts) toldTx(tx *store.Tx, alertID, author string, kind NoticeKind) error {
	users, err := store.Column(tx, `SELECT r.user_id FROM alert_recipients r JOIN alerts a ON a.alert_id = r.alert_id
		JOIN memberships m ON m.room_id = a.room_id AND m.user_id = r.user_id AND m.membership = 'join'
		WHERE r.alert_id = $1 AND r.user_id <> $2 ORDER BY r.user_id`, alertID, author)
	if err != nil {
		return err
	}
	return a.notify(tx, users, alertID, kind, "")
}

// Cancel takes an alert off the board, with a reason for those who acted on it. A steward cancels also what they cannot open; then the hub's
// account writes it and names them. confirmed is as in a Wish, for the reason.
func (a *Alerts) Cancel(ctx context.Context, caller people.Caller, id, reason, language string, confirmed ...string) (s Sent, err error) {
	if err := caller.Require(people.ActSendAlert); err != nil {
		return s, err
	}
	if err := checkText("reason", reason, noteLimit); err != nil {
		return s, err
	}
	if err := unconfirmed(guard.Names(reason), confirmed); err != nil {
		return s, err
	}
	if reason != "" && !languageForm.MatchString(language) {
		return s, bad("language")
	}
	err = a.write(ctx, func(tx *store.Tx) error {
		s, err = a.cancelTx(ctx, tx, caller, id, reason, language)
		return err
	})
	return s, err
}

func (a *Alerts) cancelTx(ctx context.Context, tx *store.Tx, caller people.Caller, id, reason, language string) (s Sent, err error) {
	a.countTx(tx, "cancelled")
	al, err := alertTx(tx, id)
	if err != nil {
		return s, err
	}
	writer, err := a.cancellerTx(tx, caller, al)
	if err != nil {
		return s, err
	}
	if al.Block.MsgType == MsgCancel {
		return Sent{AlertID: id, EventID: al.LastEventID}, nil // cancelling twice is cancelling once
	}
	if al.State(tx.Now.UnixMilli()) != Live {
		return s, fault.Forbidden("error.alert_over")
	}
	b := al.Block
	b.MsgType, b.Text, b.Language, b.Quotes = MsgCancel, reason, language, ""
	if reason == "" {
		b.Language = ""
	}
	if writer != caller.UserID {
		b.By = caller.UserID
	}
	content, err := a.content(tx, al.RoomID, b, id)
	if err != nil {
		return s, err
	}
	events, err := a.rooms.Append(ctx, tx, room.Draft{RoomID: al.RoomID, Sender: writer, Type: "m.room.message", Content: content})
	if err != nil {
		return s, err
	}
	if err := a.toldTx(tx, id, caller.UserID, NoticeCancel); err != nil {
		return s, err
	}
	if err := a.overTx(ctx, tx, al); err != nil {
		return s, err
	}
	detail := map[string]string{"organisation": al.OrganisationID, "alert": id}
	return Sent{AlertID: id, EventID: events[0].ID}, a.people.AuditTx(tx, caller.UserID, "cancel_alert", al.Sender, detail)
}

// cancellerTx is in whose name an alert is cancelled: the caller's where they are a member and it is their organisation's, or they look after the
// network; else, for the latter alone, the hub's account's.
func (a *Alerts) cancellerTx(tx *store.Tx, caller people.Caller, al Alert) (writer string, err error) {
	membership, err := a.rooms.Membership(tx, al.RoomID, caller.UserID)
	if err != nil {
		return "", err
	}
	manages := caller.Require(people.ActManageAlerts) == nil
	switch {
	case membership != "join" && !manages:
		return "", errUnknown()
	case a.isAbroad(al.RoomID):
		return "", fault.Forbidden("error.alert_not_yours")
	case membership != "join":
		return a.people.HubUser(), nil
	case al.OrganisationID != caller.OrganisationID && !manages:
		return "", fault.Forbidden("error.alert_not_yours")
	}
	return caller.UserID, nil
}
