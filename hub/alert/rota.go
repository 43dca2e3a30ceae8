package alert

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

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

// Rota is an organisation's rota.
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
	return unique(users)
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

func unique(users []string) (all []string) {
	for _, user := range users {
		if user != "" && !slices.Contains(all, user) {
			all = append(all, user)
		}
	}
	return all
}

// Rota reads an organisation's rota: for its own people and for stewards.
func (a *Alerts) Rota(ctx context.Context, caller people.Caller, organisationID string) (r Rota, err error) {
	if organisationID != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		return r, fault.Forbidden("error.manage_own_only")
	}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		r, err = a.rotaTx(tx, organisationID)
		if err != nil {
			return err
		}
		r.Notes, err = query(tx, func(row scanner) (n HandOver, err error) { return n, row.Scan(&n.ID, &n.At, &n.Author, &n.Text) },
			`SELECT note_id, at, author, words FROM rota_notes WHERE organisation_id = $1 ORDER BY at DESC, note_id LIMIT $2`, organisationID, notesShown)
		return err
	})
	return r, err
}

func (a *Alerts) rotaTx(tx *store.Tx, organisationID string) (r Rota, err error) {
	o, err := a.people.OrganisationTx(tx, organisationID)
	if err != nil {
		return r, err
	}
	r.Zone = zones[o.Country]
	r.Slots, err = query(tx, func(row scanner) (s Slot, err error) {
		return s, row.Scan(&s.ID, &s.Weekday, &s.From, &s.Until, &s.UserID, &s.Place)
	}, `SELECT slot_id, weekday, from_minute, until_minute, user_id, place FROM rota_slots WHERE organisation_id = $1
		ORDER BY weekday, from_minute, place, slot_id`, organisationID)
	if err != nil {
		return r, err
	}
	r.Overrides, err = query(tx, func(row scanner) (o Override, err error) {
		return o, row.Scan(&o.ID, &o.From, &o.Until, &o.UserID, &o.Instead, &o.Note)
	}, `SELECT override_id, from_at, until_at, user_id, instead, note FROM rota_overrides WHERE organisation_id = $1 AND until_at > $2
		ORDER BY from_at, override_id`, organisationID, tx.Now.UnixMilli())
	if err != nil {
		return r, err
	}
	if r.Now, err = a.onDutyTx(tx, organisationID, r); err != nil {
		return r, err
	}
	next, at := Upcoming(r.Slots, r.Zone, tx.Now)
	if r.Next = next; next != "" {
		r.NextAt = at.UnixMilli()
	}
	return r, nil
}

// onDutyTx is who of an organisation is on duty now: first those who said so themselves, then those whom the rota names.
func (a *Alerts) onDutyTx(tx *store.Tx, organisationID string, r Rota) ([]string, error) {
	said, err := column(tx, `SELECT user_id FROM duty WHERE organisation_id = $1 AND ended = FALSE AND from_at <= $2 AND until_at > $2 ORDER BY from_at, user_id`,
		organisationID, tx.Now.UnixMilli())
	if err != nil {
		return nil, err
	}
	var able []string
	for _, user := range unique(append(said, OnCall(r.Slots, r.Overrides, r.Zone, tx.Now)...)) {
		if ok, err := a.mayBeCalled(tx, organisationID, user); err != nil {
			return nil, err
		} else if ok {
			able = append(able, user)
		}
	}
	return able, nil
}

// mayBeCalled: a rota outlives the people in it.
func (a *Alerts) mayBeCalled(tx *store.Tx, organisationID, user string) (bool, error) {
	person, err := a.people.PersonTx(tx, user)
	if err != nil {
		return false, err
	}
	return person.OrganisationID == organisationID && (people.Caller{Person: person}).Require(people.ActGoOnDuty) == nil, nil
}

// mayChangeRota: administrators of the organisation, and stewards.
func mayChangeRota(caller people.Caller, organisationID string) error {
	if err := caller.Require(people.ActManageRota); err != nil {
		return err
	}
	if organisationID != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		return fault.Forbidden("error.manage_own_only")
	}
	return nil
}

