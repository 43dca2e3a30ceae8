package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/store"
)

// SecondFactor is whether those who look after others must have a second factor.
type SecondFactor string

// The policies.
const (
	FactorRequired SecondFactor = "required" // stewards and administrators may do nothing before they have one
	FactorOffered  SecondFactor = "offered"  // everybody may have one; for samples and measurements
)

// Factors are what a person can show beside their passphrase.
type Factors struct {
	Passkeys []PasskeyInfo
	TOTP     bool
	Codes    int  // recovery codes left
	Needed   bool // the person's role asks for a factor and there is none
	Required bool // the person's role asks for a factor
}

// Any tells whether there is a second factor. Recovery codes alone are none: they stand in for one.
func (f Factors) Any() bool { return len(f.Passkeys) > 0 || f.TOTP }

// usablePasskey tells whether one of the passkeys is still taken.
func (f Factors) usablePasskey() bool {
	return slices.ContainsFunc(f.Passkeys, func(k PasskeyInfo) bool { return !k.Cloned })
}

// PasskeyInfo is a passkey as its owner sees it.
type PasskeyInfo struct {
	ID        []byte
	Name      string
	CreatedAt time.Time
	UsedAt    time.Time // zero when it was never used
	Cloned    bool      // refused, because somebody may have a copy
}

// Factors are the caller's.
func (p *People) Factors(ctx context.Context, caller Caller) (f Factors, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		f, err = p.factorsTx(tx, caller.Person)
		return err
	})
	return f, err
}

func (p *People) factorsTx(tx *store.Tx, person Person) (f Factors, err error) {
	if f.Passkeys, err = passkeyInfosTx(tx, person.UserID); err != nil {
		return f, err
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM totp WHERE user_id = $1), (SELECT count(*) FROM recovery_codes WHERE user_id = $1)`,
		person.UserID).Scan(&f.TOTP, &f.Codes)
	if err != nil {
		return f, fmt.Errorf("read second factors: %w", err)
	}
	f.Required = p.mustHaveFactor(person.Role)
	f.Needed = f.Required && !f.Any()
	return f, nil
}

// mustHaveFactor is the one place that says of whom a second factor is asked.
func (p *People) mustHaveFactor(role Role) bool {
	return p.policy != FactorOffered && (role == Steward || role == Admin)
}

// hasFactorTx tells whether a person has a second factor.
func hasFactorTx(tx *store.Tx, userID string) (has bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM totp WHERE user_id = $1) OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)`, userID).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for a second factor: %w", err)
	}
	return has, nil
}

// factorAddedTx gives recovery codes with a person's first factor. The first one also ends all other sessions and what is under way for
// the person: whoever came in by the passphrase alone would otherwise stay in, as if they had shown the factor.
func (p *People) factorAddedTx(tx *store.Tx, caller Caller, first bool) (codes []string, err error) {
	userID := caller.UserID
	p.accountChangedTx(tx, userID)
	if err := p.provedTx(tx, userID, caller.DeviceID, true); err != nil {
		return nil, err
	}
	if first {
		if err := p.dropCeremoniesTx(tx, userID); err != nil {
			return nil, err
		}
		if err := p.endAllTx(tx, `WHERE user_id = $1 AND device_id <> $2`, userID, caller.DeviceID); err != nil {
			return nil, err
		}
	}
	var kept int
	if err := tx.QueryRow(`SELECT count(*) FROM recovery_codes WHERE user_id = $1`, userID).Scan(&kept); err != nil || kept > 0 {
		return nil, err
	}
	return p.newCodesTx(tx, userID)
}

