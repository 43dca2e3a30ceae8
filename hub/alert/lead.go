package alert

import (
	"context"
	"slices"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// SetLead says which organisation coordinates a country; "" takes that away.
//
// Coordinators are the administrators of a lead organisation, and no role of their own: an organisation stays when people come and go, it always
// has an administrator, and whoever leaves it is a coordinator no longer without anybody having to think of it.
func (a *Alerts) SetLead(ctx context.Context, caller people.Caller, country, organisationID string) error {
	if err := caller.Require(people.ActManageAlerts); err != nil {
		return err
	}
	if !slices.Contains(people.Countries(), country) {
		return fault.InvalidParam("error.bad_country")
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		before, err := store.Column(tx, `DELETE FROM alert_leads WHERE country = $1 RETURNING organisation_id`, country)
		if err != nil {
			return err
		}
		about := organisationID
		if organisationID == "" && len(before) > 0 {
			about = before[0]
		}
		if organisationID != "" {
			o, err := a.people.OrganisationTx(tx, organisationID)
			if err != nil {
				return err
			}
			if o.Standing != people.OrganisationVetted {
				return fault.Forbidden("error.organisation_not_vetted")
			}
			if official(o) { // it would be called to alerts of which nobody chose to tell it
				return fault.InvalidParam("error.lead_official")
			}
			_, err = tx.Exec(`INSERT INTO alert_leads (country, organisation_id, set_by, at) VALUES ($1, $2, $3, $4)`,
				country, organisationID, caller.UserID, tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return a.people.AuditTx(tx, caller.UserID, "set_lead", about, map[string]string{"organisation": about, "country": country})
	})
}

// Leads are the organisations that coordinate a country, by country.
func (a *Alerts) Leads(ctx context.Context) (leads map[string]string, err error) {
	leads = map[string]string{}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		all, err := store.All(tx, func(row store.Scanner) (l [2]string, err error) { return l, row.Scan(&l[0], &l[1]) }, `SELECT country, organisation_id FROM alert_leads`)
		for _, l := range all {
			leads[l[0]] = l[1]
		}
		return err
	})
	return leads, err
}
