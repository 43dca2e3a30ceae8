package place

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/store"
)

// fieldKinds are the kinds of organisation that look for places. Officials can be involved, and journalists are no part of operations: they see
// no shelter at all.
var fieldKinds = []people.Kind{"ngo", "shelter", "hotline"}

// looksIn tells whether somebody sees what the shelters of a country (” for the network) show there.
func looksIn(country string, person people.Person, o people.Organisation) bool {
	return person.Standing == people.Active && people.May(person.Role, people.ActSeePlaces) && o.Standing == people.OrganisationVetted &&
		slices.Contains(fieldKinds, o.Kind) && (country == "" || o.Country == country)
}

// shows tells whether a shelter of an organisation is shown to somebody. Their own they see always.
func (s Shelter) shows(owner people.Organisation, person people.Person, o people.Organisation) bool {
	if !looksIn("", person, o) || owner.Standing != people.OrganisationVetted {
		return false
	}
	switch {
	case o.ID == owner.ID:
		return true
	case s.Frozen || s.SeenBy == "organisation":
		return false
	}
	return s.SeenBy == "network" || o.Country == owner.Country
}

// visibleTx reads a shelter that is shown to the caller. Of others nobody learns.
func (p *Places) visibleTx(tx *store.Tx, caller people.Caller, id string) (Shelter, error) {
	if caller.OrganisationID == "" {
		return Shelter{}, errUnknownShelter()
	}
	s, err := shelterTx(tx, id)
	if err != nil {
		return s, err
	}
	owner, err := p.people.OrganisationTx(tx, s.OrganisationID)
	if err != nil {
		return s, err
	}
	o, err := p.people.OrganisationTx(tx, caller.OrganisationID)
	if err == nil && !s.shows(owner, caller.Person, o) {
		err = errUnknownShelter()
	}
	if err != nil {
		return s, err
	}
	return s, countTx(tx, &s)
}

// countTx counts what a shelter has free, and who waits.
func countTx(tx *store.Tx, s *Shelter) error {
	live, err := liveTx(tx, s.ID, "")
	if err != nil {
		return err
	}
	all := s.allot(live)
	s.Free, s.Waiting = map[string]int{}, map[string]int{}
	for category := range s.Capacity {
		s.Free[category] = all.Free(category)
		if n := len(all.Queue(category)); n > 0 {
			s.Waiting[category] = n
		}
	}
	return nil
}

// shown is what the board's state says of a shelter: its name, what it has free, and by what other hubs tell whom it suits. It says nothing of whose
// it is.
type shown struct {
	Name      string           `json:"name,omitempty"`
	Country   string           `json:"country,omitempty"`
	Province  string           `json:"province,omitempty"`
	Facility  string           `json:"facility,omitempty"`
	Services  []string         `json:"services,omitempty"`
	Languages []string         `json:"languages,omitempty"`
	Criteria  []code.Criterion `json:"criteria,omitempty"`
	Zone      int              `json:"zone,omitempty"` // minutes east of UTC
	For       string           `json:"for,omitempty"`  // the country whose organisations it shows itself to; "" for all
	Free      map[string]int   `json:"free,omitempty"`
	Confirmed int64            `json:"confirmed_at,omitempty"`
	Closed    bool             `json:"closed,omitempty"`
}

// onBoard tells in which channel a shelter's numbers stand; a shelter that does not say where it is, or is in danger, stands in none.
func (s Shelter) onBoard(owner people.Organisation) (country string, on bool) {
	if s.Country == "" || s.Frozen || owner.Standing != people.OrganisationVetted || s.SeenBy == "organisation" {
		return "", false
	}
	if s.SeenBy == "country" {
		return owner.Country, true
	}
	return "", true
}

