package push

import (
	"fmt"
	"time"
	_ "time/tzdata" // a machine may have no table of time zones, and people's quiet hours need one

	"panah/hub/fault"
)

// Quiet are a person's quiet hours: from one time of day to another in their time zone, over midnight where the second comes first.
type Quiet struct {
	From  string `json:"from"`  // "22:00"
	Until string `json:"until"` // "06:30"
	Zone  string `json:"zone"`  // IANA name, such as Asia/Kabul
}

const dayMinutes = 24 * 60

// quietHours is the same as it is kept: minutes of the day. The zero value is never quiet.
type quietHours struct {
	from, until int
	zone        *time.Location
}

// parse checks what a person wishes.
func (q *Quiet) parse() (quietHours, error) {
	from, err1 := minutes(q.From)
	until, err2 := minutes(q.Until)
	zone, err3 := loadZone(q.Zone)
	if err1 != nil || err2 != nil || err3 != nil || from == until {
		return quietHours{}, fault.InvalidParam("error.quiet_hours")
	}
	return quietHours{from, until, zone}, nil
}

// minutes reads a time of day as HH:MM.
func minutes(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != 5 {
		return 0, fmt.Errorf("no time of day: %q", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

// loadZone refuses "Local", which would be the machine's, and names that could be a path.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, fmt.Errorf("no time zone: %q", name)
	}
	return time.LoadLocation(name)
}

func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// end tells until when it is quiet now; the zero time when it is not. Each night is one span from a moment to a moment: where clocks are
// turned back inside it, it does not begin a second time, and where they are turned forward over its end it ends with the jump.
func (q quietHours) end(now time.Time) time.Time {
	if q.zone == nil || q.from == q.until {
		return time.Time{}
	}
	year, month, day := now.In(q.zone).Date()
	at := func(days, minute int) time.Time {
		return time.Date(year, month, day+days, minute/60, minute%60, 0, 0, q.zone)
	}
	over := 0
	if q.until < q.from {
		over = 1
	}
	for _, begins := range []int{-1, 0} {
		from, until := at(begins, q.from), at(begins+over, q.until)
		if !now.Before(from) && now.Before(until) {
			return until
		}
	}
	return time.Time{}
}
