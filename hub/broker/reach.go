package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Schemes are those of addresses of Redis: of one server, of one that Sentinel names, and of a cluster; with TLS where they begin with
// rediss. What else an address may hold is the client's (pkg.go.dev/github.com/redis/go-redis/v9: ParseURL, ParseFailoverURL,
// ParseClusterURL).
var Schemes = []string{"redis", "rediss", "unix", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"}

// shore is what a broker speaks to: one server, or a cluster, in which a channel belongs to a shard.
type shore struct {
	redis.UniversalClient
	prefix  string // of all channels
	sharded bool
}

// reach connects to what an address names, and fails when it cannot be reached now.
func reach(ctx context.Context, address string) (*shore, error) {
	s, err := shoreAt(address)
	if err != nil {
		return nil, fmt.Errorf("the address of Redis: %w", err)
	}
	if err := s.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("reach Redis: %w", err), s.Close())
	}
	return s, nil
}

// shoreAt makes the client of an address. A publish that is tried again could arrive twice, so it is not, but where a cluster says
// that a channel is elsewhere.
func shoreAt(address string) (*shore, error) {
	useLog()
	scheme, rest, _ := strings.Cut(address, "://")
	if !slices.Contains(Schemes, scheme) {
		return nil, fmt.Errorf("there is no scheme %q", scheme)
	}
	plain, kind, _ := strings.Cut(scheme, "-")
	switch kind {
	case "sentinel":
		o, err := redis.ParseFailoverURL(plain + "://" + rest)
		if err != nil {
			return nil, err
		}
		if o.MasterName == "" {
			return nil, errors.New("master_name is missing")
		}
		o.MaxRetries, o.ContextTimeoutEnabled = -1, true
		return &shore{redis.NewFailoverClient(o), numbered(o.DB), false}, nil
	case "cluster":
		o, err := redis.ParseClusterURL(plain + "://" + rest)
		if err != nil {
			return nil, err
		}
		o.MaxRetries, o.ContextTimeoutEnabled = -1, true
		return &shore{redis.NewClusterClient(o), oneSlot, true}, nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, err
	}
	o.MaxRetries, o.ContextTimeoutEnabled = -1, true
	return &shore{redis.NewClient(o), numbered(o.DB), false}, nil
}

// numbered is the prefix of the channels of one database: channels do not know of numbers, and hubs that share a server by number must
// not hear each other.
func numbered(db int) string { return "panah:" + strconv.Itoa(db) + ":" }

// oneSlot is the prefix in a cluster. What is in braces decides the slot (Redis, "Hash tags"): all channels of a hub are at one shard, so
// that they come by one line, in order.
const oneSlot = "{panah}:"

// listen makes a line that hears of channels.
func (s *shore) listen(ctx context.Context, channels ...string) *redis.PubSub {
	if cluster, ok := s.UniversalClient.(*redis.ClusterClient); ok {
		cluster.ReloadState(ctx) // a line breaks also because the channels are elsewhere now, which only what is sent would find out
		return s.SSubscribe(ctx, channels...)
	}
	return s.Subscribe(ctx, channels...)
}

// also has a line hear of more channels.
func (s *shore) also(ctx context.Context, line *redis.PubSub, channels ...string) error {
	if s.sharded {
		return line.SSubscribe(ctx, channels...)
	}
	return line.Subscribe(ctx, channels...)
}

// say puts a message into a pipeline.
func (s *shore) say(ctx context.Context, p redis.Pipeliner, channel string, message []byte) {
	if s.sharded {
		p.SPublish(ctx, channel, message)
		return
	}
	p.Publish(ctx, channel, message)
}
