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
