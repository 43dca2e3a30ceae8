package place

import (
	"cmp"
	"context"
	"slices"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// Cell is a number of a table that is published, and what of.
type Cell struct {
	Code  string
	Count int // or Suppressed
}

// Report is the year of a network, as it may be given to anybody: no number in it is below leastPublished, and none can be reckoned from the others.
type Report struct {
	Year     int
	Shelters []Cell // by country
	Asked    []Cell // by category: how often places were asked for, of however many shelters
	Became   []Cell // by state: what became of the requests that are over, one for each shelter that was asked
	Declined []Cell // by reason
	Left     []Cell // by how the stay ended
	Unmet    []Unmet
	Waited   Wait
}

// firstYear is before any hub was.
const firstYear = 2020

// Report reads the figures of a year, by UTC.
func (p *Places) Report(ctx context.Context, caller people.Caller, year int) (r Report, err error) {
	if err := caller.Require(people.ActSeePlaceFigures); err != nil {
		return r, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		if year < firstYear || year > tx.Now.UTC().Year() {
			return bad("year")
		}
		r, err = reportTx(tx, year)
		return err
	})
	return r, err
}

func reportTx(tx *store.Tx, year int) (r Report, err error) {
	r.Year = year
	from, until := startOf(year), startOf(year+1)
	r.Shelters, err = cells(tx, `SELECT country, COUNT(*) FROM shelters WHERE created_at < $1 AND country <> '' AND seen_by <> 'organisation' GROUP BY country`, until)
	if err != nil {
		return r, err
	}
	for _, table := range []struct {
		into *[]Cell
		text string
	}{
		{&r.Asked, `SELECT category, COUNT(DISTINCT ask_id) FROM place_requests /* reads all */ WHERE at >= $1 AND at < $2 GROUP BY category`},
		{&r.Became, `SELECT state, COUNT(*) FROM place_requests /* reads all */ WHERE at >= $1 AND at < $2 AND (ended_at > 0 OR state = 'arrived') GROUP BY state`},
		{&r.Declined, `SELECT reason, COUNT(*) FROM place_requests /* reads all */ WHERE at >= $1 AND at < $2 AND state = 'declined' AND reason <> '' GROUP BY reason`},
		{&r.Left, `SELECT reason, COUNT(*) FROM place_requests /* reads all */ WHERE at >= $1 AND at < $2 AND state = 'left' AND reason <> '' GROUP BY reason`},
	} {
		if *table.into, err = cells(tx, table.text, from, until); err != nil {
			return r, err
		}
	}
	if r.Unmet, err = unmetBetween(tx, from, until); err != nil {
		return r, err
	}
	_, waited, err := waitsBetween(tx, from, until)
	r.Waited = waitOf("", waited)
	return r, err
}

// cells reads codes with their counts, as they may be published.
func cells(tx *store.Tx, text string, args ...any) ([]Cell, error) {
	all, err := store.All(tx, func(row store.Scanner) (c Cell, err error) { return c, row.Scan(&c.Code, &c.Count) }, text, args...)
	return published(all), err
}

func startOf(year int) int64 { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() }

// published hides what is small. Where that is one number alone it hides the next smallest too: somebody who knows what they come to together
// would reckon the one from the others.
func published(cells []Cell) []Cell {
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Count, b.Count), cmp.Compare(a.Code, b.Code)) })
	hidden := 0
	for i := range cells {
		alone := hidden == 1 && cells[i].Count >= leastPublished
		if cells[i].Count = suppressed(cells[i].Count, leastPublished); alone {
			cells[i].Count = Suppressed
		}
		if cells[i].Count == Suppressed {
			hidden++
		}
	}
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Compare(a.Code, b.Code) })
	return cells
}
