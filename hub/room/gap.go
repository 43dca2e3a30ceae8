package room

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/store"
)

// Bounds of what is asked of another server for one event that it sent.
const (
	missingMost = 20     // events between what is here and it (the specification's own example asks for 10)
	statesMost  = 2      // states in such a gap
	stateMost   = 50_000 // events of one state
	singlyMost  = 20     // events of a state that are asked for one by one; beyond that the whole state is

	gapTime = 2 * time.Minute // for all questions about one event, so that a server that answers slowly holds a room up no longer
)

// Receive takes in an event that another server sent, by the checks of Matrix Server-Server API, "Checks performed on receipt of a PDU". Signatures
// and hash are checked, and what it builds on is asked for, before anything is written. from is the server that sent it: it is asked, if it is
// in the room. It is error.bad_json for what is no event, M_FORBIDDEN where a signature is wrong, error.unknown_room where this hub is not in
// the room, and error.unknown_event where what it builds on cannot be had. It is error.federation_unreachable (502) where that could not be asked for
// now: whoever sent the event is to send it again, and after triesMost times it is error.unknown_event. What the rules reject is Received.Refusal,
// and no error.
func (r *Rooms) Receive(ctx context.Context, from string, raw []byte) (Received, error) {
	pdu, err := r.read(raw)
	if err != nil {
		return Received{}, err
	}
	roomID := pdu.RoomID().String()
	err = r.admits(ctx, from, roomID)
	if errors.Is(err, errArriving) {
		err = r.admitsSoon(ctx, from, roomID)
	}
	switch {
	case errors.Is(err, errArriving):
		return Received{}, r.later(ctx, pdu.EventID(), notAsked(err))
	case errors.Is(err, fault.NotFound("error.unknown_room")):
		return r.receiveOutside(ctx, pdu)
	case err != nil:
		return Received{}, err
	}
	if err := r.checkSigned(ctx, r.keys, pdu); err != nil {
		return Received{}, err
	}
	got, lacks, err := r.judge(ctx, pdu, judging{})
	if err != nil || !lacks.any() {
		return got, err
	}
	return r.receiveBehindGap(ctx, from, pdu)
}

// receiveBehindGap takes in an event that builds on what is not here.
func (r *Rooms) receiveBehindGap(ctx context.Context, from string, pdu gomatrixserverlib.PDU) (Received, error) {
	times, err := r.putOff(ctx, pdu.EventID())
	if err != nil {
		return Received{}, err
	}
	if times >= triesMost {
		return Received{}, notHad(nil)
	}
	within, cancel := context.WithTimeout(ctx, gapTime)
	defer cancel()
	got, err := r.closeGap(within, from, pdu)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = notAsked(err)
	}
	if err == nil && times > 0 {
		err = r.forgetPutOff(ctx, pdu.EventID())
	}
	return got, r.later(ctx, pdu.EventID(), err)
}

// admits looks whether this hub is in the room and the room's access list lets the server take part in it. It is errArriving while the hub is about
// to be in it.
func (r *Rooms) admits(ctx context.Context, from, roomID string) error {
	entering := r.ways.lead(roomID) // before the snapshot: a way in that ends meanwhile is either seen here, or its room there
	return r.db.Read(ctx, func(tx *store.Tx) error {
		here, err := r.IsHere(tx, roomID)
		if err != nil {
			return err
		}
		if here {
			return r.CheckServer(tx, roomID, from)
		}
		arriving, err := isArriving(tx, roomID) // in the same snapshot, so that no way in ends between the two
		if err == nil && (arriving || entering) {
			err = errArriving
		}
		if err == nil {
			err = fault.NotFound("error.unknown_room")
		}
		return err
	})
}

// closeGap gets what an event builds on, and judges it.
func (r *Rooms) closeGap(ctx context.Context, from string, pdu gomatrixserverlib.PDU) (Received, error) {
	if err := r.mayAsk(ctx, from, pdu); err != nil {
		return Received{}, err
	}
	leave, err := r.gaps.enter(ctx, pdu.RoomID().String())
	if err != nil {
		return Received{}, err
	}
	defer leave()
	states := statesMost
	between, err := r.missing(ctx, from, pdu)
	if err != nil {
		return Received{}, err
	}
	for _, parent := range between {
		if _, err := r.settleGap(ctx, from, parent, &states); err != nil && (!isFault(err) || errors.Is(err, notAsked(nil))) {
			return Received{}, err
		}
	}
	states = max(states, 1)
	return r.settleGap(ctx, from, pdu, &states)
}

