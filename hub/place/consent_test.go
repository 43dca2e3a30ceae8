package place

import (
	"testing"

	"panah/hub/store"

	"panah/hub/place/allot"
)

// TestAFastClock: a phone whose clock is ahead asks with consent, which is kept as given now; one of another day is refused.
func TestAFastClock(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		now := start.UnixMilli()
		a := wish(c.shelter)
		a.Consent = Consent{Given: "given", At: now + 10*60_000, Words: "v1", Language: "en"}
		id, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), a)
		c.must(err)
		c.must(c.db.Read(t.Context(), func(tx *store.Tx) error {
			kept, err := askTx(tx, id)
			if kept.consent.At > tx.Now.UnixMilli() {
				t.Errorf("kept as given at %d, now is %d", kept.consent.At, tx.Now.UnixMilli())
			}
			return err
		}))
		a.Consent.At = now + 25*60*60_000
		_, err = c.places.Ask(t.Context(), c.kunduzWorker, newID(), a)
		c.wantFault("a day and more ahead", err, "error.place_consent")
	})
}

// TestOneAccountDoesNotHoldEveryPlace: who has thirty requests that are held or wait asks for no more until one of them has ended.
func TestOneAccountDoesNotHoldEveryPlace(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		var last string
		for range mostOpen {
			last = c.ask(c.kunduzWorker, wish(c.shelter))[0]
		}
		_, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), wish(c.shelter))
		c.wantFault("one too many", err, "error.place_many")
		c.ask(c.kunduzColleague, wish(c.shelter))
		c.take(c.kunduzWorker, last, allot.Withdraw, "too_far")
		c.ask(c.kunduzWorker, wish(c.shelter))
	})
}
