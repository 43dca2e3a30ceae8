package place

import (
	"context"

	"panah/hub/people"
	"panah/hub/store"
)

// What waits for a suspended organisation, by the organisation: a word of one of its shelters, or, where it has named a partner, what it asked for itself.
const (
	waitsForSuspended = `SELECT DISTINCT s.organisation_id FROM place_requests r JOIN shelters s ON s.shelter_id = r.shelter_id
		JOIN organisations o ON o.organisation_id = s.organisation_id WHERE r.state IN ('held', 'waiting') AND NOT s.frozen AND o.standing = $1 ORDER BY 1`
	askedBySuspended = `SELECT DISTINCT a.organisation_id FROM place_requests r JOIN place_asks a ON a.ask_id = r.ask_id
		JOIN organisations o ON o.organisation_id = a.organisation_id JOIN place_partners n ON n.organisation_id = a.organisation_id
		JOIN organisations q ON q.organisation_id = n.partner_id WHERE r.ended_at = 0 AND a.purged_at = 0 AND o.standing = $1 AND q.standing = 'vetted' ORDER BY 1`
)

// sendOnDue does for those who wait for an organisation that is suspended what danger does: nobody there can answer them any more. Requests of its own
// that have no partner to go to lapse, as those do about which nobody decides.
func (p *Places) sendOnDue(ctx context.Context) error {
	if err := p.eachSuspended(ctx, waitsForSuspended, p.handAllOn); err != nil {
		return err
	}
	return p.eachSuspended(ctx, askedBySuspended, p.passOn)
}

// eachSuspended does something for each organisation that a query finds, with its partner ("" for none), in a transaction of its own.
func (p *Places) eachSuspended(ctx context.Context, found string, do func(ctx context.Context, tx *store.Tx, organisationID, partner string) error) error {
	var all []string
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = store.Column(tx, found, string(people.OrganisationSuspended))
		return err
	})
	for _, id := range all {
		if err != nil {
			break
		}
		err = p.write(ctx, func(tx *store.Tx) error {
			o, err := p.people.OrganisationTx(tx, id)
			if err != nil || o.Standing != people.OrganisationSuspended {
				return err // it was let back in meanwhile
			}
			partner, err := partnerTx(tx, id)
			if err != nil {
				return err
			}
			return do(tx.Context(), tx, id, partner)
		})
	}
	return err
}

// handAllOn hands on whoever waits for a word of one of an organisation's shelters.
func (p *Places) handAllOn(ctx context.Context, tx *store.Tx, organisationID, partner string) error {
	shelters, err := store.Column(tx, `SELECT shelter_id FROM shelters WHERE organisation_id = $1 AND NOT frozen ORDER BY shelter_id`, organisationID)
	if err != nil {
		return err
	}
	for _, id := range shelters {
		if err := p.handOn(ctx, tx, id, partner); err != nil {
			return err
		}
	}
	return nil
}
