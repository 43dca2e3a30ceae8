package place

import (
	"testing"

	"panah/hub/people"
	"panah/hub/place/allot"
)

// suspend has the network suspend an organisation.
func (c *cast) suspend(id string) {
	c.t.Helper()
	_, err := c.network.SetStanding(c.t.Context(), c.steward, id, people.OrganisationSuspended, "other")
	c.must(err)
}

// TestASuspendedPartner is none.
func TestASuspendedPartner(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.SetPartner(t.Context(), c.head, c.kunduz.ID))
		c.suspend(c.kunduz.ID)
		if id, err := c.places.Partner(t.Context(), c.head); err != nil || id != "" {
			t.Errorf("the partner is %q, %v", id, err)
		}
	})
}

// TestNobodyWaitsForASuspendedShelter: who asked is told that it is closed, and may ask elsewhere.
func TestNobodyWaitsForASuspendedShelter(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, map[string]allot.Units{"women": {Total: 1}}))
		held, waiting := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		c.suspend(c.khatlon.ID)
		c.due()
		for id, by := range map[string]people.Caller{held: c.kunduzWorker, waiting: c.termezWorker} {
			e, err := c.places.Request(t.Context(), by, id)
			if err != nil || e.State != allot.Declined || e.Reason != "closed" {
				t.Errorf("a request is %s, %s, %v", e.State, e.Reason, err)
			}
		}
		c.ledgerAgrees()
	})
}

// TestRequestsOfASuspendedOrganisationGoToItsPartner.
func TestRequestsOfASuspendedOrganisationGoToItsPartner(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, map[string]allot.Units{"women": {Total: 1}}))
		head := c.join(c.steward, c.kunduz, "kunduzhead", people.Admin)
		c.must(c.places.SetPartner(t.Context(), head, c.termez.ID))
		id := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		c.suspend(c.kunduz.ID)
		c.due()
		if e, err := c.places.Request(t.Context(), c.termezWorker, id); err != nil || !e.Mine || e.State != allot.Held {
			t.Errorf("the partner reads %+v, %v", e, err)
		}
	})
}

// TestATransactionIDStandsForOneAct: the same one takes another act on the same thing, and each of them once.
func TestATransactionIDStandsForOneAct(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, map[string]allot.Units{"women": {Total: 1}}))
		id, err := c.places.Ask(t.Context(), c.kunduzWorker, "1", wish(c.shelter))
		c.must(err)
		for range 2 {
			c.must(c.places.Revoke(t.Context(), c.kunduzWorker, "1", id))
		}
		all, err := c.places.Asked(t.Context(), c.kunduzWorker, id)
		c.must(err)
		if len(all) != 1 || all[0].State != allot.Withdrawn {
			t.Errorf("asked are %+v", all)
		}
	})
}
