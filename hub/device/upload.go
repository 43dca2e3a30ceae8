package device

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// signedCurve is the algorithm of the one-time keys that clients use.
const signedCurve = "signed_curve25519"

// Upload is what a device says of its keys (Matrix C-S API, POST /keys/upload). What is nil stays as it is.
type Upload struct {
	Device   json.RawMessage            `json:"device_keys"`
	OneTime  map[string]json.RawMessage `json:"one_time_keys"` // by "algorithm:id"
	Fallback map[string]json.RawMessage `json:"fallback_keys"` // the same
}

// oneTimeKey is a one-time or fallback key.
type oneTimeKey struct {
	algorithm, id string
	raw           json.RawMessage
}

func (k oneTimeKey) name() string { return k.algorithm + ":" + k.id }

// Upload keeps keys of the caller's device, and gives how many one-time keys of each algorithm it has then. Sending the same again changes
// nothing; another key under the id of one that is there is refused.
func (d *Devices) Upload(ctx context.Context, caller people.Caller, up Upload) (left map[string]int, err error) {
	oneTime, err := readOneTime(up.OneTime, oneTimeMost, "one_time_keys")
	if err != nil {
		return nil, err
	}
	fallback, err := readOneTime(up.Fallback, fallbackMost, "fallback_keys")
	if err != nil {
		return nil, err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		keys, err := d.uploadTx(tx, caller.UserID, caller.DeviceID, up.Device)
		if err != nil {
			return err
		}
		for _, k := range slices.Concat(oneTime, fallback) {
			if err := k.check(caller.UserID, caller.DeviceID, keys); err != nil {
				return err
			}
		}
		if err := addOneTimeTx(tx, caller.UserID, caller.DeviceID, oneTime); err != nil {
			return err
		}
		if err := setFallbackTx(tx, caller.UserID, caller.DeviceID, fallback); err != nil {
			return err
		}
		left, _, err = CountsTx(tx, caller.UserID, caller.DeviceID)
		return err
	})
	return left, err
}

// uploadTx keeps the device's own keys, if there are any in the upload, and gives those that it has. Whoever has other keys than before is
// another to those who know it: what it offered and who vouched for it is gone.
func (d *Devices) uploadTx(tx *store.Tx, userID, device string, raw json.RawMessage) (deviceKeys, error) {
	had, old, err := deviceKeysTx(tx, userID, device)
	if err != nil || len(raw) == 0 || string(raw) == "null" {
		return old, err
	}
	s, keys, err := readDeviceKeys(raw, userID, device)
	if err != nil || s.same(had) {
		return keys, err
	}
	own := "ed25519:" + device
	kept, err := s.with(signatures{userID: {own: s.by(userID, own)}}, nil)
	if err != nil {
		return keys, err
	}
	if had.members != nil && !maps.Equal(old.Keys, keys.Keys) {
		if err := dropOffersTx(tx, userID, device); err != nil {
			return keys, err
		}
	}
	_, err = tx.Exec(`INSERT INTO device_keys (user_id, device_id, keys) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, device_id) DO UPDATE SET keys = excluded.keys`, userID, device, string(kept))
	if err != nil {
		return keys, err
	}
	return keys, d.changedTx(tx, userID, device)
}

func dropOffersTx(tx *store.Tx, userID, device string) error {
	for _, statement := range []string{
		`DELETE FROM device_one_time_keys WHERE user_id = $1 AND device_id = $2`,
		`DELETE FROM device_fallback_keys WHERE user_id = $1 AND device_id = $2`,
		`DELETE FROM key_signatures WHERE user_id = $1 AND target = $2`,
	} {
		if _, err := tx.Exec(statement, userID, device); err != nil {
			return err
		}
	}
	return nil
}

// deviceKeysTx reads a device's keys; there may be none.
func deviceKeysTx(tx *store.Tx, userID, device string) (s signed, k deviceKeys, err error) {
	var raw string
	err = tx.QueryRow(`SELECT keys FROM device_keys WHERE user_id = $1 AND device_id = $2`, userID, device).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return s, k, nil
	}
	if err != nil {
		return s, k, fmt.Errorf("read a device's keys: %w", err)
	}
	if s, err = readSigned(json.RawMessage(raw), keysSize, "device_keys"); err != nil {
		return s, k, err
	}
	return s, k, json.Unmarshal(s.raw, &k)
}

