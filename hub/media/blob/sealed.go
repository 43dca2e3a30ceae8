package blob

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/minio/sio"
)

// Sealed encrypts what it hands to another store: DARE 2.0 (AES-256-GCM or ChaCha20-Poly1305, in pieces of 64 KiB so that a part can be
// read alone) under a key of each blob's own, which HKDF-SHA256 makes of the store's key and the blob's name. So a blob that was put
// under another one's name does not open.
type Sealed struct {
	under Store
	key   []byte
}

// NewSealed takes a key of 32 bytes.
func NewSealed(under Store, key []byte) (*Sealed, error) {
	if len(key) != 32 {
		return nil, errors.New("the key of a sealed store has 32 bytes")
	}
	return &Sealed{under, key}, nil
}

func (s *Sealed) config(name string) (sio.Config, error) {
	key, err := hkdf.Key(sha256.New, s.key, nil, "panah media blob "+name, 32)
	if err != nil {
		return sio.Config{}, fmt.Errorf("make a blob's key: %w", err)
	}
	return sio.Config{MinVersion: sio.Version20, Key: key}, nil
}

// Put seals a blob and keeps it.
func (s *Sealed) Put(ctx context.Context, name string, r io.Reader, size int64) error {
	config, err := s.config(name)
	if err != nil {
		return err
	}
	sealed, err := sio.EncryptReader(r, config)
	if err != nil {
		return fmt.Errorf("seal a blob: %w", err)
	}
	whole, err := sio.EncryptedSize(uint64(size))
	if err != nil {
		return fmt.Errorf("measure a sealed blob: %w", err)
	}
	return s.under.Put(ctx, name, sealed, int64(whole))
}

// Open gives a blob to read. What was changed under the seal fails when it is read.
func (s *Sealed) Open(ctx context.Context, name string) (Blob, error) {
	config, err := s.config(name)
	if err != nil {
		return nil, err
	}
	under, err := s.under.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	size, err := sio.DecryptedSize(uint64(under.Size()))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("measure a sealed blob: %w", err), under.Close())
	}
	open, err := sio.DecryptReaderAt(under, config)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open a sealed blob: %w", err), under.Close())
	}
	return sealedBlob{open, under, int64(size)}, nil
}

type sealedBlob struct {
	io.ReaderAt
	io.Closer
	size int64
}

func (b sealedBlob) Size() int64 { return b.size }

// Delete forgets a blob.
func (s *Sealed) Delete(ctx context.Context, name string) error { return s.under.Delete(ctx, name) }

// Probe looks whether the store underneath works, through the seal.
func (s *Sealed) Probe(ctx context.Context) error { return probe(ctx, s) }
