package alert

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

const (
	dueEvery   = 5 * time.Second
	sweepEvery = time.Hour
	// textKept is how long an alert is kept after its end; its figures stay for a year.
	textKept    = 30 * 24 * time.Hour
	figuresKept = 366 * 24 * time.Hour
)

// Run does what is due without anybody asking, until ctx ends: it goes on asking those who do not answer, ends alerts and drafts, and deletes
// what was kept long enough. Several nodes may run it at once.
func (a *Alerts) Run(ctx context.Context) error {
	due, sweep := time.NewTicker(dueEvery), time.NewTicker(sweepEvery)
	defer due.Stop()
	defer sweep.Stop()
	a.try(ctx, "sweep", a.Sweep)
	for {
		a.try(ctx, "escalate", a.Due)
		select {
		case <-ctx.Done():
			return nil
		case <-due.C:
		case <-sweep.C:
			a.try(ctx, "sweep", a.Sweep)
		}
	}
}

// try does one of the due things. What fails is tried again the next time.
func (a *Alerts) try(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		a.log.Warn("something due of the alerts could not be done; it is tried again", "what", what, "err", err)
	}
}

// Due does all that is due by the node's clock: ends first, so that nobody is called to what is over. What fails holds up nothing else: the error
// names each thing that could not be done.
func (a *Alerts) Due(ctx context.Context) error {
	return errors.Join(
		doDue(ctx, a, expiredTx, a.expireTx),
		doDue(ctx, a, overdueDraftsTx, a.lapseTx),
		doDue(ctx, a, farTx, a.soonerTx),
		doDue(ctx, a, dueStepsTx, a.stepTx),
	)
}

const (
	// dueMost is how many due things one transaction does: some milliseconds, in which nobody else writes.
	dueMost = 20
	// foundMost bounds what is looked for at once.
	foundMost = 1000
)

// doDue finds what is due without holding up those who write, and does it, several in one transaction. When one of these fails, each is done in a
// transaction of its own, so that only what cannot be done waits for the next time. do looks again whether a thing is due: another node, or an
// answer, may have come first.
func doDue[T any](ctx context.Context, a *Alerts, find func(*store.Tx) ([]T, error), do func(*store.Tx, T) error) error {
	for {
		var found []T
		err := a.db.Read(ctx, func(tx *store.Tx) (err error) {
			found, err = find(tx)
			return err
		})
		if err != nil {
			return err
		}
		var failed []error
		for some := range slices.Chunk(found, dueMost) {
			bad, err := doSome(ctx, a, some, do)
			if failed = append(failed, bad...); err != nil {
				return errors.Join(append(failed, err)...)
			}
		}
		if len(found) < foundMost || len(failed) > 0 {
			return errors.Join(failed...)
		}
	}
}

// doSome does things in one transaction, or else one by one. failed are those that cannot be done; err is what would keep all others from being done
// as well: the database is away, or the node ends.
func doSome[T any](ctx context.Context, a *Alerts, some []T, do func(*store.Tx, T) error) (failed []error, err error) {
	together := a.write(ctx, func(tx *store.Tx) error {
		for _, one := range some {
			if err := do(tx, one); err != nil {
				return err
			}
		}
		return nil
	})
	if together == nil {
		return nil, nil
	}
	for _, one := range some {
		err := a.write(ctx, func(tx *store.Tx) error { return do(tx, one) })
		var f *fault.Fault
		switch {
		case err == nil:
		case ctx.Err() != nil, errors.As(err, &f) && f.Status >= http.StatusInternalServerError:
			return failed, err
		default:
			failed = append(failed, fmt.Errorf("%v: %w", one, err))
		}
	}
	return failed, nil
}

// expiredTx are the alerts whose time is over and whose end is not noted yet.
func expiredTx(tx *store.Tx) ([]string, error) {
	return store.Column(tx, `SELECT alert_id FROM alerts WHERE closed_at = 0 AND expires_at <= $1 ORDER BY expires_at, alert_id LIMIT $2`,
		tx.Now.UnixMilli(), foundMost)
}

// expireTx notes the end of one.
func (a *Alerts) expireTx(tx *store.Tx, id string) error {
	al, err := alertTx(tx, id)
	if errors.Is(err, errUnknown()) || err == nil && (al.ClosedAt != 0 || al.Block.Expires*1000 > tx.Now.UnixMilli()) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.overTx(tx.Context(), tx, al)
}

// overTx ends what was under way for an alert: nobody is asked or told of it any more, and those who were called to it leave its channel.
func (a *Alerts) overTx(ctx context.Context, tx *store.Tx, al Alert) error {
	now := tx.Now.UnixMilli()
	if _, err := tx.Exec(`UPDATE alerts SET closed_at = $2 WHERE alert_id = $1 AND closed_at = 0`, al.ID, now); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE alert_steps SET stopped_at = $2 WHERE alert_id = $1 AND fired_at = 0 AND stopped_at = 0`, al.ID, now); err != nil {
		return err
	}
	if err := a.settleWhere(tx, `alert_id = $1 AND kind IN ('duty', 'next', 'admin', 'coordinator', 'steward')`, al.ID); err != nil {
		return err
	}
	if err := hushAllTx(tx, al.ID); err != nil {
		return err
	}
	called, err := store.Column(tx, `SELECT user_id FROM alert_channel_people WHERE alert_id = $1 ORDER BY user_id`, al.ID)
	if err != nil || len(called) == 0 {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM alert_channel_people WHERE alert_id = $1`, al.ID); err != nil {
		return err
	}
	c, err := readChannel(tx, al.RoomID)
	if err != nil {
		return err
	}
	for _, user := range called {
		if err := a.settle(ctx, tx, c, user); err != nil {
			return err
		}
	}
	return nil
}

