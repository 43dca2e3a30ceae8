package room

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	"github.com/tidwall/gjson"

	"panah/hub/fault"
	"panah/hub/store"
)

// Bounds of what another server is given at once.
const (
	BackfillMost = 100
	MissingMost  = 20

	looksMost = 1000 // events that are looked at on the way back, wanted or not
)

// guest makes sure that a server may be told of a room: it is in it, and the room's access list does not keep it out.
func (r *Rooms) guest(tx *store.Tx, server, roomID string) error {
	if err := r.CheckServer(tx, roomID, server); err != nil {
		return err
	}
	in, err := r.HasServer(tx, roomID, server)
	if err == nil && !in {
		err = fault.Forbidden("error.hub_not_in_channel")
	}
	return err
}

// ServeEvent gives one event to another server (GET …/event), redacted where the room's history is not open to it.
func (r *Rooms) ServeEvent(ctx context.Context, server, id string) (raw json.RawMessage, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		pdu, err := archive{r: r, tx: tx}.pdu(id)
		if err != nil {
			return err
		}
		if err := r.guest(tx, server, pdu.RoomID().String()); err != nil {
			return fault.NotFound("error.unknown_event").Because(err) // a stranger learns no more of an event that is there than of one that is not
		}
		raw, err = r.shownTo(tx, server, pdu)
		return err
	})
	return raw, err
}

// MaySee tells whether another server may see an event: it is in the room, whose access list does not keep it out and whose history is open to it
// there.
func (r *Rooms) MaySee(tx *store.Tx, server, id string) (bool, error) {
	pdu, err := archive{r: r, tx: tx}.pdu(id)
	if err == nil {
		err = r.guest(tx, server, pdu.RoomID().String())
	}
	if err != nil {
		if isFault(err) {
			return false, nil
		}
		return false, err
	}
	if pdu.StateKey() != nil || ServerOf(string(pdu.SenderID())) == server {
		return true, nil
	}
	return r.openTo(tx, server, pdu)
}

// shownTo is an event as another server may have it (Matrix Server-Server API: what it may not see is redacted). State is what a room is, and
// whoever comes in gets it.
func (r *Rooms) shownTo(tx *store.Tx, server string, pdu gomatrixserverlib.PDU) (json.RawMessage, error) {
	if pdu.StateKey() != nil || ServerOf(string(pdu.SenderID())) == server {
		return pdu.JSON(), nil
	}
	open, err := r.openTo(tx, server, pdu)
	if open || err != nil {
		return pdu.JSON(), err
	}
	hidden, err := parse(pdu.JSON(), pdu.EventID())
	if err != nil {
		return nil, err
	}
	hidden.Redact()
	return hidden.JSON(), nil
}

// openTo tells whether a server that is in the room may see a post: by what the history visibility was at it and, where that asks for it, by
// whether one of its people was there. Of what was before this hub's own time, only the first is known.
func (r *Rooms) openTo(tx *store.Tx, server string, pdu gomatrixserverlib.PDU) (bool, error) {
	e, err := r.EventByID(tx, pdu.EventID())
	if errors.Is(err, fault.NotFound("error.unknown_event")) {
		return false, nil // beside the log: nobody was shown it
	}
	if err != nil || e.Purged {
		return false, err
	}
	v := &View{}
	err = history(tx, e.RoomID, "m.room.history_visibility", "", "history_visibility", func(i interval) { v.visibility = append(v.visibility, i) })
	if err != nil {
		return false, err
	}
	switch visibility := v.visibilityAt(e.Position); visibility {
	case "joined", "invited":
		return r.wasThere(tx, server, e, visibility)
	}
	return true, nil
}

// wasThere tells whether somebody of a server was a member at an event, or invited where that is enough.
func (r *Rooms) wasThere(tx *store.Tx, server string, e *Event, visibility string) (bool, error) {
	events, err := queryEvents(tx, `SELECT `+eventColumns+` FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.type = 'm.room.member' AND substr(s.state_key, length(s.state_key) - length($2)) = ':' || $2
		AND s.from_position <= $3 AND (s.until_position IS NULL OR s.until_position > $3)`, e.RoomID, server, e.Position)
	for i := range events {
		m := membershipIn(events[i].Content)
		if m == spec.Join || m == spec.Invite && visibility == "invited" {
			return true, nil
		}
	}
	return false, err
}

func membershipIn(content json.RawMessage) string {
	return member(gjson.ParseBytes(content), "membership").Str
}

// deepest is a heap of events, the deepest first.
type deepest []gomatrixserverlib.PDU

func (d deepest) Len() int           { return len(d) }
func (d deepest) Less(i, j int) bool { return d[i].Depth() > d[j].Depth() }
func (d deepest) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push and Pop are heap.Interface's.
func (d *deepest) Push(x any) { *d = append(*d, x.(gomatrixserverlib.PDU)) } //nolint:forcetypeassert // the heap holds nothing else

// Pop takes the last one.
func (d *deepest) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

