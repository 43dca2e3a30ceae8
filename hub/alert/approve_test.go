package alert

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// TestSecondApprover: what describes somebody waits, is read by nobody else meanwhile, and goes out in its author's name.
func TestSecondApprover(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		missing := transitTo(c.dushanbe)
		missing.Code, missing.Slots = "missing", []byte(`{"count":1,"area":"AF-HER"}`)
		s, err := c.alerts.Send(t.Context(), c.sender, "1", missing)
		c.Must(err)
		if s.DraftID == "" || s.AlertID != "" || !slices.Equal(s.Causes, []string{CauseCode}) {
			t.Fatalf("sent: %+v", s)
		}
		seen := func(who people.Caller) int {
			decide, _, err := c.alerts.Waiting(t.Context(), who)
			c.Must(err)
			return len(decide)
		}
		for name, who := range map[string]people.Caller{"sender": c.sender, "another organisation": c.admin, "steward": c.steward} {
			if seen(who) != 0 {
				t.Errorf("%s may decide", name)
			}
			if _, err := c.alerts.Approve(t.Context(), who, s.DraftID); fault.From(err).Status < http.StatusForbidden {
				t.Errorf("%s approves: %v", name, err)
			}
		}
		if err := c.alerts.Refuse(t.Context(), c.senderAdmin, s.DraftID, ""); !isMissing(err) {
			t.Errorf("refused without a reason: %v", err)
		}
		if seen(c.senderAdmin) != 1 {
			t.Error("the administrator may not decide")
		}
		sent, err := c.alerts.Approve(t.Context(), c.senderAdmin, s.DraftID)
		c.Must(err)
		d, err := c.alerts.Detail(t.Context(), c.first, sent.AlertID, "")
		c.Must(err)
		if d.Sender != c.sender.UserID || d.Block.Code != "missing" {
			t.Errorf("it went out as %+v", d.Alert)
		}
		if again, err := c.alerts.Send(t.Context(), c.sender, "1", missing); err != nil || again.AlertID != sent.AlertID {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		if _, err := c.alerts.Approve(t.Context(), c.senderAdmin, s.DraftID); err == nil {
			t.Error("approved twice")
		}
		// The only administrator's own draft waits for a steward.
		own, err := c.alerts.Send(t.Context(), c.senderAdmin, "2", missing)
		c.Must(err)
		if seen(c.steward) != 1 {
			t.Error("the steward may not decide where nobody else may")
		}
		c.Must(c.alerts.Refuse(t.Context(), c.steward, own.DraftID, "say it without the age"))
		_, mine, err := c.alerts.Waiting(t.Context(), c.senderAdmin)
		c.Must(err)
		if len(mine) != 1 || mine[0].Standing != refused || mine[0].Reason == "" || mine[0].Wish.Code != "missing" {
			t.Errorf("what came back: %+v", mine)
		}
		// An update that says somebody could be known by it waits as well; the alert stays as it is.
		update, err := c.alerts.Send(t.Context(), c.sender, "3", Wish{Update: sent.AlertID, Block: Block{Text: "x", Language: "en"}})
		c.Must(err)
		if update.DraftID == "" {
			t.Errorf("an update went past the second approver: %+v", update)
		}
		entries, err := c.People.Audit(t.Context(), c.steward, people.AuditQuery{OrganisationID: c.herat.ID, Limit: 50})
		c.Must(err)
		var acts []string
		for _, e := range entries {
			acts = append(acts, e.Act)
		}
		if !slices.Contains(acts, "approve_alert") || !slices.Contains(acts, "refuse_alert") {
			t.Errorf("written down: %v", acts)
		}
		c.clock.Pass(25 * time.Hour)
		c.due()
		if seen(c.senderAdmin) != 0 {
			t.Error("a draft waits for ever")
		}
	})
}

// TestWhatDescribesSomebodyStaysSo: an update waits as well where an earlier version was said to describe somebody, whatever it says itself.
func TestWhatDescribesSomebodyStaysSo(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		send := func(w Wish) Sent {
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
			c.Must(err)
			return s
		}
		agree := func(waits Sent) Sent {
			if !slices.Equal(waits.Causes, []string{CauseSaid}) {
				t.Fatalf("it does not wait because it was said to describe somebody: %+v", waits)
			}
			s, err := c.alerts.Approve(t.Context(), c.senderAdmin, waits.DraftID)
			c.Must(err)
			return s
		}
		described, plain := transitTo(c.dushanbe), c.send(c.sender, transitTo(c.dushanbe))
		described.Describes = true
		id := agree(send(described)).AlertID
		for _, text := range []string{"They were seen again", "They are at the border"} {
			agree(send(Wish{Update: id, Block: Block{Text: text, Language: "en"}}))
		}
		if s := send(Wish{Update: plain, Block: Block{Severity: "Minor"}}); s.DraftID != "" {
			t.Errorf("an update of what describes nobody waits: %+v", s)
		}
		agree(send(Wish{Update: plain, Block: Block{Describes: true}}))
		agree(send(Wish{Update: plain, Block: Block{Severity: "Severe"}}))
	})
}

// TestWhatWasFoundStaysFound: an update of the codes alone carries words in which something was found, so it waits as they did.
func TestWhatWasFoundStaysFound(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Text, w.Language, w.Confirmed = "Ring +992 900 12 34 56", "en", []string{"phone"}
		first, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
		c.Must(err)
		sent, err := c.alerts.Approve(t.Context(), c.senderAdmin, first.DraftID)
		c.Must(err)
		update := func(text string, causes ...string) {
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: sent.AlertID, Block: Block{Severity: "Severe", Text: text, Language: "en"}})
			c.Must(err)
			if !slices.Equal(s.Causes, causes) {
				t.Errorf("an update with the text %q waits for %q", text, s.Causes)
			}
		}
		update("", CauseGuard)
		update("They were seen again")
		update("")
	})
}

// TestHowUrgentTheAskingIs: being asked about a draft, and being told that it came back, is as urgent as what the draft says.
func TestHowUrgentTheAskingIs(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		urgent := func(draft string) (all []bool) {
			c.Must(c.DB.Read(t.Context(), func(tx *store.Tx) error {
				found, err := store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE about = $1 ORDER BY position`, draft)
				for i := range found {
					if err != nil {
						break
					}
					var is bool
					is, err = found[i].ImmediateTx(tx)
					all = append(all, is)
				}
				return err
			}))
			return all
		}
		for name, change := range map[string]func(w *Wish){
			"Immediate": func(*Wish) {}, "Expected": func(w *Wish) { w.Urgency = "Expected" }, "a test": func(w *Wish) { w.Status = Test },
		} {
			w := transitTo(c.dushanbe)
			w.Describes, w.Urgency = true, "Immediate"
			change(&w)
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
			c.Must(err)
			c.Must(c.alerts.Refuse(t.Context(), c.senderAdmin, s.DraftID, "not now"))
			if got, is := urgent(s.DraftID), name == "Immediate"; !slices.Equal(got, []bool{is, is}) {
				t.Errorf("%s: asked and answered urgently: %v", name, got)
			}
		}
	})
}

func isMissing(err error) bool { return err != nil && fault.From(err).Errcode == "M_MISSING_PARAM" }
