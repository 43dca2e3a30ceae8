package store

import (
	"context"
	"fmt"
	"time"
)

// About is what a database tells of itself.
type About struct {
	Version string    // as the engine writes it
	Durable bool      // a commit waits until it is on the disk, and a power cut leaves no page half written
	Now     time.Time // its clock; a file has that of the node
}

// About asks the database.
func (db *DB) About(ctx context.Context) (a About, err error) {
	if db.engine == SQLite {
		a.Durable, a.Now = true, db.now() // the committer's connection sets synchronous=FULL itself
		err = db.reads.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&a.Version)
	} else {
		// synchronous_commit is set by the hub's own connections.
		err = db.reads.QueryRowContext(ctx, `SELECT current_setting('server_version'), current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on',
			clock_timestamp()`).Scan(&a.Version, &a.Durable, &a.Now)
	}
	if err != nil {
		return a, fmt.Errorf("ask the database about itself: %w", translate(err))
	}
	return a, nil
}
