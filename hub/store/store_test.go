package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// remember writes one row that carries the position it was given.
func remember(db *store.DB, name string) (store.Position, error) {
	var at store.Position
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		var err error
		if at, err = tx.Next(); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO facts (name, value) VALUES ($1, $2)`, name, fmt.Sprint(at))
		return err
	})
	return at, err
}

func facts(t *testing.T, db *store.DB) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := db.Read(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT name, value FROM facts`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name, value string
			if err := rows.Scan(&name, &value); err != nil {
				return err
			}
			found[name] = value
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("read facts: %v", err)
	}
	return found
}

func head(t *testing.T, db *store.DB) store.Position {
	t.Helper()
	var head store.Position
	if err := db.Read(t.Context(), func(tx *store.Tx) (err error) { head, err = tx.Head(); return err }); err != nil {
		t.Fatalf("read the head: %v", err)
	}
	return head
}

func TestPositionsHaveNoHolesWhateverFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const writers, each = 16, 20
		refused := errors.New("refused")
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					if i%3 == 0 { // takes a position and gives it back
						err := db.Write(context.Background(), func(tx *store.Tx) error {
							if _, err := tx.Next(); err != nil {
								return err
							}
							return refused
						})
						if !errors.Is(err, refused) {
							t.Errorf("got %v, want the function's own error", err)
						}
						continue
					}
					if _, err := remember(db, fmt.Sprintf("%d/%d", w, i)); err != nil {
						t.Errorf("write: %v", err)
					}
				}
			})
		}
		wg.Wait()
		var got []string
		for _, at := range facts(t, db) {
			got = append(got, fmt.Sprintf("%06s", at))
		}
		slices.Sort(got)
		for i, at := range got {
			if want := fmt.Sprintf("%06d", i+1); at != want {
				t.Fatalf("position %d is %s, want %s", i, at, want)
			}
		}
		if got, want := head(t, db), store.Position(len(got)); got != want {
			t.Errorf("head is %d, want %d", got, want)
		}
	})
}

func TestAFailedFunctionUndoesItsOwnWritesOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if _, err := remember(db, "kept"); err != nil {
			t.Fatal(err)
		}
		told := false
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			tx.OnCommit(func() { told = true })
			if _, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('undone', '')`); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('kept', '')`) // breaks the primary key
			return err
		})
		if err == nil {
			t.Fatal("a broken key was accepted")
		}
		if told {
			t.Error("OnCommit ran although nothing was committed")
		}
		if got := facts(t, db); len(got) != 1 {
			t.Errorf("got %v, want only what was kept", got)
		}
		if _, err := remember(db, "after"); err != nil {
			t.Errorf("writing after a failure: %v", err)
		}
	})
}

func TestAPanicStaysWithItsCaller(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var none []error
		err := db.Write(t.Context(), func(*store.Tx) error { return none[len(none)] })
		if err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("got %v, want the panic as an error", err)
		}
		if _, err := remember(db, "after"); err != nil {
			t.Errorf("writing after a panic: %v", err)
		}
	})
}

func TestOnCommitFollowsTheOrderOfCommits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var told []store.Position // only the committer appends
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					at, err := tx.Next()
					tx.OnCommit(func() { told = append(told, at) })
					return err
				})
				if err != nil {
					t.Errorf("write: %v", err)
				}
			})
		}
		wg.Wait()
		if len(told) != 200 || !slices.IsSorted(told) {
			t.Errorf("told %d positions, in order: %v", len(told), slices.IsSorted(told))
		}
	})
}

