package place

import (
	"context"
	"errors"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
	"panah/locales"
)

// openFromHub is how many requests of one other hub may be held or wait here, so that none holds every place.
const openFromHub = 300

// heardAskTx takes in what another hub asks in a channel that it made: the first time the shelter is asked, afterwards what is new is done. What was
// heard before changes nothing.
func (p *Places) heardAskTx(tx *store.Tx, rooms *room.Rooms, roomID string) error {
	a, n, server, ok, err := p.readAskTx(tx, rooms, roomID)
	if err != nil || !ok {
		return err
	}
	l, known, err := linkTx(tx, "room_id", roomID)
	if err == nil && !known {
		l, known, err = linkTx(tx, "request_id", a.Request)
	}
	if err != nil {
		return err
	}
	ctx := tx.Context()
	switch {
	case known && (l.room != roomID || l.request != a.Request || l.server != server || l.asks):
		p.log.Warn("another hub spoke of a request that is not its own", "server", server)
		return nil
	case known && a.Version <= l.heard:
		return nil
	case known:
		return p.heardMoreTx(ctx, tx, l, a)
	case a.over():
		return p.answerTx(ctx, tx, roomID, a, allot.Withdrawn, a.Withdrawn)
	}
	return p.takeInTx(ctx, tx, roomID, server, a, n)
}

// takeInTx asks a shelter of this hub for another one.
func (p *Places) takeInTx(ctx context.Context, tx *store.Tx, roomID, server string, a asked, n note) error {
	s, reason, err := p.askedOfTx(tx, server, a)
	if err != nil {
		return err
	}
	if reason != "" {
		return p.answerTx(ctx, tx, roomID, a, allot.Declined, reason)
	}
	mine := ask{id: abroadID(a.Ask, server), organisationID: abroadID(a.Organisation.ID, server)}
	wish := Wish{Request: *a.Wish, Note: n.Body, Language: n.Language, CallBack: a.CallBack}
	c := a.Consent.by(tx.Now.UnixMilli())
	_, err = tx.Exec(`INSERT INTO place_asks (ask_id, organisation_id, worker, at, wish, consent, consent_at, consent_words, consent_language)
		VALUES ($1, $2, '', $3, $4, $5, $6, $7, $8) ON CONFLICT (ask_id) DO NOTHING`, mine.id, mine.organisationID, tx.Now.UnixMilli(), written(wish), c.Given,
		c.At, c.Words, c.Language)
	if err != nil {
		return err
	}
	l := link{request: a.Request, room: roomID, server: server, heard: a.Version, ask: asked{Version: a.Version, Request: a.Request, Organisation: a.Organisation}}
	if err := l.save(tx); err != nil {
		return err
	}
	_, err = p.applyTx(ctx, tx, deed{shelterID: s.ID, askID: mine.id, roomID: roomID, event: allot.Event{
		Kind: allot.Ask, Request: allot.Request{ID: a.Request, Category: a.Wish.Category, Places: a.Wish.Places(), Urgency: a.Wish.Urgency},
	}})
	if err != nil {
		return err
	}
	return p.reconcile(ctx, tx, roomID, s, mine)
}

// askedOfTx finds the shelter that another hub asks, or for what reason it is declined before anybody is asked. Of one that does not show itself there
// nobody learns.
func (p *Places) askedOfTx(tx *store.Tx, server string, a asked) (s Shelter, reason string, err error) {
	s, err = shelterTx(tx, a.Shelter)
	if errors.Is(err, errUnknownShelter()) {
		return s, "closed", nil
	}
	if err != nil {
		return s, "", err
	}
	owner, err := p.people.OrganisationTx(tx, s.OrganisationID)
	if err != nil {
		return s, "", err
	}
	country, on := s.onBoard(owner)
	if !on || !s.says(country).forIn(a.Organisation.Country) || s.Closed {
		return s, "closed", nil
	}
	if !s.offer(a.Wish.Category, tx.Now).Fit(*a.Wish).Fits() {
		return s, "criteria", nil
	}
	var open int
	err = tx.QueryRow(`SELECT COUNT(*) FROM places_abroad l JOIN place_requests r ON r.request_id = l.request_id WHERE l.server = $1 AND NOT l.asks
		AND r.state IN ('held', 'waiting')`, server).Scan(&open)
	if err == nil && open >= openFromHub {
		reason = "full"
	}
	if err == nil {
		_, err = requestTx(tx, a.Request)
		if err == nil { // a request of this hub has that id
			return s, "duplicate", nil
		}
		if errors.Is(err, allot.ErrUnknown()) {
			err = nil
		}
	}
	return s, reason, err
}

// heardMoreTx does what another hub says of a request that is here: that the person agrees, that it is taken back, that all of it is to go.
func (p *Places) heardMoreTx(ctx context.Context, tx *store.Tx, l link, a asked) error {
	l.heard = a.Version
	if err := l.save(tx); err != nil {
		return err
	}
	r, err := requestTx(tx, a.Request)
	if err != nil {
		return err
	}
	words := string(r.State)
	if a.Consent != nil && a.Consent.Given == "given" {
		c := a.Consent.by(tx.Now.UnixMilli())
		words = "agreed"
		_, err := tx.Exec(`UPDATE place_asks SET consent = $2, consent_at = $3, consent_words = $4, consent_language = $5 WHERE ask_id = $1 AND consent = 'none' AND wish <> ''`,
			r.AskID, c.Given, c.At, c.Words, c.Language)
		if err != nil {
			return err
		}
	}
	if a.Withdrawn != "" && (r.State.Open() || r.State == allot.Accepted) {
		err = p.withdraw(ctx, tx, r, people.Person{}, a.Withdrawn)
	} else if r.RoomID != "" {
		err = p.say(ctx, tx, r, p.people.HubUser(), words, nil)
	}
	if err != nil || !a.Revoked {
		return err
	}
	return p.revokedAbroad(ctx, tx, r)
}

// revokedAbroad empties what another hub had asked, since the consent to it was taken back.
func (p *Places) revokedAbroad(ctx context.Context, tx *store.Tx, r Request) error {
	if err := p.emptyChannel(ctx, tx, r); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE place_asks SET consent = 'withdrawn', consent_at = $2 WHERE ask_id = $1`, r.AskID, tx.Now.UnixMilli()); err != nil {
		return err
	}
	p.dirty.Store(true)
	return p.forgetAsk(tx, r.AskID)
}

// answerTx answers another hub about a request that nothing is kept of here.
func (p *Places) answerTx(ctx context.Context, tx *store.Tx, roomID string, a asked, state allot.State, reason string) error {
	said := answer{Request: a.Request, State: state, Reason: reason, Version: a.Version, Heard: a.Version}
	_, err := p.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: p.people.HubUser(), Type: "m.room.message", Content: map[string]any{
		"msgtype": "m.text", "body": locales.For(p.language, p.second).Text("place.said."+string(state), nil), Member: said,
	}})
	return p.bear(roomID, err)
}

// answering numbers what is said to the hub that asks, and says how much of it was heard.
func answering(tx *store.Tx, requestID string, said map[string]any) error {
	l, known, err := linkTx(tx, "request_id", requestID)
	if err != nil || !known {
		return err
	}
	l.said++
	said["version"], said["heard"] = l.said, l.heard
	return l.save(tx)
}
