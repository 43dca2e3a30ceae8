package alert

import (
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// TestLife: updates stand on top, a label only tightens, what is over leaves the board, stays in the history for thirty days, and goes.
func TestLife(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		green := transitTo(c.dushanbe)
		green.TLP = Green
		id := c.send(c.sender, green)
		other := c.send(c.sender, transitTo(c.dushanbe))
		board := func(history bool) (ids []string) {
			entries, err := c.alerts.Board(t.Context(), c.first, BoardQuery{History: history, Limit: 50})
			c.Must(err)
			for i := range entries {
				ids = append(ids, entries[i].ID)
			}
			slices.Sort(ids)
			return ids
		}
		update := func(w Wish) error {
			w.Update = id
			_, err := c.alerts.Send(t.Context(), c.senderAdmin, newID(), w)
			return err
		}
		c.Must(update(Wish{Block: Block{Severity: "Extreme", TLP: Amber}}))
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.Must(err)
		if len(d.Versions) != 2 || d.Block.Severity != "Extreme" || d.Block.TLP != Amber || d.Block.Code != "transit" || d.LastEventID == id {
			t.Errorf("after an update: %+v", d.Alert)
		}
		if err := update(Wish{Block: Block{TLP: Green}}); !fault.Forbidden("error.alert_tlp").Is(err) {
			t.Errorf("loosened: %v", err)
		}
		if _, err := c.alerts.Send(t.Context(), c.first, newID(), Wish{Update: id}); !fault.Forbidden("error.alert_not_yours").Is(err) {
			t.Errorf("another organisation updates: %v", err)
		}
		_, err = c.alerts.Cancel(t.Context(), c.steward, other, "a mistake", "en")
		c.Must(err)
		if got := board(false); !slices.Equal(got, []string{id}) {
			t.Errorf("on the board: %v", got)
		}
		c.clock.Pass(48*time.Hour + time.Minute)
		c.due()
		if live, over := board(false), board(true); len(live) != 0 || len(over) != 2 {
			t.Errorf("live %v, over %v", live, over)
		}
		if err := update(Wish{}); !fault.Forbidden("error.alert_over").Is(err) {
			t.Errorf("updated after its end: %v", err)
		}
		c.Must(c.alerts.Sweep(t.Context()))
		if over := board(true); len(over) != 2 {
			t.Errorf("swept too early: %v", over)
		}
		c.clock.Pass(textKept + time.Hour)
		c.Must(c.alerts.Sweep(t.Context()))
		if over := board(true); len(over) != 0 {
			t.Errorf("kept too long: %v", over)
		}
		c.Must(c.DB.Read(t.Context(), func(tx *store.Tx) error {
			e, err := c.Rooms.EventByID(tx, id)
			if err == nil && (!e.Purged || strings.Contains(string(e.PDU), "transit")) {
				t.Errorf("the log still says %s", e.PDU)
			}
			return err
		}))
		figures, err := c.alerts.Figures(t.Context(), c.steward, 12)
		c.Must(err)
		if len(figures) != 1 || figures[0].Sent != 2 {
			t.Errorf("figures: %+v", figures)
		}
	})
}
