package store

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
)

var numberedPlaceholder = regexp.MustCompile(`\?(\d+)`)

// Plans gives SQLite's plan, step by step, for every statement that was run on this database so far, by its text. It is empty on PostgreSQL, and ErrClosed after Close. Tests
// look in it for statements that read a whole table.
func (db *DB) Plans(ctx context.Context) (map[string][]string, error) {
	plans := map[string][]string{}
	if db.engine == Postgres {
		return plans, nil
	}
	select {
	case <-db.closed:
		return nil, ErrClosed
	default:
	}
	err := db.Read(ctx, func(tx *Tx) error {
		var failed error
		db.texts.Range(func(_, text any) bool {
			plans[text.(string)], failed = tx.plan(text.(string))
			return failed == nil
		})
		return failed
	})
	return plans, err
}

func (tx *Tx) plan(text string) (steps []string, err error) {
	most := 0
	for _, found := range numberedPlaceholder.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(found[1]); err == nil {
			most = max(most, n)
		}
	}
	rows, err := tx.on.QueryContext(tx.ctx, "EXPLAIN QUERY PLAN "+text, make([]any, most)...)
	if err != nil {
		return nil, fmt.Errorf("the plan of %.60s…: %w", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, fmt.Errorf("read a plan: %w", err)
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}
