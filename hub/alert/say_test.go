package alert

import (
	"encoding/json"
	"strings"
	"testing"

	"panah/hub/alert/code"
	"panah/hub/people"
	"panah/hub/store"
	"panah/locales"
)

// said is what an event says to a reader of a language in a country.
func (h *house) said(eventID, language, country string) (text string, known bool) {
	h.T.Helper()
	h.Must(h.DB.Read(h.T.Context(), func(tx *store.Tx) (err error) {
		text, known, err = h.alerts.SayTx(tx, eventID, code.ReaderOf(language, "", country, nil))
		return err
	}))
	return text, known
}

// TestWhatAnAlertSaysOutsideTheApp: each reader has it in their own language, calendar, clock and time, with the words translated where somebody
// did, and marked when it is no longer what it was.
func TestWhatAnAlertSaysOutsideTheApp(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Slots = []byte(`{"count":2,"from":"AF-HER","to":"TJ-DU","window":[1793007000,1793025000],"contact":"` + c.herat.ID + `"}`) // 09:30 in UTC
		w.Text, w.Language = "از راه \u202eاسلام‌قلعه", "fa-AF"
		id := c.send(c.sender, w)
		for _, reader := range []struct{ language, country, moment string }{
			{"fa-AF", "AF", "۴ عقرب ۱۴۰۵، ۱۴:۰۰"},
			{"tg", "TJ", "26 октябр 2026, 14:30"},
			{"ur", "PK", "26 اکتوبر، 2026، 2:30 بعد دوپہر"},
			{"en", "", "26 October 2026, 9:30 UTC"},
		} {
			text, known := c.said(id, reader.language, reader.country)
			if !known || !strings.Contains(text, reader.moment) || !strings.Contains(text, "\u2068Herat\u2069") {
				t.Errorf("%s in %q is told %q", reader.language, reader.country, text)
			}
			if !strings.HasSuffix(text, "\n\u2068از راه اسلام‌قلعه\u2069") {
				t.Errorf("the words of %q are not its end, isolated", text)
			}
		}
		_, err := c.alerts.Translate(t.Context(), c.first, id, "tg", "Аз роҳи Исломқалъа")
		c.Must(err)
		if text, _ := c.said(id, "tg", "TJ"); !strings.HasSuffix(text, "\u2068Аз роҳи Исломқалъа\u2069") || strings.Contains(text, "از راه") {
			t.Errorf("translated: %q", text)
		}
		s, err := c.alerts.Cancel(t.Context(), c.sender, id, "", "")
		c.Must(err)
		mark, _, _ := strings.Cut(locales.For("tg", "").Text("alert.mark.cancel", map[string]any{"Headline": locales.Phrase("§")}), "§")
		if text, known := c.said(s.EventID, "tg", "TJ"); !known || !strings.HasPrefix(text, mark) {
			t.Errorf("a cancel is told as %q, which does not begin with %q", text, mark)
		}
		if text, known := c.said("$none", "tg", "TJ"); known || text != "" {
			t.Errorf("what is no alert is told as %q", text)
		}
		red := transitTo()
		red.TLP, red.Audience = Red, Choice{People: []string{c.first.UserID}}
		if text, known := c.said(c.send(c.sender, red), "tg", "TJ"); !known || text != "" {
			t.Errorf("RED is told as %q", text)
		}
	})
}

// TestATranslationOutlivesAnUpdateOfTheCodes: what is said outside the app of a later version has the words in the reader's language as long as these
// words stand, and of an earlier one those that stood then.
func TestATranslationOutlivesAnUpdateOfTheCodes(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Text, w.Language = "از راه اسلام‌قلعه", "fa-AF"
		id := c.send(c.sender, w)
		update := func(b Block) string {
			s, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: b})
			c.Must(err)
			return s.EventID
		}
		translate := func(version, text string) {
			_, err := c.alerts.Translate(t.Context(), c.first, version, "tg", text)
			c.Must(err)
		}
		want := func(what, version, end string) {
			t.Helper()
			if text, _ := c.said(version, "tg", "TJ"); !strings.HasSuffix(text, "\n\u2068"+end+"\u2069") {
				t.Errorf("%s is told as %q, want its end %q", what, text, end)
			}
		}
		translate(id, "Аз роҳи Исломқалъа")
		codes := update(Block{Slots: []byte(`{"count":3,"from":"AF-HER"}`)})
		want("an update of the codes", codes, "Аз роҳи Исломқалъа")
		words := update(Block{Text: "نه، از راه زرنج", Language: "fa-AF"})
		want("an update of the words", words, "نه، از راه زرنج")
		translate(words, "Не, аз роҳи Заранҷ")
		want("translated again", words, "Не, аз роҳи Заранҷ")
		want("the version before", codes, "Аз роҳи Исломқалъа")
	})
}

// TestTheBodyOfAnAlert: all members of a channel read one text. Its times are those of their country, and in UTC where there are several.
func TestTheBodyOfAnAlert(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		body := func(by people.Caller, to people.Organisation) string {
			w := transitTo(to)
			w.Slots = []byte(`{"count":2,"from":"AF-HER","window":[1793007000]}`)
			id := c.send(by, w)
			var content struct{ Body string }
			c.Must(c.DB.Read(t.Context(), func(tx *store.Tx) error {
				e, err := c.Rooms.EventByID(tx, id)
				if err != nil {
					return err
				}
				return json.Unmarshal(e.Content, &content)
			}))
			return content.Body
		}
		if text := body(c.sender, c.dushanbe); !strings.Contains(text, "9:30 UTC") {
			t.Errorf("in two countries: %q", text)
		}
		if text := body(c.lead, c.dushanbe); !strings.Contains(text, "14:30") || strings.Contains(text, "UTC") {
			t.Errorf("in one country: %q", text)
		}
	})
}
