//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"panah/hub/loopback"
)

// moment is what the hub holds at one moment of a long use.
type moment struct {
	Minute     float64 `json:"minute"`
	Resident   float64 `json:"resident_mib"`
	Heap       float64 `json:"heap_in_use_mib"`
	Goroutines int     `json:"goroutines"`
	Events     int64   `json:"posts_so_far"`
}

// Moderate use.
const (
	soakStay  = 500 // websockets that stay
	soakWait  = 10  // people who wait with /sync
	soakGuest = 50  // websockets that come and go
	soakPace  = 5   // posts a second
	soakTurn  = 10 * time.Second
)

// watchAddress is where the hub tells its own figures during a soak, and while very many have stopped reading.
const watchAddress = "PANAH_METRICS_ADDRESS"

// watchHub has the hub that is started next tell its figures where they are looked at, and gives what ends that: two hubs cannot tell theirs
// at one address.
func (p plan) watchHub() (end func(), err error) {
	if p.soak == 0 && !p.has("stalled") || os.Getenv(watchAddress) != "" {
		return func() {}, nil
	}
	port, err := loopback.FreePort()
	if err != nil {
		return nil, err
	}
	return func() { os.Unsetenv(watchAddress) }, os.Setenv(watchAddress, "127.0.0.1:"+port)
}

// addSoak uses the hub for a long time, and looks every minute at what it holds; and once more when all have gone.
func (r *report) addSoak(ctx context.Context, c *crowd, p plan) error {
	if p.soak == 0 {
		return nil
	}
	progress("moderate use for %s …", p.soak)
	began := time.Now()
	if err := r.soakMoment(ctx, c, began); err != nil {
		return err
	}
	using, end := context.WithTimeout(ctx, p.soak)
	defer end()
	group, using := errgroup.WithContext(using)
	group.Go(func() error { return soakTalk(using, c) })
	group.Go(func() error { return soakStayers(using, c) })
	group.Go(func() error { return soakGuests(using, c) })
	group.Go(func() error { return soakWaiters(using, c) })
	group.Go(func() error {
		for every := time.NewTicker(time.Minute); ; {
			select {
			case <-using.Done():
				every.Stop()
				return nil
			case <-every.C:
			}
			if err := r.soakMoment(using, c, began); err != nil && using.Err() == nil {
				return err
			}
		}
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if _, err := settledMemory(c.stage()); err != nil {
		return err
	}
	return r.soakMoment(ctx, c, began)
}

func soakTalk(ctx context.Context, c *crowd) error {
	for pace := rate.NewLimiter(soakPace, 1); pace.Wait(ctx) == nil; {
		number := c.posts.Add(1)
		if err := c.post(context.WithoutCancel(ctx), c.people[int(number)%len(c.people)], number); err != nil {
			return err
		}
	}
	return nil
}

func soakStayers(ctx context.Context, c *crowd) error {
	d, err := c.door(ctx)
	if err != nil {
		return err
	}
	f, err := board(d, soakStay, ears{})
	if err != nil {
		return err
	}
	<-ctx.Done()
	if n := f.dropped(); n > 0 {
		return fmt.Errorf("the hub closed %d of %d websockets that were to stay", n, soakStay)
	}
	return f.stop()
}

func soakGuests(ctx context.Context, c *crowd) error {
	for every := time.NewTicker(soakTurn); ; {
		d, err := c.door(context.WithoutCancel(ctx))
		if err != nil {
			return err
		}
		f, err := board(d, soakGuest, ears{})
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			every.Stop()
		case <-every.C:
		}
		if err := f.stop(); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func soakWaiters(ctx context.Context, c *crowd) error {
	since, err := c.now(ctx)
	if err != nil {
		return err
	}
	q := &queue{crowd: c, first: c.posts.Load() + 1}
	group, ctx := errgroup.WithContext(ctx)
	for i := range soakWait {
		group.Go(func() error { return q.people[i%len(q.people)].follow(ctx, since, q.received) })
	}
	return group.Wait()
}

func (r *report) soakMoment(ctx context.Context, c *crowd, began time.Time) error {
	resident, err := c.resident()
	if err != nil {
		return err
	}
	told, err := toldByHub(ctx)
	if err != nil {
		return err
	}
	heap, errHeap := figure(told, "go_memstats_heap_inuse_bytes")
	goroutines, err := figure(told, "go_goroutines")
	r.Soak = append(r.Soak, moment{
		Minute: time.Since(began).Minutes(), Resident: mebibytes(resident), Heap: heap / (1 << 20), Goroutines: int(goroutines), Events: c.posts.Load(),
	})
	return errors.Join(errHeap, err)
}

func toldByHub(ctx context.Context) ([]byte, error) {
	return ask(ctx, http.DefaultClient, "GET", "http://"+os.Getenv(watchAddress)+"/metrics", nil)
}

// watched is one of the hub's figures now.
func watched(ctx context.Context, name string) (float64, error) {
	told, err := toldByHub(ctx)
	if err != nil {
		return 0, err
	}
	return figure(told, name)
}

// figure reads one of Prometheus' figures.
func figure(told []byte, name string) (float64, error) {
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(told)
	if found == nil {
		return 0, fmt.Errorf("the hub does not tell %s", name)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

func (r *report) printSoak(out io.Writer) {
	fmt.Fprintf(out, "\nModerate use: %d websockets that stay, %d that come and go every %s, %d people with /sync, %d posts a second\n",
		soakStay, soakGuest, soakTurn, soakWait, soakPace)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "minute\tresident MiB\theap in use MiB\tgoroutines\tposts\t")
	for i, m := range r.Soak {
		if i%5 == 0 || i >= len(r.Soak)-2 {
			fmt.Fprintf(table, "%.0f\t%.0f\t%.0f\t%d\t%d\t\n", m.Minute, m.Resident, m.Heap, m.Goroutines, m.Events)
		}
	}
	table.Flush()
}
