package broker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// outboxBytes is how much may wait for Redis. Beyond it, messages turn into a Lost for the other nodes.
	outboxBytes = 16 << 20
	// overhead is what a waiting message costs beside its payload, about.
	overhead = 64
	// pipelineLength is how many messages travel to Redis in one go.
	pipelineLength = 256
	markLength     = 16
)

// The first byte of what travels through Redis, before the mark of the sending node.
const (
	kindMessage = 'm'
	kindLost    = 'l'
)

type outgoing struct {
	topic   string
	payload []byte
}

// outbox takes messages without waiting and sends them in pipelines. What it cannot keep or cannot send, it
// remembers by topic, and says Lost to the other nodes as soon as Redis answers again.
type outbox struct {
	send func(ctx context.Context, lost []string, batch []outgoing) error

	mu     sync.Mutex
	queue  []outgoing
	bytes  int
	lost   map[string]struct{}
	ending bool
	wake   chan struct{} // holds one: there is something to do
	ended  chan struct{}
}

func newOutbox(send func(context.Context, []string, []outgoing) error) *outbox {
	return &outbox{
		send:  send,
		lost:  make(map[string]struct{}),
		wake:  make(chan struct{}, 1),
		ended: make(chan struct{}),
	}
}

func (o *outbox) put(topic string, payload []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := len(payload) + overhead
	if o.bytes+size > outboxBytes {
		o.lost[topic] = struct{}{}
	} else {
		o.queue = append(o.queue, outgoing{topic, payload})
		o.bytes += size
	}
	o.wakeLocked()
}

func (o *outbox) wakeLocked() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// end lets run send what is waiting, for a short while, and return.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.ending {
		o.ending = true
		close(o.ended)
		o.wakeLocked()
	}
}

// take gives the next pipeline. ending says that there will be no other chance.
func (o *outbox) take() (lost []string, batch []outgoing, ending bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for topic := range o.lost {
		lost = append(lost, topic)
	}
	clear(o.lost)
	n := min(len(o.queue), pipelineLength)
	batch, o.queue = o.queue[:n:n], o.queue[n:]
	for _, m := range batch {
		o.bytes -= len(m.payload) + overhead
	}
	if len(o.queue) == 0 {
		o.queue = nil
	}
	return lost, batch, o.ending
}

// failed remembers whom to tell that something was lost.
func (o *outbox) failed(lost []string, batch []outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, topic := range lost {
		o.lost[topic] = struct{}{}
	}
	for _, m := range batch {
		o.lost[m.topic] = struct{}{}
	}
}

func (o *outbox) run() {
	wait := firstWait
	for {
		lost, batch, ending := o.take()
		switch {
		case len(lost)+len(batch) == 0 && ending:
			return
		case len(lost)+len(batch) == 0:
			<-o.wake
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), lastWords)
		err := o.send(ctx, lost, batch)
		cancel()
		if err == nil {
			wait = firstWait
			continue
		}
		if ending {
			slog.Warn("broker: the last messages did not reach Redis", "error", err)
			return
		}
		slog.Warn("broker: messages did not reach Redis; the other nodes will be told", "error", err, "again in", wait)
		o.failed(lost, batch)
		o.rest(wait)
		wait = min(2*wait, longestWait)
	}
}

func (o *outbox) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-o.ended:
	}
}

// send publishes one pipeline. The marks of loss go first: whoever is told after a commit finds it in the log,
// whichever message comes first.
func (b *redisBroker) send(ctx context.Context, lost []string, batch []outgoing) error {
	_, err := b.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, topic := range lost {
			b.client.say(ctx, p, b.client.prefix+topic, b.encode(kindLost, nil))
		}
		for _, m := range batch {
			b.client.say(ctx, p, b.client.prefix+m.topic, b.encode(kindMessage, m.payload))
		}
		return nil
	})
	return err
}

func (b *redisBroker) encode(kind byte, payload []byte) []byte {
	frame := make([]byte, 0, 1+markLength+len(payload))
	frame = append(frame, kind)
	frame = append(frame, b.mark...)
	return append(frame, payload...)
}

type incoming struct {
	topic string
	Message
}

// decode reads what came through Redis. It is foreign when another node sent it; anything else, such as what an
// operator typed on that channel, is passed over.
func (b *redisBroker) decode(topic, frame string) (m incoming, foreign bool) {
	if len(frame) < 1+markLength || frame[1:1+markLength] == b.mark {
		return incoming{}, false
	}
	m.topic = topic
	switch frame[0] {
	case kindMessage:
		m.Message = Message{Topic: topic, Payload: []byte(frame[1+markLength:])}
	case kindLost:
		m.Message = Message{Lost: true}
	default:
		return incoming{}, false
	}
	return m, true
}

// held is how many bytes wait for Redis.
func (o *outbox) held() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}