// SetRota replaces an organisation's weekly slots.
func (a *Alerts) SetRota(ctx context.Context, caller people.Caller, organisationID string, slots []Slot) error {
	if err := mayChangeRota(caller, organisationID); err != nil {
		return err
	}
	if len(slots) > slotsMost {
		return bad("slots")
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM rota_slots WHERE organisation_id = $1`, organisationID); err != nil {
			return err
		}
		for _, s := range slots {
			if err := a.addSlot(tx, organisationID, s); err != nil {
				return err
			}
		}
		return a.people.AuditTx(tx, caller.UserID, "set_rota", organisationID, map[string]string{"organisation": organisationID})
	})
}

func (a *Alerts) addSlot(tx *store.Tx, organisationID string, s Slot) error {
	if s.Weekday < 0 || s.Weekday > 6 || s.From < 0 || s.From >= 1440 || s.Until < 0 || s.Until > 1440 || s.Place < 1 || s.Place > placesMost {
		return bad("slots")
	}
	if err := a.colleague(tx, organisationID, s.UserID); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO rota_slots (slot_id, organisation_id, weekday, from_minute, until_minute, user_id, place) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		newID(), organisationID, s.Weekday, s.From, s.Until, s.UserID, s.Place)
	return err
}

// colleague refuses who could not be on duty for an organisation.
func (a *Alerts) colleague(tx *store.Tx, organisationID, user string) error {
	able, err := a.mayBeCalled(tx, organisationID, user)
	if err == nil && !able {
		err = fault.NotFound("error.unknown_person")
	}
	return err
}

// AddOverride has somebody stand in for a while: set by an administrator, or by whoever stands in themselves.
func (a *Alerts) AddOverride(ctx context.Context, caller people.Caller, organisationID string, o Override) (id string, err error) {
	if caller.UserID != o.UserID || caller.OrganisationID != organisationID {
		if err := mayChangeRota(caller, organisationID); err != nil {
			return "", err
		}
	}
	if err := checkText("note", o.Note, noteLimit); err != nil {
		return "", err
	}
	id = newID()
	return id, a.db.Write(ctx, func(tx *store.Tx) error {
		if o.Until <= tx.Now.UnixMilli() || o.Until <= o.From || o.Until-o.From > overrideLong.Milliseconds() || o.From > tx.Now.AddDate(1, 0, 0).UnixMilli() {
			return bad("until")
		}
		if err := a.colleague(tx, organisationID, o.UserID); err != nil {
			return err
		}
		if len(o.Instead) > 255 || !storable(o.Instead) {
			return bad("instead")
		}
		if _, err := tx.Exec(`DELETE FROM rota_overrides WHERE organisation_id = $1 AND until_at <= $2`, organisationID, tx.Now.UnixMilli()); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO rota_overrides (override_id, organisation_id, from_at, until_at, user_id, instead, note, set_by)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM rota_overrides WHERE organisation_id = $2) < $9`,
			id, organisationID, o.From, o.Until, o.UserID, o.Instead, o.Note, caller.UserID, overridesMost)
		if err == nil && n == 0 {
			err = bad("until")
		}
		return err
	})
}

// RemoveOverride takes one away: by an administrator, or by whoever stands in.
func (a *Alerts) RemoveOverride(ctx context.Context, caller people.Caller, organisationID, id string) error {
	user := caller.UserID
	if mayChangeRota(caller, organisationID) == nil {
		user = ""
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM rota_overrides WHERE override_id = $1 AND organisation_id = $2 AND ($3 = '' OR user_id = $3)`, id, organisationID, user)
		if err == nil && n == 0 {
			err = fault.NotFound("error.unknown_override")
		}
		return err
	})
}

// AddNote leaves a word for the next shift. Notes are kept for a month.
func (a *Alerts) AddNote(ctx context.Context, caller people.Caller, organisationID, text string) error {
	if err := caller.Require(people.ActGoOnDuty); err != nil {
		return err
	}
	if organisationID == "" || organisationID != caller.OrganisationID {
		return fault.Forbidden("error.manage_own_only")
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return fault.MissingParam("text")
	}
	if err := checkText("text", text, textLimit); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO rota_notes (note_id, organisation_id, author, at, words) VALUES ($1, $2, $3, $4, $5)`,
			newID(), organisationID, caller.UserID, tx.Now.UnixMilli(), text)
		return err
	})
}

// SetLead says which organisation coordinates a country; "" takes that away.
//
// Coordinators are the administrators of a lead organisation, and no role of their own: an organisation stays when people come and go, it always
// has an administrator, and whoever leaves it is a coordinator no longer without anybody having to think of it.
func (a *Alerts) SetLead(ctx context.Context, caller people.Caller, country, organisationID string) error {
	if err := caller.Require(people.ActManageAlerts); err != nil {
		return err
	}
	if !slices.Contains(people.Countries(), country) {
		return fault.InvalidParam("error.bad_country")
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		before, err := column(tx, `DELETE FROM alert_leads WHERE country = $1 RETURNING organisation_id`, country)
		if err != nil {
			return err
		}
		about := organisationID
		if organisationID == "" && len(before) > 0 {
			about = before[0]
		}
		if organisationID != "" {
			o, err := a.people.OrganisationTx(tx, organisationID)
			if err != nil {
				return err
			}
			if o.Standing != people.OrganisationVetted {
				return fault.Forbidden("error.organisation_not_vetted")
			}
			if official(o) { // it would be called to alerts of which nobody chose to tell it
				return fault.InvalidParam("error.lead_official")
			}
			_, err = tx.Exec(`INSERT INTO alert_leads (country, organisation_id, set_by, at) VALUES ($1, $2, $3, $4)`,
				country, organisationID, caller.UserID, tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return a.people.AuditTx(tx, caller.UserID, "set_lead", about, map[string]string{"organisation": about, "country": country})
	})
}

// Leads are the organisations that coordinate a country, by country.
func (a *Alerts) Leads(ctx context.Context) (leads map[string]string, err error) {
	leads = map[string]string{}
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		all, err := query(tx, func(row scanner) (l [2]string, err error) { return l, row.Scan(&l[0], &l[1]) }, `SELECT country, organisation_id FROM alert_leads`)
		for _, l := range all {
			leads[l[0]] = l[1]
		}
		return err
	})
	return leads, err
}
