package gateway

import (
	"container/list"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"panah/hub/feed"
)

// packet is what stands in a queue: a frame that many sessions share, or a few bytes of this one's own (a pong, a close).
type packet struct {
	frame *feed.Frame
	raw   []byte
	early bool // overtakes what is not
	ask   bool // the device is asked whether it has taken the frame
}

func (p packet) wire(deflate bool) []byte {
	switch {
	case p.frame == nil:
		return p.raw
	case deflate:
		return p.frame.Packed(true, p.asking(packCompressed))
	default:
		return p.frame.Packed(false, p.asking(packPlain))
	}
}

// asking adds the ping that asks to the frame, so that both are the same bytes for all, and one write.
func (p packet) asking(pack func(text []byte) []byte) func(text []byte) []byte {
	if !p.ask {
		return pack
	}
	return func(text []byte) []byte { return append(pack(text), askFrame(p.frame.Position)...) }
}

// urgent tells whether the packet holds an alert, which no rest of the shard may hold up.
func (p packet) urgent() bool { return p.frame != nil && p.frame.Urgent }

// size is what the packet counts for in a queue, in bytes.
func (p packet) size() int {
	if p.frame == nil {
		return len(p.raw)
	}
	return len(p.frame.JSON)
}

// hold counts a frame that one session lacks alone, once for all queues that have it.
func (p packet) hold(b *backlog) {
	if p.frame != nil && p.frame.Own && p.frame.Hold() {
		b.count(len(p.frame.JSON))
	}
}

// letGo counts it no longer.
func (p packet) letGo(b *backlog) {
	if p.frame != nil && p.frame.Own && p.frame.LetGo() {
		b.count(-len(p.frame.JSON))
	}
}

// Bounds are the limits of one session's queue. Full means: close with 4008, and come back with the last position.
type Bounds struct {
	Frames int // frames waiting at most
	Bytes  int // bytes of text waiting at most; one frame may be larger when it is alone
}

const (
	stallLimit = 30 * time.Second // a full socket that takes nothing for so long is given up
	slowLimit  = 5 * time.Second  // one that has not taken drainMost within this takes too little to be told all that is said
	closeLimit = 3 * time.Second  // what is left of a session after its close frame was queued; a slow reader has Options.Stall
	sparePlace = 16               // packets for which an idle line keeps room
	flushMost  = 256 << 10        // bytes of text that the shard writes at once
	drainMost  = 16 << 10         // bytes that a full socket is given at once: what was given to it cannot be overtaken
)

// line is the sending side of one connection: a bounded queue, and at most one writer at a time. That writer is the shard, which
// never waits, or, for as long as the socket is full, a goroutine of the line's own.
type line struct {
	conn    net.Conn
	raw     syscall.RawConn // nil where bytes cannot go to the socket directly (TLS)
	shard   *shard
	deflate bool
	asks    bool // somebody wants to know what the device has taken
	bounds  Bounds
	drains  *sync.WaitGroup
	backlog *backlog
	slowly  time.Duration // what the device has to take drainMost in
	stall   time.Duration // and what it has to take anything in
	now     func() time.Time
	done    chan struct{} // closed when nothing more will be written

	mu       sync.Mutex
	queue    []packet
	spare    []packet
	bytes    int
	busy     bool // on the shard's list, or in the hands of a writer
	draining bool // that writer is the line's own
	piece    bool // which waits for the socket now
	slow     bool // and has done so for too long, since it began
	closing  bool // a close frame was queued: nothing goes after it
	over     bool // done is closed
	wrote    time.Time

	pacing sync.Mutex      // taken before mu, and before what pace takes
	pace   func(slow bool) // hears whether the device takes what it is given; guarded by pacing, as is paced
	paced  bool            // what it heard last

	place *list.Element // among the full ones; guarded by the backlog
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
		if f.Overtakes() {
			l.overtakeLocked(f)
			continue
		}
		if f.Early != nil && len(l.queue) > 0 {
			l.overtakeLocked(f.Early)
		}
		if !l.pushLocked(packet{frame: f, ask: l.asks && f.Ask}) {
			return false
		}
	}
	return true
}

