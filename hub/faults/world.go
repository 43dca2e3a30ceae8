//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"panah/hub/feed"
	"panah/hub/store"
)

// world is all that runs: the servers, the hubs and the lines between, and the people.
type world struct {
	ctx     context.Context // ends with the first promise that is broken
	group   *errgroup.Group
	seed    uint64
	folder  string
	disk    *disk
	hubs    []*hub
	crowd   *crowd
	load    *load
	alarms  *alarms
	readers []*session
	from    store.Position // where the readers began

	postgres *child    // nil on SQLite
	redis    *child    // nil on SQLite
	db       *store.DB // not by way of any line
	out      io.Writer
}

const (
	diskBytes = 256 << 20
	// patience is how long anything may take until it answers again. Nothing but a broken promise takes that long.
	patience = 90 * time.Second
)

// trial is one world with what goes wrong in it.
type trial struct {
	binary   string
	nodes    int
	shared   bool // PostgreSQL and Redis; otherwise SQLite
	faults   int
	alerters int
	seed     uint64
	out      io.Writer
}

// run builds a world, breaks it as its seed says, mends it, and looks whether every promise was kept. What a broken one left stays in its folder.
func (t trial) run(ctx context.Context) (err error) {
	w, err := t.build(ctx)
	if err != nil {
		return errors.Join(err, w.end(true))
	}
	if !w.disk.small {
		fmt.Fprintln(t.out, "The disk is never filled: that needs the right to mount one.")
	}
	began := time.Now()
	all := plan(t.seed, t.faults, shape{t.nodes, t.shared, w.disk.small})
	err = w.run(ctx, all)
	sends, _ := w.load.count()
	fmt.Fprintf(t.out, "%d faults in %s: %d sends and %d alerts answered, refused by status %v, %d lines opened\n",
		len(all), time.Since(began).Round(time.Second), sends, len(w.alarms.sent), w.load.statuses, w.opened())
	if err != nil {
		err = fmt.Errorf("seed %d, %d nodes, logs in %s: %w", t.seed, t.nodes, w.folder, err)
	}
	return errors.Join(err, w.end(err != nil))
}

// build starts everything and brings the people in. What it began is in the world also when it fails.
func (t trial) build(ctx context.Context) (w *world, err error) {
	w = &world{seed: t.seed, out: t.out}
	w.group, w.ctx = errgroup.WithContext(ctx)
	w.load, w.alarms = newLoad(w), &alarms{w: w}
	if w.folder, err = os.MkdirTemp("", "panah-faults-"); err != nil {
		return w, err
	}
	if err := os.Chmod(w.folder, 0o755); err != nil { // PostgreSQL may run under another account
		return w, err
	}
	if w.disk, err = mountDisk(filepath.Join(w.folder, "disk"), diskBytes); err != nil {
		return w, err
	}
	starting, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	database, redis := "", ""
	address := "sqlite:" + filepath.Join(w.disk.folder, "hub.db")
	if t.shared {
		if w.postgres, database, err = postgresServer(starting, w.disk.folder, w.folder); err != nil {
			return w, err
		}
		if w.redis, redis, err = redisServer(starting, w.folder); err != nil {
			return w, err
		}
		address = postgresURL(database)
	}
	quiet := slog.New(slog.DiscardHandler) // what a broken database has to say is known
	for i := range t.nodes {
		h, err := w.startHub(starting, i, t.binary, database, redis)
		if err != nil {
			return w, err
		}
		w.hubs = append(w.hubs, h)
		if i > 0 {
			continue
		}
		// Each hub that finds no steward makes a link of its own, in place of the one before: so the people come in before the second one starts.
		if w.db, err = store.Open(starting, address, store.Options{Log: quiet}); err != nil {
			return w, err
		}
		if w.crowd, err = w.gather(t.alerters); err != nil {
			return w, err
		}
		if err := w.witness(starting); err != nil {
			return w, err
		}
	}
	return w, nil
}

// run has people send and listen while things break, and then waits until all is said.
func (w *world) run(ctx context.Context, all []fault) error {
	if err := w.board(); err != nil {
		return err
	}
	sending, stop := context.WithCancel(w.ctx)
	defer stop()
	said := new(errgroup.Group)
	for i, p := range w.crowd.senders {
		said.Go(func() error { return w.load.run(sending, i, p) })
	}
	said.Go(func() error { return w.alarms.run(sending) })
	// A broken promise of those who send ends everything at once.
	w.group.Go(said.Wait)
	for _, s := range w.readers {
		w.group.Go(func() error { return s.run(w.ctx) })
	}
	err := w.disturb(all)
	stop()
	if err = errors.Join(err, said.Wait()); err == nil {
		err = w.finish()
	}
	if err != nil {
		w.group.Go(func() error { return err })
	}
	if err := w.group.Wait(); err != nil {
		return err
	}
	return w.check(ctx)
}

// board puts the readers where the log ends now.
func (w *world) board() error {
	for i, p := range w.crowd.readers {
		var now struct {
			NextBatch string `json:"next_batch"`
		}
		if err := p.must(w.ctx, w.hubs[0].address, "GET", "/_matrix/client/v3/sync?timeout=0&set_presence=offline", nil, &now); err != nil {
			return err
		}
		since, err := feed.ParseToken(now.NextBatch)
		if err != nil {
			return err
		}
		w.from = since.Position
		w.readers = append(w.readers, &session{w: w, p: p, since: now.NextBatch, random: rand.New(rand.NewPCG(w.seed, uint64(200+i)))})
	}
	return nil
}

// disturb breaks one thing after the other, and some of them at the same time.
func (w *world) disturb(all []fault) error {
	under := new(errgroup.Group)
	for i, f := range all {
		if !f.beside {
			if err := under.Wait(); err != nil {
				return err
			}
			under = new(errgroup.Group)
			if err := w.load.await(w.ctx, f.after); err != nil {
				return errors.Join(err, context.Cause(w.ctx))
			}
		}
		fmt.Fprintf(w.out, "%4d  %s\n", i+1, f)
		under.Go(func() error { return kinds[f.kind].do(w, f) })
	}
	return under.Wait()
}

// finish says the last words, when nothing is broken any more.
func (w *world) finish() error {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := w.alarms.finish(ctx); err != nil {
		return err
	}
	var sent struct {
		EventID string `json:"event_id"`
	}
	path := "/_matrix/client/v3/rooms/" + w.crowd.channel + "/send/m.room.message/last"
	return w.load.until(w.crowd.steward, rand.New(rand.NewPCG(w.seed, 3)), "PUT", path, object{"msgtype": "m.text", "body": lastWords}, &sent)
}

func (w *world) opened() (n int) {
	for _, s := range w.readers {
		n += s.opened
	}
	return n
}

// end ends all that the world began, and takes its folder away unless it is kept.
func (w *world) end(keep bool) error {
	var errs []error
	for _, h := range w.hubs {
		errs = append(errs, h.end(syscall.SIGTERM))
		for _, p := range h.lines() {
			p.stop()
		}
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	if w.redis != nil {
		errs = append(errs, w.redis.end(syscall.SIGKILL))
	}
	if w.postgres != nil {
		errs = append(errs, w.postgres.end(syscall.SIGQUIT))
	}
	if w.disk != nil {
		errs = append(errs, w.disk.unmount())
	}
	if !keep {
		errs = append(errs, os.RemoveAll(w.folder))
	}
	return errors.Join(errs...)
}
