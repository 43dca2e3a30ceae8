package broker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"
)

// About is what a Redis server tells of itself.
type About struct {
	Version string
	Now     time.Time // its clock
}

var versionLine = regexp.MustCompile(`(?m)^redis_version:(\S+)`)

// Ask asks the Redis server at an address.
func Ask(ctx context.Context, address string) (a About, err error) {
	client, err := connect(ctx, address)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return a, fmt.Errorf("ask Redis about itself: %w", err)
	}
	if found := versionLine.FindStringSubmatch(info); found != nil {
		a.Version = found[1]
	}
	if a.Now, err = client.Time(ctx).Result(); err != nil {
		return a, fmt.Errorf("ask Redis for the time: %w", err)
	}
	return a, nil
}

// connect reaches a Redis server.
func connect(ctx context.Context, address string) (*redis.Client, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("the address of Redis: %w", err)
	}
	// A publish that is tried again could arrive twice.
	options.MaxRetries = -1
	options.ContextTimeoutEnabled = true
	useLog()
	client := redis.NewClient(options)
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("reach Redis at %s: %w", options.Addr, err), client.Close())
	}
	return client, nil
}
