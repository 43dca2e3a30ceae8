//go:build unix

package interop

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// line leads to a server, at an address of its own that is the server's name, until it is cut.
type line struct {
	name     string
	listener net.Listener
	all      sync.WaitGroup

	mu   sync.Mutex
	to   string // where the server listens
	cut  bool
	open map[net.Conn]bool
}

func openLine(t *testing.T) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{name: listener.Addr().String(), listener: listener, open: map[net.Conn]bool{}}
	l.all.Go(func() { l.accept(t) })
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		l.set(true)
		l.all.Wait()
	})
	return l
}

func (l *line) accept(t *testing.T) {
	for {
		here, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		if there := l.through(here); there != nil {
			l.all.Go(func() { l.carry(here, there) })
			l.all.Go(func() { l.carry(there, here) })
		}
	}
}

// through goes on to the server, unless the line is cut or nobody is there.
func (l *line) through(here net.Conn) (there net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := errors.New("cut")
	if !l.cut {
		there, err = net.Dial("tcp", l.to)
	}
	if err != nil {
		here.Close()
		return nil
	}
	l.open[here], l.open[there] = true, true
	return there
}

// carry brings what one side says to the other, and ends both when either ends.
func (l *line) carry(from, to net.Conn) {
	_, _ = io.Copy(to, from) // however it ends: both are closed
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range []net.Conn{from, to} {
		one.Close()
		delete(l.open, one)
	}
}

// set cuts the line, with all that is under way, or mends it.
func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for one := range l.open {
		if cut {
			one.Close()
		}
	}
}

func (l *line) leadTo(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = address
}
