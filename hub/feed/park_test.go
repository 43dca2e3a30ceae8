package feed_test

import (
	"strings"
	"testing"

	"panah/hub/feed/feedtest"
	"panah/hub/room"
)

// TestWhoTakesNothingIsLeftBehind: a session whose device takes nothing is given none of what is said, but alerts ahead of their place; once it takes
// again, it has everything, once.
func TestWhoTakesNothingIsLeftBehind(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		quick, slow := h.Attach(aziz, "", ""), h.Attach(bibi, "", "")
		h.Caught(slow)
		picture := feedtest.NewPicture()
		apply := func() {
			for _, f := range slow.Take() {
				picture.Apply(t, feedtest.Decode(t, f.JSON))
			}
		}
		apply()
		slow.Slow(true)
		h.Say(id, aziz, "while it takes nothing")
		alert := h.Append(alertDraft(id))
		h.Caught(quick)
		frames := slow.Take()
		if len(frames) != 1 || !frames[0].Overtakes() || !strings.Contains(string(frames[0].JSON), alert.ID) {
			t.Fatalf("meanwhile it was given %d frames: %v", len(frames), frames)
		}
		slow.Slow(false)
		h.Caught(slow)
		h.Say(id, aziz, "since it takes again")
		h.Caught(slow)
		apply()
		got := postsOf(picture, id)
		if want := []string{"while it takes nothing", "x", "since it takes again"}; !sameBodies(got, want) || len(picture.Doubled) > 0 {
			t.Errorf("it has %v, and %v twice; want %v", got, picture.Doubled, want)
		}
	})
}

// TestWhoComesAndTakesNothing: a device that takes nothing from the first is left behind as well, and so is one that stops while something is read
// for it; who leaves then leaves nothing behind.
func TestWhoComesAndTakesNothing(t *testing.T) {
	one(t, func(t *testing.T, h *feedtest.Hub) {
		id := h.Room(aziz, room.Create{})
		h.Join(id, bibi)
		quick, slow := h.Attach(aziz, "", ""), h.Attach(bibi, "", "")
		h.Caught(slow)
		slow.Slow(true)
		slow.Slow(false) // something is read for it
		slow.Slow(true)
		h.Say(id, aziz, "while it takes nothing")
		h.Caught(quick)
		slow.Slow(false)
		h.Caught(slow)
		if got := text(slow); !strings.Contains(got, "while it takes nothing") {
			t.Errorf("it has %s", got)
		}
		slow.Slow(true)
		slow.Detach()
		slow.Slow(false)
		h.Say(id, aziz, "when it has left")
		h.Caught(quick)
		if got := text(slow); got != "" {
			t.Errorf("who has left was told %s", got)
		}
	})
}

func postsOf(p *feedtest.Picture, id string) (bodies []string) {
	for _, e := range p.Rooms[id].Timeline {
		if e.Type == "m.room.message" {
			bodies = append(bodies, e.Content)
		}
	}
	return bodies
}

// sameBodies tells whether contents have these bodies, in this order.
func sameBodies(contents, bodies []string) bool {
	if len(contents) != len(bodies) {
		return false
	}
	for i := range contents {
		if !strings.Contains(contents[i], `"body":"`+bodies[i]+`"`) {
			return false
		}
	}
	return true
}
