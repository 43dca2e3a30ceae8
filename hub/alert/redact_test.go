package alert

import (
	"testing"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
)

// TestNobodyTakesBackAnAlert: not its first word, not an update, an answer or a translation, and neither its author nor anybody else. What else was
// said in the channel may be taken back, and who leaves the network takes along what they wrote.
func TestNobodyTakesBackAnAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		green := transitTo(c.dushanbe)
		green.TLP = Green
		id := c.send(c.sender, green)
		answer, err := c.alerts.Answer(t.Context(), c.first, id, Reply{Answer: CanAct, Note: "x"})
		c.Must(err)
		_, err = c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{Severity: "Extreme"}})
		c.Must(err)
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.Must(err)
		redact := func(by people.Caller, what string) error {
			_, err := c.Network.Redact(t.Context(), by, room.Draft{RoomID: d.RoomID, Redacts: what, Content: map[string]any{}})
			return err
		}
		for name, one := range map[string]struct {
			by   people.Caller
			what string
		}{"the alert": {c.sender, id}, "its update": {c.sender, d.LastEventID}, "an answer": {c.first, answer}} {
			if err := redact(one.by, one.what); !fault.Forbidden("error.alert_redact").Is(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		d, err = c.alerts.Detail(t.Context(), c.first, id, "")
		c.Must(err)
		if len(d.Versions) != 2 {
			t.Errorf("of the alert there is %+v", d)
		}
		post, err := c.Network.Send(t.Context(), c.first, room.Draft{RoomID: d.RoomID, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": "x"}})
		c.Must(err)
		c.Must(redact(c.first, post))

		c.Must(c.Network.LeaveNetwork(t.Context(), c.sender, true, true))
		c.Must(c.Network.Erase(t.Context()))
		if c.reads(c.first, id) {
			t.Error("what somebody wrote who left is still there")
		}
	})
}
