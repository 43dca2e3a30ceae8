package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/store"
)

// Close codes of the stream's own, beside those of RFC 6455, 7.4.1.
const (
	CloseSignedOut = 4001
	CloseTooSlow   = 4008
)

const (
	frameLimit = 70_000            // bytes of a frame from a client
	silence    = 150 * time.Second // a client that is not even answering pings for so long is gone
	pingEvery  = 50 * time.Second  // a client is asked for a pong so often
)

// session is one open websocket.
type session struct {
	gateway *Gateway
	opening *opening
	conn    *websocket.Conn
	muted   *mutedConn
	line    *line
	header  http.Header // of the handshake; what the client's language is found by
	calls   sync.WaitGroup

	mu      sync.Mutex
	running map[string]bool          // ids of calls under way
	tails   map[string]chan struct{} // by room, the end of the last call that appends to it
	pinged  time.Time
	took    store.Position // the client has answered a ping that came after everything up to here
}

// newSession makes a session of an open connection. It has no shard yet.
func (g *Gateway) newSession(conn *websocket.Conn, muted *mutedConn, o *opening, r *http.Request) *session {
	s := &session{gateway: g, opening: o, conn: conn, muted: muted, pinged: g.options.Now()}
	s.header = http.Header{"Accept-Language": r.Header.Values("Accept-Language")}
	s.line = &line{
		conn: muted.Conn, raw: rawOf(muted.Conn), deflate: o.deflate, asks: g.options.Taken != nil,
		bounds: g.options.Bounds, drains: &g.drains, backlog: g.backlog, slowly: g.options.Slowly, stall: g.options.Stall, now: g.options.Now, done: make(chan struct{}),
	}
	conn.SetReadLimit(frameLimit)
	conn.SetPingHandler(s.pong)
	conn.SetPongHandler(s.ponged)
	conn.SetCloseHandler(s.closed)
	return s
}

