package place

import (
	"testing"

	"panah/hub/place/allot"
	"panah/hub/store"
)

// TestConsentIsRecordedLater: who could not be asked agrees later; it is told in the channel, once, and what was taken back does not come again.
func TestConsentIsRecordedLater(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		r := c.request(id)
		given := Consent{Given: "given", At: start.UnixMilli(), Words: "consent-1", Language: "fa-AF"}
		agree := func() error { return c.places.Agree(t.Context(), c.kunduzWorker, newID(), r.AskID, given) }
		c.wantFault("another organisation", c.places.Agree(t.Context(), c.termezWorker, newID(), r.AskID, given), "error.")
		c.wantFault("without its words", c.places.Agree(t.Context(), c.kunduzWorker, newID(), r.AskID, Consent{Given: "given", At: 1}), "error.place_consent")
		c.wantFault("none", c.places.Agree(t.Context(), c.kunduzWorker, newID(), r.AskID, Consent{Given: "none"}), "error.place_consent")
		before := c.posts(r.RoomID)
		c.must(agree())
		c.wantFault("twice", agree(), "error.place_state")
		if said := c.posts(r.RoomID) - before; said != 1 {
			t.Errorf("it was told %d times", said)
		}
		entries, err := c.places.Asked(t.Context(), c.kunduzWorker, r.AskID)
		c.must(err)
		if entries[0].Consent != given {
			t.Errorf("kept as %+v", entries[0].Consent)
		}
		c.must(c.places.Revoke(t.Context(), c.kunduzWorker, newID(), r.AskID))
		c.wantFault("after it was taken back", agree(), "error.place_state")
		c.wantState("taken back", id, allot.Withdrawn)
	})
}

// posts is how many posts a channel has.
func (c *cast) posts(roomID string) (n int) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM events WHERE room_id = $1 AND type = 'm.room.message'`, roomID).Scan(&n)
	}))
	return n
}
