package place

import (
	"slices"
	"testing"
	"time"

	"panah/hub/place/allot"
)

// TestJourney: a way over several shelters is one plan; each leg is asked for by itself, and the plan is forgotten after it.
func TestJourney(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		legs := []Leg{{"AF-KDZ", "TJ-KT", "2026-11-24", "worker", ""}, {"TJ-KT", "TJ-DU", "2026-11-26", "partner", ""}}
		for name, bad := range map[string][]Leg{
			"none": nil, "a hole": {legs[0], {"UZ", "TJ-DU", "2026-11-26", "none", ""}}, "back in time": {legs[0], {"TJ-KT", "TJ-DU", "2026-11-23", "none", ""}},
			"nowhere": {{"AF-KDZ", "XX", "2026-11-24", "none", ""}}, "no day": {{"AF-KDZ", "TJ-KT", "soon", "none", ""}}, "alone with whom": {{"AF-KDZ", "TJ-KT", "2026-11-24", "x", ""}},
		} {
			if _, err := c.places.Plan(t.Context(), c.kunduzWorker, newID(), "", bad); err == nil {
				t.Errorf("%s: the plan is taken", name)
			}
		}
		id, err := c.places.Plan(t.Context(), c.kunduzWorker, "1", "", legs)
		c.must(err)
		on := wish(c.shelter)
		on.Journey, on.Leg = id, 1
		_, err = c.places.Ask(t.Context(), c.termezWorker, newID(), on)
		c.wantFault("another's journey", err, "unknown_place_request")
		request := c.ask(c.kunduzWorker, on)[0]
		_, err = c.places.Ask(t.Context(), c.kunduzWorker, newID(), on)
		c.wantFault("a leg that is asked for", err, "error.place_state")
		states := func() []allot.State {
			all, err := c.places.Journeys(t.Context(), c.kunduzColleague)
			c.must(err)
			if len(all) != 1 {
				return nil
			}
			return all[0].States
		}
		if got := states(); !slices.Equal(got, []allot.State{"", allot.Held}) {
			t.Errorf("the legs are %v", got)
		}
		c.take(c.intake, request, allot.Accept, "")
		c.take(c.intake, request, allot.Arrive, "")
		_, err = c.places.Plan(t.Context(), c.kunduzWorker, newID(), id, legs)
		c.wantFault("dropping a leg that is asked for", err, "error.place_state")
		if all, err := c.places.Journeys(t.Context(), c.termezWorker); err != nil || len(all) != 0 {
			t.Errorf("another sees %v, %v", all, err)
		}
		c.clock.pass(10 * 24 * time.Hour)
		c.must(c.places.Sweep(t.Context()))
		if got := states(); !slices.Equal(got, []allot.State{"", allot.Arrived}) {
			t.Errorf("under way, the legs are %v", got)
		}
		c.take(c.intake, request, allot.Leave, "moved_on")
		c.must(c.places.Sweep(t.Context()))
		if got := states(); got != nil {
			t.Errorf("after its end, the legs are %v", got)
		}
	})
}
