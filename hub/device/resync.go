package device

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"panah/hub/store"
)

const (
	resyncBeat = 5 * time.Second // how often it is looked for lists that are due, without being woken
	resyncMost = 16              // servers that are asked for lists at the same time
	// resyncTime is how long one answer may take. A node that is lost meanwhile leaves the list to another after resyncLease.
	resyncTime  = 20 * time.Second
	resyncLease = time.Minute
	// resyncTries is after how many failures in a row a server is left alone for a while.
	resyncTries = 3
	// A list that could not be had is asked for again after firstPause; each further failure doubles that, up to longestPause.
	firstPause   = 5 * time.Second
	longestPause = time.Hour
	// sweepPause is how often lists that are too old to be believed are deleted.
	sweepPause = time.Hour
)

// Run asks other homeservers for the lists of devices that are due, until ctx ends, and returns when what was under way has ended. Servers are
// asked beside each other, the people of one after each other, so that a slow one holds up nobody else.
func (d *Devices) Run(ctx context.Context) error {
	if d.remote == nil {
		return nil
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	tick := time.NewTicker(resyncBeat)
	defer tick.Stop()
	r := &resync{Devices: d, asking: &asking, busy: map[string]bool{}}
	for {
		r.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-d.fresh:
		}
	}
}

func (d *Devices) wake() {
	select {
	case d.fresh <- struct{}{}:
	default:
	}
}

// Heard tells that a server is there: what could not be had of it is asked for at once.
func (d *Devices) Heard(ctx context.Context, server string) error {
	var waits bool
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM far_lists WHERE server = $1 AND due_at > $2 AND failed > 0)`, server, tx.Now.UnixMilli()).Scan(&waits)
	})
	if err != nil || !waits {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		tx.OnCommit(d.wake)
		_, err := tx.Exec(`UPDATE far_lists SET due_at = $2, failed = 0 WHERE server = $1 AND due_at > $2 AND failed > 0`, server, tx.Now.UnixMilli())
		return err
	})
}

// resync is one node's asking.
type resync struct {
	*Devices
	asking *sync.WaitGroup
	swept  time.Time // owned by the one who calls round

	mu   sync.Mutex
	busy map[string]bool
}

// round begins to ask those of whom something is due. What the database refuses is tried again at the next beat.
func (r *resync) round(ctx context.Context) {
	var due []string
	var now time.Time
	err := r.db.Read(ctx, func(tx *store.Tx) (err error) {
		now = tx.Now
		due, err = store.Column(tx, `SELECT server FROM far_lists WHERE due_at > 0 AND due_at <= $1 GROUP BY server ORDER BY MIN(due_at) LIMIT $2`,
			tx.Now.UnixMilli(), 10*resyncMost)
		return err
	})
	if err != nil {
		return
	}
	if now.Sub(r.swept) >= sweepPause && r.db.Write(ctx, sweepTx) == nil {
		r.swept = now
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, server := range due {
		if len(r.busy) < resyncMost && !r.busy[server] {
			r.busy[server] = true
			r.asking.Go(func() { r.askServer(ctx, server) })
		}
	}
}

// sweepTx deletes lists that are too old to be believed and that nobody wants.
func sweepTx(tx *store.Tx) error {
	const old = ` WHERE whole_at > 0 AND whole_at <= $1 AND due_at = 0`
	before := tx.Now.Add(-listKept).UnixMilli()
	for _, statement := range []string{
		`DELETE FROM far_devices WHERE user_id IN (SELECT user_id FROM far_lists` + old + `)`,
		`DELETE FROM far_cross_keys WHERE user_id IN (SELECT user_id FROM far_lists` + old + `)`,
		`DELETE FROM far_lists` + old,
	} {
		if _, err := tx.Exec(statement, before); err != nil {
			return err
		}
	}
	return nil
}

// task is one list that is asked for.
type task struct {
	user     string
	wished   int64
	position store.Position // the head of the log before the asking
}

// askServer asks one server for the lists that are due of its people, until there are none, or it fails again and again.
func (r *resync) askServer(ctx context.Context, server string) {
	idle := false
	defer func() {
		r.mu.Lock()
		delete(r.busy, server)
		r.mu.Unlock()
		if idle { // something may have become due since it was looked
			r.wake()
		}
	}()
	for failed := 0; ctx.Err() == nil && failed < resyncTries; {
		t, err := r.take(ctx, server)
		if idle = err == nil && t.user == ""; idle || err != nil {
			return
		}
		list, err := r.ask(ctx, server, t.user)
		if ctx.Err() != nil {
			return // the lease brings it back
		}
		failed++
		if err == nil {
			failed, err = 0, r.db.Write(ctx, func(tx *store.Tx) error { return r.keepTx(tx, t, list) })
		}
		if err != nil && r.db.Write(ctx, func(tx *store.Tx) error { return laterTx(tx, t) }) != nil {
			return
		}
	}
	_ = r.db.Write(ctx, func(tx *store.Tx) error { return pauseTx(tx, server) }) // otherwise the next round tries it: late, never lost
}

// take finds a list that is due, and has nobody else ask for it meanwhile. Lists of people with whom nobody here shares a channel any more are
// deleted instead.
func (r *resync) take(ctx context.Context, server string) (t task, err error) {
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		for {
			t = task{}
			found, err := store.All(tx, func(row store.Scanner) (t task, err error) { return t, row.Scan(&t.user, &t.wished) },
				`SELECT user_id, wished FROM far_lists WHERE server = $1 AND due_at > 0 AND due_at <= $2 ORDER BY due_at, user_id LIMIT 1`, server, tx.Now.UnixMilli())
			if err != nil || len(found) == 0 {
				return err
			}
			near, err := r.nearTx(tx, found[0].user)
			if err != nil {
				return err
			}
			if !near {
				if err := dropFarTx(tx, found[0].user); err != nil {
					return err
				}
				continue
			}
			t = found[0]
			if t.position, err = tx.Head(); err != nil {
				return err
			}
			_, err = tx.Exec(`UPDATE far_lists SET due_at = $2 WHERE user_id = $1`, t.user, tx.Now.Add(resyncLease).UnixMilli())
			return err
		}
	})
	return t, err
}

func dropFarTx(tx *store.Tx, userID string) error {
	for _, table := range []string{"far_devices", "far_cross_keys", "far_lists"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1`, userID); err != nil {
			return err
		}
	}
	return nil
}

