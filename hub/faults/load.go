//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	sendsPerSecond = 60
	againOneIn     = 16 // an answered send is sent once more, as by a client that lost the answer
	waitAgain      = 30 * time.Millisecond
)

// load sends posts one after the other, each until it is answered, and keeps the answers.
type load struct {
	w    *world
	pace *rate.Limiter

	mu       sync.Mutex
	answered map[string]string // event id by transaction id
	statuses map[int]int       // how often the hub refused, by status
	more     chan struct{}     // closed and made anew with each answer
}

func newLoad(w *world) *load {
	return &load{w: w, pace: rate.NewLimiter(sendsPerSecond, 1), answered: make(map[string]string), statuses: make(map[int]int), more: make(chan struct{})}
}

// run sends until ctx ends. A send that has begun is brought to its end also then, as long as the world stands.
func (l *load) run(ctx context.Context, sender int, p *person) error {
	random := rand.New(rand.NewPCG(l.w.seed, uint64(100+sender)))
	for i := 0; l.pace.Wait(ctx) == nil; i++ {
		txn := fmt.Sprintf("%d-%d", sender, i)
		id, err := l.send(p, random, txn)
		if err != nil {
			return err
		}
		l.note(txn, id)
		if random.IntN(againOneIn) > 0 {
			continue
		}
		if again, err := l.send(p, random, txn); err != nil || again != id {
			return fmt.Errorf("%s was answered with %s, and with %q when it was sent again: %w", txn, id, again, err)
		}
	}
	return nil
}

func (l *load) send(p *person, random *rand.Rand, txn string) (id string, err error) {
	path := "/_matrix/client/v3/rooms/" + url.PathEscape(l.w.crowd.channel) + "/send/m.room.message/" + txn
	var sent struct {
		EventID string `json:"event_id"`
	}
	err = l.until(p, random, "PUT", path, object{"msgtype": "m.text", "body": txn}, &sent)
	return sent.EventID, err
}

// until asks one hub after the other until one does what is asked. What is refused must be refused as the trouble that it is: nothing that would have a
// client give up, or sign out.
func (l *load) until(p *person, random *rand.Rand, method, path string, in, out any) error {
	for {
		h := l.w.hubs[random.IntN(len(l.w.hubs))]
		a, err := p.call(l.w.ctx, h.door.address, method, path, in)
		if err == nil && a.status == http.StatusOK {
			return json.Unmarshal(a.raw, out)
		}
		if err == nil {
			if err := l.refused(h, method, path, a); err != nil {
				return err
			}
		}
		select {
		case <-l.w.ctx.Done():
			return l.w.ctx.Err()
		case <-time.After(waitAgain):
		}
	}
}

// refused counts a refusal, and gives an error for one that is not a passing trouble.
func (l *load) refused(h *hub, method, path string, a answer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses[a.status]++
	switch a.status {
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage, http.StatusTooManyRequests:
		return nil
	}
	return fmt.Errorf("%s refused %s %s with %d %s", h.name, method, path, a.status, a.raw)
}

func (l *load) note(txn, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered[txn] = id
	close(l.more)
	l.more = make(chan struct{})
}

func (l *load) count() (n int, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.answered), l.more
}

// await waits until so many more sends were answered. That they are at all within patience is the first promise: whatever broke, the hub comes back.
func (l *load) await(ctx context.Context, many int64) error {
	from, _ := l.count()
	patience := time.After(patience)
	for {
		n, more := l.count()
		if int64(n-from) >= many {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-patience:
			return fmt.Errorf("only %d of %d sends were answered for a long time", n-from, many)
		}
	}
}
