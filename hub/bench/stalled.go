//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// stalled is what becomes of those who read, and of the hub, when very many have stopped reading.
type stalled struct {
	Readers  int     `json:"readers"`
	Stalled  int     `json:"stalled"`
	P99      float64 `json:"p99_ms"`
	P99Fill  float64 `json:"p99_ms_while_their_buffers_fill"`
	P99With  float64 `json:"p99_ms_with_stalled"`
	P99Gone  float64 `json:"p99_ms_when_they_are_gone"`
	Idle     float64 `json:"resident_mib_before_they_come"`
	Peak     float64 `json:"resident_mib_at_most"`
	End      float64 `json:"resident_mib_when_they_are_gone"`
	Back     float64 `json:"resident_mib_given_back"`
	Wait     float64 `json:"seconds_until_it_was"`
	Posted   float64 `json:"posted_mib_for_each"`
	Dropped  int     `json:"lines_closed_by_the_hub"`
	PerStall float64 `json:"kib_per_stalled_at_most"`
}

const (
	listeners  = 100 // who read
	stallPace  = 10  // posts a second
	stallBytes = 8 << 10
)

// addStalledCrowd has a few read while ever so many have stopped: posts are long, so that the kernel's buffers are full at once and the hub's own
// bound is what holds.
func (r *report) addStalledCrowd(ctx context.Context, c *crowd, p plan) error {
	if p.stalled == 0 {
		return nil
	}
	progress("%d read, and %d have stopped reading …", listeners, p.stalled)
	s := c.stage()
	s.post = func(ctx context.Context, i int, number int64) error {
		return c.say(ctx, c.people[i%len(c.people)], number, sentence(number)+strings.Repeat("ҷ", stallBytes/2))
	}
	d, err := s.door(ctx)
	if err != nil {
		return err
	}
	var current atomic.Pointer[volley]
	f, err := board(d, listeners, ears{post: func(number int64, at time.Time) {
		if v := current.Load(); v != nil {
			v.arrived(number, at)
		}
	}})
	if err != nil {
		return err
	}
	before, err := measureFanOut(ctx, s, &current, listeners, stalledWindow, stallPace, p.each)
	if err != nil {
		return err
	}
	var mutes *fleet
	var filling, full, gone fanOut
	closed := 0
	r.Stalled, err = watchMemory(ctx, s, p.stalled, func() (err error) {
		if mutes, err = muted(d, p.stalled); err != nil {
			return err
		}
		// Until the kernel holds no more for them, they cost what those cost who read.
		if filling, err = measureFanOut(ctx, s, &current, listeners, stalledWindow, rate.Limit(stallPace), 4*p.each); err != nil {
			return err
		}
		if full, err = measureFanOut(ctx, s, &current, listeners, stalledWindow, rate.Limit(stallPace), 4*p.each); err != nil {
			return err
		}
		if closed, err = closedByHub(ctx, p.stalled); err != nil {
			return err
		}
		gone, err = measureFanOut(ctx, s, &current, listeners, stalledWindow, rate.Limit(stallPace), 4*p.each)
		return err
	})
	if err != nil {
		return err
	}
	r.Stalled.P99, r.Stalled.P99Fill, r.Stalled.P99With, r.Stalled.P99Gone, r.Stalled.Dropped = before.P99, filling.P99, full.P99, gone.P99, closed
	if err := errors.Join(mutes.closeAll(), r.Stalled.giveBack(ctx, s)); err != nil {
		return err
	}
	return f.stop()
}

// closePatience is how long the hub has for closing the lines that take nothing.
const closePatience = time.Minute

// closedByHub waits until the hub has closed the lines of all who read nothing, and gives how many it closed. Their own ends cannot tell: what is
// before the end of a line is never read.
func closedByHub(ctx context.Context, many int) (int, error) {
	for end := time.Now().Add(closePatience); ; {
		open, err := watched(ctx, "panah_stream_sessions")
		if err != nil {
			return 0, err
		}
		closed := many + listeners - int(open)
		if closed >= many || time.Now().After(end) {
			return closed, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// backPatience is how long the hub has for giving memory back: the runtime does so when it has collected twice, which it does every two
// minutes where little is to be done.
const backPatience = 5 * time.Minute

// giveBack looks at the memory when all are gone, and waits until it is again what it was, or for as long as the hub has for it.
func (s *stalled) giveBack(ctx context.Context, of stage) error {
	end, err := settledMemory(of)
	if err != nil {
		return err
	}
	s.End = mebibytes(end)
	for began := time.Now(); ; {
		now, err := of.resident()
		if err != nil {
			return err
		}
		s.Back, s.Wait = mebibytes(now), time.Since(began).Seconds()
		if s.Back <= s.Idle || time.Since(began) > backPatience {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// watchMemory looks at the hub's memory ten times a second while very many come and read nothing, and posts are made all the same.
func watchMemory(ctx context.Context, s stage, many int, meanwhile func() error) (stalled, error) {
	idle, err := settledMemory(s)
	if err != nil {
		return stalled{}, err
	}
	watching, enough := context.WithCancel(ctx)
	defer enough()
	group := new(errgroup.Group)
	peak := idle
	group.Go(func() error {
		for every := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-watching.Done():
				every.Stop()
				return nil
			case <-every.C:
			}
			now, err := s.resident()
			if err != nil {
				return err
			}
			peak = max(peak, now)
		}
	})
	began := s.posts.Load()
	err = meanwhile()
	enough()
	if errWatch := group.Wait(); err == nil {
		err = errWatch
	}
	return stalled{
		Readers: listeners, Stalled: many, Idle: mebibytes(idle), Peak: mebibytes(peak),
		PerStall: float64(peak-idle) / float64(many) / (1 << 10), Posted: mebibytes((s.posts.Load() - began) * stallBytes),
	}, err
}

// muted opens n websockets that nobody reads.
func muted(d door, n int) (*fleet, error) {
	f := &fleet{sockets: make(map[int32]*socket, n)}
	var err error
	if f.epoll, err = newEpoll(); err != nil {
		return nil, err
	}
	for i := range n {
		if err := f.mute(d, i); err != nil {
			return nil, fmt.Errorf("websocket %d that is not read: %w", i, err)
		}
	}
	return f, nil
}

// dropped counts the sockets that the server has closed.
func (f *fleet) dropped() (n int) {
	for _, s := range f.sockets {
		if s.closed() {
			n++
		}
	}
	return n
}

func (r *report) printStalled(out io.Writer) {
	s := r.Stalled
	fmt.Fprintf(out, "\n%d read and %d have stopped reading, %.1f MiB posted for each: p99 %.1f ms without those, %.1f ms while the kernel's buffers for them fill, %.1f ms with them, %.1f ms when the hub had closed %d of their lines\n",
		s.Readers, s.Stalled, s.Posted, s.P99, s.P99Fill, s.P99With, s.P99Gone, s.Dropped)
	fmt.Fprintf(out, "the hub held %.0f MiB before they came, %.0f MiB at most (%.1f KiB for each), %.0f MiB when they were gone, %.0f MiB %.0f s later\n",
		s.Idle, s.Peak, s.PerStall, s.End, s.Back, s.Wait)
}
