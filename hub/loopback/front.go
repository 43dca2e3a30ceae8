package loopback

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Front is a server's way in: TLS on a port of its own. It stands though what is behind it does not, and can be cut off.
type Front struct {
	Name string // of the server: 127.0.0.1 with the port

	behind atomic.Pointer[http.Handler]
	server *http.Server
	ended  chan struct{}
}

// Open opens a way in at a port of 127.0.0.1 (0 takes any free one), with nothing behind it yet. Close it.
func (a *Authority) Open(ctx context.Context, port int) (*Front, error) {
	own, err := a.issue()
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("open a way in: %w", err)
	}
	f := &Front{Name: listener.Addr().String(), ended: make(chan struct{})}
	f.server = &http.Server{Handler: f, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(f.ended)
		_ = f.server.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"h2", "http/1.1"}}))
	}()
	return f, nil
}

// Close ends the way in, and cuts off whoever is under way on it.
func (f *Front) Close() error {
	err := f.server.Close()
	<-f.ended
	return err
}

// Lead has requests answered by h; nil cuts them off, as a network that is down does.
func (f *Front) Lead(h http.Handler) {
	if h == nil {
		f.behind.Store(nil)
		return
	}
	f.behind.Store(&h)
}

// ServeHTTP answers with what is behind the front.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := f.behind.Load()
	if h == nil {
		panic(http.ErrAbortHandler)
	}
	(*h).ServeHTTP(w, r)
}
