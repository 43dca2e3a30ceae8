//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// polling is how fast posts reach people who wait for them with /sync, as clients do that know no stream.
type polling struct {
	People int     `json:"people"`
	Posts  float64 `json:"posts_per_second"`
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	Max    float64 `json:"max_ms"`
	CPU    float64 `json:"cpu_ms_per_receipt"`
	// How much of what was to be received had come when the measurement ended, a second after the last post; 1 is all.
	Received float64 `json:"received"`
}

// pollPace is how many posts a second are made while people wait.
const pollPace = 20

// addPolls has ever more people wait in one channel.
func (r *report) addPolls(ctx context.Context, c *crowd, p plan) error {
	for _, n := range p.pollers {
		progress("%d people wait with /sync …", n)
		measured, err := measurePolls(ctx, c, n, p.each)
		if err != nil {
			return err
		}
		r.Polls = append(r.Polls, measured)
	}
	return nil
}

// queue is those who wait, and what they have received.
type queue struct {
	*crowd
	first int64
	sent  [slots]time.Time // by number modulo slots

	mu   sync.Mutex
	took latencies
}

func measurePolls(ctx context.Context, c *crowd, n int, each time.Duration) (polling, error) {
	q := &queue{crowd: c, first: c.posts.Load() + 1}
	since, err := c.now(ctx)
	if err != nil {
		return polling{}, err
	}
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	group, waiting := errgroup.WithContext(waiting)
	for i := range n {
		group.Go(func() error { return q.people[i%len(q.people)].follow(waiting, since, q.received) })
	}
	m, err := c.meterAfter(warmUp)
	if err != nil {
		return polling{}, err
	}
	if err := q.talk(waiting, each); err != nil {
		return polling{}, err
	}
	seconds, cpu, err := m.read()
	stop()
	if errWait := group.Wait(); err == nil {
		err = errWait
	}
	posts := float64(c.posts.Load() - q.first + 1)
	result := polling{People: n, Posts: posts / seconds, CPU: cpu * 1000 / float64(max(q.took.count, 1)), Received: float64(q.took.count) / posts / float64(n)}
	result.P50, result.P99, result.Max = q.took.figures()
	return result, err
}

// talk posts at the pace and then waits until everybody has had time to hear the last.
func (q *queue) talk(ctx context.Context, each time.Duration) error {
	pace := rate.NewLimiter(pollPace, 1)
	for end := time.Now().Add(each); time.Now().Before(end); {
		if err := pace.Wait(ctx); err != nil {
			return err
		}
		number := q.posts.Add(1)
		q.mu.Lock()
		q.sent[number%slots] = time.Now()
		q.mu.Unlock()
		if err := q.post(ctx, q.people[int(number)%len(q.people)], number); err != nil {
			return err
		}
	}
	time.Sleep(warmUp)
	return nil
}

// follow asks for what is new, again and again, until ctx ends, and gives each answer to heard.
func (p *person) follow(ctx context.Context, since string, heard func(answer []byte, at time.Time)) error {
	filter := url.QueryEscape(`{"room":{"timeline":{"limit":100},"state":{"lazy_load_members":true}},"presence":{"types":[]}}`)
	for ctx.Err() == nil {
		answer, err := ask(ctx, p.http, "GET", "http://"+p.address+"/_matrix/client/v3/sync?timeout=30000&set_presence=offline&filter="+filter+
			"&since="+since, nil, p.token)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		heard(answer, time.Now())
		if since, err = nextBatch(answer); err != nil {
			return err
		}
	}
	return nil
}

// nextBatch is where the next /sync goes on.
func nextBatch(answer []byte) (string, error) {
	var next struct {
		NextBatch string `json:"next_batch"`
	}
	if err := json.Unmarshal(answer, &next); err != nil {
		return "", fmt.Errorf("read an answer to /sync: %w", err)
	}
	return next.NextBatch, nil
}

// received notes the posts in an answer.
func (q *queue) received(answer []byte, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	eachPost(answer, func(number int64) {
		if number >= q.first {
			q.took.add(at.Sub(q.sent[number%slots]))
		}
	})
}

// eachPost finds the numbers of the posts in an answer.
func eachPost(answer []byte, found func(number int64)) {
	for {
		_, after, more := bytes.Cut(answer, []byte(opening))
		if !more {
			return
		}
		digits, rest, _ := bytes.Cut(after, []byte(closing))
		if number, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			found(number)
		}
		answer = rest
	}
}

func (r *report) printPolls(out io.Writer) {
	fmt.Fprintf(out, "\nPeople who wait with /sync in one channel, %d posts a second\n", pollPace)
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "people\tp50 ms\tp99 ms\tmax ms\tCPU ms per receipt\t")
	for _, s := range r.Polls {
		fmt.Fprintf(table, "%d\t%.1f\t%.1f\t%.1f\t%.3f\t\n", s.People, s.P50, s.P99, s.Max, s.CPU)
	}
	table.Flush()
}
