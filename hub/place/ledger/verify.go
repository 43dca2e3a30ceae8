package ledger

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/keyring"
	"panah/hub/store"
)

// Head is the first line of an export: whose it is, and the public keys with which it was signed, by id.
type Head struct {
	Server string            `json:"server"`
	Keys   map[string]string `json:"keys"` // base64 without padding, for URLs
}

// maxLine bounds a line of an export, in bytes.
const maxLine = 64 << 10

// batch is how many lines are read at once.
const batch = 500

// Trouble is what is wrong with a ledger, and where.
type Trouble struct {
	Shelter string
	Seq     int64 // of the first entry that is wrong
	What    string
}

// Error says it for a log.
func (t *Trouble) Error() string {
	return fmt.Sprintf("the ledger of shelter %s, entry %d: %s", t.Shelter, t.Seq, t.What)
}

// Chain checks the entries of one shelter, one after the other. The zero value with Keys stands before the first one.
type Chain struct {
	Keys   map[string]ed25519.PublicKey
	last   Entry
	hash   string
	usable map[string]int
	taken  map[string]int
	places map[string]Entry // by request: what it has taken
}

// Next checks the entry that comes next: its number, its place in the chain, its hash, its signature, and that no place is given that is not there.
func (c *Chain) Next(l Line) error {
	var e Entry
	if json.Unmarshal(l.Body, &e) != nil {
		return c.wrong("it cannot be read")
	}
	if c.last.Shelter == "" {
		c.last.Shelter = e.Shelter
	}
	canonical, err := gomatrixserverlib.CanonicalJSON(l.Body)
	sum := sha256.Sum256(l.Body)
	switch {
	case err != nil || !bytes.Equal(canonical, l.Body):
		return c.wrong("it is not canonical JSON")
	case e.Shelter != c.last.Shelter:
		return c.wrong("it is of another shelter")
	case e.Seq != c.last.Seq+1:
		return c.wrong("entries are missing before it, or it is there twice")
	case e.Before != c.hash:
		return c.wrong("it does not follow the entry before it")
	case l.Hash != encoded(sum[:]):
		return c.wrong("it was changed")
	case !c.signed(l, sum[:]):
		return c.wrong("it was not signed by the hub")
	}
	if err := c.count(e); err != nil {
		return err
	}
	c.last, c.hash = e, l.Hash
	return nil
}

func (c *Chain) wrong(what string) error { return c.wrongAt(c.last.Seq+1, what) }

func (c *Chain) wrongAt(seq int64, what string) error {
	return &Trouble{Shelter: c.last.Shelter, Seq: seq, What: what}
}

func (c *Chain) signed(l Line, sum []byte) bool {
	key := c.Keys[l.KeyID]
	signature, err := base64.RawURLEncoding.DecodeString(l.Signature)
	return err == nil && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, sum, signature)
}

const (
	// placesMost is how many places one request can have, far above any shelter's: below zero, or so many that sums run over, an entry would
	// hide that others have more than there are.
	placesMost = 10_000
	// openMost is how many requests can have places in one ledger at a time, so that what is remembered of another hub's has an end.
	openMost = 20_000
)

// takes are the states in which a request has places.
var takes = map[string]bool{"held": true, "accepted": true, "arrived": true}

// count follows who has places.
func (c *Chain) count(e Entry) error {
	if c.places == nil {
		c.places, c.taken = map[string]Entry{}, map[string]int{}
	}
	if e.What == Count {
		c.usable = e.Usable
	}
	if e.Request == "" {
		return nil
	}
	before, had := c.places[e.Request]
	switch {
	case takes[e.What] && (e.Places < 1 || e.Places > placesMost):
		return c.wrong("it gives so many places as cannot be")
	case takes[e.What] && !had && len(c.places) >= openMost:
		return c.wrong("more requests have places than can be")
	case takes[e.What] && !had:
		c.places[e.Request] = e
		c.taken[e.Category] += e.Places
		if c.taken[e.Category] > c.usable[e.Category] {
			return c.wrong("more places are given than there are")
		}
	case had && !takes[e.What]:
		delete(c.places, e.Request)
		c.taken[before.Category] -= before.Places
	case had && (before.Category != e.Category || before.Places != e.Places):
		return c.wrong("a request has other places than it was given")
	}
	return nil
}

// Entries is how many were checked.
func (c *Chain) Entries() int64 { return c.last.Seq }

// HasPlaces are the requests that have places after the last entry.
func (c *Chain) HasPlaces() map[string]Entry { return c.places }

// headOf is the head of this hub's exports.
func headOf(ring *keyring.Ring) Head {
	h := Head{Server: ring.ServerName(), Keys: map[string]string{}}
	for id, key := range ring.Public() {
		h.Keys[string(id)] = encoded(key)
	}
	return h
}

// Export writes the ledgers of shelters as JSON lines: the head, and then each shelter's entries in order.
func Export(tx *store.Tx, ring *keyring.Ring, w io.Writer, shelters ...string) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	if err := out.Encode(headOf(ring)); err != nil {
		return fmt.Errorf("export a ledger: %w", err)
	}
	for _, id := range shelters {
		err := each(tx, id, func(l Line) error { return out.Encode(l) })
		if err != nil {
			return fmt.Errorf("export a ledger: %w", err)
		}
	}
	return nil
}

func each(tx *store.Tx, shelterID string, do func(Line) error) error {
	for after := int64(0); ; after += batch {
		lines, err := After(tx, shelterID, after, batch)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if err := do(l); err != nil {
				return err
			}
		}
		if len(lines) < batch {
			return nil
		}
	}
}

// CheckTx checks the ledger of one shelter as it is kept.
func CheckTx(tx *store.Tx, ring *keyring.Ring, shelterID string) (*Chain, error) {
	c := &Chain{Keys: map[string]ed25519.PublicKey{}}
	c.last.Shelter = shelterID
	for id, key := range ring.Public() {
		c.Keys[string(id)] = key
	}
	return c, each(tx, shelterID, c.Next)
}

// Verify checks an export without the hub. key is the public key that whoever verifies trusts, as in the head, or "" to go by the head's keys:
// then it is known that the export is whole and who would have to have signed it. It tells how many entries are in order.
func Verify(r io.Reader, key string) (entries int64, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	var head Head
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &head) != nil || len(head.Keys) == 0 {
		return 0, &Trouble{What: "this is no export of a ledger"}
	}
	keys := map[string]ed25519.PublicKey{}
	for id, text := range head.Keys {
		if raw, err := base64.RawURLEncoding.DecodeString(text); err == nil && (key == "" || text == key) {
			keys[id] = raw
		}
	}
	chains := map[string]*Chain{}
	for lines.Scan() {
		var l Line
		var of struct {
			Shelter string `json:"shelter"`
		}
		if json.Unmarshal(lines.Bytes(), &l) != nil || json.Unmarshal(l.Body, &of) != nil {
			return entries, &Trouble{What: fmt.Sprintf("line %d cannot be read", entries+2)}
		}
		if chains[of.Shelter] == nil {
			chains[of.Shelter] = &Chain{Keys: keys}
		}
		if err := chains[of.Shelter].Next(l); err != nil {
			return entries, err
		}
		entries++
	}
	if err := lines.Err(); err != nil {
		return entries, fmt.Errorf("read an export: %w", err)
	}
	return entries, nil
}