// readOneTime takes one-time or fallback keys apart, in the order of their names.
func readOneTime(all map[string]json.RawMessage, most int, of string) ([]oneTimeKey, error) {
	if len(all) > most {
		return nil, fault.InvalidParam("error.too_many_keys", "Limit", most)
	}
	keys := make([]oneTimeKey, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		algorithm, id, found := strings.Cut(name, ":")
		if !found || algorithm == "" || id == "" || len(name) > nameLimit || len(all[name]) > oneTimeSize {
			return nil, invalid(of)
		}
		keys = append(keys, oneTimeKey{algorithm, id, all[name]})
	}
	return keys, nil
}

// check refuses a signed key that the device did not sign. Those that are not signed are strings.
func (k oneTimeKey) check(userID, device string, keys deviceKeys) error {
	var text string
	if json.Unmarshal(k.raw, &text) == nil && text != "" {
		return nil
	}
	s, err := readSigned(k.raw, oneTimeSize, k.name())
	if err != nil {
		return err
	}
	public, known := publicKey(keys.Keys["ed25519:"+device])
	if !known {
		return invalid("device_keys")
	}
	return s.verify(userID, "ed25519:"+device, public)
}

// same reports that two keys are the same, however they are written.
func (k oneTimeKey) same(other json.RawMessage) bool {
	a, errA := readSigned(k.raw, oneTimeSize, "")
	b, errB := readSigned(other, oneTimeSize, "")
	if errA != nil || errB != nil {
		return string(k.raw) == string(other)
	}
	return a.same(b)
}

// addOneTimeTx keeps the keys that are new.
func addOneTimeTx(tx *store.Tx, userID, device string, keys []oneTimeKey) error {
	if len(keys) == 0 {
		return nil
	}
	had, last, err := oneTimeTx(tx, userID, device)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if old, there := had[k.name()]; there {
			if !k.same(old) {
				return fault.New(http.StatusBadRequest, "M_INVALID_PARAM", "error.key_exists", "Name", k.name())
			}
			continue
		}
		last++
		had[k.name()] = k.raw
		err := tx.Put(`INSERT INTO device_one_time_keys (user_id, device_id, algorithm, key_id, key, serial) VALUES ($1, $2, $3, $4, $5, $6)`,
			userID, device, k.algorithm, k.id, string(k.raw), last)
		if err != nil {
			return err
		}
	}
	if len(had) > oneTimeMost {
		return fault.InvalidParam("error.too_many_keys", "Limit", oneTimeMost)
	}
	return nil
}

// oneTimeTx are the one-time keys that a device has, by name, and the serial of the last of them.
func oneTimeTx(tx *store.Tx, userID, device string) (had map[string]json.RawMessage, last int64, err error) {
	rows, err := tx.Query(`SELECT algorithm, key_id, key, serial FROM device_one_time_keys WHERE user_id = $1 AND device_id = $2`, userID, device)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	had = map[string]json.RawMessage{}
	for rows.Next() {
		var k oneTimeKey
		var raw string
		var serial int64
		if err := rows.Scan(&k.algorithm, &k.id, &raw, &serial); err != nil {
			return nil, 0, fmt.Errorf("read one-time keys: %w", err)
		}
		had[k.name()], last = json.RawMessage(raw), max(last, serial)
	}
	return had, last, rows.Err()
}

// setFallbackTx replaces the fallback keys of the algorithms that are given. The same one, sent again, stays as used as it was.
func setFallbackTx(tx *store.Tx, userID, device string, keys []oneTimeKey) error {
	for _, k := range keys {
		_, err := tx.Exec(`INSERT INTO device_fallback_keys (user_id, device_id, algorithm, key_id, key) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (user_id, device_id, algorithm) DO UPDATE SET key_id = excluded.key_id, key = excluded.key,
			used = device_fallback_keys.used AND device_fallback_keys.key_id = excluded.key_id`, userID, device, k.algorithm, k.id, string(k.raw))
		if err != nil {
			return err
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var kept int
	err := tx.QueryRow(`SELECT COUNT(*) FROM device_fallback_keys WHERE user_id = $1 AND device_id = $2`, userID, device).Scan(&kept)
	if err == nil && kept > fallbackMost {
		err = fault.InvalidParam("error.too_many_keys", "Limit", fallbackMost)
	}
	return err
}
