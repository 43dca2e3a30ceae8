package people

import (
	"context"
	"errors"

	"panah/hub/fault"
	"panah/hub/store"
)

// OpenInteractive notes that the caller has shown their passphrase, as the first stage of a user-interactive authentication.
func (p *People) OpenInteractive(ctx context.Context, caller Caller) (token string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		token, _, err = p.openCeremonyTx(tx, ceremony{Kind: ceremonyInteractive, UserID: caller.UserID, DeviceID: caller.DeviceID}, ChallengeLife)
		return err
	})
	return token, err
}

// FinishInteractive shows the second stage of a user-interactive authentication: a code of an app, or a recovery code.
func (p *People) FinishInteractive(ctx context.Context, caller Caller, token, code, address string) error {
	if err := p.limitCodes(caller.UserID, code, address); err != nil {
		return err
	}
	var refusal error
	err := p.db.Write(ctx, func(tx *store.Tx) error {
		refusal = nil
		c, err := p.tryCeremonyTx(tx, token, ceremonyInteractive)
		if err != nil {
			return err
		}
		if c.UserID != caller.UserID || c.DeviceID != caller.DeviceID {
			return challengeOver()
		}
		fits, err := p.codeFitsTx(tx, caller.UserID, code)
		if err != nil {
			return err
		}
		if !fits {
			refusal = fault.Forbidden("error.wrong_code")
			return nil
		}
		if _, err := p.takeCeremonyTx(tx, token, ceremonyInteractive); err != nil {
			return err
		}
		return p.provedTx(tx, caller.UserID, caller.DeviceID, true)
	})
	return errors.Join(err, refusal)
}

// HasFactor tells whether the caller has a second factor.
func (p *People) HasFactor(ctx context.Context, caller Caller) (has bool, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		has, err = hasFactorTx(tx, caller.UserID)
		return err
	})
	return has, err
}
