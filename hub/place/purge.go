package place

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
)

const (
	// detailsKept is how long after its end it is kept what a request asked for, and what was said in its channel.
	detailsKept = 24 * time.Hour
	actsKept    = 30 * 24 * time.Hour
	noticesKept = 7 * 24 * time.Hour
)

// purgeDue purges requests that have been over for long enough. What stays of them are codes and counts.
func (p *Places) purgeDue(ctx context.Context) error {
	const rooms = ` FROM place_requests r WHERE r.room_id <> '' AND r.ended_at > 0 AND r.ended_at <= $1`
	const asks = ` FROM place_asks a WHERE a.purged_at = 0 AND NOT EXISTS (SELECT 1 FROM place_requests r WHERE r.ask_id = a.ask_id
		AND (r.ended_at = 0 OR r.ended_at > $1))`
	for {
		due := false
		err := p.db.Read(ctx, func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT EXISTS (SELECT 1`+rooms+`) OR EXISTS (SELECT 1`+asks+`)`, tx.Now.Add(-detailsKept).UnixMilli()).Scan(&due)
		})
		if err != nil {
			return err
		}
		if !due {
			return p.scrub(ctx)
		}
		err = p.write(ctx, func(tx *store.Tx) error {
			return p.purgeTx(tx.Context(), tx, rooms, asks)
		})
		if err != nil {
			return err
		}
		p.dirty.Store(true)
	}
}

func (p *Places) purgeTx(ctx context.Context, tx *store.Tx, rooms, asks string) error {
	moment := tx.Now.Add(-detailsKept).UnixMilli()
	over, err := store.All(tx, scanRequest, fmt.Sprintf(`SELECT %s%s ORDER BY r.ended_at, r.request_id LIMIT %d`, requestColumns, rooms, dueMost), moment)
	if err != nil {
		return err
	}
	for _, r := range over {
		if err := p.emptyChannel(ctx, tx, r); err != nil {
			return err
		}
		if err := p.leaveChannel(ctx, tx, r); err != nil {
			return err
		}
	}
	ids, err := store.Column(tx, fmt.Sprintf(`SELECT a.ask_id%s ORDER BY a.at, a.ask_id LIMIT %d`, asks, dueMost), moment)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := p.forgetAsk(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// emptyChannel takes everything out of the channel of a request that anybody said there.
func (p *Places) emptyChannel(ctx context.Context, tx *store.Tx, r Request) error {
	if r.RoomID == "" {
		return nil
	}
	events, err := store.Column(tx, `SELECT event_id FROM events WHERE room_id = $1 ORDER BY position`, r.RoomID)
	if err != nil {
		return err
	}
	if r.abroad() {
		if events, err = p.redactAsk(ctx, tx, r, events); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`DELETE FROM place_notes WHERE request_id = $1`, r.ID); err != nil {
		return err
	}
	return p.rooms.EmptyTx(tx, r.RoomID, events...)
}

// leaveChannel takes everybody out of the channel of a request that is over.
func (p *Places) leaveChannel(ctx context.Context, tx *store.Tx, r Request) error {
	if err := p.bring(ctx, tx, r.RoomID, nil); err != nil {
		return err
	}
	if room.ServerOf(r.AskID) != "" { // the channel is the other hub's
		if err := p.network.TakeOutTx(ctx, tx, r.RoomID, p.people.HubUser()); err != nil {
			return err
		}
	}
	if r.abroad() {
		if err := forgetLink(tx, r.ID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE place_requests SET room_id = '' WHERE request_id = $1`, r.ID); err != nil {
		return err
	}
	if err := p.settleWhere(tx, `about = $1`, r.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM place_notices WHERE about = $1`, r.ID)
	return err
}

// forgetAsk empties what was asked. Who asked is forgotten with it; for which organisation is counted on.
func (p *Places) forgetAsk(tx *store.Tx, id string) error {
	_, err := tx.Exec(`UPDATE place_asks SET wish = '', worker = '', purged_at = $2 WHERE ask_id = $1`, id, tx.Now.UnixMilli())
	return err
}

// Sweep deletes what was kept long enough: what devices did, notices that are settled, plans of journeys that are over, calls of hubs that never
// came. It also notes the day.
func (p *Places) Sweep(ctx context.Context) error {
	if err := p.noteDay(ctx); err != nil {
		return err
	}
	return p.write(ctx, p.dropOld)
}

func (p *Places) dropOld(tx *store.Tx) error {
	if _, err := tx.Exec(`DELETE FROM place_acts WHERE at < $1`, tx.Now.Add(-actsKept).UnixMilli()); err != nil {
		return err
	}
	if err := errors.Join(p.endJourneys(tx), p.callNoMore(tx), p.sayAllKeys(tx)); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM place_notices WHERE settled_at > 0 AND settled_at < $1`, tx.Now.Add(-noticesKept).UnixMilli())
	return err
}

// scrub has nothing of what was purged lie in the database's files.
func (p *Places) scrub(ctx context.Context) error {
	if !p.dirty.Load() {
		return nil
	}
	p.dirty.Store(false)
	clean, err := p.db.Scrub(ctx)
	if err != nil || !clean {
		p.dirty.Store(true) // the next time
	}
	return err
}

// Revoke takes back the consent to an asking: what is not decided, or not yet come about, is withdrawn, and what was asked and said is purged at
// once. Who has arrived stays where they are.
func (p *Places) Revoke(ctx context.Context, caller people.Caller, txnID, askID string) error {
	if err := caller.Require(people.ActAskPlaces); err != nil {
		return err
	}
	_, err := p.once(ctx, caller, "revoke "+askID, txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		return askID, p.revokeTx(ctx, tx, caller, askID)
	})
	if err != nil {
		return err
	}
	p.dirty.Store(true)
	return p.scrub(ctx)
}

