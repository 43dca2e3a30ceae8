//go:build linux

package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// fanOut is how fast the posts of one channel reach all its subscribers.
type fanOut struct {
	Server         string  `json:"server"`
	Subscribers    int     `json:"subscribers"`
	Rate           float64 `json:"posts_per_second_asked,omitempty"` // 0 is as fast as the slowest subscriber allows
	Window         int     `json:"window"`
	PerSecond      float64 `json:"deliveries_per_second"`
	PerCPU         float64 `json:"deliveries_per_cpu_second"`
	FanOutPerCPU   float64 `json:"deliveries_per_cpu_second_without_sending,omitempty"`
	P50            float64 `json:"p50_ms"`
	P99            float64 `json:"p99_ms"`
	PostsPerSecond float64 `json:"posts_per_second"`
}

// volley is one measurement of a fan-out: so many posts are in flight at once, and the next is sent when one has reached
// every subscriber. Only the fleet's loop touches left, took and delivered.
type volley struct {
	subscribers int
	first       int64 // number of its first post
	free        chan struct{}
	counting    atomic.Bool
	whole       atomic.Int64        // how many posts have reached every subscriber
	sent        [slots]atomic.Int64 // when, in Unix nanoseconds, by number modulo slots
	left        [slots]int

	mu        sync.Mutex
	took      latencies
	delivered int64
}

// slots is more than any window.
const slots = 256

func newVolley(subscribers, window int, first int64) *volley {
	r := &volley{subscribers: subscribers, first: first, free: make(chan struct{}, window)}
	for range window {
		r.free <- struct{}{}
	}
	return r
}

// arrived notes that one subscriber has one post.
func (r *volley) arrived(number int64, at time.Time) {
	if number < r.first {
		return // of the volley before
	}
	slot := number % slots
	r.mu.Lock()
	if r.counting.Load() {
		r.delivered++
		r.took.add(time.Duration(at.UnixNano() - r.sent[slot].Load()))
	}
	r.mu.Unlock()
	r.left[slot]++
	if r.left[slot] == r.subscribers {
		r.left[slot] = 0
		r.whole.Add(1)
		r.free <- struct{}{}
	}
}

// await waits until so many posts have reached every subscriber.
func (r *volley) await(ctx context.Context, posts int64) error {
	for end := time.Now().Add(alertPatience); r.whole.Load() < posts; time.Sleep(50 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) {
			return errors.New("the chat does not reach everybody")
		}
	}
	return nil
}

// count is how many posts have been delivered while it counted.
func (r *volley) count() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivered
}

// measureFanOut posts for a while into a channel that a fleet listens to, pace posts a second at most. current is where the fleet reports to.
func measureFanOut(ctx context.Context, s stage, current *atomic.Pointer[volley], subscribers, window int, pace rate.Limit, each time.Duration) (fanOut, error) {
	r := newVolley(subscribers, window, s.posts.Load()+1)
	current.Store(r)
	ctx, cancel := context.WithTimeout(ctx, warmUp+each)
	defer cancel()
	group, limiter := new(errgroup.Group), rate.NewLimiter(pace, 1)
	for i := range window {
		group.Go(func() error { return r.keepPosting(ctx, s, i, limiter) })
	}
	meter, err := s.meterAfter(warmUp)
	if err != nil {
		return fanOut{}, err
	}
	r.counting.Store(true)
	<-ctx.Done()
	seconds, cpu, err := meter.read()
	r.counting.Store(false)
	if err := group.Wait(); err != nil {
		return fanOut{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delivered := float64(r.delivered)
	return fanOut{
		Server: s.name, Subscribers: subscribers, Rate: paced(pace), Window: window, PerSecond: delivered / seconds, PerCPU: delivered / cpu,
		PostsPerSecond: delivered / float64(subscribers) / seconds,
		P50:            milliseconds(r.took.quantile(0.5)), P99: milliseconds(r.took.quantile(0.99)),
	}, err
}

// paced is a rate as the report has it: 0 is as fast as it goes.
func paced(pace rate.Limit) float64 {
	if pace == rate.Inf {
		return 0
	}
	return float64(pace)
}

// keepPosting has the i-th of those who post do so whenever the window and the pace allow it, until ctx ends. A post on its way then is let through.
func (r *volley) keepPosting(ctx context.Context, s stage, i int, pace *rate.Limiter) error {
	for {
		if pace.Wait(ctx) != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.free:
		}
		number := s.posts.Add(1)
		r.sent[number%slots].Store(time.Now().UnixNano())
		if err := s.post(context.WithoutCancel(ctx), i, number); err != nil {
			return err
		}
	}
}
