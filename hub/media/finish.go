package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"panah/hub/fault"
	"panah/hub/media/clean"
	"panah/hub/people"
	"panah/hub/store"
)

// Finish makes a file of an upload of which all has arrived, and gives it. The error is the reason when the file is refused; it
// stays the answer for a day. A second Finish gives the same answer, and one after the hub was killed in the midst begins anew.
func (m *Media) Finish(ctx context.Context, by people.Caller, id string) (File, error) {
	// Whoever hangs up while the file is cleaned asks for the outcome later.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	found, err, _ := m.endings.Do(id, func() (any, error) { return m.finish(ctx, by, id) })
	if err != nil {
		return File{}, err
	}
	return found.(File), nil
}

func (m *Media) finish(ctx context.Context, by people.Caller, id string) (File, error) {
	u, err := m.Upload(ctx, by, id)
	if err != nil {
		return File{}, err
	}
	if u.Done {
		return m.Own(ctx, by, u.MediaID)
	}
	if u.Received != u.Length {
		return File{}, errIncomplete
	}
	raw, err := m.assemble(ctx, u)
	if err != nil {
		return File{}, err
	}
	cleaned, err := m.clean(ctx, raw, u.opaque)
	if err == nil {
		err = m.keep(ctx, u, cleaned)
	}
	if f := fault.From(err); err != nil && f.Status < http.StatusInternalServerError {
		return File{}, errors.Join(err, m.refuse(ctx, u, f))
	}
	if err != nil {
		return File{}, err
	}
	if u, err = m.Upload(ctx, by, id); err != nil {
		return File{}, err
	}
	return m.Own(ctx, by, u.MediaID)
}

