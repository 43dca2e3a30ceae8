package people

import (
	"context"

	"panah/hub/fault"
	"panah/hub/store"
)

// ConfirmRecovery is the second of the two. It gives the token of the link, shown this once: by it the person sets a new passphrase.
func (p *People) ConfirmRecovery(ctx context.Context, by Caller, id string) (r Recovery, token string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if r, err = p.confirmableTx(tx, by, id); err != nil {
			return err
		}
		if token, err = p.confirmTx(tx, &r, by.UserID); err != nil {
			return err
		}
		return p.settleForAllTx(tx, NoticeRecoveryAsked, r.ID)
	})
	return r, token, err
}

// confirmableTx checks that the caller is a second one who may, that the first one still may, and a fresh proof.
func (p *People) confirmableTx(tx *store.Tx, by Caller, id string) (Recovery, error) {
	r, err := openRecoveryTx(tx, `recovery_id = $1`, id)
	if err != nil {
		return r, err
	}
	whom, err := p.PersonTx(tx, r.UserID)
	if err != nil {
		return r, err
	}
	switch {
	case mayRecover(by, whom) != nil:
		return r, mayRecover(by, whom)
	case r.StartedBy == by.UserID:
		return r, fault.Forbidden("error.recovery_second")
	case r.ConfirmedBy != "":
		return r, fault.Forbidden("error.recovery_confirmed")
	}
	if err := p.mayStillTx(tx, r.StartedBy, whom); err != nil {
		return r, err
	}
	if err := p.pairTx(tx, r.StartedBy, by.Person); err != nil {
		return r, err
	}
	if err := p.freshTx(tx, by); err != nil {
		return r, err
	}
	return r, p.waitAgainTx(tx, &r)
}

// mayStillTx refuses a recovery in which somebody took part who may no longer let this person in: who was suspended since, lost their role, or
// started it before the person became a steward. The hub itself always may.
func (p *People) mayStillTx(tx *store.Tx, helper string, whom Person) error {
	if helper == p.HubUser() {
		return nil
	}
	person, err := p.PersonTx(tx, helper)
	if err != nil {
		return err
	}
	if p.standsTx(tx, person) != nil || mayRecover(Caller{Person: person}, whom) != nil {
		return fault.Forbidden("error.recovery_over")
	}
	return nil
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
