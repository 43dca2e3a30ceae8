package federation

import (
	"cmp"
	"net/http"
	"strings"

	"panah/hub/endpoint"
)

// access is what a door asks of the server that calls.
type access int

const (
	open   access = iota // anybody; no body is read
	proven               // a server that has proved who it is
)

// route is one door: serve decides and gives what is answered as JSON, or an error.
type route struct {
	method string
	path   string
	access access
	most   int64 // bytes of the body; 0 stands for endpoint.MaxBody
	serve  func(c *Call) (any, error)
}

// answered is what a serve returns that has written its own answer.
type answered struct{}

// router makes one handler of the table.
func (s *Server) router(routes []route) http.Handler {
	table := make([]endpoint.Endpoint, len(routes))
	for i, rt := range routes {
		table[i] = endpoint.Endpoint{Method: rt.method, Path: rt.path, Handler: s.handle(rt)}
	}
	return endpoint.Mux(table, s.refuse)
}

// handle checks the address, then who calls, and only then lets the door see what was sent.
func (s *Server) handle(rt route) http.Handler {
	names := endpoint.Names(rt.path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.serve(rt, &Call{w: w, r: r}, names)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if _, done := answer.(answered); !done {
			s.write(w, r, http.StatusOK, answer)
		}
	})
}

func (s *Server) serve(rt route, c *Call, names []string) (any, error) {
	if err := endpoint.CheckAddress(c.r, names); err != nil {
		return nil, err
	}
	if rt.access != open {
		if err := s.prove(c, cmp.Or(rt.most, endpoint.MaxBody)); err != nil {
			return nil, err
		}
	}
	return rt.serve(c)
}

// Serves tells whether a path is one of these doors.
func Serves(path string) bool {
	return strings.HasPrefix(path, "/_matrix/federation/") || strings.HasPrefix(path, "/_matrix/key/") || path == "/.well-known/matrix/server"
}

// ServeHTTP answers what other servers ask.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	s.mux.ServeHTTP(w, r)
}
