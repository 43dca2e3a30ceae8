package store_test

import (
	"errors"
	"testing"
	"time"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// commits counts them, and the functions that shared each.
type commits struct{ shared []int }

func (c *commits) Commit(jobs int, _ time.Duration) { c.shared = append(c.shared, jobs) }
func (c *commits) Trouble(string)                   {}

// TestFunctionsInTheirOrder: they share a commit, each sees what those before it wrote, and who fails undoes its own.
func TestFunctionsInTheirOrder(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		seen := &commits{}
		db, err := store.Open(t.Context(), address, store.Options{Watch: seen})
		if err != nil {
			t.Fatal(err)
		}
		seen.shared = nil
		no := errors.New("no")
		var order []int
		put := func(n int, name string, fail error) func(tx *store.Tx) error {
			return func(tx *store.Tx) error {
				var there int
				if err := tx.QueryRow(`SELECT COUNT(*) FROM facts WHERE name LIKE 'each %'`).Scan(&there); err != nil {
					return err
				}
				if err := tx.Put(putFact, name, ""); err != nil {
					return err
				}
				tx.OnCommit(func() { order = append(order, 10*n+there) })
				return fail
			}
		}
		errs := db.WriteEach(t.Context(), put(1, "each one", nil), put(2, "each two", no), put(3, "each three", nil))
		if len(errs) != 3 || errs[0] != nil || !errors.Is(errs[1], no) || errs[2] != nil {
			t.Errorf("answered %v", errs)
		}
		if len(order) != 2 || order[0] != 10 || order[1] != 31 {
			t.Errorf("told in this order, each with how many were there: %v", order)
		}
		if _, there := facts(t, db)["each two"]; there || len(seen.shared) != 1 || seen.shared[0] != 3 {
			t.Errorf("commits of %v functions, and that what failed is there is %v", seen.shared, there)
		}
		if errs := db.WriteEach(t.Context()); len(errs) != 0 {
			t.Errorf("of nothing became %v", errs)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if errs := db.WriteEach(t.Context(), put(1, "late", nil), put(2, "later", nil)); !errors.Is(errs[0], store.ErrClosed) || !errors.Is(errs[1], store.ErrClosed) {
			t.Errorf("after the end: %v", errs)
		}
	})
}
