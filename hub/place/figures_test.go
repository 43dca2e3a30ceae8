package place

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/people"
	"panah/hub/place/allot"
)

// TestFigures: small numbers are not told, zero is; who answered how fast is told to the shelter itself and to those who look after the network.
func TestFigures(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.head, newID(), c.shelter, map[string]allot.Units{"women": {Total: 3}, "men": {Total: 2}, "girls": {Total: 0}, "boys": {Total: 9}}))
		first, second := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		c.clock.pass(10 * time.Minute)
		c.take(c.intake, first, allot.Accept, "")
		c.clock.pass(20 * time.Minute)
		c.take(c.intake, second, allot.Decline, "criteria")
		c.ask(c.termezWorker, wish(c.shelter))
		f, err := c.places.Figures(t.Context(), c.head, 1)
		c.must(err)
		want := []Sum{{"TJ", "boys", 9, 0}, {"TJ", "girls", 0, 0}, {"TJ", "men", Suppressed, 0}, {"TJ", "women", Suppressed, 0}}
		if diff := cmp.Diff(want, f.Live); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]Response{{c.shelter, "Lola", 3, 2, 20 * time.Minute}}, f.Response); diff != "" {
			t.Error(diff)
		}
		if f, err = c.places.Figures(t.Context(), c.steward, 1); err != nil || len(f.Response) != 1 || len(f.Live) != 4 {
			t.Errorf("the steward: %+v, %v", f, err)
		}
		if _, err := c.places.Figures(t.Context(), c.kunduzWorker, 1); err == nil {
			t.Error("everybody sees figures")
		}
		look := Search{Request: wish().Request}
		look.Category = "girls"
		unmet := func() int {
			f, err := c.places.Figures(t.Context(), c.head, 1)
			c.must(err)
			if len(f.Unmet) != 1 || f.Unmet[0].Category != "girls" || f.Unmet[0].Month != "2026-11" {
				t.Fatalf("unmet: %+v", f.Unmet)
			}
			return f.Unmet[0].Count
		}
		find := func(who people.Caller) {
			_, err := c.places.Find(t.Context(), who, look)
			c.must(err)
		}
		for range 12 { // looking again the same day is one need
			find(c.kunduzWorker)
		}
		if got := unmet(); got != Suppressed {
			t.Errorf("one need is told as %d", got)
		}
		for _, day := range []int{1, 2, 3} { // three days with three people more
			c.clock.pass(24 * time.Hour)
			for _, who := range []people.Caller{c.kunduzWorker, c.termezWorker, c.kunduzColleague} {
				find(who)
			}
			if got := unmet(); day < 3 && got != Suppressed {
				t.Errorf("after %d days: %d", day, got)
			}
		}
		find(c.intake)
		if got := unmet(); got != 11 {
			t.Errorf("eleven needs are told as %d", got)
		}
	})
}
