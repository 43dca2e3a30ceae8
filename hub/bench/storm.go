//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// missedEach is how many posts each client has missed that comes back in a storm.
const missedEach = 100

// storm is how long it takes until clients that come back at once have all that they missed.
type storm struct {
	Server   string  `json:"server"`
	Clients  int     `json:"clients"`
	Missed   int     `json:"missed_each"`
	Last     float64 `json:"last_ms"` // from the first request for a websocket
	P50      float64 `json:"p50_ms"`
	CPU      float64 `json:"cpu_seconds"`
	Resident float64 `json:"most_resident_mib"`
}

// addStorms has the largest fleet come back at once, to the hub and to what keeps a history beside it.
func (r *report) addStorms(ctx context.Context, c *crowd, all *contest, p plan) error {
	hub := c.stage()
	hub.door = func(ctx context.Context) (door, error) { return c.doorWith(ctx, missedEach) }
	stages := []stage{hub}
	for _, s := range all.others {
		if s.name == withHistory {
			stages = append(stages, s)
		}
	}
	for _, s := range stages {
		progress("%s: a storm …", s.name)
		measured, err := measureStorm(ctx, s, p.usual())
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		r.Storms = append(r.Storms, measured)
	}
	return nil
}

func measureStorm(ctx context.Context, s stage, clients int) (storm, error) {
	d, err := s.door(ctx)
	if err != nil {
		return storm{}, err
	}
	for i := range missedEach {
		if err := s.post(ctx, i, s.posts.Add(1)); err != nil {
			return storm{}, err
		}
	}
	m, err := s.meterAfter(warmUp)
	if err != nil {
		return storm{}, err
	}
	measured := storm{Server: s.name, Clients: clients, Missed: missedEach}
	var took latencies
	left, all := clients*missedEach, make(chan struct{})
	var began time.Time
	f, err := rush(d, clients, &began, ears{post: func(_ int64, at time.Time) {
		took.add(at.Sub(began))
		if left--; left == 0 {
			close(all)
		}
	}})
	if err != nil {
		return measured, err
	}
	if err := measured.watch(ctx, s, all); err != nil {
		return measured, errors.Join(err, f.stop())
	}
	measured.P50, _, measured.Last = took.figures()
	_, measured.CPU, err = m.read()
	return measured, errors.Join(err, f.stop())
}

// watch waits until all have everything, and notes meanwhile how much memory the server holds at most.
func (m *storm) watch(ctx context.Context, s stage, all <-chan struct{}) error {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	patience := time.After(alertPatience)
	for {
		now, err := s.resident()
		if err != nil {
			return err
		}
		m.Resident = max(m.Resident, float64(now)/(1<<20))
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-patience:
			return errors.New("those who came back do not get what they missed")
		case <-look.C:
		}
	}
}

func (r *report) printStorms(out io.Writer) {
	fmt.Fprintf(out, "\nClients that come back at once, each of them having missed posts of one channel\n")
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "server\tclients\tmissed each\tthe last has all after ms\tp50 ms\tCPU s\tmost memory MiB\t")
	for _, s := range r.Storms {
		fmt.Fprintf(table, "%s\t%d\t%d\t%.0f\t%.0f\t%.2f\t%.0f\t\n", s.Server, s.Clients, s.Missed, s.Last, s.P50, s.CPU, s.Resident)
	}
	table.Flush()
}
