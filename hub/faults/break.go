//go:build linux

package main

import (
	"errors"
	"syscall"
	"time"
)

// A fault returns when what it broke was mended and answers again. Of faults that overlap and want the same part, one waits for the other.

func killHub(w *world, f fault) error { return w.restart(w.hubs[f.node].child, syscall.SIGKILL) }

func killRedis(w *world, _ fault) error { return w.restart(w.redis, syscall.SIGKILL) }

// stopPostgres is `pg_ctl stop -m immediate`: no checkpoint, and a recovery at the next start.
func stopPostgres(w *world, _ fault) error { return w.restart(w.postgres, syscall.SIGQUIT) }

func (w *world) restart(c *child, signal syscall.Signal) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	if err := c.end(signal); err != nil {
		return err
	}
	return c.start(w.ctx)
}

func pauseHub(w *world, f fault) error      { return w.pause(w.hubs[f.node].child, f.hold) }
func pauseRedis(w *world, f fault) error    { return w.pause(w.redis, f.hold) }
func pausePostgres(w *world, f fault) error { return w.pause(w.postgres, f.hold) }

func (w *world) pause(c *child, hold time.Duration) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	resume, err := c.pause()
	defer resume()
	if err != nil {
		return err
	}
	w.hold(hold)
	return nil
}

// hold lets a fault last. How long is what the fault is, so here nothing else can be waited for.
func (w *world) hold(d time.Duration) {
	select {
	case <-time.After(d):
	case <-w.ctx.Done():
	}
}

func (w *world) line(f fault) *proxy {
	lines := w.hubs[f.node].lines()
	return lines[f.line%len(lines)]
}

func cutLine(w *world, f fault) error {
	w.line(f).cut()
	return nil
}

func silenceLine(w *world, f fault) error {
	p := w.line(f)
	speak := p.hush()
	w.hold(f.hold)
	if f.cut {
		p.cut()
	}
	speak()
	return nil
}

// fillDisk fills the disk under the database, which PostgreSQL may not survive: it is started again when there is room.
func fillDisk(w *world, f fault) error {
	part := w.hubs[0].child
	if w.postgres != nil {
		part = w.postgres
	}
	part.turn.Lock()
	defer part.turn.Unlock()
	empty, err := w.disk.fill()
	if err != nil {
		return err
	}
	w.hold(f.hold)
	if err := empty(); err != nil {
		return err
	}
	if w.postgres == nil {
		return nil
	}
	return errors.Join(part.end(syscall.SIGQUIT), part.start(w.ctx))
}
