package room

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"panah/hub/store"
)

// triesMost is how often an event is put off whose server could not be asked for what it builds on, at whatever node of the hub; then it is refused for
// good. So a line that fails for a while loses nothing, and one that carries only one way does not hold up for ever what comes behind.
const triesMost = 10

// putOffMost is how many events are known to have been put off, beyond which all counts begin anew, and putOffKept for how long: a server that sends
// such an event again does so within minutes to hours.
const (
	putOffMost = 10_000
	putOffKept = 48 * time.Hour
)

// putOff is how often an event was put off.
func (r *Rooms) putOff(ctx context.Context, id string) (times int, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		times, err = timesPutOff(tx, id)
		return err
	})
	return times, err
}

func timesPutOff(tx *store.Tx, id string) (times int, err error) {
	err = tx.QueryRow(`SELECT times FROM events_put_off WHERE event_id = $1`, id).Scan(&times)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read how often %s was put off: %w", id, err)
	}
	return times, nil
}

// later puts an event off when that is what an error says, and refuses it when it was put off too often.
func (r *Rooms) later(ctx context.Context, id string, cause error) error {
	if !errors.Is(cause, notAsked(nil)) {
		return cause
	}
	var times int
	err := r.db.Write(context.WithoutCancel(ctx), func(tx *store.Tx) (err error) {
		times, err = putOffTx(tx, id)
		return err
	})
	switch {
	case err != nil:
		return errors.Join(err, cause) // it comes again, and is counted then
	case times >= triesMost:
		return notHad(cause)
	}
	return cause
}

// putOffTx counts one more time and gives how many it was.
func putOffTx(tx *store.Tx, id string) (times int, err error) {
	if _, err := tx.Exec(`DELETE FROM events_put_off WHERE at < $1`, tx.Now.Add(-putOffKept).UnixMilli()); err != nil {
		return 0, err
	}
	var many int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM events_put_off`).Scan(&many); err != nil {
		return 0, fmt.Errorf("count what was put off: %w", err)
	}
	if many >= putOffMost {
		if _, err := tx.Exec(`DELETE FROM events_put_off`); err != nil {
			return 0, err
		}
	}
	_, err = tx.Exec(`INSERT INTO events_put_off (event_id, times, at) VALUES ($1, 1, $2)
		ON CONFLICT (event_id) DO UPDATE SET times = events_put_off.times + 1, at = excluded.at`, id, tx.Now.UnixMilli())
	if err != nil {
		return 0, err
	}
	return timesPutOff(tx, id)
}

// forgetPutOff begins an event's count anew.
func (r *Rooms) forgetPutOff(ctx context.Context, id string) error {
	return r.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM events_put_off WHERE event_id = $1`, id)
		return err
	})
}
