// Package gateway holds the websocket sessions: it opens them, carries the feed's frames out and calls in (docs/stream.md).
//
// Reading is gorilla's, one goroutine for each session. Writing is the package's own, because it is the same bytes for many: a
// frame is encoded and compressed once, shards join what each socket lacks into one buffer and write it without waiting, and
// only a socket that is full has a goroutine, for as long as it is full. Pongs and closes take the same queue, or they would
// land inside a frame of which half is written.
//
// The queue of a session is bounded. When it is full the session is closed with 4008, and the client comes back with its last
// position: a slow reader costs nobody else anything, and loses nothing. One whose socket has been full for seconds is not even told more:
// the feed leaves it behind until it takes again. What sessions lacked when they came, which is not the same
// for many, is bounded over all of them as well.
//
// A session attaches to the feed at a position after the handshake was answered; since the feed first reads what lies
// between that position and now, nothing that happens meanwhile is lost.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// People knows whose token it is. *people.People is one.
type People interface {
	AuthenticateFrom(ctx context.Context, token, country string) (people.Caller, error)
}

// Network is what sessions ask to be done. *network.Network is one.
type Network interface {
	Send(ctx context.Context, caller people.Caller, draft room.Draft) (eventID string, err error)
	SendState(ctx context.Context, caller people.Caller, draft room.Draft) (eventID string, err error)
	Redact(ctx context.Context, caller people.Caller, draft room.Draft) (eventID string, err error)
}

// Options are what a gateway needs beside its parts. The zero value is right for a hub.
type Options struct {
	Origins []string                                     // origins from which a browser may open a session by its cookie, beside the hub's own host
	Say     func(r *http.Request, f *fault.Fault) string // a fault's sentence in the words of whoever asked; nil means its key
	Country func(r *http.Request) string                 // from which country a request comes; nil means that nobody knows
	Bounds  Bounds                                       // of each session's queue; zero means 512 frames and 4 MiB
	Backlog int64                                        // bytes of text that all sessions together may have yet to take of what each lacked alone; 0 means 256 MiB
	// Taken hears which people have a device that has taken everything up to which position, for positions at which there may have been an
	// alert. It may wait: what comes meanwhile it hears together. nil means that nobody wants to know.
	Taken func(ctx context.Context, upTo map[string]store.Position)
	// Slowly is how long a device may take for 16 KiB once its socket is full. One that takes longer is told alerts alone until it has taken
	// what waits for it, and then what it lacks; 0 means 5 s.
	Slowly time.Duration
	Stall  time.Duration    // a full socket that takes nothing for so long is given up, and the session with it; 0 means 30 s
	Beat   time.Duration    // a session that was told nothing for so long gets a heartbeat; 0 means 25 s
	Now    func() time.Time // the clock; nil means the machine's
	Log    *slog.Logger     // nil means slog.Default
}

// Gateway serves the sessions of one node.
type Gateway struct {
	feed    *feed.Feed
	network Network
	people  People
	options Options
	log     *slog.Logger
	upgrade websocket.Upgrader
	shards  []*shard
	takings takings
	backlog *backlog
	limited atomic.Int64 // calls that came too often

	ctx      context.Context // of all sessions
	cancel   context.CancelFunc
	writing  sync.WaitGroup // shards, and what tells of takings
	drains   sync.WaitGroup
	sessions sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	next    int
	devices map[device]map[*session]struct{}
}

// device names whose sessions end when it signs out.
type device struct{ user, id string }

const (
	readBuffer  = 512 // bytes; what a frame is read through
	writeBuffer = 512 // bytes; gorilla needs it for nothing but the handshake's sake
	handshake   = 10 * time.Second
)

// New makes a gateway and starts its writers; Close ends them.
func New(f *feed.Feed, network Network, p People, o Options) *Gateway {
	g := &Gateway{feed: f, network: network, people: p, options: o.complete(), devices: make(map[device]map[*session]struct{})}
	g.log = g.options.Log
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.takings = takings{wake: make(chan struct{}, 1), waiting: make(map[string]store.Position)}
	g.writing.Go(func() { g.tellTakings(g.ctx) })
	g.backlog = newBacklog(g.options.Backlog, g.log)
	g.writing.Go(func() { g.backlog.run(g.ctx) })
	g.upgrade = websocket.Upgrader{
		HandshakeTimeout:  handshake,
		ReadBufferSize:    readBuffer,
		WriteBufferSize:   writeBuffer,
		WriteBufferPool:   &sync.Pool{},
		Subprotocols:      []string{Subprotocol},
		EnableCompression: true,
		CheckOrigin:       func(*http.Request) bool { return true }, // checked before, with an answer that says why
	}
	for range runtime.GOMAXPROCS(0) * 2 {
		s := newShard()
		g.shards = append(g.shards, s)
		g.writing.Go(func() { s.run(g.ctx) })
	}
	return g
}

