package place

import (
	"context"
	"fmt"
	"slices"
	"time"

	"panah/hub/people"
	"panah/hub/place/code"
	"panah/hub/store"
)

// unanswered are the steps by which a shelter's people are asked again about a request that they could decide. After the last one comes
// answerAfter, when it goes back to who asked.
var unanswered = []struct {
	step                int
	after               time.Duration
	staff, organisation bool
}{
	{1, time.Hour, true, false}, {2, 2 * time.Hour, false, true}, {3, 210 * time.Minute, true, true},
}

// old are the ages of a shelter's numbers at which its people are asked for new ones.
var old = []struct {
	step  int
	after time.Duration
	all   bool // whoever is not on duty too
}{
	{1, code.AgeingAfter, false}, {2, code.StaleAfter, true},
}

// escalateDue asks again about requests that nobody answers. Of several steps that are due, as after a night without power, the last one alone
// is taken.
func (p *Places) escalateDue(ctx context.Context) error {
	for _, step := range slices.Backward(unanswered) {
		const from = ` FROM place_requests r JOIN shelters s ON s.shelter_id = r.shelter_id WHERE NOT s.frozen AND r.state IN ('held', 'waiting')
			AND r.asked_at > 0 AND r.asked_at <= $1 AND r.step < $2`
		err := p.dueRows(ctx, step.after, from, step.step, func(tx *store.Tx, moment int64) error {
			due, err := store.All(tx, scanRequest, fmt.Sprintf(`SELECT %s%s ORDER BY r.asked_at, r.request_id LIMIT %d`, requestColumns, from, dueMost), moment, step.step)
			if err != nil {
				return err
			}
			for _, r := range due {
				if err := p.askAgain(tx, r, step.step, step.staff, step.organisation); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dueRows runs a batch as long as there is something that has been so for a time and has not come to a step.
func (p *Places) dueRows(ctx context.Context, since time.Duration, from string, step int, batch func(tx *store.Tx, moment int64) error) error {
	for {
		waits := false
		err := p.db.Read(ctx, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT EXISTS (SELECT 1`+from+`)`, tx.Now.Add(-since).UnixMilli(), step).Scan(&waits)
		})
		if err != nil || !waits {
			return err
		}
		if err := p.write(ctx, func(tx *store.Tx) error { return batch(tx, tx.Now.Add(-since).UnixMilli()) }); err != nil {
			return err
		}
	}
}

func (p *Places) askAgain(tx *store.Tx, r Request, step int, staff, organisation bool) error {
	if _, err := tx.Exec(`UPDATE place_requests SET step = $2 WHERE request_id = $1`, r.ID, step); err != nil {
		return err
	}
	s, err := shelterTx(tx, r.ShelterID)
	if err != nil {
		return err
	}
	if staff {
		users, err := p.staffTx(tx, s, true)
		if err != nil {
			return err
		}
		if err := p.notify(tx, users, r.ID, NoticeAgain); err != nil {
			return err
		}
	}
	if !organisation {
		return nil
	}
	colleagues, err := p.people.ColleaguesTx(tx, s.OrganisationID)
	if err != nil {
		return err
	}
	var admins []string
	for _, person := range colleagues {
		if people.May(person.Role, people.ActOfferPlaces) {
			admins = append(admins, person.UserID)
		}
	}
	return p.notify(tx, admins, r.ID, NoticeOrganise)
}

// remindDue asks for new numbers where those that stand are old.
func (p *Places) remindDue(ctx context.Context) error {
	for _, age := range slices.Backward(old) {
		const from = ` FROM shelters s WHERE NOT s.frozen AND NOT s.closed AND s.confirmed_at > 0 AND s.confirmed_at <= $1 AND s.reminded < $2`
		err := p.dueRows(ctx, age.after, from, age.step, func(tx *store.Tx, moment int64) error {
			due, err := store.All(tx, scanShelter, fmt.Sprintf(`SELECT %s%s ORDER BY s.shelter_id LIMIT %d`, shelterColumns, from, dueMost), moment, age.step)
			if err != nil {
				return err
			}
			for _, s := range due {
				if _, err := tx.Exec(`UPDATE shelters SET reminded = $2 WHERE shelter_id = $1`, s.ID, age.step); err != nil {
					return err
				}
				users, err := p.staffTx(tx, s, age.all)
				if err != nil {
					return err
				}
				if err := p.notify(tx, users, s.ID, NoticeConfirm); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// confirmed settles what asked for new numbers.
func (p *Places) confirmed(tx *store.Tx, shelterID string) error {
	if _, err := tx.Exec(`UPDATE shelters SET reminded = 0 WHERE shelter_id = $1`, shelterID); err != nil {
		return err
	}
	return p.settleWhere(tx, `about = $1 AND kind = 'confirm'`, shelterID)
}
