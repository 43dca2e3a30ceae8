package media

import (
	"context"
	"errors"
	"time"

	"panah/hub/store"
)

const (
	// sweepPause is the time between two sweeps.
	sweepPause = time.Minute
	// sweepSize bounds one transaction of a sweep.
	sweepSize = 100
)

// Run sweeps until ctx ends. Every node may run it.
func (m *Media) Run(ctx context.Context) error {
	ticker := time.NewTicker(sweepPause)
	defer ticker.Stop()
	for {
		if err := m.Sweep(ctx); err != nil && ctx.Err() == nil {
			m.log.Warn("media could not be swept; the next sweep tries again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Sweep ends uploads whose time is over, forgets files that nothing has used for a day and opaque ones that are kept no longer, and deletes blobs that nothing names. A second sweep at
// the same time does no harm.
func (m *Media) Sweep(ctx context.Context) error {
	for _, step := range []func(context.Context) (more bool, err error){m.sweepUploads, m.sweepUnused, m.sweepOpaque, m.sweepBlobs} {
		for more := true; more; {
			var err error
			if more, err = step(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Media) sweepUploads(ctx context.Context) (more bool, err error) {
	return m.sweepEach(ctx, discardTx, func(tx *store.Tx) ([]string, error) {
		return columnTx(tx, `SELECT upload_id FROM uploads WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`, tx.Now.UnixMilli(), sweepSize)
	})
}

func (m *Media) sweepUnused(ctx context.Context) (more bool, err error) {
	return m.sweepEach(ctx, removeTx, func(tx *store.Tx) ([]string, error) {
		return columnTx(tx, `SELECT m.media_id FROM media m WHERE `+unused+` AND m.due = 0 AND m.created_at <= $2 ORDER BY m.created_at LIMIT $3`,
			m.URI(""), tx.Now.Add(-keepTime).UnixMilli(), sweepSize)
	})
}

// sweepEach looks for what is due, and takes the writing transaction only if there is anything.
func (m *Media) sweepEach(ctx context.Context, end func(*store.Tx, string) error, due func(*store.Tx) ([]string, error)) (more bool, err error) {
	ids, err := m.due(ctx, due)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	err = m.db.Write(ctx, func(tx *store.Tx) error {
		if ids, err = due(tx); err != nil { // some may be in use by now
			return err
		}
		for _, id := range ids {
			if err := end(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids) == sweepSize, err
}

func (m *Media) due(ctx context.Context, due func(*store.Tx) ([]string, error)) (ids []string, err error) {
	err = m.db.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = due(tx)
		return err
	})
	return ids, err
}

// sweepBlobs deletes blobs first and forgets them then: one that could not be deleted stays due.
func (m *Media) sweepBlobs(ctx context.Context) (more bool, err error) {
	names, err := m.due(ctx, func(tx *store.Tx) ([]string, error) {
		return columnTx(tx, `SELECT blob FROM media_gone WHERE due <= $1 ORDER BY due LIMIT $2`, tx.Now.UnixMilli(), sweepSize)
	})
	if err != nil || len(names) == 0 {
		return false, err
	}
	var deleted []string
	var errs []error
	for _, name := range names {
		if err := m.blobs.Delete(ctx, name); err != nil {
			errs = append(errs, err)
			continue
		}
		deleted = append(deleted, name)
	}
	errs = append(errs, m.db.Write(ctx, func(tx *store.Tx) error {
		for _, name := range deleted {
			if _, err := tx.Exec(`DELETE FROM media_gone WHERE blob = $1`, name); err != nil {
				return err
			}
		}
		return nil
	}))
	err = errors.Join(errs...)
	return err == nil && len(names) == sweepSize, err
}
