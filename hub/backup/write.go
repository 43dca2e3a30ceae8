package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/minio/sio"

	"panah/hub/media/blob"
	"panah/hub/store"
)

// Source is what is saved.
type Source struct {
	Head   Head // Schema, Engine, At and Position are filled in
	Secret []byte
	// Files keeps the files, nil when they do not go along; Named gives the names of all that the rows name.
	Files blob.Store
	Named func(tx *store.Tx, do func(name string) error) error
}

// Write saves all that tx sees. What could not be read of the files is counted in Contents.Missing, and named to lost.
func Write(tx *store.Tx, w io.Writer, from Source, lost func(name string)) (Head, *Contents, error) {
	out, err := newWriter(w, from.Secret)
	if err != nil {
		return Head{}, nil, err
	}
	head, err := headOf(tx, from.Head)
	if err == nil {
		err = out.item(itemHead, head)
	}
	if err == nil {
		err = out.tables(tx)
	}
	if err == nil && from.Files != nil {
		err = out.files(tx, from, lost)
	}
	if err == nil {
		err = out.item(itemEnd, out.all)
	}
	return head, &out.all, errors.Join(err, out.close())
}

func headOf(tx *store.Tx, head Head) (Head, error) {
	var err error
	if head.Schema, err = tx.Version(); err != nil {
		return head, err
	}
	head.Position, err = tx.Head()
	head.Engine, head.At = tx.Engine(), tx.Now.UnixMilli()
	return head, err
}

// writer is a stream that is being written.
type writer struct {
	packed *zstd.Encoder
	sealed io.WriteCloser
	all    Contents
	part   []byte
}

func newWriter(w io.Writer, secret []byte) (*writer, error) {
	head := newHead(secret)
	if _, err := w.Write(head); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	config, err := seal(head, secret)
	if err != nil {
		return nil, err
	}
	sealed, err := sio.EncryptWriter(struct{ io.Writer }{w}, config) // it would close w, if it could
	if err != nil {
		return nil, fmt.Errorf("seal the backup: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(windowSize))
	if err != nil {
		return nil, fmt.Errorf("pack the backup: %w", err)
	}
	return &writer{packed, sealed, Contents{Tables: map[string]Sum{}}, make([]byte, partSize)}, nil
}

func (w *writer) close() error { return errors.Join(w.packed.Close(), w.sealed.Close()) }

func (w *writer) item(what int, value any) error {
	raw, err := encoding.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the backup: %w", err)
	}
	return w.raw(what, raw)
}

func (w *writer) raw(what int, raw []byte) error {
	// Numbers below 24 are one byte of themselves (RFC 8949, 3).
	if _, err := w.packed.Write(append([]byte{byte(what)}, raw...)); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

func (w *writer) tables(tx *store.Tx) error {
	all, err := tx.Tables()
	if err != nil {
		return err
	}
	for _, t := range all {
		if err := w.item(itemTable, t); err != nil {
			return err
		}
		var sum Sum
		err := tx.Rows(t, func(row []any) error {
			raw, err := encoding.Marshal(row)
			if err != nil {
				return fmt.Errorf("encode a row of %s: %w", t.Name, err)
			}
			sum.add(raw)
			return w.raw(itemRow, raw)
		})
		if err != nil {
			return err
		}
		w.all.Tables[t.Name] = sum
	}
	return nil
}

// file names one that follows.
type file struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func (w *writer) files(tx *store.Tx, from Source, lost func(string)) error {
	return from.Named(tx, func(name string) error {
		err := w.file(tx.Context(), from.Files, name)
		var trouble *unreadable
		if errors.As(err, &trouble) {
			w.all.Missing++
			lost(name)
			return nil
		}
		return err
	})
}

// unreadable is a file that cannot be saved. The rest can.
type unreadable struct{ error }

func (w *writer) file(ctx context.Context, files blob.Store, name string) error {
	b, err := files.Open(ctx, name)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &unreadable{err}
	}
	defer b.Close()
	if err := w.item(itemFile, file{name, b.Size()}); err != nil {
		return err
	}
	return w.parts(ctx, blob.Reader(b), b.Size())
}

func (w *writer) parts(ctx context.Context, r io.Reader, size int64) error {
	for left := size; left > 0; {
		n, err := io.ReadFull(r, w.part[:min(left, partSize)])
		if err != nil {
			return errors.Join(ctx.Err(), w.item(itemVoid, nil), &unreadable{err})
		}
		if err := w.item(itemPart, w.part[:n]); err != nil {
			return err
		}
		left -= int64(n)
	}
	w.all.Files++
	w.all.Bytes += size
	return w.item(itemWhole, nil)
}
