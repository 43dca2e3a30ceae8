//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/time/rate"
)

// contest is the hub and what it is measured beside, in one run: machines are noisy, and only what stands side by side can be compared.
type contest struct {
	hub    stage
	others []stage
	folder string
}

// stalledWindow is how many posts are in flight while one subscriber does not read.
const stalledWindow = 4

// addStalled measures the hub once more beside a subscriber that has stopped reading. A server closes it in the end, which is no trouble.
func (r *report) addStalled(ctx context.Context, s stage, p plan, f *fleet, d door, current *atomic.Pointer[volley], n int) error {
	if s.name != hubName || !slices.Contains(p.windows, stalledWindow) {
		return nil
	}
	progress("%s: %d subscribers and one that does not read …", s.name, n)
	if err := f.mute(d, n); err != nil {
		return err
	}
	measured, err := measureFanOut(ctx, s, current, n, stalledWindow, rate.Inf, p.each)
	measured.Server = hubName + ", one stalled"
	r.FanOut = append(r.FanOut, measured)
	return err
}

// contestFor makes the contest that a plan wants.
func contestFor(ctx context.Context, c *crowd, p plan) (*contest, error) {
	if !p.hasAny("memory", "fanout", "storm") {
		p.reference = ""
	}
	size, err := sampleFrames(ctx, c)
	if err != nil {
		return nil, err
	}
	return compete(ctx, c, p, size)
}

// compete starts what the hub is measured beside. size is how many bytes a delivery of the hub has; so many do those of the others have.
func compete(ctx context.Context, c *crowd, p plan, size int) (*contest, error) {
	all := &contest{hub: c.stage()}
	if p.reference == "" {
		return all, nil
	}
	var err error
	if all.folder, err = os.MkdirTemp("", "panah-bench-"); err != nil {
		return nil, err
	}
	binary, err := buildReference(ctx, p.reference, all.folder)
	if err != nil {
		return nil, err
	}
	for _, kind := range references {
		one, err := startReference(ctx, binary, kind, "", size)
		if err != nil {
			all.stop()
			return nil, err
		}
		all.others = append(all.others, one)
	}
	return all, nil
}

func (c *contest) stop() {
	for _, one := range c.others {
		one.stop()
	}
	_ = os.RemoveAll(c.folder)
}

// all are the hub and the others.
func (c *contest) all() []stage { return append([]stage{c.hub}, c.others...) }

// sampleFrames is how many bytes a delivery of the hub has.
func sampleFrames(ctx context.Context, c *crowd) (int, error) {
	const posts = 8
	d, err := c.door(ctx)
	if err != nil {
		return 0, err
	}
	done := make(chan struct{})
	left := posts
	f, err := board(d, 1, ears{post: func(int64, time.Time) {
		if left--; left == 0 {
			close(done)
		}
	}})
	if err != nil {
		return 0, err
	}
	s := c.stage()
	for i := range posts {
		if err := s.post(ctx, i, s.posts.Add(1)); err != nil {
			return 0, err
		}
	}
	select {
	case <-done:
	case <-time.After(alertPatience):
	}
	err = f.stop()
	return int(f.bytes / max(f.posts, 1)), err
}

// addFanOut measures every server with fleets of growing size.
func (r *report) addFanOut(ctx context.Context, c *crowd, all *contest, p plan) error {
	r.People = len(c.people)
	alone, err := sendingAlone(ctx, c, p)
	if err != nil {
		return err
	}
	for _, n := range p.subscribers {
		for _, s := range all.all() {
			if err := r.addFleet(ctx, s, p, n, alone); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// sendingAlone is how many posts a second of the hub's processor makes durable at each window, with nobody listening.
func sendingAlone(ctx context.Context, c *crowd, p plan) (map[int]float64, error) {
	alone := map[int]float64{}
	for _, window := range p.windows {
		measured, err := measureSends(ctx, c, window, p.each)
		if err != nil {
			return nil, err
		}
		alone[window] = measured.PerCPU
	}
	return alone, nil
}

// addFleet measures one server with one fleet: as fast as it goes with windows of each size, and at each rate.
func (r *report) addFleet(ctx context.Context, s stage, p plan, n int, alone map[int]float64) error {
	d, err := s.door(ctx)
	if err != nil {
		return err
	}
	var current atomic.Pointer[volley]
	f, err := board(d, n, ears{post: func(number int64, at time.Time) {
		if r := current.Load(); r != nil {
			r.arrived(number, at)
		}
	}})
	if err != nil {
		return err
	}
	for _, window := range p.windows {
		progress("%s: %d subscribers, %d in flight …", s.name, n, window)
		measured, err := measureFanOut(ctx, s, &current, n, window, rate.Inf, p.each)
		if err != nil {
			return err
		}
		if s.name == hubName {
			measured.FanOutPerCPU = withoutSending(measured, alone[window])
		}
		r.FanOut = append(r.FanOut, measured)
	}
	for _, pace := range p.rates {
		progress("%s: %d subscribers, %d posts a second …", s.name, n, pace)
		measured, err := measureFanOut(ctx, s, &current, n, slices.Max(p.windows), rate.Limit(pace), p.each)
		if err != nil {
			return err
		}
		r.FanOut = append(r.FanOut, measured)
	}
	if err := r.addStalled(ctx, s, p, f, d, &current, n); err != nil {
		return err
	}
	err = f.stop()
	if s.name == hubName {
		r.Bytes = f.bytes / max(f.posts, 1)
	}
	return err
}

// withoutSending takes from the processor time of a fan-out what the same posts cost with nobody listening.
func withoutSending(f fanOut, postsPerCPU float64) float64 {
	cpu := f.PerSecond/f.PerCPU - f.PostsPerSecond/postsPerCPU
	if cpu <= 0 {
		return 0
	}
	return f.PerSecond / cpu
}

func (r *report) printFanOut(out io.Writer) {
	fmt.Fprintf(out, "\nOne channel, %d people, %d bytes a delivery: as fast as the slowest subscriber allows, and at fixed rates\n", r.People, r.Bytes)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "server\tsubscribers\tin flight\tposts/s asked\tdeliveries/s\tper CPU-second\tthe same, sending not counted\thub ÷ this\tp50 ms\tp99 ms\t")
	for _, f := range r.FanOut {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%.0f\t%.0f\t%s\t%s\t%.2f\t%.2f\t\n", f.Server, f.Subscribers, f.Window, orDash(f.Rate, "%.0f"),
			f.PerSecond, f.PerCPU, orDash(f.FanOutPerCPU, "%.0f"), orDash(r.hubOver(f), "%.1f"), f.P50, f.P99)
	}
	table.Flush()
}

// orDash writes a figure; a dash for 0.
func orDash(figure float64, format string) string {
	if figure == 0 {
		return "–"
	}
	return fmt.Sprintf(format, figure)
}

// hubOver is how many times as many deliveries the hub makes of a second of its processor as another server in the same measurement; 0 for
// the hub itself.
func (r *report) hubOver(f fanOut) float64 {
	for _, hub := range r.FanOut {
		same := hub.Subscribers == f.Subscribers && hub.Window == f.Window && hub.Rate == f.Rate
		if same && hub.Server == hubName && !strings.HasPrefix(f.Server, hubName) {
			return hub.PerCPU / f.PerCPU
		}
	}
	return 0
}