// clearTx ends what is left of an alert that is no more: nobody is asked about it, and who was called to it leaves its channel.
func (a *Alerts) clearTx(ctx context.Context, tx *store.Tx, alertID string) error {
	if err := a.settleWhere(tx, `alert_id = $1`, alertID); err != nil {
		return err
	}
	called, err := store.All(tx, func(row store.Scanner) (c [2]string, err error) { return c, row.Scan(&c[0], &c[1]) },
		`SELECT room_id, user_id FROM alert_channel_people WHERE alert_id = $1 ORDER BY room_id, user_id`, alertID)
	if err != nil {
		return err
	}
	for _, table := range []string{"alert_notices", "alert_channel_people", "alert_steps"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE alert_id = $1`, alertID); err != nil {
			return err
		}
	}
	for _, one := range called {
		c, err := readChannel(tx, one[0])
		if err != nil {
			return err
		}
		if err := a.settle(ctx, tx, c, one[1]); err != nil {
			return err
		}
	}
	return nil
}

// overdueDraftsTx are the drafts that waited in vain.
func overdueDraftsTx(tx *store.Tx) ([]string, error) {
	return store.Column(tx, `SELECT draft_id FROM alert_drafts WHERE standing = 'waiting' AND until_at <= $1 ORDER BY until_at, draft_id LIMIT $2`,
		tx.Now.UnixMilli(), foundMost)
}

// lapseTx ends one. Nothing of what it said is kept.
func (a *Alerts) lapseTx(tx *store.Tx, id string) error {
	ended, err := tx.Exec(`UPDATE alert_drafts SET standing = $2, wish = '', decided_at = $3 WHERE draft_id = $1 AND standing = 'waiting' AND until_at <= $3`,
		id, lapsed, tx.Now.UnixMilli())
	if err != nil || ended == 0 {
		return err
	}
	return a.settleWhere(tx, `kind = 'approve' AND about = $1`, id)
}

// Sweep deletes what was kept long enough: alerts thirty days after their end with all that was said to them, hand-over notes and what refused
// drafts said, figures after a year.
func (a *Alerts) Sweep(ctx context.Context) error {
	for more := true; more; {
		err := a.write(ctx, func(tx *store.Tx) (err error) {
			more, err = a.purgeTx(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return a.db.Write(ctx, func(tx *store.Tx) error {
		for statement, kept := range map[string]time.Duration{
			`UPDATE alert_drafts SET wish = '' WHERE standing = 'refused' AND decided_at < $1`:  7 * 24 * time.Hour,
			`DELETE FROM alert_drafts WHERE standing <> 'waiting' AND decided_at < $1`:          textKept,
			`DELETE FROM alert_sends WHERE at < $1`:                                             textKept,
			`DELETE FROM alert_notices WHERE settled_at > 0 AND settled_at < $1`:                textKept,
			`DELETE FROM alert_notices WHERE kind IN ('alert', 'update', 'cancel') AND at < $1`: textKept,
			`DELETE FROM alert_claims WHERE until_at < $1`:                                      0,
			`DELETE FROM alert_figures WHERE sent_at < $1`:                                      figuresKept,
		} {
			if _, err := tx.Exec(statement, tx.Now.Add(-kept).UnixMilli()); err != nil {
				return fmt.Errorf("delete what was kept long enough: %w", err)
			}
		}
		return nil
	})
}

// purgeTx empties the events of alerts that are over for long enough, and tells whether there may be more.
func (a *Alerts) purgeTx(tx *store.Tx) (more bool, err error) {
	old, err := store.All(tx, scanAlert, fmt.Sprintf(`SELECT %s FROM alerts a WHERE a.closed_at > 0 AND a.closed_at <= $1 ORDER BY a.closed_at, a.alert_id LIMIT %d`,
		alertColumns, dueMost), tx.Now.Add(-textKept).UnixMilli())
	if err != nil {
		return false, err
	}
	for _, al := range old {
		events, err := store.Column(tx, `SELECT event_id FROM alert_answers WHERE alert_id = $1 UNION SELECT event_id FROM alert_translations WHERE alert_id = $1
			UNION SELECT event_id FROM alert_versions WHERE alert_id = $1 AND event_id <> $1`, al.ID)
		if err != nil {
			return false, err
		}
		if err := a.rooms.EmptyTx(tx, al.RoomID, append(events, al.ID)...); err != nil {
			return false, fmt.Errorf("purge an alert: %w", err)
		}
	}
	return len(old) == dueMost, nil
}
