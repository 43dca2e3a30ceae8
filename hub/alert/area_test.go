package alert

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"panah/hub/fault"
	"panah/hub/store"
)

// TestTheAreaOfAnAlert: it is that of the places that it speaks of, unless its sender says another one. That one is found, is looked at for the
// audience, stays through updates, and is all that travels of it.
func TestTheAreaOfAnAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		onTheWire := func(id string) (areas []string) {
			var content struct {
				Alert Block `json:"network.panah.alert"`
			}
			c.Must(c.DB.Read(t.Context(), func(tx *store.Tx) error {
				e, err := c.Rooms.EventByID(tx, id)
				if err != nil {
					return err
				}
				return json.Unmarshal(e.Content, &content)
			}))
			return content.Alert.Areas
		}
		stands := func(id string, want ...string) {
			t.Helper()
			d, err := c.alerts.Detail(t.Context(), c.sender, id, "")
			c.Must(err)
			if !slices.Equal(d.Block.Areas, want) {
				t.Errorf("the area is %v, want %v", d.Block.Areas, want)
			}
			found := map[string]int{}
			for _, area := range []string{"AF-HER", "TM-M", "PK-BA", "PK"} {
				for _, q := range []BoardQuery{{Area: area}, {Country: area[:2]}} {
					entries, err := c.alerts.Board(t.Context(), c.sender, q)
					c.Must(err)
					for i := range entries {
						if entries[i].ID == id {
							found[area+"/"+q.Country]++
						}
					}
				}
				in := slices.ContainsFunc(want, func(one string) bool { return strings.HasPrefix(one, area[:2]) })
				if (found[area+"/"] > 0) != slices.Contains(want, area) || (found[area+"/"+area[:2]] > 0) != in {
					t.Errorf("with %v, looking for %s found %v", want, area, found)
				}
			}
		}
		update := func(id string, w Wish) Sent {
			w.Update = id
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
			c.Must(err)
			return s
		}
		computed := c.send(c.sender, transitTo(c.dushanbe))
		stands(computed, "AF-HER")
		if areas := onTheWire(computed); areas != nil {
			t.Errorf("what follows from its places travels: %v", areas)
		}
		stands(update(computed, Wish{Block: Block{Slots: []byte(`{"count":2,"from":"TM-M"}`)}}).AlertID, "TM-M")

		given := transitTo()
		given.Areas = []string{"PK-BA", "PK", "PK-BA"}
		id := c.send(c.sender, given) // to the organisations of its area, none being named
		stands(id, "PK-BA", "PK")
		if areas := onTheWire(id); !slices.Equal(areas, []string{"PK-BA", "PK"}) {
			t.Errorf("what its sender said does not travel: %v", areas)
		}
		if !c.reads(c.lahoreAsks, id) || c.reads(c.first, id) {
			t.Error("the audience is not that of the area")
		}
		stands(update(id, Wish{Block: Block{Slots: []byte(`{"count":2,"from":"TM-M"}`)}}).AlertID, "PK-BA", "PK")
		back := update(id, Wish{Block: Block{Areas: []string{"TM-M"}}})
		stands(id, "TM-M")
		if areas := onTheWire(back.EventID); areas != nil {
			t.Errorf("it is what follows from its places again, and travels: %v", areas)
		}
		update(id, Wish{Block: Block{Areas: []string{"PK"}}})
		stands(id, "PK")
		update(id, Wish{Block: Block{Areas: []string{}, Slots: []byte(`{"count":2,"from":"AF-HER"}`)}}) // none, which is not left out
		stands(id, "AF-HER")
		for _, wrong := range [][]string{{"AF-XXX"}, {"IR"}, {"af-her"}, {"AF-HER", ""}, {"AF HER"}} {
			given.Areas = wrong
			if _, err := c.alerts.Send(t.Context(), c.sender, newID(), given); fault.From(err).Key != "error.invalid_param" {
				t.Errorf("%v: %v", wrong, err)
			}
			if _, err := c.alerts.Preview(context.Background(), c.sender, Choice{}, wrong, Amber); fault.From(err).Key != "error.invalid_param" {
				t.Errorf("preview of %v: %v", wrong, err)
			}
		}
	})
}
