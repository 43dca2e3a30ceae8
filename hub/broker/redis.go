package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// longestSilence is how long the line may say nothing before it is asked, and how long the answer may take.
	longestSilence = 15 * time.Second
	// A failed connection is tried again after firstWait, doubling up to longestWait.
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
	// lastWords is how long Close lets the outbox empty itself.
	lastWords = 2 * time.Second
)

// errSilent means that Redis did not answer a ping in time.
var errSilent = errors.New("no answer to a ping")

// errMoved means that a channel belongs to another shard now.
var errMoved = errors.New("the cluster has moved the channels")

// redisBroker joins the exchanges of several nodes through Redis. A node's own subscribers are told directly, so it
// needs Redis only to wake others; what comes back from Redis with its own mark is passed over.
type redisBroker struct {
	*exchange
	client *shore
	mark   string // of this node, in every message that it publishes
	outbox *outbox
	cancel context.CancelFunc
	done   sync.WaitGroup

	silence time.Duration

	mu      sync.Mutex
	line    *redis.PubSub       // nil while there is no connection
	topics  map[string]struct{} // all that this node wants to hear of
	heard   map[string]struct{} // topics that have stood before: standing again means that something may be lost
	stands  map[string]struct{} // topics confirmed on the present line
	changed chan struct{}       // closed and made anew when stands changes
}

// Redis makes a broker for several nodes, through the Redis at an address of one of the Schemes. It fails when the server cannot be reached now; later it is waited for.
func Redis(ctx context.Context, address string) (Broker, error) {
	client, err := reach(ctx, address)
	if err != nil {
		return nil, err
	}
	return startRedis(client, longestSilence), nil
}

// useLog sends what the Redis client has to say where everything else goes, instead of to standard error.
var useLog = sync.OnceFunc(func() { redis.SetLogger(logger{}) })

type logger struct{}

func (logger) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, "broker: "+fmt.Sprintf(format, args...))
}

func startRedis(client *shore, silence time.Duration) *redisBroker {
	ctx, cancel := context.WithCancel(context.Background())
	b := &redisBroker{
		exchange: &exchange{topics: make(map[string]map[*Subscription]struct{})},
		client:   client,
		mark:     rand.Text()[:markLength],
		cancel:   cancel,
		silence:  silence,
		topics:   make(map[string]struct{}),
		heard:    make(map[string]struct{}),
		stands:   make(map[string]struct{}),
		changed:  make(chan struct{}),
	}
	b.outbox = newOutbox(b.send)
	b.done.Go(func() { b.listen(ctx) })
	b.done.Go(b.outbox.run)
	return b
}

func (b *redisBroker) Publish(ctx context.Context, topic string, payload []byte) error {
	if err := b.exchange.Publish(ctx, topic, payload); err != nil {
		return err
	}
	b.outbox.put(topic, payload)
	return nil
}

