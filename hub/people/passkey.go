package people

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"panah/hub/factor"
	"panah/hub/fault"
	"panah/hub/store"
)

const (
	passkeysLimit = 20       // of one person
	answerLimit   = 64 << 10 // bytes of what a passkey answers
)

// Asked is a question to a passkey: Options go to the browser, Token comes back with its answer.
type Asked struct {
	Token   string
	Options json.RawMessage
}

// ownerTx is a person as passkeys know them. A person gets their handle with their first passkey.
func (p *People) ownerTx(tx *store.Tx, person Person) (factor.Owner, error) {
	o := factor.Owner{User: p.localpart(person.UserID), Name: person.Name}
	err := tx.QueryRow(`SELECT handle FROM passkey_owners WHERE user_id = $1`, person.UserID).Scan(&o.Handle)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return o, fmt.Errorf("read a passkey's owner: %w", err)
	}
	o.Passkeys, err = p.passkeysTx(tx, person.UserID)
	return o, err
}

func (p *People) handleTx(tx *store.Tx, userID string) error {
	handle := make([]byte, 64)
	if _, err := rand.Read(handle); err != nil {
		return fmt.Errorf("make a handle: %w", err)
	}
	_, err := tx.Exec(`INSERT INTO passkey_owners (user_id, handle) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING`, userID, handle)
	return err
}

func (p *People) passkeysTx(tx *store.Tx, userID string) ([]factor.Passkey, error) {
	rows, err := tx.Query(`SELECT credential_id, record, sign_count FROM passkeys WHERE user_id = $1 AND cloned_at IS NULL ORDER BY created_at`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []factor.Passkey
	for rows.Next() {
		var k factor.Passkey
		var count int64
		if err := rows.Scan(&k.ID, &k.Record, &count); err != nil {
			return nil, fmt.Errorf("read passkeys: %w", err)
		}
		if k.Record, err = p.seal.Open("passkey "+userID, k.Record); err != nil {
			return nil, err
		}
		k.Count = uint32(count)
		all = append(all, k)
	}
	return all, rows.Err()
}

func passkeyInfosTx(tx *store.Tx, userID string) ([]PasskeyInfo, error) {
	rows, err := tx.Query(`SELECT credential_id, name, created_at, used_at, cloned_at IS NOT NULL FROM passkeys WHERE user_id = $1 ORDER BY created_at`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []PasskeyInfo
	for rows.Next() {
		var k PasskeyInfo
		var created int64
		var used sql.NullInt64
		if err := rows.Scan(&k.ID, &k.Name, &created, &used, &k.Cloned); err != nil {
			return nil, fmt.Errorf("read passkeys: %w", err)
		}
		k.CreatedAt = time.UnixMilli(created)
		if used.Valid {
			k.UsedAt = time.UnixMilli(used.Int64)
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

// BeginPasskey asks the caller's device to make a passkey.
func (p *People) BeginPasskey(ctx context.Context, caller Caller, party *factor.Party) (asked Asked, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		if err := p.handleTx(tx, caller.UserID); err != nil {
			return err
		}
		owner, err := p.ownerTx(tx, caller.Person)
		if err != nil {
			return err
		}
		if len(owner.Passkeys) >= passkeysLimit {
			return fault.InvalidParam("error.too_many_passkeys", "Limit", passkeysLimit)
		}
		options, state, err := party.BeginAdd(owner)
		if err != nil {
			return err
		}
		asked.Options = options
		asked.Token, _, err = p.openCeremonyTx(tx, ceremony{Kind: ceremonyAddKey, UserID: caller.UserID, DeviceID: caller.DeviceID, Data: state}, ChallengeLife)
		return err
	})
	return asked, err
}

// AddPasskey keeps what the device made. With a person's first factor it gives their recovery codes, shown this once.
func (p *People) AddPasskey(ctx context.Context, caller Caller, party *factor.Party, token, name string, answer []byte) (codes []string, err error) {
	if len(answer) > answerLimit {
		return nil, fault.TooLarge(answerLimit)
	}
	c, owner, err := p.takeQuestion(ctx, token, ceremonyAddKey, caller)
	if err != nil {
		return nil, err
	}
	made, err := party.FinishAdd(owner, c.Data, answer)
	if err != nil {
		return nil, refused(err)
	}
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		had, err := hasFactorTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		sealed, err := p.seal.Seal("passkey "+caller.UserID, made.Record)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO passkeys (credential_id, user_id, name, record, sign_count, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (credential_id) DO NOTHING`, made.ID, caller.UserID, cleanDeviceName(name), sealed, int64(made.Count), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			return refused(factor.ErrAnswer)
		}
		codes, err = p.factorAddedTx(tx, caller, !had)
		return err
	})
	return codes, err
}

// RenamePasskey changes what one of the caller's passkeys is called.
func (p *People) RenamePasskey(ctx context.Context, caller Caller, id []byte, name string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE passkeys SET name = $3 WHERE user_id = $1 AND credential_id = $2`, caller.UserID, id, cleanDeviceName(name))
		if err == nil && n == 0 {
			return fault.NotFound("error.no_passkey")
		}
		return err
	})
}

// takeQuestion uses a question up before its answer is looked at, so that no challenge is answered twice, and finds whom it was for.
// caller is empty for those who are not signed in.
func (p *People) takeQuestion(ctx context.Context, token, kind string, caller Caller) (c ceremony, owner factor.Owner, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		if c, err = p.takeCeremonyTx(tx, token, kind); err != nil || c.UserID == "" {
			return err
		}
		if c.UserID != caller.UserID && caller.UserID != "" || c.DeviceID != caller.DeviceID {
			return challengeOver()
		}
		person, err := p.PersonTx(tx, c.UserID)
		if err != nil {
			return err
		}
		owner, err = p.ownerTx(tx, person)
		return err
	})
	return c, owner, err
}