// back walks from some events of a room to their parents, the deepest first, and gives what wanted lets through, at most limit. It goes no
// further back than through what stop names.
func (a archive) back(roomID string, from, stop []string, limit int, wanted func(gomatrixserverlib.PDU) bool) ([]gomatrixserverlib.PDU, error) {
	seen := map[string]bool{}
	for _, id := range stop {
		seen[id] = true
	}
	var next deepest
	add := func(ids []string) error {
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			pdu, err := a.pdu(id)
			if errors.Is(err, fault.NotFound("error.unknown_event")) || err == nil && (pdu.RoomID().String() != roomID || a.isRejected(id)) {
				continue
			}
			if err != nil {
				return err
			}
			heap.Push(&next, pdu)
		}
		return nil
	}
	if err := add(from); err != nil {
		return nil, err
	}
	var found []gomatrixserverlib.PDU
	for looks := 0; len(next) > 0 && len(found) < limit && looks < looksMost; looks++ {
		pdu := heap.Pop(&next).(gomatrixserverlib.PDU) //nolint:forcetypeassert // the heap holds nothing else
		if wanted(pdu) {
			found = append(found, pdu)
		}
		if err := add(pdu.PrevEventIDs()); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ServeBackfill gives a server what came before some events, and these, newest first (GET …/backfill), at most BackfillMost.
func (r *Rooms) ServeBackfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error) {
	limit = min(max(limit, 1), BackfillMost)
	all := func(gomatrixserverlib.PDU) bool { return true }
	return r.serve(ctx, server, roomID, func(a archive) ([]gomatrixserverlib.PDU, error) {
		return a.back(roomID, from[:min(len(from), maxPrev)], nil, limit, all)
	})
}

// ServeMissing gives a server what lies between some events, oldest first (POST …/get_missing_events), at most MissingMost.
func (r *Rooms) ServeMissing(ctx context.Context, server, roomID string, b Between) ([]json.RawMessage, error) {
	limit := min(max(b.Limit, 1), MissingMost)
	latest := b.Latest[:min(len(b.Latest), maxPrev)]
	between := func(pdu gomatrixserverlib.PDU) bool {
		return pdu.Depth() >= b.MinDepth && !slices.Contains(latest, pdu.EventID())
	}
	return r.serve(ctx, server, roomID, func(a archive) ([]gomatrixserverlib.PDU, error) {
		found, err := a.back(roomID, latest, b.Earliest[:min(len(b.Earliest), BackfillMost)], limit, between)
		slices.Reverse(found)
		return found, err
	})
}

// serve gives a server that is in a room some events of it as it may see them.
func (r *Rooms) serve(ctx context.Context, server, roomID string, find func(archive) ([]gomatrixserverlib.PDU, error)) (raws []json.RawMessage, err error) {
	raws = []json.RawMessage{}
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		if err := r.guest(tx, server, roomID); err != nil {
			return err
		}
		pdus, err := find(archive{r: r, tx: tx})
		for _, pdu := range pdus {
			raw, err := r.shownTo(tx, server, pdu)
			if err != nil {
				return err
			}
			raws = append(raws, raw)
		}
		return err
	})
	return raws, err
}

// ServeState gives a server the state before an event, and what authorises that (GET …/state and …/state_ids).
func (r *Rooms) ServeState(ctx context.Context, server, roomID, id string) (state, auth []Known, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		if err := r.guest(tx, server, roomID); err != nil {
			return err
		}
		a, err := r.archiveOf(tx, roomID, id)
		if err != nil {
			return err
		}
		before, err := a.stateAt()
		if err != nil {
			return err
		}
		state, auth, err = a.withChain(before)
		return err
	})
	return state, auth, err
}

// Known is an event as it federates.
type Known struct {
	ID  string
	PDU json.RawMessage
}

func (r *Rooms) archiveOf(tx *store.Tx, roomID, id string) (archive, error) {
	pdu, err := archive{r: r, tx: tx}.pdu(id)
	if err == nil && pdu.RoomID().String() != roomID {
		err = fault.NotFound("error.unknown_event")
	}
	return archive{r, tx, pdu}, err
}

// stateAt is the state before the archive's own event. Where its parents are not here it is what is known of the state after it.
func (a archive) stateAt() (stateMap, error) {
	before, err := a.stateBefore(a.own, nil)
	if !errors.Is(err, fault.NotFound("error.unknown_event")) {
		return before, err
	}
	if before, err = a.stateAfter(a.own.RoomID().String(), a.own.EventID()); err == nil && a.own.StateKey() != nil {
		delete(before, keyTuple(a.own))
	}
	return before, err
}

// withChain gives the events of a state, and all that authorise them.
func (a archive) withChain(of stateMap) (state, auth []Known, err error) {
	pdus, err := a.pdus(of.ids())
	if err != nil {
		return nil, nil, err
	}
	chain, err := a.chain(pdus)
	return knownOf(pdus), knownOf(chain), err
}

func knownOf(pdus []gomatrixserverlib.PDU) []Known {
	all := make([]Known, 0, len(pdus))
	for _, pdu := range pdus {
		all = append(all, Known{pdu.EventID(), pdu.JSON()})
	}
	return all
}

// ServeAuth gives a server all that authorises an event (GET …/event_auth).
func (r *Rooms) ServeAuth(ctx context.Context, server, roomID, id string) (auth []Known, err error) {
	err = r.db.Read(ctx, func(tx *store.Tx) error {
		if err := r.guest(tx, server, roomID); err != nil {
			return err
		}
		a, err := r.archiveOf(tx, roomID, id)
		if err != nil {
			return err
		}
		chain, err := a.chain([]gomatrixserverlib.PDU{a.own})
		auth = knownOf(chain)
		return err
	})
	return auth, err
}
