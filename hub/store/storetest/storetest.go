// Package storetest opens fresh databases for tests, on both engines. Nothing in it is a stand-in: SQLite is a file in the
// test's folder, PostgreSQL is the server named by PANAH_TEST_POSTGRES, which `make test` starts.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"panah/hub/store"
)

// Each runs f on a fresh SQLite and on a fresh PostgreSQL database.
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachAddress(t, func(t *testing.T, address string) { f(t, Open(t, address)) })
}

// EachAddress runs f with the address of a fresh database of each engine, for tests that open it several times. PANAH_TEST_ENGINE may name
// one of them, sqlite or postgres: SQLite is Go code here, which the race detector slows down ten times, so `make test` runs one with it
// and the other without.
func EachAddress(t *testing.T, f func(t *testing.T, address string)) {
	t.Helper()
	only := os.Getenv("PANAH_TEST_ENGINE")
	ran := false
	for _, engine := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", SQLiteAddress}, {"postgres", PostgresAddress}} {
		if only == "" || only == engine.name {
			ran = true
			t.Run(engine.name, func(t *testing.T) { f(t, engine.address(t)) })
		}
	}
	if !ran {
		t.Fatalf("PANAH_TEST_ENGINE names no engine: %q", only)
	}
}

// SQLite opens a fresh SQLite database that ends with the test.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, SQLiteAddress(t))
}

// Open opens the database at address and closes it at the end of the test.
func Open(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(func() {
		NoScans(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return db
}

// SQLiteAddress is the address of a file that does not exist yet.
func SQLiteAddress(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "hub.db")
}

// PostgresAddress is the address of a fresh database with the newest schema, dropped at the end of the test.
func PostgresAddress(t testing.TB) string {
	t.Helper()
	server := serverAddress(t)
	name := "t_" + randomName(t)
	template := templateOnce(t, server)
	admin(t, server, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
	t.Cleanup(func() { admin(t, server, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)) })
	return withDatabase(t, server, name)
}

// EmptyPostgresAddress is the address of a fresh database without any schema.
func EmptyPostgresAddress(t testing.TB) string {
	t.Helper()
	server := serverAddress(t)
	name := "t_" + randomName(t)
	admin(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, server, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)) })
	return withDatabase(t, server, name)
}

func serverAddress(t testing.TB) string {
	t.Helper()
	server := os.Getenv("PANAH_TEST_POSTGRES")
	if server == "" {
		t.Fatal("PANAH_TEST_POSTGRES is not set: run the tests with `make test`, which starts a PostgreSQL server for them")
	}
	return server
}

func randomName(t testing.TB) string {
	t.Helper()
	var raw [8]byte
	if _, err := rand.Read(raw[:]); err != nil {
		t.Fatalf("random name: %v", err)
	}
	return hex.EncodeToString(raw[:])
}

func withDatabase(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("PANAH_TEST_POSTGRES: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

func connect(t testing.TB, server string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), server)
	if err != nil {
		t.Fatalf("reach the test PostgreSQL: %v", err)
	}
	return conn
}

// admin runs one statement on the server. It has a context of its own: the test's has ended when it cleans up.
func admin(t testing.TB, server, statement string) {
	t.Helper()
	conn := connect(t, server)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

var (
	templateMade sync.Mutex
	templates    = map[string]string{}
)

// templateOnce migrates one database a schema, which the others are then copied from: a copy takes a tenth of the time.
// The advisory lock keeps test programs that start together from making it twice.
func templateOnce(t testing.TB, server string) string {
	t.Helper()
	templateMade.Lock()
	defer templateMade.Unlock()
	if name := templates[server]; name != "" {
		return name
	}
	name := fmt.Sprintf("panah_template_%08x", schemaSum(t))
	conn := connect(t, server)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock(7008)"); err != nil {
		t.Fatalf("lock the template: %v", err)
	}
	makeTemplate(t, conn, server, name)
	templates[server] = name
	return name
}

func makeTemplate(t testing.TB, conn *pgx.Conn, server, name string) {
	t.Helper()
	var there bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		t.Fatalf("look for the template: %v", err)
	}
	if there {
		return
	}
	working := name + "_w"
	admin(t, server, "DROP DATABASE IF EXISTS "+working)
	admin(t, server, "CREATE DATABASE "+working)
	db, err := store.Open(t.Context(), withDatabase(t, server, working), store.Options{})
	if err != nil {
		t.Fatalf("migrate the template: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("close the template: %v", err)
	}
	admin(t, server, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", working, name))
}

func schemaSum(t testing.TB) uint32 {
	t.Helper()
	sum := fnv.New32a()
	if err := store.WriteSchema(sum); err != nil {
		t.Fatalf("read the schema: %v", err)
	}
	return sum.Sum32()
}
