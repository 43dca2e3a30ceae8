//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFaults breaks each kind of world a few times, in an order in which every kind of fault comes up somewhere. `make faults` does it hundreds of times
// in another order each time.
func TestFaults(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "hub")
	if out, err := exec.Command("go", "build", "-o", binary, "panah/hub").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, world := range []struct {
		nodes, faults int
		seed          uint64
	}{{2, 12, 5}, {3, 12, 6}, {1, 12, 12}} {
		t.Run(fmt.Sprint(world.nodes), func(t *testing.T) {
			trial := trial{
				binary: binary, nodes: world.nodes, shared: world.nodes > 1, faults: world.faults, alerters: 1, seed: world.seed, out: t.Output(),
			}
			if err := trial.run(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAPlanIsRepeatable: a seed names one order of faults, and another seed another.
func TestAPlanIsRepeatable(t *testing.T) {
	s := shape{nodes: 3, shared: true, disk: true}
	said := func(seed uint64) string { return fmt.Sprint(plan(seed, 200, s)) }
	if once, again := said(1), said(1); once != again || once == said(2) {
		t.Error("the same seed gives another plan, or another seed the same")
	}
	if got := plan(1, 200, s)[:50]; !slices.Equal(got, plan(1, 50, s)) {
		t.Error("a longer plan begins in another way")
	}
	for _, k := range kinds {
		if !strings.Contains(said(1), k.name) {
			t.Errorf("%q never happens in 200 faults", k.name)
		}
	}
	for _, f := range plan(1, 200, shape{nodes: 1}) {
		if !kinds[f.kind].fits(shape{nodes: 1}) {
			t.Errorf("%s happens where it cannot", f)
		}
	}
}

// TestChecksNotice: what the checks are for is said. They are given what a world would be that lost, doubled and turned round.
func TestChecksNotice(t *testing.T) {
	w := &world{load: &load{answered: map[string]string{"1": "$a", "2": "$b"}}}
	good := record{order: []string{"$a", "$b"}, posts: map[string]string{"1": "$a", "2": "$b"}}
	w.readers = []*session{{p: &person{name: "reader"}, events: []string{"$a", "$b"}}}
	if w.checkSends(good) != nil || w.checkSessions(good) != nil {
		t.Error("what is right is refused")
	}
	for name, bad := range map[string]record{
		"lost": {posts: map[string]string{"1": "$a"}}, "other": {posts: map[string]string{"1": "$a", "2": "$c"}},
		"double": {posts: good.posts, twice: []string{"1"}},
	} {
		if w.checkSends(bad) == nil {
			t.Errorf("%s: a broken promise is not noticed", name)
		}
	}
	for _, events := range [][]string{{"$a"}, {"$a", "$a", "$b"}, {"$b", "$a"}, {"$a", "$b", "$c"}} {
		w.readers[0].events = events
		if w.checkSessions(good) == nil {
			t.Errorf("%v: a broken session is not noticed", events)
		}
	}
}
