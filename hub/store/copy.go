package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Kind is what a column holds.
type Kind string

// The kinds of columns that the migrations use.
const (
	Text   Kind = "text"
	Bytes  Kind = "bytes"
	Number Kind = "number" // 64 bits, signed
	Truth  Kind = "truth"
)

// kinds are the names of types, as the engines give them back.
var kinds = map[string]Kind{"TEXT": Text, "BYTEA": Bytes, "BIGINT": Number, "INTEGER": Number, "BOOLEAN": Truth}

// Field is one column of a table.
type Field struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is one that holds what a hub knows. Its columns are in an order of their own on each engine, so they go by their names.
type Table struct {
	Name    string  `json:"name"`
	Columns []Field `json:"columns"`
}

// derived are tables that are made of others, or differ between the engines: goose's own, and the index of words with its progress.
func derived(name string) bool {
	return name == "goose_db_version" || strings.HasPrefix(name, "search_") || strings.HasPrefix(name, "sqlite_")
}

// Tables are all tables of the schema but the derived ones, by name.
func (tx *Tx) Tables() ([]Table, error) {
	query := `SELECT t.name, c.name, upper(c.type) FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' ORDER BY t.name, c.name`
	if tx.Engine() == Postgres {
		query = `SELECT table_name, column_name, upper(data_type) FROM information_schema.columns WHERE table_schema = current_schema()
			ORDER BY table_name COLLATE "C", column_name COLLATE "C"`
	}
	rows, err := tx.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Table
	for rows.Next() {
		var table, column, typ string
		if err := rows.Scan(&table, &column, &typ); err != nil {
			return nil, fmt.Errorf("read the schema: %w", err)
		}
		if derived(table) {
			continue
		}
		kind, known := kinds[typ]
		if !known {
			return nil, fmt.Errorf("the column %s.%s is of an unknown type: %s", table, column, typ)
		}
		if len(all) == 0 || all[len(all)-1].Name != table {
			all = append(all, Table{Name: table})
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, Field{column, kind})
	}
	return all, rows.Err()
}

// Version is the number of the newest migration that the schema has.
func (tx *Tx) Version() (version int64, err error) {
	err = tx.QueryRow(`SELECT MAX(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, err
}

// quoted are the names of columns, for SQL.
func (t Table) quoted() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = `"` + c.Name + `"`
	}
	return strings.Join(names, ", ")
}

// Rows gives each row of a table to do, in no order. A value is a string, []byte, int64, bool or nil. The slice is used again for the next row.
func (tx *Tx) Rows(t Table, do func(row []any) error) error {
	rows, err := tx.Query(`SELECT ` + t.quoted() + ` FROM "` + t.Name + `" /* reads all */`)
	if err != nil {
		return err
	}
	defer rows.Close()
	places, values := t.places()
	row := make([]any, len(t.Columns))
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return fmt.Errorf("read a row of %s: %w", t.Name, err)
		}
		for i, value := range values {
			row[i] = value()
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// places are what a row is scanned into, and how each value is taken from there.
func (t Table) places() (places []any, values []func() any) {
	for _, c := range t.Columns {
		var at any
		var value func() any
		switch c.Kind {
		case Bytes:
			at, value = place[[]byte]()
		case Number:
			at, value = place[int64]()
		case Truth:
			at, value = place[bool]()
		default:
			at, value = place[string]()
		}
		places, values = append(places, at), append(values, value)
	}
	return places, values
}

func place[T any]() (any, func() any) {
	var n sql.Null[T]
	return &n, func() any {
		if !n.Valid {
			return nil
		}
		return n.V
	}
}

// insertMost bounds the values of one statement; SQLite takes 32,766, PostgreSQL 65,535.
const insertMost = 4000

// InsertMost is how many rows of a table Insert takes at once.
func (t Table) InsertMost() int { return max(1, insertMost/len(t.Columns)) }

// Insert puts rows into a table, at most InsertMost. Each has a value for every column, as Rows gives them.
func (tx *Tx) Insert(t Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	var sql strings.Builder
	sql.WriteString(`INSERT INTO "` + t.Name + `" (` + t.quoted() + `) VALUES `)
	args := make([]any, 0, len(rows)*len(t.Columns))
	for i, row := range rows {
		for j := range t.Columns {
			sql.WriteString([]string{", ", "(", ", ("}[opening(i, j)])
			fmt.Fprintf(&sql, "$%d", len(args)+1)
			args = append(args, row[j])
		}
		sql.WriteString(")")
	}
	if _, err := tx.on.ExecContext(tx.ctx, tx.db.numbered(sql.String()), args...); err != nil {
		return fmt.Errorf("insert into %s: %w", t.Name, err)
	}
	return nil
}

// opening tells what stands before a value: a comma, or a bracket at the beginning of a row, with a comma before it from the second row on.
func opening(row, column int) int {
	switch {
	case column > 0:
		return 0
	case row == 0:
		return 1
	}
	return 2
}

// Clear deletes all rows of a table.
func (tx *Tx) Clear(t Table) error {
	_, err := tx.Exec(`DELETE FROM "` + t.Name + `"`)
	return err
}

// Refollow has everything that is made of the log be made again, of a log that ends at head: nothing is searched yet, and the index is read
// from the beginning. It goes to the end of a restoring.
func (tx *Tx) Refollow(head Position) error {
	_, err := tx.Exec(`DELETE FROM search_words`)
	if err == nil {
		_, err = tx.Exec(`UPDATE search_progress SET begun = $1, live = $1, back = $1 WHERE id = 1`, head)
	}
	return err
}

// Load runs fn in one durable transaction of its own that takes as long as it takes. Nobody else writes meanwhile, on no node, and fn
// may read what it wrote; an error undoes all of it. It is for what replaces or copies a whole database, with no hub running.
func (db *DB) Load(ctx context.Context, fn func(tx *Tx) error) (err error) {
	conn, err := db.writes.Conn(ctx)
	if err != nil {
		return translate(fmt.Errorf("connect for loading: %w", err))
	}
	defer func() { err = errors.Join(err, ignoreDone(conn.Close())) }()
	b := &batchTx{db: db, conn: conn, ctx: ctx}
	if err := b.begin(); err != nil {
		b.undo()
		return translate(interrupted(ctx, err))
	}
	if db.engine == Postgres {
		err = b.exec("SET LOCAL statement_timeout = 0")
	}
	if err == nil {
		err = fn(&Tx{Now: b.now, db: db, ctx: ctx, on: conn})
	}
	if err == nil {
		err = b.exec("COMMIT")
	}
	if err != nil {
		b.undo()
	}
	return translate(interrupted(ctx, err))
}

// undo rolls back, whatever became of the context.
func (b *batchTx) undo() {
	if _, err := b.conn.ExecContext(context.WithoutCancel(b.ctx), "ROLLBACK"); err != nil {
		b.discard() // the connection is gone, and with it the transaction
	}
}