func TestACallerWhoHangsUpDoesNotCutTheOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, hangUp := context.WithCancel(t.Context())
		err := db.Write(ctx, func(tx *store.Tx) error {
			hangUp()
			_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('x', '')`)
			return err
		})
		if err != nil {
			t.Fatalf("got %v, want the truth: it was committed", err)
		}
		if err := db.Write(ctx, func(*store.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if got := facts(t, db); len(got) != 1 {
			t.Errorf("got %v, want one fact", got)
		}
	})
}

func TestTwoNodesShareOneOrder(t *testing.T) {
	address := storetest.PostgresAddress(t)
	nodes := []*store.DB{storetest.Open(t, address), storetest.Open(t, address)}
	var wg sync.WaitGroup
	for n, db := range nodes {
		for i := range 100 {
			wg.Go(func() {
				if _, err := remember(db, fmt.Sprintf("%d/%d", n, i)); err != nil {
					t.Errorf("write: %v", err)
				}
			})
		}
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, at := range facts(t, nodes[0]) {
		seen[at] = true
	}
	if len(seen) != 200 || head(t, nodes[1]) != 200 {
		t.Errorf("%d different positions and head %d, want 200 and 200", len(seen), head(t, nodes[1]))
	}
}

func TestWhatWasAnsweredSurvivesAnotherOpening(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		db, err := store.Open(t.Context(), address, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := remember(db, "x"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), func(*store.Tx) error { return nil }); !errors.Is(err, store.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		again := storetest.Open(t, address)
		if got := facts(t, again)["x"]; got != "1" {
			t.Errorf("got %q, want 1", got)
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('x', '')`)
			return err
		})
		if err == nil {
			t.Error("a reader wrote")
		}
		err = db.Read(t.Context(), func(tx *store.Tx) error { _, err := tx.Next(); return err })
		if err == nil {
			t.Error("a reader took a position")
		}
	})
}

// TestAReadThatIsBrokenOffSaysWhy: SQLite says only that it was interrupted.
func TestAReadThatIsBrokenOffSaysWhy(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Read(ctx, func(tx *store.Tx) error {
			go cancel()
			var n int64
			return tx.QueryRow(`WITH RECURSIVE forever(n) AS (SELECT 1 UNION ALL SELECT (n + 1) % 1000 FROM forever) SELECT count(*) FROM forever`).Scan(&n)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that the caller hung up", err)
		}
	})
}

func TestReadSeesOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			before, err := tx.Head()
			if err != nil {
				return err
			}
			if _, err := remember(db, "meanwhile"); err != nil {
				return err
			}
			after, err := tx.Head()
			if before != after {
				t.Errorf("the snapshot moved from %d to %d", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		db, err := store.Open(t.Context(), address, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
			return err
		})
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), address, store.Options{}); !errors.Is(err, store.ErrNewer) {
			t.Errorf("got %v, want ErrNewer", err)
		}
	})
}

func TestNodesMigrateAnEmptyDatabaseTogether(t *testing.T) {
	address := storetest.EmptyPostgresAddress(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			db, err := store.Open(context.Background(), address, store.Options{})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
}

func TestTwoHubsOnOneFileAreRefused(t *testing.T) {
	address := storetest.SQLiteAddress(t)
	first, err := store.Open(t.Context(), address, store.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), address, store.Options{Exclusive: true}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := store.Open(t.Context(), address, store.Options{Exclusive: true})
	if err != nil {
		t.Fatalf("after the first one ended: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEncryptedAtRest(t *testing.T) {
	const key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	path := filepath.Join(t.TempDir(), "hub.db")
	db, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remember(db, "a secret that must not be legible"); err != nil {
		t.Fatal(err)
	}
	mustNotContain(t, path, "legible")
	mustNotContain(t, path+"-wal", "legible")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustNotContain(t, path, "SQLite format")
	wrong := strings.Repeat("ff", 32)
	if _, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Key: wrong}); !errors.Is(err, store.ErrKey) {
		t.Errorf("with another key: got %v, want ErrKey", err)
	}
	if _, err := store.Open(t.Context(), "sqlite:"+path, store.Options{}); !errors.Is(err, store.ErrKey) {
		t.Errorf("without a key: got %v, want ErrKey", err)
	}
}

func TestPlaceholdersMayRepeatAndSwap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var got string
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)`, "a", "b").Scan(&got)
		})
		if err != nil || got != "bab" {
			t.Errorf("got %q, %v, want bab", got, err)
		}
	})
}

func TestBadAddresses(t *testing.T) {
	for _, address := range []string{"", "mysql://x", "hub.db", "postgres://user:s3cret@[::1", "postgres://user:s3cret@127.0.0.1:1/x"} {
		_, err := store.Open(t.Context(), address, store.Options{})
		if err == nil {
			t.Errorf("%q was accepted", address)
			continue
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: the error shows the password: %v", address, err)
		}
	}
}

func TestNoRowsStaysNoRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Read(t.Context(), func(tx *store.Tx) error {
			var value string
			return tx.QueryRow(`SELECT value FROM facts WHERE name = $1`, "none").Scan(&value)
		})
		if !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("got %v, want sql.ErrNoRows", err)
		}
	})
}
