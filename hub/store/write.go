package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
)

const (
	queueSize  = 1024             // jobs that may wait; more callers wait to get in
	batchSize  = 256              // jobs that share one commit at the most, and what comes in together with the last of them
	batchLimit = 60 * time.Second // a whole batch, its commit included
	attempts   = 3                // tries of a batch whose transaction the engine gave up
)

// job is one caller's function and its way back.
type job struct {
	ctx   context.Context
	fn    func(tx *Tx) error
	err   error
	after []func()
	done  chan struct{}
}

// Write runs fn inside a durable transaction that it may share with other callers, and returns after the commit is on disk.
// fn runs alone: no other fn runs beside it on any node. It may run more than once, and does when another fn fails beside it, must have no effects but through tx and
// OnCommit, and should be short. An error from fn undoes what fn wrote and is returned as it is. When the disk is full
// or the database cannot be reached, Write returns a fault that says so, and nothing was written.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return db.WriteEach(ctx, fn)[0]
}

// WriteEach is Write for several functions, in their order and in one commit, each with an error of its own that undoes what it wrote and nothing else.
func (db *DB) WriteEach(ctx context.Context, fns ...func(tx *Tx) error) []error {
	if len(fns) == 0 {
		return nil
	}
	jobs, errs := make([]*job, len(fns)), make([]error, len(fns))
	for i, fn := range fns {
		jobs[i] = &job{ctx: ctx, fn: fn, done: make(chan struct{})}
	}
	err := db.enqueue(ctx, jobs)
	for i, j := range jobs {
		if errs[i] = err; err == nil {
			errs[i] = db.outcome(j)
		}
	}
	return errs
}

func (db *DB) enqueue(ctx context.Context, jobs []*job) error {
	select {
	case db.queue <- jobs:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return ErrClosed
	}
}

func (db *DB) outcome(j *job) error {
	select {
	case <-j.done: // also when ctx ends: only the committer knows whether the commit happened
		return j.err
	case <-db.idle:
		return j.refused()
	}
}

// refused is the answer to a job that was still waiting when the committer ended.
func (j *job) refused() error {
	select {
	case <-j.done:
		return j.err
	default:
		return ErrClosed
	}
}

// commitLoop is the committer: the one goroutine that writes. Close ends it and waits for it.
func (db *DB) commitLoop() {
	defer close(db.idle)
	for {
		select {
		case jobs := <-db.queue:
			db.commit(db.waiting(jobs))
		case <-db.closed:
			return
		}
	}
}

// waiting gathers the jobs that are there already; it never waits for more, so a lone writer pays no delay.
func (db *DB) waiting(batch []*job) []*job {
	for len(batch) < batchSize {
		select {
		case jobs := <-db.queue:
			batch = append(batch, jobs...)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch to its end, tells after the commit, and answers every caller.
func (db *DB) commit(batch []*job) {
	var err error
	began := time.Now()
	for range attempts {
		if err = db.try(batch); !givenUp(err) && !errors.Is(err, errStale) {
			break
		}
	}
	if err == nil && db.watch != nil {
		db.watch.Commit(len(batch), time.Since(began))
	}
	failed := db.watchTrouble(translate(err))
	for _, j := range batch {
		if err != nil && j.err == nil {
			j.err = failed
		}
		if j.err == nil {
			j.tell()
		}
		close(j.done)
	}
}

func (j *job) tell() {
	for _, fn := range j.after {
		fn()
	}
}

// carefulFor is for how many batches, after one of which a function failed, each function has its savepoint.
const carefulFor = 8

// errUndo means that a function failed whose writes nothing undoes but the end of the whole transaction.
var errUndo = errors.New("a function failed among others that succeeded")

// try makes one attempt at a batch: boldly, since hardly any function fails, and then with care.
func (db *DB) try(batch []*job) error {
	if db.careful > 0 {
		db.careful--
		return db.attempt(batch, false)
	}
	err := db.attempt(batch, true)
	if !errors.Is(err, errUndo) {
		return err
	}
	db.careful = carefulFor
	return db.attempt(batch, false)
}

// attempt runs a batch in one transaction. Errors of single jobs stay with them; the error returned is the transaction's.
func (db *DB) attempt(batch []*job, bold bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), batchLimit)
	defer cancel()
	conn, err := db.writes.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect for writing: %w", err)
	}
	b := &batchTx{db: db, conn: conn, ctx: ctx, bold: bold}
	if err := b.run(batch); err != nil {
		db.forget()
		return errors.Join(err, b.abandon())
	}
	db.left = b.head
	return conn.Close()
}

// batchTx is the transaction that a batch shares.
type batchTx struct {
	db    *DB
	conn  *sql.Conn
	ctx   context.Context
	head  Position // the counter, as this batch has moved it
	from  Position // the counter, as it stood before
	now   time.Time
	bold  bool // functions have no savepoints: when one fails after it wrote, all are run again, with care
	saved bool // the savepoint stands to which a job that fails goes back
	line  pipeline
}

