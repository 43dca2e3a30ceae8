package place

import (
	"context"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/store"
)

// Entry is a request as one of its two sides reads it.
type Entry struct {
	Request
	Shelter  string // its name
	Mine     bool   // the caller's organisation asks
	Decide   bool   // the caller takes people in there
	Worker   string // user id of who asked
	Position int    // among those who wait, the first is 1; 0 for who does not
	Wish     *Wish  // nil once it is purged
	Consent  Consent
	Hub      *Hub   // the other hub, which asks or is asked; nil where there is none
	Asker    string // of a request of another hub: the name of the organisation that asks
	Untold   bool   // the other hub has not heard yet what was said last
}

const requestsMost = 500

// Requests are those of the caller's organisation and of the shelters where the caller takes people in: those under way, or else those that are
// over and not yet purged; the last changed first.
func (p *Places) Requests(ctx context.Context, caller people.Caller, over bool) (all []Entry, err error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r
			WHERE $1 <> '' AND (r.ended_at > 0) = $2 AND r.request_id IN (
				SELECT own.request_id FROM place_asks a JOIN place_requests own ON own.ask_id = a.ask_id WHERE a.organisation_id = $1
				UNION SELECT here.request_id FROM shelters s JOIN place_requests here ON here.shelter_id = s.shelter_id WHERE s.organisation_id = $1)
			ORDER BY r.updated_at DESC, r.request_id LIMIT $3`, caller.OrganisationID, over, requestsMost)
		if err != nil {
			return err
		}
		for _, r := range rows {
			e, err := p.entryTx(tx, caller, r)
			if err != nil {
				return err
			}
			if e.Mine || e.Decide {
				all = append(all, e)
			}
		}
		return nil
	})
	return all, err
}

// Request reads one request for somebody of one of its two sides.
func (p *Places) Request(ctx context.Context, caller people.Caller, id string) (e Entry, err error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return e, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		r, err := requestTx(tx, id)
		if err != nil {
			return err
		}
		if e, err = p.entryTx(tx, caller, r); err == nil && !e.Mine && !e.Decide {
			err = allot.ErrUnknown()
		}
		return err
	})
	return e, err
}

// Asked are the requests of one asking of the caller's organisation, by shelter.
func (p *Places) Asked(ctx context.Context, caller people.Caller, askID string) (all []Entry, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r WHERE r.ask_id = $1 ORDER BY r.shelter_id`, askID)
		if err != nil {
			return err
		}
		for _, r := range rows {
			e, err := p.entryTx(tx, caller, r)
			if err != nil {
				return err
			}
			if e.Mine {
				all = append(all, e)
			}
		}
		if len(all) == 0 {
			return allot.ErrUnknown()
		}
		return nil
	})
	return all, err
}

func (p *Places) entryTx(tx *store.Tx, caller people.Caller, r Request) (e Entry, err error) {
	e.Request = r
	s, err := shelterOfTx(tx, r)
	if err != nil {
		return e, err
	}
	a, err := askTx(tx, r.AskID)
	if err != nil {
		return e, err
	}
	e.Shelter, e.Worker, e.Wish, e.Consent = s.Name, a.worker, a.wish, a.consent
	if r.EndedAt > 0 && r.RoomID == "" {
		e.Wish = nil // purged here, while another shelter may still need it
	}
	e.Mine = caller.OrganisationID != "" && a.organisationID == caller.OrganisationID
	if r.abroad() {
		if err := e.abroadTx(tx); err != nil {
			return e, err
		}
	}
	if e.Decide, err = isStaff(tx, s, caller.Person); err != nil || r.State != allot.Waiting || s.Hub != nil {
		return e, err
	}
	live, err := liveTx(tx, s.ID, "")
	for i, waits := range s.allot(live).Queue(r.Category) {
		if waits.ID == r.ID {
			e.Position = i + 1
		}
	}
	return e, err
}

// abroadTx reads what is between two hubs.
func (e *Entry) abroadTx(tx *store.Tx) error {
	l, known, err := linkTx(tx, "request_id", e.ID)
	if err != nil || !known {
		return err
	}
	if l.ask.Organisation != nil && !l.asks {
		e.Asker = l.ask.Organisation.Name
	}
	e.Untold = l.asks && l.told < l.said
	e.Hub, err = hubTx(tx, l.server, 0)
	return err
}
