package hubstest

import (
	"net/http"
	"strings"
	"sync"
)

// line is a hub's way in, on which what comes from some servers is cut off.
type line struct {
	mu  sync.Mutex
	cut map[string]bool // servers that do not get through
	h   http.Handler
}

// lead has what gets through answered by h.
func (l *line) lead(h http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.h = h
}

func (l *line) set(server string, cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut[server] = cut
}

// ServeHTTP cuts a request of a server off before the hub sees it: the server that signed it says who it is. Keys are asked for
// without a signature, and pass.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	off := false
	for server, cut := range l.cut {
		off = off || cut && strings.Contains(r.Header.Get("Authorization"), `origin="`+server+`"`)
	}
	h := l.h
	l.mu.Unlock()
	if off {
		panic(http.ErrAbortHandler)
	}
	h.ServeHTTP(w, r)
}

// Cut has no request between two hubs get through, either way, until Heal.
func Cut(a, b *Hub) {
	a.line.set(b.Name, true)
	b.line.set(a.Name, true)
}

// Heal lets requests through again.
func Heal(a, b *Hub) {
	a.line.set(b.Name, false)
	b.line.set(a.Name, false)
}
