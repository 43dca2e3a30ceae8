package place

import (
	"cmp"
	"context"
	"slices"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// What is fewer is not told in sums: by small numbers people could be known. None at all is always told.
const (
	leastLive      = 3
	leastPublished = 11
)

// Suppressed stands for a number that is too small to be told.
const Suppressed = -1

func suppressed(n, least int) int {
	if n > 0 && n < least {
		return Suppressed
	}
	return n
}

// Sum is what is free, and who waits, in a country (” for shelters that do not say where they are).
type Sum struct {
	Country, Category string
	Free, Waiting     int // or Suppressed
}

// Response is how a shelter answers.
type Response struct {
	ShelterID, Name string
	Asked           int // requests that it could decide
	Answered        int
	Median          time.Duration // from when it could decide to its answer
}

// Unmet is how often people looked for a place and nothing was free.
type Unmet struct {
	Month    string // 2026-11, in UTC
	Category string
	Count    int // or Suppressed
}

// Figures are sums over what the caller sees, and over the network.
type Figures struct {
	Live     []Sum
	Map      []Area
	Response []Response // of the caller's own shelters; of all for those who look after the network
	Unmet    []Unmet
	Trends   []Trend
	Waits    []Wait
}

// Area is what is free, and who waits, in a province, or in a country whose shelters do not say more; of all categories where Category is "".
type Area struct {
	Place, Category string
	Free, Waiting   int // or Suppressed
}

const monthsMost = 12

// Figures reads the figures of the last months.
func (p *Places) Figures(ctx context.Context, caller people.Caller, months int) (f Figures, err error) {
	if err := caller.Require(people.ActSeePlaceFigures); err != nil {
		return f, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		year, month, _ := tx.Now.UTC().Date()
		from := time.Date(year, month-time.Month(max(1, min(months, monthsMost))-1), 1, 0, 0, 0, 0, time.UTC).UnixMilli()
		shelters, err := p.summable(tx, caller)
		if err != nil {
			return err
		}
		f.Live, f.Map = liveSums(shelters, tx.Now), areaSums(shelters, tx.Now)
		if f.Response, err = responses(tx, caller, from); err != nil {
			return err
		}
		if f.Unmet, err = unmetBetween(tx, from, tx.Now.UnixMilli()+1); err != nil {
			return err
		}
		if f.Trends, err = trendsSince(tx, from); err != nil {
			return err
		}
		f.Waits, err = waitsByMonth(tx, from)
		return err
	})
	return f, err
}

// summable are the shelters of which a caller is told sums.
func (p *Places) summable(tx *store.Tx, caller people.Caller) ([]Shelter, error) {
	if caller.OrganisationID == "" && caller.Require(people.ActManagePlaces) == nil {
		return everyShelter(tx)
	}
	return p.sheltersTx(tx, caller)
}

// summedOf is what a sum is over.
type summedOf struct{ where, category string }

type sum struct{ Free, Waiting int }

func byCountry(s Shelter, category string) []summedOf { return []summedOf{{s.Country, category}} }

// byPlace sums a category by itself, and with the others.
func byPlace(s Shelter, category string) []summedOf {
	where := cmp.Or(s.Province, s.Country)
	return []summedOf{{where, category}, {where, ""}}
}

// summed adds up what open shelters have; what is too old is not counted as free.
func summed(shelters []Shelter, now time.Time, by func(s Shelter, category string) []summedOf) map[summedOf]sum {
	sums := map[summedOf]sum{}
	for _, s := range shelters {
		if s.Closed {
			continue
		}
		fresh := now.UnixMilli()-s.ConfirmedAt < uncounted
		for category, free := range s.Free {
			for _, of := range by(s, category) {
				one := sums[of]
				if fresh {
					one.Free += free
				}
				one.Waiting += s.Waiting[category]
				sums[of] = one
			}
		}
	}
	return sums
}

func liveSums(shelters []Shelter, now time.Time) (all []Sum) {
	for of, one := range summed(shelters, now, byCountry) {
		all = append(all, Sum{of.where, of.category, suppressed(one.Free, leastLive), suppressed(one.Waiting, leastLive)})
	}
	slices.SortFunc(all, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Country, b.Country), cmp.Compare(a.Category, b.Category))
	})
	return all
}

