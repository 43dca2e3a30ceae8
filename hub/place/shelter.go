package place

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	alertcode "panah/hub/alert/code"
	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/rota"
	"panah/hub/store"
)

// Profile is what a shelter says of itself. It has no address, and nothing here may hold one.
type Profile struct {
	Name      string           `json:"name"`     // or an alias
	Country   string           `json:"country"`  // ISO 3166-1, "" for not disclosed
	Province  string           `json:"province"` // ISO 3166-2 inside Country, "" for not disclosed
	Facility  string           `json:"facility"`
	Services  []string         `json:"services"`
	Languages []string         `json:"languages"`
	Criteria  []code.Criterion `json:"criteria"`
	SeenBy    string           `json:"seen_by"` // a code of code.Show
	Zone      int              `json:"zone"`    // minutes east of UTC
	Hold      int              `json:"hold"`    // minutes for which places are held; 0 means 90
}

// Bounds of what a shelter says of itself.
const (
	nameLimit = 80 // characters
	leastHold = 15 // minutes
	mostHold  = 24 * 60
	mostZone  = 14 * 60
)

// Shelter is a shelter with its numbers.
type Shelter struct {
	Profile
	ID             string
	OrganisationID string
	Capacity       map[string]allot.Units
	ConfirmedAt    int64 // Unix milliseconds, as are the other times
	Closed         bool
	Frozen         bool
	CreatedAt      int64
	Free           map[string]int // by category, of those it has
	Waiting        map[string]int
	Hub            *Hub // of another hub's shelter; nil for one of this hub
	shown          string
}

// check refuses a profile that is out of bounds, and fills in what it leaves out.
func (f *Profile) check() error {
	f.Name = strings.TrimSpace(f.Name)
	if f.Hold == 0 {
		f.Hold = int(allot.DefaultHold / time.Minute)
	}
	if f.Name == "" || utf8.RuneCountInString(f.Name) > nameLimit || !utf8.ValidString(f.Name) || strings.ContainsFunc(f.Name, func(r rune) bool { return r < ' ' }) {
		return bad("name")
	}
	if f.Hold < leastHold || f.Hold > mostHold {
		return bad("hold")
	}
	if f.Zone < -mostZone || f.Zone > mostZone {
		return bad("zone")
	}
	if f.Country != "" && !slices.Contains(people.Countries(), f.Country) {
		return fault.InvalidParam("error.bad_country")
	}
	if f.Province != "" && (f.Country == "" || !strings.HasPrefix(f.Province, f.Country+"-") || !knownProvince(f.Province)) {
		return bad("province")
	}
	return errors.Join(code.Facility.Check("facility", f.Facility), code.Service.CheckAll("services", f.Services),
		code.Language.CheckAll("languages", f.Languages), code.Show.Check("seen_by", f.SeenBy), code.CheckCriteria(f.Criteria))
}

func knownProvince(province string) bool {
	return slices.ContainsFunc(alertcode.Units(), func(u alertcode.Unit) bool { return u.Code == province })
}

// checkCapacity refuses numbers that no house has.
func checkCapacity(capacity map[string]allot.Units) error {
	for category, u := range capacity {
		if !code.Category.Has(category) || min(u.Total, u.Out, u.Surge) < 0 || max(u.Total, u.Out, u.Surge) > code.MaxPlaces {
			return bad("capacity")
		}
	}
	return nil
}

// Register enters a shelter of the caller's organisation. Its numbers come with the first Count.
func (p *Places) Register(ctx context.Context, caller people.Caller, txnID string, f Profile) (id string, err error) {
	if err := caller.Require(people.ActOfferPlaces); err != nil {
		return "", err
	}
	if err := f.check(); err != nil {
		return "", err
	}
	return p.once(ctx, caller, "register", txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		if err := p.mayOffer(tx, caller); err != nil {
			return "", err
		}
		id := newID()
		_, err := tx.Exec(`INSERT INTO shelters (shelter_id, organisation_id, name, country, province, facility, services, languages, criteria, seen_by,
			zone, hold_ms, capacity, confirmed_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '{}', 0, $13)`,
			id, caller.OrganisationID, f.Name, f.Country, f.Province, f.Facility, written(f.Services), written(f.Languages), written(f.Criteria), f.SeenBy,
			f.Zone, int64(f.Hold)*time.Minute.Milliseconds(), tx.Now.UnixMilli())
		if err != nil {
			return id, err
		}
		return id, p.noteAct(tx, caller, "register_shelter", id)
	})
}

// noteAct writes down what an administrator did about a shelter, or about what is to be in danger. Which shelter it was its own organisation can
// tell by the id; nobody is told its name.
func (p *Places) noteAct(tx *store.Tx, caller people.Caller, act, about string) error {
	return p.people.AuditTx(tx, caller.UserID, act, about, map[string]string{"organisation": caller.OrganisationID})
}

// mayOffer: places are offered by shelters and NGOs that the network has admitted.
func (p *Places) mayOffer(tx *store.Tx, caller people.Caller) error {
	refused := fault.Forbidden("error.shelter_kind")
	if caller.OrganisationID == "" {
		return refused
	}
	o, err := p.people.OrganisationTx(tx, caller.OrganisationID)
	if err == nil && (o.Standing != people.OrganisationVetted || o.Kind != "shelter" && o.Kind != "ngo") {
		err = refused
	}
	return err
}

