// Package broker wakes: one node (or one part of a node) says that something happened, and those who subscribed to
// the topic hear of it. It is at most once by contract. What it carries is a hint beside the log, never the only copy,
// so losing one costs delay and never data.
//
// The order of effects that callers rely on: commit first, publish after. A subscriber that reads a message with Lost
// set reads the log from where it stands; whatever it was not told of is there already.
//
//   - Publish never waits for a subscriber or for the network. A subscriber that is too slow loses messages and
//     finds one Lost in their place.
//   - Subscribe returns when the subscription stands: what is published afterwards is delivered, or covered by a Lost.
//   - Messages of one publisher on one topic arrive in the order of publishing.
//   - Between nodes a broken connection is made again by itself, and then every subscription gets a Lost.
package broker

import (
	"context"
	"errors"
	"sync"
)

// QueueLength is how many messages wait for one subscriber before it loses some.
const QueueLength = 1024

// ErrClosed answers calls on a broker that was closed.
var ErrClosed = errors.New("the broker is closed")

// Message is a wake-up. Payload is shared by all who receive it: nobody may change it.
//
// Lost says that messages before this one may be missing, on any topic of the subscription; it stands alone, with
// neither topic nor payload.
type Message struct {
	Topic   string
	Payload []byte
	Lost    bool
}

// Broker carries messages by topic. Topics are few and fixed ("log", "typing"), since a node hears everything on a
// topic that it ever subscribed to; what differs by room or person belongs in the payload.
type Broker interface {
	// Publish tells all subscribers of the topic and does not wait for them. The payload belongs to the broker
	// from then on. The only error is ErrClosed.
	Publish(ctx context.Context, topic string, payload []byte) error
	// Subscribe returns once the subscription stands, ErrClosed, or the error of ctx.
	Subscribe(ctx context.Context, topics ...string) (*Subscription, error)
	// Close ends all subscriptions and waits for the broker's own goroutines.
	Close() error
}

// Up tells whether other nodes are heard now. Without other nodes it is always so.
func Up(b Broker) bool {
	r, between := b.(*redisBroker)
	return !between || r.up()
}

// Subscription is one reader's queue. C is closed when the subscription or its broker ends.
type Subscription struct {
	C <-chan Message

	mu     sync.Mutex
	queue  chan Message // sent to only under mu, and only when there is room
	lost   bool         // a Lost is waiting in the queue, as its last message
	closed bool
	leave  func()
}

// newSubscription makes a queue with one place more than it shows, so that a Lost always finds room.
func newSubscription() *Subscription {
	queue := make(chan Message, QueueLength+1)
	return &Subscription{C: queue, queue: queue}
}

// deliver queues m, or a Lost in its place. While a Lost waits, nothing more needs to be queued: its reader will look
// at the log after this moment, and finds there what m was about.
func (s *Subscription) deliver(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost && len(s.queue) == 0 {
		s.lost = false
	}
	if s.closed || s.lost {
		return
	}
	if m.Lost || len(s.queue) == QueueLength {
		m, s.lost = Message{Lost: true}, true
	}
	s.queue <- m
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
}

func (s *Subscription) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
