package code

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a request and of a shelter's criteria.
const (
	MaxGroup  = 20  // people in one request
	MaxAge    = 120 // years
	MaxPlaces = 999 // of one category in one shelter
)

// Request is what a caseworker asks for. It says for how many and what they need, and never who they are.
type Request struct {
	Category  string          `json:"category"`
	Group     int             `json:"group"` // people: 1 to MaxGroup
	Ages      []string        `json:"ages,omitempty"`
	Urgency   string          `json:"urgency"`
	Needs     []string        `json:"needs,omitempty"`
	Languages []string        `json:"languages,omitempty"`
	From      string          `json:"from,omitempty"`  // ISO 3166-2, or a country, where they are now; "" for not said
	Facts     map[string]bool `json:"facts,omitempty"` // what is not there is not known; no fact is ever demanded
}

var provinceForm = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)

// Check refuses what is out of bounds. Whether the province exists is for the caller to know.
func (r Request) Check() error {
	if r.Group < 1 || r.Group > MaxGroup {
		return bad("group")
	}
	if r.From != "" && !provinceForm.MatchString(r.From) {
		return bad("from")
	}
	for fact := range r.Facts {
		if !Fact.Has(fact) {
			return bad("facts")
		}
	}
	for _, check := range []error{
		Category.Check("category", r.Category), Urgency.Check("urgency", r.Urgency), Age.CheckAll("ages", r.Ages),
		Need.CheckAll("needs", r.Needs), Language.CheckAll("languages", r.Languages),
	} {
		if check != nil {
			return check
		}
	}
	return nil
}

// Places is how many places the request takes: one room for all of them, or a bed for each.
func (r Request) Places() int {
	if ByRoom(r.Category) {
		return 1
	}
	return r.Group
}

// Criterion is one thing that a shelter asks for. A hard one rules a request out, a soft one warns.
type Criterion struct {
	Name   string   `json:"name"`
	Hard   bool     `json:"hard,omitempty"`
	From   int      `json:"from,omitempty"`   // of ages in years; of intake_hours in minutes of the day
	To     int      `json:"to,omitempty"`     // the same, included; of group the largest one
	Values []string `json:"values,omitempty"` // of languages: one of these must be spoken
}

// minutes of a day.
const minutes = 24 * 60

func (c Criterion) check() error {
	sound := Criteria.Has(c.Name) && Language.CheckAll("criteria", c.Values) == nil && (len(c.Values) > 0) == (c.Name == "languages")
	switch c.Name {
	case "ages":
		sound = sound && c.From >= 0 && c.To >= c.From && c.To <= MaxAge
	case "group":
		sound = sound && c.From == 0 && c.To >= 1 && c.To <= MaxGroup
	case "intake_hours":
		sound = sound && c.From >= 0 && c.From < minutes && c.To >= 0 && c.To < minutes && c.From != c.To
	default:
		sound = sound && c.From == 0 && c.To == 0
	}
	if !sound {
		return bad("criteria")
	}
	return nil
}

// CheckCriteria refuses criteria that are unknown, out of bounds, or there twice.
func CheckCriteria(all []Criterion) error {
	for i, c := range all {
		if slices.ContainsFunc(all[:i], func(earlier Criterion) bool { return earlier.Name == c.Name }) {
			return bad("criteria")
		}
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

// years are the ends of an age band, both included.
func years(band string) (from, to int) {
	first, last, _ := strings.Cut(band, "-")
	from, _ = strconv.Atoi(first) // the bands are constants of codes.json
	if last == "" {
		return from, MaxAge
	}
	to, _ = strconv.Atoi(last)
	return from, to
}
