package device

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/store"
)

// Found are the keys of people and their devices (Matrix C-S API, POST /keys/query).
type Found struct {
	Devices     map[string]map[string]json.RawMessage `json:"device_keys"`
	Master      map[string]json.RawMessage            `json:"master_keys"`
	SelfSigning map[string]json.RawMessage            `json:"self_signing_keys"`
	UserSigning map[string]json.RawMessage            `json:"user_signing_keys"` // the viewer's own alone
	Failures    map[string]json.RawMessage            `json:"failures"`
}

func newFound() *Found {
	return &Found{Devices: map[string]map[string]json.RawMessage{}, Master: map[string]json.RawMessage{}, SelfSigning: map[string]json.RawMessage{},
		UserSigning: map[string]json.RawMessage{}, Failures: map[string]json.RawMessage{}}
}

// Query gives the keys of people, of all their devices or of those that are named, with the signatures that the viewer may see: what people
// say of their own devices and keys, and whom the viewer vouched for. What a device is called is told to its owner alone. People of other
// homeservers are asked for there, unless they are kept; a server that does not answer within wait (at most, and for 0, ten seconds) is among the
// failures.
func (d *Devices) Query(ctx context.Context, viewer string, wait time.Duration, asked map[string][]string) (*Found, error) {
	near, far := byServer(d, asked)
	found, err := d.Known(ctx, viewer, near)
	if err != nil {
		return nil, err
	}
	return found, d.queryFar(ctx, viewer, wait, far, found)
}

// Known is the same of what this hub itself knows. Other homeservers ask for it with no viewer.
func (d *Devices) Known(ctx context.Context, viewer string, asked map[string][]string) (*Found, error) {
	found := newFound()
	users := make([]string, 0, len(asked))
	for user := range asked {
		users = append(users, user)
	}
	slices.Sort(users)
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		for part := range slices.Chunk(users, queriedMost) {
			if err := found.readTx(tx, viewer, part, asked); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

func (f *Found) readTx(tx *store.Tx, viewer string, users []string, asked map[string][]string) error {
	vouched, err := signaturesTx(tx, viewer, users)
	if err != nil {
		return err
	}
	if err := f.devicesTx(tx, viewer, users, asked, vouched); err != nil {
		return err
	}
	return f.crossTx(tx, viewer, users, vouched)
}

// of makes a list of placeholders that begins at $first, and its arguments behind others.
func of(first int, users []string, others ...any) (places string, args []any) {
	all := make([]string, len(users))
	for i, user := range users {
		all[i] = fmt.Sprintf("$%d", first+i)
		others = append(others, user)
	}
	return strings.Join(all, ", "), others
}

// subject is a device or a key that is signed.
type subject struct{ user, target string }

// signaturesTx are the signatures of people's devices and keys, as far as the viewer may see them.
func signaturesTx(tx *store.Tx, viewer string, users []string) (map[subject]signatures, error) {
	places, args := of(2, users, viewer)
	rows, err := tx.Query(`SELECT user_id, target, signer, signer_key, signature FROM key_signatures
		WHERE (signer = $1 OR signer = user_id) AND user_id IN (`+places+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[subject]signatures{}
	for rows.Next() {
		var s subject
		var signer, key, signature string
		if err := rows.Scan(&s.user, &s.target, &signer, &key, &signature); err != nil {
			return nil, fmt.Errorf("read signatures of keys: %w", err)
		}
		if all[s] == nil {
			all[s] = signatures{}
		}
		all[s].add(signer, key, signature)
	}
	return all, rows.Err()
}

func (s signatures) add(signer, key, signature string) {
	if s[signer] == nil {
		s[signer] = map[string]string{}
	}
	s[signer][key] = signature
}

// and gives the object with the signatures that it was kept with and these.
func (s signed) and(vouched signatures, unsigned map[string]string) (json.RawMessage, error) {
	all := signatures{}
	for _, part := range []signatures{s.signatures, vouched} {
		for signer, keys := range part {
			for key, signature := range keys {
				all.add(signer, key, signature)
			}
		}
	}
	return s.with(all, unsigned)
}

func (f *Found) devicesTx(tx *store.Tx, viewer string, users []string, asked map[string][]string, vouched map[subject]signatures) error {
	places, args := of(1, users)
	rows, err := tx.Query(`SELECT k.user_id, k.device_id, k.keys, COALESCE(d.name, '') FROM device_keys k
		LEFT JOIN devices d ON d.user_id = k.user_id AND d.device_id = k.device_id WHERE k.user_id IN (`+places+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for _, user := range users {
		f.Devices[user] = map[string]json.RawMessage{}
	}
	for rows.Next() {
		var user, device, raw, name string
		if err := rows.Scan(&user, &device, &raw, &name); err != nil {
			return fmt.Errorf("read the keys of devices: %w", err)
		}
		if only := asked[user]; len(only) > 0 && !slices.Contains(only, device) {
			continue
		}
		s, err := readSigned(json.RawMessage(raw), keysSize, "device_keys")
		if err != nil {
			return err
		}
		var unsigned map[string]string
		switch viewer {
		case user:
			unsigned = map[string]string{"device_display_name": name}
		case "": // of none at all Dendrite makes null, which clients do not read
			unsigned = map[string]string{}
		}
		if f.Devices[user][device], err = s.and(vouched[subject{user, device}], unsigned); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (f *Found) crossTx(tx *store.Tx, viewer string, users []string, vouched map[subject]signatures) error {
	places, args := of(1, users)
	rows, err := tx.Query(`SELECT user_id, usage, keys FROM cross_signing_keys WHERE user_id IN (`+places+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	lists := map[string]map[string]json.RawMessage{usageMaster: f.Master, usageSelf: f.SelfSigning, usageUser: f.UserSigning}
	for rows.Next() {
		var user, usage, raw string
		if err := rows.Scan(&user, &usage, &raw); err != nil {
			return fmt.Errorf("read cross-signing keys: %w", err)
		}
		if usage == usageUser && user != viewer {
			continue
		}
		key, err := readCrossKey(json.RawMessage(raw), user, usage)
		if err != nil {
			return err
		}
		if lists[usage][user], err = key.and(vouched[subject{user, key.target()}], nil); err != nil {
			return err
		}
	}
	return rows.Err()
}
