//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"panah/hub/store"
)

// record is what the log holds, read when all is over.
type record struct {
	order []string          // event ids of the channel after the readers' beginning
	posts map[string]string // event id by text
	twice []string          // texts that are there more than once
}

// check looks whether every promise was kept.
func (w *world) check(ctx context.Context) error {
	var r record
	var holes []store.Position
	err := w.db.Read(ctx, func(tx *store.Tx) (err error) {
		if r, err = w.readChannel(tx); err != nil {
			return err
		}
		holes, err = holesIn(tx, w.from)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if len(holes) > 0 {
		err = fmt.Errorf("%d positions belong to nothing, the first is %d", len(holes), holes[0])
	}
	return errors.Join(err, w.checkSends(r), w.checkSessions(r), w.checkAlerts(ctx))
}

func (w *world) readChannel(tx *store.Tx) (r record, err error) {
	r.posts = make(map[string]string)
	rows, err := tx.Query(`SELECT position, event_id, pdu FROM events WHERE room_id = $1 ORDER BY position`, w.crowd.channel)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	for rows.Next() {
		var at store.Position
		var id string
		var pdu []byte
		if err := rows.Scan(&at, &id, &pdu); err != nil {
			return r, err
		}
		var e event
		if err := json.Unmarshal(pdu, &e); err != nil {
			return r, err
		}
		if at > w.from {
			r.order = append(r.order, id)
		}
		if e.Content.Body == "" {
			continue
		}
		if r.posts[e.Content.Body] != "" {
			r.twice = append(r.twice, e.Content.Body)
		}
		r.posts[e.Content.Body] = id
	}
	return r, rows.Err()
}

// checkSends: every send that was answered is in the log once, as the event that was named.
func (w *world) checkSends(r record) error {
	var errs []error
	if len(r.twice) > 0 {
		errs = append(errs, fmt.Errorf("%d posts are there twice: %v", len(r.twice), r.twice[:min(5, len(r.twice))]))
	}
	lost := 0
	for txn, id := range w.load.answered {
		if r.posts[txn] != id {
			lost++
		}
	}
	if lost > 0 {
		errs = append(errs, fmt.Errorf("%d of %d answered posts are not there as they were answered", lost, len(w.load.answered)))
	}
	return errors.Join(errs...)
}

// checkSessions: every session has the log's content, in its order.
func (w *world) checkSessions(r record) error {
	var errs []error
	for _, s := range w.readers {
		if slices.Equal(s.events, r.order) {
			continue
		}
		at := 0
		for at < min(len(s.events), len(r.order)) && s.events[at] == r.order[at] {
			at++
		}
		errs = append(errs, fmt.Errorf("%s has %d events, the log %d; they differ from the %d. on", s.p.name, len(s.events), len(r.order), at+1))
	}
	return errors.Join(errs...)
}

// holesIn gives the positions after from that were taken and belong to nothing that was ever written.
func holesIn(tx *store.Tx, from store.Position) (holes []store.Position, err error) {
	head, err := tx.Head()
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT position FROM events WHERE position > $1 UNION SELECT position FROM witnessed WHERE position > $1 ORDER BY position`, from)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	next := from + 1
	for rows.Next() {
		var at store.Position
		if err := rows.Scan(&at); err != nil {
			return nil, err
		}
		for ; next < at; next++ {
			holes = append(holes, next)
		}
		next = at + 1
	}
	for ; next <= head; next++ {
		holes = append(holes, next)
	}
	if next > head+1 {
		return nil, fmt.Errorf("something stands at %d, beyond the head %d", next-1, head)
	}
	return holes, rows.Err()
}

// checkAlerts: every alert that was answered is there once, and everybody who was to be asked was asked once.
func (w *world) checkAlerts(ctx context.Context) error {
	return w.db.Read(ctx, func(tx *store.Tx) error {
		var all int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM alerts`).Scan(&all); err != nil {
			return err
		}
		var errs []error
		if all != len(w.alarms.sent) {
			errs = append(errs, fmt.Errorf("%d alerts are there, %d were answered", all, len(w.alarms.sent)))
		}
		for _, id := range w.alarms.sent {
			var steps, fired, admins, stewards int
			err := errors.Join(
				tx.QueryRow(`SELECT COUNT(*), COUNT(NULLIF(fired_at, 0)) FROM alert_steps WHERE alert_id = $1`, id).Scan(&steps, &fired),
				tx.QueryRow(`SELECT COUNT(*) FROM alert_notices WHERE alert_id = $1 AND kind = 'admin'`, id).Scan(&admins),
				tx.QueryRow(`SELECT COUNT(*) FROM alert_notices WHERE alert_id = $1 AND kind = 'steward'`, id).Scan(&stewards),
			)
			if err != nil {
				return err
			}
			if steps != 5 || fired != 5 || admins != 1 || stewards != 1 {
				errs = append(errs, fmt.Errorf("alert %s has %d steps, %d taken; %d administrators and %d stewards were asked, want 5, 5, 1 and 1", id, steps, fired, admins, stewards))
			}
		}
		return errors.Join(errs...)
	})
}
