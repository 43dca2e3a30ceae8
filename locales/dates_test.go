package locales

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// nawroz is 21 March 2026, 08:05 in UTC: the same moment, and the same words, as in the client's test of its calendar.
var nawroz = time.Date(2026, time.March, 21, 8, 5, 0, 0, time.UTC)

func TestMoment(t *testing.T) {
	for _, c := range []struct{ language, country, want string }{
		{"fa-AF", "AF", "۱ حمل ۱۴۰۵، ۱۲:۳۵"},
		{"ps", "AF", "۱ وری ۱۴۰۵، ۱۲:۳۵"},
		{"en", "AF", "1 Hamal 1405, 12:35"},
		{"fa-AF", "PK", "۲۱ مارچ ۲۰۲۶، ۱:۰۵ ب.ظ."},
		{"tg", "TJ", "21 март 2026, 13:05"},
		{"uz", "UZ", "21-mart, 2026, 13:05"},
		{"tk", "TM", "21 mart 2026, 13:05"},
		{"ur", "PK", "21 مارچ، 2026، 1:05 بعد دوپہر"},
		{"ru", "TJ", "21 марта 2026 г., 13:05"},
		{"en", "PK", "21 March 2026, 1:05 PM"},
		{"en", "", "21 March 2026, 8:05 UTC"},
		{"ps", "", "۱ وری ۱۴۰۵، ۸:۰۵ UTC"},
		{"ur", "", "21 مارچ، 2026، 8:05 قبل دوپہر UTC"},
	} {
		if got := UsualDates(c.language, c.country).Moment(nawroz); got != c.want {
			t.Errorf("%s in %q: got %q, want %q", c.language, c.country, got, c.want)
		}
	}
}

func TestTheTwelveHoursOfAClock(t *testing.T) {
	style := UsualDates("en", "PK")
	for hour, want := range map[int]string{0: "12:30 AM", 1: "1:30 AM", 11: "11:30 AM", 12: "12:30 PM", 13: "1:30 PM", 23: "11:30 PM"} {
		if got := style.Clock(time.Date(2026, 1, 1, hour, 30, 0, 0, style.Zone)); got != want {
			t.Errorf("%d:30: got %q, want %q", hour, got, want)
		}
	}
}

func TestSameDay(t *testing.T) {
	kabul := UsualDates("ps", "AF")
	late := time.Date(2026, 3, 21, 19, 29, 0, 0, time.UTC)
	if !kabul.SameDay(nawroz, late) || kabul.SameDay(nawroz, late.Add(time.Minute)) {
		t.Error("a day in Kabul ends at 19:30 in UTC")
	}
}

// goldenSolar is where the client reads which Solar Hijri dates the hub has.
const goldenSolar = "../web/src/i18n/testdata/solar.json"

// TestSolarDatesAreTheBrowsers: the hub counts by a rule of its own, the client asks the browser. The days are those around the new year,
// where one that is wrong shows, and each 97th between.
func TestSolarDatesAreTheBrowsers(t *testing.T) {
	got := map[string][3]int{}
	add := func(day time.Time) {
		y, m, d := solarDate(day)
		got[day.Format(time.DateOnly)] = [3]int{y, m, d}
	}
	for year := 2020; year < 2100; year++ {
		for day := 19; day <= 22; day++ {
			add(time.Date(year, time.March, day, 0, 0, 0, 0, time.UTC))
		}
	}
	for day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2100; day = day.AddDate(0, 0, 97) {
		add(day)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(goldenSolar, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenSolar)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(raw)+"\n" {
		t.Errorf("the dates differ from %s: run this test with -update and look at the change", goldenSolar)
	}
}
