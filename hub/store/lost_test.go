package store_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// line is a connection to PostgreSQL that can be cut.
type line struct {
	address string // of the database, by way of the line

	next atomic.Bool // the next bytes that go to PostgreSQL end the line instead

	mu   sync.Mutex
	ends []net.Conn
}

func openLine(t *testing.T, database string) *line {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	l := &line{address: u.String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.join(near, target) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.cut()
		all.Wait()
	})
	return l
}

func (l *line) join(near net.Conn, target string) {
	defer near.Close()
	far, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	l.mu.Lock()
	l.ends = append(l.ends, near, far)
	l.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]io.ReadWriteCloser{{near, far}, {far, fuse{near, l}}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // it ends with the line
			way[0].Close()
		})
	}
	both.Wait()
}

// fuse is the end from which a line may be cut.
type fuse struct {
	net.Conn
	line *line
}

func (f fuse) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n > 0 && f.line.next.Swap(false) {
		f.line.cut()
		return 0, net.ErrClosed
	}
	return n, err
}

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range l.ends {
		end.Close()
	}
	l.ends = nil
}

// TestALineThatIsCutIsSaid: wherever PostgreSQL is lost, whoever wrote or read learns that it does not answer, and the next one is served.
func TestALineThatIsCutIsSaid(t *testing.T) {
	l := openLine(t, storetest.PostgresAddress(t))
	db := storetest.Open(t, l.address)
	look := func(tx *store.Tx) error {
		var n int
		return tx.QueryRow(`SELECT COUNT(*) FROM facts`).Scan(&n)
	}
	ways := map[string]func(fn func(tx *store.Tx) error) error{
		"write": func(fn func(tx *store.Tx) error) error { return db.Write(t.Context(), fn) },
		"read":  func(fn func(tx *store.Tx) error) error { return db.Read(t.Context(), fn) },
	}
	for name, way := range ways {
		for again, what := range []string{"the first query after it", "the second"} {
			err := way(func(tx *store.Tx) error {
				if err := look(tx); err != nil {
					return err
				}
				l.cut()
				err := look(tx)
				if again == 1 {
					err = look(tx)
				}
				return err
			})
			if !errors.Is(err, store.ErrUnreachable) {
				t.Errorf("%s, %s: got %v, want ErrUnreachable", name, what, err)
			}
			for err = way(look); errors.Is(err, store.ErrUnreachable); err = way(look) { // connections that were cut in the pool
			}
			if err != nil {
				t.Errorf("%s, afterwards: %v", name, err)
			}
		}
	}
}

// TestAConnectionThatEndsBeforeAnythingIsMadeAnew: after a restart of PostgreSQL no write is refused because of a connection that had ended before it came.
func TestAConnectionThatEndsBeforeAnythingIsMadeAnew(t *testing.T) {
	l := openLine(t, storetest.PostgresAddress(t))
	db := storetest.Open(t, l.address)
	for want := range store.Position(12) {
		if at, err := remember(db, fmt.Sprint(want)); err != nil || at != want+1 {
			t.Fatalf("position %d, %v, want %d", at, err, want+1)
		}
		// The driver looks itself at a connection that is new, or rested for a second.
		l.next.Store(want%4 == 3)
	}
}

// TestANodeThatStandsStillHoldsUpNobody: a node that vanished in the middle of a transaction, or is paused, keeps the others from writing for some seconds
// and no longer; and when it is back it learns that its own was not written.
func TestANodeThatStandsStillHoldsUpNobody(t *testing.T) {
	address := storetest.PostgresAddress(t)
	still, other := storetest.Open(t, address), storetest.Open(t, address)
	began, back, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- still.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Next(); err != nil {
				return err
			}
			close(began)
			<-back
			_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ('still', '')`)
			return err
		})
	}()
	<-began
	at, err := remember(other, "other")
	if err != nil || at != 1 {
		t.Errorf("the other node: position %d, %v, want 1", at, err)
	}
	close(back)
	if err := <-ended; !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("the one that stood still: got %v, want ErrUnreachable", err)
	}
	if at, err := remember(still, "again"); err != nil || at != 2 {
		t.Errorf("the one that stood still, again: position %d, %v, want 2", at, err)
	}
}
