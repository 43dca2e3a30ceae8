package clientapi

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// requestKey finds the request's id in its context.
type requestKey struct{}

// Door stands before everything that a node serves. It gives each request an id, writes the access log, and turns a
// panic into an answer. The log names the route, never the address itself: addresses hold the ids of rooms and people,
// and queries may hold tokens.
func (a *API) Door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		seen := &recorder{ResponseWriter: w}
		seen.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
		defer a.leave(seen, r, a.now())
		next.ServeHTTP(seen, r)
	})
}

// leave runs when a request ends, however it ended.
func (a *API) leave(w *recorder, r *http.Request, began time.Time) {
	if trouble := recover(); trouble != nil {
		a.catch(w, r, trouble)
	}
	took := a.now().Sub(began)
	if a.Answered != nil {
		a.Answered(r.Pattern, r.Method, w.status, took)
	}
	level := slog.LevelInfo
	if quietRoutes[r.Pattern] {
		level = slog.LevelDebug
	}
	a.log.Log(r.Context(), level, "request", "id", requestID(r), "method", r.Method, "route", r.Pattern,
		"status", w.status, "bytes", w.bytes, "ms", took.Milliseconds())
}

// quietRoutes are asked every few seconds by machines.
var quietRoutes = map[string]bool{"/healthz": true, "/readyz": true}

// catch answers a request whose handler panicked. An answer that has begun cannot be mended: the connection is cut, so
// that nobody takes half an answer for a whole one.
func (a *API) catch(w *recorder, r *http.Request, trouble any) {
	if trouble == http.ErrAbortHandler {
		panic(trouble)
	}
	a.log.Error("panic", "id", requestID(r), "route", r.Pattern, "panic", fmt.Sprint(trouble), "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	a.Refuse(w, r, errPanicked)
}

func newRequestID() string {
	var raw [8]byte
	rand.Read(raw[:]) // never fails (crypto/rand, Go 1.24)
	return hex.EncodeToString(raw[:])
}

func requestID(r *http.Request) string {
	id, _ := r.Context().Value(requestKey{}).(string)
	return id
}

// recorder remembers what was answered, for the log.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack is what a websocket's handshake asks for.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}