// assemble reads all pieces of an upload.
func (m *Media) assemble(ctx context.Context, u Upload) ([]byte, error) {
	var names []string
	err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		names, err = columnTx(tx, `SELECT blob FROM upload_parts WHERE upload_id = $1 ORDER BY at`, u.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	raw := bytes.NewBuffer(make([]byte, 0, u.Received))
	for _, name := range names {
		if err := m.read(ctx, name, raw); err != nil {
			return nil, err
		}
	}
	return raw.Bytes(), nil
}

func (m *Media) read(ctx context.Context, name string, into io.Writer) error {
	b, err := m.blobs.Open(ctx, name)
	if err != nil {
		return storeFault(err)
	}
	_, err = io.Copy(into, io.NewSectionReader(b, 0, b.Size()))
	if err = errors.Join(err, b.Close()); err != nil {
		return storeFault(err)
	}
	return nil
}

// clean waits for its turn and cleans a file. One that is said to be of no kind, and is of none that is known, comes as it is.
func (m *Media) clean(ctx context.Context, raw []byte, opaque bool) (*clean.File, error) {
	if opaque && clean.Formless(raw) {
		return &clean.File{Type: clean.Opaque, Data: raw}, nil
	}
	select {
	case m.turns <- struct{}{}:
		defer func() { <-m.turns }()
	case <-ctx.Done():
		return nil, fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.media_busy").Because(ctx.Err())
	}
	return clean.Clean(ctx, raw)
}

// keep writes what was cleaned to the store and makes it a file.
func (m *Media) keep(ctx context.Context, u Upload, f *clean.File) error {
	main, small, err := m.putAll(ctx, f)
	if err != nil {
		return err
	}
	return m.db.Write(ctx, func(tx *store.Tx) error { return m.keepFileTx(tx, u, f, main, small) })
}

// putAll writes a file and its thumbnails to the store.
func (m *Media) putAll(ctx context.Context, f *clean.File) (main string, small []string, err error) {
	if main, err = m.putBlob(ctx, bytes.NewReader(f.Data), int64(len(f.Data))); err != nil {
		return "", nil, err
	}
	small = make([]string, len(f.Thumbnails))
	for i, t := range f.Thumbnails {
		if small[i], err = m.putBlob(ctx, bytes.NewReader(t.Data), int64(len(t.Data))); err != nil {
			return "", nil, err
		}
	}
	return main, small, nil
}

// weight is what a file and its thumbnails take, in bytes.
func weight(f *clean.File) int64 {
	total := int64(len(f.Data))
	for _, t := range f.Thumbnails {
		total += int64(len(t.Data))
	}
	return total
}

func (m *Media) keepFileTx(tx *store.Tx, u Upload, f *clean.File, main string, small []string) error {
	id, fresh := u.MediaID, u.MediaID == ""
	if fresh {
		id = newID()
	}
	u.name = nameOf(u.name, f)
	n, err := tx.Exec(`UPDATE uploads SET state = 'done', media_id = $2 WHERE upload_id = $1 AND state = 'open' AND received = $3`, u.ID, id, u.Received)
	if err != nil || n == 0 {
		return err // another node was first, and its file stands; these blobs are deleted when they are due
	}
	if err := errors.Join(m.roomTx(tx, u.organisationID, weight(f)), dropPartsTx(tx, u.ID)); err != nil {
		return err
	}
	if f.Type == clean.Opaque && !fresh {
		if err := unnamedTx(tx, m.rooms.ServerName(), id); err != nil {
			return err
		}
	}
	return insertAllTx(tx, u, f, id, main, small, fresh)
}

// insertAllTx enters a file and its thumbnails, whose blobs are written.
func insertAllTx(tx *store.Tx, u Upload, f *clean.File, id, main string, small []string, fresh bool) error {
	if err := insertFileTx(tx, u, f, id, main, fresh); err != nil {
		return err
	}
	for i, t := range f.Thumbnails {
		if err := errors.Join(keepTx(tx, small[i]), insertThumbnailTx(tx, u, id, t, small[i])); err != nil {
			return err
		}
	}
	return keepTx(tx, main)
}

func insertFileTx(tx *store.Tx, u Upload, f *clean.File, id, main string, fresh bool) error {
	var due int64
	if f.Type == clean.Opaque && !far(id) { // a copy of another server's goes as all do that nothing uses
		due = tx.Now.Add(keepTime).UnixMilli()
	}
	if !fresh {
		n, err := tx.Exec(`UPDATE media SET name = $2, mimetype = $3, size = $4, width = $5, height = $6, duration_ms = $7, blob = $8, due = $10
			WHERE media_id = $1 AND user_id = $9 AND blob = ''`,
			id, u.name, f.Type, len(f.Data), f.Width, f.Height, f.Duration.Milliseconds(), main, u.userID, due)
		if err == nil && n == 0 {
			err = errFilled
		}
		return err
	}
	head, err := tx.Head()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO media (media_id, user_id, organisation_id, name, mimetype, size, width, height, duration_ms, blob, created_at, due, at_position)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, id, u.userID, u.organisationID, u.name, f.Type, len(f.Data),
		f.Width, f.Height, f.Duration.Milliseconds(), main, tx.Now.UnixMilli(), due, head)
	return err
}

func insertThumbnailTx(tx *store.Tx, u Upload, id string, t clean.Thumbnail, name string) error {
	_, err := tx.Exec(`INSERT INTO media_thumbnails (media_id, organisation_id, method, width, height, mimetype, size, blob)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, id, u.organisationID, t.Method, t.Size.Width, t.Size.Height, t.Type, len(t.Data), name)
	return err
}

// refuse keeps the reason and forgets what has arrived.
func (m *Media) refuse(ctx context.Context, u Upload, why *fault.Fault) error {
	text, err := writeRefusal(why)
	if err != nil {
		return fmt.Errorf("keep why an upload was refused: %w", err)
	}
	return m.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE uploads SET state = 'refused', refusal = $2 WHERE upload_id = $1 AND state = 'open'`, u.ID, text)
		return errors.Join(err, dropPartsTx(tx, u.ID))
	})
}

func columnTx(tx *store.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, fmt.Errorf("read a column: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
