package federation

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"panah/hub/broker"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// deliveries bounds how many servers are written to at once.
	deliveries = 32
	// beat is how often the log and the queues are looked at without being woken.
	beat = time.Second
	// holdFor is how long one node is the one that sends, unless it renews that. When it is lost, another follows after this time.
	holdFor = 30 * time.Second
	// typingTopic is the broker's topic of who types where.
	typingTopic = "typing"
)

var errBrokerEnded = errors.New("the broker has ended")

// SenderOptions are what a Sender may be given.
type SenderOptions struct {
	Now    func() time.Time         // nil means the machine's clock
	Chance func() float64           // from 0 to 1, for pauses; nil means a random one
	Tick   <-chan time.Time         // nil means each beat
	Count  func(way, result string) // hears of each transaction; nil means that nobody does
	// Reached hears of a server that is there again; nil means that nobody does.
	Reached func(ctx context.Context, server string)
	Log     *slog.Logger // nil means slog.Default
}

// Sender brings what happens here to the servers of other members.
//
// It follows the log. An event that was made here is due for each server that has a member in the room at that event; that is written down
// together with how far the log was read, so nothing is lost or doubled by a restart. Each server has a queue of its own, which is
// emptied in order, in transactions of at most 50 events and 100 other things. A server that does not answer is tried again later and
// later, keeps its queue, and holds up nobody. Of several nodes one sends; when it is gone, another goes on.
type Sender struct {
	db     *store.DB
	rooms  *room.Rooms
	broker broker.Broker
	client *Client
	allow  Allow
	own    string
	node   string // which node this is, drawn at its start
	o      SenderOptions

	fresh chan struct{} // says that something may be due; holds one word
	all   sync.WaitGroup

	mu     sync.Mutex
	busy   map[string]bool
	down   map[string]time.Time                  // could not be reached, and is told nothing that can be left out until then
	typing map[string]map[string]json.RawMessage // what is worth telling now or never, by server and by room and person
	there  map[string]map[string]pushed          // how people are there, likewise, by server and by person
	people map[string]*present                   // how this hub's people are there, and when that was told
	looked time.Time                             // when it was looked last who of them is to be told of
	read   store.Position                        // up to where the log has nothing for anybody, beyond what is written down
}

// NewSender makes a sender. Run starts it.
func NewSender(db *store.DB, rooms *room.Rooms, brk broker.Broker, client *Client, allow Allow, o SenderOptions) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Chance == nil {
		o.Chance = mathrand.Float64
	}
	if o.Count == nil {
		o.Count = func(string, string) {}
	}
	if o.Reached == nil {
		o.Reached = func(context.Context, string) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Sender{db: db, rooms: rooms, broker: brk, client: client, allow: allow, own: rooms.ServerName(), node: rand.Text(), o: o,
		fresh: make(chan struct{}, 1), busy: map[string]bool{}, down: map[string]time.Time{}, typing: map[string]map[string]json.RawMessage{},
		there: map[string]map[string]pushed{}, people: map[string]*present{}}
}

// Run follows the log and sends, until ctx ends, and returns when what was under way has ended. What the database refuses is tried again
// at the next beat.
func (s *Sender) Run(ctx context.Context) error {
	heard, err := s.broker.Subscribe(ctx, room.LogTopic, typingTopic)
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer heard.Close()
	defer s.release(ctx)
	defer s.all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return s.following(ctx, heard.C)
}

func (s *Sender) following(ctx context.Context, heard <-chan broker.Message) error {
	tick := s.o.Tick
	if tick == nil {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		tick = ticker.C
	}
	var held time.Time
	for {
		if err := s.round(ctx, &held); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("other servers could not be sent what is new; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		case <-s.fresh:
		case m, open := <-heard:
			if !open {
				return endedWell(ctx)
			}
			s.hear(ctx, m, heard)
		}
	}
}

func endedWell(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	return errBrokerEnded
}

// hear takes in a message and all that wait behind it, so that many wake-ups cost one reading.
func (s *Sender) hear(ctx context.Context, m broker.Message, more <-chan broker.Message) {
	for ok := true; ok; {
		if m.Topic == typingTopic {
			s.hearTyping(ctx, m.Payload)
		}
		select {
		case m, ok = <-more:
		default:
			ok = false
		}
	}
}

// round reads what is new and sends what is due, if this is the node that does. held is until when it is.
func (s *Sender) round(ctx context.Context, held *time.Time) error {
	if now := s.o.Now(); !now.Before(held.Add(-holdFor / 2)) {
		mine, err := s.hold(ctx)
		if err != nil || !mine {
			*held = time.Time{}
			s.forgetBrief()
			return err
		}
		*held = now.Add(holdFor)
	}
	for {
		more, err := s.step(ctx)
		if err != nil {
			return err
		}
		if !more {
			return errors.Join(s.tellPresences(ctx), s.dispatch(ctx))
		}
	}
}

// forgetBrief drops what another node tells: when this one comes to send, it is long over.
func (s *Sender) forgetBrief() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.typing)
	clear(s.there)
}

// hold makes this node the one that sends, unless another is.
func (s *Sender) hold(ctx context.Context) (mine bool, err error) {
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE federation_progress SET holder = $1, until_at = $2 WHERE id = 1 AND (holder = $1 OR until_at < $3)`,
			s.node, tx.Now.Add(holdFor).UnixMilli(), tx.Now.UnixMilli())
		mine = n == 1
		return err
	})
	return mine, err
}

// releaseTime bounds the giving back at the end.
const releaseTime = 2 * time.Second

// release lets another node go on at once.
func (s *Sender) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE federation_progress SET until_at = 0 WHERE id = 1 AND holder = $1`, s.node)
		return err
	})
	if err != nil {
		s.o.Log.Warn("another node waits before it sends to other servers", "err", err)
	}
}

func (s *Sender) wake() {
	select {
	case s.fresh <- struct{}{}:
	default:
	}
}
