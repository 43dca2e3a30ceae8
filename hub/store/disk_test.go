package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

func mustNotContain(t *testing.T, path, text string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(text)) {
		t.Errorf("%s holds %q in clear", path, text)
	}
}

// A database that may not grow answers like a full disk: SQLITE_FULL.
func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	db := storetest.SQLite(t)
	if _, err := remember(db, "before"); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		t.Helper()
		err := db.Write(context.Background(), func(tx *store.Tx) error {
			var got int
			return tx.QueryRow(`PRAGMA max_page_count=` + pages).Scan(&got)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite takes the present size when the limit is below it
	large := strings.Repeat("x", 1<<20)
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Next(); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('large', $1)`, large)
		return err
	})
	if !errors.Is(err, store.ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	limit("1000000")
	at, err := remember(db, "after")
	if err != nil || at != 2 {
		t.Errorf("after room was made: position %d, %v, want 2", at, err)
	}
	if got := facts(t, db); len(got) != 2 {
		t.Errorf("got %v, want two facts", got)
	}
}

// What was deleted is in the file no longer: whoever takes the disk finds nothing that the hub has let go. Closing takes the write-ahead log
// into the file.
func TestDeletedBytesAreGone(t *testing.T) {
	address := storetest.SQLiteAddress(t)
	act := func(query string, args ...any) {
		t.Helper()
		db, err := store.Open(t.Context(), address, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(query, args...); return err })
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	act(`INSERT INTO facts (name, value) VALUES ('kept', 'something that stays'), ('gone', $1)`, "a name taken back, "+strings.Repeat("and its story ", 40))
	act(`DELETE FROM facts WHERE name = 'gone'`)
	mustNotContain(t, strings.TrimPrefix(address, "sqlite:"), "a name taken back")
}
