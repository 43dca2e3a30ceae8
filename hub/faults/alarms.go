//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"panah/hub/store"
)

// alarms sends alerts that nobody answers, and has their deadlines come early: the plan in the database is moved to now, and then whichever hub
// comes first asks the next.
type alarms struct {
	w *world

	mu   sync.Mutex
	sent []string // ids
}

// sendsPerAlert is how many posts are answered between two alerts.
const sendsPerAlert = 120

// run sends alerts until ctx ends or everybody has sent as many as the hub takes.
func (a *alarms) run(ctx context.Context) error {
	random := rand.New(rand.NewPCG(a.w.seed, 2))
	ends := time.Now().Add(24 * time.Hour).Unix()
	for i := range alertsEach * len(a.w.crowd.alerter) {
		var sent struct {
			AlertID string `json:"alert_id"`
		}
		p := a.w.crowd.alerter[i%len(a.w.crowd.alerter)]
		err := a.w.load.until(p, random, "POST", "/_panah/v1/alerts", object{
			"txn_id": fmt.Sprint("alert", i), "code": "transit", "slots": object{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "expires": ends,
			"audience": object{"countries": []string{"TJ"}, "roles": []string{"admin", "member"}},
		}, &sent)
		if err != nil {
			return err
		}
		a.mu.Lock()
		a.sent = append(a.sent, sent.AlertID)
		a.mu.Unlock()
		if err := a.w.load.await(ctx, sendsPerAlert); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return err
		}
		_, _ = a.hasten() // what cannot be moved now is moved at the end
	}
	return nil
}

// hasten has all deadlines come that are planned, and tells how many there were.
func (a *alarms) hasten() (planned int64, err error) {
	ctx, cancel := context.WithTimeout(a.w.ctx, patienceOfPeople)
	defer cancel()
	err = a.w.db.Write(ctx, func(tx *store.Tx) (err error) {
		planned, err = tx.Exec(`UPDATE alert_steps SET due_at = $1 WHERE fired_at = 0 AND stopped_at = 0`, tx.Now.UnixMilli())
		return err
	})
	return planned, err
}

// finish waits until nothing is planned any more.
func (a *alarms) finish(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if planned, err := a.hasten(); err == nil && planned == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("steps of alerts are never taken: %w", context.Cause(ctx))
		case <-ticker.C:
		}
	}
}
