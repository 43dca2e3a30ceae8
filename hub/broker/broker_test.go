package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of these tests; nothing but a failure takes that long.
const patience = 20 * time.Second

// eachBroker runs f with a broker to publish on and one to subscribe at: the same in-process one, the same node on
// Redis, and two nodes on Redis.
func eachBroker(t *testing.T, f func(t *testing.T, publisher, subscriber Broker)) {
	t.Run("in process", func(t *testing.T) {
		b := closedAtEnd(t, InProcess())
		f(t, b, b)
	})
	t.Run("one node on Redis", func(t *testing.T) {
		b := openRedis(t, sharedRedis(t))
		f(t, b, b)
	})
	t.Run("two nodes on Redis", func(t *testing.T) {
		address := sharedRedis(t)
		f(t, openRedis(t, address), openRedis(t, address))
	})
}

func sharedRedis(t *testing.T) string {
	t.Helper()
	address := os.Getenv("PANAH_TEST_REDIS")
	if address == "" {
		t.Fatal("PANAH_TEST_REDIS is not set: run the tests with `make test`, which starts a Redis server for them")
	}
	return address
}

func openRedis(t *testing.T, address string) Broker {
	t.Helper()
	b, err := Redis(t.Context(), address)
	if err != nil {
		t.Fatalf("open the broker: %v", err)
	}
	return closedAtEnd(t, b)
}

func closedAtEnd(t *testing.T, b Broker) Broker {
	t.Helper()
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the broker: %v", err)
		}
	})
	return b
}

func subscribe(t *testing.T, b Broker, topics ...string) *Subscription {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := b.Subscribe(ctx, topics...)
	if err != nil {
		t.Fatalf("subscribe to %v: %v", topics, err)
	}
	t.Cleanup(s.Close)
	return s
}

func publish(t *testing.T, b Broker, topic, payload string) {
	t.Helper()
	if err := b.Publish(t.Context(), topic, []byte(payload)); err != nil {
		t.Fatalf("publish on %s: %v", topic, err)
	}
}

func receive(t *testing.T, s *Subscription) Message {
	t.Helper()
	select {
	case m, open := <-s.C:
		if !open {
			t.Fatal("the subscription ended")
		}
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return Message{}
}

func expect(t *testing.T, s *Subscription, want string) {
	t.Helper()
	m := receive(t, s)
	got := fmt.Sprintf("%s:%s", m.Topic, m.Payload)
	if m.Lost {
		got = "lost"
	}
	if got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestMessagesArriveInOrderOnTheirTopicOnly(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		log := subscribe(t, subscriber, "log")
		both := subscribe(t, subscriber, "log", "typing")
		for i := range 100 {
			publish(t, publisher, "log", fmt.Sprint(i))
			publish(t, publisher, "typing", fmt.Sprint(i))
		}
		for i := range 100 {
			expect(t, log, fmt.Sprintf("log:%d", i))
			expect(t, both, fmt.Sprintf("log:%d", i))
			expect(t, both, fmt.Sprintf("typing:%d", i))
		}
	})
}

func TestPayloadsArriveAsTheyAre(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		s := subscribe(t, subscriber, "log")
		for _, payload := range []string{"", "\x00\xff\r\n", "پناه", strings.Repeat("x", 1<<20)} {
			publish(t, publisher, "log", payload)
			if m := receive(t, s); string(m.Payload) != payload || m.Topic != "log" || m.Lost {
				t.Errorf("got %d bytes on %q, want %d", len(m.Payload), m.Topic, len(payload))
			}
		}
	})
}

func TestSlowSubscriberFindsLostAndHoldsUpNobody(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		slow := subscribe(t, subscriber, "log")
		quick := subscribe(t, subscriber, "log")
		const sent = QueueLength + 500
		for i := range sent {
			publish(t, publisher, "log", fmt.Sprint(i))
			expect(t, quick, fmt.Sprintf("log:%d", i))
		}
		// When quick has the fence, slow has been offered all that came before it.
		publish(t, publisher, "log", "fence")
		expect(t, quick, "log:fence")

		for i := range QueueLength {
			expect(t, slow, fmt.Sprintf("log:%d", i))
		}
		expect(t, slow, "lost")
		publish(t, publisher, "log", "after")
		expect(t, slow, "log:after")
	})
}

