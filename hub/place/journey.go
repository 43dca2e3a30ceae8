package place

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/store"
)

// Leg is one part of a journey: from where to where, on which day, and who goes along. Once places are asked for, it has an asking, with a consent of
// its own.
type Leg struct {
	From   string `json:"from"`   // ISO 3166-2, or a country
	To     string `json:"to"`     // the same
	Date   string `json:"date"`   // 2026-12-01
	Escort string `json:"escort"` // a code of code.Escort
	AskID  string `json:"ask_id,omitempty"`
}

// Journey is a way over several shelters, perhaps over borders, as one plan.
type Journey struct {
	ID     string
	Worker string
	At     int64 // Unix milliseconds
	Legs   []Leg
	States []allot.State // of each leg: the furthest that an asking of it has come; "" where nothing is asked yet
}

const (
	legsMost     = 10
	journeysMost = 200
)

func checkLegs(legs []Leg) error {
	if len(legs) == 0 || len(legs) > legsMost {
		return bad("legs")
	}
	for i, leg := range legs {
		for _, place := range []string{leg.From, leg.To} {
			if !knownProvince(place) && !slices.Contains(people.Countries(), place) {
				return bad("legs")
			}
		}
		if _, err := time.Parse(time.DateOnly, leg.Date); err != nil || !code.Escort.Has(leg.Escort) {
			return bad("legs")
		}
		if i > 0 && (leg.From != legs[i-1].To || leg.Date < legs[i-1].Date) { // one line of stations, in the order of days
			return bad("legs")
		}
	}
	return nil
}

// Plan enters a journey, or changes one of the caller's organisation: legs that have an asking stay as they are.
func (p *Places) Plan(ctx context.Context, caller people.Caller, txnID, id string, legs []Leg) (string, error) {
	if err := caller.Require(people.ActAskPlaces); err != nil {
		return "", err
	}
	if caller.OrganisationID == "" {
		return "", fault.Forbidden("error.place_needs_organisation")
	}
	if err := checkLegs(legs); err != nil {
		return "", err
	}
	return p.once(ctx, caller, "plan "+id, txnID, func(_ context.Context, tx *store.Tx) (string, error) {
		if id != "" {
			return id, p.replan(tx, caller, id, legs)
		}
		for _, leg := range legs {
			if leg.AskID != "" {
				return "", bad("legs")
			}
		}
		made := newID()
		_, err := tx.Exec(`INSERT INTO place_journeys (journey_id, organisation_id, worker, at, plan) VALUES ($1, $2, $3, $4, $5)`,
			made, caller.OrganisationID, caller.UserID, tx.Now.UnixMilli(), written(legs))
		return made, err
	})
}

func (p *Places) replan(tx *store.Tx, caller people.Caller, id string, legs []Leg) error {
	before, err := journeyTx(tx, caller, id)
	if err != nil {
		return err
	}
	has := func(list []Leg, leg Leg) bool { return slices.Contains(list, leg) }
	for _, leg := range before.Legs {
		if leg.AskID != "" && !has(legs, leg) {
			return fault.Forbidden("error.place_state")
		}
	}
	for _, leg := range legs {
		if leg.AskID != "" && !has(before.Legs, leg) {
			return bad("legs")
		}
	}
	_, err = tx.Exec(`UPDATE place_journeys SET plan = $2 WHERE journey_id = $1`, id, written(legs))
	return err
}

// askedOnJourney notes that places were asked for on a leg that had no asking yet.
func (p *Places) askedOnJourney(tx *store.Tx, caller people.Caller, id string, leg int, askID string) error {
	j, err := journeyTx(tx, caller, id)
	if err != nil {
		return err
	}
	if leg < 0 || leg >= len(j.Legs) {
		return bad("leg")
	}
	if j.Legs[leg].AskID != "" {
		states, err := legStates(tx, j.Legs[leg:leg+1])
		if err != nil {
			return err
		}
		if !states[0].Over() || states[0] == allot.Left {
			return fault.Forbidden("error.place_state")
		}
	}
	j.Legs[leg].AskID = askID
	_, err = tx.Exec(`UPDATE place_journeys SET plan = $2 WHERE journey_id = $1`, id, written(j.Legs))
	return err
}

func scanJourney(row store.Scanner) (j Journey, err error) {
	var plan string
	if err = row.Scan(&j.ID, &j.Worker, &j.At, &plan); err == nil && plan != "" {
		err = json.Unmarshal([]byte(plan), &j.Legs)
	}
	return j, err
}

// journeyTx reads a journey of the caller's organisation that is not over.
func journeyTx(tx *store.Tx, caller people.Caller, id string) (Journey, error) {
	j, err := scanJourney(tx.QueryRow(`SELECT journey_id, worker, at, plan FROM place_journeys WHERE journey_id = $1 AND organisation_id = $2 AND ended_at = 0`,
		id, caller.OrganisationID))
	if errors.Is(err, sql.ErrNoRows) {
		return j, allot.ErrUnknown()
	}
	if err != nil {
		return j, fmt.Errorf("read a journey: %w", err)
	}
	return j, nil
}

// Journeys are those of the caller's organisation that are not over, the newest first.
func (p *Places) Journeys(ctx context.Context, caller people.Caller) (all []Journey, err error) {
	if err := caller.Require(people.ActAskPlaces); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err = store.All(tx, scanJourney, fmt.Sprintf(`SELECT journey_id, worker, at, plan FROM place_journeys WHERE organisation_id = $1 AND organisation_id <> ''
			AND ended_at = 0 ORDER BY at DESC, journey_id LIMIT %d`, journeysMost), caller.OrganisationID)
		for i := range all {
			if err == nil {
				all[i].States, err = legStates(tx, all[i].Legs)
			}
		}
		return err
	})
	return all, err
}

// further orders the states of the requests of one asking: what came furthest stands for the leg.
var further = []allot.State{allot.NoShow, allot.Expired, allot.Declined, allot.Withdrawn, allot.Asked, allot.Waiting, allot.Held, allot.Accepted, allot.Arrived, allot.Left}

func legStates(tx *store.Tx, legs []Leg) ([]allot.State, error) {
	states := make([]allot.State, len(legs))
	for i, leg := range legs {
		if leg.AskID == "" {
			continue
		}
		all, err := store.Column(tx, `SELECT state FROM place_requests WHERE ask_id = $1`, leg.AskID)
		if err != nil {
			return nil, err
		}
		for _, state := range all {
			if s := allot.State(state); slices.Index(further, s) > slices.Index(further, states[i]) {
				states[i] = s
			}
		}
	}
	return states, nil
}

// endJourneys empties plans whose last day is over for as long as details are kept, and of which nothing is under way.
func (p *Places) endJourneys(tx *store.Tx) error {
	all, err := store.All(tx, scanJourney, fmt.Sprintf(`SELECT journey_id, worker, at, plan FROM place_journeys WHERE ended_at = 0 ORDER BY at LIMIT %d`, journeysMost))
	if err != nil {
		return err
	}
	for _, j := range all {
		if len(j.Legs) > 0 && j.Legs[len(j.Legs)-1].Date >= tx.Now.UTC().Add(-detailsKept-24*time.Hour).Format(time.DateOnly) {
			continue
		}
		states, err := legStates(tx, j.Legs)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(states, func(s allot.State) bool { return s != "" && !s.Over() }) {
			continue
		}
		if _, err := tx.Exec(`UPDATE place_journeys SET plan = '', worker = '', ended_at = $2 WHERE journey_id = $1`, j.ID, tx.Now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}
