package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// probe is how every store looks whether it works.
func probe(ctx context.Context, s Store) (err error) {
	var raw [32]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	name := "probe" + hex.EncodeToString(raw[:8])
	if err := s.Put(ctx, name, bytes.NewReader(raw[:]), int64(len(raw))); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Delete(ctx, name)) }()
	b, err := s.Open(ctx, name)
	if err != nil {
		return err
	}
	defer b.Close()
	read, err := io.ReadAll(Reader(b))
	if err != nil {
		return fmt.Errorf("read what was just written: %w", err)
	}
	if !bytes.Equal(read, raw[:]) {
		return errors.New("what was read is not what was written")
	}
	return nil
}
