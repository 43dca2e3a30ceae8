//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// load is the chat that a hub carries while alerts go out: posts into the channel that all sessions listen to.
type load struct {
	name    string
	window  int        // posts in flight at most; 0 is no chat
	pace    rate.Limit // posts a second
	readers []string   // roles of the audience: each load has one of its own, whose channel is made by its first alert
}

var loads = []load{
	{name: "no chat", readers: []string{"admin", "member"}},
	{name: "chat, paced", window: 32, pace: 50, readers: []string{"admin", "member", "interpreter"}},
	{name: "chat, saturated", window: 32, pace: rate.Inf, readers: []string{"admin", "member", "observer"}},
}

const (
	alertEvery    = 500 * time.Millisecond
	alertsEach    = 20          // new alerts that the hub takes of one person in an hour
	alertPatience = time.Minute // an alert that has not reached everybody by then never will
)

// alarms is how fast alerts reach every session of their audience, from the moment of sending.
type alarms struct {
	Load     string  `json:"load"`
	Sessions int     `json:"sessions"`
	People   int     `json:"people"`
	Alerts   int     `json:"alerts"`
	Posts    float64 `json:"posts_per_second"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	CPU      float64 `json:"hub_cpu_ms_per_alert,omitempty"` // without chat, since it cannot be told from the chat's
	// The first alert to an audience makes its channel and brings everybody into it.
	FirstP50 float64 `json:"first_p50_ms"`
	FirstP99 float64 `json:"first_p99_ms"`
	FirstMax float64 `json:"first_max_ms"`
}

// bell is one alert on its way to all sessions.
type bell struct {
	ends int64 // by which it is known
	sent time.Time
	rung chan struct{} // closed when every session has it

	mu   sync.Mutex
	left int
	took latencies
}

// heard notes that one session has an alert.
func (b *bell) heard(ends int64, at time.Time) {
	if ends != b.ends {
		return // one before it
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.took.add(at.Sub(b.sent))
	if b.left--; b.left == 0 {
		close(b.rung)
	}
}

// tower rings one bell after the other.
type tower struct {
	*crowd
	sessions int
	lost     <-chan struct{} // closed when the sessions are read no longer
	current  atomic.Pointer[bell]
}

func (t *tower) heard(ends int64, at time.Time) {
	if b := t.current.Load(); b != nil {
		b.heard(ends, at)
	}
}

// ring sends an alert and waits until all sessions have it.
func (t *tower) ring(ctx context.Context, readers []string) (*bell, error) {
	t.alerts++
	b := &bell{ends: t.opened.Add(24*time.Hour).Unix() + t.alerts, rung: make(chan struct{}), left: t.sessions}
	b.sent = time.Now()
	t.current.Store(b)
	if err := t.alert(ctx, b.ends, readers); err != nil {
		return nil, err
	}
	select {
	case <-b.rung:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-t.lost:
		return nil, errors.New("the sessions ended before they had an alert")
	case <-time.After(alertPatience):
		b.mu.Lock()
		defer b.mu.Unlock()
		return nil, fmt.Errorf("an alert did not reach %d of %d sessions", b.left, t.sessions)
	}
}

// measureAlarms rings for a while, beside a load that goes on meanwhile.
func (t *tower) measureAlarms(ctx context.Context, l load, each time.Duration, current *atomic.Pointer[volley]) (alarms, error) {
	if err := t.relieve(ctx); err != nil {
		return alarms{}, err
	}
	chat := newVolley(t.sessions, l.window, t.posts.Load()+1)
	current.Store(chat)
	loading, stop := context.WithCancel(ctx)
	defer stop()
	group := new(errgroup.Group)
	pace := rate.NewLimiter(l.pace, 1)
	for i := range l.window {
		group.Go(func() error { return chat.keepPosting(loading, t.stage(), i, pace) })
	}
	time.Sleep(warmUp)
	a, err := t.peal(ctx, l, each, chat)
	stop()
	return a, errors.Join(err, group.Wait())
}

// peal rings the first bell, which is apart, and then the others.
func (t *tower) peal(ctx context.Context, l load, each time.Duration, chat *volley) (alarms, error) {
	first, err := t.ring(ctx, l.readers)
	if err != nil {
		return alarms{}, err
	}
	if err := t.settle(ctx, chat); err != nil {
		return alarms{}, err
	}
	a := alarms{Load: l.name, Sessions: t.sessions, People: len(t.people)}
	a.FirstP50, a.FirstP99, a.FirstMax = first.took.figures()
	var all latencies
	meter, err := t.meterAfter(0)
	if err != nil {
		return a, err
	}
	chat.counting.Store(true)
	for time.Since(meter.began) < each && a.Alerts < alertsEach-1 {
		b, err := t.ring(ctx, l.readers)
		if err != nil {
			return a, err
		}
		all.addAll(&b.took)
		a.Alerts++
		time.Sleep(time.Until(b.sent.Add(alertEvery)))
	}
	chat.counting.Store(false)
	seconds, cpu, err := meter.read()
	a.Posts = float64(chat.count()) / float64(t.sessions) / seconds
	if l.window == 0 {
		a.CPU = cpu * 1000 / float64(a.Alerts)
	}
	a.P50, a.P99, a.Max = all.figures()
	return a, err
}

// settle waits until all sessions have read the channel into which the first alert brought them: until the chat that came meanwhile has reached
// them all, or until the hub rests.
func (t *tower) settle(ctx context.Context, chat *volley) error {
	if window := int64(cap(chat.free)); window > 0 {
		return chat.await(ctx, chat.whole.Load()+3*window)
	}
	const look = 500 * time.Millisecond
	for {
		meter, err := t.meterAfter(0)
		if err != nil {
			return err
		}
		time.Sleep(look)
		if _, cpu, err := meter.read(); err != nil || cpu < look.Seconds()/10 {
			return err
		}
	}
}
