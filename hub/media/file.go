package media

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/media/blob"
	"panah/hub/media/clean"
	"panah/hub/people"
	"panah/hub/store"
)

// File is what is known of a file.
type File struct {
	ID       string
	Name     string // as its uploader called it, or ""
	Type     string // mimetype, by its bytes
	Size     int64  // in bytes
	Width    int    // of a picture, in pixels
	Height   int
	Duration time.Duration // of a sound, as far as it says

	userID string
	blob   string
	at     store.Position // the log's head when it came
}

// Content is a file or a thumbnail that is open to be read. Close it.
type Content struct {
	File
	blob.Blob
}

// ETag tells one content from any other: bytes never change under a blob's name. The name itself stays inside.
func (c Content) ETag() string {
	sum := sha256.Sum256([]byte(c.blob))
	return hex.EncodeToString(sum[:16])
}

// Size is that of the bytes to read.
func (c Content) Size() int64 { return c.Blob.Size() }

var (
	errUnknown = fault.NotFound("error.media_unknown")
	errFilled  = fault.New(http.StatusConflict, "M_CANNOT_OVERWRITE_MEDIA", "error.media_filled")
	errEmpty   = fault.New(http.StatusGatewayTimeout, "M_NOT_YET_UPLOADED", "error.media_not_yet")
	errNoSmall = fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.media_no_thumbnail")
)

// Reserve makes an empty file that the caller fills later (Matrix Client-Server API, POST /_matrix/media/v1/create). It goes after a day.
func (m *Media) Reserve(ctx context.Context, by people.Caller) (id string, until time.Time, err error) {
	if err := by.Require(people.ActSend); err != nil {
		return "", time.Time{}, err
	}
	id = newID()
	err = m.db.Write(ctx, func(tx *store.Tx) error {
		if err := fewTx(tx, Upload{userID: by.UserID}); err != nil {
			return err
		}
		head, err := tx.Head()
		if err != nil {
			return err
		}
		until = tx.Now.Add(keepTime)
		_, err = tx.Exec(`INSERT INTO media (media_id, user_id, organisation_id, name, mimetype, size, width, height, duration_ms, blob, created_at, at_position)
			VALUES ($1, $2, $3, '', '', 0, 0, 0, 0, '', $4, $5)`, id, by.UserID, by.OrganisationID, tx.Now.UnixMilli(), head)
		return err
	})
	return id, until, err
}

// Own tells of a file that the caller has uploaded.
func (m *Media) Own(ctx context.Context, by people.Caller, id string) (f File, err error) {
	err = m.db.Read(ctx, func(tx *store.Tx) (err error) {
		f, err = fileTx(tx, id)
		return err
	})
	if err == nil && f.userID != by.UserID {
		err = errUnknown
	}
	return f, err
}

// Open gives a file to one who may read it.
func (m *Media) Open(ctx context.Context, by people.Caller, id string) (Content, error) {
	f, err := m.readable(ctx, by, id)
	if err != nil {
		return Content{}, err
	}
	return m.open(ctx, f)
}

// OpenThumbnail gives the smallest thumbnail that is not smaller than the wish, made in the same way where there is one; or the picture itself
// where that is no larger.
func (m *Media) OpenThumbnail(ctx context.Context, by people.Caller, id string, wish clean.Size) (Content, error) {
	f, err := m.readable(ctx, by, id)
	if err != nil {
		return Content{}, err
	}
	return m.openSmaller(ctx, f, wish)
}

func (m *Media) openSmaller(ctx context.Context, f File, wish clean.Size) (Content, error) {
	if f.Width == 0 {
		return Content{}, errNoSmall
	}
	err := m.db.Read(ctx, func(tx *store.Tx) (err error) {
		made, err := thumbnailsTx(tx, f)
		if err == nil {
			f = choose(f, made, wish)
		}
		return err
	})
	if err != nil {
		return Content{}, err
	}
	return m.open(ctx, f)
}

// small is a thumbnail as it is kept.
type small struct {
	clean.Size
	kind string
	size int64
	blob string
}

func thumbnailsTx(tx *store.Tx, f File) ([]small, error) {
	rows, err := tx.Query(`SELECT method, width, height, mimetype, size, blob FROM media_thumbnails WHERE media_id = $1 ORDER BY width, height`, f.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var made []small
	for rows.Next() {
		var s small
		if err := rows.Scan(&s.Method, &s.Width, &s.Height, &s.kind, &s.size, &s.blob); err != nil {
			return nil, fmt.Errorf("read a thumbnail: %w", err)
		}
		made = append(made, s)
	}
	return made, rows.Err()
}

// choose takes the first of the thumbnails, smallest first, that is as large as the wish: of the wished method, then of any. A wish that is
// larger than all of them gets the picture itself.
func choose(f File, made []small, wish clean.Size) File {
	for _, strict := range []bool{true, false} {
		for _, s := range made {
			if s.Width >= wish.Width && s.Height >= wish.Height && (s.Method == wish.Method || !strict && s.Method == "scale") {
				f.Type, f.Size, f.blob = s.kind, s.size, s.blob
				return f
			}
		}
	}
	return f
}

func (m *Media) open(ctx context.Context, f File) (Content, error) {
	b, err := m.blobs.Open(ctx, f.blob)
	if errors.Is(err, blob.ErrNotFound) {
		return Content{}, errUnknown.Because(err)
	}
	if err != nil {
		return Content{}, storeFault(err)
	}
	return Content{f, b}, nil
}

// readable finds a file for one who may read it.
func (m *Media) readable(ctx context.Context, by people.Caller, id string) (f File, err error) {
	err = m.db.Read(ctx, func(tx *store.Tx) (err error) {
		if f, err = fileTx(tx, id); err != nil {
			return err
		}
		return mayRead(tx, m.rooms, by.UserID, f)
	})
	if err == nil && f.blob == "" {
		err = errEmpty
	}
	return f, err
}

func fileTx(tx *store.Tx, id string) (File, error) {
	f := File{ID: id}
	var ms int64
	err := tx.QueryRow(`SELECT user_id, name, mimetype, size, width, height, duration_ms, blob, at_position FROM media WHERE media_id = $1`, id).
		Scan(&f.userID, &f.Name, &f.Type, &f.Size, &f.Width, &f.Height, &ms, &f.blob, &f.at)
	if errors.Is(err, sql.ErrNoRows) {
		return File{}, errUnknown
	}
	if err != nil {
		return File{}, fmt.Errorf("read a file: %w", err)
	}
	f.Duration = time.Duration(ms) * time.Millisecond
	return f, nil
}
