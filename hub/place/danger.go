package place

import (
	"context"
	"fmt"
	"slices"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/store"
)

// SetPartner names to whom the open requests of the caller's organisation pass when it is in danger; "" names nobody.
func (p *Places) SetPartner(ctx context.Context, caller people.Caller, partnerID string) error {
	if err := caller.Require(people.ActOfferPlaces); err != nil {
		return err
	}
	if caller.OrganisationID == "" {
		return fault.Forbidden("error.place_needs_organisation")
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM place_partners WHERE organisation_id = $1`, caller.OrganisationID)
		if err == nil {
			err = p.noteAct(tx, caller, "set_partner", caller.OrganisationID) // not to whom: the log outlives the danger
		}
		if err != nil || partnerID == "" {
			return err
		}
		o, err := p.people.OrganisationTx(tx, partnerID)
		if err == nil && (o.ID == caller.OrganisationID || o.Standing != people.OrganisationVetted || !slices.Contains(fieldKinds, o.Kind)) {
			err = bad("organisation_id")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO place_partners (organisation_id, partner_id) VALUES ($1, $2)`, caller.OrganisationID, partnerID)
		return err
	})
}

// Partner is whom the caller's organisation has named, or "".
func (p *Places) Partner(ctx context.Context, caller people.Caller) (id string, err error) {
	if err := caller.Require(people.ActSeePlaces); err != nil {
		return "", err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		id, err = partnerTx(tx, caller.OrganisationID)
		return err
	})
	return id, err
}

// partnerTx is the partner that an organisation has named, if the network has it as a member still; or "".
func partnerTx(tx *store.Tx, organisationID string) (id string, err error) {
	return id, tx.QueryRow(`SELECT COALESCE(MAX(n.partner_id), '') FROM place_partners n JOIN organisations o ON o.organisation_id = n.partner_id
		WHERE n.organisation_id = $1 AND o.standing = 'vetted'`, organisationID).Scan(&id)
}

// Danger says that the caller's organisation is in danger. In one transaction its shelters are hidden and frozen, what waits there for a word goes
// to a shelter of its partner or back to who asked, what it asked for itself passes to the partner, and all its sessions end, the caller's own
// included. Whoever holds a phone of it after that reads nothing any more. sure is what the person was asked to confirm.
func (p *Places) Danger(ctx context.Context, caller people.Caller, sure bool) error {
	if err := caller.Require(people.ActDeclareDanger); err != nil {
		return err
	}
	if caller.OrganisationID == "" {
		return fault.Forbidden("error.place_needs_organisation")
	}
	if !sure {
		return fault.MissingParam("sure")
	}
	return p.write(ctx, func(tx *store.Tx) error { return p.dangerTx(tx.Context(), tx, caller) })
}

func (p *Places) dangerTx(ctx context.Context, tx *store.Tx, caller people.Caller) error {
	partner, err := partnerTx(tx, caller.OrganisationID)
	if err != nil {
		return err
	}
	shelters, err := store.Column(tx, `SELECT shelter_id FROM shelters WHERE organisation_id = $1 AND NOT frozen ORDER BY shelter_id`, caller.OrganisationID)
	if err != nil {
		return err
	}
	for _, id := range shelters {
		if err := p.handOn(ctx, tx, id, partner); err != nil {
			return err
		}
		if _, err := p.applyTx(ctx, tx, deed{shelterID: id, event: allot.Event{Kind: allot.Freeze}}); err != nil {
			return err
		}
	}
	if partner != "" {
		if err := p.passOn(ctx, tx, caller.OrganisationID, partner); err != nil {
			return err
		}
	}
	detail := map[string]string{"organisation": caller.OrganisationID}
	if err := p.people.AuditTx(tx, caller.UserID, "declare_danger", caller.OrganisationID, detail); err != nil {
		return err
	}
	return p.people.EndOrganisationTx(tx, caller.OrganisationID)
}

