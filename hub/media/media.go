// Package media keeps the files that people share: it takes them in piece by piece, has them cleaned of what they say about their
// makers, and gives them to those who may see a post that uses them.
//
// The order of effects. An upload is entered with its size, which counts against the organisation's quota from then on. Its pieces are
// written to the store and then entered, each once, so that a broken line or a killed hub costs at most the piece under way. With the
// last piece the file is cleaned; what comes of it is written to the store, and one transaction makes it a file and the upload done. A
// file that could not be cleaned is refused, and nothing of it stays.
//
// A blob is entered among those to delete before it is written, and taken out by the transaction that names it: whenever the hub is
// killed, nothing is forgotten in the store. Sweep deletes what is due; it may run on every node at once.
//
// Who may read: whoever uploaded the file, whoever may see an event that uses it, and everybody who is signed in if it is a
// picture of a person or a channel. To all others a file that is there is as one that is not.
//
// A file that the hub cannot look into, as those of encrypted posts, is kept as it came and given out as bytes alone: to its uploader and to whoever is in
// an encrypted channel in which it can have been sent. Nothing that the hub can read may use it (opaque.go).
//
// A file of another homeserver is fetched when somebody who may read it asks for it, and is cleaned here, whoever cleaned it there. The copy stays
// as long as an event uses it, or until newer copies of the same server's files need its place.
package media

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"

	"panah/hub/fault"
	"panah/hub/media/blob"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// cleanersAtOnce bounds how many files are cleaned at a time: each may take a core and some hundred megabytes.
	cleanersAtOnce = 2
	// cleanTime is how long one file may take, waiting for its turn included.
	cleanTime = 90 * time.Second
	// keepTime is how long an upload may take, and a file be kept that nothing uses.
	keepTime = 24 * time.Hour
	// blobTime is how long the writing of one blob may take until it counts as abandoned.
	blobTime = time.Hour
)

// Options are the bounds of what is kept. Those of size are in bytes.
type Options struct {
	Quota int64 // of all files of one organisation
	Limit int64 // of one file
	// Retention is how long posts are kept at the most. So long are files kept of which it cannot be seen which posts use them.
	Retention time.Duration
	Log       *slog.Logger
}

// Media are this hub's files. It is safe for use by many goroutines.
type Media struct {
	db      *store.DB
	rooms   *room.Rooms
	blobs   blob.Store
	quota   int64
	limit   int64
	keeps   time.Duration
	log     *slog.Logger
	turns   chan struct{} // one for each file that is being cleaned
	endings singleflight.Group

	remote   Remote        // nil where there are no other homeservers
	fetchers chan struct{} // one for each file that is being fetched
	fetches  singleflight.Group
}

// New makes the files on an open database and store.
func New(db *store.DB, rooms *room.Rooms, blobs blob.Store, o Options) *Media {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Media{db: db, rooms: rooms, blobs: blobs, quota: o.Quota, limit: o.Limit, keeps: o.Retention, log: o.Log, turns: make(chan struct{}, cleanersAtOnce),
		fetchers: make(chan struct{}, fetchersAtOnce)}
}

// Limit is the size of the largest file, in bytes.
func (m *Media) Limit() int64 { return m.limit }

// Probe looks whether the store can be reached and written.
func (m *Media) Probe(ctx context.Context) error { return m.blobs.Probe(ctx) }

// URI is a file's Matrix content URI.
func (m *Media) URI(id string) string { return uri(m.rooms.ServerName(), id) }

func uri(server, id string) string { return "mxc://" + server + "/" + id }

// uriOf is the content URI of what is kept under an id, this hub's own or a copy.
func uriOf(own, id string) string {
	if far(id) {
		return "mxc://" + id
	}
	return uri(own, id)
}

// newID makes the id of a file or an upload: 160 random bits, so that none can be guessed.
func newID() string {
	var raw [20]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// putBlob writes a blob and gives its name. Whoever names it afterwards calls keepTx in that transaction.
func (m *Media) putBlob(ctx context.Context, r io.Reader, size int64) (name string, err error) {
	var raw [20]byte
	rand.Read(raw[:])
	name = hex.EncodeToString(raw[:])
	err = m.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO media_gone (blob, due) VALUES ($1, $2)`, name, tx.Now.Add(blobTime).UnixMilli())
		return err
	})
	if err != nil {
		return "", err
	}
	if err := m.blobs.Put(ctx, name, r, size); err != nil {
		return "", storeFault(err)
	}
	return name, nil
}

// errAbandoned: a blob took so long that it was deleted again.
var errAbandoned = errors.New("the blob was deleted before anything named it")

// keepTx says that a blob is named from now on.
func keepTx(tx *store.Tx, name string) error {
	n, err := tx.Exec(`DELETE FROM media_gone WHERE blob = $1`, name)
	if err == nil && n == 0 {
		err = errAbandoned
	}
	return err
}

// dropTx says that nothing names a blob any more.
func dropTx(tx *store.Tx, name string) error {
	if name == "" {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO media_gone (blob, due) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING`, name, tx.Now.UnixMilli())
	return err
}

// storeFault is what a person is told when the store fails. That they have hung up is no failure of it.
func storeFault(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.media_store").Because(fmt.Errorf("the media store: %w", err))
}
