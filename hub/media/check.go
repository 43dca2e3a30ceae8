package media

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"panah/hub/media/blob"
	"panah/hub/store"
)

// ErrUnreadable: a file is in the store and does not open, as when it was sealed under another key.
var ErrUnreadable = errors.New("a file that is kept cannot be read")

// CheckNewest reads the newest file. It is nil where there is none, and blob.ErrNotFound where the store has lost it.
func CheckNewest(ctx context.Context, db *store.DB, blobs blob.Store) error {
	var name string
	var size int64
	err := db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT blob, size FROM media /* reads all */ WHERE blob <> '' ORDER BY created_at DESC, media_id LIMIT 1`).Scan(&name, &size)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the newest file: %w", err)
	}
	b, err := blobs.Open(ctx, name)
	if errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("open the newest file: %w", err)
	}
	if err != nil {
		return errors.Join(ErrUnreadable, err)
	}
	read, err := io.Copy(io.Discard, blob.Reader(b))
	if err == nil && read != size { // sealed once, and read without a key
		err = fmt.Errorf("%d bytes instead of %d", read, size)
	}
	if err = errors.Join(err, b.Close()); err != nil {
		return errors.Join(ErrUnreadable, err)
	}
	return nil
}
