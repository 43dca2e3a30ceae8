//go:build linux

package main

import (
	"context"
	"errors"
	"os"
)

// onTwoNodes measures what it costs that subscribers sit at two nodes, which hear of each other by Redis, beside the same with one; and
// the same of what a hub is measured beside. All posts go to the first node.
func onTwoNodes(ctx context.Context, p plan, r *report) error {
	p.windows, p.subscribers = []int{flight}, []int{pair}
	address, drop, err := makeDatabase(ctx, p.postgres)
	if err != nil {
		return err
	}
	defer drop()
	on := place{database: address, redis: p.redis}
	c, err := gather(ctx, p.binary, on, 64)
	if err != nil {
		return err
	}
	defer c.stop()
	size, err := sampleFrames(ctx, c)
	if err != nil {
		return err
	}
	if r.Bytes == 0 {
		r.People, r.Bytes = len(c.people), int64(size)
	}
	one := c.stage()
	one.name = "hub, PostgreSQL"
	if err := r.addFleet(ctx, one, p, pair, nil); err != nil {
		return err
	}
	beside, err := startBeside(ctx, on.serve(p.binary))
	if err != nil {
		return err
	}
	defer beside.stop()
	if err := r.addFleet(ctx, one.with(beside, "hub, two nodes"), p, pair, nil); err != nil {
		return err
	}
	return r.addReferenceNodes(ctx, p, size)
}

const (
	pair   = 1000 // subscribers of two nodes together
	flight = 32   // posts
)

// with is a stage of one more node, at which every other subscriber sits.
func (s stage) with(beside *process, name string) stage {
	both, first := s, s.door
	both.servers, both.name = append(servers{beside}, s.servers...), name
	both.door = func(ctx context.Context) (door, error) {
		d, err := first(ctx)
		d.addresses = append(d.addresses, beside.address)
		return d, err
	}
	return both
}

func (r *report) addReferenceNodes(ctx context.Context, p plan, size int) error {
	if p.reference == "" {
		return nil
	}
	folder, err := os.MkdirTemp("", "panah-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	binary, err := buildReference(ctx, p.reference, folder)
	if err != nil {
		return err
	}
	one, err := startReference(ctx, binary, withHistory, p.redis, size)
	if err != nil {
		return err
	}
	defer one.stop()
	beside, err := startKind(ctx, binary, withHistory, p.redis)
	if err != nil {
		return err
	}
	defer beside.stop()
	one.name = withHistory + ", Redis"
	return errors.Join(r.addFleet(ctx, one, p, pair, nil), r.addFleet(ctx, one.with(beside, withHistory+", two nodes"), p, pair, nil))
}
