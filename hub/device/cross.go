package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"panah/hub/store"
)

// The usages of cross-signing keys (Matrix C-S API, "Cross-signing").
const (
	usageMaster = "master"
	usageSelf   = "self_signing"
	usageUser   = "user_signing"
)

// usages are all of them, in the order in which they depend on each other.
var usages = []string{usageMaster, usageSelf, usageUser}

// CrossSigning is what a person says of their cross-signing keys (Matrix C-S API, POST /keys/device_signing/upload). What is nil stays as it is.
type CrossSigning struct {
	Master      json.RawMessage `json:"master_key"`
	SelfSigning json.RawMessage `json:"self_signing_key"`
	UserSigning json.RawMessage `json:"user_signing_key"`
}

// read checks what was sent, as far as it can be without what is kept.
func (c CrossSigning) read(userID string) (map[string]crossKey, error) {
	keys := map[string]crossKey{}
	for usage, raw := range map[string]json.RawMessage{usageMaster: c.Master, usageSelf: c.SelfSigning, usageUser: c.UserSigning} {
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		key, err := readCrossKey(raw, userID, usage)
		if err != nil {
			return nil, err
		}
		keys[usage] = key
	}
	return keys, nil
}

// ErrReplaces says that keys would take the place of others that the person has, so that they must first show who they are. The first keys
// replace none, and neither do those that are there already (MSC3967).
var ErrReplaces = errors.New("the cross-signing keys take the place of others")

func replaced(had, keys map[string]crossKey) bool {
	if _, has := had[usageMaster]; !has {
		return false
	}
	for usage, key := range keys {
		if old, there := had[usage]; !there || !old.same(key.signed) {
			return true
		}
	}
	return false
}

// SetCrossSigning keeps a person's cross-signing keys. sure says that the person has shown who they are; without it there is ErrReplaces for keys
// that take the place of others. A new master key ends what the old one vouched for.
func (d *Devices) SetCrossSigning(ctx context.Context, userID string, c CrossSigning, sure bool) error {
	keys, err := c.read(userID)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		had, err := crossKeysTx(tx, userID)
		if err != nil {
			return err
		}
		if !sure && replaced(had, keys) {
			return ErrReplaces
		}
		return d.setCrossTx(tx, userID, had, keys)
	})
}

func (d *Devices) setCrossTx(tx *store.Tx, userID string, had, keys map[string]crossKey) error {
	changed := false
	for _, usage := range usages {
		key, given := keys[usage]
		if !given {
			continue
		}
		master := had[usageMaster]
		if usage != usageMaster {
			if err := key.signedBy(userID, master); err != nil {
				return err
			}
		}
		old, there := had[usage]
		if there && old.same(key.signed) {
			continue
		}
		if there && usage == usageMaster {
			if err := dropCrossTx(tx, userID); err != nil {
				return err
			}
			had = map[string]crossKey{}
		}
		if err := keepCrossTx(tx, userID, usage, key, master); err != nil {
			return err
		}
		had[usage], changed = key, true
	}
	if !changed {
		return nil
	}
	return d.crossChangedTx(tx, userID)
}

// signedBy checks that the master key signed another of the same person.
func (k crossKey) signedBy(userID string, master crossKey) error {
	if master.public == nil {
		return invalid("master_key")
	}
	return k.verify(userID, master.id, master.public)
}

// keepCrossTx keeps a key, with the master key's signature alone. What a device says of a new master key is kept if it holds.
func keepCrossTx(tx *store.Tx, userID, usage string, key, master crossKey) error {
	all := signatures{}
	if usage != usageMaster {
		all = signatures{userID: {master.id: key.by(userID, master.id)}}
	}
	kept, err := key.with(all, nil)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO cross_signing_keys (user_id, usage, keys) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, usage) DO UPDATE SET keys = excluded.keys`, userID, usage, string(kept))
	if err != nil || usage != usageMaster {
		return err
	}
	for signer := range key.signatures[userID] {
		if err := vouchTx(tx, userID, key.target(), userID, signer, key.signed); err != nil {
			return err
		}
	}
	return nil
}

// vouchTx keeps a signature by one of the signer's own devices, if it holds.
func vouchTx(tx *store.Tx, userID, target, signer, keyID string, s signed) error {
	device, _ := strings.CutPrefix(keyID, "ed25519:")
	_, keys, err := deviceKeysTx(tx, signer, device)
	if err != nil {
		return err
	}
	public, known := publicKey(keys.Keys[keyID])
	if !known || s.verify(signer, keyID, public) != nil {
		return nil
	}
	return keepSignatureTx(tx, userID, target, signer, keyID, s)
}

// dropCrossTx forgets a person's cross-signing keys, what they vouched for, and what vouched for them.
func dropCrossTx(tx *store.Tx, userID string) error {
	_, err := tx.Exec(`DELETE FROM cross_signing_keys WHERE user_id = $1`, userID)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM key_signatures WHERE signer = $1`, userID); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM key_signatures WHERE user_id = $1 AND target NOT IN (SELECT device_id FROM device_keys WHERE user_id = $1)`, userID)
	return err
}

// crossKeysTx are a person's cross-signing keys, by their usage.
func crossKeysTx(tx *store.Tx, userID string) (map[string]crossKey, error) {
	rows, err := tx.Query(`SELECT usage, keys FROM cross_signing_keys WHERE user_id = $1`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]crossKey{}
	for rows.Next() {
		var usage, raw string
		if err := rows.Scan(&usage, &raw); err != nil {
			return nil, fmt.Errorf("read cross-signing keys: %w", err)
		}
		if all[usage], err = readCrossKey(json.RawMessage(raw), userID, usage); err != nil {
			return nil, err
		}
	}
	return all, rows.Err()
}