var errTooManyDevices = errors.New("too many devices")

// ask gets a list, as far as it holds.
func (r *resync) ask(ctx context.Context, server, userID string) (list List, err error) {
	ctx, cancel := context.WithTimeout(ctx, resyncTime)
	defer cancel()
	raw, err := r.remote.Devices(ctx, server, userID)
	if err != nil {
		return list, err
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return list, err
	}
	if list.UserID != userID || list.Stream < 0 {
		return list, errors.New("the list is another person's")
	}
	if len(list.Devices) > farMost {
		return list, errTooManyDevices
	}
	return list, nil
}

// keepTx keeps a list in the place of the one before. When somebody was told meanwhile that it changed, it is asked for once more.
func (r *resync) keepTx(tx *store.Tx, t task, list List) error {
	for _, table := range []string{"far_devices", "far_cross_keys"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1`, t.user); err != nil {
			return err
		}
	}
	for _, device := range list.Devices {
		keys, wrong := farKeys(device.Keys, t.user, device.DeviceID)
		if wrong != nil || !storable(device.DeviceID) {
			continue // it has no keys, or none that hold: nobody can encrypt for it
		}
		if err := putFarTx(tx, t.user, device.DeviceID, keys); err != nil {
			return err
		}
	}
	for usage, raw := range map[string]json.RawMessage{usageMaster: list.Master, usageSelf: list.Self} {
		if err := keepFarCrossTx(tx, t.user, usage, raw); err != nil {
			return err
		}
	}
	return r.wholeTx(tx, t, list.Stream)
}

func keepFarCrossTx(tx *store.Tx, userID, usage string, raw json.RawMessage) error {
	key, err := readCrossKey(raw, userID, usage)
	if err != nil {
		return nil // there is none, or none that holds
	}
	kept, err := key.with(key.signatures, nil)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO far_cross_keys (user_id, usage, keys) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, usage) DO UPDATE SET keys = excluded.keys`, userID, usage, string(kept))
	return err
}

func (r *resync) wholeTx(tx *store.Tx, t task, stream int64) error {
	var wished int64
	var owed bool
	if err := tx.QueryRow(`SELECT wished, owed FROM far_lists WHERE user_id = $1`, t.user).Scan(&wished, &owed); err != nil {
		return fmt.Errorf("read a list of devices: %w", err)
	}
	if wished != t.wished {
		_, err := tx.Exec(`UPDATE far_lists SET stream = $2, due_at = $3, failed = 0 WHERE user_id = $1`, t.user, stream, tx.Now.UnixMilli())
		return err
	}
	_, err := tx.Exec(`UPDATE far_lists SET stream = $2, position = $3, whole_at = $4, due_at = 0, failed = 0, owed = FALSE WHERE user_id = $1`,
		t.user, stream, t.position, tx.Now.UnixMilli())
	if err != nil || !owed {
		return err
	}
	return r.noteTx(tx, "", t.user)
}

// laterTx has a list that could not be had be asked for again later, unless something new made it due meanwhile.
func laterTx(tx *store.Tx, t task) error {
	var failed int64
	if err := tx.QueryRow(`SELECT failed FROM far_lists WHERE user_id = $1`, t.user).Scan(&failed); err != nil {
		return fmt.Errorf("read a list of devices: %w", err)
	}
	_, err := tx.Exec(`UPDATE far_lists SET failed = failed + 1, due_at = $3 WHERE user_id = $1 AND wished = $2`,
		t.user, t.wished, tx.Now.Add(pauseAfter(failed)).UnixMilli())
	return err
}

// pauseAfter is how long a list is left alone that could not be had so many times in a row before.
func pauseAfter(failed int64) time.Duration {
	pause := firstPause
	for ; failed > 0 && pause < longestPause; failed-- {
		pause *= 2
	}
	return min(pause, longestPause)
}

// pauseTx leaves a server alone for a while.
func pauseTx(tx *store.Tx, server string) error {
	_, err := tx.Exec(`UPDATE far_lists SET due_at = $2, failed = failed + 1 WHERE server = $1 AND due_at > 0 AND due_at <= $3`,
		server, tx.Now.Add(firstPause).UnixMilli(), tx.Now.UnixMilli())
	return err
}
