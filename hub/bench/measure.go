//go:build linux

package main

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// warmUp comes before every measurement and is not counted.
const warmUp = time.Second

// latencies counts durations in steps of about three percent.
type latencies struct {
	steps [64 * 32]int64
	count int64
	most  time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.steps[step(uint64(max(d, 0)))]++
	l.count++
	l.most = max(l.most, d)
}

func (l *latencies) addAll(more *latencies) {
	for i, n := range more.steps {
		l.steps[i] += n
	}
	l.count += more.count
	l.most = max(l.most, more.most)
}

// figures are the median, what 99 of 100 do not exceed, and the longest, in milliseconds.
func (l *latencies) figures() (p50, p99, most float64) {
	return milliseconds(l.quantile(0.5)), milliseconds(l.quantile(0.99)), milliseconds(l.most)
}

// step numbers durations: the place of the highest bit, and the five bits after it.
func step(ns uint64) int {
	if ns < 64 {
		return int(ns)
	}
	place := bits.Len64(ns) - 1
	return place<<5 | int(ns>>(place-5)&31)
}

func length(step int) time.Duration {
	if step < 64 {
		return time.Duration(step)
	}
	place := step >> 5
	return time.Duration((32 | uint64(step&31)) << (place - 5))
}

// quantile is the duration that q of all do not exceed.
func (l *latencies) quantile(q float64) time.Duration {
	wanted := int64(q * float64(l.count))
	for i, n := range l.steps {
		if wanted -= n; wanted < 0 {
			return length(i)
		}
	}
	return 0
}

// sends is how fast posts become durable.
type sends struct {
	Engine    string  `json:"engine"`
	Senders   int     `json:"senders"`
	PerSecond float64 `json:"per_second"`
	PerCPU    float64 `json:"per_cpu_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

// measureSends has people post one after the other, each waiting for the answer, with nobody listening.
func measureSends(ctx context.Context, c *crowd, senders int, each time.Duration) (sends, error) {
	return measureActs(ctx, c, senders, each, func(ctx context.Context, i int) error {
		return c.post(ctx, c.people[i%len(c.people)], c.posts.Add(1))
	})
}

// measureActs has a number of people act one after the other, each waiting for the answer.
func measureActs(ctx context.Context, c *crowd, senders int, each time.Duration, act func(ctx context.Context, i int) error) (sends, error) {
	var (
		mu     sync.Mutex
		took   latencies
		began  atomic.Int64 // 0 until the warm-up is over
		finish = time.Now().Add(warmUp + each)
	)
	group, ctx := errgroup.WithContext(ctx)
	for i := range senders {
		group.Go(func() error {
			for time.Now().Before(finish) {
				start := time.Now()
				if err := act(ctx, i); err != nil {
					return err
				}
				if began.Load() > 0 {
					mu.Lock()
					took.add(time.Since(start))
					mu.Unlock()
				}
			}
			return nil
		})
	}
	meter, err := c.meterAfter(warmUp)
	began.Store(1)
	if err := group.Wait(); err != nil {
		return sends{}, err
	}
	if err != nil {
		return sends{}, err
	}
	seconds, cpu, err := meter.read()
	return sends{
		Senders: senders, PerSecond: float64(took.count) / seconds, PerCPU: float64(took.count) / cpu,
		P50: milliseconds(took.quantile(0.5)), P99: milliseconds(took.quantile(0.99)),
	}, err
}

// meter tells time and the hub's processor time from one moment on.
type meter struct {
	hub   *process
	began time.Time
	cpu   time.Duration
}

func (h *process) meterAfter(d time.Duration) (meter, error) {
	time.Sleep(d)
	cpu, err := h.cpu()
	return meter{h, time.Now(), cpu}, err
}

func (m meter) read() (seconds, cpu float64, err error) {
	now, err := m.hub.cpu()
	return time.Since(m.began).Seconds(), (now - m.cpu).Seconds(), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// fanOut is how fast the posts of one channel reach all its subscribers.
type fanOut struct {
	Subscribers    int     `json:"subscribers"`
	Window         int     `json:"window"`
	PerSecond      float64 `json:"deliveries_per_second"`
	PerCPU         float64 `json:"deliveries_per_cpu_second"`
	FanOutPerCPU   float64 `json:"deliveries_per_cpu_second_without_sending"`
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

// measureFanOut posts for a while into a channel that a fleet listens to. current is where the fleet reports to.
func measureFanOut(ctx context.Context, c *crowd, current *atomic.Pointer[volley], subscribers, window int, each time.Duration) (fanOut, error) {
	r := newVolley(subscribers, window, c.posts.Load()+1)
	current.Store(r)
	ctx, cancel := context.WithTimeout(ctx, warmUp+each)
	defer cancel()
	group := new(errgroup.Group)
	for i := range window {
		group.Go(func() error { return r.keepPosting(ctx, c, c.people[i%len(c.people)], rate.NewLimiter(rate.Inf, 1)) })
	}
	meter, err := c.meterAfter(warmUp)
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
		Subscribers: subscribers, Window: window, PerSecond: delivered / seconds, PerCPU: delivered / cpu,
		PostsPerSecond: delivered / float64(subscribers) / seconds,
		P50:            milliseconds(r.took.quantile(0.5)), P99: milliseconds(r.took.quantile(0.99)),
	}, err
}

// keepPosting sends a post whenever the window and the pace allow it, until ctx ends. A post on its way then is let through.
func (r *volley) keepPosting(ctx context.Context, c *crowd, from *person, pace *rate.Limiter) error {
	for {
		if pace.Wait(ctx) != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.free:
		}
		number := c.posts.Add(1)
		r.sent[number%slots].Store(time.Now().UnixNano())
		if err := c.post(context.WithoutCancel(ctx), from, number); err != nil {
			return err
		}
	}
}

// settledMemory waits until the hub's memory has stopped growing, and gives it in bytes.
func settledMemory(c *crowd) (int64, error) {
	var last []int64
	for {
		now, err := c.resident()
		if err != nil {
			return 0, err
		}
		last = append(last, now)
		if n := len(last); n >= 5 && slices.Max(last[n-5:])-slices.Min(last[n-5:]) < 1<<20 {
			return now, nil
		}
		time.Sleep(500 * time.Millisecond)
	}
}
