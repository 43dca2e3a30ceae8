package exchange

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

const (
	tick         = 30 * time.Second // between two looks at whose turn it is
	pause        = 5 * time.Minute  // between two readings of a feed
	longestPause = 6 * time.Hour    // after failures
	readingTime  = 2 * time.Minute  // of one reading, all its files included
	lease        = 5 * time.Minute  // for a node to finish a reading; longer than readingTime
	turns        = 20               // readings that begin between two ticks
	atOnce       = 8                // readings that a node is at
)

func chance() float64 { return rand.Float64() }

// Run reads feeds until ctx ends. Every node may run it: each reading is taken by one. A feed that is slow holds up itself alone.
func (x *Exchange) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	readings := newReadings()
	for {
		if _, err := x.begin(ctx, readings); err != nil && ctx.Err() == nil {
			x.log.Warn("feeds could not be read; the next look tries again", "err", err)
		}
		select {
		case <-ctx.Done():
			readings.wait()
			x.client.CloseIdleConnections()
			return nil
		case <-ticker.C:
		}
	}
}

// ReadDue reads the feeds whose turn it is, and tells how many it took.
func (x *Exchange) ReadDue(ctx context.Context) (taken int, err error) {
	readings := newReadings()
	defer readings.wait()
	return x.begin(ctx, readings)
}

// readings are those that a node is at. There are atOnce of them at most; a feed whose turn comes while all are taken waits for the next look.
type readings struct {
	places chan struct{}
	going  sync.WaitGroup
}

func newReadings() *readings { return &readings{places: make(chan struct{}, atOnce)} }

func (r *readings) wait() { r.going.Wait() }

// begin takes the turns that are due, as far as there are places, and has each read in a goroutine of its own. It does not wait for them.
func (x *Exchange) begin(ctx context.Context, r *readings) (taken int, err error) {
	for ; taken < turns; taken++ {
		select {
		case r.places <- struct{}{}:
		default:
			return taken, nil
		}
		s, due, err := x.takeTurn(ctx)
		if err != nil || !due {
			<-r.places
			return taken, err
		}
		r.going.Go(func() {
			defer func() { <-r.places }()
			if err := x.read(ctx, s); err != nil && ctx.Err() == nil {
				x.log.Warn("how a feed was read could not be written down; its turn comes again", "source", s.ID, "err", err)
			}
		})
	}
	return taken, nil
}

// takeTurn takes the feed that has waited longest, so that no other node takes it too. If this node dies, the lease runs out.
func (x *Exchange) takeTurn(ctx context.Context) (s Source, due bool, err error) {
	err = x.db.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now.UnixMilli()
		s, err = scanSource(tx.QueryRow(`UPDATE cap_sources SET next_at = $1 WHERE next_at <= $2 AND source_id =
			(SELECT source_id FROM cap_sources WHERE next_at <= $2 ORDER BY next_at, source_id LIMIT 1) RETURNING `+sourceColumns,
			now+lease.Milliseconds(), now))
		due = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return s, due, err
}

// read reads one feed, and writes down how it went. Its error is the hub's own trouble and not the feed's.
func (x *Exchange) read(ctx context.Context, s Source) error {
	reading, cancel := context.WithTimeout(ctx, readingTime)
	defer cancel()
	got, trouble := x.visit(reading, s)
	if ctx.Err() != nil {
		return ctx.Err() // the hub is going down; the lease runs out
	}
	key := ""
	if trouble != nil {
		x.log.Info("a feed of others could not be read", "source", s.ID, "err", withoutAddress(trouble))
		key = keyOf(trouble)
	}
	failures := 0
	if key != "" {
		failures = s.Failures + 1
	}
	return x.db.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now.UnixMilli()
		_, err := tx.Exec(`UPDATE cap_sources SET next_at = $1, failures = $2, trouble = $3, read_at = CASE WHEN $3 = '' THEN $4 ELSE read_at END,
			etag = $5, last_modified = $6 WHERE source_id = $7`,
			now+wait(failures, x.chance()).Milliseconds(), failures, key, now, got.etag, got.modified, s.ID)
		return err
	})
}

// withoutAddress is what may stand in the log: addresses of feeds can hold keys.
func withoutAddress(err error) error {
	var tried *url.Error
	if errors.As(err, &tried) {
		return tried.Err
	}
	return err
}

// keyOf says why, in a sentence that people know. What is no fault is the line's.
func keyOf(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) && f.Key != "error.internal" {
		return f.Key
	}
	return "error.feed_unreachable"
}

// wait is how long until the next reading: twice as long after each failure, and a tenth more or less, so that feeds do not keep step.
func wait(failures int, chance float64) time.Duration {
	d := pause
	for ; failures > 0 && d < longestPause; failures-- {
		d *= 2
	}
	d = min(d, longestPause)
	return d + time.Duration((chance*2-1)*float64(d)/10)
}

// reader is whoever entered a feed, if they may still have it read.
func (x *Exchange) reader(ctx context.Context, s Source) (person people.Person, err error) {
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		person, err = x.people.PersonTx(tx, s.EnteredBy)
		return err
	})
	if err == nil {
		err = (people.Caller{Person: person}).Require(people.ActReadFeeds)
	}
	return person, err
}
