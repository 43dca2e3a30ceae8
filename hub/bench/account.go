//go:build linux

package main

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// account is what it costs to come to a hub with a new device, for somebody in many channels.
type account struct {
	Rooms int     `json:"rooms"`
	First float64 `json:"first_sync_ms"`      // the first one asked for since the hub has had the channels
	Again float64 `json:"next_first_sync_ms"` // the mean of those that follow
	Bytes int     `json:"bytes"`
	CPU   float64 `json:"cpu_ms"` // of each of them
	Next  float64 `json:"sync_of_nothing_new_ms"`
}

// manyRooms is how many channels the account is in, each with a few posts.
const (
	manyRooms = 500
	fewPosts  = 5
	arrivals  = 5
)

// addAccount has a person of their own make the channels and then come with new devices.
func (r *report) addAccount(ctx context.Context, c *crowd) (err error) {
	progress("an account with %d channels …", manyRooms)
	if err := c.furnish(ctx, c.people[0]); err != nil {
		return err
	}
	progress("/sync of %d channels …", manyRooms)
	a := account{Rooms: manyRooms}
	if a.First, _, _, err = c.arrive(ctx, c.people[0], ""); err != nil {
		return err
	}
	m, err := c.meterAfter(0)
	if err != nil {
		return err
	}
	var since string
	for range arrivals {
		var took float64
		if took, a.Bytes, since, err = c.arrive(ctx, c.people[0], ""); err != nil {
			return err
		}
		a.Again += took / arrivals
	}
	if _, a.CPU, err = m.read(); err != nil {
		return err
	}
	a.CPU *= 1000. / arrivals
	a.Next, _, _, err = c.arrive(ctx, c.people[0], since)
	r.Account = a
	return err
}

// furnish makes somebody's channels.
func (c *crowd) furnish(ctx context.Context, who *person) error {
	for i := range manyRooms {
		var room struct {
			RoomID string `json:"room_id"`
		}
		if err := who.call(ctx, "POST", "/_matrix/client/v3/createRoom", object{"preset": "private_chat", "name": fmt.Sprint("Channel ", i)}, &room); err != nil {
			return err
		}
		for n := range fewPosts {
			path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/send/m.room.message/f%d-%d", url.PathEscape(room.RoomID), i, n)
			if err := who.call(ctx, "PUT", path, object{"msgtype": "m.text", "body": sentence(int64(n))}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// arrive asks for everything, or for what is new, and tells how long it took, in milliseconds, and how long the answer is, unpacked.
func (c *crowd) arrive(ctx context.Context, who *person, since string) (took float64, size int, next string, err error) {
	address := "http://" + c.address + "/_matrix/client/v3/sync?timeout=0&filter=" + url.QueryEscape(`{"room":{"timeline":{"limit":60},"state":{"lazy_load_members":true}}}`)
	if since != "" {
		address += "&since=" + since
	}
	began := time.Now()
	answer, err := ask(ctx, who.http, "GET", address, nil, who.token)
	if err != nil {
		return 0, 0, "", err
	}
	took = milliseconds(time.Since(began))
	next, err = nextBatch(answer)
	return took, len(answer), next, err
}