// refused turns an answer that does not fit into what people see; what is our own mistake stays one.
func refused(err error) error {
	if errors.Is(err, factor.ErrAnswer) {
		return fault.Forbidden("error.passkey_refused").Because(err)
	}
	return err
}

// usePasskeyTx notes a use. A counter that did not go on means that somebody may have a copy: the passkey is refused from then on and its
// owner is told. The answer then is a refusal that leaves that standing, so it is given beside the error of the transaction.
func (p *People) usePasskeyTx(tx *store.Tx, userID string, before []factor.Passkey, used factor.Passkey) (refusal, err error) {
	cloned := used.Cloned
	for _, k := range before {
		if bytes.Equal(k.ID, used.ID) && !cloned {
			n, err := p.countUseTx(tx, userID, k, used)
			if err != nil {
				return nil, err
			}
			cloned = n == 0 // another answer with this counter came in between
		}
	}
	if !cloned {
		return nil, nil
	}
	if _, err := tx.Exec(`UPDATE passkeys SET cloned_at = $2 WHERE credential_id = $1`, used.ID, tx.Now.UnixMilli()); err != nil {
		return nil, err
	}
	var name string
	if err := tx.QueryRow(`SELECT name FROM passkeys WHERE credential_id = $1`, used.ID).Scan(&name); err != nil {
		return nil, fmt.Errorf("read a passkey's name: %w", err)
	}
	p.log.Warn("a passkey's counter went back; it is refused from now on", "user", userID)
	p.accountChangedTx(tx, userID)
	err = p.tellTx(tx, Notice{UserID: userID, Kind: NoticePasskeyCloned, About: fmt.Sprintf("%x", hashToken(string(used.ID)))[:24], Detail: map[string]string{"name": name}})
	return fault.Forbidden("error.passkey_cloned"), err
}

func (p *People) countUseTx(tx *store.Tx, userID string, before, used factor.Passkey) (int64, error) {
	sealed, err := p.seal.Seal("passkey "+userID, used.Record)
	if err != nil {
		return 0, err
	}
	return tx.Exec(`UPDATE passkeys SET record = $3, sign_count = $4, used_at = $5 WHERE credential_id = $1 AND sign_count = $2 AND cloned_at IS NULL`,
		used.ID, int64(before.Count), sealed, int64(used.Count), tx.Now.UnixMilli())
}

// AskPasskey asks whoever stands at the door for a passkey of this hub. It tells nothing of who has one.
func (p *People) AskPasskey(ctx context.Context, party *factor.Party, address string) (asked Asked, err error) {
	if err := p.limits.take("look "+address, perTokenLook); err != nil {
		return asked, err
	}
	options, state, err := party.BeginUse(nil)
	if err != nil {
		return asked, err
	}
	asked.Options = options
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		asked.Token, _, err = p.openCeremonyTx(tx, ceremony{Kind: ceremonyEnterKey, Data: state}, ChallengeLife)
		return err
	})
	return asked, err
}

// AskSecondPasskey asks for a passkey of the person whose passphrase was right.
func (p *People) AskSecondPasskey(ctx context.Context, party *factor.Party, challenge string) (asked Asked, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		c, err := p.tryCeremonyTx(tx, challenge, ceremonySignIn)
		if err != nil {
			return err
		}
		asked, err = p.askTx(tx, party, ceremony{Kind: ceremonySecondKey, UserID: c.UserID, From: c.From})
		return err
	})
	return asked, err
}

// AskProof asks the caller for a passkey once more.
func (p *People) AskProof(ctx context.Context, party *factor.Party, caller Caller) (asked Asked, err error) {
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		asked, err = p.askTx(tx, party, ceremony{Kind: ceremonyProveKey, UserID: caller.UserID, DeviceID: caller.DeviceID})
		return err
	})
	return asked, err
}

func (p *People) askTx(tx *store.Tx, party *factor.Party, c ceremony) (asked Asked, err error) {
	person, err := p.PersonTx(tx, c.UserID)
	if err != nil {
		return asked, err
	}
	owner, err := p.ownerTx(tx, person)
	if err != nil {
		return asked, err
	}
	if len(owner.Passkeys) == 0 {
		return asked, fault.NotFound("error.no_passkey")
	}
	if asked.Options, c.Data, err = party.BeginUse(&owner); err != nil {
		return asked, err
	}
	asked.Token, _, err = p.openCeremonyTx(tx, c, ChallengeLife)
	return asked, err
}

// ProvePasskey shows once more who the caller is.
func (p *People) ProvePasskey(ctx context.Context, party *factor.Party, caller Caller, token string, answer []byte) error {
	if len(answer) > answerLimit {
		return fault.TooLarge(answerLimit)
	}
	c, owner, err := p.takeQuestion(ctx, token, ceremonyProveKey, caller)
	if err != nil {
		return err
	}
	used, err := party.FinishUse(owner, c.Data, answer)
	if err != nil {
		return refused(err)
	}
	var refusal error
	err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
		if refusal, err = p.usePasskeyTx(tx, caller.UserID, owner.Passkeys, used); err != nil || refusal != nil {
			return err
		}
		return p.provedTx(tx, caller.UserID, caller.DeviceID, true)
	})
	return errors.Join(err, refusal)
}