// rawOf gives access to the socket, where there is one without anything between.
func rawOf(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	if boundUnsent(tcp) != nil {
		return nil // the socket has ended
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

func (s *session) device() device { return device{s.opening.caller.UserID, s.opening.caller.DeviceID} }

// Push takes frames from the feed. A heartbeat is left out when the session was told something lately.
func (s *session) Push(frames ...*feed.Frame) {
	if frames[0].Idle {
		s.ping() // also where much is said: what the hub writes is no sign that somebody reads
		if s.line.heard(s.gateway.options.Beat) {
			return
		}
	}
	if !s.line.pushAll(frames) {
		s.line.hangUp(CloseTooSlow, "the queue was full")
	}
}

// Paced has the feed hear whether the device takes what it is given.
func (s *session) Paced(tell func(slow bool)) { s.line.setPace(tell) }

// ponged notes that the client is there and, where it answers such a ping, what it has taken.
func (s *session) ponged(data string) error {
	if text, asked := strings.CutPrefix(data, string(askMark)); asked {
		if position, err := strconv.ParseInt(text, 10, 64); err == nil {
			s.note(store.Position(position))
			s.taken(store.Position(position))
		}
	}
	return s.alive()
}

// taken tells what the device has taken, beside the reading.
func (s *session) taken(upTo store.Position) {
	if s.gateway.options.Taken != nil && upTo > 0 {
		s.gateway.takings.add(s.opening.caller.UserID, upTo)
	}
}

// send queues a packet; a full queue ends the session.
func (s *session) send(p packet) {
	if !s.line.push(p) {
		s.line.hangUp(CloseTooSlow, "the queue was full")
	}
}

// ping asks a client for a sign of life now and then: a phone that left the network says nothing by itself, and one that only listens neither.
func (s *session) ping() {
	s.mu.Lock()
	now := s.gateway.options.Now()
	due := now.Sub(s.pinged) >= pingEvery
	if due {
		s.pinged = now
	}
	s.mu.Unlock()
	if due {
		s.send(packet{raw: encodeFrame(opPing, nil)})
	}
}

func (s *session) pong(data string) error {
	s.send(packet{raw: encodeFrame(opPong, []byte(data))})
	return s.alive()
}

// alive notes that the client is there.
func (s *session) alive() error { return s.conn.SetReadDeadline(time.Now().Add(silence)) }

// closed answers the client's close frame with the same code (RFC 6455, 5.5.1).
func (s *session) closed(code int, _ string) error {
	if code == websocket.CloseNoStatusReceived {
		code = websocket.CloseNormalClosure
	}
	s.line.hangUp(code, "")
	return nil
}

// serve runs the session to its end, with one goroutine once it is attached.
func (s *session) serve() {
	defer s.gateway.unregister(s)
	ctx, cancel := context.WithCancel(s.gateway.ctx)
	attached := make(chan func(), 1)
	go func() { attached <- s.attach(ctx) }() // it may take a while, and the client may call meanwhile
	if s.opening.since != nil {
		s.taken(s.opening.since.Position)
	}
	s.read(ctx)
	cancel()
	detach := <-attached
	detach()
	s.calls.Wait()
	s.finish()
}

// attach has the feed push to the session. A session to which the feed cannot speak is closed, and the client comes back.
func (s *session) attach(ctx context.Context) (detach func()) {
	o := s.opening
	detach, err := s.gateway.feed.Attach(ctx, o.caller, feed.Session{
		Since: o.since, Filter: o.filter, Presence: o.presence,
	}, s)
	if err == nil {
		return detach
	}
	if ctx.Err() == nil {
		s.gateway.log.Error("a session could not be told where it stands", "err", err)
		s.line.hangUp(websocket.CloseGoingAway, "try again")
	}
	return func() {}
}

// read takes frames until the connection ends.
func (s *session) read(ctx context.Context) {
	if s.alive() != nil {
		return
	}
	for {
		kind, text, err := s.readFrame()
		if err != nil {
			s.refused()
			return
		}
		if s.alive() != nil && ctx.Err() != nil {
			return
		}
		switch { // once the line hangs up, frames are read until the client has closed its side, or closeLimit is over
		case kind != websocket.TextMessage:
			s.line.hangUp(websocket.ClosePolicyViolation, "text only")
		case len(text) > frameLimit:
			s.line.hangUp(websocket.CloseMessageTooBig, "a frame was too large")
		default:
			s.take(ctx, text)
		}
	}
}

// readFrame reads a message, at most one byte more than is allowed. gorilla's own limit counts the bytes on the wire: a compressed
// message can be a thousand times larger than those.
func (s *session) readFrame() (kind int, text []byte, err error) {
	kind, r, err := s.conn.NextReader()
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(io.LimitReader(r, frameLimit+1))
	return kind, text, err
}

// refused closes the session as gorilla would have closed it, when what it read was against the rules.
func (s *session) refused() {
	switch s.muted.code() {
	case websocket.CloseMessageTooBig:
		s.line.hangUp(websocket.CloseMessageTooBig, "a frame was too large")
	case websocket.CloseProtocolError:
		s.line.hangUp(websocket.ClosePolicyViolation, "the frames broke the rules")
	}
}

// finish waits until what was queued last is written, for a short time, and closes the connection.
func (s *session) finish() {
	s.line.hangUp(websocket.CloseNormalClosure, "")
	<-s.line.done  // a close frame is written, or given up after closeLimit
	s.conn.Close() // its error could only say that the connection has ended, which is what is wanted
}

// fail answers a call, or a frame that had no id, with a fault.
func (s *session) fail(id string, err error) {
	f := fault.From(err)
	if f.Status == http.StatusTooManyRequests {
		s.gateway.limited.Add(1)
	}
	if f.Status >= http.StatusInternalServerError {
		s.gateway.log.Error("a call failed", "err", err)
	}
	said := s.gateway.options.Say(&http.Request{Header: s.header}, f)
	s.send(packet{frame: &feed.Frame{JSON: encode(reply{ID: id, Error: errorBody(f, said)})}})
}
