package alert

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// TestEscalation: whoever does not answer is asked again, one after the other, over a restart and from two nodes at once; each step happens
// once, and an answer ends it.
func TestEscalation(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.wantAsked("at once", id, "duty first")
		c.clock.Pass(9 * time.Minute)
		c.due()
		c.wantAsked("before the deadline", id, "duty first")
		c.clock.Pass(time.Minute)
		c.house.Close() // the node is lost just now
		c.house = open(t, c.address, c.clock)
		other := open(t, c.address, c.clock)
		var both sync.WaitGroup
		for _, node := range []*house{c.house, other} {
			both.Go(func() { node.due() })
		}
		both.Wait()
		c.wantAsked("after ten minutes", id, "duty first", "next second")
		c.clock.Pass(10 * time.Minute)
		other.due()
		c.due()
		c.wantAsked("after twenty", id, "duty first", "next second", "admin admin")
		if c.reads(c.lead, id) {
			t.Error("the coordinator reads it before being called")
		}
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("after thirty", id, "duty first", "next second", "admin admin", "coordinator lead")
		if !c.reads(c.lead, id) || c.reads(c.steward, id) {
			t.Error("the coordinator does not read it, or the steward does")
		}
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("after forty", id, "duty first", "next second", "admin admin", "coordinator lead", "steward steward")
		c.clock.Pass(time.Hour)
		c.due()
		if got := len(c.asked(id)); got != 5 {
			t.Errorf("%d are asked in the end", got)
		}
		c.answer(c.second, id, Reply{Answer: CanAct})
		c.wantAsked("after an answer", id)
		_, err := c.alerts.Cancel(t.Context(), c.sender, id, "", "")
		c.Must(err)
		if c.reads(c.lead, id) || c.reads(c.steward, id) || !c.reads(c.first, id) {
			t.Error("those who were called are still members after its end")
		}
	})
}

// TestEscalationEnds: an answer stops it before the next step, and what was stopped goes on when whoever answered cannot after all; an organisation
// that cannot is passed over at once.
func TestEscalationEnds(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		acts, seen, cannot := c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe))
		c.answer(c.first, acts, Reply{Answer: CanAct})
		c.answer(c.first, seen, Reply{Answer: Seen})
		c.answer(c.first, cannot, Reply{Answer: Cannot, Why: "no_capacity"})
		c.wantAsked("acts", acts)
		c.wantAsked("one cannot", cannot, "duty first")
		c.answer(c.admin, cannot, Reply{Answer: Cannot, Why: "outside_area", Whole: true})
		c.wantAsked("all of it cannot", cannot, "coordinator lead")
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("acts, later", acts)
		c.wantAsked("seen, later", seen, "duty first")
		c.answer(c.first, seen, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("seen, and then they cannot", seen, "duty first", "next second")
		c.answer(c.second, acts, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("another one cannot", acts)
		c.answer(c.first, acts, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("nobody acts any more", acts, "next second")
		c.wantAsked("cannot, later", cannot, "coordinator lead", "steward steward")
		c.answer(c.lead, cannot, Reply{Answer: CanAct})
		c.wantAsked("the coordinator acts", cannot)

		strict := transitTo(c.dushanbe)
		strict.TLP = AmberStrict
		id := c.send(c.sender, strict)
		another := c.send(c.sender, transitTo(c.dushanbe))
		for range 6 {
			c.clock.Pass(10 * time.Minute)
			c.due()
		}
		c.wantAsked("AMBER+STRICT", id, "duty first", "next second", "admin admin")
		c.wantAsked("AMBER beside it", another, "duty first", "next second", "admin admin", "coordinator lead", "steward steward")
		if c.reads(c.lead, id) || !c.reads(c.lead, another) {
			t.Error("the coordinator reads what is strict, or not what they were called to")
		}
		d, err := c.alerts.Detail(t.Context(), c.first, another, "")
		c.Must(err)
		if len(d.Organisations) != 2 {
			t.Errorf("the organisation that was called is missing: %+v", d.Organisations)
		}
		later := c.send(c.sender, transitTo(c.dushanbe)) // the coordinator is in the channel just now
		c.wantAsked("sent while somebody was called to another one", later, "duty first")
		if d, err = c.alerts.Detail(t.Context(), c.first, later, ""); err != nil || len(d.Organisations) != 1 {
			t.Errorf("who was called to another alert is asked for this one: %+v, %v", d.Organisations, err)
		}

		lone := c.send(c.sender, transitTo(c.lahore))
		c.wantAsked("without a rota", lone, "admin lahore")
		calm := transitTo(c.lahore)
		calm.Urgency = "Past"
		c.wantAsked("without haste", c.send(c.sender, calm))
		test := transitTo(c.lahore)
		test.Status = Test
		c.wantAsked("a test", c.send(c.sender, test))
	})
}

