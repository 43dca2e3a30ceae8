package alert

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// Due does all that is due by the database's clock: ends first, so that nobody is called to what is over.
func (a *Alerts) Due(ctx context.Context) error {
	for _, do := range []func(context.Context) (bool, error){a.closeDue, a.lapseDue, a.escalateDue} {
		for more := true; more; {
			var err error
			if more, err = do(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeDue notes the end of alerts whose time is over.
func (a *Alerts) closeDue(ctx context.Context) (more bool, err error) {
	const due = `FROM alerts a WHERE a.closed_at = 0 AND a.expires_at <= $1`
	waits, err := a.waits(ctx, due)
	if err != nil || !waits {
		return false, err
	}
	err = a.write(ctx, func(tx *store.Tx) error {
		over, err := store.All(tx, scanAlert, fmt.Sprintf(`SELECT %s %s ORDER BY a.expires_at, a.alert_id LIMIT %d`, alertColumns, due, dueMost), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		more = len(over) == dueMost
		for _, al := range over {
			if err := a.overTx(ctx, tx, al); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// waits looks whether something is due without holding up those who write.
func (a *Alerts) waits(ctx context.Context, due string) (waits bool, err error) {
	err = a.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 `+due+`)`, tx.Now.UnixMilli()).Scan(&waits)
	})
	return waits, err
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

// lapseDue ends drafts that waited in vain. Nothing of what they said is kept.
func (a *Alerts) lapseDue(ctx context.Context) (more bool, err error) {
	const due = `FROM alert_drafts WHERE standing = 'waiting' AND until_at <= $1`
	waits, err := a.waits(ctx, due)
	if err != nil || !waits {
		return false, err
	}
	err = a.db.Write(ctx, func(tx *store.Tx) error {
		ids, err := store.Column(tx, fmt.Sprintf(`SELECT draft_id %s ORDER BY until_at, draft_id LIMIT %d`, due, dueMost), tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		more = len(ids) == dueMost
		for _, id := range ids {
			_, err := tx.Exec(`UPDATE alert_drafts SET standing = $2, wish = '', decided_at = $3 WHERE draft_id = $1`, id, lapsed, tx.Now.UnixMilli())
			if err != nil {
				return err
			}
			if err := a.settleWhere(tx, `kind = 'approve' AND about = $1`, id); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
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
