package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// Kind is what an organisation is.
type Kind string

// Kinds are the kinds of organisation.
func Kinds() []Kind {
	return []Kind{"ngo", "shelter", "government", "international", "hotline", "media"}
}

// Countries are the network's countries (ISO 3166-1 alpha-2). A sixth one is one more entry here and its name in the catalogs.
func Countries() []string { return []string{"AF", "PK", "TJ", "TM", "UZ"} }

// OrganisationStanding is how far the network trusts an organisation.
type OrganisationStanding string

// The standings of an organisation.
const (
	OrganisationProposed  OrganisationStanding = "proposed"
	OrganisationVetted    OrganisationStanding = "vetted"
	OrganisationRefused   OrganisationStanding = "refused"
	OrganisationSuspended OrganisationStanding = "suspended"
)

// Reasons are the codes of why an organisation is refused or suspended, or a person suspended.
func Reasons() []string {
	return []string{"duplicate", "incomplete", "outside", "safety", "breach", "compromised", "closed", "other"}
}

// checkReason lets no reason pass where none is needed.
func checkReason(reason string) error {
	if reason != "" && !slices.Contains(Reasons(), reason) {
		return fault.InvalidParam("error.bad_reason")
	}
	return nil
}

// Organisation is a member of the network.
type Organisation struct {
	ID        string
	Name      string
	Kind      Kind
	Country   string
	Standing  OrganisationStanding
	Reason    string // code of why it was refused or suspended, or ""
	SpaceID   string // its space, or ""
	CreatedBy string
	CreatedAt time.Time
	People    int // how many active people it has
}

const organisationColumns = `o.organisation_id, o.name, o.kind, o.country, o.standing, o.reason, o.space_id, o.created_by, o.created_at,
	(SELECT count(*) FROM people p WHERE p.organisation_id = o.organisation_id AND p.standing = 'active')`

func scanOrganisation(row scanner) (Organisation, error) {
	var o Organisation
	var created int64
	err := row.Scan(&o.ID, &o.Name, &o.Kind, &o.Country, &o.Standing, &o.Reason, &o.SpaceID, &o.CreatedBy, &created, &o.People)
	o.CreatedAt = time.UnixMilli(created)
	return o, err
}

