//go:build linux

package main

import (
	"context"
	"slices"
	"time"
)

// memory is what a server holds for subscribers to whom nothing is said.
type memory struct {
	Server        string  `json:"server"`
	Connections   int     `json:"connections"`
	PerConnection float64 `json:"kib_per_idle_connection"`
	Resident      float64 `json:"resident_mib"`
}

// addMemory connects the largest fleet to servers that had none, and looks at what they grew by.
func (r *report) addMemory(ctx context.Context, all *contest, p plan) error {
	n := p.usual()
	for _, s := range all.all() {
		progress("%s: memory of %d idle connections …", s.name, n)
		measured, err := measureMemory(ctx, s, n)
		if err != nil {
			return err
		}
		r.Memory = append(r.Memory, measured)
	}
	return nil
}

func measureMemory(ctx context.Context, s stage, n int) (memory, error) {
	before, err := settledMemory(s)
	if err != nil {
		return memory{}, err
	}
	d, err := s.door(ctx)
	if err != nil {
		return memory{}, err
	}
	f, err := board(d, n, ears{})
	if err != nil {
		return memory{}, err
	}
	after, err := settledMemory(s)
	if err != nil {
		return memory{}, err
	}
	return memory{
		Server: s.name, Connections: n,
		PerConnection: float64(after-before) / float64(n) / (1 << 10), Resident: float64(after) / (1 << 20),
	}, f.stop()
}

// settledMemory waits until a server's memory has stopped growing, and gives it in bytes.
func settledMemory(s stage) (int64, error) {
	var last []int64
	for {
		now, err := s.resident()
		if err != nil {
			return 0, err
		}
		last = append(last, now)
		if n := len(last); n >= 5 && slices.Max(last[n-5:])-slices.Min(last[n-5:]) < 1<<20 {
			return now, nil
		}
		time.Sleep(500 * time.Millisecond)
	}
}
