package people

import (
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

const (
	// settledIn is how long somebody must have had their account and their role before they help to let others in: an account that is made for
	// it stands in everybody's sight first.
	settledIn = 7 * 24 * time.Hour
	// apartAfter is how long one whom the other brought in, or gave their role, is no second pair of eyes beside them.
	apartAfter = 30 * 24 * time.Hour
)

// rise is how somebody came to what they are: by whose hand and when.
type rise struct {
	by string // user id; "" where it is not known
	at time.Time
}

// apart is the rule of who may be one of the two: not somebody who is new to the network or to their role, and not beside the one who made
// them what they are. Whom the operator invited needs no time: who runs the hub needs no second either.
func apart(rises []rise, other, hub string, now time.Time) error {
	for _, r := range rises {
		since := now.Sub(r.at)
		if r.by != hub && since < settledIn {
			return fault.Forbidden("error.recovery_too_new")
		}
		if r.by == other && since < apartAfter {
			return fault.Forbidden("error.recovery_not_apart")
		}
	}
	return nil
}

// pairTx refuses two who are not apart, whichever of them made the other what they are. The operator is apart from everybody.
func (p *People) pairTx(tx *store.Tx, first string, second Person) error {
	if first == p.HubUser() {
		return nil
	}
	starter, err := p.PersonTx(tx, first)
	if err != nil {
		return err
	}
	if err := p.apartTx(tx, starter, second.UserID); err != nil {
		return err
	}
	return p.apartTx(tx, second, first)
}

// apartTx asks the rule. other is "" where there is no other one yet.
func (p *People) apartTx(tx *store.Tx, one Person, other string) error {
	rises, err := risesTx(tx, one)
	if err != nil {
		return err
	}
	return apart(rises, other, p.HubUser(), tx.Now)
}

func risesTx(tx *store.Tx, person Person) ([]rise, error) {
	made := rise{at: person.CreatedAt}
	err := tx.QueryRow(`SELECT COALESCE(MAX(invited_by), '') FROM invitations WHERE used_by = $1`, person.UserID).Scan(&made.by)
	if err != nil {
		return nil, fmt.Errorf("read who invited somebody: %w", err)
	}
	rows, err := tx.Query(`SELECT actor, at FROM audit WHERE act = $2 AND target = $1 AND at > $3`,
		person.UserID, string(DeedRole), tx.Now.Add(-apartAfter).UnixMilli())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	rises := []rise{made}
	for rows.Next() {
		var r rise
		var at int64
		if err := rows.Scan(&r.by, &at); err != nil {
			return nil, fmt.Errorf("read who gave somebody their role: %w", err)
		}
		r.at = time.UnixMilli(at)
		rises = append(rises, r)
	}
	return rises, rows.Err()
}
