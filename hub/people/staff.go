package people

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// Staff is a person as those see them who look after them.
type Staff struct {
	Person
	Devices int       // how many sessions
	SeenAt  time.Time // when one of them was last used, to within five minutes; zero without any
}

// StaffOf are the people of an organisation, the suspended ones too, for its administrators and for stewards. "" is for stewards alone:
// those who belong to none.
func (p *People) StaffOf(ctx context.Context, caller Caller, organisationID string) (all []Staff, err error) {
	if err := caller.Require(ActManageMembers); err != nil {
		return nil, err
	}
	if caller.Require(ActManageAnyone) != nil && (organisationID == "" || organisationID != caller.OrganisationID) {
		return nil, fault.Forbidden("error.manage_own_only")
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		if organisationID != "" {
			if _, err := p.OrganisationTx(tx, organisationID); err != nil {
				return err
			}
		}
		found, err := people(tx, `WHERE organisation_id = $1 AND standing <> 'gone' AND user_id <> $2 ORDER BY name_folded, user_id`,
			organisationID, p.HubUser())
		if err != nil {
			return err
		}
		all, err = withDevices(tx, found)
		return err
	})
	return all, err
}

func withDevices(tx *store.Tx, found []Person) (all []Staff, err error) {
	for _, person := range found {
		m := Staff{Person: person}
		var seen int64
		err := tx.QueryRow(`SELECT COUNT(*), COALESCE(MAX(seen_at), 0) FROM devices WHERE user_id = $1`, person.UserID).Scan(&m.Devices, &seen)
		if err != nil {
			return nil, fmt.Errorf("count devices: %w", err)
		}
		m.SeenAt = moment(seen)
		all = append(all, m)
	}
	return all, nil
}

// Change is what a deed does to a person.
type Change struct {
	Deed           Deed
	Role           Role   // for DeedRole
	Reason         string // code, for DeedSuspend
	OrganisationID string // for DeedMove
	Sure           bool   // also when an organisation loses its last administrator by it
}

// ChangeTx does a deed to somebody, and gives them before and after. It never takes the network's last steward; the last administrator of
// an organisation only when the caller is sure.
func (p *People) ChangeTx(tx *store.Tx, by Caller, userID string, c Change) (before, after Person, err error) {
	if before, err = p.PersonTx(tx, userID); err != nil {
		return before, after, err
	}
	if before.Standing == Gone || userID == p.HubUser() {
		return before, after, fault.NotFound("error.unknown_person")
	}
	if err := by.MayDo(c.Deed, before); err != nil {
		return before, after, err
	}
	if after, err = p.changedTx(tx, by, before, c); err != nil {
		return before, after, err
	}
	if needsProof(before, after, c.Deed) {
		if err := p.freshTx(tx, by); err != nil {
			return before, after, err
		}
	}
	if err := p.keepsOneTx(tx, before, after, c.Sure); err != nil {
		return before, after, err
	}
	_, err = tx.Exec(`UPDATE people SET role = $2, standing = $3, organisation_id = $4 WHERE user_id = $1`,
		userID, string(after.Role), string(after.Standing), after.OrganisationID)
	if err != nil {
		return before, after, err
	}
	p.accountChangedTx(tx, userID)
	if c.Deed == DeedEnd || after.Standing != Active {
		if err := p.dropCeremoniesTx(tx, userID); err != nil {
			return before, after, err
		}
		if err := p.endAllTx(tx, `WHERE user_id = $1`, userID); err != nil {
			return before, after, err
		}
	}
	return before, after, p.noteChange(tx, by, before, after, c)
}

// needsProof tells which deeds ask for a fresh proof: a role that gives power over others, given or taken, and ending sessions. Suspending
// asks for none: it is what is done in haste when somebody is in danger, and is lifted as easily.
func needsProof(before, after Person, deed Deed) bool {
	return deed == DeedEnd || deed == DeedRole && max(rank(before.Role), rank(after.Role)) > rank(Member)
}

