package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // encryption at rest
)

// openSQLite opens one connection for the committer and a few for readers. The write-ahead log with synchronous=FULL
// makes every commit durable and lets readers go on during it. With secure_delete what is deleted is overwritten with zeros: whoever
// takes the file finds nothing in it that the hub has let go.
func (db *DB) openSQLite(ctx context.Context, path string, o Options) error {
	db.engine = SQLite
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := db.takeFile(path, o.Exclusive || o.Alone); err != nil {
		return err
	}
	dsn, err := sqliteDSN(path, o.Key)
	if err != nil {
		return err
	}
	if db.writes, err = openPool(dsn+"&_txlock=immediate", 1); err != nil {
		return err
	}
	if err := db.checkSQLite(ctx); err != nil {
		return err
	}
	db.reads, err = openPool(dsn+"&_txlock=deferred&_pragma=query_only(on)", max(4, 2*runtime.NumCPU()))
	return err
}

// busyTimeout is how long a connection waits for another one, in milliseconds.
const busyTimeout = 10_000

func openPool(dsn string, size int) (*sql.DB, error) {
	pool, err := openKeeping(dsn, func(c *sqlite3.Conn) error {
		if err := fts5.Register(c); err != nil {
			return err
		}
		return c.Exec(fmt.Sprintf("PRAGMA busy_timeout=%d; ", busyTimeout) + `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
			PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA secure_delete=ON`)
	})
	if err != nil {
		return nil, fmt.Errorf("open the database file: %w", err)
	}
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// checkSQLite reads the file once, so that a wrong key or a foreign file is found at the start and not at the first write.
func (db *DB) checkSQLite(ctx context.Context) error {
	var tables int
	if err := db.writes.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return fmt.Errorf("read the database file: %w", err)
	}
	return nil
}

func sqliteDSN(path, key string) (string, error) {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	if key == "" {
		return u.String() + "?", nil
	}
	if raw, err := hex.DecodeString(key); err != nil || len(raw) != 32 {
		return "", errors.New("the database key must be 64 hexadecimal digits")
	}
	return u.String() + "?vfs=adiantum&hexkey=" + key, nil
}

// takeFile holds an advisory lock beside the database for as long as the hub serves it: two hubs on one file would each
// follow a log that the other one writes.
func (db *DB) takeFile(path string, exclusive bool) error {
	if !exclusive {
		return nil
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(ErrInUse.Because(err), f.Close())
	}
	db.lock = f
	return nil
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// text turns $1 into ?1 for SQLite, whose driver would count $1 by its order of appearance. Queries are constants of this
// program and have no dollar sign in a literal.
func (db *DB) text(query string) string {
	if db.engine == Postgres {
		return query
	}
	if t, ok := db.texts.Load(query); ok {
		return t.(string)
	}
	t := db.numbered(query)
	db.texts.Store(query, t)
	return t
}

// numbered is text without remembering it, for queries that are made as they are needed.
func (db *DB) numbered(query string) string {
	if db.engine == Postgres {
		return query
	}
	return placeholder.ReplaceAllString(query, "?$1")
}
