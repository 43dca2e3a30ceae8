package alert

import (
	"testing"

	"panah/hub/people"
	"panah/hub/store"
)

// TestTaken: the truth of a delivery says what is known and no more.
func TestTaken(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.send(c.sender, transitTo(c.dushanbe, c.lahore))
		truth := func(o people.Organisation) Truth {
			d, err := c.alerts.Detail(t.Context(), c.sender, id, "")
			c.Must(err)
			for _, one := range d.Delivery {
				if one.ID == o.ID {
					return one.Truth()
				}
			}
			return ""
		}
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.Must(err)
		if d.Delivery != nil {
			t.Error("others see how it was delivered")
		}
		c.Must(c.alerts.Taken(t.Context(), map[string]store.Position{c.first.UserID: d.Position - 1}))
		if got := truth(c.dushanbe); got != TruthUnknown {
			t.Errorf("a device that stands before it: %s", got)
		}
		c.Must(c.alerts.Taken(t.Context(), map[string]store.Position{c.first.UserID: d.Position}))
		if got := truth(c.dushanbe); got != TruthReached {
			t.Errorf("a device that has taken it: %s", got)
		}
		c.answer(c.first, id, Reply{Answer: Seen})
		if got := truth(c.dushanbe); got != TruthSeen {
			t.Errorf("seen: %s", got)
		}
		c.answer(c.second, id, Reply{Answer: Done})
		if got := truth(c.dushanbe); got != TruthAcknowledged {
			t.Errorf("done: %s", got)
		}
		if got := truth(c.lahore); got != TruthUnknown {
			t.Errorf("the others: %s", got)
		}
	})
}