// handOn asks a shelter of the partner for those who wait for a word of a shelter, and declines them here.
func (p *Places) handOn(ctx context.Context, tx *store.Tx, shelterID, partner string) error {
	live, err := liveTx(tx, shelterID, "")
	if err != nil {
		return err
	}
	for _, r := range live {
		if !r.State.Open() {
			continue
		}
		event := allot.Event{Kind: allot.Decline, Request: allot.Request{ID: r.ID}, Reason: "closed"}
		if _, err := p.applyTx(ctx, tx, deed{shelterID: shelterID, event: event}); err != nil {
			return err
		}
		if partner == "" || r.abroad() { // another hub looks elsewhere by itself
			continue
		}
		if err := p.askPartner(ctx, tx, r, partner); err != nil {
			return err
		}
	}
	return nil
}

// askPartner puts a request to the shelter of the partner that suits best, if there is one that has not been asked already.
func (p *Places) askPartner(ctx context.Context, tx *store.Tx, r Request, partner string) error {
	a, err := askTx(tx, r.AskID)
	if err != nil || a.wish == nil {
		return err
	}
	shelters, err := store.All(tx, scanShelter, `SELECT `+shelterColumns+` FROM shelters s WHERE s.organisation_id = $1 AND NOT s.closed AND NOT s.frozen
		AND s.shelter_id NOT IN (SELECT q.shelter_id FROM place_requests q WHERE q.ask_id = $2) ORDER BY s.shelter_id`, partner, r.AskID)
	if err != nil {
		return err
	}
	var offers []code.Offer
	for _, s := range shelters {
		if err := countTx(tx, &s); err != nil {
			return err
		}
		if s.usable(r.Category) > 0 {
			offers = append(offers, s.offer(r.Category, tx.Now))
		}
	}
	best := code.Rank(offers, a.wish.Request, tx.Now)
	if len(best) == 0 {
		return nil
	}
	made, err := p.putTo(ctx, tx, people.Person{}, r.AskID, best[0].ID, a.wish.Request)
	for _, one := range made {
		if err == nil {
			err = p.noticeWorker(tx, deed{}, one, NoticePassed)
		}
	}
	return err
}

// passOn makes what an organisation has asked for, and what is not over, the partner's.
func (p *Places) passOn(ctx context.Context, tx *store.Tx, organisationID, partner string) error {
	asks, err := store.Column(tx, `SELECT a.ask_id FROM place_asks a WHERE a.organisation_id = $1 AND a.purged_at = 0 AND EXISTS (SELECT 1 FROM place_requests r
		WHERE r.ask_id = a.ask_id AND r.ended_at = 0) ORDER BY a.at, a.ask_id`, organisationID)
	if err != nil {
		return err
	}
	told, err := p.askersTx(tx, partner)
	if err != nil {
		return err
	}
	for _, id := range asks {
		if _, err := tx.Exec(`UPDATE place_asks SET organisation_id = $2, worker = '' WHERE ask_id = $1`, id, partner); err != nil {
			return err
		}
		if err := p.reconcileWhere(ctx, tx, `r.ask_id = $1`, id); err != nil {
			return err
		}
		requests, err := store.Column(tx, `SELECT request_id FROM place_requests WHERE ask_id = $1 AND ended_at = 0 ORDER BY request_id`, id)
		if err != nil {
			return err
		}
		for _, request := range requests {
			if err := p.notify(tx, told, request, NoticePassed); err != nil {
				return fmt.Errorf("tell the partner: %w", err)
			}
		}
	}
	return nil
}

// Safe says that an organisation is no longer in danger: its shelters are opened again. It is for those who look after the network: whoever
// took the organisation's phones must not be the one who says so.
func (p *Places) Safe(ctx context.Context, caller people.Caller, organisationID string) error {
	if err := caller.Require(people.ActManagePlaces); err != nil {
		return err
	}
	return p.write(ctx, func(tx *store.Tx) error {
		shelters, err := store.Column(tx, `SELECT shelter_id FROM shelters WHERE organisation_id = $1 AND frozen ORDER BY shelter_id`, organisationID)
		if err != nil {
			return err
		}
		for _, id := range shelters {
			if _, err := p.applyTx(tx.Context(), tx, deed{shelterID: id, event: allot.Event{Kind: allot.Reopen}}); err != nil {
				return err
			}
		}
		return p.people.AuditTx(tx, caller.UserID, "end_danger", organisationID, map[string]string{"organisation": organisationID})
	})
}
