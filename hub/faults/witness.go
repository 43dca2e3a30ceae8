//go:build linux

package main

import (
	"context"
	"fmt"

	"panah/hub/store"
)

// moving are the tables in which what stands at a position may later be replaced by what stands at another.
var moving = []string{"account_data", "receipts", "alert_notices"}

// witness has the database itself note each position that is written, in the transaction that writes it.
func (w *world) witness(ctx context.Context) error {
	return w.db.Write(ctx, func(tx *store.Tx) error {
		statements := []string{`CREATE TABLE witnessed (position BIGINT PRIMARY KEY)`}
		if w.db.Engine() == store.Postgres {
			statements = append(statements, `CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN INSERT INTO witnessed VALUES (NEW.position) ON CONFLICT DO NOTHING; RETURN NULL; END'`)
		}
		for _, table := range moving {
			statements = append(statements, triggersOf(w.db.Engine(), table)...)
		}
		for _, statement := range statements {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func triggersOf(engine store.Engine, table string) []string {
	if engine == store.Postgres {
		return []string{fmt.Sprintf(`CREATE TRIGGER witness AFTER INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION witness()`, table)}
	}
	var all []string
	for _, act := range []string{"INSERT", "UPDATE"} {
		all = append(all, fmt.Sprintf(`CREATE TRIGGER witness_%s_%s AFTER %s ON %s BEGIN INSERT OR IGNORE INTO witnessed VALUES (NEW.position); END`, table, act, act, table))
	}
	return all
}
