//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"panah/hub/store"
)

// cold is how long a hub takes from its start until it is ready, with a long log.
type cold struct {
	Events int     `json:"events"`
	Ready  float64 `json:"ready_ms"`
}

// coldStep is how many events are written in one transaction.
const coldStep = 50_000

// addCold founds a hub, stops it, lets its log grow in its file, and starts it again.
func (r *report) addCold(ctx context.Context, p plan) (err error) {
	progress("a log of %d events …", p.events)
	c, err := gather(ctx, p.binary, place{}, 2)
	if err != nil {
		return err
	}
	defer c.stop()
	if err := errors.Join(c.post(ctx, c.people[0], 1), c.halt(), grow(ctx, filepath.Join(c.folder, "hub.db"), p.events)); err != nil {
		return err
	}
	progress("a cold start …")
	began := time.Now()
	again, err := startBeside(ctx, func(ctx context.Context, port, _ string) *exec.Cmd {
		return place{}.serve(p.binary)(ctx, port, c.folder)
	})
	if err != nil {
		return err
	}
	defer again.stop()
	r.Cold = cold{p.events, milliseconds(time.Since(began))}
	return nil
}

// grow repeats the last event of a log that no hub serves. Nothing at a start reads what an event says, so that all may say the same.
func grow(ctx context.Context, file string, events int) (err error) {
	db, err := store.Open(ctx, "sqlite:"+file, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for written := 0; written < events; written += coldStep {
		if err := db.Write(ctx, func(tx *store.Tx) error { return repeat(tx, min(coldStep, events-written)) }); err != nil {
			return fmt.Errorf("let the log grow: %w", err)
		}
	}
	return nil
}

func repeat(tx *store.Tx, times int) error {
	last, err := tx.Head()
	if err != nil {
		return err
	}
	for range times {
		at, err := tx.Next()
		if err != nil {
			return err
		}
		err = tx.Put(`INSERT INTO events (position, event_id, room_id, type, sender, origin_ts, depth, pdu)
			SELECT $1, $2, room_id, type, sender, origin_ts, depth, pdu FROM events WHERE position = (SELECT MAX(position) FROM events WHERE position <= $3)`,
			at, fmt.Sprintf("$cold%d", at), last)
		if err != nil {
			return err
		}
	}
	return nil
}
