package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/store"
)

// perCode is how often codes may be tried for one account: a million codes, three of them right at any time, are not found at this pace.
var perCode = pace{10, time.Minute}

// TOTPSetUp is a code app that is being set up.
type TOTPSetUp struct {
	Token  string
	Secret string // base32, as people type it
	URI    string // as an app reads it from a picture
}

// BeginTOTP makes the secret of a code app. It counts only once a code of the app has confirmed it.
func (p *People) BeginTOTP(ctx context.Context, caller Caller, issuer string) (set TOTPSetUp, err error) {
	if set.Secret, err = factor.NewSecret(); err != nil {
		return set, err
	}
	set.URI = factor.URI(set.Secret, issuer, p.localpart(caller.UserID))
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		set.Token, _, err = p.openCeremonyTx(tx, ceremony{Kind: ceremonyAddTOTP, UserID: caller.UserID, DeviceID: caller.DeviceID, Data: []byte(set.Secret)}, setUpLife)
		return err
	})
	return set, err
}

// ConfirmTOTP finishes the set-up with a code of the app. With a person's first factor it gives their recovery codes, shown this once.
func (p *People) ConfirmTOTP(ctx context.Context, caller Caller, token, code string) (codes []string, err error) {
	wrong := false
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		wrong, codes = false, nil
		c, err := p.tryCeremonyTx(tx, token, ceremonyAddTOTP)
		if err != nil {
			return err
		}
		if c.UserID != caller.UserID || c.DeviceID != caller.DeviceID {
			return challengeOver()
		}
		step, fits := factor.MatchStep(string(c.Data), code, tx.Now, 0)
		if !fits {
			wrong = true // told after the commit: the try is to be counted
			return nil
		}
		if _, err := p.takeCeremonyTx(tx, token, ceremonyAddTOTP); err != nil {
			return err
		}
		codes, err = p.keepTOTPTx(tx, caller, c.Data, step)
		return err
	})
	if err == nil && wrong {
		err = fault.Forbidden("error.wrong_code")
	}
	return codes, err
}

// keepTOTPTx keeps the secret in place of any before it. The code that confirmed it is used up.
func (p *People) keepTOTPTx(tx *store.Tx, caller Caller, secret []byte, step int64) ([]string, error) {
	userID := caller.UserID
	had, err := hasFactorTx(tx, userID)
	if err != nil {
		return nil, err
	}
	sealed, err := p.seal.Seal("totp "+userID, secret)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(`INSERT INTO totp (user_id, secret, last_step, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at, used_at = NULL`,
		userID, sealed, step, tx.Now.UnixMilli())
	if err != nil {
		return nil, err
	}
	return p.factorAddedTx(tx, caller, !had)
}

// limitCodes counts a try of a code, by account and by address.
func (p *People) limitCodes(userID, code, address string) error {
	if err := p.limits.take("address "+address, perAddress); err != nil {
		return err
	}
	return p.limitCode(userID, code, address)
}

// limitCode counts a try of a code. Recovery codes, which hold 80 bits and are not guessed, are counted by address as well: whoever knows the
// passphrase and wastes tries elsewhere does not keep the owner from using theirs.
func (p *People) limitCode(userID, code, address string) error {
	if factor.IsRecoveryCode(code) {
		return p.limits.take("recovery code "+userID+" "+address, perPair)
	}
	return p.limits.take("code "+userID, perCode)
}

// codeFitsTx tries a code of an app or a recovery code, whichever form it has, and uses it up.
func (p *People) codeFitsTx(tx *store.Tx, userID, code string) (bool, error) {
	switch {
	case factor.IsCode(code):
		return p.totpFitsTx(tx, userID, code)
	case factor.IsRecoveryCode(code):
		n, err := tx.Exec(`DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2`, userID, factor.CodeHash(userID, code))
		return n == 1, err
	}
	return false, nil
}

func (p *People) totpFitsTx(tx *store.Tx, userID, code string) (bool, error) {
	var sealed []byte
	var last int64
	err := tx.QueryRow(`SELECT secret, last_step FROM totp WHERE user_id = $1`, userID).Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a code app: %w", err)
	}
	secret, err := p.seal.Open("totp "+userID, sealed)
	if err != nil {
		return false, err
	}
	step, fits := factor.MatchStep(string(secret), code, tx.Now, last)
	if !fits {
		return false, nil
	}
	_, err = tx.Exec(`UPDATE totp SET last_step = $2, used_at = $3 WHERE user_id = $1`, userID, step, tx.Now.UnixMilli())
	return true, err
}

// ProveCode shows once more who the caller is, by a code of their app or a recovery code.
func (p *People) ProveCode(ctx context.Context, caller Caller, code, address string) error {
	if err := p.limitCodes(caller.UserID, code, address); err != nil {
		return err
	}
	err := p.db.Write(ctx, func(tx *store.Tx) error {
		fits, err := p.codeFitsTx(tx, caller.UserID, code)
		if err != nil {
			return err
		}
		if !fits {
			return fault.Forbidden("error.wrong_code")
		}
		return p.provedTx(tx, caller.UserID, caller.DeviceID, true)
	})
	if err == nil {
		p.limits.forgive("code " + caller.UserID)
	}
	return err
}

// ProvePassphrase shows once more who the caller is, for those who have no second factor.
func (p *People) ProvePassphrase(ctx context.Context, caller Caller, passphrase, address string) error {
	if err := p.CheckPassphrase(ctx, caller.UserID, passphrase, address); err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		has, err := hasFactorTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		if has {
			return fault.Forbidden("error.prove_with_factor")
		}
		return p.provedTx(tx, caller.UserID, caller.DeviceID, false)
	})
}
