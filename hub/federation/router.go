package federation

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"panah/hub/fault"
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
	most   int64 // bytes of the body; 0 stands for maxBody
	serve  func(c *Call) (any, error)
}

// answered is what a serve returns that has written its own answer.
type answered struct{}

// wildcard finds the names of the variable parts of a path.
var wildcard = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// usualMethods are told apart on each path.
var usualMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// router makes one handler of the table. A path that nobody knows is 404, a known one with another method is 405, both as
// M_UNRECOGNIZED ("Unsupported endpoints").
func (s *Server) router(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, rt := range routes {
		mux.Handle(rt.method+" "+rt.path, s.handle(rt))
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for path, known := range methods {
		refuse := s.wrongMethod(known)
		for _, method := range usualMethods {
			if !slices.Contains(known, method) {
				mux.Handle(method+" "+path, refuse)
			}
		}
	}
	mux.HandleFunc("/", s.unknown)
	return mux
}

func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	status := http.StatusNotFound
	if r.Method != http.MethodHead && !slices.Contains(usualMethods, r.Method) {
		status = http.StatusMethodNotAllowed
	}
	s.refuse(w, r, fault.Unrecognized(status))
}

func (s *Server) wrongMethod(known []string) http.Handler {
	slices.Sort(known)
	allow := strings.Join(known, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		s.refuse(w, r, fault.Unrecognized(http.StatusMethodNotAllowed))
	})
}

// handle checks the address, then who calls, and only then lets the door see what was sent.
func (s *Server) handle(rt route) http.Handler {
	var names []string
	for _, found := range wildcard.FindAllStringSubmatch(rt.path, -1) {
		names = append(names, found[1])
	}
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
	for _, name := range names {
		if value := c.Path(name); len(value) > maxID || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return nil, fault.InvalidParam("error.invalid_param", "Name", name)
		}
	}
	if err := c.checkQuery(); err != nil {
		return nil, err
	}
	if rt.access != open {
		if err := s.prove(c, cmp.Or(rt.most, maxBody)); err != nil {
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
	if unclean(r.URL.EscapedPath()) {
		s.refuse(w, r, fault.Unrecognized(http.StatusNotFound))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// unclean finds paths that the standard router would answer with a redirection, which no server follows.
func unclean(path string) bool {
	return strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") || !strings.HasPrefix(path, "/")
}
