package clientapi

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"panah/hub/fault"
)

// access is what a route asks of the one who calls it.
type access int

const (
	open      access = iota // anybody
	signedIn                // a device of a person, known by its token or cookie
	uploading               // as signedIn, and the endpoint itself reads and bounds what is sent
	settingUp               // the same, also one that must set a second factor up before anything else
	ourPage                 // anybody, but a browser only from the hub's own pages: what sets or clears the cookie
)

// route is one endpoint: serve decides and gives what is answered as JSON, or an error.
type route struct {
	method string
	path   string
	access access
	serve  func(c *call) (any, error)
}

// answered is what a serve returns that has written its own answer.
type answered struct{}

// wildcard finds the names of the variable parts of a path.
var wildcard = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// router makes one handler of the table. A path that nobody knows is 404, a known one with another method is 405, both
// as M_UNRECOGNIZED (Matrix client-server API, "Common error codes").
func (a *API) router(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, rt := range routes {
		mux.Handle(rt.method+" "+rt.path, a.handle(rt))
		methods[rt.path] = append(methods[rt.path], rt.method)
	}
	for path, known := range methods {
		refuse := a.wrongMethod(known)
		for _, method := range usualMethods {
			if !slices.Contains(known, method) {
				mux.Handle(method+" "+path, refuse)
			}
		}
	}
	mux.HandleFunc("/", a.unknown)
	return mux
}

// usualMethods are told apart on each path. Paths cannot be registered for all methods at once: a path with a variable part would
// then contradict a longer one without.
var usualMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

// unknown answers for paths that are not in the table, and for methods that none of them has.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	status := http.StatusNotFound
	if r.Method != http.MethodHead && !slices.Contains(usualMethods, r.Method) {
		status = http.StatusMethodNotAllowed
	}
	a.Refuse(w, r, fault.Unrecognized(status))
}

func (a *API) wrongMethod(known []string) http.Handler {
	slices.Sort(known)
	allow := strings.Join(known, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		a.Refuse(w, r, fault.Unrecognized(http.StatusMethodNotAllowed))
	})
}

// handle checks who calls before it reads what was sent, and what was sent before the endpoint sees it.
func (a *API) handle(rt route) http.Handler {
	var names []string
	for _, found := range wildcard.FindAllStringSubmatch(rt.path, -1) {
		names = append(names, found[1])
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r}
		answer, err := a.serve(rt, c, names)
		if err != nil {
			a.Refuse(w, r, err)
			return
		}
		if _, done := answer.(answered); !done {
			a.write(w, r, http.StatusOK, answer)
		}
	})
}

func (a *API) serve(rt route, c *call, names []string) (any, error) {
	if err := a.admit(rt, c); err != nil {
		return nil, err
	}
	if err := checkPath(c.r, names); err != nil {
		return nil, err
	}
	if err := checkQuery(c.r); err != nil {
		return nil, err
	}
	if rt.access == uploading {
		return rt.serve(c)
	}
	if err := c.takeBody(); err != nil {
		return nil, err
	}
	return rt.serve(c)
}

// ServeHTTP answers requests under /_matrix/, /_panah/ and /.well-known/matrix/.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.guard(w.Header(), r)
	if r.Method == http.MethodOptions && crossOrigin(r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if unclean(r.URL.EscapedPath()) {
		a.Refuse(w, r, fault.Unrecognized(http.StatusNotFound))
		return
	}
	if strings.HasPrefix(r.URL.Path, "/_matrix/") {
		today(r)
		a.moveToken(r)
	}
	a.mux.ServeHTTP(w, r)
}

// unclean finds paths that the standard router would answer with a redirection, which API clients do not follow.
func unclean(path string) bool {
	return strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../") ||
		strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") || !strings.HasPrefix(path, "/")
}

// crossOrigin tells whether other people's web clients may call: they bring their own token. Ours know people by a cookie,
// so they stay with our own pages.
func crossOrigin(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/_matrix/") || strings.HasPrefix(r.URL.Path, "/.well-known/matrix/")
}

// guard sets what browsers must know about every answer. CORS as in Matrix client-server API, "Web browser clients".
func (a *API) guard(h http.Header, r *http.Request) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	if !crossOrigin(r) {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		return
	}
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "X-Requested-With, Content-Type, Authorization")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}