// earlyMost bounds how many alerts may stand before everything else, beyond the queue's own bounds.
const earlyMost = 64

// overtakeLocked puts an alert before all that waits but earlier alerts. It carries no position, so whoever reads it still lacks what it passed.
func (l *line) overtakeLocked(f *feed.Frame) {
	n := l.earlyLocked()
	if l.closing || l.over || n >= earlyMost {
		return
	}
	p := packet{frame: f, early: true}
	if len(l.queue) == 0 {
		l.queueLocked(p)
		return
	}
	l.queue = slices.Insert(l.queue, n, p)
	l.bytes += p.size()
	p.hold(l.backlog)
	l.shard.urge()
}

// earlyLocked is how many alerts stand before everything else.
func (l *line) earlyLocked() (n int) {
	for n < len(l.queue) && l.queue[n].early {
		n++
	}
	return n
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
	p.hold(l.backlog)
	l.wrote = l.now()
	if !l.busy {
		l.busy = true
		l.shard.schedule(l)
	}
	if p.urgent() {
		l.shard.urge()
	}
}

// heard reports whether the session was told something within d.
func (l *line) heard(d time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) > 0 || l.now().Sub(l.wrote) < d
}

// waiting is what is queued, and whether the device takes too little to be told more.
func (l *line) waiting() (frames, bytes int, slow bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue), l.bytes, l.slow
}

// hangUp queues a close frame in place of all that waits but alerts that overtake. A frame that is half on its way is finished first.
func (l *line) hangUp(code int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	limit := closeLimit
	if code == CloseTooSlow {
		limit = l.stall // what is in the socket already has to get through before the close frame does
	}
	l.conn.SetWriteDeadline(time.Now().Add(limit)) // an error here is the socket's end, which the write will meet too
	if l.closing {
		return
	}
	if code == CloseTooSlow {
		l.shard.done.slow.Add(1)
	}
	l.clearLocked(l.earlyLocked()) // alerts still go out: the client may not be back soon
	l.queueLocked(packet{raw: closeFrame(code, reason)})
	l.closing = true
}

// clearLocked throws out what waits, but for the first few.
func (l *line) clearLocked(but int) {
	for _, p := range l.queue[but:] {
		l.bytes -= p.size()
		p.letGo(l.backlog)
	}
	clear(l.queue[but:])
	l.queue = l.queue[:but]
}

// cut ends a line whose socket is full, at once and without a close frame, for which there is no place. It reports false when the socket is full
// no longer.
func (l *line) cut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.draining || l.over {
		return false
	}
	l.shard.done.slow.Add(1)
	l.closing = true // so that the writer does not give itself more time
	l.clearLocked(0)
	l.conn.SetWriteDeadline(time.Unix(1, 0)) // an error here is the socket's end, which the write meets too
	return true
}

// flush is the shard's turn: everything that waits, in one write that does not wait.
func (l *line) flush(j *joined) {
	packets, ok := l.take(flushMost)
	if !ok {
		return
	}
	buffer := j.join(packets, l.deflate)
	l.shard.done.wrote(packets, len(buffer))
	n, err := tryWrite(l.raw, buffer)
	switch {
	case err != nil:
		l.end(packets)
	case n < len(buffer):
		l.drains.Add(1)
		go l.drain(packets, buffer[n:])
	default:
		if l.written(packets) {
			l.shard.schedule(l)
		}
	}
}

