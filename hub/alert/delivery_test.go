package alert

import (
	"testing"
	"time"

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

// TestDeliveryToThoseOfNoOrganisation: who was called in for others has no row of their own, and who was named has one.
func TestDeliveryToThoseOfNoOrganisation(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		rows := func(id string) map[string]Delivery {
			d, err := c.alerts.Detail(t.Context(), c.sender, id, "")
			c.Must(err)
			all := map[string]Delivery{}
			for _, one := range d.Delivery {
				all[one.ID] = one
			}
			return all
		}
		called := c.send(c.sender, transitTo(c.lahore))
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("before", called, "admin lahore", "steward steward")
		c.answer(c.steward, called, Reply{Answer: CanAct})
		if all := rows(called); len(all) != 2 || all[c.lahore.ID].People != 1 || all[c.herat.ID].People != 1 {
			t.Errorf("with a steward called in: %+v", all)
		}
		red := transitTo()
		red.TLP, red.Audience = Red, Choice{People: []string{c.first.UserID, c.steward.UserID}}
		named := c.send(c.sender, red)
		if all := rows(named); len(all) != 2 || all[c.steward.UserID].Truth() != TruthUnknown || all[c.dushanbe.ID].People != 1 {
			t.Errorf("with a steward named: %+v", all)
		}
		c.answer(c.steward, named, Reply{Answer: CanAct})
		if all := rows(named); all[c.steward.UserID].Truth() != TruthAcknowledged || all[c.dushanbe.ID].Truth() != TruthUnknown {
			t.Errorf("answered by a steward: %+v", all)
		}
	})
}
