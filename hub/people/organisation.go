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
	OrganisationSuspended OrganisationStanding = "suspended"
)

// Organisation is a member of the network.
type Organisation struct {
	ID        string
	Name      string
	Kind      Kind
	Country   string
	Standing  OrganisationStanding
	SpaceID   string // its space, or ""
	CreatedBy string
	CreatedAt time.Time
	People    int // how many active people it has
}

const organisationColumns = `o.organisation_id, o.name, o.kind, o.country, o.standing, o.space_id, o.created_by, o.created_at,
	(SELECT count(*) FROM people p WHERE p.organisation_id = o.organisation_id AND p.standing = 'active')`

func scanOrganisation(row scanner) (Organisation, error) {
	var o Organisation
	var created int64
	err := row.Scan(&o.ID, &o.Name, &o.Kind, &o.Country, &o.Standing, &o.SpaceID, &o.CreatedBy, &created, &o.People)
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
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT ` + organisationColumns + ` FROM organisations o ORDER BY o.country, o.name, o.organisation_id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			o, err := scanOrganisation(rows)
			if err != nil {
				return fmt.Errorf("read organisations: %w", err)
			}
			all = append(all, o)
		}
		return rows.Err()
	})
	return all, err
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
	return o, p.AuditTx(tx, by.UserID, "propose_organisation", o.ID, map[string]string{"kind": string(kind), "country": country})
}

// SetOrganisationSpaceTx notes the space of an organisation.
func (p *People) SetOrganisationSpaceTx(tx *store.Tx, id, spaceID string) error {
	_, err := tx.Exec(`UPDATE organisations SET space_id = $2 WHERE organisation_id = $1`, id, spaceID)
	return err
}

// SetStandingTx vets or suspends an organisation. Suspending ends the sessions of all its people at once.
func (p *People) SetStandingTx(tx *store.Tx, by Caller, id string, standing OrganisationStanding) (Organisation, error) {
	if err := by.Require(ActVetOrganisation); err != nil {
		return Organisation{}, err
	}
	if standing != OrganisationProposed && standing != OrganisationVetted && standing != OrganisationSuspended {
		return Organisation{}, fault.InvalidParam("error.bad_standing")
	}
	o, err := p.OrganisationTx(tx, id)
	if err != nil {
		return Organisation{}, err
	}
	if standing == OrganisationSuspended && by.OrganisationID == id {
		return Organisation{}, fault.Forbidden("error.suspend_own")
	}
	if _, err := tx.Exec(`UPDATE organisations SET standing = $2 WHERE organisation_id = $1`, id, string(standing)); err != nil {
		return Organisation{}, err
	}
	o.Standing = standing
	tx.OnCommit(p.known.clear)
	if standing == OrganisationSuspended {
		err := p.endAllTx(tx, `WHERE user_id IN (SELECT user_id FROM people WHERE organisation_id = $1)`, id)
		if err != nil {
			return Organisation{}, err
		}
	}
	return o, p.AuditTx(tx, by.UserID, "set_standing", id, map[string]string{"standing": string(standing)})
}
