package place

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	stormers = 500
	stormed  = 20 // places
)

// TestStorm: five hundred ask at once for twenty places, each twice, as from a line that breaks. Twenty have one, the others wait in their turn.
func TestStorm(t *testing.T) {
	c := gather(open(t, storetest.SQLiteAddress(t), &clock{at: start}))
	c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, map[string]allot.Units{"women": {Total: stormed}}))
	workers := []people.Caller{c.kunduzWorker, c.termezWorker}
	for n := len(workers); n*mostOpen < stormers; n++ {
		workers = append(workers, c.join(c.steward, c.kunduz, fmt.Sprintf("worker%d", n), people.Member))
	}
	ids := make([][2]string, stormers)
	var all sync.WaitGroup
	for i := range stormers {
		for twice := range 2 {
			all.Go(func() {
				id, err := c.places.Ask(t.Context(), workers[i%len(workers)], fmt.Sprint(i), wish(c.shelter))
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
				ids[i][twice] = id
			})
		}
	}
	all.Wait()
	asked := map[string]bool{}
	for i, both := range ids {
		if both[0] != both[1] || both[0] == "" || asked[both[0]] {
			t.Errorf("%d asked as %v", i, both)
		}
		asked[both[0]] = true
	}
	c.ledgerAgrees()
	states := map[allot.State]int{}
	var held, waiting []int64
	c.must(c.db.Read(t.Context(), func(tx *store.Tx) error {
		rows, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r /* reads all */`)
		for _, r := range rows {
			states[r.State]++
			if r.State == allot.Held {
				held = append(held, r.At)
			} else {
				waiting = append(waiting, r.At)
			}
		}
		return err
	}))
	if states[allot.Held] != stormed || states[allot.Waiting] != stormers-stormed {
		t.Errorf("the states are %v", states)
	}
	if slices.Max(held) > slices.Min(waiting) {
		t.Error("somebody who asked later was held before somebody who waits")
	}
}
