package room

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"panah/hub/store"
)

const (
	// arrivalTopic is the broker's topic on which a node tells of which room a way in is over.
	arrivalTopic = "arrival"
	// arrivalTime is how long what comes early waits for the room.
	arrivalTime = 10 * time.Second
	// arrivalBeat is how often it is looked without being woken: a wake-up may be lost, and a lost node sends none.
	arrivalBeat = time.Second
	// enterTime bounds one server's letting somebody in, with all that has to be checked then. arrivalMost is beyond that by as long as a commit may
	// take: a node that is lost on the way leaves its note behind no longer.
	enterTime   = 4 * time.Minute
	arrivalMost = enterTime + time.Minute
	// leaveTime bounds the taking back of the note.
	leaveTime = 5 * time.Second
)

// errArriving: the hub is not in the room yet, but is about to be.
var errArriving = errors.New("the room is being entered")

// arrival is one person's way into a room. A server that has let somebody in sends what is said from then on, to whichever node of the hub, and that
// may come before the room itself is here: refused as of an unknown room it would be lost until somebody speaks again. So the way is noted where
// all nodes see it, before that server is told, until the same commit in which the room is here.
type arrival struct {
	id, roomID string
	over       bool
}

// ways are how many of this node's own people are on the way into rooms. A node knows those by itself: a machine that stood still, or whose clock was
// put forward, would hold its own note for one that a lost node left behind.
type ways struct {
	mu   sync.Mutex
	into map[string]int
}

func (w *ways) add(roomID string, more int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.into == nil {
		w.into = map[string]int{}
	}
	if w.into[roomID] += more; w.into[roomID] == 0 {
		delete(w.into, roomID)
	}
}

func (w *ways) lead(roomID string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.into[roomID] > 0
}

// arrive notes that somebody is about to enter a room.
func (r *Rooms) arrive(ctx context.Context, roomID string) (*arrival, error) {
	a := &arrival{id: rand.Text(), roomID: roomID}
	r.ways.add(roomID, 1)
	return a, r.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM room_arrivals WHERE over_at <= $1`, tx.Now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO room_arrivals (id, room_id, began_at, over_at) VALUES ($1, $2, $3, $4)`,
			a.id, roomID, tx.Now.UnixMilli(), tx.Now.Add(arrivalMost).UnixMilli())
		return err
	})
}

// arrivedTx takes the note back, because the room is here with this commit, or will not be, and tells whether it was there still.
func (r *Rooms) arrivedTx(ctx context.Context, tx *store.Tx, a *arrival) (noted bool, err error) {
	tx.OnCommit(func() {
		a.over = true
		if err := r.broker.Publish(context.WithoutCancel(ctx), arrivalTopic, []byte(a.roomID)); err != nil {
			r.log.Warn("those who wait for a room were not woken", "room", a.roomID, "err", err)
		}
	})
	n, err := tx.Exec(`DELETE FROM room_arrivals WHERE id = $1`, a.id)
	return n > 0, err
}

// end is the end of a way. The note of one that led nowhere is taken back, and what was kept on such ways is dropped, also of a node that was lost.
func (r *Rooms) end(ctx context.Context, a *arrival) {
	r.ways.add(a.roomID, -1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	if !a.over {
		err := r.db.Write(ctx, func(tx *store.Tx) error { _, err := r.arrivedTx(ctx, tx, a); return err })
		if err != nil {
			r.log.Warn("events of a room that nobody enters any more are put off for a while", "room", a.roomID, "err", err)
		}
	}
	if err := r.dropStrays(ctx); err != nil {
		r.log.Warn("what was kept of rooms that nobody came into is dropped later", "err", err)
	}
}

// isArriving tells whether somebody is on the way into a room, by whatever node.
func isArriving(tx *store.Tx, roomID string) (is bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM room_arrivals WHERE room_id = $1 AND over_at > $2)`, roomID, tx.Now.UnixMilli()).Scan(&is)
	if err != nil {
		err = fmt.Errorf("look who enters %s: %w", roomID, err)
	}
	return is, err
}

// admitsSoon is admits once nobody enters the room any more; errArriving if that lasts longer than arrivalTime.
func (r *Rooms) admitsSoon(ctx context.Context, from, roomID string) error {
	waits, cancel := context.WithTimeout(ctx, arrivalTime)
	defer cancel()
	heard, err := r.broker.Subscribe(waits, arrivalTopic)
	if err != nil {
		return errArriving
	}
	defer heard.Close()
	beat := time.NewTicker(arrivalBeat)
	defer beat.Stop()
	for {
		if err := r.admits(waits, from, roomID); !errors.Is(err, errArriving) && waits.Err() == nil {
			return err
		}
		for woken := false; !woken; {
			select {
			case m, open := <-heard.C:
				if !open {
					return errArriving
				}
				woken = m.Lost || string(m.Payload) == roomID
			case <-beat.C:
				woken = true
			case <-waits.Done():
				return errArriving
			}
		}
	}
}
