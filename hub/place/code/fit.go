package code

import (
	"slices"
	"time"
)

// Offer is what of a shelter matters for whether it suits a request.
type Offer struct {
	ID         string
	Country    string // "" where it is not disclosed
	Province   string // "" where it is not disclosed
	Criteria   []Criterion
	Services   []string
	Languages  []string
	Categories []string // those of which it has places
	Free       int      // places of the request's category, as counted
	Confirmed  time.Time
	Minute     int // of the day, where the shelter is
}

// Fit is how a shelter suits a request.
type Fit struct {
	Failed   []string // hard criteria that rule it out
	Warnings []string // soft criteria that speak against it, hard ones of which nothing is known, and "need." with what it does not offer
}

// Fits tells whether nothing rules the shelter out.
func (f Fit) Fits() bool { return len(f.Failed) == 0 }

// answer is what a request says about a criterion.
type answer int

const (
	met     answer = iota
	unknown        // or in part: it warns, and rules nothing out
	unmet
)

// Fit tells how a shelter suits a request. Nothing that the request leaves open rules a shelter out: no paper and no status is demanded here.
func (o Offer) Fit(r Request) (f Fit) {
	for _, c := range o.Criteria {
		switch said := criteria[c.Name](o, c, r); {
		case said == unmet && c.Hard:
			f.Failed = append(f.Failed, c.Name)
		case said != met:
			f.Warnings = append(f.Warnings, c.Name)
		}
	}
	for _, need := range r.Needs {
		if !slices.Contains(o.Services, need) && !slices.Contains(o.Categories, need) {
			f.Warnings = append(f.Warnings, "need."+need)
		}
	}
	return f
}

// criteria says of each criterion what a request says about it.
var criteria = map[string]func(Offer, Criterion, Request) answer{
	"ages":            agesFit,
	"group":           func(_ Offer, c Criterion, r Request) answer { return claim(r.Group <= c.To) },
	"foreign":         foreignFits,
	"languages":       languagesFit,
	"documents":       has("documents"),
	"court_order":     has("court_order"),
	"official_status": has("official_status"),
	"dependence":      hasNot("dependence"),
	"intake_hours":    hoursFit,
	"guardian":        has("guardian"),
	// The call is made after asking, by whoever asks.
	"verification": func(Offer, Criterion, Request) answer { return unknown },
}

func claim(holds bool) answer {
	if holds {
		return met
	}
	return unmet
}

func has(fact string) func(Offer, Criterion, Request) answer {
	return func(_ Offer, _ Criterion, r Request) answer {
		if holds, said := r.Facts[fact]; said {
			return claim(holds)
		}
		return unknown
	}
}

func hasNot(fact string) func(Offer, Criterion, Request) answer {
	return func(_ Offer, _ Criterion, r Request) answer {
		if holds, said := r.Facts[fact]; said {
			return claim(!holds)
		}
		return met // it is not asked of everybody
	}
}

// agesFit: a band that lies half inside warns, since nobody's age is known to the year.
func agesFit(_ Offer, c Criterion, r Request) answer {
	said := met
	for _, band := range r.Ages {
		from, to := years(band)
		switch {
		case to < c.From || from > c.To:
			return unmet
		case from < c.From || to > c.To:
			said = unknown
		}
	}
	if len(r.Ages) == 0 {
		return unknown
	}
	return said
}

// foreignFits: who comes from another country may be of this one all the same.
func foreignFits(o Offer, c Criterion, r Request) answer {
	if _, said := r.Facts["foreign"]; said {
		return hasNot("foreign")(o, c, r)
	}
	if r.From == "" || o.Country == "" || country(r.From) != o.Country {
		return unknown
	}
	return met
}

// languagesFit: an interpreter makes up for a language.
func languagesFit(o Offer, c Criterion, r Request) answer {
	common := slices.ContainsFunc(r.Languages, func(l string) bool { return slices.Contains(c.Values, l) })
	switch {
	case common:
		return met
	case len(r.Languages) == 0 || slices.Contains(o.Services, "interpretation"):
		return unknown
	}
	return unmet
}

func hoursFit(o Offer, c Criterion, _ Request) answer {
	if c.From < c.To {
		return claim(o.Minute >= c.From && o.Minute < c.To)
	}
	return claim(o.Minute >= c.From || o.Minute < c.To) // over midnight
}

func country(province string) string { return province[:min(2, len(province))] }
