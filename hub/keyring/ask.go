package keyring

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

const (
	// maxKeys and maxOldKeys bound what one server publishes. Each of the first kind costs a check of its signature.
	maxKeys    = 8
	maxOldKeys = 100
)

// ask asks a server for its keys, and remembers what came of it.
func (o *others) ask(ctx context.Context, name spec.ServerName) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	now := o.now()
	keys, err := o.published(ctx, name, now)
	if err == nil {
		err = o.keep(ctx, name, keys)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.serverLocked(name)
	for id, k := range keys {
		s.keys[id] = k
	}
	s.failed++
	if err == nil {
		s.failed = 0
	} else {
		o.log.Warn("a server's keys could not be had", "server", name, "err", err)
	}
	s.next = now.Add(pause(s.failed))
	if s.asking != nil {
		close(s.asking)
		s.asking = nil
	}
}

// pause is how long a server is left alone after its answer or its failures in a row.
func pause(failed int) time.Duration {
	wait := askAgain
	for range failed {
		wait = min(2*wait, askLatest)
	}
	return wait
}

// published asks a server, and checks that it speaks of itself and holds each key that it names ("Publishing Keys").
func (o *others) published(ctx context.Context, name spec.ServerName, now time.Time) (map[gomatrixserverlib.KeyID]key, error) {
	answer, err := o.fetch.GetServerKeys(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("ask for keys: %w", err)
	}
	if len(answer.VerifyKeys) > maxKeys || len(answer.OldVerifyKeys) > maxOldKeys {
		return nil, errors.New("too many keys")
	}
	if checks, _ := gomatrixserverlib.CheckKeys(name, time.Unix(0, 0), answer); !checks.AllChecksOK {
		return nil, errors.New("the keys are of another server, or not signed with themselves")
	}
	until := answer.ValidUntilTS.Time()
	if latest := now.Add(furthest); until.After(latest) {
		until = latest
	}
	keys := map[gomatrixserverlib.KeyID]key{}
	for id, old := range answer.OldVerifyKeys {
		if usable(id) && len(old.Key) == ed25519.PublicKeySize && old.ExpiredTS > 0 {
			keys[id] = key{public: ed25519.PublicKey(old.Key), expired: old.ExpiredTS.Time()}
		}
	}
	for id, current := range answer.VerifyKeys {
		if usable(id) { // its size was checked with its signature
			keys[id] = key{public: ed25519.PublicKey(current.Key), until: until}
		}
	}
	return keys, nil
}

// keep writes keys down.
func (o *others) keep(ctx context.Context, name spec.ServerName, keys map[gomatrixserverlib.KeyID]key) error {
	return o.db.Write(ctx, func(tx *store.Tx) error {
		for id, k := range keys {
			_, err := tx.Exec(`INSERT INTO server_keys (server, key_id, public, valid_until, expired_at, fetched_at) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (server, key_id) DO UPDATE SET public = excluded.public, valid_until = excluded.valid_until,
				expired_at = excluded.expired_at, fetched_at = excluded.fetched_at`,
				string(name), string(id), []byte(k.public), millis(k.until), millis(k.expired), tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// millis writes a time as the table has it: 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis)
}

// recall has what the table knows of a server in memory. Another node may have asked meanwhile.
func (o *others) recall(ctx context.Context, name spec.ServerName) (well bool) {
	keys := map[gomatrixserverlib.KeyID]key{}
	err := o.db.Read(ctx, func(tx *store.Tx) error { return readKeys(tx, name, keys) })
	if err != nil {
		o.log.Warn("a server's keys could not be read", "server", name, "err", err)
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.serverLocked(name)
	for id, k := range keys {
		s.keys[id] = k
	}
	return true
}

func readKeys(tx *store.Tx, name spec.ServerName, into map[gomatrixserverlib.KeyID]key) error {
	rows, err := tx.Query(`SELECT key_id, public, valid_until, expired_at FROM server_keys WHERE server = $1`, string(name))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var public []byte
		var until, expired int64
		if err := rows.Scan(&id, &public, &until, &expired); err != nil {
			return fmt.Errorf("read a server's key: %w", err)
		}
		if len(public) != ed25519.PublicKeySize {
			return errors.New("a server's key has the wrong size")
		}
		into[gomatrixserverlib.KeyID(id)] = key{ed25519.PublicKey(public), moment(until), moment(expired)}
	}
	return rows.Err()
}
