package place

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/guard"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/store"
)

// Consent is the fact that somebody agreed, or that nobody could be asked.
type Consent struct {
	Given    string `json:"given"`    // none, given, withdrawn
	At       int64  `json:"at"`       // Unix milliseconds; 0 for none
	Words    string `json:"words"`    // names the wording that was read out
	Language string `json:"language"` // in which
}

// Wish is what a caseworker asks for.
type Wish struct {
	code.Request
	Note     string `json:"note,omitempty"`     // free, and looked at by the guard
	Language string `json:"language,omitempty"` // of the note
	CallBack bool   `json:"call_back,omitempty"`
}

// Asking is a wish and whom it is put to.
type Asking struct {
	Wish
	Shelters  []string `json:"shelters"`
	Consent   Consent  `json:"consent"`
	Confirmed []string `json:"confirmed"` // kinds of findings in the note that were shown and are sent all the same
	Journey   string   `json:"journey"`   // id of the journey of which this is a leg, or ""
	Leg       int      `json:"leg"`       // which one, from 0
}

const (
	mostAsked = 3   // shelters at a time for the same people
	noteLimit = 300 // characters
	mostOpen  = 30  // requests of one person that are held or wait
)

var (
	wordsForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,31}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
)

// aheadMost is how far a device's clock may be ahead, in milliseconds: a wrong clock keeps nobody from asking.
const aheadMost = 24 * 60 * 60 * 1000

// by is the consent as it is kept: none was given later than the hub's now.
func (c Consent) by(now int64) Consent {
	c.At = min(c.At, now)
	return c
}

func (c Consent) check(now int64) error {
	sound := c.Given == "none" && c == Consent{Given: "none"} ||
		c.Given == "given" && c.At > 0 && c.At <= now+aheadMost && wordsForm.MatchString(c.Words) && languageForm.MatchString(c.Language)
	if !sound {
		return fault.InvalidParam("error.place_consent")
	}
	return nil
}

func (w Wish) check(confirmed []string) error {
	if err := w.Request.Check(); err != nil {
		return err
	}
	if w.From != "" && !knownProvince(w.From) && !slices.Contains(people.Countries(), w.From) {
		return bad("from")
	}
	if err := w.checkNote(); err != nil {
		return err
	}
	found := guard.Names(w.Note)
	for _, kind := range found {
		if !slices.Contains(confirmed, kind) {
			return fault.InvalidParam("error.alert_guard").With("network.panah.findings", found)
		}
	}
	return nil
}

// checkNote bounds the free text.
func (w Wish) checkNote() error {
	if utf8.RuneCountInString(w.Note) > noteLimit {
		return fault.InvalidParam("error.long_text", "Limit", noteLimit)
	}
	if !utf8.ValidString(w.Note) || slices.Contains([]byte(w.Note), 0) || (w.Note != "") != (w.Language != "") || w.Note != "" && !languageForm.MatchString(w.Language) {
		return bad("note")
	}
	return nil
}

// Ask asks up to three shelters at once for the same people. Who has places holds them at once; the others have the request wait.
func (p *Places) Ask(ctx context.Context, caller people.Caller, txnID string, a Asking) (id string, err error) {
	if err := caller.Require(people.ActAskPlaces); err != nil {
		return "", err
	}
	if caller.OrganisationID == "" {
		return "", fault.Forbidden("error.place_needs_organisation")
	}
	if err := a.Wish.check(a.Confirmed); err != nil {
		return "", err
	}
	if len(a.Shelters) == 0 {
		return "", fault.MissingParam("shelters")
	}
	if len(a.Shelters) > mostAsked {
		return "", fault.InvalidParam("error.place_three", "Limit", mostAsked)
	}
	return p.once(ctx, caller, "ask", txnID, func(ctx context.Context, tx *store.Tx) (string, error) { return p.askTx(ctx, tx, caller, a) })
}

