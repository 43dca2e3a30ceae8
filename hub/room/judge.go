package room

import (
	"context"
	"errors"
	"fmt"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/store"
)

// judging is what one judgement of an event goes by, beside what is known.
type judging struct {
	given  stateMap // the state after those parents that are not here, as another server told it
	beside bool     // it is kept beside the log, as what the room's present state refuses
}

// lack is what is not known of what an event builds on.
type lack struct{ prev, auth []string }

func (l lack) any() bool { return len(l.prev)+len(l.auth) > 0 }

// declined is a follower's refusal of an event: the one that came, or one that was to stand because of it. What others signed exists all the same, so
// it is kept, but not told.
type declined struct {
	error
	id string
}

func (d declined) Unwrap() error { return d.error }

// judge is judgeTx in a transaction of its own. It is made anew for each event that a follower declines.
func (r *Rooms) judge(ctx context.Context, pdu gomatrixserverlib.PDU, how judging) (got Received, lacks lack, err error) {
	var besides []string
	for {
		err = r.db.Write(ctx, func(tx *store.Tx) (err error) {
			if err := decline(tx, besides); err != nil {
				return err
			}
			got, lacks, err = r.judgeTx(ctx, tx, pdu, how)
			return err
		})
		var no declined
		switch {
		case !errors.As(err, &no) || !isFault(no.error):
			return got, lacks, err
		case no.id == pdu.EventID():
			how.beside = true
		default:
			besides = append(besides, no.id)
		}
	}
}

// decline notes that followers refuse events that are kept beside the log.
func decline(tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if _, err := tx.Exec(`UPDATE soft_failed SET declined = TRUE WHERE event_id = $1`, id); err != nil {
			return fmt.Errorf("note that %s is declined: %w", id, err)
		}
	}
	return nil
}

func isFault(err error) bool {
	var f *fault.Fault
	return errors.As(err, &f)
}

// judgeTx makes checks 4 to 6 of an event whose signatures and hash are checked, and puts it where it belongs: into the log, or beside it. When
// something is lacking that is needed for that, nothing is written.
func (r *Rooms) judgeTx(ctx context.Context, tx *store.Tx, pdu gomatrixserverlib.PDU, how judging) (Received, lack, error) {
	if known, err := r.known(tx, pdu); known != nil || err != nil {
		return deref(known), lack{}, err
	}
	if err := r.checkRoom(tx, pdu); err != nil {
		return Received{}, lack{}, err
	}
	a := archive{r, tx, pdu}
	lacks, err := a.lacks()
	if err != nil || len(lacks.auth) > 0 || len(lacks.prev) > 0 && how.given == nil {
		return Received{}, lacks, err
	}
	before, err := a.stateBefore(pdu, how.given)
	if err != nil {
		return Received{}, lack{}, err
	}
	refusal, err := a.authorise(before)
	if err != nil {
		return Received{}, lack{}, err
	}
	if refusal != nil {
		got, err := a.reject(before, refusal)
		return got, lack{}, err
	}
	got, err := r.place(ctx, a, after(before, pdu), how)
	return got, lack{}, err
}

// lacks are the events that an event names and that are not known: parents, of which the state after them must be known, and authority.
func (a archive) lacks() (l lack, err error) {
	for _, id := range a.own.AuthEventIDs() {
		here, err := a.here(id)
		if err != nil {
			return l, err
		}
		if !here {
			l.auth = append(l.auth, id)
		}
	}
	for _, id := range a.own.PrevEventIDs() {
		var stated bool
		err := a.tx.QueryRow(`SELECT COALESCE((SELECT base <> $3 FROM event_states WHERE event_id = $1 AND room_id = $2),
			EXISTS (SELECT 1 FROM events WHERE event_id = $1 AND room_id = $2 AND position > 0))`, id, a.own.RoomID().String(), unknownState).Scan(&stated)
		if err != nil {
			return l, err
		}
		if !stated {
			l.prev = append(l.prev, id)
		}
	}
	return l, nil
}

// reject keeps an event that the rules refuse. The state after it is the state before it.
func (a archive) reject(before stateMap, why error) (Received, error) {
	e := Event{ID: a.own.EventID(), PDU: a.own.JSON()}
	if err := e.decode(); err != nil {
		return Received{}, err
	}
	head, err := a.tx.Head()
	if err != nil {
		return Received{}, err
	}
	now, err := ruledIDs(a.tx, e.RoomID, head)
	if err != nil {
		return Received{}, err
	}
	return Received{Event: e, Refusal: why}, errors.Join(a.putOutlier(true, false), saveState(a.tx, &e, head, now, before))
}