// drain writes to a full socket, and goes on until nothing waits.
func (l *line) drain(packets []packet, rest []byte) {
	defer l.drains.Done()
	defer l.tellPace()
	defer l.backlog.flows(l)
	l.mu.Lock()
	l.draining = true
	l.mu.Unlock()
	for {
		if err := l.write(rest); err != nil {
			l.end(packets)
			return
		}
		if !l.written(packets) {
			return
		}
		var ok bool
		if packets, ok = l.take(drainMost); !ok {
			return
		}
		var j joined
		rest = j.join(packets, l.deflate)
		l.shard.done.wrote(packets, len(rest))
	}
}

// write waits until the socket has taken all of it. A slow one has its time for each piece: only one that takes nothing is given up.
func (l *line) write(buffer []byte) error {
	for len(buffer) > 0 {
		l.backlog.filled(l)
		n := min(len(buffer), drainMost)
		if err := l.writePiece(buffer[:n]); err != nil {
			return err
		}
		buffer = buffer[n:]
	}
	return nil
}

func (l *line) writePiece(piece []byte) error {
	l.mu.Lock()
	if !l.closing {
		l.conn.SetWriteDeadline(time.Now().Add(l.stall)) // an error here is the socket's end, which the write will meet too
	}
	l.piece = true
	l.mu.Unlock()
	late := time.AfterFunc(l.slowly, l.late)
	_, err := l.conn.Write(piece)
	late.Stop()
	l.mu.Lock()
	l.piece = false
	l.mu.Unlock()
	return err
}

// late notes that the device takes too little. It is so until all that waits is written.
func (l *line) late() {
	l.mu.Lock()
	if l.piece { // else it was written just now
		l.slow = true
	}
	l.mu.Unlock()
	l.tellPace()
}

// tellPace tells, when it has changed, whether the device takes what it is given. The last to tell tells what is so then.
func (l *line) tellPace() {
	l.pacing.Lock()
	defer l.pacing.Unlock()
	l.mu.Lock()
	slow := l.slow
	l.mu.Unlock()
	if l.pace != nil && slow != l.paced {
		l.paced = slow
		l.pace(slow)
	}
}

// setPace has somebody hear of it from now on.
func (l *line) setPace(tell func(slow bool)) {
	l.pacing.Lock()
	l.pace = tell
	l.pacing.Unlock()
	l.tellPace()
}

// take takes of what waits about most bytes, and one packet at least. It reports false when the line has ended.
func (l *line) take(most int) ([]packet, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil, false
	}
	n, size := 0, 0
	for n < len(l.queue) && (n == 0 || size+l.queue[n].size() <= most) {
		size += l.queue[n].size()
		n++
	}
	packets := l.queue
	if n == len(l.queue) {
		l.queue, l.bytes = nil, 0
		return packets, true
	}
	packets = slices.Clone(packets[:n])
	l.queue, l.bytes = slices.Delete(l.queue, 0, n), l.bytes-size
	return packets, true
}

// written notes that the packets are on their way and reports whether more came meanwhile. After a close frame the line ends.
func (l *line) written(packets []packet) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range packets {
		p.letGo(l.backlog)
	}
	if l.spare == nil && cap(packets) <= sparePlace {
		clear(packets)
		l.spare = packets
	}
	if len(l.queue) > 0 {
		return true
	}
	if l.draining && !l.closing {
		l.conn.SetWriteDeadline(time.Time{}) // a full socket's time must not run on for what is written later; an error here is the socket's end
	}
	l.busy, l.draining, l.slow = false, false, false
	if l.closing {
		l.endLocked()
	}
	return false
}

// end gives the line up: neither what its writer has in hand will be written, nor what waits.
func (l *line) end(packets []packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range packets {
		p.letGo(l.backlog)
	}
	l.endLocked()
}

func (l *line) endLocked() {
	if l.over {
		return
	}
	l.clearLocked(0)
	l.over, l.queue, l.spare = true, nil, nil
	close(l.done)
	// The reader wakes, at the latest now plus closeLimit, and closes the connection.
	l.conn.SetReadDeadline(time.Now().Add(closeLimit)) // an error here means that the socket has ended, and the reader with it
}
