package code

import (
	"cmp"
	"slices"
	"time"
)

// How long a shelter's count stands before people are told of its age. What is older than Uncounted is not counted as free.
const (
	AgeingAfter    = 12 * time.Hour
	StaleAfter     = 24 * time.Hour
	UncountedAfter = 48 * time.Hour
)

// Fresh is how old a count is, as one of the codes of Freshness.
func Fresh(confirmed, now time.Time) string {
	switch age := now.Sub(confirmed); {
	case age >= UncountedAfter:
		return "uncounted"
	case age >= StaleAfter:
		return "stale"
	case age >= AgeingAfter:
		return "ageing"
	}
	return "fresh"
}

// Distance is how far a shelter is from where somebody is, as far as it may be known: 0 the same province, 1 the same country, 2 another one or
// not said.
func Distance(from, inCountry, inProvince string) int {
	switch {
	case from == "" || inCountry == "" || country(from) != inCountry:
		return 2
	case inProvince != "" && inProvince == from:
		return 0
	}
	return 1
}

// Ranked is a shelter and how it suits a request.
type Ranked struct {
	Offer
	Fit
	Freshness string
	Free      int // 0 where the count is too old to go by
	Distance  int
	Borders   int // of provinces, on the way from where somebody is; Unknown where it is not said
}

// Unknown stands for a number of borders that nobody can tell.
const Unknown = -1

// What a way counts for in the order where a shelter says its country alone, and where not even that is known.
const (
	somewhere = 3 // borders of provinces from the edge of a country to its middle
	nowhere   = 99
)

// far is the way to a shelter as far as it goes into the order.
func (o Ranked) far(r Request) int {
	if o.Borders != Unknown {
		return o.Borders
	}
	if crossed, known := Borders(r.From, o.Country); known {
		return crossed + somewhere
	}
	return nowhere
}

// bordersTo is the way to a shelter that says its province, from a province that is said.
func bordersTo(o Offer, r Request) int {
	if o.Province == "" || r.From == "" || r.From == country(r.From) {
		return Unknown
	}
	if crossed, known := Borders(r.From, o.Province); known {
		return crossed
	}
	return Unknown
}

// Rank puts the shelters that fit in order: those that have what is asked for, by what speaks against them, the freshness of their count, the
// borders on the way, and at last the id, so that the order is the same each time. Those that are ruled out are left out.
func Rank(offers []Offer, r Request, now time.Time) (all []Ranked) {
	for _, o := range offers {
		one := Ranked{Offer: o, Fit: o.Fit(r), Freshness: Fresh(o.Confirmed, now), Free: o.Free, Distance: Distance(r.From, o.Country, o.Province), Borders: bordersTo(o, r)}
		if !one.Fits() {
			continue
		}
		if one.Freshness == "uncounted" {
			one.Free = 0
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Ranked) int {
		return cmp.Or(
			cmp.Compare(short(a, r), short(b, r)), cmp.Compare(len(a.Warnings), len(b.Warnings)),
			cmp.Compare(Freshness.rank(a.Freshness), Freshness.rank(b.Freshness)), cmp.Compare(a.far(r), b.far(r)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// short is 1 for a shelter that has fewer places than are asked for.
func short(o Ranked, r Request) int {
	if o.Free < r.Places() {
		return 1
	}
	return 0
}
