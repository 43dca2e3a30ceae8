// Package ledger is the record of what became of a shelter's places: every change is an entry, and nothing is ever taken out of it.
//
// Each shelter has a chain of its own. An entry holds the SHA-256 of the one before, as canonical JSON (Matrix specification, appendices,
// "Canonical JSON"), and the hub signs it with its Ed25519 key; so nobody changes, drops or inserts an entry unnoticed, not even whoever holds the
// database without the key. What is missing at the end a chain cannot tell: whoever wants to know keeps an export and compares.
//
// An entry says which request, of which category, how many places and what became of it: a request's id is random and says nothing of anybody,
// and what the request asked for is not in it, so a ledger outlives the details. Verify needs an export and nothing else.
package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/keyring"
	"panah/hub/store"
)

// Entry is one change.
type Entry struct {
	Shelter  string         `json:"shelter"`
	Seq      int64          `json:"seq"` // from 1 in each shelter, without holes
	At       int64          `json:"at"`  // Unix milliseconds
	What     string         `json:"what"`
	Request  string         `json:"request,omitempty"`
	Category string         `json:"category,omitempty"`
	Places   int            `json:"places,omitempty"`
	Usable   map[string]int `json:"usable,omitempty"` // of "count": places that there are to give, by category
	Before   string         `json:"before"`           // hash of the entry before, "" for the first
}

// What an entry may be about, beside the states of requests.
const (
	Count  = "count"  // what the shelter has
	Close  = "close"  // it takes nobody in
	Reopen = "reopen" // it does again
	Freeze = "freeze" // nothing happens there
)

// Line is an entry as it is kept and exported.
type Line struct {
	Body      json.RawMessage `json:"entry"`
	Hash      string          `json:"hash"`
	KeyID     string          `json:"key_id"`
	Signature string          `json:"signature"`
}

// AppendTx puts an entry at the end of its shelter's chain. Seq, At and Before are filled in.
func AppendTx(tx *store.Tx, ring *keyring.Ring, e Entry) error {
	err := tx.QueryRow(`SELECT seq, hash FROM place_ledger WHERE shelter_id = $1 ORDER BY seq DESC LIMIT 1`, e.Shelter).Scan(&e.Seq, &e.Before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("find the end of a ledger: %w", err)
	}
	e.Seq++
	e.At = tx.Now.UnixMilli()
	id, key := ring.Current()
	line, err := sign(e, string(id), key)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO place_ledger (shelter_id, seq, body, hash, key_id, signature) VALUES ($1, $2, $3, $4, $5, $6)`,
		e.Shelter, e.Seq, string(line.Body), line.Hash, line.KeyID, line.Signature)
	return err
}

func sign(e Entry, keyID string, key ed25519.PrivateKey) (Line, error) {
	raw, err := json.Marshal(e)
	if err == nil {
		raw, err = gomatrixserverlib.CanonicalJSON(raw)
	}
	if err != nil {
		return Line{}, fmt.Errorf("write an entry of a ledger: %w", err)
	}
	sum := sha256.Sum256(raw)
	return Line{Body: raw, Hash: encoded(sum[:]), KeyID: keyID, Signature: encoded(ed25519.Sign(key, sum[:]))}, nil
}

func encoded(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Shelters are those that have a ledger.
func Shelters(tx *store.Tx) (ids []string, err error) {
	rows, err := tx.Query(`SELECT DISTINCT shelter_id FROM place_ledger ORDER BY shelter_id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read the ledgers: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// After are at most limit lines of a shelter that come after a number, in order.
func After(tx *store.Tx, shelterID string, after int64, limit int) (lines []Line, err error) {
	rows, err := tx.Query(`SELECT body, hash, key_id, signature FROM place_ledger WHERE shelter_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, shelterID, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var body string
		if err := rows.Scan(&body, &l.Hash, &l.KeyID, &l.Signature); err != nil {
			return nil, fmt.Errorf("read a ledger: %w", err)
		}
		l.Body = json.RawMessage(body)
		lines = append(lines, l)
	}
	return lines, rows.Err()
}