// mayAsk: a server that is not in the room is not asked: it could have this hub work for nothing.
func (r *Rooms) mayAsk(ctx context.Context, from string, pdu gomatrixserverlib.PDU) error {
	if r.remote == nil {
		return fault.NotFound("error.unknown_event")
	}
	return r.db.Read(ctx, func(tx *store.Tx) error {
		in, err := r.HasServer(tx, pdu.RoomID().String(), from)
		if err == nil && !in {
			err = fault.NotFound("error.unknown_event")
		}
		return err
	})
}

// settleGap judges one event, with its authority and the state before it from the other server where they are not here.
func (r *Rooms) settleGap(ctx context.Context, from string, pdu gomatrixserverlib.PDU, states *int) (Received, error) {
	got, lacks, err := r.judge(ctx, pdu, judging{})
	if err == nil && len(lacks.auth) > 0 {
		if err = r.fetchAuth(ctx, from, pdu); err == nil {
			got, lacks, err = r.judge(ctx, pdu, judging{})
		}
	}
	if err == nil && len(lacks.auth) == 0 && len(lacks.prev) > 0 && *states > 0 {
		*states--
		var given stateMap
		if given, err = r.fetchState(ctx, from, pdu); err == nil {
			got, lacks, err = r.judge(ctx, pdu, judging{given: given})
		}
	}
	if err == nil && lacks.any() {
		err = fault.NotFound("error.unknown_event")
	}
	return got, err
}

// missing asks for the events between what is here and one, and gives those that are right, parents first. That the server gives none is no
// error: then the state closes the gap.
func (r *Rooms) missing(ctx context.Context, from string, pdu gomatrixserverlib.PDU) ([]gomatrixserverlib.PDU, error) {
	roomID := pdu.RoomID().String()
	between := Between{Latest: []string{pdu.EventID()}, Limit: missingMost}
	err := r.db.Read(ctx, func(tx *store.Tx) (err error) {
		between.Earliest, _, err = r.ends(tx, roomID)
		return err
	})
	if err != nil {
		return nil, err
	}
	raws, err := r.remote.MissingEvents(ctx, from, roomID, between)
	if err = asked(err); errors.Is(err, notAsked(nil)) {
		return nil, err
	} else if err != nil {
		r.log.Info("missing events could not be had", "server", from, "room", roomID, "err", err)
		return nil, nil
	}
	pdus := r.genuine(ctx, roomID, raws[:min(len(raws), missingMost)])
	pdus = slices.DeleteFunc(pdus, func(p gomatrixserverlib.PDU) bool { return p.EventID() == pdu.EventID() })
	return parentsFirst(pdus), nil
}

// parentsFirst orders events by what they say of their depth, and then each behind those that it builds on: a depth may be a lie.
func parentsFirst(pdus []gomatrixserverlib.PDU) []gomatrixserverlib.PDU {
	slices.SortStableFunc(pdus, func(a, b gomatrixserverlib.PDU) int {
		return cmp.Or(cmp.Compare(a.Depth(), b.Depth()), cmp.Compare(a.EventID(), b.EventID()))
	})
	return inOrder(pdus, gomatrixserverlib.PDU.PrevEventIDs)
}

// genuine gives those of some events that are of the room and signed as they must be.
func (r *Rooms) genuine(ctx context.Context, roomID string, raws []json.RawMessage) []gomatrixserverlib.PDU {
	type checked struct {
		raw json.RawMessage
		pdu gomatrixserverlib.PDU // nil for one that is not
		err error                 // of its signatures
	}
	all := make([]checked, len(raws))
	for i, raw := range raws {
		all[i].raw = raw
	}
	sideBySide(all, func(one *checked) {
		if ctx.Err() != nil {
			return
		}
		pdu, err := r.read(one.raw)
		if err != nil || pdu.RoomID().String() != roomID {
			return
		}
		if err := r.checkSigned(ctx, r.keys, pdu); err != nil {
			one.err = fmt.Errorf("%s: %w", pdu.EventID(), err)
			return
		}
		one.pdu = pdu
	})
	pdus := make([]gomatrixserverlib.PDU, 0, len(raws))
	var forged int
	var first error
	for _, one := range all {
		if one.pdu != nil {
			pdus = append(pdus, one.pdu)
		} else if one.err != nil {
			forged, first = forged+1, cmp.Or(first, one.err)
		}
	}
	if forged > 0 {
		r.log.Info("events are not signed as they must be", "room", roomID, "count", forged, "first", first)
	}
	return pdus
}

// fetchAuth gets what authorises an event.
func (r *Rooms) fetchAuth(ctx context.Context, from string, pdu gomatrixserverlib.PDU) error {
	roomID := pdu.RoomID().String()
	raws, err := r.remote.EventAuth(ctx, from, roomID, pdu.EventID())
	if err != nil {
		return asked(err)
	}
	if len(raws) > stateMost {
		return fault.TooLarge(stateMost)
	}
	return r.keepInParts(ctx, r.genuine(ctx, roomID, raws))
}

