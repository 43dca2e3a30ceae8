package node_test

import (
	"os"
	"testing"

	"panah/hub/node"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

func write(t *testing.T, db *store.DB, statements ...string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// makeNewer leaves the trace of a migration that this program does not know.
func makeNewer(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
}

// breakLog takes an event out of the log under the state that stands on it, and moves another past the counter.
func breakLog(t *testing.T, address string) {
	t.Helper()
	db := storetest.Open(t, address)
	write(t, db,
		`DELETE FROM events WHERE position = 1`,
		`UPDATE events SET position = 1000000 WHERE position = 2`)
}

// redisAddress configures a node for the Redis that `make test` starts.
func redisAddress(t *testing.T) func(*node.Config) {
	t.Helper()
	address := os.Getenv("PANAH_TEST_REDIS")
	if address == "" {
		t.Fatal("PANAH_TEST_REDIS is not set: run the tests with `make test`, which starts a Redis server for them")
	}
	return func(c *node.Config) { c.RedisURL = address }
}
