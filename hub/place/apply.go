package place

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/ledger"
	"panah/hub/room"
	"panah/hub/store"
)

// deed is an event of one shelter and who does it.
type deed struct {
	shelterID string
	event     allot.Event
	by        people.Person // zero for the hub itself
	askID     string        // of Ask
	roomID    string        // of Ask by another hub: the channel that it made
}

const requestColumns = `r.request_id, r.ask_id, r.shelter_id, r.category, r.places, r.urgency, r.at, r.state, r.until_at, r.lapsed, r.reason, r.room_id,
	r.asked_at, r.decided_at, r.ended_at, r.updated_at`

// Request is one asking of one shelter.
type Request struct {
	allot.Request
	AskID     string
	ShelterID string
	Reason    string // code of why it was declined or withdrawn, or of how the stay ended
	RoomID    string // its channel; "" for one that was declined at once
	AskedAt   int64  // since when the shelter can decide; 0 while it has only waited
	DecidedAt int64  // when the shelter first answered; 0 for not yet
	EndedAt   int64  // 0 while something may still happen
	UpdatedAt int64
}

// abroad tells whether another hub asks, or is asked.
func (r Request) abroad() bool {
	return room.ServerOf(r.AskID) != "" || room.ServerOf(r.ShelterID) != ""
}

func scanRequest(row store.Scanner) (r Request, err error) {
	return r, row.Scan(&r.ID, &r.AskID, &r.ShelterID, &r.Category, &r.Places, &r.Urgency, &r.At, &r.State, &r.Until, &r.Lapsed, &r.Reason, &r.RoomID,
		&r.AskedAt, &r.DecidedAt, &r.EndedAt, &r.UpdatedAt)
}

