package gateway

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"panah/hub/feed"
)

func TestRestAfterARound(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0:                     0,
		time.Millisecond:      0,
		restFrom:              restShare * restFrom,
		10 * time.Millisecond: restShare * 10 * time.Millisecond,
		time.Minute:           restMost,
	} {
		if got := restAfter(took); got != want {
			t.Errorf("a round that took %s asks for %s of rest, want %s", took, got, want)
		}
	}
}

// TestAnAlertEndsARest: chat waits until the shard has rested; once an alert comes, both leave.
func TestAnAlertEndsARest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newShard()
	s.rested = time.Now().Add(time.Hour)
	var shards sync.WaitGroup
	shards.Go(func() { s.run(ctx) })
	l := newPiped(t, s)
	alert := &feed.Frame{JSON: []byte(`"alert"`), Urgent: true}
	l.pushAll([]*feed.Frame{{JSON: []byte(`"chat"`), Position: 1}})
	l.pushAll([]*feed.Frame{{JSON: alert.JSON, Position: 2, Urgent: true, Early: alert}})
	if got, want := l.read(t), "\x81\x07\"alert\"\x81\x06\"chat\"\x81\x07\"alert\""; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
	cancel()
	shards.Wait()
	l.drains.Wait()
}

// TestTheTimeOfAFullSocketEndsWithIt: who was slow once is not cut later, by the limit of then.
func TestTheTimeOfAFullSocketEndsWithIt(t *testing.T) {
	s := newShard()
	l := newPiped(t, s)
	l.pushAll([]*feed.Frame{{JSON: []byte(`"chat"`), Position: 1}})
	s.round(nil)
	if got, want := l.read(t), "\x81\x06\"chat\""; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
	l.drains.Wait()
	if len(l.limits) < 2 || l.limits[0].IsZero() || !l.limits[len(l.limits)-1].IsZero() {
		t.Errorf("while the socket was full, and then, a write had until %v; want a limit that was lifted at the end", l.limits)
	}
}

// piped is a line into a pipe, which is a socket that is full whenever nobody reads.
type piped struct {
	*line
	net.Conn
	limits []time.Time // of writes, as they were set; read after drains.Wait
	there  net.Conn
}

func newPiped(t *testing.T, s *shard) *piped {
	here, there := net.Pipe()
	p := &piped{Conn: here, there: there}
	p.line = &line{
		conn: p, shard: s, bounds: Bounds{Frames: 8, Bytes: 1 << 20}, drains: new(sync.WaitGroup), backlog: newBacklog(1<<20, nil), slowly: time.Hour,
		stall: time.Hour, now: time.Now, done: make(chan struct{}),
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return p
}

// SetWriteDeadline notes the limit; each is set while the line is locked.
func (p *piped) SetWriteDeadline(limit time.Time) error {
	p.limits = append(p.limits, limit)
	return p.Conn.SetWriteDeadline(limit)
}

// read reads what is written next.
func (p *piped) read(t *testing.T) string {
	t.Helper()
	p.there.SetReadDeadline(time.Now().Add(10 * time.Second)) // a pipe takes any limit
	told := make([]byte, 64)
	n, err := p.there.Read(told)
	if err != nil {
		t.Fatal(err)
	}
	return string(told[:n])
}
