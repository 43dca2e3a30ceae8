package alert

import (
	"slices"
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// TestAnAnswerIsNoMatterOfUrgency: whatever the haste, an answer ends the asking, and nothing else does: not that somebody opened it, and not that
// one of several cannot.
func TestAnAnswerIsNoMatterOfUrgency(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		for _, urgency := range []string{"Immediate", "Expected", "Future"} {
			wait, _ := Deadline(urgency)
			send := func() string {
				w := transitTo(c.dushanbe)
				w.Urgency, w.Expires = urgency, c.clock.Now().Add(10*24*time.Hour).Unix()
				return c.send(c.sender, w)
			}
			opened, seen, byAnother, cannot := send(), send(), send(), send()
			c.Must(c.alerts.Taken(t.Context(), map[string]store.Position{c.first.UserID: 1 << 40}))
			c.answer(c.first, seen, Reply{Answer: Seen})
			c.answer(c.admin, byAnother, Reply{Answer: Seen})
			c.answer(c.first, cannot, Reply{Answer: Cannot, Why: "no_capacity"})
			for range 5 {
				c.clock.Pass(wait)
				c.due()
			}
			all := []string{"duty first", "next second", "admin admin", "coordinator lead", "steward steward"}
			for id, want := range map[string][]string{opened: all, cannot: all} {
				if got := c.asked(id); !slices.Equal(got, want) {
					t.Errorf("%s: asked are %v, want %v", urgency, got, want)
				}
			}
			for _, id := range []string{seen, byAnother} {
				if got := c.asked(id); len(got) > 1 {
					t.Errorf("%s: asked are %v though somebody has answered", urgency, got)
				}
			}
			if d, err := c.alerts.Detail(t.Context(), c.second, seen, ""); err != nil || d.NeedsMe == (urgency == "Future") {
				t.Errorf("%s: what was only seen needs others: %v, %v", urgency, d.NeedsMe, err)
			}
		}
	})
}

// TestWhoWasCalledAnswersToo: the answer of a coordinator ends the asking for the organisation that is silent, and that they cannot goes on.
func TestWhoWasCalledAnswersToo(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		pass := func(id string, want ...string) {
			t.Helper()
			c.clock.Pass(10 * time.Minute)
			c.due()
			c.wantAsked("after ten minutes more", id, want...)
		}
		id := c.send(c.sender, transitTo(c.lahore))
		c.Must(c.alerts.SetLead(t.Context(), c.steward, "PK", c.khujand.ID))
		pass(id, "admin lahore", "coordinator lead")
		c.answer(c.lead, id, Reply{Answer: Seen})
		pass(id, "admin lahore", "coordinator lead")
		c.answer(c.lead, id, Reply{Answer: Cannot, Why: "outside_area"})
		pass(id, "admin lahore", "coordinator lead", "steward steward")
		c.answer(c.lead, id, Reply{Answer: CanAct})
		c.wantAsked("the coordinator acts", id)
	})
}

// TestAnUpdateChangesTheHaste: what is planned comes nearer with more haste, and not at all while there is none.
func TestAnUpdateChangesTheHaste(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		w := transitTo(c.dushanbe)
		w.Urgency, w.Expires = "Future", c.clock.Now().Add(10*24*time.Hour).Unix()
		id := c.send(c.sender, w)
		update := func(by people.Caller, urgency string) {
			t.Helper()
			_, err := c.alerts.Send(t.Context(), by, newID(), Wish{Update: id, Block: Block{Urgency: urgency}})
			c.Must(err)
		}
		update(c.sender, "Past")
		c.clock.Pass(13 * time.Hour)
		c.due()
		c.wantAsked("without haste", id, "duty first")
		update(c.sender, "Immediate")
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("Immediate", id, "duty first", "next second")
	})
}