// OrganisationTx reads one organisation; error.unknown_organisation when there is none.
func (p *People) OrganisationTx(tx *store.Tx, id string) (Organisation, error) {
	o, err := scanOrganisation(tx.QueryRow(`SELECT `+organisationColumns+` FROM organisations o WHERE o.organisation_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Organisation{}, fault.NotFound("error.unknown_organisation")
	}
	if err != nil {
		return Organisation{}, fmt.Errorf("read an organisation: %w", err)
	}
	return o, nil
}

// Organisation reads one organisation; error.unknown_organisation when there is none.
func (p *People) Organisation(ctx context.Context, id string) (o Organisation, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		o, err = p.OrganisationTx(tx, id)
		return err
	})
	return o, err
}

// Organisations are all organisations, by country and name.
func (p *People) Organisations(ctx context.Context) (all []Organisation, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		all, err = p.OrganisationsTx(tx)
		return err
	})
	return all, err
}

// OrganisationsTx are all organisations, by country and name.
func (p *People) OrganisationsTx(tx *store.Tx) (all []Organisation, err error) {
	rows, err := tx.Query(`SELECT ` + organisationColumns + ` FROM organisations o ORDER BY o.country, o.name, o.organisation_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanOrganisation(rows)
		if err != nil {
			return nil, fmt.Errorf("read organisations: %w", err)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

// ProposeOrganisationTx enters an organisation. One that a steward enters is vetted by that; any other waits.
func (p *People) ProposeOrganisationTx(tx *store.Tx, by Caller, name string, kind Kind, country string) (Organisation, error) {
	if err := by.Require(ActProposeOrganisation); err != nil {
		return Organisation{}, err
	}
	name, err := cleanName(name)
	if err != nil {
		return Organisation{}, err
	}
	if !slices.Contains(Kinds(), kind) {
		return Organisation{}, fault.InvalidParam("error.bad_kind")
	}
	if !slices.Contains(Countries(), country) {
		return Organisation{}, fault.InvalidParam("error.bad_country")
	}
	id, err := randomID(9)
	if err != nil {
		return Organisation{}, err
	}
	o := Organisation{ID: id, Name: name, Kind: kind, Country: country, Standing: OrganisationProposed, CreatedBy: by.UserID, CreatedAt: tx.Now}
	if May(by.Role, ActVetOrganisation) {
		o.Standing = OrganisationVetted
	}
	_, err = tx.Exec(`INSERT INTO organisations (organisation_id, name, kind, country, standing, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		o.ID, o.Name, string(o.Kind), o.Country, string(o.Standing), o.CreatedBy, tx.Now.UnixMilli())
	if err != nil {
		return Organisation{}, err
	}
	return o, p.AuditTx(tx, by.UserID, "propose_organisation", o.ID, map[string]string{"organisation": o.ID, "kind": string(kind), "country": country})
}

// SetOrganisationSpaceTx notes the space of an organisation.
func (p *People) SetOrganisationSpaceTx(tx *store.Tx, id, spaceID string) error {
	_, err := tx.Exec(`UPDATE organisations SET space_id = $2 WHERE organisation_id = $1`, id, spaceID)
	return err
}

// SetStandingTx vets, refuses or suspends an organisation; reason is a code, or "". Suspending ends the sessions of all its people at
// once. Nobody suspends their own organisation: so a steward is always left.
func (p *People) SetStandingTx(tx *store.Tx, by Caller, id string, standing OrganisationStanding, reason string) (Organisation, error) {
	if err := by.Require(ActVetOrganisation); err != nil {
		return Organisation{}, err
	}
	if err := checkReason(reason); err != nil {
		return Organisation{}, err
	}
	o, err := p.OrganisationTx(tx, id)
	if err != nil {
		return Organisation{}, err
	}
	if err := mayStand(by, o, standing); err != nil {
		return Organisation{}, err
	}
	if standing == OrganisationVetted {
		reason = ""
	}
	if _, err := tx.Exec(`UPDATE organisations SET standing = $2, reason = $3 WHERE organisation_id = $1`, id, string(standing), reason); err != nil {
		return Organisation{}, err
	}
	o.Standing, o.Reason = standing, reason
	tx.OnCommit(p.known.clear)
	if standing == OrganisationSuspended {
		err := p.endAllTx(tx, `WHERE user_id IN (SELECT user_id FROM people WHERE organisation_id = $1)`, id)
		if err != nil {
			return Organisation{}, err
		}
	}
	return o, p.AuditTx(tx, by.UserID, "set_standing", id, map[string]string{"organisation": id, "standing": string(standing), "reason": reason})
}

// mayStand: what waits is admitted or refused, what was admitted is suspended, and the other way round.
func mayStand(by Caller, o Organisation, standing OrganisationStanding) error {
	switch standing {
	case OrganisationProposed, OrganisationVetted:
		return nil
	case OrganisationRefused:
		if o.Standing != OrganisationProposed {
			return fault.Forbidden("error.not_proposed")
		}
		return nil
	case OrganisationSuspended:
		if by.OrganisationID == o.ID {
			return fault.Forbidden("error.suspend_own")
		}
		return nil
	}
	return fault.InvalidParam("error.bad_standing")
}

// EditOrganisationTx changes what an organisation is called and, for stewards, its kind and country. Empty values stay as they are. It
// gives the organisation before and after.
func (p *People) EditOrganisationTx(tx *store.Tx, by Caller, id, name string, kind Kind, country string) (before, after Organisation, err error) {
	if err := by.Require(ActEditOrganisation); err != nil {
		return before, after, err
	}
	if before, err = p.OrganisationTx(tx, id); err != nil {
		return before, after, err
	}
	after = before
	if name != "" {
		if after.Name, err = cleanName(name); err != nil {
			return before, after, err
		}
	}
	if kind != "" {
		after.Kind = kind
	}
	if country != "" {
		after.Country = country
	}
	if err := mayEdit(by, before, after, kind != "" || country != ""); err != nil {
		return before, after, err
	}
	_, err = tx.Exec(`UPDATE organisations SET name = $2, kind = $3, country = $4 WHERE organisation_id = $1`, id, after.Name, string(after.Kind), after.Country)
	if err != nil {
		return before, after, err
	}
	detail := map[string]string{"organisation": id, "kind": string(after.Kind), "country": after.Country}
	return before, after, p.AuditTx(tx, by.UserID, "edit_organisation", id, detail)
}

func mayEdit(by Caller, before, after Organisation, more bool) error {
	if by.Require(ActVetOrganisation) != nil {
		if by.OrganisationID != before.ID {
			return fault.Forbidden("error.manage_own_only")
		}
		if more {
			return fault.Forbidden("error.role_may_not")
		}
	}
	if !slices.Contains(Kinds(), after.Kind) {
		return fault.InvalidParam("error.bad_kind")
	}
	if !slices.Contains(Countries(), after.Country) {
		return fault.InvalidParam("error.bad_country")
	}
	return nil
}
