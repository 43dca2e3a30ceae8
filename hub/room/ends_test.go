package room_test

import (
	"fmt"
	"testing"
	"time"

	"panah/hub/room"
	"panah/hub/store"
)

// ends is a room of two hubs with a place in it from which the one makes branches.
type ends struct {
	t    *testing.T
	e, w *hub
	id   string
	from branch
}

func openEnds(t *testing.T) *ends {
	t.Helper()
	e, w, id, _ := shared(t)
	empowered(w, e, id)
	w.gets(east, e.must(message(id, anna, "from here"))...)
	from := e.must(message(id, anna, "and here"))
	w.gets(east, from...)
	return &ends{t, e, w, id, e.at(from[0])}
}

// both has both hubs take in what Anna says after some place.
func (o *ends) both(at branch, d room.Draft) room.Event {
	o.t.Helper()
	keyID, key := o.e.ring.Current()
	raw := o.e.signAs(east, at, d, time.Now(), keyID, key)
	err := o.e.db.Write(o.t.Context(), func(tx *store.Tx) error {
		_, err := o.e.rooms.ReceiveTx(o.t.Context(), tx, raw)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	one := room.Event{ID: pduOf(o.t, raw).EventID(), RoomID: o.id, Type: d.Type, PDU: raw}
	o.w.gets(east, one)
	return one
}

// branch makes so many branches.
func (o *ends) branch(n int) {
	o.t.Helper()
	for n := range n {
		one, under := state(o.id, anna, "network.example.branch", map[string]any{"n": n}), fmt.Sprint(n)
		one.StateKey = &under
		o.both(o.from, one)
	}
	sameState(o.t, o.id, o.e, o.w)
}

// TestMoreEndsThanAnEventNames: a server makes more branches than one event can join. What this hub says next is told to stand after those that it names, as
// all others find it, and the room goes by all of them.
func TestMoreEndsThanAnEventNames(t *testing.T) {
	o := openEnds(t)
	o.branch(27)
	own := o.w.must(message(o.id, wali, "joined"))[0]
	o.e.gets(west, own)
	sameState(t, o.id, o.e, o.w)
	onward := o.from
	onward.prev, onward.depth = []string{own.ID}, own.Depth
	after := o.both(onward, message(o.id, anna, "after it"))
	tellTheSame(t, o.id, o.e, o.w, own, after)
	more := o.w.must(state(o.id, wali, "network.example.own", map[string]any{}), message(o.id, wali, "and on"))
	o.e.gets(west, more...)
	tellTheSame(t, o.id, o.e, o.w, more...)
	sameState(t, o.id, o.e, o.w)
}

// TestBranchesFromBeforeSomebodyCame: a server makes more branches than one event can join, all deeper than what is said in the room, and from before
// somebody came. What they say is taken in everywhere all the same.
func TestBranchesFromBeforeSomebodyCame(t *testing.T) {
	o := openEnds(t)
	o.e.gets(west, o.w.enter(o.id, zara, east))
	o.from.depth += 1000
	o.branch(27)
	said := o.w.must(message(o.id, zara, "here I am"), message(o.id, wali, "and I"))
	o.e.gets(west, said...)
	tellTheSame(t, o.id, o.e, o.w, said...)
	sameState(t, o.id, o.e, o.w)
}
