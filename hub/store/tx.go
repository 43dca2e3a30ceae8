package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// querier is what a transaction runs on: the committer's connection or a reader's snapshot.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is one function's view of the database. Placeholders are $1, $2, … on both engines. It ends with the function.
type Tx struct {
	// Now is the moment of the transaction, to the millisecond. Rules take it, never the machine's clock.
	Now   time.Time
	db    *DB
	ctx   context.Context
	on    querier
	batch *batchTx // nil in Read
	job   *job
	wrote bool // Exec, Put or Next was called

	assumed bool // Assume said yes
}

// Assume tells whether the function may assume what an INSERT would refute, in place of asking: that nobody used a transaction id before. When that
// or anything else fails, it is run again, and then Assume says no.
func (tx *Tx) Assume() bool {
	if tx.batch == nil || !tx.batch.bold {
		return false
	}
	tx.assumed = true
	return true
}

// Context is the caller's, without its cancellation inside Write.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Engine tells which kind of database this is.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// Exec runs a statement and tells how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	tx.wrote = true
	if err := tx.flush(); err != nil {
		return 0, err
	}
	result, err := tx.on.ExecContext(tx.ctx, tx.db.text(query), args...)
	if err != nil {
		return 0, fmt.Errorf("%.40s…: %w", query, err)
	}
	return result.RowsAffected()
}

// Query runs a query. The caller closes the rows and looks at their Err.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if err := tx.flush(); err != nil {
		return nil, err
	}
	rows, err := tx.on.QueryContext(tx.ctx, tx.db.text(query), args...)
	if err != nil {
		return nil, fmt.Errorf("%.40s…: %w", query, err)
	}
	return rows, nil
}

// QueryRow runs a query for one row; its Scan returns sql.ErrNoRows when there is none.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	tx.flush() // an error breaks the transaction, so the row has one too; runJob answers with this one
	return tx.on.QueryRowContext(tx.ctx, tx.db.text(query), args...)
}

// flush sends what Put has left.
func (tx *Tx) flush() error {
	if tx.batch == nil {
		return nil
	}
	return tx.batch.flush()
}

// Next takes the next position. It is an error in Read.
func (tx *Tx) Next() (Position, error) {
	if tx.batch == nil {
		return 0, errors.New("take a position: the transaction only reads")
	}
	tx.wrote = true
	tx.batch.head++
	return tx.batch.head, nil
}

// Head is the last position taken: by this transaction inside Write, by any commit inside Read.
func (tx *Tx) Head() (Position, error) {
	if tx.batch != nil {
		return tx.batch.head, nil
	}
	var head Position
	if err := tx.QueryRow(`SELECT head FROM counter WHERE id = 1`).Scan(&head); err != nil {
		return 0, fmt.Errorf("read the counter: %w", err)
	}
	return head, nil
}

// OnCommit has fn run after the commit is on disk, in the order of commits and before Write returns. fn must be quick: every
// other writer waits for it. It never runs when the transaction fails, nor in Read.
func (tx *Tx) OnCommit(fn func()) {
	if tx.job != nil {
		tx.job.after = append(tx.job.after, fn)
	}
}

// Read runs fn on one consistent snapshot. Writing in it fails.
func (db *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.engine == Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	on, err := db.reads.BeginTx(ctx, options)
	if err != nil {
		return db.watchTrouble(translate(interrupted(ctx, fmt.Errorf("begin to read: %w", err))))
	}
	err = fn(&Tx{Now: db.now().Truncate(time.Millisecond), db: db, ctx: ctx, on: on})
	return db.watchTrouble(translate(interrupted(ctx, errors.Join(err, ignoreDone(on.Rollback())))))
}

// interrupted says of a read that the end of ctx broke off why it did: SQLite says only that it was broken off, and the pool
// that the connection is gone, if it was closed before the query was sent.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && (errors.Is(err, sqlite3.INTERRUPT) || errors.Is(err, driver.ErrBadConn)) {
		return fmt.Errorf("%w: %v", ctx.Err(), err)
	}
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) {
		return nil // the end of ctx or of the connection has rolled it back already
	}
	return err
}

// discard has the pool throw the connection away.
func (b *batchTx) discard() {
	err := b.conn.Raw(func(any) error { return driver.ErrBadConn })
	if err != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) { // it may be gone by itself
		b.db.log.Warn("a broken connection could not be thrown away", "err", err)
	}
}
