package broker

import (
	"context"
	"sync"
)

// InProcess makes a broker for a hub of one node.
func InProcess() Broker {
	return &exchange{topics: make(map[string]map[*Subscription]struct{})}
}

// exchange holds the subscriptions of this process.
type exchange struct {
	mu     sync.RWMutex
	topics map[string]map[*Subscription]struct{}
	closed bool
}

func (x *exchange) Publish(_ context.Context, topic string, payload []byte) error {
	return x.deliver(topic, Message{Topic: topic, Payload: payload})
}

func (x *exchange) deliver(topic string, m Message) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return ErrClosed
	}
	for s := range x.topics[topic] {
		s.deliver(m)
	}
	return nil
}

func (x *exchange) Subscribe(_ context.Context, topics ...string) (*Subscription, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil, ErrClosed
	}
	s := newSubscription()
	s.leave = func() { x.remove(s, topics) }
	for _, topic := range topics {
		if x.topics[topic] == nil {
			x.topics[topic] = make(map[*Subscription]struct{})
		}
		x.topics[topic][s] = struct{}{}
	}
	return s, nil
}

func (x *exchange) remove(s *Subscription, topics []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, topic := range topics {
		delete(x.topics[topic], s)
		if len(x.topics[topic]) == 0 {
			delete(x.topics, topic)
		}
	}
}

func (x *exchange) Close() error {
	for _, s := range x.end() {
		s.Close()
	}
	return nil
}

// end refuses further calls and gives the subscriptions that are still there. They are closed outside the lock,
// because closing takes it.
func (x *exchange) end() []*Subscription {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	var open []*Subscription
	for _, subscriptions := range x.topics {
		for s := range subscriptions {
			open = append(open, s)
		}
	}
	return open
}
