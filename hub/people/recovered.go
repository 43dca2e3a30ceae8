package people

import (
	"context"
	"errors"

	"panah/hub/fault"
	"panah/hub/store"
)

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
	var refusal error
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		session, refusal = Session{}, nil
		r, err := recoveryOfTx(tx, token)
		if err != nil {
			return err
		}
		if err := p.waitAgainTx(tx, &r); err != nil {
			return err
		}
		if tx.Now.Before(r.OpensAt) {
			refusal = fault.Forbidden("error.recovery_waits") // told after the commit: a wait that begins now is to be kept
			return nil
		}
		session, err = p.recoverTx(tx, r, hash, arrival{name: in.DeviceName, country: in.Country})
		return err
	})
	return session, errors.Join(err, refusal)
}

func (p *People) recoverTx(tx *store.Tx, r Recovery, hash string, from arrival) (Session, error) {
	whom, err := p.mayEnterTx(tx, r.UserID)
	if err != nil {
		return Session{}, err
	}
	for _, helper := range []string{r.StartedBy, r.ConfirmedBy} {
		if err := p.mayStillTx(tx, helper, whom); err != nil {
			return Session{}, err
		}
	}
	if _, err := tx.Exec(`UPDATE people SET passphrase_hash = $2 WHERE user_id = $1`, r.UserID, hash); err != nil {
		return Session{}, err
	}
	for _, step := range []func() error{
		func() error { return p.dropFactorsTx(tx, r.UserID) },
		func() error { return p.settleAboutTx(tx, r.UserID, NoticeWrongCodes, "") },
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
// nobody to ask. It needs no second and no wait, for whoever reaches the server's files needs neither. The person's devices are told at once.
func (p *People) RecoverFromConsole(ctx context.Context, user string) (r Recovery, token string, err error) {
	userID, err := p.UserID(user)
	if err != nil {
		return r, "", err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := p.mayEnterTx(tx, userID); err != nil {
			return err
		}
		if err := p.endRecoveriesTx(tx, userID); err != nil {
			return err
		}
		if r, err = p.insertRecoveryTx(tx, p.HubUser(), userID, 0); err != nil {
			return err
		}
		if err := p.tellTx(tx, recoveryNotice(r)); err != nil {
			return err
		}
		token, err = p.confirmTx(tx, &r, p.HubUser())
		return err
	})
	return r, token, err
}

// endRecoveriesTx ends whatever others have under way for a person: it would be a second way in.
func (p *People) endRecoveriesTx(tx *store.Tx, userID string) error {
	r, err := openRecoveryTx(tx, `user_id = $1`, userID) // there is one at a time
	if fault.From(err).Key == "error.unknown_recovery" {
		return nil
	}
	if err != nil {
		return err
	}
	return p.endRecoveryTx(tx, r, p.HubUser())
}
