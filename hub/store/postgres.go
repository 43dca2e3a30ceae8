package store

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// The names by which connections say what they are for: whoever wants a database for itself asks whether anybody serves it.
const (
	serving = "panah serve"
	tooling = "panah"
)

// openPostgres opens a connection for the committer and a pool for readers. The committer's commits wait for the
// disk whatever the server's default is.
func (db *DB) openPostgres(ctx context.Context, address string, o Options) error {
	db.engine = Postgres
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return ErrAddress // without the cause: it may quote the password
	}
	config.ConnectTimeout = 10 * time.Second
	config.RuntimeParams["application_name"] = tooling
	if o.Exclusive {
		config.RuntimeParams["application_name"] = serving
	}
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
	if err := db.checkPostgres(ctx); err != nil || !o.Alone {
		return err
	}
	return db.refuseServed(ctx)
}

// refuseServed refuses a database that any node serves. PostgreSQL shows the names of all connections to everybody.
func (db *DB) refuseServed(ctx context.Context) error {
	var nodes int
	row := db.reads.QueryRowContext(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`, serving)
	if err := row.Scan(&nodes); err != nil {
		return fmt.Errorf("ask who serves the database: %w", err)
	}
	if nodes > 0 {
		return ErrServed
	}
	return nil
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
