package place

import (
	"context"
	"errors"
	"fmt"
	"time"

	"panah/hub/place/allot"
	"panah/hub/store"
)

const (
	dueEvery   = 5 * time.Second
	sweepEvery = time.Hour
	dueMost    = 50 // of what is due in one transaction
	// answerAfter is how long a shelter may leave a request unanswered that it could decide.
	answerAfter = 4 * time.Hour
	// waitFor is how long a request waits for a place at the most, or for the hub that was asked for one: who still needs one then asks anew.
	waitFor = 7 * 24 * time.Hour
)

// Run does what is due without anybody asking, until ctx ends. Several nodes may run it at once.
func (p *Places) Run(ctx context.Context) error {
	due, sweep := time.NewTicker(dueEvery), time.NewTicker(sweepEvery)
	defer due.Stop()
	defer sweep.Stop()
	p.dirty.Store(true) // whatever was purged before a crash may still lie in the write-ahead log
	p.try(ctx, "sweep", p.Sweep)
	for {
		p.try(ctx, "due", p.Due)
		select {
		case <-ctx.Done():
			return nil
		case <-due.C:
		case <-sweep.C:
			p.try(ctx, "sweep", p.Sweep)
		}
	}
}

// try does one of the due things. What fails is tried again the next time.
func (p *Places) try(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		p.log.Warn("something due of the places could not be done; it is tried again", "what", what, "err", err)
	}
}

// Due does all that is due by the node's clock: requests that nobody answered end first, so that what they held is given on.
func (p *Places) Due(ctx context.Context) error {
	if err := p.purgeDue(ctx); err != nil {
		return err
	}
	if err := p.sendOnDue(ctx); err != nil {
		return err
	}
	if err := p.remindDue(ctx); err != nil {
		return err
	}
	if err := p.giveUpDue(ctx); err != nil {
		return err
	}
	for _, rule := range []struct {
		kind  allot.Kind
		where string
		since time.Duration
	}{
		{allot.Expire, `r.state IN ('held', 'waiting') AND r.asked_at > 0 AND r.asked_at <= $1`, answerAfter},
		{allot.Expire, `r.state = 'waiting' AND r.at <= $1`, waitFor},
		{allot.Lapse, `r.state = 'held' AND r.until_at <= $1`, 0},
	} {
		for more := true; more; {
			var err error
			if more, err = p.endDue(ctx, rule.kind, rule.where, rule.since); err != nil {
				return err
			}
		}
	}
	return p.escalateDue(ctx)
}

// endDue ends what a rule finds; of shelters in danger nothing ends.
func (p *Places) endDue(ctx context.Context, kind allot.Kind, where string, since time.Duration) (more bool, err error) {
	const from = ` FROM place_requests r JOIN shelters s ON s.shelter_id = r.shelter_id WHERE NOT s.frozen AND `
	waits := false
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1`+from+where+`)`, tx.Now.Add(-since).UnixMilli()).Scan(&waits)
	})
	if err != nil || !waits {
		return false, err
	}
	err = p.write(ctx, func(tx *store.Tx) error {
		due, err := store.All(tx, scanRequest, fmt.Sprintf(`SELECT %s%s%s ORDER BY r.at, r.request_id LIMIT %d`, requestColumns, from, where, dueMost),
			tx.Now.Add(-since).UnixMilli())
		if err != nil {
			return err
		}
		more = len(due) == dueMost
		for _, r := range due {
			event := allot.Event{Kind: kind, Request: allot.Request{ID: r.ID}}
			if _, err := p.applyTx(tx.Context(), tx, deed{shelterID: r.ShelterID, event: event}); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}