func (b *redisBroker) Subscribe(ctx context.Context, topics ...string) (*Subscription, error) {
	s, err := b.exchange.Subscribe(ctx, topics...)
	if err != nil {
		return nil, err
	}
	if err := b.want(ctx, topics); err != nil {
		s.Close()
		return nil, err
	}
	if err := b.awaitStanding(ctx, s, topics); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// want asks Redis for the topics that this node does not hear yet. Without a line the next one asks for all.
func (b *redisBroker) want(ctx context.Context, topics []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var channels []string
	for _, topic := range topics {
		if _, known := b.topics[topic]; !known {
			b.topics[topic] = struct{}{}
			channels = append(channels, b.client.prefix+topic)
		}
	}
	if b.line == nil || len(channels) == 0 {
		return ctx.Err()
	}
	if err := b.client.also(ctx, b.line, channels...); err != nil {
		// The listener meets the same broken line and makes a new one, which asks for all topics.
		slog.Debug("broker: subscribe on a broken line", "error", err)
	}
	return ctx.Err()
}

// awaitStanding waits until Redis has confirmed all topics.
func (b *redisBroker) awaitStanding(ctx context.Context, s *Subscription, topics []string) error {
	for {
		stands, changed := b.standing(topics)
		if stands {
			return nil
		}
		// Close ends the subscriptions first and tells of a change after, so this cannot wait for nothing.
		if s.ended() {
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("subscribe through Redis: %w", ctx.Err())
		}
	}
}

func (b *redisBroker) standing(topics []string) (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range topics {
		if _, stands := b.stands[topic]; !stands {
			return false, b.changed
		}
	}
	return true, b.changed
}

// listen keeps a line to Redis until ctx ends.
func (b *redisBroker) listen(ctx context.Context) {
	wait := firstWait
	for ctx.Err() == nil {
		opened := time.Now()
		err := b.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(opened) > longestWait {
			wait = firstWait
		}
		slog.Warn("broker: the line to Redis broke; it is made again", "error", err, "in", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, longestWait)
	}
}

// follow reads one line until it breaks.
func (b *redisBroker) follow(ctx context.Context) error {
	line, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer b.drop(line)
	asked := false
	for {
		received, err := line.ReceiveTimeout(ctx, b.silence)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			if asked {
				return errSilent
			}
			asked = true
			err = line.Ping(ctx)
		} else {
			asked = false
		}
		if err != nil {
			return err
		}
		if err := b.take(received); err != nil {
			return err
		}
	}
}

// open makes a line with all topics. After Close it gives io.EOF, so that a line made in that moment does not stay.
func (b *redisBroker) open(ctx context.Context) (*redis.PubSub, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		return nil, io.EOF
	}
	var channels []string
	for topic := range b.topics {
		channels = append(channels, b.client.prefix+topic)
	}
	b.line = b.client.listen(ctx, channels...)
	return b.line, nil
}

// up tells whether Redis has confirmed all that this node wants to hear.
func (b *redisBroker) up() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.line != nil && len(b.stands) == len(b.topics)
}

func (b *redisBroker) drop(line *redis.PubSub) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line = nil
	clear(b.stands)
	if err := line.Close(); err != nil {
		slog.Debug("broker: close a broken line", "error", err)
	}
}

// take deals with what came by the line. It fails when the line does not carry a channel any more, because a cluster has moved it.
func (b *redisBroker) take(received any) error {
	switch r := received.(type) {
	case *redis.Subscription:
		switch r.Kind {
		case "subscribe", "ssubscribe":
			b.confirm(strings.TrimPrefix(r.Channel, b.client.prefix))
		case "sunsubscribe":
			return errMoved
		}
	case *redis.Message:
		if m, foreign := b.decode(strings.TrimPrefix(r.Channel, b.client.prefix), r.Payload); foreign {
			// A closed exchange has nobody left to tell.
			_ = b.exchange.deliver(m.topic, m.Message)
		}
	}
	return nil
}

// confirm notes that a topic stands. When it stood on an earlier line, what was said in between is lost; that is
// told only now, because a reader of the log must not be told before it would hear of the next change.
func (b *redisBroker) confirm(topic string) {
	b.mu.Lock()
	_, again := b.heard[topic]
	b.heard[topic] = struct{}{}
	b.stands[topic] = struct{}{}
	b.tellChangedLocked()
	b.mu.Unlock()
	if again {
		_ = b.exchange.deliver(topic, Message{Lost: true})
	}
}

func (b *redisBroker) tellChangedLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *redisBroker) Close() error {
	err := b.exchange.Close()
	b.outbox.end()
	b.mu.Lock()
	b.cancel()
	b.tellChangedLocked()
	if b.line != nil {
		// Reading from Redis does not heed a context; closing the line ends it. The listener closes it again.
		_ = b.line.Close()
	}
	b.mu.Unlock()
	b.done.Wait()
	if closing := b.client.Close(); closing != nil && !errors.Is(closing, redis.ErrClosed) {
		err = errors.Join(err, closing)
	}
	return err
}