func (p *Places) askTx(ctx context.Context, tx *store.Tx, caller people.Caller, a Asking) (id string, err error) {
	if err := a.Consent.check(tx.Now.UnixMilli()); err != nil {
		return "", err
	}
	a.Consent = a.Consent.by(tx.Now.UnixMilli())
	if err := fewEnough(tx, caller, len(a.Shelters)); err != nil {
		return "", err
	}
	for i, shelterID := range a.Shelters {
		if slices.Contains(a.Shelters[:i], shelterID) {
			return "", bad("shelters")
		}
		if err := p.askable(tx, caller, shelterID, a.Request); err != nil {
			return "", err
		}
	}
	id = newID()
	_, err = tx.Exec(`INSERT INTO place_asks (ask_id, organisation_id, worker, at, wish, consent, consent_at, consent_words, consent_language)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, id, caller.OrganisationID, caller.UserID, tx.Now.UnixMilli(), written(a.Wish), a.Consent.Given,
		a.Consent.At, a.Consent.Words, a.Consent.Language)
	if err != nil {
		return "", err
	}
	for _, shelterID := range a.Shelters {
		if room.ServerOf(shelterID) != "" {
			err = p.askAbroad(ctx, tx, caller, id, shelterID, a)
		} else {
			_, err = p.putTo(ctx, tx, caller.Person, id, shelterID, a.Request)
		}
		if err != nil {
			return "", err
		}
	}
	if a.Journey != "" {
		err = p.askedOnJourney(tx, caller, a.Journey, a.Leg, id)
	}
	return id, err
}

// fewEnough keeps one account from holding every place of the network: who has so many requests under way waits for an answer, or withdraws one.
func fewEnough(tx *store.Tx, caller people.Caller, more int) error {
	var open int
	err := tx.QueryRow(`SELECT COUNT(*) FROM place_asks a JOIN place_requests r ON r.ask_id = a.ask_id WHERE a.worker = $1 AND r.state IN ($2, $3, $4)`,
		caller.UserID, string(allot.Asked), string(allot.Held), string(allot.Waiting)).Scan(&open)
	if err == nil && open+more > mostOpen {
		err = fault.Forbidden("error.place_many", "Limit", mostOpen)
	}
	return err
}

// askable: the shelter is one that the caller sees, and nothing rules the request out there.
func (p *Places) askable(tx *store.Tx, caller people.Caller, shelterID string, r code.Request) error {
	see := p.visibleTx
	if room.ServerOf(shelterID) != "" {
		see = p.visibleAbroadTx
	}
	s, err := see(tx, caller, shelterID)
	if err != nil {
		return err
	}
	if !s.offer(r.Category, tx.Now).Fit(r).Fits() {
		return fault.Forbidden("error.place_unfit")
	}
	return nil
}

func (p *Places) putTo(ctx context.Context, tx *store.Tx, by people.Person, askID, shelterID string, r code.Request) ([]Request, error) {
	return p.applyTx(ctx, tx, deed{shelterID: shelterID, by: by, askID: askID, event: allot.Event{
		Kind: allot.Ask, Request: allot.Request{ID: newID(), Category: r.Category, Places: r.Places(), Urgency: r.Urgency},
	}})
}

// ask is what stands of an asking.
type ask struct {
	id, organisationID, worker string
	at                         int64
	wish                       *Wish // nil once it is purged
	consent                    Consent
}

func askTx(tx *store.Tx, id string) (a ask, err error) {
	var wish string
	err = tx.QueryRow(`SELECT ask_id, organisation_id, worker, at, wish, consent, consent_at, consent_words, consent_language FROM place_asks
		WHERE ask_id = $1`, id).Scan(&a.id, &a.organisationID, &a.worker, &a.at, &wish, &a.consent.Given, &a.consent.At, &a.consent.Words, &a.consent.Language)
	if err == nil && wish != "" {
		a.wish = new(Wish)
		err = json.Unmarshal([]byte(wish), a.wish)
	}
	if err != nil {
		return a, fmt.Errorf("read what was asked: %w", err)
	}
	return a, nil
}
