//go:build linux

// Command faults breaks hubs while people use them, and looks whether what was promised holds.
//
// It starts PostgreSQL, Redis and hub processes of its own on free ports of this machine, with lines between them that can be cut, and has people send,
// listen and alert the whole time. Meanwhile it kills, pauses, cuts, silences and fills, in an order that a seed decides, and mends what it broke. In the
// end every send that was answered is in the log once, as it was answered; every session has the log's content in its order, without a hole or a
// double; no position belongs to nothing; every alert was escalated once. A refusal that would have a client give up, or sign out, breaks
// a promise too, and so does a hub that does not come back.
//
// It signals only processes that it started, and fills only a disk that it mounted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	binary := flag.String("hub", "bin/hub", "the program to break")
	faults := flag.Int("faults", 250, "how many faults in all")
	seed := flag.Uint64("seed", 0, "of what goes wrong; 0 draws one")
	nodes := flag.Int("nodes", 0, "2 or 3 hubs on PostgreSQL and Redis, or 1 on SQLite; 0 is all of them, one after the other")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000) + 1
	}
	if err := run(ctx, *binary, *seed, *faults, *nodes); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// run tries each world with its share of the faults.
func run(ctx context.Context, binary string, seed uint64, faults, nodes int) error {
	var errs []error
	for _, world := range []struct{ nodes, fifths int }{{2, 2}, {3, 2}, {1, 1}} {
		share := faults * world.fifths / 5
		if nodes != 0 && nodes != world.nodes {
			continue
		}
		if nodes != 0 {
			share = faults
		}
		fmt.Printf("%d hubs, %d faults, seed %d\n", world.nodes, share, seed)
		t := trial{binary: binary, nodes: world.nodes, shared: world.nodes > 1, faults: share, alerters: 4, seed: seed, out: os.Stdout}
		errs = append(errs, t.run(ctx))
	}
	return errors.Join(errs...)
}
