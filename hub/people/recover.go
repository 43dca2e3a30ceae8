package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
		if r, err = p.insertRecoveryTx(tx, by.UserID, userID); err != nil {
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

// insertRecoveryTx begins one. It waits where the person has a device that was used within its life: a lost phone counts as well, for the hub
// cannot know in whose hands it is.
func (p *People) insertRecoveryTx(tx *store.Tx, by, userID string) (Recovery, error) {
	id, err := randomID(9)
	if err != nil {
		return Recovery{}, err
	}
	var devices int
	if err := tx.QueryRow(`SELECT count(*) FROM devices WHERE user_id = $1`, userID).Scan(&devices); err != nil {
		return Recovery{}, fmt.Errorf("count devices: %w", err)
	}
	r := Recovery{ID: id, UserID: userID, StartedBy: by, StartedAt: tx.Now, OpensAt: tx.Now}
	if devices > 0 {
		r.OpensAt = tx.Now.Add(RecoveryWait)
	}
	r.ExpiresAt = r.OpensAt.Add(RecoveryLife)
	_, err = tx.Exec(`INSERT INTO recoveries (recovery_id, user_id, started_by, started_at, opens_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		r.ID, userID, by, r.StartedAt.UnixMilli(), r.OpensAt.UnixMilli(), r.ExpiresAt.UnixMilli())
	return r, err
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
		detail := map[string]string{"user": r.UserID, "by": r.StartedBy}
		if err := p.tellTx(tx, Notice{UserID: helper.UserID, Kind: NoticeRecoveryAsked, About: r.ID, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}

// ConfirmRecovery is the second of the two. It gives the token of the link, shown this once: by it the person sets a new passphrase.
func (p *People) ConfirmRecovery(ctx context.Context, by Caller, id string) (r Recovery, token string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if r, err = openRecoveryTx(tx, `recovery_id = $1`, id); err != nil {
			return err
		}
		whom, err := p.PersonTx(tx, r.UserID)
		if err != nil {
			return err
		}
		if err := mayRecover(by, whom); err != nil {
			return err
		}
		if r.StartedBy == by.UserID {
			return fault.Forbidden("error.recovery_second")
		}
		if r.ConfirmedBy != "" {
			return fault.Forbidden("error.recovery_confirmed")
		}
		if err := p.freshTx(tx, by); err != nil {
			return err
		}
		if token, err = p.confirmTx(tx, &r, by.UserID); err != nil {
			return err
		}
		return p.settleForAllTx(tx, NoticeRecoveryAsked, r.ID)
	})
	return r, token, err
}

func (p *People) confirmTx(tx *store.Tx, r *Recovery, by string) (string, error) {
	token, hash, err := newToken(recoveryPrefix)
	if err != nil {
		return "", err
	}
	r.ConfirmedBy = by
	_, err = tx.Exec(`UPDATE recoveries SET confirmed_by = $2, confirmed_at = $3, token_hash = $4 WHERE recovery_id = $1`, r.ID, by, tx.Now.UnixMilli(), hash)
	if err != nil {
		return "", err
	}
	return token, p.AuditTx(tx, by, "confirm_recovery", r.UserID, map[string]string{"recovery": r.ID})
}

// CancelRecovery ends one: the person on any of their devices ("this was not me"), or anybody who might have started it.
func (p *People) CancelRecovery(ctx context.Context, by Caller, id string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		r, err := openRecoveryTx(tx, `recovery_id = $1`, id)
		if err != nil {
			return err
		}
		whom, err := p.PersonTx(tx, r.UserID)
		if err != nil {
			return err
		}
		if by.UserID != r.UserID && mayRecover(by, whom) != nil {
			return fault.NotFound("error.unknown_recovery")
		}
		if err := p.endRecoveryTx(tx, r, by.UserID); err != nil {
			return err
		}
		return p.AuditTx(tx, by.UserID, "cancel_recovery", r.UserID, map[string]string{"recovery": r.ID})
	})
}

func (p *People) endRecoveryTx(tx *store.Tx, r Recovery, by string) error {
	_, err := tx.Exec(`UPDATE recoveries SET ended_at = $2, ended_by = $3 WHERE recovery_id = $1`, r.ID, tx.Now.UnixMilli(), by)
	if err != nil {
		return err
	}
	if err := p.settleForAllTx(tx, NoticeRecoveryAsked, r.ID); err != nil {
		return err
	}
	return p.settleAboutTx(tx, r.UserID, NoticeRecovery, r.ID)
}

const recoveryColumns = `recovery_id, user_id, started_by, started_at, opens_at, expires_at, confirmed_by`

func scanRecovery(row scanner) (Recovery, error) {
	var r Recovery
	var started, opens, expires int64
	err := row.Scan(&r.ID, &r.UserID, &r.StartedBy, &started, &opens, &expires, &r.ConfirmedBy)
	r.StartedAt, r.OpensAt, r.ExpiresAt = time.UnixMilli(started), time.UnixMilli(opens), time.UnixMilli(expires)
	return r, err
}

func openRecoveryTx(tx *store.Tx, where string, arg any) (Recovery, error) {
	r, err := scanRecovery(tx.QueryRow(`SELECT `+recoveryColumns+` FROM recoveries WHERE `+where+` AND ended_at IS NULL AND expires_at > $2`,
		arg, tx.Now.UnixMilli()))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fault.NotFound("error.unknown_recovery")
	}
	if err != nil {
		return r, fmt.Errorf("read a recovery: %w", err)
	}
	return r, nil
}

// Recoveries are those under way that the caller may confirm or cancel.
func (p *People) Recoveries(ctx context.Context, caller Caller) (all []Recovery, err error) {
	if err := caller.Require(ActRecoverPerson); err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		found, err := recoveriesTx(tx)
		if err != nil {
			return err
		}
		for _, r := range found {
			whom, err := p.PersonTx(tx, r.UserID)
			if err != nil {
				return err
			}
			if mayRecover(caller, whom) == nil {
				all = append(all, r)
			}
		}
		return nil
	})
	return all, err
}

func recoveriesTx(tx *store.Tx) (all []Recovery, err error) {
	rows, err := tx.Query(`SELECT `+recoveryColumns+` FROM recoveries WHERE ended_at IS NULL AND expires_at > $1 ORDER BY started_at DESC, recovery_id`,
		tx.Now.UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scanRecovery(rows)
		if err != nil {
			return nil, fmt.Errorf("read recoveries: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// CheckRecovery tells whoever holds a recovery's link whom it lets in, and from when on.
func (p *People) CheckRecovery(ctx context.Context, token, address string) (r Recovery, whom Person, err error) {
	if err := p.limits.take("look "+address, perTokenLook); err != nil {
		return r, whom, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		if r, err = recoveryOfTx(tx, token); err != nil {
			return err
		}
		whom, err = p.PersonTx(tx, r.UserID)
		return err
	})
	return r, whom, err
}

func recoveryOfTx(tx *store.Tx, token string) (Recovery, error) {
	over := fault.Forbidden("error.recovery_over")
	if !wellFormed(token, recoveryPrefix) {
		return Recovery{}, over
	}
	r, err := openRecoveryTx(tx, `token_hash = $1`, hashToken(token))
	if fault.From(err).Key == "error.unknown_recovery" {
		err = over
	}
	return r, err
}

// FinishRecovery sets the new passphrase, takes off every second factor and ends every session, and lets the person in. Those whose role
// asks for a second factor set a new one up before anything else.
func (p *People) FinishRecovery(ctx context.Context, token, passphrase string, in SignIn) (session Session, err error) {
	if _, _, err := p.CheckRecovery(ctx, token, in.Address); err != nil {
		return session, err
	}
	if err := checkPassphraseForm(passphrase); err != nil {
		return session, err
	}
	hash, err := p.hash(ctx, passphrase)
	if err != nil {
		return session, err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		r, err := recoveryOfTx(tx, token)
		if err != nil {
			return err
		}
		if tx.Now.Before(r.OpensAt) {
			return fault.Forbidden("error.recovery_waits")
		}
		session, err = p.recoverTx(tx, r, hash, arrival{name: in.DeviceName, country: in.Country})
		return err
	})
	return session, err
}

func (p *People) recoverTx(tx *store.Tx, r Recovery, hash string, from arrival) (Session, error) {
	if _, err := p.mayEnterTx(tx, r.UserID); err != nil {
		return Session{}, err
	}
	if _, err := tx.Exec(`UPDATE people SET passphrase_hash = $2 WHERE user_id = $1`, r.UserID, hash); err != nil {
		return Session{}, err
	}
	for _, step := range []func() error{
		func() error { return p.dropFactorsTx(tx, r.UserID) },
		func() error { return p.dropCeremoniesTx(tx, r.UserID) },
		func() error { return p.endAllTx(tx, `WHERE user_id = $1`, r.UserID) },
		func() error { return p.endRecoveryTx(tx, r, r.UserID) },
		func() error { return p.tellHelpersTx(tx, r) },
		func() error {
			return p.AuditTx(tx, r.UserID, "finish_recovery", r.UserID, map[string]string{"recovery": r.ID})
		},
	} {
		if err := step(); err != nil {
			return Session{}, err
		}
	}
	return p.openTx(tx, r.UserID, from)
}

func (p *People) tellHelpersTx(tx *store.Tx, r Recovery) error {
	for _, helper := range []string{r.StartedBy, r.ConfirmedBy} {
		if helper == "" || helper == p.HubUser() {
			continue
		}
		if err := p.tellTx(tx, Notice{UserID: helper, Kind: NoticeRecovered, About: r.ID, Detail: map[string]string{"user": r.UserID}}); err != nil {
			return err
		}
	}
	return nil
}

// RecoverFromConsole makes a recovery in the name of the hub itself, for the operator's command line: for the very last steward, who has
// nobody to ask. It needs no second and no wait, for whoever reaches the server's files needs neither.
func (p *People) RecoverFromConsole(ctx context.Context, user string) (r Recovery, token string, err error) {
	userID, err := p.UserID(user)
	if err != nil {
		return r, "", err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := p.mayEnterTx(tx, userID); err != nil {
			return err
		}
		// Whatever others had under way for this person would be a second way in.
		_, err := tx.Exec(`UPDATE recoveries SET ended_at = $2, ended_by = $3 WHERE user_id = $1 AND ended_at IS NULL`, userID, tx.Now.UnixMilli(), p.HubUser())
		if err != nil {
			return err
		}
		if r, err = p.insertRecoveryTx(tx, p.HubUser(), userID); err != nil {
			return err
		}
		r.OpensAt, r.ExpiresAt = tx.Now, tx.Now.Add(RecoveryLife)
		_, err = tx.Exec(`UPDATE recoveries SET opens_at = $2, expires_at = $3 WHERE recovery_id = $1`, r.ID, r.OpensAt.UnixMilli(), r.ExpiresAt.UnixMilli())
		if err != nil {
			return err
		}
		token, err = p.confirmTx(tx, &r, p.HubUser())
		return err
	})
	return r, token, err
}
