// Package keyring holds the keys with which this hub signs, and checks signatures of other servers.
//
// The hub's Ed25519 key is made at the first start and kept in the database, so that every node signs with the same one
// and a backup holds it.
//
// Other servers' keys are asked of the servers themselves, when a signature is to be checked for which none is known, and kept in the
// database. Asking waits for a network and keeping for the committer: so signatures of other servers are checked outside of any
// transaction. Nobody is asked again within a while, whatever was answered, so that requests with made-up keys or in the name of a
// silent server cost one question and not one each.
package keyring

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// Ring is the set of keys. Those of this hub do not change after Open.
type Ring struct {
	server spec.ServerName
	id     gomatrixserverlib.KeyID
	key    ed25519.PrivateKey
	known  map[gomatrixserverlib.KeyID]ed25519.PublicKey
	old    map[gomatrixserverlib.KeyID]time.Time // since when a key of known signs no more
	others *others                               // nil for a ring of OpenTx
}

// Open loads this hub's keys, and makes the first one when there is none.
func Open(ctx context.Context, db *store.DB, serverName string) (*Ring, error) {
	return OpenWith(ctx, db, serverName, Options{})
}

// OpenWith is Open with other servers' keys.
func OpenWith(ctx context.Context, db *store.DB, serverName string, o Options) (*Ring, error) {
	r := &Ring{server: spec.ServerName(serverName), others: newOthers(db, o)}
	if err := db.Write(ctx, r.load); err != nil {
		return nil, fmt.Errorf("open the keyring: %w", err)
	}
	return r, nil
}

// OpenTx loads this hub's keys as they stand in tx, which may only read. There may be none.
func OpenTx(tx *store.Tx, serverName string) (*Ring, error) {
	r := &Ring{server: spec.ServerName(serverName)}
	return r, r.read(tx)
}

func (r *Ring) load(tx *store.Tx) error {
	if err := r.read(tx); err != nil || r.key != nil {
		return err
	}
	if err := r.make(tx); err != nil {
		return err
	}
	return r.read(tx)
}

func (r *Ring) read(tx *store.Tx) error {
	rows, err := tx.Query(`SELECT key_id, seed, expired_at FROM signing_keys ORDER BY created_at`)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.known, r.old = map[gomatrixserverlib.KeyID]ed25519.PublicKey{}, map[gomatrixserverlib.KeyID]time.Time{}
	for rows.Next() {
		var id string
		var seed []byte
		var expired sql.NullInt64
		if err := rows.Scan(&id, &seed, &expired); err != nil {
			return fmt.Errorf("read a signing key: %w", err)
		}
		if len(seed) != ed25519.SeedSize {
			return errors.New("a signing key has the wrong size")
		}
		r.add(gomatrixserverlib.KeyID(id), ed25519.NewKeyFromSeed(seed), expired)
	}
	return rows.Err()
}

func (r *Ring) add(id gomatrixserverlib.KeyID, key ed25519.PrivateKey, expired sql.NullInt64) {
	r.known[id] = key.Public().(ed25519.PublicKey)
	if expired.Valid {
		r.old[id] = time.UnixMilli(expired.Int64)
	} else {
		r.id, r.key = id, key
	}
}

// make stores a new key. Its id is drawn from the public key, so that two keys never share one.
func (r *Ring) make(tx *store.Tx) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	id := "ed25519:" + base64.RawURLEncoding.EncodeToString(public[:6])
	_, err = tx.Exec(`INSERT INTO signing_keys (key_id, seed, created_at) VALUES ($1, $2, $3)`,
		id, private.Seed(), tx.Now.UnixMilli())
	return err
}

// Current is the key to sign with.
func (r *Ring) Current() (gomatrixserverlib.KeyID, ed25519.PrivateKey) { return r.id, r.key }

// Public are the public keys with which this hub signs or has signed, by id.
func (r *Ring) Public() map[gomatrixserverlib.KeyID]ed25519.PublicKey { return maps.Clone(r.known) }

// Expired tells since when a key of this hub signs no more, if it is an old one.
func (r *Ring) Expired(id gomatrixserverlib.KeyID) (at time.Time, expired bool) {
	at, expired = r.old[id]
	return at, expired
}

// ServerName is the name that the keys belong to.
func (r *Ring) ServerName() string { return string(r.server) }
