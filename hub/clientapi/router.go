package clientapi

import (
	"net/http"
	"strings"

	"panah/hub/endpoint"
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

// router makes one handler of the table.
func (a *API) router(routes []route) http.Handler {
	table := make([]endpoint.Endpoint, len(routes))
	for i, rt := range routes {
		table[i] = endpoint.Endpoint{Method: rt.method, Path: rt.path, Handler: a.handle(rt)}
	}
	return endpoint.Mux(table, a.Refuse)
}

// handle checks who calls before it reads what was sent, and what was sent before the endpoint sees it.
func (a *API) handle(rt route) http.Handler {
	names := endpoint.Names(rt.path)
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
	if err := endpoint.CheckAddress(c.r, names); err != nil {
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
	if strings.HasPrefix(r.URL.Path, "/_matrix/") {
		today(r)
		a.moveToken(r)
	}
	a.mux.ServeHTTP(w, r)
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