// TestDutySaid: who said that they are on duty is asked before whom the rota names.
func TestDutySaid(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		_, err := c.Network.SetDuty(t.Context(), c.second, c.second.UserID, c.clock.Now().Add(time.Hour), "")
		c.Must(err)
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.wantAsked("at once", id, "duty second")
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("then", id, "duty second", "next first")
	})
}

// TestWhoWasCalledIsFreeAgain: coordinators and stewards are awaited only as long as those whom they were called for have not answered.
func TestWhoWasCalledIsFreeAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.send(c.sender, transitTo(c.dushanbe))
		for range 2 {
			c.clock.Pass(10 * time.Minute)
			c.due()
		}
		needs := func(by people.Caller) bool {
			d, err := c.alerts.Detail(t.Context(), by, id, "")
			c.Must(err)
			return d.NeedsMe
		}
		for _, called := range []people.Caller{c.lead, c.steward, c.second} {
			if !needs(called) {
				t.Errorf("%s is not awaited", called.UserID)
			}
		}
		c.answer(c.first, id, Reply{Answer: CanAct})
		for _, called := range []people.Caller{c.lead, c.steward, c.second} {
			if needs(called) {
				t.Errorf("%s is still awaited", called.UserID)
			}
		}
	})
}

// TestOneBadAlertHoldsUpNoOther: what cannot be escalated, or ended, is named, and all else goes on; it goes on itself once it can.
func TestOneBadAlertHoldsUpNoOther(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		send := func(life time.Duration, to people.Organisation) string {
			w := transitTo(to)
			w.Expires = c.clock.Now().Add(life).Unix()
			return c.send(c.sender, w)
		}
		audience := func(id, raw string) (before string) {
			c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error {
				if err := tx.QueryRow(`SELECT audience FROM alert_channels WHERE room_id = $1`, c.roomOf(id)).Scan(&before); err != nil {
					return err
				}
				_, err := tx.Exec(`UPDATE alert_channels SET audience = $2 WHERE room_id = $1`, c.roomOf(id), raw)
				return err
			}))
			return before
		}
		wantNamed := func(err error, id string) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), id) {
				t.Errorf("it is not said that %s could not be done: %v", id, err)
			}
		}
		bad := send(3*time.Hour, c.dushanbe)
		c.Must(c.DB.Write(t.Context(), func(tx *store.Tx) error { // more of it than one transaction does
			for i := range dueMost + 5 {
				if err := planTx(tx, bad, fmt.Sprint("o", i), StepStewards, 0); err != nil {
					return err
				}
			}
			return nil
		}))
		whole := audience(bad, "{")
		c.clock.Pass(time.Minute)
		good := send(3*time.Hour, c.lahore)
		c.clock.Pass(10 * time.Minute)
		wantNamed(c.alerts.Due(t.Context()), bad)
		c.wantAsked("beside a bad one", good, "admin lahore", "steward steward")
		c.wantAsked("the bad one", bad, "admin admin")
		audience(bad, whole)
		c.due()
		if !c.reads(c.lead, bad) {
			t.Error("what was mended does not go on")
		}

		audience(bad, "{") // somebody was called in, who cannot be brought out again
		draft := transitTo(c.dushanbe)
		draft.Describes, draft.Expires = true, c.clock.Now().Add(3*time.Hour).Unix()
		waits, err := c.alerts.Send(t.Context(), c.sender, newID(), draft)
		c.Must(err)
		c.clock.Pass(2 * time.Hour)
		live := send(6*time.Hour, c.lahore)
		c.clock.Pass(2 * time.Hour)
		wantNamed(c.alerts.Due(t.Context()), bad)
		c.wantAsked("after the end of a bad one", live, "admin lahore", "steward steward")
		c.wantAsked("ended beside it", good)
		_, own, err := c.alerts.Waiting(t.Context(), c.sender)
		c.Must(err)
		if len(own) != 1 || own[0].ID != waits.DraftID || own[0].Standing != lapsed {
			t.Errorf("a draft that waited in vain stands as %+v", own)
		}
	})
}

// TestTheClockIsSetBack: nobody is asked twice, and the next one is asked no later than a deadline after that.
func TestTheClockIsSetBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.clock.Pass(-3 * time.Hour)
		c.due()
		c.wantAsked("when it was set back", id, "duty first")
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("a deadline later", id, "next second", "duty first")
		c.clock.Pass(-5 * time.Minute)
		c.due()
		c.wantAsked("set back again", id, "next second", "duty first")
		c.clock.Pass(10 * time.Minute)
		c.due()
		c.wantAsked("a deadline later again", id, "next second", "admin admin", "duty first")
	})
}
