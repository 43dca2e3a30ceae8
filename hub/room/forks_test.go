package room_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"panah/hub/room"
)

// TestHubsMakeTheSameOfForks: while the line between two hubs is cut, people of both change the room as chance has it, its power levels too. Both
// hubs make the same of it, and the room keeps levels.
func TestHubsMakeTheSameOfForks(t *testing.T) {
	const rooms, forks = 6, 4
	n := seed(t)
	t.Logf("PANAH_TEST_SEED=%d", n)
	chance := rand.New(rand.NewPCG(n, 0))
	for range rooms {
		f := openFork(t, chance)
		for range forks {
			eastern, western := f.changes(f.e, anna, ben), f.changes(f.w, wali, zara)
			f.e.gets(west, western...)
			f.w.gets(east, eastern...)
			sameState(t, f.id, f.e, f.w)
			f.w.gets(east, f.e.must(message(f.id, anna, "joined"))...)
			f.e.gets(west, f.w.must(message(f.id, wali, "joined"))...)
			sameState(t, f.id, f.e, f.w)
			if f.e.state(f.id)["m.room.power_levels\x00"] == "" {
				t.Error("the room has no power levels")
			}
			if t.Failed() {
				t.Fatalf("PANAH_TEST_SEED=%d", n)
			}
		}
	}
}

// forked is a room of two hubs, of which each goes on alone.
type forked struct {
	e, w   *hub
	id     string
	chance *rand.Rand
}

// openFork makes a room that Anna of the one hub and Wali of the other lead, and in which Ben and Zara may do something too. Wali gave the levels last.
func openFork(t *testing.T, chance *rand.Rand) *forked {
	t.Helper()
	e, w, id, _ := shared(t)
	f := &forked{e, w, id, chance}
	e.gets(west, w.enter(id, zara, east))
	w.gets(east, e.must(f.levels(anna, 50, 50))...)
	e.gets(west, w.must(f.levels(wali, 50, 49))...)
	return f
}

func (f *forked) levels(sender string, bens, zaras int) room.Draft {
	return state(f.id, sender, "m.room.power_levels", map[string]any{"users": map[string]any{anna: 100, wali: 100, ben: bens, zara: zaras}})
}

// changes has the people of a hub change the room, as far as it lets them.
func (f *forked) changes(at *hub, leader, other string) (made []room.Event) {
	for n := range 3 + f.chance.IntN(4) {
		who, whom := leader, []string{ben, zara}[f.chance.IntN(2)]
		if f.chance.IntN(3) == 0 {
			who = other
		}
		var d room.Draft
		switch f.chance.IntN(8) {
		case 0, 1:
			d = name(f.id, who, fmt.Sprint(f.chance.Uint32()))
		case 2, 3:
			d = f.levels(leader, f.chance.IntN(70), f.chance.IntN(70)) // the leaders stay, and so does what they gave
		case 4:
			d = state(f.id, who, "m.room.join_rules", map[string]any{"join_rule": []string{"public", "invite", "knock"}[f.chance.IntN(3)]})
		case 5:
			d = member(f.id, who, whom, []string{"ban", "leave"}[f.chance.IntN(2)])
		case 6:
			d = member(f.id, other, other, "join")
		default:
			d = state(f.id, who, fmt.Sprint("network.example.", f.chance.IntN(3)), map[string]any{"n": n})
		}
		if events, err := at.append(d); err == nil {
			made = append(made, events...)
		} else {
			refused(at.t, err)
		}
	}
	return append(made, at.must(message(f.id, leader, "apart"))...)
}