func areaSums(shelters []Shelter, now time.Time) (all []Area) {
	for of, one := range summed(shelters, now, byPlace) {
		all = append(all, Area{of.where, of.category, suppressed(one.Free, leastLive), suppressed(one.Waiting, leastLive)})
	}
	slices.SortFunc(all, func(a, b Area) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Category, b.Category))
	})
	return all
}

// everyShelter is for sums of the whole network alone: those in danger and those that show themselves to nobody are left out.
func everyShelter(tx *store.Tx) ([]Shelter, error) {
	all, err := store.All(tx, scanShelter, `SELECT `+shelterColumns+` FROM shelters s WHERE NOT s.frozen AND s.seen_by <> 'organisation' ORDER BY s.shelter_id`)
	for i := range all {
		if err == nil {
			err = countTx(tx, &all[i])
		}
	}
	return all, err
}

func responses(tx *store.Tx, caller people.Caller, from int64) (all []Response, err error) {
	whose := caller.OrganisationID
	if caller.Require(people.ActManagePlaces) == nil {
		whose = ""
	} else if whose == "" {
		return nil, nil
	}
	type row struct {
		id, name         string
		asked, decidedAt int64
	}
	rows, err := store.All(tx, func(r store.Scanner) (one row, err error) {
		return one, r.Scan(&one.id, &one.name, &one.asked, &one.decidedAt)
	},
		`SELECT s.shelter_id, s.name, r.asked_at, r.decided_at FROM place_requests r /* reads all */ JOIN shelters s ON s.shelter_id = r.shelter_id
		WHERE r.asked_at >= $1 AND ($2 = '' OR s.organisation_id = $2) AND r.state <> 'withdrawn' ORDER BY s.shelter_id, r.asked_at`, from, whose)
	var waits []time.Duration
	for _, one := range rows {
		if len(all) == 0 || all[len(all)-1].ShelterID != one.id {
			all, waits = append(all, Response{ShelterID: one.id, Name: one.name}), nil
		}
		last := &all[len(all)-1]
		last.Asked++
		if one.decidedAt > 0 {
			last.Answered++
			waits = append(waits, time.Duration(max(0, one.decidedAt-one.asked))*time.Millisecond)
			last.Median = median(waits)
		}
	}
	return all, err
}

// median is the middle one, or between the two in the middle; 0 for none.
func median(waits []time.Duration) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(waits))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func unmetBetween(tx *store.Tx, from, until int64) (all []Unmet, err error) {
	type row struct {
		at       int64
		category string
	}
	rows, err := store.All(tx, func(r store.Scanner) (one row, err error) { return one, r.Scan(&one.at, &one.category) },
		`SELECT at, category FROM place_unmet WHERE at >= $1 AND at < $2`, from, until)
	counts := map[Unmet]int{}
	for _, one := range rows {
		counts[Unmet{Month: monthOf(one.at), Category: one.category}]++
	}
	for of, n := range counts {
		of.Count = suppressed(n, leastPublished)
		all = append(all, of)
	}
	slices.SortFunc(all, func(a, b Unmet) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Category, b.Category))
	})
	return all, err
}

// noteUnmet notes that somebody looked and nothing was free: once a day for each category, so that looking again does not make it more.
func (p *Places) noteUnmet(ctx context.Context, caller people.Caller, s Search) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`INSERT INTO place_acts (user_id, device_id, txn_id, about, at) VALUES ($1, '', $2, '', $3) ON CONFLICT DO NOTHING`,
			caller.UserID, "unmet "+s.Category+" "+tx.Now.UTC().Format(time.DateOnly), tx.Now.UnixMilli())
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(`INSERT INTO place_unmet (unmet_id, at, country, category) VALUES ($1, $2, $3, $4)`,
			newID(), tx.Now.UnixMilli(), s.From[:min(2, len(s.From))], s.Category)
		return err
	})
}
