package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// Invitation lets one person sign up, once, until it expires.
type Invitation struct {
	ID             string
	OrganisationID string // "" for the network itself
	Role           Role
	Language       string // in which it greets, or ""
	InvitedBy      string // user id
	CreatedAt      time.Time
	ExpiresAt      time.Time
	UsedBy         string    // user id, or "" while nobody has used it
	UsedAt         time.Time // zero while nobody has
	RevokedAt      time.Time // zero unless it was taken back
}

// Offer is what an invitation offers to whoever holds it.
type Offer struct {
	Organisation *Organisation // nil for the network itself
	Role         Role
	InvitedBy    string // the name of a person; "" for the hub itself
	ExpiresAt    time.Time
	Language     string
}

// InvitationLife is how long an invitation waits.
const InvitationLife = 7 * 24 * time.Hour

// InviteTx makes an invitation and its token, which is shown this once. Administrators invite into their own organisation, stewards
// into any, and only stewards invite stewards, who belong to the network as a whole.
func (p *People) InviteTx(tx *store.Tx, by Caller, organisationID string, role Role, language string) (Invitation, string, error) {
	if err := p.mayInvite(tx, by, organisationID, role); err != nil {
		return Invitation{}, "", err
	}
	if len(language) > 35 {
		return Invitation{}, "", fault.InvalidParam("error.bad_language")
	}
	invitation, token, err := p.makeInvitationTx(tx, by.UserID, organisationID, role, language)
	if err != nil {
		return Invitation{}, "", err
	}
	detail := map[string]string{"organisation": organisationID, "role": string(role)}
	return invitation, token, p.AuditTx(tx, by.UserID, "invite_person", invitation.ID, detail)
}

func (p *People) mayInvite(tx *store.Tx, by Caller, organisationID string, role Role) error {
	if !role.Known() {
		return fault.InvalidParam("error.bad_role")
	}
	anyone := by.Require(ActInviteAnyone) == nil
	if !anyone {
		if err := by.Require(ActInvitePerson); err != nil {
			return err
		}
		if role == Steward || organisationID == "" || organisationID != by.OrganisationID {
			return fault.Forbidden("error.invite_own_only")
		}
	}
	if organisationID == "" {
		if role != Steward {
			return fault.InvalidParam("error.needs_organisation")
		}
		return nil
	}
	o, err := p.OrganisationTx(tx, organisationID)
	if err != nil {
		return err
	}
	if o.Standing != OrganisationVetted {
		return fault.Forbidden("error.organisation_not_vetted")
	}
	return nil
}

