package push

import (
	"testing"
	"time"
)

func TestQuietHours(t *testing.T) {
	tests := []struct {
		name, from, until, zone string
		now, end                string // end "" is not quiet
	}{
		{"evening", "22:00", "06:30", "Asia/Kabul", "2026-03-21T22:00:00+04:30", "2026-03-22T06:30:00+04:30"},
		{"before midnight", "22:00", "06:30", "Asia/Kabul", "2026-03-21T23:59:59+04:30", "2026-03-22T06:30:00+04:30"},
		{"after midnight", "22:00", "06:30", "Asia/Kabul", "2026-03-22T00:00:00+04:30", "2026-03-22T06:30:00+04:30"},
		{"the last moment", "22:00", "06:30", "Asia/Kabul", "2026-03-22T06:29:59+04:30", "2026-03-22T06:30:00+04:30"},
		{"the end", "22:00", "06:30", "Asia/Kabul", "2026-03-22T06:30:00+04:30", ""},
		{"noon", "22:00", "06:30", "Asia/Kabul", "2026-03-21T12:00:00+04:30", ""},
		{"just before", "22:00", "06:30", "Asia/Kabul", "2026-03-21T21:59:59+04:30", ""},
		{"the zone counts and not the clock's", "22:00", "06:30", "Asia/Kabul", "2026-03-21T18:00:00Z", "2026-03-22T06:30:00+04:30"},
		{"by day", "13:00", "15:00", "Asia/Dushanbe", "2026-03-21T14:00:00+05:00", "2026-03-21T15:00:00+05:00"},
		{"by day, at night", "13:00", "15:00", "Asia/Dushanbe", "2026-03-21T02:00:00+05:00", ""},
		{"all but an hour", "07:00", "06:00", "Asia/Tashkent", "2026-03-21T06:30:00+05:00", ""},
		{"all but an hour, after it", "07:00", "06:00", "Asia/Tashkent", "2026-03-21T07:00:00+05:00", "2026-03-22T06:00:00+05:00"},
		// Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
		{"the short night", "22:00", "06:00", "Europe/Berlin", "2026-03-29T01:30:00+01:00", "2026-03-29T06:00:00+02:00"},
		{"the short night, after the jump", "22:00", "06:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00", "2026-03-29T06:00:00+02:00"},
		{"the long night, first 02:30", "22:00", "06:00", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-25T06:00:00+01:00"},
		{"the long night, second 02:30", "22:00", "06:00", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T06:00:00+01:00"},
		{"an end that does not exist", "22:00", "02:30", "Europe/Berlin", "2026-03-29T01:00:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"after it", "22:00", "02:30", "Europe/Berlin", "2026-03-29T03:30:00+02:00", ""},
		{"an end that comes twice, after the first", "22:00", "02:30", "Europe/Berlin", "2026-10-25T02:45:00+02:00", "2026-10-25T02:30:00+01:00"},
		{"an end that comes twice, after the second", "22:00", "02:30", "Europe/Berlin", "2026-10-25T02:30:00+01:00", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q, err := (&Quiet{test.from, test.until, test.zone}).parse()
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, test.now)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if end := q.end(now); !end.IsZero() {
				got = end.Format(time.RFC3339)
			}
			if got != test.end {
				t.Errorf("quiet until %q, want %q", got, test.end)
			}
		})
	}
}

// Whatever the hours and the day, quiet hours end after now and within a day and the hour that clocks may be turned back.
func TestQuietHoursEnd(t *testing.T) {
	for _, zone := range []string{"Asia/Kabul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"} {
		for from := 0; from < dayMinutes; from += 97 {
			for until := 0; until < dayMinutes; until += 89 {
				if from == until {
					continue
				}
				q, err := (&Quiet{clockText(from), clockText(until), zone}).parse()
				if err != nil {
					t.Fatal(err)
				}
				for now := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC); now.Before(time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)); now = now.Add(37 * time.Minute) {
					if end := q.end(now); !end.IsZero() && (!end.After(now) || end.Sub(now) > 25*time.Hour) {
						t.Fatalf("%s %v: quiet at %v until %v", zone, q, now, end)
					}
				}
			}
		}
	}
}

func TestQuietHoursRefused(t *testing.T) {
	for _, q := range []Quiet{
		{"22:00", "22:00", "Asia/Kabul"}, {"24:00", "06:00", "Asia/Kabul"}, {"9:00", "06:00", "Asia/Kabul"}, {"22:00", "06:00", ""},
		{"22:00", "06:00", "Local"}, {"22:00", "06:00", "Asia/Atlantis"}, {"22:00", "06:00", "../../etc/passwd"}, {"", "", "Asia/Kabul"},
	} {
		if _, err := q.parse(); err == nil {
			t.Errorf("%+v was taken", q)
		}
	}
}
