package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

const putFact = `INSERT INTO facts (name, value) VALUES ($1, $2)`

// TestWhatIsPutIsThereForTheNextStatement: in its order, with the types that Exec takes.
func TestWhatIsPutIsThereForTheNextStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if err := tx.Put(putFact, "put", fmt.Sprint(store.Position(1))); err != nil {
				return err
			}
			if err := tx.Put(`UPDATE facts SET value = $2 WHERE name = $1`, "put", "changed"); err != nil {
				return err
			}
			var value string
			if err := tx.QueryRow(`SELECT value FROM facts WHERE name = $1`, "put").Scan(&value); err != nil || value != "changed" {
				t.Errorf("read %q, %v", value, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestAPutThatFailsUndoesItsOwnFunctionOnly: wherever it is found out, and it says what was wrong with it.
func TestAPutThatFailsUndoesItsOwnFunctionOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := remember(db, "kept"); err != nil {
			t.Fatal(err)
		}
		ask := map[string]func(tx *store.Tx) error{
			"at the end":      func(*store.Tx) error { return nil },
			"by a row":        func(tx *store.Tx) error { var n int; return tx.QueryRow(`SELECT COUNT(*) FROM facts`).Scan(&n) },
			"by rows":         func(tx *store.Tx) error { _, err := store.Column(tx, `SELECT name FROM facts`); return err },
			"by another Exec": func(tx *store.Tx) error { _, err := tx.Exec(putFact, "after", ""); return err },
		}
		var all sync.WaitGroup
		for name, next := range ask {
			for n := range 8 { // beside others that share the transaction
				all.Go(func() {
					err := db.Write(t.Context(), func(tx *store.Tx) error {
						tx.OnCommit(func() { t.Errorf("%s: told of what was undone", name) })
						if err := tx.Put(putFact, "undone", ""); err != nil {
							return err
						}
						if err := tx.Put(putFact, "kept", ""); err != nil { // breaks the primary key
							return err
						}
						return next(tx)
					})
					if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unique") {
						t.Errorf("%s: %v does not say that the name is there already", name, err)
					}
				})
				all.Go(func() {
					if _, err := remember(db, fmt.Sprintf("%s %d", name, n)); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if got := len(facts(t, db)); got != 1+8*len(ask) {
			t.Errorf("there are %d facts", got)
		}
		if err := db.Read(t.Context(), func(tx *store.Tx) error { return tx.Put(putFact, "read", "") }); err == nil {
			t.Error("Read wrote")
		}
	})
}
