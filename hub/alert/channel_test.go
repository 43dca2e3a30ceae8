package alert

import (
	"testing"

	"panah/hub/fault"
	"panah/hub/people"
)

// TestRed: named people alone, a channel for each alert, and nobody beyond them.
func TestRed(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo()
		w.TLP, w.Audience = Red, Choice{People: []string{c.first.UserID, c.lead.UserID}}
		one, two := c.send(c.sender, w), c.send(c.sender, w)
		rooms := map[string]bool{}
		for _, id := range []string{one, two} {
			d, err := c.alerts.Detail(t.Context(), c.first, id, "")
			c.Must(err)
			rooms[d.RoomID] = true
			for name, who := range map[string]people.Caller{"a colleague": c.second, "the sender's administrator": c.senderAdmin, "the steward": c.steward} {
				if c.reads(who, id) {
					t.Errorf("%s reads it", name)
				}
			}
		}
		if len(rooms) != 2 {
			t.Errorf("two alerts in %d channels", len(rooms))
		}
		_, err := c.Network.Change(t.Context(), c.steward, c.first.UserID, people.Change{Deed: people.DeedMove, OrganisationID: c.lahore.ID})
		c.Must(err)
		if c.reads(c.first, one) {
			t.Error("who was named as somebody of one organisation reads it as one of another")
		}
		mixed := w
		mixed.Audience.Countries = []string{"TJ"}
		for name, bad := range map[string]Wish{"with countries": mixed, "nobody named": {Block: w.Block}, "named without RED": {Block: transitTo().Block, Audience: w.Audience}} {
			if _, err := c.alerts.Send(t.Context(), c.sender, newID(), bad); !fault.InvalidParam("error.alert_red_named").Is(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestQuotes: what is passed on keeps its label or gets a tighter one, and goes no further than the label allows.
func TestQuotes(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		labelled := func(label Label) string {
			w := transitTo(c.dushanbe)
			w.TLP = label
			return c.send(c.sender, w)
		}
		green, amber := labelled(Green), labelled(Amber)
		tests := []struct {
			name   string
			quotes string
			label  Label
			to     people.Organisation
			want   error
		}{
			{"GREEN to others", green, Green, c.lahore, nil},
			{"GREEN, tighter, to others", green, Amber, c.lahore, nil},
			{"GREEN, looser", green, Clear, c.lahore, fault.Forbidden("error.alert_tlp")},
			{"AMBER to others", amber, Amber, c.lahore, fault.Forbidden("error.alert_tlp")},
			{"AMBER to one's own", amber, Amber, c.dushanbe, nil},
			{"AMBER to one's own, looser", amber, Green, c.dushanbe, fault.Forbidden("error.alert_tlp")},
		}
		for _, test := range tests {
			w := transitTo(test.to)
			w.Quotes, w.TLP = test.quotes, test.label
			_, err := c.alerts.Send(t.Context(), c.first, newID(), w)
			if (err == nil) != (test.want == nil) || test.want != nil && !fault.From(err).Is(test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
		}
		unread := transitTo(c.dushanbe)
		unread.Quotes = green
		if _, err := c.alerts.Send(t.Context(), c.lahoreAsks, newID(), unread); !errUnknownIs(err) {
			t.Errorf("what one cannot read was passed on: %v", err)
		}
	})
}

func errUnknownIs(err error) bool { return fault.NotFound("error.unknown_alert").Is(err) }
