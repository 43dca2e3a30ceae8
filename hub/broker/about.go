package broker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// About is what a Redis server tells of itself.
type About struct {
	Version string
	Now     time.Time // its clock
}

var versionLine = regexp.MustCompile(`(?m)^redis_version:(\S+)`)

// Ask asks the Redis at an address; of a cluster, one of its servers.
func Ask(ctx context.Context, address string) (a About, err error) {
	client, err := reach(ctx, address)
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
