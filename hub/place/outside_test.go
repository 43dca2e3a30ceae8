package place

import (
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/store"
)

// waits are what somebody is still to be told outside the app: how many, how many of them through quiet hours, and how many at once.
func (c *cast) waits(who people.Caller) (all, urgent, now int) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN urgent THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN due_at <= $2 THEN 1 ELSE 0 END), 0)
			FROM push_notices WHERE user_id = $1 AND done_at = 0 AND kind = 'alert'`, who.UserID, tx.Now.UnixMilli()).Scan(&all, &urgent, &now)
	}))
	return all, urgent, now
}

// TestPhonesAreTold: whoever takes people in is told at once, through quiet hours only for tonight; what was answered is told no more.
func TestPhonesAreTold(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		want := func(what string, who people.Caller, all, urgent, now int) {
			t.Helper()
			if a, u, n := c.waits(who); a != all || u != urgent || n != now {
				t.Errorf("%s: %d, %d urgent, %d at once; want %d, %d, %d", what, a, u, n, all, urgent, now)
			}
		}
		calm := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		want("one is asked for", c.intake, 1, 0, 1)
		tonight := wish(c.shelter)
		tonight.Urgency = "emergency"
		soon := c.ask(c.termezWorker, tonight)[0]
		want("and one for tonight", c.intake, 2, 1, 2)
		want("who is no staff", c.other, 0, 0, 0)
		c.take(c.intake, soon, allot.Accept, "")
		want("one is answered", c.intake, 1, 0, 1)
		want("who asked", c.termezWorker, 1, 0, 0)
		c.clock.pass(time.Hour)
		c.due()
		want("nobody has answered for an hour", c.intake, 2, 0, 2)
		c.take(c.intake, calm, allot.Decline, "full")
		want("all is answered", c.intake, 0, 0, 0)
	})
}
