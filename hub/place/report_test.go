package place

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/place/allot"
	"panah/hub/store"
)

func TestWhatIsPublished(t *testing.T) {
	tests := map[string]struct{ cells, want []Cell }{
		"nothing":                  {nil, nil},
		"all are large":            {[]Cell{{"a", 11}, {"b", 90}}, []Cell{{"a", 11}, {"b", 90}}},
		"none at all is told":      {[]Cell{{"a", 0}, {"b", 12}}, []Cell{{"a", 0}, {"b", 12}}},
		"two are small":            {[]Cell{{"a", 10}, {"b", 90}, {"c", 1}}, []Cell{{"a", Suppressed}, {"b", 90}, {"c", Suppressed}}},
		"one small takes the next": {[]Cell{{"a", 40}, {"b", 90}, {"c", 1}}, []Cell{{"a", Suppressed}, {"b", 90}, {"c", Suppressed}}},
		"one small, and no other":  {[]Cell{{"a", 0}, {"c", 1}}, []Cell{{"a", 0}, {"c", Suppressed}}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, published(test.cells)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestTrends: each day is noted once, whichever node comes to it, and a month is the mean of its days.
func TestTrends(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		count := func(women int) {
			c.must(c.places.Count(t.Context(), c.head, newID(), c.shelter, map[string]allot.Units{"women": {Total: women}, "men": {Total: 1}}))
		}
		for day, women := range []int{4, 8, 9} {
			if day > 0 {
				c.clock.pass(24 * time.Hour)
			}
			count(women)
			c.must(c.places.Sweep(t.Context()))
			count(99)
			c.must(c.places.Sweep(t.Context())) // the day is noted already
		}
		f, err := c.places.Figures(t.Context(), c.steward, 1)
		c.must(err)
		if diff := cmp.Diff([]Trend{{"2026-11", "men", Suppressed}, {"2026-11", "women", 7}}, f.Trends); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]Area{{"TJ-KT", "", 100, 0}, {"TJ-KT", "men", Suppressed, 0}, {"TJ-KT", "women", 99, 0}}, f.Map); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTheYear: what is small is in no report, nor can it be reckoned from what is.
func TestTheYear(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		count := map[string]allot.Units{"women": {Total: 90}, "men": {Total: 9}}
		c.must(c.places.Count(t.Context(), c.head, newID(), c.shelter, count))
		take := func(category string, n int, kind allot.Kind, reason string) {
			for range n {
				w := wish(c.shelter)
				w.Category = category
				id := c.ask(c.kunduzWorker, w)[0]
				c.clock.pass(time.Minute)
				c.take(c.intake, id, kind, reason)
			}
		}
		take("women", 10, allot.Accept, "")
		if f, err := c.places.Figures(t.Context(), c.head, 1); err != nil || len(f.Waits) != 1 || !f.Waits[0].Few {
			t.Errorf("ten waits are told: %+v, %v", f.Waits, err)
		}
		take("women", 12, allot.Decline, "criteria")
		take("women", 3, allot.Decline, "medical")
		take("men", 11, allot.Decline, "criteria")
		take("women", 1, allot.Accept, "")
		r, err := c.places.Report(t.Context(), c.head, 2026)
		c.must(err)
		want := Report{
			Year: 2026, Shelters: []Cell{{"TJ", Suppressed}}, Asked: []Cell{{"men", 11}, {"women", 26}}, Became: []Cell{{"declined", 26}},
			Declined: []Cell{{"criteria", Suppressed}, {"medical", Suppressed}}, Waited: Wait{Median: time.Minute},
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Error(diff)
		}
		if r, err = c.places.Report(t.Context(), c.steward, 2025); err != nil || r.Asked != nil || !r.Waited.Few {
			t.Errorf("the year before: %+v, %v", r, err)
		}
		for _, year := range []int{2019, 2027} {
			_, err = c.places.Report(t.Context(), c.head, year)
			c.wantFault("a year that is not", err, "error.invalid_param")
		}
		_, err = c.places.Report(t.Context(), c.kunduzWorker, 2026)
		c.wantFault("a caseworker", err, "error.role_may_not")
	})
}

// TestTheHubChecksALedger for those who cannot, and says where it is broken.
func TestTheHubChecksALedger(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.ask(c.kunduzWorker, wish(c.shelter))
		if n, trouble, err := c.places.CheckLedger(t.Context(), c.head, c.shelter); err != nil || trouble != nil || n != 2 {
			t.Fatalf("%d entries, %v, %v", n, trouble, err)
		}
		_, _, err := c.places.CheckLedger(t.Context(), c.kunduzWorker, c.shelter)
		c.wantFault("a caseworker", err, "error.role_may_not")
		c.must(c.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE place_ledger /* reads all */ SET body = REPLACE(body, '"places":1', '"places":2') WHERE seq = 2`)
			return err
		}))
		if n, trouble, err := c.places.CheckLedger(t.Context(), c.steward, c.shelter); err != nil || trouble == nil || trouble.Seq != 2 || n != 1 {
			t.Errorf("%d entries, %v, %v", n, trouble, err)
		}
	})
}
