// Package store is the SQL under the hub, on SQLite or PostgreSQL with one text for both.
//
// Writing. Write hands a function to the one committer, which runs the functions that wait, one after the
// other, inside one transaction, commits it durably, and only then answers them all. When one of them fails after it
// wrote, all are run once more, each in a savepoint of its own, so that only its own writes are undone.
// So concurrent callers share the cost of a commit (group commit), and no function ever runs beside another:
// on PostgreSQL the committer takes the counter's row lock first, so this holds over all nodes too. There is one lock
// and therefore no order of locks to get wrong.
//
// Positions. Tx.Next gives the next number of the one counter. A number is used up only by a commit, so
// positions have no holes and follow the order of commits on both engines, which a sequence would not do.
//
// Reading. Read gives a consistent snapshot and never waits for the committer.
//
// The order of effects is: the function decides and writes, the commit reaches the disk, functions given to Tx.OnCommit run
// in the order of commits, the callers of Write return.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"panah/hub/fault"
)

// Position is the place of a durable change in the hub's one order of changes. The first one is 1.
type Position int64

// Engine is the kind of database underneath.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options are what Open needs beside the address.
type Options struct {
	// Key encrypts a SQLite file at rest: 64 hexadecimal digits, or empty for no encryption.
	Key string
	// Exclusive refuses to open a SQLite file that another process has opened so. The serving hub sets it.
	Exclusive bool
	// Alone refuses to open a database that a hub serves. Whoever replaces or copies a whole database sets it.
	Alone bool
	// Schema is the number of the migration up to which the schema is brought; 0 means the newest. A database in which no hub has lived yet
	// is taken back to it, any other that is newer is refused.
	Schema int64
	// Now is the clock; nil means the machine's.
	Now func() time.Time
	// Watch hears how transactions went; nil means that nobody does. It must be quick.
	Watch Watch
	// Log gets what cannot be answered to anyone; nil means slog.Default.
	Log *slog.Logger
}

// Watch hears of what the database did.
type Watch interface {
	// Commit tells of a transaction that jobs callers shared, and that is on the disk.
	Commit(jobs int, took time.Duration)
	// Trouble tells that a read or a transaction failed: full, busy, unreachable.
	Trouble(kind string)
}

// troubles are the kinds that Watch hears of.
var troubles = map[*fault.Fault]string{ErrFull: "full", ErrBusy: "busy", ErrUnreachable: "unreachable"}

// watchTrouble tells of an error that is the database's own.
func (db *DB) watchTrouble(err error) error {
	var f *fault.Fault
	if db.watch != nil && errors.As(err, &f) {
		for trouble, kind := range troubles {
			if f.Is(trouble) {
				db.watch.Trouble(kind)
			}
		}
	}
	return err
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	engine Engine
	reads  *sql.DB
	writes *sql.DB
	texts  sync.Map // query → text in the engine's own placeholders
	now    func() time.Time
	log    *slog.Logger
	watch  Watch
	queue  chan []*job // in its order

	remembering sync.Mutex
	memories    []Memory
	left        Position      // the head as this node's last transaction left it
	careful     int           // batches that are still run with care
	closed      chan struct{} // closed by Close
	idle        chan struct{} // closed when the committer has ended
	once        sync.Once
	lock        *os.File
}

// Open opens the database at address, brings its schema up to date and starts the committer.
// Addresses are sqlite:PATH and postgres://…. It refuses a database that is newer than this program, one that is not encoded
// in UTF-8, a file that another hub serves, and a wrong key; each as a fault that names the trouble.
func Open(ctx context.Context, address string, o Options) (*DB, error) {
	db := &DB{now: o.Now, log: o.Log, watch: o.Watch, left: unknown, queue: make(chan []*job, queueSize), closed: make(chan struct{}), idle: make(chan struct{})}
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.Default()
	}
	if err := db.connect(ctx, address, o); err != nil {
		db.release()
		return nil, translate(err)
	}
	if err := db.migrate(ctx, o.Schema); err != nil {
		db.release()
		return nil, translate(err)
	}
	go db.commitLoop()
	return db, nil
}

func (db *DB) connect(ctx context.Context, address string, o Options) error {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return db.openSQLite(ctx, path, o)
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("the database address must begin with sqlite: or postgres://") // never with the address: it may hold a password
	}
	return db.openPostgres(ctx, address, o)
}

// Engine tells which kind of database this is.
func (db *DB) Engine() Engine { return db.engine }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return translate(db.reads.PingContext(ctx))
}

// Close lets the committer finish what it has begun and closes the connections. Writes that still wait are refused.
func (db *DB) Close() error {
	var err error
	db.once.Do(func() {
		close(db.closed)
		<-db.idle
		err = db.release()
	})
	return err
}

func (db *DB) release() error {
	var errs []error
	if db.writes != nil {
		errs = append(errs, db.writes.Close())
	}
	if db.reads != nil {
		errs = append(errs, db.reads.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close()) // closing gives the lock back
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}
