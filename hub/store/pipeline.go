package store

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipeline holds statements whose answers nobody waits for, so that they go to the database in one message: on PostgreSQL each statement that is
// waited for costs a way there and back, which is most of what a send costs.
type pipeline struct {
	waiting []statement
	broken  error // why the transaction takes nothing any more
}

type statement struct {
	text string
	args []any
}

func (l *pipeline) add(text string, args ...any) {
	l.waiting = append(l.waiting, statement{text, args})
}

func (l *pipeline) drop() { l.waiting, l.broken = nil, nil }

// cause is why a job failed: what came after the first statement that broke says only that it was broken.
func (l *pipeline) cause(err error) error {
	if err != nil && l.broken != nil {
		return l.broken
	}
	return err
}

// Put writes without waiting for the answer: what is wrong with it is the error of the next statement, or of the whole function. It is for
// statements of which nobody wants to know how many rows they touched.
func (tx *Tx) Put(query string, args ...any) error {
	if tx.batch == nil || tx.db.engine != Postgres {
		_, err := tx.Exec(query, args...)
		return err
	}
	tx.wrote = true
	for i, arg := range args { // as database/sql does it for Exec
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return fmt.Errorf("%.40s…: %w", query, err)
		}
		args[i] = value
	}
	tx.batch.line.add(query, args...)
	return nil
}

// flush sends what waits, in its order, before anything else is asked.
func (b *batchTx) flush() error {
	if len(b.line.waiting) == 0 {
		return nil
	}
	waiting := b.line.waiting
	b.line.waiting = nil
	b.line.broken = b.send(waiting)
	return b.line.broken
}

func (b *batchTx) send(waiting []statement) error {
	if b.db.engine == Postgres && len(waiting) > 1 {
		return b.conn.Raw(func(conn any) error { return sendTogether(b, conn, waiting) })
	}
	for _, s := range waiting {
		if _, err := b.conn.ExecContext(b.ctx, b.db.text(s.text), s.args...); err != nil {
			return fmt.Errorf("%.40s…: %w", s.text, err)
		}
	}
	return nil
}

func sendTogether(b *batchTx, conn any, waiting []statement) (err error) {
	postgres, known := conn.(*stdlib.Conn)
	if !known {
		return fmt.Errorf("the PostgreSQL driver gives connections of another kind: %T", conn)
	}
	var all pgx.Batch
	for _, s := range waiting {
		all.Queue(s.text, s.args...)
	}
	answers := postgres.Conn().SendBatch(b.ctx, &all)
	for _, s := range waiting {
		if _, err = answers.Exec(); err != nil {
			err = fmt.Errorf("%.40s…: %w", s.text, err)
			break
		}
	}
	if ended := answers.Close(); err == nil {
		err = ended
	}
	return err
}