func (o Options) complete() Options {
	if o.Bounds.Frames <= 0 {
		o.Bounds.Frames = 512
	}
	if o.Bounds.Bytes <= 0 {
		o.Bounds.Bytes = 4 << 20
	}
	if o.Backlog <= 0 {
		o.Backlog = 256 << 20
	}
	if o.Beat <= 0 {
		o.Beat = 25 * time.Second
	}
	if o.Slowly <= 0 {
		o.Slowly = slowLimit
	}
	if o.Stall <= 0 {
		o.Stall = stallLimit
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Say == nil {
		o.Say = func(_ *http.Request, f *fault.Fault) string { return f.Key }
	}
	if o.Country == nil {
		o.Country = func(*http.Request) string { return "" }
	}
	return o
}

// Renew has a person's sessions come back, with 1001, and be looked at anew: what they may do has changed.
func (g *Gateway) Renew(userID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for d, sessions := range g.devices {
		if d.user != userID {
			continue
		}
		for s := range sessions {
			s.line.hangUp(websocket.CloseGoingAway, "come back")
		}
	}
}

// Revoke closes the sessions of a device that signed out, with 4001. An empty device id means all of the person's.
func (g *Gateway) Revoke(userID, deviceID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for d, sessions := range g.devices {
		if d.user != userID || deviceID != "" && d.id != deviceID {
			continue
		}
		for s := range sessions {
			s.line.hangUp(CloseSignedOut, "signed out")
		}
	}
}

// Close closes all sessions with 1001 and waits for them, at most until ctx ends; then it cuts those that are left.
func (g *Gateway) Close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	for _, sessions := range g.devices {
		for s := range sessions {
			s.line.hangUp(websocket.CloseGoingAway, "the hub is going down")
		}
	}
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		g.sessions.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = errors.Join(ctx.Err(), g.cut())
	}
	<-ended
	g.cancel()
	g.writing.Wait()
	g.drains.Wait()
	return err
}

// cut ends what is left of all sessions at once.
func (g *Gateway) cut() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, sessions := range g.devices {
		for s := range sessions {
			errs = append(errs, s.line.conn.Close())
		}
	}
	return errors.Join(errs...)
}

// Sessions is how many sessions are open.
func (g *Gateway) Sessions() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, sessions := range g.devices {
		n += len(sessions)
	}
	return n
}

// Stats are what a gateway has done since it was made, and what waits.
type Stats struct {
	Sessions, Queued, QueuedBytes          int   // open; frames and bytes of text that wait
	Parked                                 int   // sessions whose devices take too little to be told more (Options.Slowly)
	Held                                   int64 // bytes of text that one session each lacked, and that no socket has taken yet (Options.Backlog)
	Frames, Writes, Written, Slow, Limited int64 // handed to sockets, in how many writes, of how many bytes; closed with 4008; calls refused as too many
}

// Stats counts. It takes a moment for each session.
func (g *Gateway) Stats() (s Stats) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, sessions := range g.devices {
		s.Sessions += len(sessions)
		for one := range sessions {
			frames, bytes, slow := one.line.waiting()
			s.Queued, s.QueuedBytes = s.Queued+frames, s.QueuedBytes+bytes
			if slow {
				s.Parked++
			}
		}
	}
	for _, shard := range g.shards {
		s.Frames += shard.done.frames.Load()
		s.Writes += shard.done.writes.Load()
		s.Written += shard.done.bytes.Load()
		s.Slow += shard.done.slow.Load()
	}
	s.Limited = g.limited.Load()
	s.Held = g.backlog.bytes()
	return s
}

// register takes a session in and gives it the shard that writes for it. It reports false when the gateway is closing.
func (g *Gateway) register(s *session) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	if g.devices[s.device()] == nil {
		g.devices[s.device()] = make(map[*session]struct{})
	}
	g.devices[s.device()][s] = struct{}{}
	s.line.shard = g.shards[g.next%len(g.shards)]
	g.next++
	g.sessions.Add(1)
	return true
}

func (g *Gateway) unregister(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.devices[s.device()], s)
	if len(g.devices[s.device()]) == 0 {
		delete(g.devices, s.device())
	}
	g.sessions.Done()
}
