// Package feed is what one device may see after a position: events, receipts, typing, presence and account data. It serves the
// websocket and /sync alike, and owns the account data, receipts, filters, typing and presence themselves.
//
// One question. All that a device is told answers one question, asked in one consistent read: what changed for this person
// between a token and the head of the log? It is asked by /sync, by a session that comes back, and for a session that something
// happened to which concerns it alone (it joined, it was invited, its account data changed). So these cannot disagree.
//
// One follower. Run follows the log for the whole node. For what all members of a room see alike, it encodes one frame and gives
// it to all sessions that have been told everything before; this is only a faster way to the same picture. Sessions with a filter
// of their own, and those to whom something personal happened, ask the question instead.
//
// The order of effects: what is durable is committed, the broker wakes the followers, they read the log from where they stand to
// its head, in order. A lost wake-up costs at most the time until the next beat. A session is behind or live: it is live when it
// has been told everything up to the follower's cursor, and only then gets frames made for everyone; a session that comes in
// or falls behind reads its own gap first. So nothing is lost or told twice between the two. One whose device takes nothing stays behind
// until it takes again.
//
// Typing and presence are not durable: each node keeps what the broker told it, and lets it run out.
package feed

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"panah/hub/broker"
	"panah/hub/room"
	"panah/hub/store"
)

// Options are what a feed needs beside its parts. The zero value is right for a hub.
type Options struct {
	Now   func() time.Time // the clock; nil means the machine's
	Tick  <-chan time.Time // when to look for what ran out; nil means every second
	Beat  time.Duration    // how often the follower looks at the log without being woken, and tells sessions the head; 0 means 5 s
	Log   *slog.Logger     // nil means slog.Default
	Ahead int              // how many positions the follower may be behind and still make frames for everyone; 0 means 2000
	Reads int              // catch-up reads at the same time; 0 means 8
	Gaps  []Gap            // positions of which the log has nothing
	// Changed hears, on every node, whose presence changed, people of other servers among them. It must not wait for anything; nil means that nobody does.
	Changed func([]State)
}

// Feed serves the devices of one node. It is safe for use by many goroutines.
type Feed struct {
	db     *store.DB
	rooms  *room.Rooms
	broker broker.Broker
	now    func() time.Time
	tick   <-chan time.Time
	beat   time.Duration
	log    *slog.Logger
	gaps   []Gap

	changed func([]State)

	typing    typing
	presences presences
	moment    atomic.Int64 // the last moment given out
	sections  shares[span, *section]
	posts     shares[ending, *room.Posts]
	alike     alike
	ahead     store.Position
	reads     chan struct{} // one place for every catch-up read under way
	resume    chan struct{} // wakes the follower for those who are no longer parked

	mu       sync.Mutex
	cursor   store.Position                      // everything up to here was handed out
	lazies   int                                 // attachments that are lazy
	failed   []*attachment                       // behind, and to be tried again
	resumed  []*attachment                       // no longer parked, and to be read for
	members  map[string]map[*attachment]struct{} // by room, those whose person is in it, and who are not parked
	parked   map[string]map[*attachment]struct{} // by room, those who are
	people   map[string]map[*attachment]struct{} // by person
	catching sync.WaitGroup

	presenceTold int64 // all changes of presence up to this moment were handed out; guarded by mu
}

// New makes a feed. Nothing is followed until Run.
func New(db *store.DB, rooms *room.Rooms, brk broker.Broker, o Options) *Feed {
	f := &Feed{db: db, rooms: rooms, broker: brk, now: o.Now, tick: o.Tick, beat: o.Beat, log: o.Log, gaps: o.Gaps}
	if f.now == nil {
		f.now = time.Now
	}
	if f.beat <= 0 {
		f.beat = 5 * time.Second
	}
	if f.log == nil {
		f.log = slog.Default()
	}
	if f.changed = o.Changed; f.changed == nil {
		f.changed = func([]State) {}
	}
	if f.ahead = store.Position(o.Ahead); f.ahead <= 0 {
		f.ahead = readAhead
	}
	if o.Reads <= 0 {
		o.Reads = 8
	}
	f.reads, f.resume = make(chan struct{}, o.Reads), make(chan struct{}, 1)
	f.typing.rooms = make(map[string]*typingRoom)
	f.presences = presences{people: make(map[string]*State), waiting: make(map[string]bool)}
	f.members, f.parked = make(map[string]map[*attachment]struct{}), make(map[string]map[*attachment]struct{})
	f.people = make(map[string]map[*attachment]struct{})
	return f
}

// Cursor is the position up to which everything was handed out.
func (f *Feed) Cursor() store.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cursor
}

// nextMoment gives a new moment for typing and presence: the clock's milliseconds, but never the same twice.
func (f *Feed) nextMoment() int64 {
	for {
		last := f.moment.Load()
		next := max(f.now().UnixMilli(), last+1)
		if f.moment.CompareAndSwap(last, next) {
			return next
		}
	}
}

// position takes the next position and has the log's followers told of it after the commit.
func (f *Feed) position(tx *store.Tx) (store.Position, error) {
	position, err := tx.Next()
	if err != nil {
		return 0, err
	}
	ctx := context.WithoutCancel(tx.Context())
	tx.OnCommit(func() {
		// The only error is that the broker is closed: then nobody follows on this node, and the others have their beat.
		_ = f.broker.Publish(ctx, "log", encode(map[string]any{"from": position, "to": position}))
	})
	return position, nil
}