// changedTx is the person as the deed leaves them. Who is taken out of an organisation stays out of the network until a steward has found
// them another one and lets them in again.
func (p *People) changedTx(tx *store.Tx, by Caller, before Person, c Change) (after Person, err error) {
	after = before
	switch c.Deed {
	case DeedRole:
		if before.OrganisationID == "" && c.Role != Steward {
			return after, fault.InvalidParam("error.needs_organisation")
		}
		after.Role = c.Role
		return after, by.mayGive(c.Role)
	case DeedSuspend:
		after.Standing = Suspended
		return after, checkReason(c.Reason)
	case DeedLift:
		if before.OrganisationID == "" && before.Role != Steward {
			return after, fault.InvalidParam("error.needs_organisation")
		}
		after.Standing = Active
	case DeedRemove:
		if before.OrganisationID == "" {
			return after, fault.NotFound("error.unknown_organisation")
		}
		after.OrganisationID = ""
		if before.Role != Steward {
			after.Role, after.Standing = Member, Suspended
		}
	case DeedMove:
		return p.movedTx(tx, after, c.OrganisationID)
	}
	return after, nil
}

func (p *People) movedTx(tx *store.Tx, person Person, organisationID string) (Person, error) {
	o, err := p.OrganisationTx(tx, organisationID)
	if err != nil {
		return person, err
	}
	if o.Standing != OrganisationVetted {
		return person, fault.Forbidden("error.organisation_not_vetted")
	}
	if person.OrganisationID != organisationID && person.Role == Admin {
		person.Role = Member // an administrator of one organisation is not thereby one of another
	}
	person.OrganisationID = organisationID
	return person, nil
}

// keepsOneTx keeps a steward in the network, and asks before an organisation loses its last administrator.
func (p *People) keepsOneTx(tx *store.Tx, before, after Person, sure bool) error {
	if before.Standing != Active {
		return nil
	}
	if before.Role == Steward && (after.Role != Steward || after.Standing != Active) {
		others, err := p.countTx(tx, `role = 'steward' AND standing = 'active' AND user_id <> $1 AND user_id <> $2 AND organisation_id NOT IN
			(SELECT organisation_id FROM organisations WHERE standing = 'suspended')`, before.UserID, p.HubUser())
		if err != nil {
			return err
		}
		if others == 0 {
			return fault.New(http.StatusConflict, "M_FORBIDDEN", "error.last_steward")
		}
	}
	stays := after.Role == Admin && after.Standing == Active && after.OrganisationID == before.OrganisationID
	if before.Role != Admin || before.OrganisationID == "" || stays || sure {
		return nil
	}
	others, err := p.countTx(tx, `role = 'admin' AND standing = 'active' AND organisation_id = $1 AND user_id <> $2`, before.OrganisationID, before.UserID)
	if err == nil && others == 0 {
		return fault.New(http.StatusConflict, "NETWORK_PANAH_ASK", "error.last_admin")
	}
	return err
}

func (p *People) countTx(tx *store.Tx, where string, args ...any) (n int, err error) {
	if err := tx.QueryRow(`SELECT COUNT(*) FROM people WHERE `+where, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return n, nil
}

// noteChange writes a deed down for the organisation in which it was done, and a move for the one it leads to as well.
func (p *People) noteChange(tx *store.Tx, by Caller, before, after Person, c Change) error {
	detail := map[string]string{"organisation": before.OrganisationID}
	switch c.Deed {
	case DeedRole:
		detail["role"], detail["before"] = string(after.Role), string(before.Role)
	case DeedSuspend:
		detail["reason"] = c.Reason
	case DeedMove:
		detail["organisation"], detail["from"] = after.OrganisationID, before.OrganisationID
		if before.OrganisationID != "" && before.OrganisationID != after.OrganisationID {
			from := map[string]string{"organisation": before.OrganisationID, "to": after.OrganisationID}
			if err := p.AuditTx(tx, by.UserID, string(c.Deed), before.UserID, from); err != nil {
				return err
			}
		}
	}
	return p.AuditTx(tx, by.UserID, string(c.Deed), before.UserID, detail)
}
