package people

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

const (
	// RecoveryLife is how long a recovery may take, from its start to the new passphrase, after the wait.
	RecoveryLife = 24 * time.Hour
	// RecoveryWait is how long a recovery waits where the person still has a device: so long they can say "this was not me".
	RecoveryWait = time.Hour
	// recoverySince is how long after their last session a person still counts as having a device: ending their sessions first spares nobody the wait.
	recoverySince = 30 * 24 * time.Hour
)

// Recovery lets someone in again who lost their passphrase or their second factor. Two others are needed: one starts it, another confirms it.
type Recovery struct {
	ID          string
	UserID      string
	StartedBy   string
	StartedAt   time.Time
	OpensAt     time.Time // before it the link does nothing
	ExpiresAt   time.Time
	ConfirmedBy string // "" until then
}

// mayRecover is the rule of who may help whom: a steward anybody, an administrator the people of their own organisation but no steward,
// and nobody themselves.
func mayRecover(by Caller, whom Person) error {
	if by.UserID == whom.UserID {
		return fault.Forbidden("error.recover_self")
	}
	if by.Require(ActRecoverAnyone) == nil {
		return nil
	}
	if err := by.Require(ActRecoverPerson); err != nil {
		return err
	}
	if whom.Role == Steward || whom.OrganisationID == "" || whom.OrganisationID != by.OrganisationID {
		return fault.Forbidden("error.recover_own_only")
	}
	return nil
}

// StartRecovery is the first of the two. The person's devices are told at once, and so is everybody who could be the second.
func (p *People) StartRecovery(ctx context.Context, by Caller, userID string) (r Recovery, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		whom, err := p.recoverableTx(tx, by, userID)
		if err != nil {
			return err
		}
		wait, err := waitTx(tx, userID)
		if err != nil {
			return err
		}
		if r, err = p.insertRecoveryTx(tx, by.UserID, userID, wait); err != nil {
			return err
		}
		if err := p.AuditTx(tx, by.UserID, "start_recovery", userID, map[string]string{"recovery": r.ID}); err != nil {
			return err
		}
		if err := p.tellTx(tx, recoveryNotice(r)); err != nil {
			return err
		}
		return p.askForSecondTx(tx, r, whom)
	})
	return r, err
}

func recoveryNotice(r Recovery) Notice {
	detail := map[string]string{"by": r.StartedBy, "opens_at": strconv.FormatInt(r.OpensAt.UnixMilli(), 10)}
	return Notice{UserID: r.UserID, Kind: NoticeRecovery, About: r.ID, Detail: detail}
}

// recoverableTx checks the rule, a fresh proof of the caller, and that nothing is under way for the person already.
func (p *People) recoverableTx(tx *store.Tx, by Caller, userID string) (Person, error) {
	if userID == p.HubUser() {
		return Person{}, fault.NotFound("error.unknown_person")
	}
	whom, err := p.PersonTx(tx, userID)
	if err != nil {
		return whom, err
	}
	if err := mayRecover(by, whom); err != nil {
		return whom, err
	}
	if err := p.apartTx(tx, by.Person, ""); err != nil {
		return whom, err
	}
	if err := p.freshTx(tx, by); err != nil {
		return whom, err
	}
	if err := p.standsTx(tx, whom); err != nil {
		return whom, err
	}
	var open bool
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM recoveries WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2)`,
		userID, tx.Now.UnixMilli()).Scan(&open)
	if err == nil && open {
		err = fault.Forbidden("error.recovery_open")
	}
	return whom, err
}

// insertRecoveryTx begins one, whose link does nothing before wait is over.
func (p *People) insertRecoveryTx(tx *store.Tx, by, userID string, wait time.Duration) (Recovery, error) {
	id, err := randomID(9)
	if err != nil {
		return Recovery{}, err
	}
	r := Recovery{ID: id, UserID: userID, StartedBy: by, StartedAt: tx.Now, OpensAt: tx.Now.Add(wait)}
	r.ExpiresAt = r.OpensAt.Add(RecoveryLife)
	_, err = tx.Exec(`INSERT INTO recoveries (recovery_id, user_id, started_by, started_at, opens_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, userID, by, r.StartedAt.UnixMilli(), r.OpensAt.UnixMilli(), r.ExpiresAt.UnixMilli())
	return r, err
}

// waitTx is how long a recovery waits: where the person has or lately had a session, they have time to say "this was not me". A lost phone
// counts as well, for the hub cannot know in whose hands it is.
func waitTx(tx *store.Tx, userID string) (time.Duration, error) {
	var had bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM devices WHERE user_id = $1) OR EXISTS (SELECT 1 FROM people WHERE user_id = $1 AND session_at > $2)`,
		userID, tx.Now.Add(-recoverySince).UnixMilli()).Scan(&had)
	if err != nil {
		return 0, fmt.Errorf("look for sessions: %w", err)
	}
	if !had {
		return 0, nil
	}
	return RecoveryWait, nil
}

// waitAgainTx looks anew whether a recovery has to wait. One that began without a wait waits from now on, once, when the person turns out to
// have a session. The operator's own waits never.
func (p *People) waitAgainTx(tx *store.Tx, r *Recovery) error {
	if r.StartedBy == p.HubUser() || !r.OpensAt.Before(r.StartedAt.Add(RecoveryWait)) {
		return nil
	}
	wait, err := waitTx(tx, r.UserID)
	if err != nil || wait == 0 {
		return err
	}
	r.OpensAt = tx.Now.Add(wait)
	r.ExpiresAt = r.OpensAt.Add(RecoveryLife)
	_, err = tx.Exec(`UPDATE recoveries SET opens_at = $2, expires_at = $3 WHERE recovery_id = $1`, r.ID, r.OpensAt.UnixMilli(), r.ExpiresAt.UnixMilli())
	if err != nil {
		return err
	}
	return p.tellTx(tx, recoveryNotice(*r))
}

// hadSessionTx notes that a person comes in. A recovery of theirs that did not wait does so from now on.
func (p *People) hadSessionTx(tx *store.Tx, userID string) error {
	if _, err := tx.Exec(`UPDATE people SET session_at = $2 WHERE user_id = $1`, userID, tx.Now.UnixMilli()); err != nil {
		return err
	}
	r, err := openRecoveryTx(tx, `user_id = $1`, userID)
	if fault.From(err).Key == "error.unknown_recovery" {
		return nil
	}
	if err != nil {
		return err
	}
	return p.waitAgainTx(tx, &r)
}

// askForSecondTx tells everybody who could confirm.
func (p *People) askForSecondTx(tx *store.Tx, r Recovery, whom Person) error {
	helpers, err := people(tx, `WHERE standing = 'active' AND user_id <> $1 AND user_id <> $2 AND user_id <> $3
		AND (role = $4 OR role = $5 AND organisation_id = $6)`,
		p.HubUser(), r.StartedBy, r.UserID, string(Steward), string(Admin), whom.OrganisationID)
	if err != nil {
		return err
	}
	for _, helper := range helpers {
		if mayRecover(Caller{Person: helper}, whom) != nil {
			continue
		}
		if err := p.pairTx(tx, r.StartedBy, helper); fault.From(err).Status == http.StatusForbidden {
			continue
		} else if err != nil {
			return err
		}
		detail := map[string]string{"user": r.UserID, "by": r.StartedBy}
		if err := p.tellTx(tx, Notice{UserID: helper.UserID, Kind: NoticeRecoveryAsked, About: r.ID, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}
