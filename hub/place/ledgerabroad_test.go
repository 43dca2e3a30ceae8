package place

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/place/ledger"
	"panah/hub/store"
)

// TestALedgerIsForHubsThatAreShownTheShelter: the one that is in its channel of numbers reads it in pages, others learn nothing, and none does of a
// shelter that is shown to nobody outside.
func TestALedgerIsForHubsThatAreShownTheShelter(t *testing.T) {
	w := wire(t, east, west)
	o := w.sides[1]
	for range 3 {
		o.must(o.places.Count(t.Context(), o.intake, newID(), o.shelter, nil))
	}
	lines, err := o.places.LedgerFor(t.Context(), east, o.shelter, 1)
	if err != nil || len(lines) == 0 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if rest, err := o.places.LedgerFor(t.Context(), east, o.shelter, int64(len(lines))); err != nil || len(rest) != 1 || rest[0].Hash != lines[len(lines)-1].Hash {
		t.Errorf("from the last on: %d lines, %v", len(rest), err)
	}
	closed := func(name, server, shelter string) {
		t.Helper()
		if _, err := o.places.LedgerFor(t.Context(), server, shelter, 1); !is(err, errUnknownShelter()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed("a hub that is in no channel", south, o.shelter)
	closed("a shelter that is none", east, "none")
	hidden := profile("Lola")
	hidden.SeenBy = "organisation"
	o.must(o.places.Edit(t.Context(), o.head, o.shelter, hidden))
	closed("a shelter that is shown to its own people alone", east, o.shelter)
}

// mirror gives the ledgers of a house as those of another hub that signs with the same key.
type mirror struct {
	*cast
	silent bool
	change func(lines []ledger.Line) []ledger.Line // on their way
}

func (m *mirror) Ledger(_ context.Context, _, shelterID string, from int64) (lines []ledger.Line, err error) {
	if m.silent {
		return nil, errors.New("nobody answers")
	}
	m.must(m.db.Read(m.t.Context(), func(tx *store.Tx) (err error) {
		lines, err = ledger.After(tx, shelterID, from-1, LedgerPage)
		return err
	}))
	if m.change != nil {
		lines = m.change(lines)
	}
	return lines, nil
}

// forged is an entry after a line that says what the other hub likes to.
func forged(t *testing.T, after ledger.Line, keyID string, key ed25519.PrivateKey, change func(e *ledger.Entry)) ledger.Line {
	t.Helper()
	var e ledger.Entry
	if err := json.Unmarshal(after.Body, &e); err != nil {
		t.Fatal(err)
	}
	e = ledger.Entry{Shelter: e.Shelter, Seq: e.Seq + 1, At: e.At, Before: after.Hash, What: "held", Request: "forged", Category: "women", Places: 1}
	change(&e)
	raw, err := json.Marshal(e)
	if err == nil {
		raw, err = gomatrixserverlib.CanonicalJSON(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	text := base64.RawURLEncoding.EncodeToString
	return ledger.Line{Body: raw, Hash: text(sum[:]), KeyID: keyID, Signature: text(ed25519.Sign(key, sum[:]))}
}

// TestLedgersAbroadAreWatched: looked at when they are due, from where they stood; one that lost its end is told of, and watched again.
func TestLedgersAbroadAreWatched(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		m := &mirror{cast: c}
		var came []string
		c.places.ledgers, c.places.checkedLedger = m, func(result string) { came = append(came, result) }
		id, key := c.places.ring.Current()
		c.write(`INSERT INTO server_keys (server, key_id, public, valid_until, expired_at, fetched_at) VALUES ($1, $2, $3, $4, 0, 0)`,
			west, string(id), []byte(key[32:]), c.clock.now().Add(24*time.Hour).UnixMilli())
		c.write(`INSERT INTO shelters_abroad (shelter_id, server, room_id, says, heard_at) VALUES ($1, $2, '!board:west.example', '{}', 1)`,
			abroadID(c.shelter, west), west)
		look := func(want string, trouble int64) {
			t.Helper()
			came = nil
			c.must(c.places.CheckLedgersAbroad(t.Context()))
			c.must(c.places.CheckLedgersAbroad(t.Context())) // by then it is not due
			if !slices.Equal(came, []string{want}) {
				t.Errorf("it came to %v, want %s", came, want)
			}
			c.must(c.db.Read(t.Context(), func(tx *store.Tx) error {
				verified, server, found, err := LedgersAbroad(tx)
				if verified != 1 || (found != nil) != (trouble > 0) || found != nil && (found.Seq != trouble || found.Shelter != c.shelter || server != west) {
					t.Errorf("%d verified, and %v at %q; want trouble at %d", verified, found, server, trouble)
				}
				return err
			}))
			c.clock.pass(ledgerAgain)
		}
		look("verified", 0)
		c.ask(c.kunduzWorker, wish(c.shelter))
		look("verified", 0)
		m.silent = true
		look("failed", 0)
		m.silent = false
		look("verified", 0)
		last := int64(len(c.lines()))
		c.write(`DELETE FROM place_ledger WHERE shelter_id = $1 AND seq = $2`, c.shelter, last)
		look("broken", last)
		look("verified", last)
		// What is forged comes after the last line, so that the entry after it is found wrong.
		_, stranger, err := ed25519.GenerateKey(nil)
		c.must(err)
		asked := 0
		for name, forge := range map[string]func(end ledger.Line) ledger.Line{
			"more places than there are": func(end ledger.Line) ledger.Line {
				return forged(t, end, string(id), key, func(e *ledger.Entry) { e.Places = 9999 })
			},
			"places below zero": func(end ledger.Line) ledger.Line {
				return forged(t, end, string(id), key, func(e *ledger.Entry) { e.Places = -1 })
			},
			"a stranger's signature": func(end ledger.Line) ledger.Line {
				return forged(t, end, string(id), stranger, func(e *ledger.Entry) { e.What, e.Request = ledger.Close, "" })
			},
			"another shelter": func(end ledger.Line) ledger.Line {
				return forged(t, end, string(id), key, func(e *ledger.Entry) { e.What, e.Request, e.Shelter = ledger.Close, "", "another" })
			},
			"a hole before it": func(end ledger.Line) ledger.Line {
				return forged(t, end, string(id), key, func(e *ledger.Entry) { e.What, e.Request = ledger.Close, ""; e.Seq++ })
			},
		} {
			asked = 0
			m.change = func(lines []ledger.Line) []ledger.Line {
				asked += len(lines)
				return append(lines, forge(lines[len(lines)-1]))
			}
			t.Log(name)
			look("broken", last)
			m.change = nil
			look("verified", last) // from its beginning
		}
		if asked != 1 {
			t.Errorf("%d entries were asked for again, want the last one", asked)
		}
		m.change = func(lines []ledger.Line) []ledger.Line { return slices.Repeat(lines[:1], LedgerPage+1) }
		look("failed", last)
		m.change = nil
		c.clock.pass(troubleKept)
		look("verified", 0)
	})
}

func (c *cast) lines() (lines []ledger.Line) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) (err error) { lines, err = ledger.After(tx, c.shelter, 0, 1000); return err }))
	return lines
}

func (c *cast) write(statement string, args ...any) {
	c.t.Helper()
	c.must(c.db.Write(c.t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(statement, args...); return err }))
}
