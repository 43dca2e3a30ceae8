package store

import (
	"context"
	"fmt"
)

// scrubWait is how long Scrub waits for readers, in milliseconds; writers wait behind it meanwhile.
const scrubWait = 250

// Scrub has nothing of what was deleted lie in the files of the database. SQLite overwrites what is deleted (secure_delete), but what was written
// before stands in the write-ahead log until that is emptied into the file; Scrub empties it. clean is false when readers were in the way: then it is
// to be tried again. PostgreSQL overwrites in its own time, and there is nothing to do for it.
func (db *DB) Scrub(ctx context.Context) (clean bool, err error) {
	if db.engine == Postgres {
		return true, nil
	}
	conn, err := db.writes.Conn(ctx) // between two batches of the committer
	if err != nil {
		return false, translate(fmt.Errorf("connect for scrubbing: %w", err))
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout=%d", scrubWait)); err != nil {
		return false, translate(fmt.Errorf("scrub: %w", err))
	}
	var busy, pages, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if _, after := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout=%d", busyTimeout)); err == nil {
		err = after
	}
	if err != nil {
		return false, translate(fmt.Errorf("scrub: %w", err))
	}
	return busy == 0, nil
}
