package people

import (
	"context"

	"panah/hub/store"
)

// ReplacePassphrase sets a new one at the hub's own pages. Whoever knew the old one is out: all other sessions end, and so does what was under way.
func (p *People) ReplacePassphrase(ctx context.Context, caller Caller, current, next, address string) error {
	if err := p.Fresh(ctx, caller); err != nil {
		return err
	}
	if err := p.CheckPassphrase(ctx, caller.UserID, current, address); err != nil {
		return err
	}
	if err := checkPassphraseForm(next); err != nil {
		return err
	}
	hash, err := p.hash(ctx, next)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE people SET passphrase_hash = $2 WHERE user_id = $1`, caller.UserID, hash); err != nil {
			return err
		}
		if err := p.dropCeremoniesTx(tx, caller.UserID); err != nil {
			return err
		}
		return p.endAllTx(tx, `WHERE user_id = $1 AND device_id <> $2`, caller.UserID, caller.DeviceID)
	})
}
