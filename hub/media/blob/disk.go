package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Disk keeps blobs as files of a folder, which only the hub's account may read. A file is written beside its place, brought to the
// disk, and only then moved there.
type Disk struct {
	folder string
}

// abandoned is the age after which a file that is still being written has lost its writer.
const abandoned = 24 * time.Hour

// NewDisk makes the folder if it is not there, and clears away what a killed hub had begun to write. Several nodes may share it.
func NewDisk(folder string) (*Disk, error) {
	d := &Disk{folder}
	if err := os.MkdirAll(d.begun(), 0o700); err != nil {
		return nil, fmt.Errorf("make the media folder: %w", err)
	}
	left, err := os.ReadDir(d.begun())
	if err != nil {
		return nil, fmt.Errorf("read the media folder: %w", err)
	}
	for _, each := range left {
		info, err := each.Info()
		if err != nil || time.Since(info.ModTime()) < abandoned {
			continue // still written, or moved to its place this moment
		}
		if err := os.Remove(filepath.Join(d.begun(), each.Name())); err != nil {
			return nil, fmt.Errorf("clear the media folder: %w", err)
		}
	}
	return d, nil
}

// begun is the folder of files that are being written.
func (d *Disk) begun() string { return filepath.Join(d.folder, "begun") }

// path spreads blobs over 1,296 folders.
func (d *Disk) path(name string) string { return filepath.Join(d.folder, name[:2], name) }

// Put keeps a blob.
func (d *Disk) Put(_ context.Context, name string, r io.Reader, size int64) error {
	file, err := os.CreateTemp(d.begun(), "")
	if err != nil {
		return fmt.Errorf("begin a blob: %w", err)
	}
	if err := errors.Join(fill(file, r, size), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return d.move(file.Name(), d.path(name))
}

func fill(file *os.File, r io.Reader, size int64) error {
	n, err := io.Copy(file, r)
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes came instead of %d", n, size)
	}
	if err != nil {
		return fmt.Errorf("write a blob: %w", err)
	}
	return file.Sync()
}

// move puts a finished file into its place, durably.
func (d *Disk) move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return fmt.Errorf("make a media folder: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("move a blob into place: %w", err)
	}
	return errors.Join(syncFolder(filepath.Dir(to)), syncFolder(d.folder))
}

// Open gives a blob to read.
func (d *Disk) Open(_ context.Context, name string) (Blob, error) {
	file, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open a blob: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("measure a blob: %w", err), file.Close())
	}
	return diskBlob{file, info.Size()}, nil
}

type diskBlob struct {
	*os.File
	size int64
}

func (b diskBlob) Size() int64 { return b.size }

// Delete forgets a blob.
func (d *Disk) Delete(_ context.Context, name string) error {
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete a blob: %w", err)
	}
	return nil
}

// Probe looks whether the folder can be written and read.
func (d *Disk) Probe(ctx context.Context) error { return probe(ctx, d) }
