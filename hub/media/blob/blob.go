// Package blob keeps bytes under a name: on disk or in an S3-compatible service, sealed or not.
//
// A blob is written whole or not at all, never changed, and deleted without complaint when it is not there. So it may be deleted
// twice, by several nodes, and a name is only handed on once its blob is durable.
package blob

import (
	"context"
	"errors"
	"io"
)

// ErrNotFound: there is no blob of this name.
var ErrNotFound = errors.New("there is no such blob")

// Store keeps blobs. Names are of lower-case letters and digits, at least four of them. It is safe for use by many goroutines.
type Store interface {
	// Put keeps size bytes of r. When it returns nil they are durable; otherwise nothing is there.
	Put(ctx context.Context, name string, r io.Reader, size int64) error
	// Open gives a blob to read, or ErrNotFound. ctx must hold until the blob is closed.
	Open(ctx context.Context, name string) (Blob, error)
	// Delete forgets a blob. One that is not there is no error.
	Delete(ctx context.Context, name string) error
	// Probe writes, reads and deletes a blob, to see whether the store works.
	Probe(ctx context.Context) error
}

// Blob is one that is open.
type Blob interface {
	io.ReaderAt
	io.Closer
	// Size is in bytes.
	Size() int64
}

// Reader reads a blob from its beginning.
func Reader(b Blob) *io.SectionReader { return io.NewSectionReader(b, 0, b.Size()) }