// errStale means that the connection had ended before anything was done on it: another one may be better.
var errStale = errors.New("the connection had ended")

func (b *batchTx) run(batch []*job) error {
	if err := b.begin(); lost(err) && b.ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errStale, err)
	} else if err != nil {
		return err
	}
	run := b.runCarefully
	if b.bold {
		run = b.runBoldly
	}
	for _, j := range batch {
		if j.err, j.after = j.ctx.Err(), nil; j.err != nil {
			continue
		}
		if err := run(j); err != nil {
			return err
		}
	}
	return b.end()
}

// runBoldly runs one job as a part of the whole. What it did not write need not be undone.
func (b *batchTx) runBoldly(j *job) error {
	tx := b.txFor(j)
	err := b.line.cause(j.run(tx))
	switch {
	case err == nil:
		return nil
	case doomed(err):
		return err
	case tx.wrote || tx.assumed || b.line.broken != nil || sqlState(err) != "":
		return errUndo
	}
	j.err, j.after = translate(err), nil
	return nil
}

// txFor is a job's view of the transaction; without a job it is the committer's own.
func (b *batchTx) txFor(j *job) *Tx {
	tx := &Tx{Now: b.now, db: b.db, ctx: b.ctx, on: b.conn, batch: b, job: j}
	if j != nil {
		tx.ctx = batchContext{b.ctx, j.ctx}
	}
	return tx
}

func (b *batchTx) begin() error {
	begin, lock := "BEGIN IMMEDIATE", ""
	if b.db.engine == Postgres {
		begin, lock = "BEGIN", " FOR UPDATE"
	}
	if err := b.exec(begin); err != nil {
		return err
	}
	row := b.conn.QueryRowContext(b.ctx, "SELECT head FROM counter WHERE id = 1"+lock)
	if err := row.Scan(&b.head); err != nil {
		return fmt.Errorf("take the counter: %w", err)
	}
	b.from = b.head
	b.db.met(b.head)
	b.now = b.db.now().Truncate(time.Millisecond)
	return nil
}

// runCarefully runs one job behind the savepoint. The error returned means that the whole transaction is lost.
func (b *batchTx) runCarefully(j *job) error {
	if !b.saved {
		if err := b.exec("SAVEPOINT job"); err != nil {
			return err
		}
		b.saved = true
	}
	before := b.head
	tx := b.txFor(j)
	if j.err = b.line.cause(j.run(tx)); j.err == nil {
		j.err = b.step(tx)
	}
	if j.err == nil {
		return nil
	}
	b.head, j.after = before, nil
	b.line.drop()
	if tx.wrote {
		b.db.forget()
	}
	if doomed(j.err) {
		err := j.err
		j.err = nil // the whole batch answers for it
		return err
	}
	j.err = translate(j.err)
	return b.exec("ROLLBACK TO SAVEPOINT job") // where the next job begins
}

// step writes what a job has left to be remembered and in the line, and moves the savepoint behind it.
func (b *batchTx) step(tx *Tx) error {
	if err := b.settle(tx); err != nil {
		return b.line.cause(err)
	}
	b.line.add("RELEASE SAVEPOINT job")
	b.line.add("SAVEPOINT job")
	return b.flush()
}

// batchContext has the batch's end and the caller's values: a caller who hangs up must not cut the connection that the
// whole batch shares.
type batchContext struct {
	context.Context
	values context.Context
}

// Value is the caller's.
func (c batchContext) Value(key any) any { return c.values.Value(key) }

// run keeps a panic in one caller's function from taking the committer, and with it every other caller, down.
func (j *job) run(tx *Tx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Internal(fmt.Errorf("panic in a transaction: %v", r))
		}
	}()
	return j.fn(tx)
}

// end moves the counter and commits, on PostgreSQL in one message with all that still waits.
func (b *batchTx) end() error {
	if err := b.settle(b.txFor(nil)); err != nil {
		return b.unlessUndone(err)
	}
	if b.bold && b.db.engine == Postgres {
		b.line.add("SAVEPOINT whole") // PostgreSQL answers COMMIT well also where a statement had failed, and commits nothing: this it refuses
	}
	if b.head != b.from {
		b.line.add("UPDATE counter SET head = $1 WHERE id = 1", int64(b.head))
	}
	b.line.add("COMMIT")
	return b.unlessUndone(b.flush())
}

// unlessUndone is why a transaction could not end, or that it is tried again with care.
func (b *batchTx) unlessUndone(err error) error {
	if b.bold && err != nil && !doomed(err) {
		return errUndo
	}
	return err
}

// abandon ends a transaction that failed. A connection that cannot even roll back is not used again.
func (b *batchTx) abandon() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
	defer cancel()
	if _, err := b.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		b.discard()
	}
	return ignoreDone(b.conn.Close())
}

func (b *batchTx) exec(statement string) error {
	if _, err := b.conn.ExecContext(b.ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
