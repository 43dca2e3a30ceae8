//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// kind is what can be done to a part of the world.
type kind struct {
	name   string
	weight int // how often, beside the others
	fits   func(s shape) bool
	do     func(w *world, f fault) error
}

// shape is what a world is made of.
type shape struct {
	nodes  int
	shared bool // PostgreSQL and Redis between the nodes; otherwise SQLite
	disk   bool // the disk under the database is small and can be filled
}

func always(shape) bool          { return true }
func withServers(s shape) bool   { return s.shared }
func withSmallDisk(s shape) bool { return s.disk }

// kinds are all faults. Their order is part of what a seed says.
var kinds = []kind{
	{"kill a hub", 6, always, killHub},
	{"kill Redis", 3, withServers, killRedis},
	{"stop PostgreSQL at once", 3, withServers, stopPostgres},
	{"pause a hub", 3, always, pauseHub},
	{"pause Redis", 2, withServers, pauseRedis},
	{"pause PostgreSQL", 2, withServers, pausePostgres},
	{"cut a line", 5, always, cutLine},
	{"silence a line", 3, always, silenceLine},
	{"fill the disk", 2, withSmallDisk, fillDisk},
}

// fault is one thing that goes wrong.
type fault struct {
	kind   int
	node   int           // which hub
	line   int           // which of its lines
	cut    bool          // a silent line ends in a reset, not in speech
	hold   time.Duration // how long it lasts, where it does
	after  int64         // it waits until so many sends were answered after the one before
	beside bool          // it begins while the one before still lasts
}

func (f fault) String() string {
	return fmt.Sprintf("%s (node %d, line %d, %s)", kinds[f.kind].name, f.node, f.line, f.hold)
}

// longestHold is how long a part is gone at the most.
const longestHold = 1500 * time.Millisecond

// plan draws n faults. The same seed, number and shape give the same plan.
func plan(seed uint64, n int, s shape) []fault {
	random := rand.New(rand.NewPCG(seed, 1))
	var bag []int
	for i, k := range kinds {
		if k.fits(s) {
			for range k.weight {
				bag = append(bag, i)
			}
		}
	}
	all := make([]fault, n)
	for i := range all {
		all[i] = fault{
			kind: bag[random.IntN(len(bag))], node: random.IntN(s.nodes), line: random.IntN(3), cut: random.IntN(2) == 0,
			hold: time.Duration(random.Int64N(int64(longestHold))).Round(time.Millisecond), after: 10 + random.Int64N(40), beside: i > 0 && random.IntN(4) == 0,
		}
	}
	return all
}
