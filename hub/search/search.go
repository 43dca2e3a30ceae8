// Package search finds posts by their words, in all channels that the reader may see.
//
// It follows the log, as everything beside room does, and not the one who sends: a post costs its sender nothing more, one piece
// of code reads what is new and what was there before searching was, and the cursor in the database says for all nodes how far it
// got. A search first reads what the log has gained since, so that what was answered with an event id is found at once.
//
// The index only narrows down. It knows which positions have which folded words, of what each post says now. What it gives is read
// from the log, and there it is decided whether the reader may see it (room.View, the one rule for that), whether it was taken
// back, and, by the same function that made the index's words, whether the words are there, in which order, and where. So an index
// that lags behind can leave something out but never shows what the log would not.
//
// Both engines thus only answer which positions have all these words (store.Words), and order, phrases, ranks and marks
// are the same on both.
package search

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"panah/hub/broker"
	"panah/hub/room"
	"panah/hub/store"
)

// Options are what New needs beside its parts; zero values mean the usual.
type Options struct {
	Beat     time.Duration // how often Run looks at the log without being woken; 0 means 5 s
	Deadline time.Duration // how long one search may read; 0 means 3 s
	Log      *slog.Logger  // nil means slog.Default
}

// Search is this hub's searching. It is safe for use by many goroutines.
type Search struct {
	db     *store.DB
	rooms  *room.Rooms
	broker broker.Broker
	o      Options
	places chan struct{} // one for each search under way
}

// New makes the searching. Nothing is followed until Run.
func New(db *store.DB, rooms *room.Rooms, brk broker.Broker, o Options) *Search {
	if o.Beat <= 0 {
		o.Beat = 5 * time.Second
	}
	if o.Deadline <= 0 {
		o.Deadline = 3 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Search{db: db, rooms: rooms, broker: brk, o: o, places: make(chan struct{}, runtime.NumCPU())}
}

// enter waits for a place among the searches under way, so that many of them cannot take the machine from those who post.
func (s *Search) enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Search) leave() { <-s.places }

// mark is a word of the hub's own for a property of a post: the room (r), the sender (u), a file (f). It begins with a private-use
// character, which no folded word has. Two rooms with one mark would only cost time: what is found is looked at again.
func mark(kind, value string) string {
	sum := sha256.Sum256([]byte(value))
	return "\ue000" + kind + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}
