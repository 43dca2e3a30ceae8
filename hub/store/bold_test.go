package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestWhatIsAnsweredWellIsThere: also where a function takes no notice of a statement that failed, after which PostgreSQL commits nothing.
func TestWhatIsAnsweredWellIsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := remember(db, "kept"); err != nil {
			t.Fatal(err)
		}
		for name, fail := range map[string]func(tx *store.Tx){
			"a query": func(tx *store.Tx) { var n int; tx.QueryRow(`SELECT CAST(name AS BIGINT) FROM facts`).Scan(&n) },
			"a write": func(tx *store.Tx) { tx.Exec(putFact, "kept", "") },
		} {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				if err := tx.Put(putFact, name, ""); err != nil {
					return err
				}
				fail(tx)
				return nil
			})
			_, there := facts(t, db)[name]
			if there != (err == nil) {
				t.Errorf("%s that failed unnoticed: answered with %v, and that it is there is %v", name, err, there)
			}
		}
	})
}

// TestAFailureAmongOthers: it undoes its own writes alone, each who succeeded is told once, and what was assumed is asked for the second time.
func TestAFailureAmongOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := remember(db, "kept"); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		told := make([]int, 60)
		for n := range told {
			all.Go(func() {
				refused := errors.New("refused")
				name := fmt.Sprint("fact ", n)
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					tx.OnCommit(func() { told[n]++ })
					if n%3 == 1 { // says the same once more, which an INSERT alone finds out
						name = "kept"
					}
					var there int
					if !tx.Assume() {
						if err := tx.QueryRow(`SELECT COUNT(*) FROM facts WHERE name = $1`, name).Scan(&there); err != nil || there > 0 {
							return err
						}
					}
					if err := tx.Put(putFact, name, ""); err != nil {
						return err
					}
					if n%3 == 2 {
						return refused
					}
					return nil
				})
				if n%3 == 2 && !errors.Is(err, refused) || n%3 != 2 && err != nil {
					t.Errorf("%d: %v", n, err)
				}
			})
		}
		all.Wait()
		for n, times := range told {
			if want := map[bool]int{true: 0, false: 1}[n%3 == 2]; times != want {
				t.Errorf("%d was told %d times, want %d", n, times, want)
			}
		}
		if got := len(facts(t, db)); got != 1+20 {
			t.Errorf("there are %d facts", got)
		}
	})
}
