package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"

	"panah/hub/fault"
)

// The troubles that a database can have and a person can do something about. Compare with errors.Is.
var (
	// ErrFull: there is no room left on the disk. Nothing was written.
	ErrFull = fault.New(http.StatusInsufficientStorage, "M_RESOURCE_LIMIT_EXCEEDED", "error.store_full")
	// ErrBusy: another program holds the database for longer than we wait.
	ErrBusy = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_busy").After(5 * time.Second)
	// ErrUnreachable: the database does not answer. Nothing is known to be written.
	ErrUnreachable = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_unreachable").After(5 * time.Second)
	// ErrClosed: the hub is going down.
	ErrClosed = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.going_down").After(5 * time.Second)
	// ErrInUse: another hub serves this SQLite file.
	ErrInUse = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_in_use")
	// ErrServed: nodes serve this PostgreSQL database.
	ErrServed = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_served")
	// ErrNewer: the database was written by a newer program.
	ErrNewer = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_newer")
	// ErrOlder: what is to be loaded is of an older program, and the database holds a hub of this one.
	ErrOlder = fault.New(http.StatusConflict, "M_UNKNOWN", "error.store_older")
	// ErrEncoding: the PostgreSQL database is not encoded in UTF-8.
	ErrEncoding = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_encoding")
	// ErrKey: the file is not a database, or its key is another one.
	ErrKey = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_key")
	// ErrAddress: the address of the database cannot be read.
	ErrAddress = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.store_address")
)

// translate gives the engines' errors the faces above. Other errors pass unchanged.
func translate(err error) error {
	var known *fault.Fault
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case noRoom(err):
		return ErrFull.Because(err)
	case errors.Is(err, sqlite3.NOTADB):
		return ErrKey.Because(err)
	case errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) || waitedTooLong(err):
		return ErrBusy.Because(err)
	case lost(err) || errors.Is(err, sqlite3.IOERR):
		return ErrUnreachable.Because(err)
	}
	return err
}

// sqlState is PostgreSQL's error code (PostgreSQL manual, appendix A), or "".
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// noRoom tells whether the disk is full. The driver gives SQLite's general errors of writing and of the shared index for that too, so a broken disk is taken
// for a full one: both are a steward's to look at.
func noRoom(err error) bool {
	for _, full := range []error{sqlite3.FULL, sqlite3.IOERR_WRITE, sqlite3.IOERR_SHMSIZE, syscall.ENOSPC} {
		if errors.Is(err, full) {
			return true
		}
	}
	return sqlState(err) == "53100"
}

// waitedTooLong tells whether PostgreSQL ended a statement because of statement_timeout: another node is at it.
func waitedTooLong(err error) bool { return sqlState(err) == "57014" }

// lost tells whether the connection is gone, and the transaction with it: class 08 and 57P are PostgreSQL's own words for it, and 25P03 what it says to
// one that kept a transaction open for too long. A server that is killed says nothing: the bytes end.
func lost(err error) bool {
	var dial *pgconn.ConnectError
	var network *net.OpError
	for _, gone := range []error{driver.ErrBadConn, sql.ErrConnDone, pgconn.ErrConnClosed, io.ErrUnexpectedEOF, io.EOF, context.DeadlineExceeded} {
		if errors.Is(err, gone) {
			return true
		}
	}
	state := sqlState(err)
	return errors.As(err, &dial) || errors.As(err, &network) ||
		strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") || state == "25P03"
}

// doomed tells whether an error of one function takes the whole transaction with it: SQLite rolls everything back on these
// by itself (SQLite, "Response To Errors Within A Transaction").
func doomed(err error) bool {
	return lost(err) || givenUp(err) || errors.Is(err, sqlite3.FULL) || errors.Is(err, sqlite3.IOERR) || errors.Is(err, sqlite3.NOMEM)
}

// givenUp tells whether the engine gave the transaction up and asks for another try: nothing was committed.
func givenUp(err error) bool {
	state := sqlState(err)
	return state == "40001" || state == "40P01"
}
