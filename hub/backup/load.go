package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"panah/hub/media/blob"
	"panah/hub/store"
)

// Target is where a stream goes.
type Target struct {
	Secret []byte
	Files  blob.Store // nil when files stay where they are
	// Replace has a hub that is there already go.
	Replace bool
	// Settle ends the loading, when all is as it was saved; its error undoes everything.
	Settle func(tx *store.Tx, head Head) error
}

// Load reads a stream into tx, which is of store.Load: all of it or nothing. The tables must be of the stream's schema. What was loaded is read
// again and held against the stream. Files are put before the rows are kept, so that no row names a file that is not there.
func Load(tx *store.Tx, r io.Reader, to Target) (Head, *Contents, error) {
	l := &loader{tx: tx, to: to}
	head, all, err := read(tx.Context(), r, to.Secret, l)
	return head, all, err
}

// loader is the sink that fills a database.
type loader struct {
	tx     *store.Tx
	to     Target
	head   Head
	tables map[string]store.Table // those of the database
	now    store.Table            // whose rows come, with the stream's columns
	rows   [][]any
	most   int
}

func (l *loader) begin(_ context.Context, head Head) error {
	l.head = head
	here, err := l.tx.Version()
	if err != nil {
		return err
	}
	if here != head.Schema {
		return fmt.Errorf("the tables are of schema %d and the backup is of %d", here, head.Schema)
	}
	var lived bool
	if err := l.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM facts)`).Scan(&lived); err != nil {
		return err
	}
	if lived && !l.to.Replace {
		return ErrTaken
	}
	return l.empty()
}

// empty takes away what is there: at least what the migrations put in.
func (l *loader) empty() error {
	all, err := l.tx.Tables()
	if err != nil {
		return err
	}
	l.tables = make(map[string]store.Table, len(all))
	for _, t := range all {
		l.tables[t.Name] = t
		if err := l.tx.Clear(t); err != nil {
			return err
		}
	}
	return nil
}

// table begins one. It must be one of the database's, with the same columns.
func (l *loader) table(t store.Table) error {
	if err := l.flush(); err != nil {
		return err
	}
	here := l.tables[t.Name]
	same := len(here.Columns) == len(t.Columns)
	for i := 0; same && i < len(t.Columns); i++ {
		same = here.Columns[i] == t.Columns[i] // both are in the order of their names
	}
	if !same {
		return fmt.Errorf("the table %s is another one than in the backup", t.Name)
	}
	l.now, l.most = here, here.InsertMost()
	return nil
}

func (l *loader) row(values []any) error {
	if len(values) != len(l.now.Columns) {
		return ErrDamaged
	}
	l.rows = append(l.rows, values)
	if len(l.rows) < l.most {
		return nil
	}
	return l.flush()
}

func (l *loader) flush() error {
	err := l.tx.Insert(l.now, l.rows)
	l.rows = l.rows[:0]
	return err
}

func (l *loader) file(ctx context.Context, name string, size int64, r io.Reader) error {
	if err := l.flush(); err != nil || l.to.Files == nil {
		return err
	}
	err := l.to.Files.Put(ctx, name, r, size)
	if errors.Is(err, errVoid) {
		return nil
	}
	return err
}

// end holds what is there now against what came.
func (l *loader) end(all *Contents) error {
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.compare(all); err != nil {
		return err
	}
	if l.to.Settle != nil {
		if err := l.to.Settle(l.tx, l.head); err != nil {
			return err
		}
	}
	head, err := l.tx.Head()
	if err != nil {
		return err
	}
	return l.tx.Refollow(head)
}

func (l *loader) compare(all *Contents) error {
	if len(all.Tables) != len(l.tables) {
		return ErrDiffers.Because(fmt.Errorf("%d tables came, and there are %d", len(all.Tables), len(l.tables)))
	}
	for name, t := range l.tables {
		got, err := SumOf(l.tx, t)
		if err != nil {
			return err
		}
		if want := all.Tables[name]; got != want {
			return ErrDiffers.Because(fmt.Errorf("%s has %d rows instead of %d, or others", name, got.Rows, want.Rows))
		}
	}
	return nil
}
