package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, or to another migration than the newest. Several nodes may start at once: PostgreSQL's advisory lock lets one of them work.
func (db *DB) migrate(ctx context.Context, schema int64) error {
	provider, err := db.migrator()
	if err != nil {
		return err
	}
	if err := refuseNewer(ctx, provider); err != nil {
		return err
	}
	if schema != 0 {
		return db.migrateTo(ctx, provider, schema)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// migrateTo brings the schema to one of its earlier versions, so that what was saved from it goes in.
func (db *DB) migrateTo(ctx context.Context, provider *goose.Provider, schema int64) error {
	current, newest, err := provider.GetVersions(ctx)
	if err != nil && !errors.Is(err, goose.ErrVersionNotFound) {
		return fmt.Errorf("read the schema version: %w", err)
	}
	switch {
	case schema > newest:
		return ErrNewer
	case current <= schema:
		_, err = provider.UpTo(ctx, schema)
	default:
		if lived, err := db.lived(ctx); err != nil || lived {
			return errors.Join(err, ErrOlder)
		}
		_, err = provider.DownTo(ctx, schema)
	}
	if err != nil {
		return fmt.Errorf("migrate the database to %d: %w", schema, err)
	}
	return nil
}

// lived tells whether a hub has ever been started here: it writes its name first of all.
func (db *DB) lived(ctx context.Context) (lived bool, err error) {
	err = db.writes.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM facts)`).Scan(&lived)
	return lived, err
}

// migrator knows the migrations of the engine. They are the same for both but for the index of words (00006).
func (db *DB) migrator() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open the migrations: %w", err)
	}
	if db.engine == SQLite {
		return goose.NewProvider(goose.DialectSQLite3, db.writes, files, goose.WithExcludeNames([]string{"00006_search_postgres.sql"}))
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("make the migration lock: %w", err)
	}
	return goose.NewProvider(goose.DialectPostgres, db.reads, files, goose.WithSessionLocker(locker),
		goose.WithExcludeNames([]string{"00006_search_sqlite.sql"}))
}

// refuseNewer keeps an old program from a newer schema, whose rows it would misread.
func refuseNewer(ctx context.Context, provider *goose.Provider) error {
	current, target, err := provider.GetVersions(ctx)
	if errors.Is(err, goose.ErrVersionNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if current > target {
		return ErrNewer
	}
	return nil
}

// WriteSchema writes every migration to w, oldest first. Tools tell two schemas apart by it.
func WriteSchema(w io.Writer) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("list the migrations: %w", err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return fmt.Errorf("read a migration: %w", err)
		}
		if _, err := w.Write(text); err != nil {
			return fmt.Errorf("write a migration: %w", err)
		}
	}
	return nil
}