func TestLostWaitsOnlyOnce(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		slow := subscribe(t, subscriber, "log")
		quick := subscribe(t, subscriber, "log")
		for round := range 3 {
			for i := range QueueLength + 2 {
				publish(t, publisher, "log", fmt.Sprint(i))
				expect(t, quick, fmt.Sprintf("log:%d", i))
			}
			publish(t, publisher, "log", "fence")
			expect(t, quick, "log:fence")
			lost := 0
			for range QueueLength + 1 {
				if receive(t, slow).Lost {
					lost++
				}
			}
			if lost != 1 || len(slow.C) != 0 {
				t.Fatalf("round %d: %d times lost and %d messages left, want 1 and 0", round, lost, len(slow.C))
			}
		}
	})
}

func TestClosedSubscriptionEndsAloneAndMoreThanOnce(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		gone, stays := subscribe(t, subscriber, "log"), subscribe(t, subscriber, "log")
		gone.Close()
		gone.Close()
		publish(t, publisher, "log", "1")
		expect(t, stays, "log:1")
		if m, open := <-gone.C; open {
			t.Errorf("got %v from a closed subscription", m)
		}
	})
}

func TestClosedBrokerEndsItsSubscriptions(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		s := subscribe(t, subscriber, "log")
		for range 2 {
			if err := subscriber.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
		}
		if m, open := <-s.C; open {
			t.Errorf("got %v from a closed broker", m)
		}
		if err := subscriber.Publish(t.Context(), "log", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("publish: got %v, want ErrClosed", err)
		}
		if _, err := subscriber.Subscribe(t.Context(), "log"); !errors.Is(err, ErrClosed) {
			t.Errorf("subscribe: got %v, want ErrClosed", err)
		}
	})
}

// Publishers, subscribers that come and go, and the end of the broker at once: the race detector is the judge, and
// every subscriber sees each publisher's numbers rising.
func TestComingAndGoingWhilePublishing(t *testing.T) {
	eachBroker(t, func(t *testing.T, publisher, subscriber Broker) {
		var everyone sync.WaitGroup
		for p := range 4 {
			everyone.Go(func() {
				for i := range 500 {
					if err := publisher.Publish(t.Context(), "log", fmt.Appendf(nil, "%d %d", p, i)); err != nil {
						t.Errorf("publish: %v", err)
					}
				}
			})
		}
		for range 8 {
			everyone.Go(func() { comeAndGo(t, subscriber) })
		}
		everyone.Wait()
	})
}

func comeAndGo(t *testing.T, b Broker) {
	for range 20 {
		s, err := b.Subscribe(t.Context(), "log")
		if err != nil {
			t.Errorf("subscribe: %v", err)
			return
		}
		numbersRise(t, s)
		s.Close()
	}
}

// numbersRise checks what waits in s, up to a loss.
func numbersRise(t *testing.T, s *Subscription) {
	seen := map[int]int{}
	for range len(s.C) {
		m := <-s.C
		if m.Lost {
			return
		}
		var p, i int
		if _, err := fmt.Sscan(string(m.Payload), &p, &i); err != nil {
			t.Errorf("read the payload: %v", err)
		}
		if last, known := seen[p]; known && i <= last {
			t.Errorf("publisher %d: %d after %d", p, i, last)
		}
		seen[p] = i
	}
}

func TestGoroutinesEndWithClose(t *testing.T) {
	b := openRedis(t, sharedRedis(t))
	subscribe(t, b, "log")
	if err := b.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, running := range []string{"(*redisBroker).listen", "(*outbox).run"} {
		if strings.Contains(string(stacks), running) {
			t.Errorf("%s still runs after Close", running)
		}
	}
}
