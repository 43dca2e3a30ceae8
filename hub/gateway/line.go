package gateway

import (
	"net"
	"sync"
	"syscall"
	"time"

	"panah/hub/feed"
)

// packet is what stands in a queue: a frame that many sessions share, or a few bytes of this one's own (a pong, a close).
type packet struct {
	frame *feed.Frame
	raw   []byte
}

func (p packet) wire(deflate bool) []byte {
	switch {
	case p.frame == nil:
		return p.raw
	case deflate:
		return p.frame.Packed(true, packCompressed)
	default:
		return p.frame.Packed(false, packPlain)
	}
}

// size is what the packet counts for in a queue, in bytes.
func (p packet) size() int {
	if p.frame == nil {
		return len(p.raw)
	}
	return len(p.frame.JSON)
}

// Bounds are the limits of one session's queue. Full means: close with 4008, and come back with the last position.
type Bounds struct {
	Frames int // frames waiting at most
	Bytes  int // bytes of text waiting at most; one frame may be larger when it is alone
}

const (
	stallLimit = 30 * time.Second // a full socket that takes nothing for so long is given up
	closeLimit = 3 * time.Second  // what is left of a session after its close frame was queued; a slow reader has stallLimit
	sparePlace = 16               // packets for which an idle line keeps room
)

// line is the sending side of one connection: a bounded queue, and at most one writer at a time. That writer is the shard, which
// never waits, or, for as long as the socket is full, a goroutine of the line's own.
type line struct {
	conn    net.Conn
	raw     syscall.RawConn // nil where bytes cannot go to the socket directly (TLS)
	shard   *shard
	deflate bool
	bounds  Bounds
	drains  *sync.WaitGroup
	now     func() time.Time
	done    chan struct{} // closed when nothing more will be written

	mu      sync.Mutex
	queue   []packet
	spare   []packet
	bytes   int
	busy    bool // on the shard's list, or in the hands of a writer
	closing bool // a close frame was queued: nothing goes after it
	over    bool // done is closed
	wrote   time.Time
}

// push queues a packet. It reports false when the queue is full, and drops the packet when the line is closing.
func (l *line) push(p packet) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pushLocked(p)
}

// pushAll queues frames, so that they leave in one write if they can.
func (l *line) pushAll(frames []*feed.Frame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range frames {
		if !l.pushLocked(packet{frame: f}) {
			return false
		}
	}
	return true
}

func (l *line) pushLocked(p packet) bool {
	if l.closing || l.over {
		return true
	}
	size := p.size()
	if len(l.queue) > 0 && (len(l.queue) >= l.bounds.Frames || l.bytes+size > l.bounds.Bytes) {
		return false
	}
	l.queueLocked(p)
	return true
}

// queueLocked adds a packet and has the shard write, unless a writer is at it already.
func (l *line) queueLocked(p packet) {
	if l.queue == nil {
		l.queue, l.spare = l.spare[:0], nil
	}
	l.queue = append(l.queue, p)
	l.bytes += p.size()
	l.wrote = l.now()
	if !l.busy {
		l.busy = true
		l.shard.schedule(l)
	}
}

// heard reports whether the session was told something within d.
func (l *line) heard(d time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > 0 || l.now().Sub(l.wrote) < d
}

// hangUp queues a close frame in place of all that waits. A frame that is half on its way is finished first.
func (l *line) hangUp(code int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	limit := closeLimit
	if code == CloseTooSlow {
		limit = stallLimit // what is in the socket already has to get through before the close frame does
	}
	l.conn.SetWriteDeadline(time.Now().Add(limit)) // an error here is the socket's end, which the write will meet too
	if l.closing {
		return
	}
	clear(l.queue)
	l.queue, l.bytes = l.queue[:0], 0
	l.queueLocked(packet{raw: closeFrame(code, reason)})
	l.closing = true
}

// flush is the shard's turn: everything that waits, in one write that does not wait.
func (l *line) flush(j *joined) {
	packets, ok := l.take()
	if !ok {
		return
	}
	buffer := j.join(packets, l.deflate)
	n, err := tryWrite(l.raw, buffer)
	switch {
	case err != nil:
		l.end()
	case n < len(buffer):
		l.drains.Add(1)
		go l.drain(buffer[n:])
	default:
		if l.written(packets) {
			l.shard.schedule(l)
		}
	}
}

// drain writes to a full socket, and goes on until nothing waits.
func (l *line) drain(rest []byte) {
	defer l.drains.Done()
	for {
		if err := l.write(rest); err != nil {
			l.end()
			return
		}
		if !l.written(nil) {
			return
		}
		packets, ok := l.take()
		if !ok {
			return
		}
		var j joined
		rest = j.join(packets, l.deflate)
	}
}

func (l *line) write(buffer []byte) error {
	l.mu.Lock()
	if !l.closing {
		l.conn.SetWriteDeadline(time.Now().Add(stallLimit)) // an error here is the socket's end, which the write will meet too
	}
	l.mu.Unlock()
	_, err := l.conn.Write(buffer)
	return err
}

// take takes what waits. It reports false when the line has ended.
func (l *line) take() ([]packet, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil, false
	}
	packets := l.queue
	l.queue, l.bytes = nil, 0
	return packets, true
}

// written notes that the packets are on their way and reports whether more came meanwhile. After a close frame the line ends.
func (l *line) written(packets []packet) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spare == nil && cap(packets) <= sparePlace {
		clear(packets)
		l.spare = packets
	}
	if len(l.queue) > 0 {
		return true
	}
	l.busy = false
	if l.closing {
		l.endLocked()
	}
	return false
}

// end gives the line up: what waits will not be written.
func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLocked()
}

func (l *line) endLocked() {
	if l.over {
		return
	}
	l.over, l.queue, l.spare = true, nil, nil
	close(l.done)
	// The reader wakes, at the latest now plus closeLimit, and closes the connection.
	l.conn.SetReadDeadline(time.Now().Add(closeLimit)) // an error here means that the socket has ended, and the reader with it
}
