// Package backup writes a whole hub into one stream and reads it back, from either database into either.
//
// What it promises. A stream is one snapshot: all rows as they stood at one position, and the files that they name. It is the same for both
// engines, so a hub moves from one to the other by it. It is never in memory as a whole. Whoever reads it finds out that it is damaged,
// cut off or sealed under another key before any of it is used: Check reads to the end and touches nothing.
//
// How it is written: a line of text, a byte that says whether a key is needed, 32 random bytes; then DARE 2.0 (pieces of 64 KiB that are
// each authenticated, the last one marked as the last) under a key that HKDF-SHA256 makes of the hub's secret and the head; in it Zstandard
// (RFC 8878); in that a sequence of CBOR items (RFC 8742), in pairs of what comes and the thing itself. Without a secret the key is made of the head
// alone: that hides nothing, and still finds every damage.
//
// Of each table the number of rows goes along and a sum over their SHA-256, which does not depend on their order. So what was loaded
// can be held against what was saved, to the letter.
package backup

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"
	"github.com/minio/sio"

	"panah/hub/fault"
	"panah/hub/store"
)

// The troubles of a stream that a person can do something about.
var (
	// ErrForeign: the file is no backup of this program, or of a newer one.
	ErrForeign = fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.backup_foreign")
	// ErrDamaged: the file was changed or is cut off, or its key is another one.
	ErrDamaged = fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.backup_damaged")
	// ErrKey: the file needs a key, and none was given.
	ErrKey = fault.New(http.StatusBadRequest, "M_UNKNOWN", "error.backup_key")
	// ErrTaken: there is a hub already where the backup is to go.
	ErrTaken = fault.New(http.StatusConflict, "M_UNKNOWN", "error.backup_taken")
	// ErrDiffers: what was loaded is not what was saved. Nothing was kept.
	ErrDiffers = fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.backup_differs")
)

// magic begins a file; a newer form of it has another number.
const magic = "panah backup 1\n"

const (
	saltSize = 32
	headSize = len(magic) + 1 + saltSize
)

// open and sealed tell whether a secret is needed.
const (
	openMark   = '-'
	sealedMark = 'k'
)

// What an item of the sequence is.
const (
	itemHead  = 1
	itemTable = 2 // store.Table; its rows follow
	itemRow   = 3 // a list of the values, in the order of the table's columns
	itemFile  = 4 // its name and size; its parts follow
	itemPart  = 5 // bytes
	itemWhole = 6 // the file's end
	itemVoid  = 7 // the file broke off where it was read: it is not to be kept
	itemEnd   = 8 // Contents
)

// partSize is how much of a file is one item, in bytes.
const partSize = 64 << 10

// Head says what a stream is of.
type Head struct {
	Program  string         `json:"program"`
	Schema   int64          `json:"schema"` // the newest migration that the tables have
	Engine   store.Engine   `json:"engine"`
	Server   string         `json:"server"` // the hub's name; "" if it was never started
	At       int64          `json:"at"`     // Unix milliseconds
	Position store.Position `json:"position"`
	Files    string         `json:"files"` // where the files are that do not go along; "" when they do
}

// Contents are what a stream holds.
type Contents struct {
	Tables  map[string]Sum `json:"tables"`
	Files   int64          `json:"files"`
	Bytes   int64          `json:"bytes"`   // of all files
	Missing int64          `json:"missing"` // files that are named and could not be read
}

// Rows is how many rows there are in all tables.
func (c *Contents) Rows() (rows int64) {
	for _, sum := range c.Tables {
		rows += sum.Rows
	}
	return rows
}

// Sum tells whether two tables have the same rows, in whatever order.
type Sum struct {
	Rows   int64     `json:"rows"`
	Hashes [4]uint64 `json:"hashes"` // of each row its SHA-256 as four numbers, added up without carry
}

func (s *Sum) add(row []byte) {
	hash := sha256.Sum256(row)
	s.Rows++
	for i := range s.Hashes {
		s.Hashes[i] += binary.BigEndian.Uint64(hash[8*i:])
	}
}

// SumOf is the sum of a table as it stands in the database.
func SumOf(tx *store.Tx, t store.Table) (s Sum, err error) {
	err = tx.Rows(t, func(row []any) error {
		raw, err := encoding.Marshal(row)
		s.add(raw)
		return err
	})
	return s, err
}

// encoding writes each value in one way only, so that equal rows have equal sums.
var encoding, decoding = modes()

func modes() (cbor.EncMode, cbor.DecMode) {
	write, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	// What an old SQLite file holds may be no sound UTF-8; it is not for a backup to judge.
	read, err := cbor.DecOptions{IntDec: cbor.IntDecConvertSignedOrFail, UTF8: cbor.UTF8DecodeInvalid}.DecMode()
	if err != nil {
		panic(err)
	}
	return write, read
}

// newHead makes the beginning of a file.
func newHead(secret []byte) []byte {
	head := make([]byte, 0, headSize)
	head = append(head, magic...)
	mark := byte(openMark)
	if secret != nil {
		mark = sealedMark
	}
	var salt [saltSize]byte
	rand.Read(salt[:]) // never fails (crypto/rand, Go 1.24)
	return append(append(head, mark), salt[:]...)
}

// seal is how the rest of a file is sealed that begins with head.
func seal(head, secret []byte) (sio.Config, error) {
	if head[len(magic)] == openMark {
		secret = []byte(magic) // hides nothing: whoever reads this program has it
	}
	key, err := hkdf.Key(sha256.New, secret, head[len(magic)+1:], string(head[:len(magic)+1]), 32)
	if err != nil {
		return sio.Config{}, fmt.Errorf("make the key of a backup: %w", err)
	}
	return sio.Config{MinVersion: sio.Version20, Key: key}, nil
}

// readHead reads the beginning of a file, and gives a reader of what is under the seal.
func readHead(r io.Reader, secret []byte) (io.Reader, error) {
	head := make([]byte, headSize)
	if _, err := io.ReadFull(r, head); err != nil || !bytes.HasPrefix(head, []byte(magic)) {
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, ErrForeign
		}
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	if head[len(magic)] == sealedMark && secret == nil {
		return nil, ErrKey
	}
	config, err := seal(head, secret)
	if err != nil {
		return nil, err
	}
	return sio.DecryptReader(r, config)
}

// newDecoder unpacks with one goroutine and a bounded window.
func newDecoder(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowSize))
}

// windowSize bounds what is in memory for packing and unpacking, in bytes.
const windowSize = 4 << 20
