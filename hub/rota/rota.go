// Package rota is who is on duty: the weeks of organisations and of shelters, who stands in, and what one shift leaves for the next.
//
// What follows from it is decided by others: an alert that nobody answers goes to who is on duty in an organisation, and a request for a place to who
// takes people in at a shelter.
package rota

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// Of is whose rota it is: an organisation's or, where Shelter is given, that of one of its shelters.
type Of struct{ Organisation, Shelter string }

// Rotas are this hub's rotas. It is safe for use by many goroutines.
type Rotas struct {
	db     *store.DB
	people *people.People
}

// New makes the rotas of a hub.
func New(db *store.DB, p *people.People) *Rotas {
	p.OnErase(eraseTx)
	return &Rotas{db: db, people: p}
}

// eraseTx takes somebody who leaves the network off every rota.
func eraseTx(tx *store.Tx, userID string) error {
	for _, statement := range []string{
		`DELETE FROM rota_slots WHERE user_id = $1`,
		`DELETE FROM rota_overrides WHERE user_id = $1`,
		`DELETE FROM rota_notes WHERE author = $1`,
	} {
		if _, err := tx.Exec(statement, userID); err != nil {
			return err
		}
	}
	return nil
}

// Slot is a weekly hour of duty.
type Slot struct {
	ID      string `json:"id"`
	Weekday int    `json:"weekday"` // 0 is Monday
	From    int    `json:"from"`    // minute of the day, 0 to 1439, in the organisation's time
	Until   int    `json:"until"`   // the same, up to 1440; not after From means the next day
	UserID  string `json:"user_id"`
	Place   int    `json:"place"` // 1 is asked first
}

// Override is a span in which somebody else is on duty.
type Override struct {
	ID      string `json:"id"`
	From    int64  `json:"from"` // Unix milliseconds
	Until   int64  `json:"until"`
	UserID  string `json:"user_id"`
	Instead string `json:"instead"` // whom they stand in for, or ""
	Note    string `json:"note"`
}

// HandOver is what one shift leaves for the next.
type HandOver struct {
	ID     string
	At     int64 // Unix milliseconds
	Author string
	Text   string
}

// Rota is the rota of an organisation or of a shelter.
type Rota struct {
	Slots     []Slot
	Overrides []Override
	Notes     []HandOver
	Zone      int      // minutes east of UTC
	Now       []string // who is on duty, the first asked first
	Next      string   // who comes next, or ""
	NextAt    int64    // Unix milliseconds
}

const (
	weekMinutes   = 7 * 24 * 60
	slotsMost     = 200
	placesMost    = 5
	overridesMost = 100
	overrideLong  = 31 * 24 * time.Hour
	notesShown    = 20
	notesKept     = 30 * 24 * time.Hour
	standInLimit  = 500  // characters of why somebody stands in
	noteLimit     = 2000 // characters of a note to the next shift
)

// zones are the countries' times in minutes east of UTC. None of them has summer time. A sixth country is one more entry.
var zones = map[string]int{"AF": 270, "PK": 300, "TJ": 300, "TM": 300, "UZ": 300}

// minuteOfWeek is how far into its week an organisation is; the week begins on Monday.
func minuteOfWeek(at time.Time, zone int) int {
	local := at.UTC().Add(time.Duration(zone) * time.Minute)
	return (int(local.Weekday())+6)%7*24*60 + local.Hour()*60 + local.Minute()
}

// span is the slot's beginning in the week and its length, in minutes.
func (s Slot) span() (begin, length int) {
	length = s.Until - s.From
	if length <= 0 {
		length += 24 * 60
	}
	return s.Weekday*24*60 + s.From, length
}

func (s Slot) covers(minute int) bool {
	begin, length := s.span()
	return (minute-begin+weekMinutes)%weekMinutes < length
}

// OnCall is who is on duty by the rota at a moment, the first asked first: who stands in, then the week's people by their place.
func OnCall(slots []Slot, overrides []Override, zone int, at time.Time) (users []string) {
	replaced := map[string]bool{}
	for _, o := range overrides {
		if o.From <= at.UnixMilli() && at.UnixMilli() < o.Until {
			users = append(users, o.UserID)
			replaced[o.Instead] = true
		}
	}
	week := slices.Clone(slots)
	slices.SortStableFunc(week, func(a, b Slot) int { return cmp.Or(cmp.Compare(a.Place, b.Place), strings.Compare(a.UserID, b.UserID)) })
	for _, s := range week {
		if s.covers(minuteOfWeek(at, zone)) && !replaced[s.UserID] {
			users = append(users, s.UserID)
		}
	}
	return once(users)
}

// Upcoming is whose duty begins next after a moment, and when; "" without a rota.
func Upcoming(slots []Slot, zone int, at time.Time) (user string, begins time.Time) {
	now, soonest := minuteOfWeek(at, zone), weekMinutes+1
	for _, s := range slots {
		begin, _ := s.span()
		wait := (begin-now-1+weekMinutes)%weekMinutes + 1
		if wait < soonest || wait == soonest && s.UserID < user {
			user, soonest = s.UserID, wait
		}
	}
	return user, at.Truncate(time.Minute).Add(time.Duration(soonest) * time.Minute)
}

// once is everybody once, in the order of first mention.
func once(users []string) (all []string) {
	for _, user := range users {
		if user != "" && !slices.Contains(all, user) {
			all = append(all, user)
		}
	}
	return all
}
