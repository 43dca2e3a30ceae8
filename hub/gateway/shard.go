package gateway

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Rounds that follow each other at once find one new frame for each of very many lines, and a write of one frame costs the kernel nearly as
// much as one of ten. So a shard rests after a long round for twice as long as the round took: what comes meanwhile leaves together, in a third
// of the writes, and sooner than it would have behind them. Short rounds, and those that come one by one, wait for nothing; neither does an
// alert. At 5,000 sockets and 50 posts a second this is worth a third of the CPU and of the median latency.
const (
	restShare = 2                     // of what the round took
	restFrom  = 2 * time.Millisecond  // a round that asks for a rest
	restMost  = 80 * time.Millisecond // what a frame waits at most
)

// restAfter is for how long a shard rests after a round that took so long.
func restAfter(took time.Duration) time.Duration {
	if took < restFrom {
		return 0
	}
	return min(restShare*took, restMost)
}

// shard writes for many sessions with one goroutine, so that an idle session costs none. Sessions that have something queued put
// themselves on its list.
type shard struct {
	mu     sync.Mutex
	ready  []*line
	wake   chan struct{}
	urgent chan struct{} // something on the list must not wait
	rested time.Time     // when the shard goes on, unless something is urgent
	last   joined
	done   counts
}

// counts are what was handed to sockets.
type counts struct{ frames, writes, bytes, slow atomic.Int64 }

func (c *counts) wrote(packets []packet, bytes int) {
	c.frames.Add(int64(len(packets)))
	c.writes.Add(1)
	c.bytes.Add(int64(bytes))
}

func newShard() *shard { return &shard{wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1)} }

// schedule puts a line on the list; the line does so once for any number of frames.
func (s *shard) schedule(l *line) {
	s.mu.Lock()
	s.ready = append(s.ready, l)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// urge has the shard begin its round now. What is urgent is on the list before.
func (s *shard) urge() {
	select {
	case s.urgent <- struct{}{}:
	default: // it hurries already
	}
}

// run writes until ctx ends.
func (s *shard) run(ctx context.Context) {
	var spare []*line
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
		s.rest(ctx)
		began := time.Now()
		spare = s.round(spare)
		ended := time.Now()
		s.rested = ended.Add(restAfter(ended.Sub(began)))
	}
}

// rest waits until the shard has rested from its last round, or something is urgent, or ctx ends.
func (s *shard) rest(ctx context.Context) {
	left := time.Until(s.rested)
	if left <= 0 {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.urgent:
	case <-timer.C:
	}
}

// round writes for every line on the list, once. It takes an empty list for what comes meanwhile, and gives back the one that it emptied.
func (s *shard) round(spare []*line) []*line {
	select {
	case <-s.urgent: // it is on the list
	default:
	}
	s.mu.Lock()
	batch := s.ready
	s.ready = spare[:0]
	s.mu.Unlock()
	for i, l := range batch {
		l.flush(&s.last)
		batch[i] = nil
	}
	s.last = joined{} // what was joined must not outlive its round
	return batch
}

// joined is the buffer made last from a run of packets. Sessions of one room mostly lack the same ones, so the next
// session takes the same buffer.
type joined struct {
	packets []packet
	deflate bool
	bytes   []byte
}

// join gives the packets as one buffer, which is shared and must not be changed.
func (j *joined) join(packets []packet, deflate bool) []byte {
	if len(packets) == 1 {
		return packets[0].wire(deflate)
	}
	if j.deflate == deflate && samePackets(j.packets, packets) {
		return j.bytes
	}
	size := 0
	for _, p := range packets {
		size += len(p.wire(deflate))
	}
	buffer := make([]byte, 0, size)
	for _, p := range packets {
		buffer = append(buffer, p.wire(deflate)...)
	}
	*j = joined{packets: slices.Clone(packets), deflate: deflate, bytes: buffer} // the line reuses its own list
	return buffer
}

func samePackets(a, b []packet) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].frame == nil || a[i].frame != b[i].frame {
			return false
		}
	}
	return true
}
