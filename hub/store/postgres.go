package store

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres opens a connection for the committer and a pool for readers. The committer's commits wait for the
// disk whatever the server's default is.
func (db *DB) openPostgres(ctx context.Context, address string) error {
	db.engine = Postgres
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return ErrAddress // without the cause: it may quote the password
	}
	config.ConnectTimeout = 10 * time.Second
	db.reads = stdlib.OpenDB(*config)
	db.reads.SetMaxOpenConns(max(8, 4*runtime.NumCPU()))
	db.reads.SetMaxIdleConns(max(4, 2*runtime.NumCPU()))
	writing := config.Copy()
	writing.RuntimeParams["synchronous_commit"] = "on"
	writing.RuntimeParams["statement_timeout"] = "30000"
	// A node that vanishes, or stands still, in the middle of a transaction holds the counter: without this no other node could write until the
	// network notices, which takes hours where nobody resets the connection.
	writing.RuntimeParams["idle_in_transaction_session_timeout"] = "5000"
	db.writes = stdlib.OpenDB(*writing)
	db.writes.SetMaxOpenConns(1)
	return db.checkPostgres(ctx)
}

// checkPostgres refuses an encoding in which seven of the eight languages could not be stored.
func (db *DB) checkPostgres(ctx context.Context) error {
	var encoding string
	if err := db.reads.QueryRowContext(ctx, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return fmt.Errorf("ask the database for its encoding: %w", err)
	}
	if encoding != "UTF8" {
		return ErrEncoding
	}
	return nil
}
