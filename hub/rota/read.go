package rota

import (
	"context"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Read reads a rota: for the people of the organisation and for stewards.
func (a *Rotas) Read(ctx context.Context, caller people.Caller, of Of) (r Rota, err error) {
	if of.Organisation != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		return r, fault.Forbidden("error.manage_own_only")
	}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		r, err = a.RotaTx(tx, of)
		if err != nil {
			return err
		}
		r.Notes, err = store.All(tx, func(row store.Scanner) (n HandOver, err error) { return n, row.Scan(&n.ID, &n.At, &n.Author, &n.Text) },
			`SELECT note_id, at, author, words FROM rota_notes WHERE organisation_id = $1 AND shelter_id = $2
				ORDER BY at DESC, note_id LIMIT $3`, of.Organisation, of.Shelter, notesShown)
		return err
	})
	return r, err
}

// RotaTx is a rota without its notes, with who is on duty now.
func (a *Rotas) RotaTx(tx *store.Tx, of Of) (r Rota, err error) {
	o, err := a.people.OrganisationTx(tx, of.Organisation)
	if err != nil {
		return r, err
	}
	r.Zone = zones[o.Country]
	r.Slots, err = store.All(tx, func(row store.Scanner) (s Slot, err error) {
		return s, row.Scan(&s.ID, &s.Weekday, &s.From, &s.Until, &s.UserID, &s.Place)
	}, `SELECT slot_id, weekday, from_minute, until_minute, user_id, place FROM rota_slots WHERE organisation_id = $1 AND shelter_id = $2
		ORDER BY weekday, from_minute, place, slot_id`, of.Organisation, of.Shelter)
	if err != nil {
		return r, err
	}
	r.Overrides, err = store.All(tx, func(row store.Scanner) (o Override, err error) {
		return o, row.Scan(&o.ID, &o.From, &o.Until, &o.UserID, &o.Instead, &o.Note)
	}, `SELECT override_id, from_at, until_at, user_id, instead, note FROM rota_overrides WHERE organisation_id = $1 AND shelter_id = $2
		AND until_at > $3 ORDER BY from_at, override_id`, of.Organisation, of.Shelter, tx.Now.UnixMilli())
	if err != nil {
		return r, err
	}
	if r.Now, err = a.onDutyTx(tx, of.Organisation, r); err != nil {
		return r, err
	}
	next, at := Upcoming(r.Slots, r.Zone, tx.Now)
	if r.Next = next; next != "" {
		r.NextAt = at.UnixMilli()
	}
	return r, nil
}

// onDutyTx is who of an organisation is on duty now: first those who said so themselves, then those whom the rota names.
func (a *Rotas) onDutyTx(tx *store.Tx, organisationID string, r Rota) ([]string, error) {
	said, err := store.Column(tx, `SELECT user_id FROM duty WHERE organisation_id = $1 AND ended = FALSE AND from_at <= $2 AND until_at > $2 ORDER BY from_at, user_id`,
		organisationID, tx.Now.UnixMilli())
	if err != nil {
		return nil, err
	}
	var able []string
	for _, user := range once(append(said, OnCall(r.Slots, r.Overrides, r.Zone, tx.Now)...)) {
		if ok, err := a.mayBeCalled(tx, organisationID, user); err != nil {
			return nil, err
		} else if ok {
			able = append(able, user)
		}
	}
	return able, nil
}

// mayBeCalled: a rota outlives the people in it.
func (a *Rotas) mayBeCalled(tx *store.Tx, organisationID, user string) (bool, error) {
	person, err := a.people.PersonTx(tx, user)
	if err != nil {
		return false, err
	}
	return person.OrganisationID == organisationID && (people.Caller{Person: person}).Require(people.ActGoOnDuty) == nil, nil
}
