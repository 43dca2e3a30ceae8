//go:build linux

package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// warmUp comes before every measurement and is not counted.
const warmUp = time.Second

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

// meter tells time and a server's processor time from one moment on.
type meter struct {
	of    servers
	began time.Time
	cpu   time.Duration
}

func (p *process) meterAfter(d time.Duration) (meter, error) { return servers{p}.meterAfter(d) }

func (s servers) meterAfter(d time.Duration) (meter, error) {
	time.Sleep(d)
	cpu, err := s.cpu()
	return meter{s, time.Now(), cpu}, err
}

func (m meter) read() (seconds, cpu float64, err error) {
	now, err := m.of.cpu()
	return time.Since(m.began).Seconds(), (now - m.cpu).Seconds(), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
