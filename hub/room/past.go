package room

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

const (
	pastServers = 3  // how many servers are asked for history in turn
	pastAuth    = 50 // events that authorise what came, asked for one by one
)

// HasPast tells whether a room had a history before this hub's log of it begins, which was not asked for yet.
func (r *Rooms) HasPast(tx *store.Tx, roomID string) (has bool, err error) {
	if r.remote == nil {
		return false, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM room_edges WHERE room_id = $1)`, roomID).Scan(&has)
	return has, err
}

// FetchPast asks the room's other servers for up to limit events of its history before what is here, and puts them before it: below position 0,
// so that nobody is told of them as news. What no server can give is not asked for again.
func (r *Rooms) FetchPast(ctx context.Context, roomID string, limit int) error {
	leave, err := r.gaps.enter(ctx, roomID)
	if err != nil {
		return err
	}
	defer leave()
	var edges, servers []string
	err = r.db.Read(ctx, func(tx *store.Tx) (err error) {
		if edges, err = edgesOf(tx, roomID); err != nil {
			return err
		}
		servers, err = r.Servers(tx, roomID)
		return err
	})
	if err != nil || len(edges) == 0 || r.remote == nil {
		return err
	}
	servers = r.others(slices.Insert(servers, 0, ServerOf(roomID))) // who made the room has all of it, if it is in it still
	var last error
	for _, server := range servers[:min(len(servers), pastServers)] {
		most := min(max(limit, 1)+len(edges), BackfillMost) // what is asked about comes with the answer, and counts
		raws, err := r.remote.Backfill(ctx, server, roomID, edges, most)
		if err != nil {
			last = err
			continue
		}
		pdus := r.genuine(ctx, roomID, raws[:min(len(raws), BackfillMost)])
		auth := r.pastAuth(ctx, server, roomID, pdus)
		return r.db.Write(ctx, func(tx *store.Tx) error {
			now, err := edgesOf(tx, roomID)
			if err != nil || !slices.Equal(now, edges) { // another node was first, and knows better what is still to be asked for
				return err
			}
			return r.layPast(tx, roomID, edges, pdus, auth)
		})
	}
	return last
}

// edgesOf are events from which a room's earlier history is asked for, as many as one question names.
func edgesOf(tx *store.Tx, roomID string) ([]string, error) {
	return column(tx, `SELECT event_id FROM room_edges WHERE room_id = $1 ORDER BY event_id LIMIT 20`, roomID)
}

// pastAuth gets what authorises history and is neither here nor in it.
func (r *Rooms) pastAuth(ctx context.Context, server, roomID string, pdus []gomatrixserverlib.PDU) (auth []gomatrixserverlib.PDU) {
	seen := map[string]bool{}
	for _, pdu := range pdus {
		seen[pdu.EventID()] = true
	}
	for next := pdus; len(next) > 0 && len(auth) < pastAuth; {
		var raws []json.RawMessage
		for _, id := range r.unknownAuth(ctx, next, seen) {
			if len(auth)+len(raws) >= pastAuth {
				break
			}
			if raw, err := r.remote.OneEvent(ctx, server, id); err == nil {
				raws = append(raws, raw)
			}
		}
		next = r.genuine(ctx, roomID, raws)
		auth = append(auth, next...)
	}
	return auth
}

// unknownAuth are the ids of what authorises some events and is neither here nor seen. It marks them as seen.
func (r *Rooms) unknownAuth(ctx context.Context, of []gomatrixserverlib.PDU, seen map[string]bool) (ids []string) {
	err := r.db.Read(ctx, func(tx *store.Tx) error {
		for _, pdu := range of {
			for _, id := range pdu.AuthEventIDs() {
				here, err := archive{r, tx, pdu}.here(id)
				if err != nil {
					return err
				}
				if !here && !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return ids
}

// layPast puts history before what is here, the newest first, each event if what authorises it allows it.
func (r *Rooms) layPast(tx *store.Tx, roomID string, edges []string, pdus, auth []gomatrixserverlib.PDU) error {
	states := slices.Clone(auth)
	for _, pdu := range pdus {
		if pdu.StateKey() != nil {
			states = append(states, pdu)
		}
	}
	if err := r.keep(tx, states); err != nil {
		return err
	}
	pdus = parentsFirst(pdus)
	slices.Reverse(pdus)
	ends := slices.Clone(edges)
	for _, pdu := range pdus {
		laid, err := archive{r, tx, pdu}.layOne()
		if err != nil {
			return err
		}
		if laid {
			ends = append(ends, pdu.EventID())
		}
	}
	return r.moveEdges(tx, roomID, edges, ends)
}

// layOne puts one event before what is here, unless it is known or refused.
func (a archive) layOne() (bool, error) {
	known, err := a.r.known(a.tx, a.own)
	if err != nil || known != nil {
		return false, err
	}
	if a.own.Type() != spec.MRoomCreate {
		if refusal, err := a.refusalByNamed(); refusal != nil || err != nil {
			if err != nil && !isFault(err) {
				return false, err
			}
			return false, nil
		}
	}
	if err := a.clear(a.own.EventID()); err != nil {
		return false, err
	}
	at, err := a.below(0)
	if err != nil {
		return false, err
	}
	_, err = a.r.insertAt(a.tx, at, a.own)
	return true, err
}

// moveEdges keeps as edges those of what was asked about and what came that still have parents that are not here. If nothing came, there is
// nothing more to be had.
func (r *Rooms) moveEdges(tx *store.Tx, roomID string, asked, ends []string) error {
	for _, id := range asked {
		if _, err := tx.Exec(`DELETE FROM room_edges WHERE room_id = $1 AND event_id = $2`, roomID, id); err != nil {
			return err
		}
	}
	if len(ends) == len(asked) {
		return nil
	}
	for _, id := range ends {
		a, err := r.archiveOf(tx, roomID, id)
		if err != nil {
			return err
		}
		whole, err := a.hasParents()
		if err != nil {
			return err
		}
		if whole {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO room_edges (room_id, event_id) VALUES ($1, $2) ON CONFLICT (room_id, event_id) DO NOTHING`, roomID, id); err != nil {
			return err
		}
	}
	return nil
}

// hasParents tells whether all that the event builds on is in the timeline, or known not to belong there.
func (a archive) hasParents() (bool, error) {
	for _, id := range a.own.PrevEventIDs() {
		var there bool
		err := a.tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM events WHERE event_id = $1 AND position > $2) OR EXISTS (SELECT 1 FROM soft_failed WHERE event_id = $1)
			OR EXISTS (SELECT 1 FROM outliers WHERE event_id = $1 AND rejected)`, id, asideFrom).Scan(&there)
		if err != nil || !there {
			return false, err
		}
	}
	return true, nil
}