// liveTx are the requests of a shelter that have places or wait, and the one with an id.
func liveTx(tx *store.Tx, shelterID, id string) ([]Request, error) {
	return store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r WHERE r.shelter_id = $1
		AND (r.state IN ('held', 'waiting', 'accepted', 'arrived') OR r.request_id = $2)`, shelterID, id)
}

// applyTx has something happen to a shelter: it decides, writes down, tells. What is given are the requests as they are afterwards, those that
// changed alone.
func (p *Places) applyTx(ctx context.Context, tx *store.Tx, d deed) (changed []Request, err error) {
	s, err := shelterTx(tx, d.shelterID)
	if err != nil {
		return nil, err
	}
	live, err := liveTx(tx, s.ID, d.event.Request.ID)
	if err != nil {
		return nil, err
	}
	d.event.At = tx.Now.UnixMilli()
	before := s.allot(live)
	after, changes, err := allot.Apply(before, d.event)
	if err != nil {
		return nil, err
	}
	if err := saveShelter(tx, s.ID, after); err != nil {
		return nil, err
	}
	if d.event.Kind == allot.Count {
		if err := p.confirmed(tx, s.ID); err != nil {
			return nil, err
		}
	}
	if err := p.enterShelter(tx, s.ID, d.event); err != nil {
		return nil, err
	}
	for _, c := range changes {
		r, err := p.changeTx(ctx, tx, s, d, live, c)
		if err != nil {
			return nil, fmt.Errorf("request %s of a shelter: %w", c.ID, err)
		}
		changed = append(changed, r)
	}
	return changed, p.publish(ctx, tx, s.ID)
}

// allot is the shelter as the allocator knows it.
func (s Shelter) allot(live []Request) allot.Shelter {
	all := allot.Shelter{Capacity: s.Capacity, Requests: map[string]allot.Request{}, Confirmed: s.ConfirmedAt, Hold: int64(s.Hold) * 60_000, Closed: s.Closed, Frozen: s.Frozen}
	for _, r := range live {
		all.Requests[r.ID] = r.Request
	}
	return all
}

func saveShelter(tx *store.Tx, id string, s allot.Shelter) error {
	_, err := tx.Exec(`UPDATE shelters SET capacity = $2, confirmed_at = $3, closed = $4, frozen = $5 WHERE shelter_id = $1`,
		id, written(s.Capacity), s.Confirmed, s.Closed, s.Frozen)
	return err
}

// changeTx writes one change down and tells it.
func (p *Places) changeTx(ctx context.Context, tx *store.Tx, s Shelter, d deed, live []Request, c allot.Change) (r Request, err error) {
	i := slices.IndexFunc(live, func(known Request) bool { return known.ID == c.ID })
	if i >= 0 {
		r = live[i]
	} else {
		r = Request{AskID: d.askID, ShelterID: s.ID, RoomID: d.roomID}
	}
	r.advance(c, tx.Now.UnixMilli())
	p.countTx(tx, string(r.State))
	if r.RoomID == "" && !r.State.Over() {
		if r.RoomID, err = p.openChannel(ctx, tx, s, r); err != nil {
			return r, err
		}
	}
	if err := r.save(tx); err != nil {
		return r, err
	}
	err = ledger.AppendTx(tx, p.ring, ledger.Entry{Shelter: s.ID, What: string(r.State), Request: r.ID, Category: r.Category, Places: r.Places})
	if err != nil {
		return r, err
	}
	if err := errors.Join(p.tell(ctx, tx, d, r), p.sayKeys(ctx, tx, r)); err != nil {
		return r, err
	}
	if err := p.noticeChange(tx, s, d, r, c.Before); err != nil {
		return r, err
	}
	if c.Settles {
		err = p.settleElsewhere(ctx, tx, r)
	}
	return r, err
}

// enterShelter writes into the ledger what happened to the shelter as a whole.
func (p *Places) enterShelter(tx *store.Tx, id string, e allot.Event) error {
	entry := ledger.Entry{Shelter: id}
	switch e.Kind {
	case allot.Count:
		entry.What, entry.Usable = ledger.Count, map[string]int{}
		for category, units := range e.Capacity {
			entry.Usable[category] = units.Usable()
		}
	case allot.Close:
		entry.What = ledger.Close
	case allot.Reopen:
		entry.What = ledger.Reopen
	case allot.Freeze:
		entry.What = ledger.Freeze
	default:
		return nil
	}
	return ledger.AppendTx(tx, p.ring, entry)
}

// advance takes a change over, with the times that follow from it.
func (r *Request) advance(c allot.Change, now int64) {
	r.Request, r.Reason, r.UpdatedAt = c.Request, c.Reason, now
	if r.AskedAt == 0 && r.State == allot.Held {
		r.AskedAt = now
	}
	if r.DecidedAt == 0 && (r.State == allot.Accepted || r.State == allot.Declined) {
		r.DecidedAt = now
	}
	if r.State.Over() {
		r.EndedAt = now
	}
}

func (r *Request) save(tx *store.Tx) error {
	_, err := tx.Exec(`INSERT INTO place_requests (request_id, ask_id, shelter_id, category, places, urgency, at, state, until_at, lapsed, reason, room_id,
		asked_at, decided_at, ended_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (request_id) DO UPDATE SET state = excluded.state, until_at = excluded.until_at, lapsed = excluded.lapsed, reason = excluded.reason,
		room_id = excluded.room_id, asked_at = excluded.asked_at, decided_at = excluded.decided_at, ended_at = excluded.ended_at,
		updated_at = excluded.updated_at`,
		r.ID, r.AskID, r.ShelterID, r.Category, r.Places, r.Urgency, r.At, r.State, r.Until, r.Lapsed, r.Reason, r.RoomID, r.AskedAt, r.DecidedAt,
		r.EndedAt, r.UpdatedAt)
	return err
}

// settleElsewhere withdraws the other requests for the same people: they have a place.
func (p *Places) settleElsewhere(ctx context.Context, tx *store.Tx, accepted Request) error {
	others, err := store.All(tx, scanRequest, `SELECT `+requestColumns+` FROM place_requests r WHERE r.ask_id = $1 AND r.request_id <> $2
		AND r.state IN ('asked', 'held', 'waiting') ORDER BY r.request_id`, accepted.AskID, accepted.ID)
	if err != nil {
		return err
	}
	for _, other := range others {
		if err := p.withdraw(ctx, tx, other, people.Person{}, "elsewhere"); err != nil {
			return err
		}
	}
	return nil
}