func (p *People) newCodesTx(tx *store.Tx, userID string) ([]string, error) {
	codes, err := factor.NewCodes()
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(`DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
		return nil, err
	}
	for _, code := range codes {
		_, err := tx.Exec(`INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)`, userID, factor.CodeHash(userID, code))
		if err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// NewRecoveryCodes makes new codes, shown this once; the old ones stop working.
func (p *People) NewRecoveryCodes(ctx context.Context, caller Caller) (codes []string, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		has, err := hasFactorTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		if !has {
			return fault.Forbidden("error.codes_need_factor")
		}
		codes, err = p.newCodesTx(tx, caller.UserID)
		return err
	})
	return codes, err
}

// RemoveTOTP takes the caller's code app off.
func (p *People) RemoveTOTP(ctx context.Context, caller Caller) error {
	return p.removeFactor(ctx, caller, "error.no_totp", func(tx *store.Tx) (int64, error) {
		return tx.Exec(`DELETE FROM totp WHERE user_id = $1`, caller.UserID)
	})
}

// RemovePasskey takes one of the caller's passkeys off.
func (p *People) RemovePasskey(ctx context.Context, caller Caller, id []byte) error {
	return p.removeFactor(ctx, caller, "error.no_passkey", func(tx *store.Tx) (int64, error) {
		return tx.Exec(`DELETE FROM passkeys WHERE user_id = $1 AND credential_id = $2`, caller.UserID, id)
	})
}

// removeFactor refuses to take the last factor of someone who must have one.
func (p *People) removeFactor(ctx context.Context, caller Caller, absent string, remove func(tx *store.Tx) (int64, error)) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		n, err := remove(tx)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.NotFound(absent)
		}
		has, err := hasFactorTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		person, err := p.PersonTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		if !has && p.mustHaveFactor(person.Role) {
			return fault.Forbidden("error.last_factor")
		}
		p.accountChangedTx(tx, caller.UserID)
		if has {
			return nil
		}
		_, err = tx.Exec(`DELETE FROM recovery_codes WHERE user_id = $1`, caller.UserID)
		return err
	})
}

// dropFactorsTx takes everything off that a person could show beside a passphrase.
func (p *People) dropFactorsTx(tx *store.Tx, userID string) error {
	for _, query := range []string{
		`DELETE FROM passkeys WHERE user_id = $1`, `DELETE FROM passkey_owners WHERE user_id = $1`,
		`DELETE FROM totp WHERE user_id = $1`, `DELETE FROM recovery_codes WHERE user_id = $1`,
	} {
		if _, err := tx.Exec(query, userID); err != nil {
			return err
		}
	}
	p.accountChangedTx(tx, userID)
	return nil
}

// accountChangedTx has every node look at a person's sessions again once the transaction is done.
func (p *People) accountChangedTx(tx *store.Tx, userID string) {
	tx.OnCommit(func() {
		p.known.clear()
		p.known.mu.Lock()
		told := p.onChange
		p.known.mu.Unlock()
		if told != nil {
			told(userID)
		}
	})
}

// OnAccountChange has fn called after what a person's sessions may do changed on this node. fn must be quick. The node sets it once.
func (p *People) OnAccountChange(fn func(userID string)) {
	p.known.mu.Lock()
	defer p.known.mu.Unlock()
	p.onChange = fn
}

// freshFor is how long a proof holds for what is dangerous.
const freshFor = 5 * time.Minute

// freshTx asks that the caller has shown lately who they are: with a second factor where they have one.
func (p *People) freshTx(tx *store.Tx, caller Caller) error {
	_, err := freshProofTx(tx, caller)
	return err
}

// shownAgainTx asks for the same, and that it was after coming in.
func (p *People) shownAgainTx(tx *store.Tx, caller Caller) error {
	again, err := freshProofTx(tx, caller)
	if err == nil && !again {
		err = fault.Forbidden("error.prove_first")
	}
	return err
}

// freshProofTx refuses a proof that is old, and one by the passphrase alone of somebody who has a second factor by now. again tells whether
// it was given after coming in.
func freshProofTx(tx *store.Tx, caller Caller) (again bool, err error) {
	var proved int64
	var byFactor bool
	err = tx.QueryRow(`SELECT proved_at, proved_factor, proved_again FROM devices WHERE user_id = $1 AND device_id = $2`, caller.UserID, caller.DeviceID).
		Scan(&proved, &byFactor, &again)
	if errors.Is(err, sql.ErrNoRows) {
		return false, fault.UnknownToken()
	}
	if err != nil {
		return false, fmt.Errorf("read when a device proved itself: %w", err)
	}
	has, err := hasFactorTx(tx, caller.UserID)
	if err != nil {
		return false, err
	}
	if tx.Now.Sub(time.UnixMilli(proved)) > freshFor || has && !byFactor {
		return false, fault.Forbidden("error.prove_first")
	}
	return again, nil
}

// Fresh tells whether the caller has shown lately who they are; error.prove_first when not.
func (p *People) Fresh(ctx context.Context, caller Caller) error {
	return p.db.Read(ctx, func(tx *store.Tx) error { return p.freshTx(tx, caller) })
}

// ShownAgain tells the same, of a proof that was given after coming in.
func (p *People) ShownAgain(ctx context.Context, caller Caller) error {
	return p.db.Read(ctx, func(tx *store.Tx) error { return p.shownAgainTx(tx, caller) })
}

// provedTx notes that somebody who is in has shown who they are, by a second factor or by the passphrase.
func (p *People) provedTx(tx *store.Tx, userID, device string, byFactor bool) error {
	_, err := tx.Exec(`UPDATE devices SET proved_at = $3, proved_factor = $4, proved_again = TRUE WHERE user_id = $1 AND device_id = $2`,
		userID, device, tx.Now.UnixMilli(), byFactor)
	return err
}
