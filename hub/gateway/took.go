package gateway

import (
	"context"
	"strconv"
	"sync"

	"panah/hub/store"
)

// Ask pings all sessions of a person on this node, to hear whether they have taken everything up to a position, which must have been queued
// for them before.
func (g *Gateway) Ask(userID string, at store.Position) {
	for _, s := range g.sessionsOf(userID) {
		s.send(packet{raw: askFrame(at)})
	}
}

// askMark begins the data of a ping that asks whether a device has taken everything up to a position.
const askMark = 'p'

// askFrame is that ping. The pong comes after all that was sent before the ping was read: only then has the device taken it.
func askFrame(at store.Position) []byte {
	return encodeFrame(opPing, strconv.AppendInt([]byte{askMark}, int64(at), 10))
}

// takings are what devices say to have taken and what was not told yet: an alert has thousands of them answer within a moment, when others
// still wait for it. So they are told one after the other, those of one person once.
type takings struct {
	wake    chan struct{}
	mu      sync.Mutex
	waiting map[string]store.Position // by person
}

func (t *takings) add(userID string, upTo store.Position) {
	t.mu.Lock()
	t.waiting[userID] = max(t.waiting[userID], upTo)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default: // it is awake already
	}
}

func (t *takings) take() map[string]store.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.waiting
	t.waiting = make(map[string]store.Position)
	return taken
}

// tellTakings tells what comes until ctx ends. What is left then is told again when the devices come back.
func (g *Gateway) tellTakings(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.takings.wake:
		}
		if taken := g.takings.take(); len(taken) > 0 {
			ctx, cancel := context.WithTimeout(ctx, callTime)
			g.options.Taken(ctx, taken)
			cancel()
		}
	}
}

// Took tells whether a session of a person that is open on this node has taken everything up to a position.
func (g *Gateway) Took(userID string, at store.Position) bool {
	for _, s := range g.sessionsOf(userID) {
		s.mu.Lock()
		took := s.took
		s.mu.Unlock()
		if took >= at {
			return true
		}
	}
	return false
}

func (g *Gateway) sessionsOf(userID string) []*session {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []*session
	for d, open := range g.devices {
		if d.user != userID {
			continue
		}
		for s := range open {
			all = append(all, s)
		}
	}
	return all
}

// note remembers what a client says to have taken. Whoever claims more than they were sent only keeps notices from themselves.
func (s *session) note(at store.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = max(s.took, at)
}
