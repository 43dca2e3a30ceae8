package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/store"
)

// ChangePassphrase gives the caller a new passphrase, after they have shown that they know the old one. With others, all their sessions
// but this one end.
func (p *People) ChangePassphrase(ctx context.Context, caller Caller, passphrase string, others bool) error {
	if err := checkPassphraseForm(passphrase); err != nil {
		return err
	}
	hash, err := p.hash(ctx, passphrase)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE people SET passphrase_hash = $2 WHERE user_id = $1`, caller.UserID, hash); err != nil {
			return err
		}
		if err := p.settleAboutTx(tx, caller.UserID, NoticeWrongCodes, ""); err != nil { // what somebody knew opens nothing any more
			return err
		}
		if err := p.dropCeremoniesTx(tx, caller.UserID); err != nil || !others {
			return err
		}
		return p.endAllTx(tx, `WHERE user_id = $1 AND device_id <> $2`, caller.UserID, caller.DeviceID)
	})
}

// OnErase has fn called inside the transaction in which somebody leaves the network, to delete what is kept of them elsewhere.
func (p *People) OnErase(fn func(tx *store.Tx, userID string) error) {
	p.erasers = append(p.erasers, fn)
}

// LeaveTx ends an account for good: nobody signs in as it again, its name and what it said of itself go, and so does all that is kept for it
// alone. The row stays, so that the user name is never given to somebody else. What it left in channels is taken away after the
// transaction, by whoever asks for Erasures; with posts, also what the person wrote.
func (p *People) LeaveTx(tx *store.Tx, caller Caller, posts, sure bool) error {
	person, err := p.PersonTx(tx, caller.UserID)
	if err != nil {
		return err
	}
	after := person
	after.Standing = Gone
	if err := p.keepsOneTx(tx, person, after, sure); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE people SET name = '', name_folded = '', avatar_url = '', passphrase_hash = '', language = '', speaks = '', ask_about = '',
		standing = 'gone' WHERE user_id = $1`, person.UserID)
	if err != nil {
		return err
	}
	tx.OnCommit(p.known.clear)
	if err := p.endAllTx(tx, `WHERE user_id = $1`, person.UserID); err != nil {
		return err
	}
	if err := p.deleteOwnTx(tx, person.UserID); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO erasures (user_id, posts, at) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING`,
		person.UserID, posts, tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	return p.AuditTx(tx, person.UserID, "leave_network", person.UserID, map[string]string{"organisation": person.OrganisationID})
}

// ownRows are the tables that hold what is kept for one person alone.
var ownRows = []string{"devices", "receipts", "account_data", "filters", "transactions", "corrections",
	"passkey_owners", "passkeys", "totp", "refresh_tokens", "recovery_codes", "ceremonies", "recoveries", "notices"}

func (p *People) deleteOwnTx(tx *store.Tx, userID string) error {
	for _, table := range ownRows {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1`, userID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE duty SET note = '' WHERE user_id = $1`, userID); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM invitations WHERE invited_by = $1 AND used_at IS NULL`, userID)
	if err != nil {
		return err
	}
	for _, erase := range p.erasers {
		if err := erase(tx, userID); err != nil {
			return err
		}
	}
	return nil
}

// Erasure is an account that was left and of which something is still in channels.
type Erasure struct {
	UserID string
	Posts  bool // what the person wrote goes too
}

// Erasures gives the one that waits longest; false when none does.
func (p *People) Erasures(ctx context.Context) (e Erasure, waits bool, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT user_id, posts FROM erasures ORDER BY at, user_id LIMIT 1`).Scan(&e.UserID, &e.Posts)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		waits = err == nil
		return err
	})
	return e, waits, err
}

// ErasedTx notes that nothing of an account is left to take away.
func (p *People) ErasedTx(tx *store.Tx, userID string) error {
	_, err := tx.Exec(`DELETE FROM erasures WHERE user_id = $1`, userID)
	return err
}

// keptFor is how long is kept what administrators did and what was reported.
const keptFor = 365 * 24 * time.Hour

// Sweep deletes what has been kept for a year: the audit log, settled reports, spans of duty, and invitations that nobody can use any more.
func (p *People) Sweep(ctx context.Context) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		before := tx.Now.Add(-keptFor).UnixMilli()
		for _, statement := range []string{
			`DELETE FROM audit WHERE at < $1`,
			`DELETE FROM reports WHERE standing = 'settled' AND settled_at < $1`,
			`DELETE FROM duty WHERE ended = TRUE AND until_at < $1`,
			`DELETE FROM invitations WHERE expires_at < $1`,
		} {
			if _, err := tx.Exec(statement, before); err != nil {
				return fmt.Errorf("delete what is over a year old: %w", err)
			}
		}
		return nil
	})
}