// publish writes what a shelter has free into its channel, if that says anything new, and takes it out of where it is shown no more.
func (p *Places) publish(ctx context.Context, tx *store.Tx, id string) error {
	s, err := shelterTx(tx, id)
	if err != nil {
		return err
	}
	owner, err := p.people.OrganisationTx(tx, s.OrganisationID)
	if err != nil {
		return err
	}
	var before, now struct {
		Board *string `json:"board"` // nil for none
		Says  shown   `json:"says"`
	}
	if s.shown != "" {
		if err := json.Unmarshal([]byte(s.shown), &before); err != nil {
			return err
		}
	}
	if country, on := s.onBoard(owner); on {
		if err := countTx(tx, &s); err != nil {
			return err
		}
		now.Board = &country
		now.Says = s.says(country)
	}
	if written(before) == written(now) {
		return nil
	}
	if before.Board != nil && (now.Board == nil || *now.Board != *before.Board) {
		if err := p.sayOnBoard(ctx, tx, *before.Board, id, shown{}); err != nil {
			return err
		}
	}
	if now.Board != nil {
		if err := p.sayOnBoard(ctx, tx, *now.Board, id, now.Says); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE shelters SET shown = $2 WHERE shelter_id = $1`, id, written(now))
	return err
}

// says is what stands of a shelter in the channel of a country's numbers.
func (s Shelter) says(country string) shown {
	return shown{Name: s.Name, Country: s.Country, Province: s.Province, Facility: s.Facility, Services: s.Services, Languages: s.Languages, Criteria: s.Criteria,
		Zone: s.Zone, For: country, Free: s.Free, Confirmed: s.ConfirmedAt, Closed: s.Closed}
}

func (p *Places) sayOnBoard(ctx context.Context, tx *store.Tx, country, id string, says shown) error {
	roomID, err := p.boardTx(ctx, tx, country)
	if err != nil {
		return err
	}
	_, err = p.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: p.people.HubUser(), Type: ShelterType, StateKey: &id, Content: says})
	return err
}

// boardTx finds the channel of a country's or the network's numbers, or makes it.
func (p *Places) boardTx(ctx context.Context, tx *store.Tx, country string) (roomID string, err error) {
	err = tx.QueryRow(`SELECT room_id FROM place_boards WHERE country = $1`, country).Scan(&roomID)
	if !errors.Is(err, sql.ErrNoRows) {
		return roomID, err
	}
	if roomID, err = p.makeRoom(ctx, tx, "places", boardPowers); err != nil {
		return "", err
	}
	if _, err := tx.Exec(`INSERT INTO place_boards (country, room_id) VALUES ($1, $2)`, country, roomID); err != nil {
		return "", err
	}
	if err := p.callToBoardTx(tx, roomID); err != nil {
		return "", err
	}
	organisations, err := p.people.OrganisationsTx(tx)
	if err != nil {
		return "", err
	}
	var wanted []string
	for _, o := range organisations {
		colleagues, err := p.people.ColleaguesTx(tx, o.ID)
		if err != nil {
			return "", err
		}
		for _, person := range colleagues {
			if looksIn(country, person, o) {
				wanted = append(wanted, person.UserID)
			}
		}
	}
	return roomID, p.bring(ctx, tx, roomID, wanted)
}

// settleOnBoards brings one person into the channels of numbers that they see, and out of the others.
func (p *Places) settleOnBoards(ctx context.Context, tx *store.Tx, userID string) error {
	type board struct{ country, roomID string }
	boards, err := store.All(tx, func(row store.Scanner) (b board, err error) { return b, row.Scan(&b.country, &b.roomID) },
		`SELECT country, room_id FROM place_boards ORDER BY country`)
	if err != nil || len(boards) == 0 {
		return err
	}
	person, err := p.people.PersonTx(tx, userID)
	if err != nil {
		return err
	}
	var o people.Organisation
	if person.OrganisationID != "" {
		if o, err = p.people.OrganisationTx(tx, person.OrganisationID); err != nil {
			return err
		}
	}
	for _, b := range boards {
		if looksIn(b.country, person, o) {
			_, err = p.network.PlaceTx(ctx, tx, b.roomID, userID)
		} else {
			err = p.network.TakeOutTx(ctx, tx, b.roomID, userID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// usable is how many places of a category a shelter has to give at all.
func (s Shelter) usable(category string) int { return allot.Units.Usable(s.Capacity[category]) }
