package gateway

import (
	"strconv"

	"panah/hub/store"
)

// Ask pings all sessions of a person on this node, to hear whether they have taken everything up to a position, which must have been queued
// for them before.
func (g *Gateway) Ask(userID string, at store.Position) {
	for _, s := range g.sessionsOf(userID) {
		s.send(packet{raw: encodeFrame(opPing, strconv.AppendInt([]byte{askMark}, int64(at), 10))})
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
