package place

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/store"
)

// AskType is the state in a request's channel by which a hub asks another one's shelter, and takes that back.
const AskType = "network.panah.place.ask"

// NoteType is the state that holds the free text beside what is asked.
const NoteType = "network.panah.place.note"

// asked is what one hub asks another one, each time whole. One that is taken back says no more than that.
type asked struct {
	Version      int64         `json:"version"` // from 1; a higher one replaces the one before
	Request      string        `json:"request_id"`
	Ask          string        `json:"ask_id,omitempty"`     // the same for all shelters that are asked for the same people
	Shelter      string        `json:"shelter_id,omitempty"` // as its own hub calls it
	Wish         *code.Request `json:"wish,omitempty"`
	CallBack     bool          `json:"call_back,omitempty"`
	Organisation *asker        `json:"organisation,omitempty"`
	Consent      *Consent      `json:"consent,omitempty"`
	Withdrawn    string        `json:"withdrawn,omitempty"` // why it was taken back; "" for not
	Revoked      bool          `json:"revoked,omitempty"`   // the consent was taken back: all that was said is to go
}

// asker is the organisation that asks.
type asker struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Country string      `json:"country"`
	Kind    people.Kind `json:"kind"`
}

// note is the content of NoteType.
type note struct {
	Body     string `json:"body,omitempty"`
	Language string `json:"language,omitempty"`
}

// link is a request between two hubs, on one of them.
type link struct {
	request, room, server string
	asks                  bool // this hub asks the other one
	said, heard, told     int64
	ask                   asked
	answer                *answer // of the hub that asks: what it was answered last
}

const linkColumns = `request_id, room_id, server, asks, said, heard, told, ask, answer`

func scanLink(row store.Scanner) (l link, err error) {
	var ask, answered string
	if err = row.Scan(&l.request, &l.room, &l.server, &l.asks, &l.said, &l.heard, &l.told, &ask, &answered); err != nil {
		return l, err
	}
	if ask != "" {
		err = json.Unmarshal([]byte(ask), &l.ask)
	}
	if answered != "" {
		l.answer = new(answer)
		err = errors.Join(err, json.Unmarshal([]byte(answered), l.answer))
	}
	return l, err
}

// linkTx finds what is between two hubs by a request or by its channel; known is false for a request of this hub alone.
func linkTx(tx *store.Tx, where, key string) (l link, known bool, err error) {
	l, err = scanLink(tx.QueryRow(`SELECT `+linkColumns+` FROM places_abroad WHERE `+where+` = $1`, key))
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, fmt.Errorf("read a request between hubs: %w", err)
	}
	return l, true, nil
}

