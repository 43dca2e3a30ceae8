package federation

import "sync"

// seats bound how much is under way at once, in all and for one server.
type seats struct {
	all, each int

	mu    sync.Mutex
	taken int
	by    map[string]int
}

// take gives a seat to a server, if there is one, and what gives it back.
func (s *seats) take(server string) (leave func(), free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.all || s.by[server] >= s.each {
		return nil, false
	}
	if s.by == nil {
		s.by = map[string]int{}
	}
	s.taken++
	s.by[server]++
	return func() { s.leave(server) }, true
}

func (s *seats) leave(server string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.by[server]--; s.by[server] == 0 {
		delete(s.by, server)
	}
}
