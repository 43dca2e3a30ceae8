package room

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/store"
)

// The log begins after position 0. Below it lies what was before this hub came into a room: history that was asked for, newest first, from -1
// down, and, from asideFrom down, events that stand in a room's state without ever having been in its log here.
const (
	asideFrom store.Position = -1 << 62
	Earliest  store.Position = asideFrom // before all of every room's timeline
)

// keptMost is how many events are kept in one transaction: whoever writes meanwhile waits for no more than those.
const keptMost = 50

// keep takes events that are not of the log into the outliers, each after those that authorise it, and marks those that the rules reject. Their
// signatures were checked. What names authority that nobody gave us is left out.
func (r *Rooms) keep(tx *store.Tx, pdus []gomatrixserverlib.PDU) error {
	for _, pdu := range inOrder(pdus, gomatrixserverlib.PDU.AuthEventIDs) {
		if err := (archive{r, tx, pdu}).keepOne(false); err != nil {
			return err
		}
	}
	return nil
}

// keepInParts is keep for many events of one room, in transactions of at most keptMost of them. Events of a room that the hub is not in are marked, so
// that they are dropped if it does not come into it (dropStrays). An end in between leaves what was kept until then.
func (r *Rooms) keepInParts(ctx context.Context, pdus []gomatrixserverlib.PDU) error {
	for part := range slices.Chunk(inOrder(pdus, gomatrixserverlib.PDU.AuthEventIDs), keptMost) {
		err := r.db.Write(ctx, func(tx *store.Tx) error {
			here, err := r.IsHere(tx, part[0].RoomID().String())
			if err != nil {
				return err
			}
			for _, pdu := range part {
				if err := (archive{r, tx, pdu}).keepOne(!here); err != nil {
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

// settleKept takes the mark from what was kept of a room that the hub comes into with this transaction.
func (a archive) settleKept() error {
	_, err := a.tx.Exec(`UPDATE outliers SET entering = FALSE WHERE room_id = $1 AND entering`, a.own.RoomID().String())
	return err
}

// dropStrays drops what was kept of rooms that nobody enters any more and that the hub did not come into.
func (r *Rooms) dropStrays(ctx context.Context) error {
	for n := int64(keptMost); n == keptMost; {
		err := r.db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec(`DELETE FROM outliers WHERE event_id IN (SELECT o.event_id FROM outliers o WHERE o.entering
				AND NOT EXISTS (SELECT 1 FROM room_arrivals a WHERE a.room_id = o.room_id) LIMIT $1)`, keptMost)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a archive) keepOne(entering bool) error {
	id := a.own.EventID()
	if here, err := a.here(id); here || err != nil {
		return err
	}
	refusal, err := a.refusalByNamed()
	if errors.Is(err, fault.NotFound("error.unknown_event")) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.putOutlier(refusal != nil, entering)
}

func (a archive) putOutlier(rejected, entering bool) error {
	_, err := a.tx.Exec(`INSERT INTO outliers (event_id, room_id, pdu, rejected, entering, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (event_id) DO UPDATE SET rejected = excluded.rejected`,
		a.own.EventID(), a.own.RoomID().String(), a.own.JSON(), rejected, entering, a.tx.Now.UnixMilli())
	return err
}

// refusalByNamed tells why the events that an event names as its authority do not allow it (check 4); nil when they do. The error is
// error.unknown_event when one of them is not here.
func (a archive) refusalByNamed() (refusal, err error) {
	for _, id := range a.own.AuthEventIDs() {
		if here, err := a.here(id); err != nil || !here {
			return nil, errors.Join(err, fault.NotFound("error.unknown_event"))
		}
	}
	named, err := a.namedAuth()
	if err == nil {
		err = allowed(a.own, named)
		if err != nil {
			return a.r.refusal(named, a.own, err), nil
		}
		return nil, nil
	}
	var bad *fault.Fault
	if errors.As(err, &bad) {
		return bad, nil
	}
	return nil, err
}

// here tells whether an event is known, in the log or beside it.
func (a archive) here(id string) (here bool, err error) {
	err = a.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM events WHERE event_id = $1) OR EXISTS (SELECT 1 FROM soft_failed WHERE event_id = $1)
		OR EXISTS (SELECT 1 FROM outliers WHERE event_id = $1)`, id).Scan(&here)
	if err != nil {
		return false, fmt.Errorf("look for event %s: %w", id, err)
	}
	return here, nil
}

// isRejected tells whether the rules have rejected an event. An error of the database shows in the statement after it.
func (a archive) isRejected(id string) bool {
	var rejected bool
	err := a.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM outliers WHERE event_id = $1 AND rejected)`, id).Scan(&rejected)
	return err == nil && rejected
}

// setAside has an event that comes to stand in a room's state be found among the events, if it is not in the log.
func (a archive) setAside(id string) error {
	var there bool
	err := a.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM events WHERE event_id = $1)`, id).Scan(&there)
	if err != nil || there {
		return err
	}
	pdu, err := a.pdu(id)
	if err != nil {
		return err
	}
	at, err := a.below(asideFrom)
	if err != nil {
		return err
	}
	if _, err := a.r.insertAt(a.tx, at, pdu); err != nil {
		return err
	}
	_, err = a.tx.Exec(`DELETE FROM outliers WHERE event_id = $1`, id)
	return err
}

// below is the next free position going down from one: asideFrom, or 0 for the history before the log.
func (a archive) below(from store.Position) (lowest store.Position, err error) {
	query := `SELECT COALESCE(MIN(position), 0) FROM events WHERE position > $1 AND position < 0`
	if from == asideFrom {
		query = `SELECT COALESCE(MIN(position), $1) FROM events WHERE position <= $1`
	}
	err = a.tx.QueryRow(query, asideFrom).Scan(&lowest)
	return lowest - 1, err
}

// clearOutlier takes the event out of what was never judged. Where it is set aside it stays: the room's state names it, now or in the past.
func (a archive) clearOutlier() error {
	_, err := a.tx.Exec(`DELETE FROM outliers WHERE event_id = $1`, a.own.EventID())
	return err
}

// clear takes what was kept of an event beside the log away, because it comes into the log now.
func (a archive) clear(id string) error {
	if _, err := a.tx.Exec(`DELETE FROM outliers WHERE event_id = $1`, id); err != nil {
		return err
	}
	_, err := a.tx.Exec(`DELETE FROM events WHERE event_id = $1 AND position <= $2`, id, asideFrom)
	return err
}

// inOrder puts events behind those of them that they name, as their authority or as their parents. Hashes make cycles impossible.
func inOrder(pdus []gomatrixserverlib.PDU, names func(gomatrixserverlib.PDU) []string) []gomatrixserverlib.PDU {
	byID := make(map[string]gomatrixserverlib.PDU, len(pdus))
	for _, pdu := range pdus {
		byID[pdu.EventID()] = pdu
	}
	ordered := make([]gomatrixserverlib.PDU, 0, len(pdus))
	begun := make(map[string]bool, len(pdus))
	for _, pdu := range pdus {
		for stack := []gomatrixserverlib.PDU{pdu}; len(stack) > 0; {
			top := stack[len(stack)-1]
			id := top.EventID()
			if byID[id] == nil { // placed already
				stack = stack[:len(stack)-1]
				continue
			}
			if begun[id] {
				ordered, stack = append(ordered, top), stack[:len(stack)-1]
				delete(byID, id)
				continue
			}
			begun[id] = true
			for _, named := range names(top) {
				if next := byID[named]; next != nil && !begun[named] {
					stack = append(stack, next)
				}
			}
		}
	}
	return ordered
}
