package device

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"panah/hub/fault"
	"panah/hub/store"
)

// vouchedMost is how many signatures one request may bring.
const vouchedMost = 1000

// Vouch keeps signatures that a person's keys made: by their devices of their master key, by their self-signing key of their devices, and by
// their user-signing key of others' master keys (Matrix C-S API, POST /keys/signatures/upload). signed is by person, then by device or
// public part of a key. It gives a fault for each that is not kept.
func (d *Devices) Vouch(ctx context.Context, userID string, signed map[string]map[string]json.RawMessage) (map[string]map[string]*fault.Fault, error) {
	count := 0
	for _, targets := range signed {
		count += len(targets)
	}
	if count > vouchedMost {
		return nil, fault.InvalidParam("error.too_many_keys", "Limit", vouchedMost)
	}
	var failed map[string]map[string]*fault.Fault
	err := d.db.Write(ctx, func(tx *store.Tx) error {
		failed = map[string]map[string]*fault.Fault{}
		own, err := crossKeysTx(tx, userID)
		if err != nil {
			return err
		}
		for _, other := range slices.Sorted(maps.Keys(signed)) {
			if err := d.vouchForTx(tx, userID, other, own, signed[other], failed); err != nil {
				return err
			}
		}
		return nil
	})
	return failed, err
}

// vouchForTx keeps signatures of one person's devices and keys. Who vouches for somebody else tells it to their own devices alone.
func (d *Devices) vouchForTx(tx *store.Tx, userID, other string, own map[string]crossKey, targets map[string]json.RawMessage, failed map[string]map[string]*fault.Fault) error {
	var changed []string
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		kept, err := d.vouchOneTx(tx, userID, subject{other, target}, own, targets[target])
		var wrong *fault.Fault
		switch {
		case errors.As(err, &wrong):
			if failed[other] == nil {
				failed[other] = map[string]*fault.Fault{}
			}
			failed[other][target] = wrong
		case err != nil:
			return err
		case kept:
			changed = append(changed, target)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if other != userID {
		return d.noteTx(tx, userID, other)
	}
	isMaster := func(target string) bool { return target == own[usageMaster].target() }
	if slices.ContainsFunc(changed, isMaster) {
		if err := d.crossChangedTx(tx, userID); err != nil {
			return err
		}
	}
	if changed = slices.DeleteFunc(changed, isMaster); len(changed) == 0 {
		return nil
	}
	return d.changedTx(tx, userID, changed...)
}

// vouchOneTx keeps the caller's signatures of one device or key. What is signed must be what the hub knows.
func (d *Devices) vouchOneTx(tx *store.Tx, userID string, of subject, own map[string]crossKey, raw json.RawMessage) (kept bool, err error) {
	s, err := readSigned(raw, keysSize, "signatures")
	if err != nil {
		return false, err
	}
	known, signers, err := signersTx(tx, userID, of, own)
	if err != nil {
		return false, err
	}
	if d.far(of.user) { // their server keeps it: the signature is for the signer's own devices, who compare it with what that says
		theirs, err := readCrossKey(raw, of.user, usageMaster)
		if err != nil || theirs.target() != of.target {
			return false, errSignature(err)
		}
		known = theirs.signed
	}
	if known.members == nil {
		return false, fault.NotFound("error.unknown_device")
	}
	if !known.same(s) {
		return false, errSignature(errors.New("the keys are others than those that the hub knows"))
	}
	found := false
	for keyID := range s.signatures[userID] {
		public := signers[keyID]
		if public == nil {
			continue
		}
		if err := s.verify(userID, keyID, public); err != nil {
			return kept, err
		}
		found = true
		fresh, err := freshTx(tx, of, userID, keyID, s.by(userID, keyID))
		if err != nil {
			return kept, err
		}
		if fresh {
			kept = true
			if err := keepSignatureTx(tx, of.user, of.target, userID, keyID, s); err != nil {
				return kept, err
			}
		}
	}
	if !found {
		return false, errSignature(errors.New("none of the keys signed that may"))
	}
	return kept, nil
}

// signersTx finds what is signed, and the caller's keys that may sign it.
func signersTx(tx *store.Tx, userID string, of subject, own map[string]crossKey) (known signed, signers map[string]ed25519.PublicKey, err error) {
	signers = map[string]ed25519.PublicKey{}
	if of.user != userID {
		theirs, err := crossKeysTx(tx, of.user)
		if err != nil {
			return known, nil, err
		}
		if master := theirs[usageMaster]; master.target() == of.target {
			known = master.signed
		}
		if key := own[usageUser]; key.public != nil {
			signers[key.id] = key.public
		}
		return known, signers, nil
	}
	if master := own[usageMaster]; master.public != nil && master.target() == of.target {
		devices, err := ownDevicesTx(tx, userID)
		return master.signed, devices, err
	}
	known, _, err = deviceKeysTx(tx, userID, of.target)
	if key := own[usageSelf]; key.public != nil {
		signers[key.id] = key.public
	}
	return known, signers, err
}

// ownDevicesTx are the public keys of a person's devices, by the names under which they sign.
func ownDevicesTx(tx *store.Tx, userID string) (map[string]ed25519.PublicKey, error) {
	rows, err := tx.Query(`SELECT device_id, keys FROM device_keys WHERE user_id = $1`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]ed25519.PublicKey{}
	for rows.Next() {
		var device, raw string
		var keys deviceKeys
		if err := rows.Scan(&device, &raw); err != nil {
			return nil, fmt.Errorf("read the keys of devices: %w", err)
		}
		if err := json.Unmarshal([]byte(raw), &keys); err != nil {
			return nil, fmt.Errorf("read the keys of a device: %w", err)
		}
		id := "ed25519:" + device
		if public, ok := publicKey(keys.Keys[id]); ok {
			all[id] = public
		}
	}
	return all, rows.Err()
}

// freshTx reports that a signature is not there yet.
func freshTx(tx *store.Tx, of subject, signer, keyID, signature string) (bool, error) {
	var there bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM key_signatures WHERE user_id = $1 AND target = $2 AND signer = $3 AND signer_key = $4 AND signature = $5)`,
		of.user, of.target, signer, keyID, signature).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("look for a signature: %w", err)
	}
	return !there, nil
}

func keepSignatureTx(tx *store.Tx, userID, target, signer, keyID string, s signed) error {
	_, err := tx.Exec(`INSERT INTO key_signatures (user_id, target, signer, signer_key, signature) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, target, signer, signer_key) DO UPDATE SET signature = excluded.signature`,
		userID, target, signer, keyID, s.by(signer, keyID))
	return err
}
