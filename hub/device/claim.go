package device

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/store"
)

// Wanted says of which devices one-time keys are wanted, and of which algorithm: by person, then by device.
type Wanted map[string]map[string]string

// Claimed are the keys that were given: by person, then by device, then by "algorithm:id".
type Claimed map[string]map[string]map[string]json.RawMessage

// want is one device of which a key is wanted.
type want struct{ user, device, algorithm string }

// Claim takes one one-time key of each device (Matrix C-S API, POST /keys/claim). Those of other homeservers are asked for there; a server that
// does not answer within wait (at most, and for 0, ten seconds) is among the failures.
func (d *Devices) Claim(ctx context.Context, wait time.Duration, wanted Wanted) (claimed Claimed, failures map[string]json.RawMessage, err error) {
	near, far := byServer(d, wanted)
	if claimed, err = d.Give(ctx, near); err != nil {
		return nil, nil, err
	}
	failures = map[string]json.RawMessage{}
	d.claimFar(ctx, wait, far, claimed, failures)
	return claimed, failures, nil
}

// Give gives away one one-time key of each device of this hub, or its fallback key when none is left. Devices that have neither are left out.
// A key that was given is never given again.
func (d *Devices) Give(ctx context.Context, wanted Wanted) (Claimed, error) {
	claimed := Claimed{}
	for part := range slices.Chunk(wanted.list(), claimedMost) {
		var given []json.RawMessage
		var names []string
		err := d.db.Write(ctx, func(tx *store.Tx) error {
			given, names = nil, nil
			for _, w := range part {
				name, key, err := claimTx(tx, w)
				if err != nil {
					return err
				}
				given, names = append(given, key), append(names, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for i, w := range part {
			if names[i] != "" {
				claimed.add(w, names[i], given[i])
			}
		}
	}
	return claimed, nil
}

// list is all that is wanted, always in the same order.
func (w Wanted) list() []want {
	var all []want
	for user, devices := range w {
		for device, algorithm := range devices {
			if len(user) <= nameLimit && len(device) <= nameLimit {
				all = append(all, want{user, device, algorithm})
			}
		}
	}
	slices.SortFunc(all, func(a, b want) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.device, b.device))
	})
	return all
}

func (c Claimed) add(w want, name string, key json.RawMessage) {
	if c[w.user] == nil {
		c[w.user] = map[string]map[string]json.RawMessage{}
	}
	c[w.user][w.device] = map[string]json.RawMessage{name: key}
}

// claimTx takes the oldest key, and deletes it with the taking.
func claimTx(tx *store.Tx, w want) (name string, key json.RawMessage, err error) {
	for _, statement := range []string{
		`DELETE FROM device_one_time_keys WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 AND key_id = (SELECT key_id FROM device_one_time_keys
			WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 ORDER BY serial LIMIT 1) RETURNING key_id, key`,
		`UPDATE device_fallback_keys SET used = TRUE WHERE user_id = $1 AND device_id = $2 AND algorithm = $3 RETURNING key_id, key`,
	} {
		var id, raw string
		err := tx.QueryRow(statement, w.user, w.device, w.algorithm).Scan(&id, &raw)
		if err == nil {
			return oneTimeKey{algorithm: w.algorithm, id: id}.name(), json.RawMessage(raw), nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return "", nil, fmt.Errorf("claim a key: %w", err)
		}
	}
	return "", nil, nil
}
