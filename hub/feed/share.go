package feed

import (
	"context"
	"sync"
)

// shares lets those who want the same share one reading of it: the first one reads, the others wait for that, and those who come next
// find it.
type shares[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]*loading[V]
}

type loading[V any] struct {
	done   chan struct{}
	loaded bool // else each who waited reads for itself
	value  V
}

// sharesKept is how many readings are kept for those who come next.
const sharesKept = 256

func (s *shares[K, V]) get(ctx context.Context, key K, load func() (V, error)) (V, error) {
	s.mu.Lock()
	if l := s.kept[key]; l != nil {
		s.mu.Unlock()
		return l.wait(ctx, load)
	}
	l := &loading[V]{done: make(chan struct{})}
	s.keepLocked(key, l)
	s.mu.Unlock()
	defer close(l.done)
	value, err := load()
	if err != nil {
		s.drop(key)
		return value, err
	}
	l.value, l.loaded = value, true
	return value, nil
}

func (l *loading[V]) wait(ctx context.Context, load func() (V, error)) (V, error) {
	select {
	case <-l.done:
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
	if l.loaded {
		return l.value, nil
	}
	return load()
}

// keepLocked makes room by throwing out any one: maps are walked in a random order.
func (s *shares[K, V]) keepLocked(key K, l *loading[V]) {
	if s.kept == nil {
		s.kept = make(map[K]*loading[V])
	}
	for old := range s.kept {
		if len(s.kept) < sharesKept {
			break
		}
		delete(s.kept, old)
	}
	s.kept[key] = l
}

// forget throws all of them out. Whoever is loading one loads it for those who wait for it.
func (s *shares[K, V]) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.kept)
}

func (s *shares[K, V]) drop(key K) {
	s.mu.Lock()
	delete(s.kept, key)
	s.mu.Unlock()
}
