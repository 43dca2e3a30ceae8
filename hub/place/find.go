package place

import (
	"context"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/code"
	"panah/hub/store"
)

// Search is for what places are looked.
type Search struct {
	code.Request
	Countries []string `json:"countries"` // none means all
	Provinces []string `json:"provinces"` // none means all of them
}

// Found are the shelters that suit, the best first.
type Found struct {
	Shelters []Match
	Free     bool // one of them has what is asked for
}

// Match is a shelter that suits, and how.
type Match struct {
	Shelter
	Fit code.Ranked
}

const foundMost = 100

// offer is what of a shelter matters for a request.
func (s Shelter) offer(category string, now time.Time) code.Offer {
	o := code.Offer{
		ID: s.ID, Country: s.Country, Province: s.Province, Criteria: s.Criteria, Services: s.Services, Languages: s.Languages, Free: s.Free[category],
		Confirmed: time.UnixMilli(s.ConfirmedAt),
	}
	for _, known := range code.Category.All() {
		if s.usable(known) > 0 {
			o.Categories = append(o.Categories, known)
		}
	}
	there := now.UTC().Add(time.Duration(s.Zone) * time.Minute)
	o.Minute = there.Hour()*60 + there.Minute()
	return o
}

// seen tells whether somebody who looks may look here, and who they are.
func (p *Places) lookerTx(tx *store.Tx, caller people.Caller) (o people.Organisation, err error) {
	if caller.OrganisationID == "" {
		return o, fault.Forbidden("error.place_needs_organisation")
	}
	if o, err = p.people.OrganisationTx(tx, caller.OrganisationID); err == nil && !looksIn("", caller.Person, o) {
		err = fault.Forbidden("error.role_may_not")
	}
	return o, err
}

// Shelters are those that the caller sees, with their numbers, by name.
func (p *Places) Shelters(ctx context.Context, caller people.Caller) (all []Shelter, err error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err = p.everywhereTx(tx, caller)
		return err
	})
	return all, err
}

// everywhereTx are the shelters that the caller sees, those of other hubs after this hub's.
func (p *Places) everywhereTx(tx *store.Tx, caller people.Caller) ([]Shelter, error) {
	o, err := p.lookerTx(tx, caller)
	if err != nil {
		return nil, err
	}
	here, err := p.sheltersTx(tx, caller)
	if err != nil {
		return nil, err
	}
	abroad, err := p.sheltersAbroadTx(tx, o)
	return append(here, abroad...), err
}

func (p *Places) sheltersTx(tx *store.Tx, caller people.Caller) (all []Shelter, err error) {
	o, err := p.lookerTx(tx, caller)
	if err != nil {
		return nil, err
	}
	rows, err := store.All(tx, scanShelter, `SELECT `+shelterColumns+` FROM shelters s ORDER BY s.name, s.shelter_id`)
	if err != nil {
		return nil, err
	}
	for _, s := range rows {
		owner, err := p.people.OrganisationTx(tx, s.OrganisationID)
		if err != nil {
			return nil, err
		}
		if !s.shows(owner, caller.Person, o) {
			continue
		}
		if err := countTx(tx, &s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Find finds the shelters that suit a request. Closed ones and those without any place of the category are left out. That nothing was free is noted.
func (p *Places) Find(ctx context.Context, caller people.Caller, s Search) (f Found, err error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return f, err
	}
	if err := (Wish{Request: s.Request}).check(nil); err != nil {
		return f, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err := p.everywhereTx(tx, caller)
		if err == nil {
			f = s.among(all, tx.Now)
		}
		return err
	})
	if err == nil && !f.Free {
		err = p.noteUnmet(ctx, caller, s)
	}
	return f, err
}

func (s Search) among(all []Shelter, now time.Time) (f Found) {
	var offers []code.Offer
	by := map[string]Shelter{}
	for _, one := range all {
		if one.Closed || one.Frozen || one.usable(s.Category) == 0 || !s.takes(one) {
			continue
		}
		by[one.ID] = one
		offers = append(offers, one.offer(s.Category, now))
	}
	for _, ranked := range code.Rank(offers, s.Request, now) {
		f.Free = f.Free || ranked.Free >= s.Places()
		if len(f.Shelters) < foundMost {
			f.Shelters = append(f.Shelters, Match{by[ranked.ID], ranked})
		}
	}
	return f
}

// takes tells whether a shelter is where somebody looks. One that does not say where it is is everywhere.
func (s Search) takes(one Shelter) bool {
	in := func(list []string, place string) bool {
		return len(list) == 0 || place == "" || slices.Contains(list, place)
	}
	return in(s.Countries, one.Country) && in(s.Provinces, one.Province)
}