func (p *People) makeInvitationTx(tx *store.Tx, by, organisationID string, role Role, language string) (Invitation, string, error) {
	token, hash, err := newToken(invitationPrefix)
	if err != nil {
		return Invitation{}, "", err
	}
	id, err := randomID(9)
	if err != nil {
		return Invitation{}, "", err
	}
	i := Invitation{ID: id, OrganisationID: organisationID, Role: role, Language: language, InvitedBy: by,
		CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(InvitationLife)}
	_, err = tx.Exec(`INSERT INTO invitations (invitation_id, token_hash, organisation_id, role, language, invited_by, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, hash, organisationID, string(role), language, by, i.CreatedAt.UnixMilli(), i.ExpiresAt.UnixMilli())
	return i, token, err
}

// StewardInvitation makes an invitation for a steward in the name of the hub itself: for the first start, and for the operator's
// command line.
func (p *People) StewardInvitation(ctx context.Context) (i Invitation, token string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		if i, token, err = p.makeInvitationTx(tx, p.HubUser(), "", Steward, ""); err != nil {
			return err
		}
		return p.AuditTx(tx, p.HubUser(), "invite_person", i.ID, map[string]string{"role": string(Steward)})
	})
	return i, token, err
}

const invitationColumns = `invitation_id, organisation_id, role, language, invited_by, created_at, expires_at`

func scanInvitation(row scanner) (Invitation, error) {
	var i Invitation
	var created, expires int64
	err := row.Scan(&i.ID, &i.OrganisationID, &i.Role, &i.Language, &i.InvitedBy, &created, &expires)
	i.CreatedAt, i.ExpiresAt = time.UnixMilli(created), time.UnixMilli(expires)
	return i, err
}

// invitationsShown is how many invitations a list has at most, the newest.
const invitationsShown = 500

// Invitations are the ones that the caller may see, the newest first: a steward all, an administrator those of their organisation. With
// all also those that were used, taken back or have expired.
func (p *People) Invitations(ctx context.Context, caller Caller, all bool) (found []Invitation, err error) {
	if err := caller.Require(ActSeeInvitations); err != nil {
		return nil, err
	}
	everything := caller.Require(ActInviteAnyone) == nil
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		found, err = p.invitationsTx(tx, `($1 OR used_at IS NULL AND revoked_at IS NULL AND expires_at > $2)
			AND invited_by <> $3 AND ($4 OR organisation_id = $5)`, all, tx.Now.UnixMilli(), p.HubUser(), everything, caller.OrganisationID)
		return err
	})
	return found, err
}

func (p *People) invitationsTx(tx *store.Tx, where string, args ...any) (found []Invitation, err error) {
	rows, err := tx.Query(fmt.Sprintf(`SELECT %s, used_by, COALESCE(used_at, 0), COALESCE(revoked_at, 0) FROM invitations WHERE %s
		ORDER BY created_at DESC, invitation_id LIMIT %d`, invitationColumns, where, invitationsShown), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i Invitation
		var created, expires, used, revoked int64
		err := rows.Scan(&i.ID, &i.OrganisationID, &i.Role, &i.Language, &i.InvitedBy, &created, &expires, &i.UsedBy, &used, &revoked)
		if err != nil {
			return nil, fmt.Errorf("read invitations: %w", err)
		}
		i.CreatedAt, i.ExpiresAt, i.UsedAt, i.RevokedAt = time.UnixMilli(created), time.UnixMilli(expires), moment(used), moment(revoked)
		found = append(found, i)
	}
	return found, rows.Err()
}

// moment is the time of a column in which 0 stands for never.
func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis)
}

// RevokeInvitation takes an open invitation back.
func (p *People) RevokeInvitation(ctx context.Context, caller Caller, id string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		i, err := scanInvitation(tx.QueryRow(`SELECT `+invitationColumns+` FROM invitations
			WHERE invitation_id = $1 AND used_at IS NULL AND revoked_at IS NULL`, id))
		if errors.Is(err, sql.ErrNoRows) {
			return fault.NotFound("error.unknown_invitation")
		}
		if err != nil {
			return fmt.Errorf("read an invitation: %w", err)
		}
		if caller.Require(ActInviteAnyone) != nil && (caller.Require(ActInvitePerson) != nil || i.OrganisationID != caller.OrganisationID) {
			return fault.NotFound("error.unknown_invitation")
		}
		if _, err := tx.Exec(`UPDATE invitations SET revoked_at = $2 WHERE invitation_id = $1`, id, tx.Now.UnixMilli()); err != nil {
			return err
		}
		return p.AuditTx(tx, caller.UserID, "revoke_invitation", id, map[string]string{"organisation": i.OrganisationID, "role": string(i.Role)})
	})
}

// CheckInvitation tells what an invitation offers, without using it.
func (p *People) CheckInvitation(ctx context.Context, token, address string) (offer Offer, err error) {
	if err := p.limits.take("look "+address, perTokenLook); err != nil {
		return Offer{}, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		i, err := p.openInvitationTx(tx, token)
		if err != nil {
			return err
		}
		offer = Offer{Role: i.Role, ExpiresAt: i.ExpiresAt, Language: i.Language}
		if i.InvitedBy != p.HubUser() {
			by, err := p.PersonTx(tx, i.InvitedBy)
			if err != nil {
				return err
			}
			offer.InvitedBy = by.Name
		}
		if i.OrganisationID == "" {
			return nil
		}
		o, err := p.OrganisationTx(tx, i.OrganisationID)
		offer.Organisation = &o
		return err
	})
	return offer, err
}

// openInvitationTx finds the invitation of a token if it can still be used.
func (p *People) openInvitationTx(tx *store.Tx, token string) (Invitation, error) {
	if !wellFormed(token, invitationPrefix) {
		return Invitation{}, fault.Forbidden("error.invitation_invalid")
	}
	var used, revoked sql.NullInt64
	var i Invitation
	var created, expires int64
	err := tx.QueryRow(`SELECT `+invitationColumns+`, used_at, revoked_at FROM invitations WHERE token_hash = $1`, hashToken(token)).
		Scan(&i.ID, &i.OrganisationID, &i.Role, &i.Language, &i.InvitedBy, &created, &expires, &used, &revoked)
	i.CreatedAt, i.ExpiresAt = time.UnixMilli(created), time.UnixMilli(expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Invitation{}, fault.Forbidden("error.invitation_invalid")
	case err != nil:
		return Invitation{}, fmt.Errorf("look an invitation up: %w", err)
	case used.Valid:
		return Invitation{}, fault.Forbidden("error.invitation_used")
	case revoked.Valid:
		return Invitation{}, fault.Forbidden("error.invitation_revoked")
	case !i.ExpiresAt.After(tx.Now):
		return Invitation{}, fault.Forbidden("error.invitation_expired")
	}
	return i, p.stillStandsTx(tx, i)
}

// stillStandsTx refuses an invitation into an organisation that was suspended since.
func (p *People) stillStandsTx(tx *store.Tx, i Invitation) error {
	if i.OrganisationID == "" {
		return nil
	}
	o, err := p.OrganisationTx(tx, i.OrganisationID)
	if err == nil && o.Standing != OrganisationVetted {
		return fault.Forbidden("error.organisation_suspended")
	}
	return err
}
