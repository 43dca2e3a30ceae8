package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
)

// Mark is where a chain stood when it was verified: all that is needed to go on later, without the entries up to there.
type Mark struct {
	Shelter string           `json:"shelter"`
	Seq     int64            `json:"seq"`  // of the last entry; 0 before the first
	Hash    string           `json:"hash"` // of the last entry
	Usable  map[string]int   `json:"usable,omitempty"`
	Places  map[string]Entry `json:"places,omitempty"` // by request: what it has taken
}

// Mark is where a chain stands.
func (c *Chain) Mark() Mark {
	return Mark{Shelter: c.last.Shelter, Seq: c.last.Seq, Hash: c.hash, Usable: c.usable, Places: c.places}
}

// Resume is a chain that stands at a mark, and knows no key yet.
func Resume(m Mark) *Chain {
	c := &Chain{Keys: map[string]ed25519.PublicKey{}, last: Entry{Shelter: m.Shelter, Seq: m.Seq}, hash: m.Hash, usable: m.Usable}
	c.places, c.taken = maps.Clone(m.Places), map[string]int{}
	if c.places == nil {
		c.places = map[string]Entry{}
	}
	for _, e := range c.places {
		c.taken[e.Category] += e.Places
	}
	return c
}

// From is the number of the first line that Follow wants to see.
func (c *Chain) From() int64 { return max(1, c.last.Seq) }

// Follow checks lines of a ledger from From on. Where the chain stands at an entry, the first of them must be that very entry: so it is seen when
// what was verified before has been changed or taken away, though what stands there now is a chain of its own.
func (c *Chain) Follow(lines []Line) error {
	if c.last.Seq > 0 {
		if len(lines) == 0 {
			return c.wrongAt(c.last.Seq, "it was there before, and is there no more")
		}
		sum := sha256.Sum256(lines[0].Body)
		if lines[0].Hash != c.hash || encoded(sum[:]) != c.hash {
			return c.wrongAt(c.last.Seq, "another entry stood there before")
		}
		lines = lines[1:]
	}
	for _, l := range lines {
		if err := c.Next(l); err != nil {
			return err
		}
	}
	return nil
}