// Edit changes what a shelter says of itself.
func (p *Places) Edit(ctx context.Context, caller people.Caller, id string, f Profile) error {
	if err := caller.Require(people.ActOfferPlaces); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	return p.write(ctx, func(tx *store.Tx) error {
		if _, err := p.ownShelterTx(tx, caller, id); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE shelters SET name = $2, country = $3, province = $4, facility = $5, services = $6, languages = $7, criteria = $8,
			seen_by = $9, zone = $10, hold_ms = $11 WHERE shelter_id = $1`, id, f.Name, f.Country, f.Province, f.Facility, written(f.Services),
			written(f.Languages), written(f.Criteria), f.SeenBy, f.Zone, int64(f.Hold)*time.Minute.Milliseconds())
		if err == nil {
			err = p.noteAct(tx, caller, "edit_shelter", id)
		}
		if err != nil {
			return err
		}
		return p.publish(tx.Context(), tx, id)
	})
}

// staffLimit is how many people a shelter may name.
const staffLimit = 50

// SetStaff says who of the organisation takes people in; nobody means all of it. Channels of requests that are under way follow.
func (p *Places) SetStaff(ctx context.Context, caller people.Caller, id string, users []string) error {
	if err := caller.Require(people.ActOfferPlaces); err != nil {
		return err
	}
	if len(users) > staffLimit {
		return bad("staff")
	}
	return p.write(ctx, func(tx *store.Tx) error {
		s, err := p.ownShelterTx(tx, caller, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM shelter_staff WHERE shelter_id = $1`, id); err != nil {
			return err
		}
		for _, user := range users {
			person, err := p.people.PersonTx(tx, user)
			if err == nil && (person.OrganisationID != s.OrganisationID || !people.May(person.Role, people.ActDecidePlaces)) {
				err = bad("staff")
			}
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO shelter_staff (shelter_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, id, user); err != nil {
				return err
			}
		}
		if err := p.noteAct(tx, caller, "set_shelter_staff", id); err != nil {
			return err
		}
		return p.reconcileShelter(tx.Context(), tx, id)
	})
}

// Staff are those whom a shelter has named, or nobody.
func (p *Places) Staff(ctx context.Context, caller people.Caller, id string) (users []string, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		if _, err := p.ownShelterTx(tx, caller, id); err != nil {
			return err
		}
		users, err = store.Column(tx, `SELECT user_id FROM shelter_staff WHERE shelter_id = $1 ORDER BY user_id`, id)
		return err
	})
	return users, err
}

const shelterColumns = `s.shelter_id, s.organisation_id, s.name, s.country, s.province, s.facility, s.services, s.languages, s.criteria, s.seen_by, s.zone,
	s.hold_ms, s.capacity, s.confirmed_at, s.closed, s.frozen, s.created_at, s.shown`

func scanShelter(row store.Scanner) (s Shelter, err error) {
	var services, languages, criteria, capacity string
	var hold int64
	err = row.Scan(&s.ID, &s.OrganisationID, &s.Name, &s.Country, &s.Province, &s.Facility, &services, &languages, &criteria, &s.SeenBy, &s.Zone, &hold,
		&capacity, &s.ConfirmedAt, &s.Closed, &s.Frozen, &s.CreatedAt, &s.shown)
	if err != nil {
		return s, err
	}
	s.Hold = int(hold / time.Minute.Milliseconds())
	for _, part := range []struct {
		text string
		into any
	}{{services, &s.Services}, {languages, &s.Languages}, {criteria, &s.Criteria}, {capacity, &s.Capacity}} {
		err = errors.Join(err, json.Unmarshal([]byte(part.text), part.into))
	}
	return s, err
}

func errUnknownShelter() error { return fault.NotFound("error.unknown_shelter") }

// shelterTx reads a shelter; error.unknown_shelter when there is none.
func shelterTx(tx *store.Tx, id string) (Shelter, error) {
	s, err := scanShelter(tx.QueryRow(`SELECT `+shelterColumns+` FROM shelters s WHERE s.shelter_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return s, errUnknownShelter()
	}
	if err != nil {
		return s, fmt.Errorf("read a shelter: %w", err)
	}
	return s, nil
}

// ownShelterTx reads a shelter of the caller's organisation. Of others nobody learns here.
func (p *Places) ownShelterTx(tx *store.Tx, caller people.Caller, id string) (Shelter, error) {
	s, err := shelterTx(tx, id)
	if err == nil && (caller.OrganisationID == "" || s.OrganisationID != caller.OrganisationID) {
		err = errUnknownShelter()
	}
	return s, err
}

// staffedTx reads a shelter for somebody who takes people in there.
func (p *Places) staffedTx(tx *store.Tx, caller people.Caller, id string) (Shelter, error) {
	s, err := p.ownShelterTx(tx, caller, id)
	if err != nil {
		return s, err
	}
	named, err := isStaff(tx, s, caller.Person)
	if err == nil && !named {
		err = fault.Forbidden("error.place_not_yours")
	}
	return s, err
}

// Rota is whose rota a shelter has: for the people of its organisation alone.
func (p *Places) Rota(ctx context.Context, caller people.Caller, id string) (of rota.Of, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		s, err := p.ownShelterTx(tx, caller, id)
		of = rota.Of{Organisation: s.OrganisationID, Shelter: s.ID}
		return err
	})
	return of, err
}

// isStaff tells whether somebody takes people in: an administrator of the organisation, whom the shelter has named, or, where it has named
// nobody, all whose role lets them.
func isStaff(tx *store.Tx, s Shelter, person people.Person) (bool, error) {
	switch {
	case s.OrganisationID == "" || person.Standing != people.Active || person.OrganisationID != s.OrganisationID || !people.May(person.Role, people.ActDecidePlaces):
		return false, nil
	case people.May(person.Role, people.ActOfferPlaces):
		return true, nil
	}
	var named, anybody bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM shelter_staff WHERE shelter_id = $1 AND user_id = $2),
		EXISTS (SELECT 1 FROM shelter_staff WHERE shelter_id = $1)`, s.ID, person.UserID).Scan(&named, &anybody)
	return named || !anybody, err
}
