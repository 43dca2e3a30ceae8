//go:build linux

package main

import (
	"context"
	"sync/atomic"
)

// hubName is what reports call the hub.
const hubName = "hub"

// stage is a server that tells all its subscribers what somebody posts: the hub, or one that it is measured against.
type stage struct {
	servers
	name  string
	posts *atomic.Int64 // how many were posted, which numbers the next
	// post says a text with a number in it for the i-th of those who post, and returns when the server has taken it.
	post func(ctx context.Context, i int, number int64) error
	// door is how a subscriber comes in who knows everything up to now.
	door func(ctx context.Context) (door, error)
}

// door is how a subscriber comes in.
type door struct {
	addresses []string           // of its nodes, which subscribers take in turn
	hello     func(i int) string // of the i-th: the request for a websocket, with everything but what all have in common
	first     []byte             // what each says once it is in; nil is nothing
}

// stage is the hub as a server that is measured beside others.
func (c *crowd) stage() stage {
	return stage{
		servers: servers{c.process}, name: hubName, posts: &c.posts, door: c.door,
		post: func(ctx context.Context, i int, number int64) error {
			return c.post(ctx, c.people[i%len(c.people)], number)
		},
	}
}
