package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// statementsMost is how many prepared statements one connection keeps.
const statementsMost = 256

// connector opens connections to a SQLite file that keep the statements they have prepared: reading the text of a statement costs SQLite more than
// most of ours cost to run, and the hub has a few hundred texts. pgx does the same for PostgreSQL.
type connector struct {
	sqldriver.Connector
	setUp func(*sqlite3.Conn) error
}

func openKeeping(dsn string, setUp func(*sqlite3.Conn) error) (*sql.DB, error) {
	inner, err := (&driver.SQLite{}).OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{inner, setUp}), nil
}

// Connect opens a connection and sets it up.
func (c connector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, known := opened.(driver.Conn)
	if !known {
		return nil, errors.Join(errors.New("the SQLite driver gives connections of another kind"), opened.Close())
	}
	if err := c.setUp(inner.Raw()); err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	return &keepingConn{Conn: inner, kept: map[string]*keptStmt{}}, nil
}

// keepingConn is used by one goroutine at a time, as database/sql has it.
type keepingConn struct {
	driver.Conn
	kept map[string]*keptStmt
}

// PrepareContext gives the statement that was prepared before, unless its rows are being read just now.
func (c *keepingConn) PrepareContext(ctx context.Context, query string) (sqldriver.Stmt, error) {
	if s := c.kept[query]; s != nil && !s.busy {
		s.busy = true
		return s, nil
	}
	fresh, err := c.Conn.PrepareContext(ctx, query)
	if err != nil || c.kept[query] != nil {
		return fresh, err
	}
	inner, known := fresh.(preparedStmt)
	if !known || !c.room() {
		return fresh, nil
	}
	s := &keptStmt{preparedStmt: inner, busy: true}
	c.kept[query] = s
	return s, nil
}

// BeginTx begins to read by kept statements. Only readers come by here often; the connection lets nobody write (query_only).
func (c *keepingConn) BeginTx(ctx context.Context, options sqldriver.TxOptions) (sqldriver.Tx, error) {
	if !options.ReadOnly {
		return c.Conn.BeginTx(ctx, options)
	}
	return reading{c}, c.run(ctx, "BEGIN")
}

func (c *keepingConn) run(ctx context.Context, statement string) error {
	s, err := c.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	execer, known := s.(sqldriver.StmtExecContext)
	if !known {
		return errors.Join(errors.New("the SQLite driver gives statements of another kind"), s.Close())
	}
	_, err = execer.ExecContext(ctx, nil)
	return errors.Join(err, s.Close())
}

// reading is a snapshot. It ends also when its caller has gone.
type reading struct{ conn *keepingConn }

// Commit ends it.
func (r reading) Commit() error { return r.conn.run(context.Background(), "COMMIT") }

// Rollback ends it.
func (r reading) Rollback() error { return r.conn.run(context.Background(), "ROLLBACK") }

// room lets go of any statement that is not used, if there are too many.
func (c *keepingConn) room() bool {
	if len(c.kept) < statementsMost {
		return true
	}
	for query, s := range c.kept {
		if !s.busy {
			delete(c.kept, query)
			return s.preparedStmt.Close() == nil
		}
	}
	return false
}

// Close ends the statements before the connection, which would not close with them.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.preparedStmt.Close())
	}
	clear(c.kept)
	return errors.Join(append(errs, c.Conn.Close())...)
}

// preparedStmt is what the driver's statements can do.
type preparedStmt interface {
	sqldriver.Stmt
	sqldriver.StmtExecContext
	sqldriver.StmtQueryContext
	sqldriver.NamedValueChecker
}

// keptStmt goes back to its connection when it is closed.
type keptStmt struct {
	preparedStmt
	busy bool
}

// Close never fails: the driver resets a statement when its rows are closed.
func (s *keptStmt) Close() error {
	s.busy = false
	return nil
}
