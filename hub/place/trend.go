package place

import (
	"cmp"
	"context"
	"slices"
	"time"

	"panah/hub/store"
)

// Trend is what was free of a category in a month, over the whole network.
type Trend struct {
	Month    string // 2026-11, in UTC
	Category string
	Free     int // the mean of its days, rounded; or Suppressed
}

// Wait is how long people waited in a month from asking until a shelter accepted them.
type Wait struct {
	Month  string        // in which they asked
	Median time.Duration // 0 where so few were accepted that it is not told
	Few    bool
}

// noteDay notes once on each day what is free: the first node that comes to it does.
func (p *Places) noteDay(ctx context.Context) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		day, noted := tx.Now.UTC().Format(time.DateOnly), false
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM place_days WHERE day = $1)`, day).Scan(&noted); err != nil || noted {
			return err
		}
		shelters, err := everyShelter(tx)
		if err != nil {
			return err
		}
		for at, sum := range summed(shelters, tx.Now, byCountry) {
			_, err := tx.Exec(`INSERT INTO place_days (day, country, category, free, waiting) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
				day, at.where, at.category, sum.Free, sum.Waiting)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// trendsSince are the means of the days that were noted.
func trendsSince(tx *store.Tx, from int64) (all []Trend, err error) {
	type day struct {
		of   string
		free int
		Trend
	}
	rows, err := store.All(tx, func(r store.Scanner) (one day, err error) { return one, r.Scan(&one.of, &one.Category, &one.free) },
		`SELECT day, category, SUM(free) FROM place_days WHERE day >= $1 GROUP BY day, category`, time.UnixMilli(from).UTC().Format(time.DateOnly))
	sums, days := map[Trend]int{}, map[Trend]int{}
	for _, one := range rows {
		of := Trend{Month: one.of[:len("2026-11")], Category: one.Category}
		sums[of] += one.free
		days[of]++
	}
	for of, sum := range sums {
		of.Free = suppressed((2*sum+days[of])/(2*days[of]), leastLive)
		all = append(all, of)
	}
	slices.SortFunc(all, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(a.Month, b.Month), cmp.Compare(a.Category, b.Category))
	})
	return all, err
}

// accepted are the states of those whom a shelter said yes to.
const accepted = `('accepted', 'arrived', 'left', 'no_show')`

// waitsBetween reads how long each who was accepted had waited, by the moment they asked.
func waitsBetween(tx *store.Tx, from, until int64) (asked []int64, waited []time.Duration, err error) {
	type row struct{ at, decided int64 }
	rows, err := store.All(tx, func(r store.Scanner) (one row, err error) { return one, r.Scan(&one.at, &one.decided) },
		`SELECT at, decided_at FROM place_requests /* reads all */ WHERE at >= $1 AND at < $2 AND decided_at > 0 AND state IN `+accepted+` ORDER BY at, request_id`, from, until)
	for _, one := range rows {
		asked, waited = append(asked, one.at), append(waited, time.Duration(max(0, one.decided-one.at))*time.Millisecond)
	}
	return asked, waited, err
}

// waitsByMonth is the time that people waited, month by month.
func waitsByMonth(tx *store.Tx, from int64) (all []Wait, err error) {
	asked, waited, err := waitsBetween(tx, from, tx.Now.UnixMilli()+1)
	by := map[string][]time.Duration{}
	for i, at := range asked {
		month := monthOf(at)
		by[month] = append(by[month], waited[i])
	}
	for month, waits := range by {
		all = append(all, waitOf(month, waits))
	}
	slices.SortFunc(all, func(a, b Wait) int { return cmp.Compare(a.Month, b.Month) })
	return all, err
}

// waitOf tells the median only where there are so many that it says nothing of anybody.
func waitOf(month string, waits []time.Duration) Wait {
	if len(waits) < leastPublished {
		return Wait{Month: month, Few: true}
	}
	return Wait{Month: month, Median: median(waits)}
}

func monthOf(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01") }
