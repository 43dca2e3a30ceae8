package alert

import (
	"context"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Figure is how fast an organisation answered in a month. Exercises and tests are not counted.
type Figure struct {
	OrganisationID string
	Month          string // 2026-11, in UTC
	Sent           int    // alerts that it was sent
	Answered       int
	Median         time.Duration // from sending to its first answer
}

const monthsMost = 12

// Figures are the last months' figures: of all organisations for stewards, of their own for administrators.
func (a *Alerts) Figures(ctx context.Context, caller people.Caller, months int) (all []Figure, err error) {
	if err := caller.Require(people.ActSeeAlertFigures); err != nil {
		return nil, err
	}
	organisation := caller.OrganisationID
	if caller.Require(people.ActManageAlerts) == nil {
		organisation = ""
	}
	var rows []figureRow
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		year, month, _ := tx.Now.UTC().Date()
		from := time.Date(year, month-time.Month(max(1, min(months, monthsMost))-1), 1, 0, 0, 0, 0, time.UTC)
		rows, err = store.All(tx, scanFigure, `SELECT organisation_id, sent_at, answered_at FROM alert_figures WHERE sent_at >= $1 AND status = 'Actual'
			AND ($2 = '' OR organisation_id = $2) ORDER BY organisation_id, sent_at`, from.UnixMilli(), organisation)
		return err
	})
	return sumUp(rows), err
}

type figureRow struct {
	organisation   string
	sent, answered int64 // Unix milliseconds; answered is 0 for not yet
}

func scanFigure(row store.Scanner) (f figureRow, err error) {
	return f, row.Scan(&f.organisation, &f.sent, &f.answered)
}

// sumUp joins rows, in order of organisation and time, by organisation and month.
func sumUp(rows []figureRow) (all []Figure) {
	var waits []time.Duration
	for i, row := range rows {
		month := time.UnixMilli(row.sent).UTC().Format("2006-01")
		if len(all) == 0 || all[len(all)-1].OrganisationID != row.organisation || all[len(all)-1].Month != month {
			all, waits = append(all, Figure{OrganisationID: row.organisation, Month: month}), nil
		}
		f := &all[len(all)-1]
		f.Sent++
		if row.answered > 0 {
			f.Answered++
			waits = append(waits, time.Duration(rows[i].answered-row.sent)*time.Millisecond)
			f.Median = median(waits)
		}
	}
	return all
}

// median is the middle one, or between the two in the middle; 0 for none.
func median(waits []time.Duration) time.Duration {
	if len(waits) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(waits))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Drill is how an exercise went.
type Drill struct {
	Organisations int
	Reached       int // of which a device took it
	Answered      int
	InTime        int // before the deadline of its urgency
	Median        time.Duration
	Score         int // 0 to 100
	By            []DrillOf
}

// DrillOf is how one organisation did.
type DrillOf struct {
	ID       string
	Truth    Truth
	Answered bool
	InTime   bool
	Wait     time.Duration
}

// score says in one number how a drill went: being reached is worth two parts in ten, answering three, in time five. A drill that nobody was
// sent has none.
func score(d Drill) int {
	if d.Organisations == 0 {
		return 0
	}
	return (20*d.Reached + 30*d.Answered + 50*d.InTime) / d.Organisations
}

// Drill tells how an exercise went, for the organisation that called it and for stewards.
func (a *Alerts) Drill(ctx context.Context, caller people.Caller, id string) (d Drill, err error) {
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		al, err := a.reportableTx(tx, caller, id)
		if err != nil {
			return err
		}
		if al.Block.Status != Exercise {
			return fault.InvalidParam("error.alert_no_drill")
		}
		d, err = a.drillTx(tx, al)
		return err
	})
	return d, err
}

// reportableTx reads an alert for those who may know how it was delivered: the sender's organisation, and stewards.
func (a *Alerts) reportableTx(tx *store.Tx, caller people.Caller, id string) (Alert, error) {
	al, err := a.readableTx(tx, caller, id)
	if err == nil && al.OrganisationID != caller.OrganisationID && caller.Require(people.ActManageAlerts) != nil {
		err = fault.Forbidden("error.alert_not_yours")
	}
	return al, err
}

func (a *Alerts) drillTx(tx *store.Tx, al Alert) (d Drill, err error) {
	rows, err := store.All(tx, scanFigure, `SELECT organisation_id, sent_at, answered_at FROM alert_figures WHERE alert_id = $1 ORDER BY organisation_id`, al.ID)
	if err != nil {
		return d, err
	}
	standings, err := a.standingsTx(tx, al)
	if err != nil {
		return d, err
	}
	deliveries, err := a.deliveryTx(tx, al, standings)
	if err != nil {
		return d, err
	}
	truths := map[string]Truth{}
	for _, one := range deliveries {
		truths[one.ID] = one.Truth()
	}
	deadline, _ := Deadline(al.Block.Urgency)
	return judge(rows, truths, deadline), nil
}

// judge scores a drill from when each organisation was sent it and answered.
func judge(rows []figureRow, truths map[string]Truth, deadline time.Duration) (d Drill) {
	var waits []time.Duration
	for _, row := range rows {
		one := DrillOf{ID: row.organisation, Truth: truths[row.organisation]}
		d.Organisations++
		if one.Truth != TruthUnknown && one.Truth != "" || row.answered > 0 {
			d.Reached++
		}
		if row.answered > 0 {
			one.Answered, one.Wait = true, time.Duration(row.answered-row.sent)*time.Millisecond
			one.InTime = one.Wait <= deadline
			waits = append(waits, one.Wait)
			d.Answered++
			if one.InTime {
				d.InTime++
			}
		}
		d.By = append(d.By, one)
	}
	d.Median, d.Score = median(waits), score(d)
	return d
}
