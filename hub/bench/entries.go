//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// entry is how long the first person of a server takes into a large room of another.
type entry struct {
	Of      string  `json:"of"`
	Into    string  `json:"into"`
	Members int     `json:"members"`
	Events  int     `json:"events"`
	Joined  float64 `json:"joined_ms"` // until the join is answered
	Shown   float64 `json:"shown_ms"`  // from asking to join until /messages has given the last posts from before it
	Waited  float64 `json:"waited_ms"` // the longest that a post of somebody on the same server took meanwhile, in another room
}

const (
	// earlierPosts is how many posts from before the join make the room shown: a screenful and more.
	earlierPosts = 50
	// fillers is how many people post side by side to make a large room.
	fillers = 32
	// fillTime bounds how long posts are made for a large room, where a server takes them slowly.
	fillTime = time.Minute
)

// addEntries has people of each server join the large room of each other.
func (r *report) addEntries(ctx context.Context, u *union, p plan) error {
	events, err := u.crowded.enlarge(ctx, p.history)
	if err != nil {
		return err
	}
	guests := []*site{u.quiet}
	if u.other != nil {
		guests = append(guests, u.other)
	}
	for _, guest := range guests {
		if err := r.addEntry(ctx, guest, u.crowded, events); err != nil {
			return err
		}
	}
	if u.other == nil {
		return nil
	}
	progress("Dendrite, %d people …", p.members)
	if err := u.other.fillUp(ctx, p.members); err != nil {
		return err
	}
	if events, err = u.other.enlarge(ctx, p.history); err != nil {
		return err
	}
	return r.addEntry(ctx, u.quiet, u.other, events)
}

// enlarge posts in a server's channel until it has so many events, or until fillTime is over, and tells how many it has.
func (s *site) enlarge(ctx context.Context, events int) (int, error) {
	progress("%s, a room of %d events …", s.called, events)
	first, end := s.posts.Load(), time.Now().Add(fillTime)
	last := first + int64(events-len(s.people))
	group, ctx := errgroup.WithContext(ctx)
	for i := range fillers {
		group.Go(func() error {
			for number := s.posts.Add(1); number <= last && time.Now().Before(end); number = s.posts.Add(1) {
				if err := s.post(ctx, s.people[i%len(s.people)], number); err != nil {
					return err
				}
			}
			s.posts.Add(-1) // it was not made
			return nil
		})
	}
	err := group.Wait()
	return len(s.people) + int(s.posts.Load()-first), err
}

// fillUp brings further people into the channel of a server that lets everybody in.
func (s *site) fillUp(ctx context.Context, people int) error {
	for i := len(s.people); i < people; i++ {
		one, err := s.register(ctx, i)
		if err != nil {
			return err
		}
		if err := one.call(ctx, "POST", "/_matrix/client/v3/rooms/"+s.channel+"/join", object{}, nil); err != nil {
			return err
		}
		s.people = append(s.people, one)
	}
	return nil
}

// addEntry has the first person of one server join the channel of another.
func (r *report) addEntry(ctx context.Context, guest, host *site, events int) error {
	progress("%s joins a room of %s …", guest.called, host.called)
	waited := guest.postMeanwhile(ctx)
	began := time.Now()
	err := guest.people[0].joinBy(ctx, host.channel, host.name)
	joined := time.Since(began)
	longest, failed := waited()
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("%s joins %s: %w", guest.called, host.called, err)
	}
	if err := guest.people[0].awaitEarlier(ctx, host.channel); err != nil {
		return fmt.Errorf("%s reads a room of %s: %w", guest.called, host.called, err)
	}
	r.Federation.Entries = append(r.Federation.Entries, entry{
		Of: guest.called, Into: host.called, Members: len(host.people), Events: events, Joined: milliseconds(joined), Shown: milliseconds(time.Since(began)),
		Waited: milliseconds(longest),
	})
	return nil
}

// postMeanwhile has the first person of a server post in its channel, one post after the other, until it is asked how long the longest took.
func (s *site) postMeanwhile(ctx context.Context) (waited func() (time.Duration, error)) {
	over := make(chan struct{})
	var longest time.Duration
	var group errgroup.Group
	group.Go(func() error {
		for {
			began := time.Now()
			if err := s.post(ctx, s.people[0], s.posts.Add(1)); err != nil {
				return fmt.Errorf("post beside a join: %w", err)
			}
			longest = max(longest, time.Since(began))
			select {
			case <-over:
				return nil
			default:
			}
		}
	})
	return func() (time.Duration, error) {
		close(over)
		err := group.Wait()
		return longest, err
	}
}

// awaitEarlier asks for what was said in a room until its last posts are there.
func (p *person) awaitEarlier(ctx context.Context, channel string) error {
	path := fmt.Sprintf("http://%s/_matrix/client/v3/rooms/%s/messages?dir=b&limit=%d", p.address, channel, 2*earlierPosts)
	for end := time.Now().Add(alertPatience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		answer, err := ask(ctx, p.http, "GET", path, nil, p.token)
		if err != nil {
			return err
		}
		if bytes.Count(answer, []byte(opening)) >= earlierPosts {
			return nil
		}
	}
	return fmt.Errorf("the last %d posts are not to be had", earlierPosts)
}
