package allot

import (
	"maps"
	"slices"
)

// book is a shelter while an event is applied to it.
type book struct {
	Shelter
	at      int64
	changes []Change
	touched map[string]bool // categories of which places may have come free
}

// acts is what each kind of event does, before places that came free are offered.
var acts = map[Kind]func(*book, Event) error{
	Ask: (*book).ask, Accept: (*book).accept, Decline: (*book).decline, Withdraw: (*book).withdraw, Lapse: (*book).lapse, Expire: (*book).expire,
	NoShowed: (*book).noShow, Arrive: (*book).arrive, Leave: (*book).leave, Count: (*book).count, Close: (*book).close, Reopen: (*book).reopen,
	Freeze: (*book).freeze,
}

// move brings a request into a state.
func (b *book) move(r Request, to State, reason string) *Change {
	before := b.Requests[r.ID].State
	if before.Takes() && !to.Takes() {
		b.touch(r.Category)
	}
	r.State = to
	if to != Held {
		r.Until = 0
	}
	b.Requests[r.ID] = r
	b.changes = append(b.changes, Change{Request: r, Before: before, Reason: reason})
	return &b.changes[len(b.changes)-1]
}

func (b *book) touch(category string) {
	if b.touched == nil {
		b.touched = map[string]bool{}
	}
	b.touched[category] = true
}

func (b *book) hold(r Request) {
	r.Until = b.at + b.Hold
	b.move(r, Held, "")
}

// offer gives what came free to those who wait.
func (b *book) offer() {
	if !b.counts(b.at) {
		return
	}
	for _, category := range slices.Sorted(maps.Keys(b.touched)) {
		for _, r := range b.Queue(category) {
			if r.Places <= b.Free(category) {
				b.hold(r)
			}
		}
	}
}

func (b *book) ask(e Event) error {
	r := e.Request
	if _, known := b.Requests[r.ID]; known || r.Places < 1 {
		return errState
	}
	r.At, r.Lapsed = e.At, false
	switch {
	case b.Closed || b.Frozen: // of a danger nobody is told
		b.move(r, Declined, "closed")
	case b.counts(e.At) && r.Places <= b.Free(r.Category): // whoever waits and would fit has been offered it already
		b.hold(r)
	default:
		b.move(r, Waiting, "")
	}
	return nil
}

// in finds a request that is in one of the states.
func (b *book) in(id string, states ...State) (Request, error) {
	r, known := b.Requests[id]
	if !known {
		return r, ErrUnknown()
	}
	if !slices.Contains(states, r.State) {
		return r, errState
	}
	return r, nil
}

func (b *book) accept(e Event) error {
	r, err := b.in(e.Request.ID, Held, Waiting)
	switch {
	case err != nil:
		return err
	case b.Frozen:
		return errFrozen
	case r.State == Waiting && r.Places > b.Free(r.Category):
		return errFull
	}
	b.move(r, Accepted, "").Settles = true
	return nil
}

func (b *book) decline(e Event) error {
	r, err := b.in(e.Request.ID, Held, Waiting, Accepted)
	if err != nil {
		return err
	}
	if b.Frozen {
		return errFrozen
	}
	b.move(r, Declined, e.Reason)
	return nil
}

func (b *book) withdraw(e Event) error {
	r, err := b.in(e.Request.ID, Held, Waiting, Accepted)
	if err != nil {
		return err
	}
	b.move(r, Withdrawn, e.Reason)
	return nil
}

// lapse ends a hold whose time is over; what is not so (decided meanwhile, held again) is passed over.
func (b *book) lapse(e Event) error {
	r, err := b.in(e.Request.ID, Held)
	if err != nil || r.Until > e.At || b.Frozen {
		return nil
	}
	r.Lapsed = true
	b.move(r, Waiting, "")
	return nil
}

// expire ends a request that nobody answered; what was decided meanwhile is passed over.
func (b *book) expire(e Event) error {
	r, err := b.in(e.Request.ID, Held, Waiting)
	if err != nil || b.Frozen {
		return nil
	}
	b.move(r, Expired, "no_answer")
	return nil
}

// advance is a step of those who have a place.
func (b *book) advance(e Event, from, to State) error {
	r, err := b.in(e.Request.ID, from)
	if err != nil {
		return err
	}
	if b.Frozen {
		return errFrozen
	}
	b.move(r, to, e.Reason)
	return nil
}

func (b *book) noShow(e Event) error { return b.advance(e, Accepted, NoShow) }
func (b *book) arrive(e Event) error { return b.advance(e, Accepted, Arrived) }
func (b *book) leave(e Event) error  { return b.advance(e, Arrived, Left) }

func (b *book) count(e Event) error {
	if b.Frozen {
		return errFrozen
	}
	for category := range b.Capacity {
		b.touch(category)
	}
	b.Capacity, b.Confirmed = maps.Clone(e.Capacity), e.At
	for category := range b.Capacity {
		b.touch(category)
	}
	return nil
}

// close sends those who wait on, so that they look elsewhere. Who has a place keeps it.
func (b *book) close(Event) error {
	if b.Frozen {
		return errFrozen
	}
	b.Closed = true
	for _, id := range slices.Sorted(maps.Keys(b.Requests)) {
		if r := b.Requests[id]; r.State.Open() {
			b.move(r, Declined, "closed")
		}
	}
	return nil
}

func (b *book) reopen(Event) error {
	b.Closed, b.Frozen = false, false
	for category := range b.Capacity {
		b.touch(category)
	}
	return nil
}

func (b *book) freeze(Event) error {
	b.Frozen = true
	return nil
}
