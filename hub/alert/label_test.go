package alert

import (
	"net/http"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
)

// TestALabelBindsWhereAnAlertStands: an update says nothing under a label whose circle is narrower than the channel's. Cancelled and sent anew, only
// those of the narrower circle read it.
func TestALabelBindsWhereAnAlertStands(t *testing.T) {
	anew, looser := fault.Forbidden("error.alert_tlp_anew"), fault.Forbidden("error.alert_tlp")
	eachHouse(t, func(t *testing.T, c *cast) {
		send := func(label Label) string {
			w := transitTo(c.dushanbe)
			if label == Red {
				w = transitTo()
				w.Audience.People = []string{c.first.UserID}
			}
			w.TLP = label
			return c.send(c.sender, w)
		}
		for _, from := range Labels() {
			for _, to := range Labels() {
				w := Wish{Update: send(from), Block: Block{TLP: to, Text: "More", Language: "en"}}
				_, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
				want := map[bool]error{true: looser}[to.loosens(from)]
				if from != to && (to == Red || to == AmberStrict) && want == nil {
					want = anew
				}
				if (err == nil) != (want == nil) || want != nil && !fault.From(err).Is(want) {
					t.Errorf("%s to %s: %v, want %v", from, to, err, want)
				}
				c.clock.Pass(time.Hour)
			}
		}
		// A coordinator was called to an alert, and is in its channel. What is sent anew under the tighter label is nothing for them.
		id := send(Amber)
		for range 3 {
			c.clock.Pass(10 * time.Minute)
			c.due()
		}
		tight := Wish{Update: id, Block: Block{TLP: AmberStrict, Describes: true}} // it would wait for a second person
		if _, err := c.alerts.Send(t.Context(), c.sender, newID(), tight); !c.reads(c.lead, id) || !fault.From(err).Is(anew) {
			t.Errorf("tightened under a coordinator's eyes: %v", err)
		}
		_, err := c.alerts.Cancel(t.Context(), c.sender, id, "", "")
		c.Must(err)
		if strict := send(AmberStrict); c.reads(c.lead, strict) || !c.reads(c.first, strict) {
			t.Error("what was sent anew is read by the wrong people")
		}
	})
}

// TestAnUpdateThatWaitedTakesNothingBack: an update that a second person approves later neither loosens a label that was tightened meanwhile nor
// undoes what was said since.
func TestAnUpdateThatWaitedTakesNothingBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		green := transitTo(c.dushanbe)
		green.TLP = Green
		id := c.send(c.sender, green)
		update := func(by people.Caller, w Wish) Sent {
			w.Update = id
			s, err := c.alerts.Send(t.Context(), by, newID(), w)
			c.Must(err)
			return s
		}
		waits := update(c.sender, Wish{Block: Block{Severity: "Minor", Describes: true}})
		update(c.senderAdmin, Wish{Block: Block{TLP: Amber, Severity: "Severe"}})
		if _, err := c.alerts.Approve(t.Context(), c.senderAdmin, waits.DraftID); err == nil || fault.From(err).Status != http.StatusConflict {
			t.Errorf("approved after a change: %v", err)
		}
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.Must(err)
		if d.Block.TLP != Amber || d.Block.Severity != "Severe" {
			t.Errorf("it stands as %+v", d.Block)
		}
		waits = update(c.sender, Wish{Block: Block{Severity: "Minor", Describes: true}})
		_, err = c.alerts.Approve(t.Context(), c.senderAdmin, waits.DraftID)
		c.Must(err)
	})
}

// TestAQuoteThatWaited: what may not be passed on when a second person agrees is not.
func TestAQuoteThatWaited(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		green := transitTo(c.dushanbe)
		green.TLP = Green
		id := c.send(c.sender, green)
		pass := transitTo(c.lahore)
		pass.TLP, pass.Quotes, pass.Describes = Green, id, true
		waits, err := c.alerts.Send(t.Context(), c.first, newID(), pass)
		c.Must(err)
		_, err = c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{TLP: Amber}})
		c.Must(err)
		if _, err := c.alerts.Approve(t.Context(), c.admin, waits.DraftID); !fault.Forbidden("error.alert_tlp").Is(err) {
			t.Errorf("passed on: %v", err)
		}
		inside := transitTo(c.dushanbe)
		inside.TLP, inside.Quotes = Amber, id
		own := c.send(c.first, inside)
		_, err = c.alerts.Send(t.Context(), c.first, newID(), Wish{Update: own, Block: Block{Severity: "Minor"}})
		if err != nil {
			t.Errorf("an update of an alert that passes another one on: %v", err)
		}
	})
}
