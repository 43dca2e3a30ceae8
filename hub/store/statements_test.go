package store_test

import (
	"fmt"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// TestAStatementIsKeptWithoutItsRows: the same text inside its own rows, more texts than are kept, and a table that has changed meanwhile.
func TestAStatementIsKeptWithoutItsRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, name := range []string{"a", "b", "c"} {
			if _, err := remember(db, name); err != nil {
				t.Fatal(err)
			}
		}
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			const query = `SELECT name FROM facts WHERE name > $1 ORDER BY name`
			outer, err := store.All(tx, func(row store.Scanner) (name string, err error) { return name, row.Scan(&name) }, query, "a")
			if err != nil {
				return err
			}
			if got := fmt.Sprint(outer); got != "[b c]" {
				t.Errorf("read %s", got)
			}
			again, err := store.Column(tx, query, "b")
			if got := fmt.Sprint(again); got != "[c]" {
				t.Errorf("read %s the second time", got)
			}
			for n := range 600 {
				var got int
				if err := tx.QueryRow(fmt.Sprintf(`SELECT %d + 0`, n)).Scan(&got); err != nil || got != n {
					t.Fatalf("statement %d gave %d, %v", n, got, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// A table that changes meanwhile is read as it is then.
		last := func() (name string) {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				return tx.QueryRow(`SELECT name FROM facts ORDER BY name DESC LIMIT 1`).Scan(&name)
			})
			if err != nil {
				t.Fatal(err)
			}
			return name
		}
		last()
		for _, change := range []string{`ALTER TABLE facts ADD COLUMN more TEXT`, `CREATE INDEX facts_by_name ON facts (name)`, putFact} {
			var args []any
			if change == putFact {
				args = []any{"z", ""}
			}
			if err := db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(change, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		if got := last(); got != "z" {
			t.Errorf("a kept statement reads %q", got)
		}
	})
}