func (l link) save(tx *store.Tx) error {
	ask, answered := "", ""
	if l.ask.Request != "" {
		ask = written(l.ask)
	}
	if l.answer != nil {
		answered = written(l.answer)
	}
	_, err := tx.Exec(`INSERT INTO places_abroad (`+linkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (request_id) DO UPDATE SET said = excluded.said, heard = excluded.heard, told = excluded.told, ask = excluded.ask, answer = excluded.answer`,
		l.request, l.room, l.server, l.asks, l.said, l.heard, l.told, ask, answered)
	return err
}

// askAbroad asks a shelter of another hub: the request stands as asked, and its channel says what is asked until that hub has come into it.
func (p *Places) askAbroad(ctx context.Context, tx *store.Tx, caller people.Caller, askID, shelterID string, a Asking) error {
	o, err := p.people.OrganisationTx(tx, caller.OrganisationID)
	if err != nil {
		return err
	}
	wish, consent := a.Request, a.Consent
	l := link{request: newID(), server: room.ServerOf(shelterID), asks: true, said: 1}
	l.ask = asked{Version: 1, Request: l.request, Ask: askID, Shelter: idAt(shelterID), Wish: &wish, CallBack: a.CallBack, Consent: &consent,
		Organisation: &asker{ID: o.ID, Name: o.Name, Country: o.Country, Kind: o.Kind}}
	state := []room.Draft{{Type: AskType, Content: l.ask}}
	if a.Note != "" {
		state = append(state, room.Draft{Type: NoteType, Content: note{a.Note, a.Language}})
	}
	if l.room, err = p.makeRoom(ctx, tx, "place", channelPowers, state...); err != nil {
		return err
	}
	now := tx.Now.UnixMilli()
	r := Request{AskID: askID, ShelterID: shelterID, RoomID: l.room, UpdatedAt: now, Request: allot.Request{
		ID: l.request, Category: a.Category, Places: a.Places(), Urgency: a.Urgency, At: now, State: allot.Asked,
	}}
	if err := errors.Join(r.save(tx), l.save(tx)); err != nil {
		return err
	}
	p.countTx(tx, string(r.State))
	mine, err := askTx(tx, askID)
	if err != nil {
		return err
	}
	if err := p.reconcile(ctx, tx, l.room, Shelter{}, mine); err != nil {
		return err
	}
	return p.network.CallHubTx(tx, l.room, l.server)
}

// sayAsk says what is asked of another hub anew.
func (p *Places) sayAsk(ctx context.Context, tx *store.Tx, l link) error {
	l.said++
	l.ask.Version = l.said
	if err := l.save(tx); err != nil {
		return err
	}
	key := ""
	_, err := p.rooms.Append(ctx, tx, room.Draft{RoomID: l.room, Sender: p.people.HubUser(), Type: AskType, StateKey: &key, Content: l.ask})
	return err
}

// stepBack takes a request back that another hub has. It is over here at once; what the other one makes of it comes with its answer.
func (p *Places) stepBack(ctx context.Context, tx *store.Tx, r Request, reason string, revoked bool) error {
	l, known, err := linkTx(tx, "request_id", r.ID)
	if err != nil || !known {
		return err
	}
	l.ask = asked{Request: r.ID, Withdrawn: l.ask.Withdrawn, Revoked: revoked}
	if r.State.Open() || r.State == allot.Accepted {
		l.ask.Withdrawn = reason
		r.mirror(allot.Withdrawn, 0, reason, tx.Now.UnixMilli())
		p.countTx(tx, string(r.State))
	}
	if err := errors.Join(r.save(tx), p.sayAsk(ctx, tx, l)); err != nil {
		return err
	}
	return p.settleWhere(tx, `about = $1 AND kind = 'held'`, r.ID)
}

// withdraw takes a request back, wherever it is held.
func (p *Places) withdraw(ctx context.Context, tx *store.Tx, r Request, by people.Person, reason string) error {
	if room.ServerOf(r.ShelterID) == "" {
		event := allot.Event{Kind: allot.Withdraw, Request: allot.Request{ID: r.ID}, Reason: reason}
		_, err := p.applyTx(ctx, tx, deed{shelterID: r.ShelterID, by: by, event: event})
		return err
	}
	if !r.State.Open() && r.State != allot.Accepted {
		return allot.ErrState()
	}
	return p.stepBack(ctx, tx, r, reason, false)
}

// mirror takes over how a request stands at another hub, with the times that follow from it here.
func (r *Request) mirror(state allot.State, until int64, reason string, now int64) {
	r.State, r.Until, r.Reason, r.UpdatedAt = state, until, reason, now
	if r.AskedAt == 0 && state == allot.Held {
		r.AskedAt = now
	}
	if r.DecidedAt == 0 && (state == allot.Accepted || state == allot.Declined) {
		r.DecidedAt = now
	}
	switch {
	case !state.Over():
		r.EndedAt = 0
	case r.EndedAt == 0:
		r.EndedAt = now
	}
}

// answer is how a request stands at the shelter's hub, each time whole.
type answer struct {
	Request string      `json:"request_id"`
	State   allot.State `json:"state"`
	Until   int64       `json:"until,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Version int64       `json:"version"` // from 1; a higher one replaces the one before
	Heard   int64       `json:"heard"`   // the version of what was asked that had been heard
}

// reasons are the lists that the reason for a state is of; a state that is not here has none.
var reasons = map[allot.State]code.List{allot.Declined: code.Decline, allot.Withdrawn: code.Withdraw, allot.Left: code.Exit, allot.Expired: code.Decline}

// holdAhead is how far ahead the end of a hold may be, in milliseconds: the longest one, and as much for a clock that is wrong.
const holdAhead = 2 * mostHold * 60_000

// check refuses what no shelter's hub would answer.
func (a answer) check(l link, now int64) error {
	list, hasReason := reasons[a.State]
	switch {
	case a.Request != l.request, a.Version < 1, a.Heard < 0, a.Heard > l.said:
		return bad("version")
	case a.State == allot.Asked || !code.States.Has(string(a.State)):
		return bad("state")
	case (a.State == allot.Held) != (a.Until != 0), a.Until < 0, a.Until > now+holdAhead:
		return bad("until")
	case a.Reason != "" && !(hasReason && list.Has(a.Reason)):
		return bad("reason")
	}
	return nil
}

// heardAnswerTx takes in what another hub answers in the channel of a request.
func (p *Places) heardAnswerTx(tx *store.Tx, l link, raw json.RawMessage) error {
	var a answer
	if json.Unmarshal(raw, &a) != nil {
		return bad(Member)
	}
	if err := a.check(l, tx.Now.UnixMilli()); err != nil {
		return err
	}
	if a.Version <= l.heard {
		return nil
	}
	r, err := requestTx(tx, l.request)
	if err != nil {
		return err
	}
	waits := l.ask.Withdrawn != "" && a.Heard < l.said // it did not know yet that the request was taken back
	l.heard, l.told, l.answer = a.Version, max(l.told, a.Heard), &a
	if err := l.save(tx); err != nil || waits {
		return err
	}
	if r.State == allot.Expired && a.State == allot.Withdrawn { // it ended here because no answer came: that is what it says
		return nil
	}
	return p.mirrorTx(tx.Context(), tx, r, a)
}

// mirrorTx has a request stand here as it stands at its hub, and tells who asked. The first acceptance that is heard has the others taken back; one
// that is heard later is itself taken back.
func (p *Places) mirrorTx(ctx context.Context, tx *store.Tx, r Request, a answer) error {
	before := r.State
	r.mirror(a.State, a.Until, a.Reason, tx.Now.UnixMilli())
	if err := r.save(tx); err != nil {
		return err
	}
	if before == r.State {
		return nil
	}
	p.countTx(tx, string(r.State))
	if err := p.noticeMirror(tx, r, before); err != nil {
		return err
	}
	if r.State != allot.Accepted {
		return nil
	}
	var elsewhere bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM place_requests WHERE ask_id = $1 AND request_id <> $2 AND state IN ('accepted', 'arrived'))`, r.AskID, r.ID).Scan(&elsewhere)
	if err != nil {
		return err
	}
	if elsewhere {
		return p.stepBack(ctx, tx, r, "elsewhere", false)
	}
	return errors.Join(p.sayKeys(ctx, tx, r), p.settleElsewhere(ctx, tx, r))
}

// noticeMirror tells who asked what another hub answered.
func (p *Places) noticeMirror(tx *store.Tx, r Request, before allot.State) error {
	if before.Open() && !r.State.Open() {
		if err := p.settleWhere(tx, `about = $1 AND kind = 'held'`, r.ID); err != nil {
			return err
		}
	}
	kind, tells := map[allot.State]NoticeKind{
		allot.Held: NoticeHeld, allot.Accepted: NoticeAccepted, allot.Declined: NoticeDeclined, allot.Expired: NoticeExpired,
	}[r.State]
	if !tells {
		return nil
	}
	return p.noticeWorker(tx, deed{}, r, kind)
}

// leftTx is told that the hub that was asked has left the channel of a request: what it answered last stands.
func (p *Places) leftTx(tx *store.Tx, l link) error {
	if !l.asks || l.answer == nil || l.told == l.said {
		return nil
	}
	r, err := requestTx(tx, l.request)
	if err != nil {
		return err
	}
	l.told = l.said
	return errors.Join(l.save(tx), p.mirrorTx(tx.Context(), tx, r, *l.answer))
}

// readAskTx reads what another hub asks in a channel that it made; ok is false where nothing is asked as a hub asks.
func (p *Places) readAskTx(tx *store.Tx, rooms *room.Rooms, roomID string) (a asked, n note, server string, ok bool, err error) {
	kind, server, err := network.HubRoomTx(tx, rooms, roomID)
	if err != nil || kind != "place" || server == rooms.ServerName() {
		return a, n, server, false, err
	}
	e, err := rooms.StateEvent(tx, roomID, AskType, "")
	if err != nil || e == nil || e.Sender != network.HubOf(server) {
		return a, n, server, false, err
	}
	if json.Unmarshal(e.Content, &a) != nil || a.check(tx.Now.UnixMilli()) != nil {
		p.log.Warn("what another hub asks was not taken in", "server", server, "event", e.ID)
		return a, n, server, false, nil
	}
	if e, err = rooms.StateEvent(tx, roomID, NoteType, ""); err != nil || e == nil || e.Sender != network.HubOf(server) {
		return a, n, server, err == nil, err
	}
	if json.Unmarshal(e.Content, &n) != nil || (Wish{Note: n.Body, Language: n.Language}).checkNote() != nil {
		n = note{} // what is asked stands without it
	}
	return a, n, server, true, nil
}

// over tells whether it was taken back, or all of it is to go.
func (a asked) over() bool { return a.Withdrawn != "" || a.Revoked }

// askerName bounds the name of an organisation, in characters.
const askerName = 200

// check refuses what no hub would ask.
func (a asked) check(now int64) error {
	if a.Version < 1 || !idForm.MatchString(a.Request) || a.Withdrawn != "" && !code.Withdraw.Has(a.Withdrawn) {
		return bad("request_id")
	}
	if a.over() {
		return nil
	}
	if !idForm.MatchString(a.Ask) || !idForm.MatchString(a.Shelter) || a.Wish == nil || a.Organisation == nil || a.Consent == nil {
		return bad("wish")
	}
	if err := errors.Join((Wish{Request: *a.Wish}).check(nil), a.Consent.check(now)); err != nil {
		return err
	}
	o := a.Organisation
	if !idForm.MatchString(o.ID) || o.Name == "" || utf8.RuneCountInString(o.Name) > askerName || !slices.Contains(people.Countries(), o.Country) ||
		!slices.Contains(fieldKinds, o.Kind) {
		return bad("organisation")
	}
	return nil
}
