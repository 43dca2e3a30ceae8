package alert

import (
	"testing"
)

// TestTranslations: what somebody cannot read waits for a translator, is claimed for a while, and an update puts it there again.
func TestTranslations(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Text, w.Language = "از راه اسلام‌قلعه", "fa-AF"
		id := c.send(c.sender, w)
		wanting := func() []Wanted {
			all, err := c.alerts.Wanting(t.Context(), c.second, "", "")
			c.Must(err)
			return all
		}
		all := wanting() // everybody here reads English
		if len(all) != 1 || all[0].To != "en" || all[0].Outdated {
			t.Fatalf("wanting: %+v", all)
		}
		_, err := c.alerts.Claim(t.Context(), c.first, id, "en")
		c.Must(err)
		if _, err := c.alerts.Claim(t.Context(), c.second, id, "en"); err == nil {
			t.Error("claimed twice")
		}
		c.clock.Pass(claimTime)
		_, err = c.alerts.Claim(t.Context(), c.second, id, "en")
		c.Must(err)
		_, err = c.alerts.Translate(t.Context(), c.second, id, "en", "By way of Islam Qala")
		c.Must(err)
		if len(wanting()) != 0 {
			t.Error("it still waits")
		}
		d, err := c.alerts.Detail(t.Context(), c.first, id, "en")
		c.Must(err)
		if d.Translation == nil || d.Translation.Text != "By way of Islam Qala" || d.Translation.Outdated {
			t.Errorf("translation: %+v", d.Translation)
		}
		s, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{Text: "نه، از راه زرنج", Language: "fa-AF"}})
		c.Must(err)
		if d, err = c.alerts.Detail(t.Context(), c.first, id, "en"); err != nil || !d.Translation.Outdated {
			t.Errorf("after an update: %+v, %v", d.Translation, err)
		}
		if all = wanting(); len(all) != 1 || !all[0].Outdated || all[0].LastEventID != s.EventID {
			t.Errorf("wanting after an update: %+v", all)
		}
		if _, err := c.alerts.Translate(t.Context(), c.second, id, "en", "x"); err == nil {
			t.Error("a version that no longer stands was translated")
		}
	})
}

// TestAnUpdateKeepsItsWords: what an update does not speak of stays, and so does what it was translated to.
func TestAnUpdateKeepsItsWords(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Text, w.Language = "از راه اسلام‌قلعه", "fa-AF"
		id := c.send(c.sender, w)
		_, err := c.alerts.Claim(t.Context(), c.second, id, "en")
		c.Must(err)
		update := func(w Wish) Detail {
			w.Update = id
			_, err := c.alerts.Send(t.Context(), c.sender, newID(), w)
			c.Must(err)
			d, err := c.alerts.Detail(t.Context(), c.first, id, "en")
			c.Must(err)
			return d
		}
		update(Wish{Block: Block{Slots: []byte(`{"count":3,"from":"AF-HER"}`)}})
		_, err = c.alerts.Translate(t.Context(), c.second, id, "en", "By way of Islam Qala") // begun before the update
		c.Must(err)
		d := update(Wish{Block: Block{Urgency: "Expected"}})
		if d.Block.Text != w.Text || d.Block.Language != "fa-AF" || d.Translation == nil || d.Translation.Outdated {
			t.Errorf("kept: %+v, %+v", d.Block, d.Translation)
		}
		if all, err := c.alerts.Wanting(t.Context(), c.second, "", ""); err != nil || len(all) != 0 {
			t.Errorf("wanting: %+v, %v", all, err)
		}
		if d = update(Wish{Wordless: true}); d.Block.Text != "" || d.Block.Language != "" || d.Translation != nil {
			t.Errorf("taken away: %+v, %+v", d.Block, d.Translation)
		}
	})
}
