package room

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"

	"github.com/matrix-org/gomatrixserverlib"
	"golang.org/x/sync/errgroup"

	"panah/hub/store"
)

// Outcome is what became of one of several events.
type Outcome struct {
	Received
	Err error
}

// arriving is one of several events on its way in.
type arriving struct {
	raw     json.RawMessage
	pdu     gomatrixserverlib.PDU // nil until it is known to be right as far as that can be seen without the room
	settled bool                  // outcome holds
	outcome Outcome
}

func (a *arriving) settle(got Received, err error) { a.settled, a.outcome = true, Outcome{got, err} }

// ReceiveAll is Receive for events that came together. Their signatures are checked side by side, and all that build on what is here are written in
// their order and in one commit. Those for which something has to be asked first come after them, one by one.
func (r *Rooms) ReceiveAll(ctx context.Context, from string, raws []json.RawMessage) []Outcome {
	all := make([]arriving, len(raws))
	for i, raw := range raws {
		all[i].raw = raw
	}
	if len(all) > 1 {
		r.checkTogether(ctx, from, all)
		r.judgeTogether(ctx, all)
	}
	outcomes := make([]Outcome, len(all))
	for i := range all {
		if one := &all[i]; !one.settled {
			one.settle(r.Receive(ctx, from, one.raw))
		}
		outcomes[i] = all[i].outcome
	}
	return outcomes
}

// checkTogether reads events and checks their signatures. What is for rooms that the server may not speak in, or that this hub is not in, is left to
// Receive.
func (r *Rooms) checkTogether(ctx context.Context, from string, all []arriving) {
	sideBySide(all, func(one *arriving) {
		var err error
		if one.pdu, err = r.read(one.raw); err != nil {
			one.settle(Received{}, err)
		}
	})
	admitted := map[string]bool{}
	for i := range all {
		if all[i].settled {
			continue
		}
		room := all[i].pdu.RoomID().String()
		if _, known := admitted[room]; !known {
			admitted[room] = r.admits(ctx, from, room) == nil
		}
		if !admitted[room] {
			all[i].pdu = nil
		}
	}
	sideBySide(all, func(one *arriving) {
		if one.settled || one.pdu == nil {
			return
		}
		if err := r.checkSigned(ctx, r.keys, one.pdu); err != nil {
			one.settle(Received{}, err)
		}
	})
}

// sideBySide does something with all of some things, as many at once as there are processors.
func sideBySide[T any](all []T, do func(*T)) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range all {
		group.Go(func() error {
			do(&all[i])
			return nil
		})
	}
	_ = group.Wait() // they give no errors
}

// judgeTogether judges what was found right. What lacks something, or what a follower of the log refused, is left to Receive.
func (r *Rooms) judgeTogether(ctx context.Context, all []arriving) {
	type judged struct {
		*arriving
		got   Received
		lacks lack
	}
	var some []*judged
	var fns []func(tx *store.Tx) error
	for i := range all {
		if all[i].settled || all[i].pdu == nil {
			continue
		}
		one := &judged{arriving: &all[i]}
		some = append(some, one)
		fns = append(fns, func(tx *store.Tx) (err error) {
			one.got, one.lacks, err = r.judgeTx(ctx, tx, one.pdu, judging{})
			return err
		})
	}
	for i, err := range r.db.WriteEach(ctx, fns...) {
		var no declined
		if one := some[i]; !errors.As(err, &no) && !one.lacks.any() {
			one.settle(one.got, err)
		}
	}
}
