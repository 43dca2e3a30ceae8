package broker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a Redis server of the test's own, which it may kill. It listens on a socket file, so that it comes back
// at the same address.
type server struct {
	socket string
	run    *exec.Cmd
}

func startServer(t *testing.T) *server {
	t.Helper()
	// The test's own folder has too long a name for a socket.
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &server{socket: filepath.Join(dir, "socket")}
	s.start(t)
	t.Cleanup(func() { s.kill(t) })
	return s
}

func (s *server) address() string { return "unix://" + s.socket }

func (s *server) start(t *testing.T) {
	t.Helper()
	s.run = serve(t, "ready to accept connections", "--port", "0", "--unixsocket", s.socket, "--save", "", "--appendonly", "no")
}

// serve runs redis-server until it says that it is ready.
func serve(t *testing.T, ready string, arguments ...string) *exec.Cmd {
	t.Helper()
	run := exec.Command("redis-server", arguments...)
	output, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), ready) {
			go func() {
				for lines.Scan() { // what it says later must not fill the pipe
				}
			}()
			return run
		}
	}
	t.Fatal("redis-server ended before it was ready")
	return nil
}

func (s *server) kill(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGKILL)
	if err := s.run.Wait(); err != nil && s.run.ProcessState == nil {
		t.Fatalf("wait for redis-server: %v", err)
	}
}

func (s *server) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := s.run.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("signal redis-server: %v", err)
	}
}

// reaches publishes until s receives it. A Lost that waits in s covers what is published meanwhile, so that is
// published again; and what waited for Redis while it was gone may come first.
func reaches(t *testing.T, publisher Broker, s *Subscription, payload string) {
	t.Helper()
	for {
		publish(t, publisher, "log", payload)
		if m := receive(t, s); string(m.Payload) == payload {
			return
		}
	}
}

func TestRedisRestart(t *testing.T) {
	redisServer := startServer(t)
	a, b := openRedis(t, redisServer.address()), openRedis(t, redisServer.address())
	atA, atB := subscribe(t, a, "log"), subscribe(t, b, "log")
	publish(t, a, "log", "before")
	expect(t, atA, "log:before")
	expect(t, atB, "log:before")

	redisServer.kill(t)
	publish(t, a, "log", "while it is gone")
	expect(t, atA, "log:while it is gone") // a node needs no Redis to wake itself

	redisServer.start(t)
	expect(t, atB, "lost")
	reaches(t, a, atB, "from a")
	reaches(t, b, subscribe(t, a, "log"), "from b")
}

func TestSubscribeWhileRedisIsGone(t *testing.T) {
	redisServer := startServer(t)
	a, b := openRedis(t, redisServer.address()), openRedis(t, redisServer.address())
	redisServer.kill(t)

	hurried, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Subscribe(hurried, "log"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("subscribe in a hurry: got %v, want the deadline", err)
	}
	stands := make(chan *Subscription)
	go func() {
		s, err := b.Subscribe(t.Context(), "log")
		if err != nil {
			t.Errorf("subscribe with patience: %v", err)
		}
		stands <- s
	}()
	redisServer.start(t)
	s := <-stands
	defer s.Close()
	reaches(t, a, s, "after")
}

func TestCloseWhileSubscribingToRedisThatIsGone(t *testing.T) {
	redisServer := startServer(t)
	b := openRedis(t, redisServer.address())
	redisServer.kill(t)
	refused := make(chan error)
	go func() {
		_, err := b.Subscribe(t.Context(), "log")
		refused <- err
	}()
	if err := b.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	if err := <-refused; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// A Redis that accepts and never answers is as gone as one that was killed.
func TestSilentRedisIsLeft(t *testing.T) {
	redisServer := startServer(t)
	there, err := reach(t.Context(), redisServer.address())
	if err != nil {
		t.Fatal(err)
	}
	b := startRedis(there, 20*time.Millisecond)
	closedAtEnd(t, b)
	s := subscribe(t, b, "log")
	redisServer.signal(t, syscall.SIGSTOP)
	awaitNoLine(t, b)
	redisServer.signal(t, syscall.SIGCONT)
	expect(t, s, "lost")
}

// awaitNoLine waits until the broker has noticed that nothing stands any more.
func awaitNoLine(t *testing.T, b *redisBroker) {
	t.Helper()
	late := time.After(patience)
	for {
		if stands, _ := b.standing([]string{"log"}); !stands {
			return
		}
		select {
		case <-late:
			t.Fatal("the silent line is still used")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestTooMuchForTheOutboxBecomesLost(t *testing.T) {
	redisServer := startServer(t)
	a, b := openRedis(t, redisServer.address()), openRedis(t, redisServer.address())
	s := subscribe(t, b, "log")
	redisServer.signal(t, syscall.SIGSTOP)
	large := strings.Repeat("x", 1<<20)
	for range 2 * outboxBytes >> 20 {
		publish(t, a, "log", large)
	}
	held := a.(*redisBroker).outbox.held()
	redisServer.signal(t, syscall.SIGCONT)
	if held > outboxBytes {
		t.Errorf("%d bytes wait for Redis, want at most %d", held, outboxBytes)
	}
	for !receive(t, s).Lost {
	}
}

func TestHubsOfOneServerDoNotHearEachOther(t *testing.T) {
	redisServer := startServer(t)
	ours, theirs := openRedis(t, redisServer.address()+"?db=1"), openRedis(t, redisServer.address()+"?db=2")
	s := subscribe(t, ours, "log")
	publish(t, theirs, "log", "theirs")
	// theirs' answer to a subscription comes after its message has passed through the same server.
	subscribe(t, theirs, "log")
	publish(t, ours, "log", "ours")
	expect(t, s, "log:ours")
}

func TestStrangersOnTheChannelArePassedOver(t *testing.T) {
	redisServer := startServer(t)
	a, b := openRedis(t, redisServer.address()), openRedis(t, redisServer.address())
	s := subscribe(t, b, "log")
	stranger := a.(*redisBroker)
	for _, frame := range []string{"", "hello", "?" + strings.Repeat("z", markLength)} {
		if err := stranger.client.Publish(t.Context(), stranger.client.prefix+"log", frame).Err(); err != nil {
			t.Fatalf("publish as a stranger: %v", err)
		}
	}
	publish(t, a, "log", "ours")
	expect(t, s, "log:ours")
}

func TestRedisThatCannotBeUsedIsSaidAtTheStart(t *testing.T) {
	for _, address := range []string{"", "http://127.0.0.1", "redis://127.0.0.1:1", "unix:///nowhere/socket", "redis-sentinel://127.0.0.1:1", "redis-sentinel://127.0.0.1:1?master_name=x", "redis-cluster://127.0.0.1:1", "redis-other://127.0.0.1"} {
		t.Run(fmt.Sprintf("%q", address), func(t *testing.T) {
			if b, err := Redis(t.Context(), address); err == nil {
				b.Close()
				t.Error("no error")
			}
		})
	}
}
