package locales

import (
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// Calendar is how a reader counts days.
type Calendar string

// The calendars.
const (
	Solar     Calendar = "solar" // Solar Hijri, with Afghanistan's names of the months
	Gregorian Calendar = "gregorian"
)

// DateStyle is how one reader wants dates.
type DateStyle struct {
	Language string // one of Tags
	Digits   Digits
	Calendar Calendar
	Hours12  bool // whether the clock has twelve hours
	Zone     *time.Location
}

// zones are the countries' own: none of them changes its clocks in summer, so that no table of zones is needed.
var zones = map[string]*time.Location{
	"AF": time.FixedZone("Asia/Kabul", 4*3600+1800), "PK": time.FixedZone("Asia/Karachi", 5*3600),
	"TJ": time.FixedZone("Asia/Dushanbe", 5*3600), "TM": time.FixedZone("Asia/Ashgabat", 5*3600),
	"UZ": time.FixedZone("Asia/Tashkent", 5*3600),
}

// UsualDates is how dates are written for readers of a language in a country (ISO 3166-1 alpha-2): Afghanistan counts in Solar Hijri,
// Pakistan's clock has twelve hours. Without a known country the language stands for it, and times are in UTC and say so.
func UsualDates(language, country string) DateStyle {
	style := DateStyle{Language: language, Calendar: Gregorian, Hours12: country == "PK", Zone: time.UTC}
	if zone := zones[country]; zone != nil {
		style.Zone = zone
	}
	if country == "AF" || country == "" && (language == "fa-AF" || language == "ps") {
		style.Calendar = Solar
	}
	if country == "" && language == "ur" {
		style.Hours12 = true
	}
	return style
}

// dateWords are what dates.*.json have of a language, as far as the server needs it; made from CLDR by web/scripts/cldr.mjs.
type dateWords struct {
	Months, Solar, Periods []string
	Full                   string // pattern of a date: d day, m month, y year
}

var dateWordsOf = sync.OnceValue(func() map[string]dateWords {
	all := map[string]dateWords{}
	for _, tag := range Tags() {
		var words dateWords
		if raw, err := files.ReadFile("dates." + tag + ".json"); err == nil && json.Unmarshal(raw, &words) == nil {
			all[tag] = words
		}
	}
	return all
})

// Date writes a day with its year: 3 Aqrab 1405.
func (s DateStyle) Date(at time.Time) string {
	at = at.In(s.Zone)
	words := dateWordsOf()[s.Language]
	year, month, day := at.Year(), int(at.Month()), at.Day()
	names := words.Months
	if s.Calendar == Solar {
		year, month, day = solarDate(at)
		names = words.Solar
	}
	var b strings.Builder
	for _, r := range words.Full {
		switch r {
		case 'd':
			b.WriteString(s.Digits.number(s.Language, int64(day)))
		case 'm':
			b.WriteString(names[month-1])
		case 'y':
			b.WriteString(s.Digits.number(s.Language, int64(year)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Clock writes the time of day: 14:05, 2:05 PM; 14:05 UTC where the reader's own time is not known.
func (s DateStyle) Clock(at time.Time) string {
	at = at.In(s.Zone)
	hour, period := at.Hour(), ""
	if s.Hours12 {
		period = " " + dateWordsOf()[s.Language].Periods[hour/12]
		hour = (hour+11)%12 + 1
	}
	minutes := s.Digits.number(s.Language, int64(at.Minute()))
	if at.Minute() < 10 {
		minutes = s.Digits.number(s.Language, 0) + minutes
	}
	if s.Zone == time.UTC {
		period += " UTC"
	}
	return s.Digits.number(s.Language, int64(hour)) + ":" + minutes + period
}

// Moment writes the day and the time of day.
func (s DateStyle) Moment(at time.Time) string {
	comma := ","
	if s.Language == "fa-AF" || s.Language == "ps" || s.Language == "ur" {
		comma = "،"
	}
	return s.Date(at) + comma + " " + s.Clock(at)
}

// SameDay tells whether two moments fall on one day of the reader's.
func (s DateStyle) SameDay(a, b time.Time) bool {
	return a.In(s.Zone).Format(time.DateOnly) == b.In(s.Zone).Format(time.DateOnly)
}

// solarDate is the Solar Hijri date by ICU's rule of 33 years (persncal.cpp), which is the browser's.
func solarDate(at time.Time) (year, month, day int) {
	midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	const unixDay = 1948320 // the Julian day on which year 1 began
	days := int(midnight.Unix()/86400) + 2440588 - unixDay
	year = 1 + (33*days+3)/12053
	left := days - (365*(year-1) + (8*year+21)/33)
	if left < 216 { // seven months of 31 days; the sixth of them ends on day 186
		month = left / 31
	} else {
		month = (left - 6) / 30
	}
	first := month * 31
	if month > 6 {
		first = 6 + month*30
	}
	return year, month + 1, left - first + 1
}