func notHad(cause error) error {
	return fault.NotFound("error.unknown_event").Because(cause)
}

func notAsked(cause error) error {
	return fault.New(http.StatusBadGateway, "M_UNKNOWN", "error.federation_unreachable").Because(cause)
}

// asked tells what a server does not give from what it could not be asked for.
func asked(err error) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f) && f.Status < http.StatusInternalServerError:
		return notHad(err)
	}
	return notAsked(err)
}

// fetchState gets the state before an event, and keeps what of it is not here. Rejected events do not stand in it.
func (r *Rooms) fetchState(ctx context.Context, from string, pdu gomatrixserverlib.PDU) (stateMap, error) {
	roomID := pdu.RoomID().String()
	ids, auth, err := r.remote.StateIDs(ctx, from, roomID, pdu.EventID())
	if err != nil {
		return nil, asked(err)
	}
	if len(ids)+len(auth) > stateMost {
		return nil, fault.TooLarge(stateMost)
	}
	raws, err := r.fetchAll(ctx, from, pdu, slices.Concat(ids, auth))
	if err != nil {
		return nil, err
	}
	if err := r.keepInParts(ctx, r.genuine(ctx, roomID, raws)); err != nil {
		return nil, err
	}
	var state stateMap
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		state, err = archive{r, tx, pdu}.stateOf(ids)
		return err
	})
	return state, err
}

// fetchAll gets those of some events that are not here.
func (r *Rooms) fetchAll(ctx context.Context, from string, pdu gomatrixserverlib.PDU, ids []string) (raws []json.RawMessage, err error) {
	var lacking []string
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			here, err := archive{r, tx, pdu}.here(id)
			if err != nil {
				return err
			}
			if !here && eventID.MatchString(id) && !slices.Contains(lacking, id) && len(lacking) <= singlyMost {
				lacking = append(lacking, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(lacking) > singlyMost {
		state, auth, err := r.remote.StateBefore(ctx, from, pdu.RoomID().String(), pdu.EventID())
		if err != nil {
			return nil, asked(err)
		}
		if len(state)+len(auth) > stateMost {
			return nil, fault.TooLarge(stateMost)
		}
		return slices.Concat(auth, state), nil
	}
	for _, id := range lacking {
		raw, err := r.remote.OneEvent(ctx, from, id)
		if err != nil {
			return nil, asked(err)
		}
		raws = append(raws, raw)
	}
	return raws, nil
}

// stateOf makes a state of the ids of its events. All must be here, of the room, and have keys of their own; what was rejected does not stand.
func (a archive) stateOf(ids []string) (stateMap, error) {
	state := stateMap{}
	for _, id := range ids {
		here, err := a.here(id)
		if err != nil {
			return nil, err
		}
		if !here {
			return nil, notHad(fmt.Errorf("event %s of a state is not to be had", id))
		}
		pdu, err := a.pdu(id)
		if err != nil {
			return nil, err
		}
		if pdu.StateKey() == nil || pdu.RoomID() != a.own.RoomID() {
			return nil, badEvent(errors.New("a state holds what is no state of the room"))
		}
		if a.isRejected(id) {
			continue
		}
		if key := keyTuple(pdu); state[key] != "" && state[key] != id {
			return nil, badEvent(errors.New("a state holds two events of one key"))
		}
		state[keyTuple(pdu)] = id
	}
	if state[gomatrixserverlib.StateKeyTuple{EventType: "m.room.create"}] == "" {
		return nil, badEvent(errors.New("a state is of no room"))
	}
	return state, nil
}

// gates let one at a time ask for what a room lacks: events that were sent together lack the same.
type gates struct {
	mu   sync.Mutex
	gate map[string]*gate
}

type gate struct {
	free    chan struct{} // holds a word when nobody is in
	waiting int
}

// enter waits for the others at one room, as long as ctx lasts, and gives what lets the next one in.
func (g *gates) enter(ctx context.Context, roomID string) (leave func(), err error) {
	one := g.at(roomID)
	select {
	case <-one.free:
		return func() {
			one.free <- struct{}{}
			g.leave(roomID, one)
		}, nil
	case <-ctx.Done():
		g.leave(roomID, one)
		return nil, ctx.Err()
	}
}

func (g *gates) at(roomID string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gate == nil {
		g.gate = map[string]*gate{}
	}
	one := g.gate[roomID]
	if one == nil {
		one = &gate{free: make(chan struct{}, 1)}
		one.free <- struct{}{}
		g.gate[roomID] = one
	}
	one.waiting++
	return one
}

func (g *gates) leave(roomID string, one *gate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		delete(g.gate, roomID)
	}
}
