//go:build unix

package interop

import (
	"fmt"
	"testing"
)

// TestDendriteIsAway: what was said while it was stopped reaches it, in order, once it is back.
func TestDendriteIsAway(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		for _, ends := range [][2]*person{{ours, theirs}, {theirs, ours}} {
			room := meet(t, ends[0], ends[1], "away")
			p.dendrite.stop(t)
			sayMany(t, ours, room)
			p.dendrite.start(t)
			hearMany(t, theirs, room, ours)
			theirs.say(t, room, "инҷоям")
			ours.hears(t, room, theirs, "инҷоям")
		}
	})
}

// TestHubIsAway is the same with the hub stopped.
func TestHubIsAway(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		for _, ends := range [][2]*person{{ours, theirs}, {theirs, ours}} {
			room := meet(t, ends[0], ends[1], "away")
			p.hub.Stop(t)
			sayMany(t, theirs, room)
			p.hub.again(t, ours)
			// Dendrite tries ever more seldom, unless it hears of the hub.
			ours.say(t, room, "инҷоям")
			theirs.hears(t, room, ours, "инҷоям")
			hearMany(t, ours, room, theirs)
		}
	})
}

const many = 30

func sayMany(t *testing.T, who *person, room string) {
	t.Helper()
	for i := range many {
		who.say(t, room, fmt.Sprint("дар набуди ту ", i))
	}
}

// hearMany waits for all of it, and checks its order.
func hearMany(t *testing.T, who *person, room string, sender *person) {
	t.Helper()
	who.hears(t, room, sender, fmt.Sprint("дар набуди ту ", many-1))
	next := 0
	for _, e := range who.heard {
		if says(room, sender.UserID, fmt.Sprint("дар набуди ту ", next))(e) {
			next++
		}
	}
	if next != many {
		t.Errorf("of what was said meanwhile, message %d is missing or late; heard: %s", next, who.story())
	}
}
