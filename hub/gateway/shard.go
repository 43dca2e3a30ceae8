package gateway

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// shard writes for many sessions with one goroutine, so that an idle session costs none. Sessions that have something queued put
// themselves on its list.
type shard struct {
	mu    sync.Mutex
	ready []*line
	wake  chan struct{}
	last  joined
	done  counts
}

// counts are what was handed to sockets.
type counts struct{ frames, writes, bytes, slow atomic.Int64 }

func (c *counts) wrote(packets []packet, bytes int) {
	c.frames.Add(int64(len(packets)))
	c.writes.Add(1)
	c.bytes.Add(int64(bytes))
}

func newShard() *shard { return &shard{wake: make(chan struct{}, 1)} }

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

// run writes until ctx ends.
func (s *shard) run(ctx context.Context) {
	var spare []*line
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
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
		spare = batch
	}
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