// askedTx are the requests of an asking, for those of the organisation that asks; there is at least one.
func (p *Places) askedTx(tx *store.Tx, caller people.Caller, askID string) ([]Request, error) {
	requests, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r WHERE r.ask_id = $1 ORDER BY r.request_id`, askID)
	if err != nil {
		return nil, err
	}
	if len(requests) == 0 {
		return nil, allot.ErrUnknown()
	}
	return requests, p.askedBy(tx, caller, requests[0])
}

func (p *Places) revokeTx(ctx context.Context, tx *store.Tx, caller people.Caller, askID string) error {
	requests, err := p.askedTx(tx, caller, askID)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if room.ServerOf(r.ShelterID) != "" {
			if err := p.stepBack(ctx, tx, r, "own_choice", true); err != nil {
				return err
			}
		} else if r.State.Open() || r.State == allot.Accepted {
			event := allot.Event{Kind: allot.Withdraw, Request: allot.Request{ID: r.ID}, Reason: "own_choice"}
			if _, err := p.applyTx(ctx, tx, deed{shelterID: r.ShelterID, by: caller.Person, event: event}); err != nil {
				return err
			}
		}
		if err := p.emptyChannel(ctx, tx, r); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE place_asks SET consent = 'withdrawn', consent_at = $2 WHERE ask_id = $1`, askID, tx.Now.UnixMilli()); err != nil {
		return err
	}
	return p.forgetAsk(tx, askID)
}

// redactAsk takes back from all hubs what was asked in a channel of this hub, but for the last word that another hub may not have heard, and gives the
// events that are left to be emptied here. Each hub empties its own copy of the rest.
func (p *Places) redactAsk(ctx context.Context, tx *store.Tx, r Request, events []string) ([]string, error) {
	l, known, err := linkTx(tx, "request_id", r.ID)
	if err != nil || !known || !l.asks {
		return events, err
	}
	last, err := p.rooms.StateEvent(tx, l.room, AskType, "")
	if err != nil {
		return nil, err
	}
	said, err := store.Column(tx, `SELECT event_id FROM events WHERE room_id = $1 AND type IN ($2, $3) AND redacted_by = '' ORDER BY position`, l.room, AskType, NoteType)
	for _, id := range said {
		if last != nil && id == last.ID && l.ask.over() {
			continue
		}
		if err == nil {
			_, err = p.rooms.Append(ctx, tx, room.Draft{RoomID: l.room, Sender: p.people.HubUser(), Type: "m.room.redaction", Redacts: id, Content: map[string]any{}})
		}
	}
	return slices.DeleteFunc(events, func(id string) bool { return last != nil && id == last.ID && l.ask.over() }), err
}

// forgetLink leaves of what two hubs said of a request only what the other one may not have heard yet.
func forgetLink(tx *store.Tx, requestID string) error {
	l, known, err := linkTx(tx, "request_id", requestID)
	if err != nil || !known {
		return err
	}
	l.ask = asked{Version: l.ask.Version, Request: l.ask.Request, Withdrawn: l.ask.Withdrawn, Revoked: l.ask.Revoked}
	return l.save(tx)
}
