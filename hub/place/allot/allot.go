// Package allot decides who gets a place in one shelter.
//
// Apply is a pure function: a shelter's state and one event at a moment give the new state and what follows from it. It writes nothing, asks no
// clock and draws no chance, so whoever holds the shelter's row may run it again after a crash and comes to the same. The transaction id of an
// event makes its second coming harmless.
//
// The rule. A request that finds places is held for a time; one that finds none waits. Whenever places come free, they go to those who wait, by
// urgency, then by time, then by id; who needs more than there is lets the next one pass, so that no bed stays empty. A hold that nobody decides
// about lapses: then the places go to those who wait, and only if nobody does are they held for the same request again. Capacity that is cut
// below what is taken takes nobody's place away: nothing is free until enough have left.
package allot

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/place/code"
)

// State is where a request is in its life.
type State string

// The states of a request.
const (
	Asked     State = "asked"   // another hub was asked, and has not answered: nothing is held
	Held      State = "held"    // places are kept for it until a moment; nobody has decided
	Waiting   State = "waiting" // there are none free
	Accepted  State = "accepted"
	Arrived   State = "arrived"
	Left      State = "left"
	Declined  State = "declined"  // by the shelter
	Withdrawn State = "withdrawn" // by who asked
	Expired   State = "expired"   // nobody answered
	NoShow    State = "no_show"
)

// Takes tells whether a request in this state has places.
func (s State) Takes() bool { return s == Held || s == Accepted || s == Arrived }

// Open tells whether a request in this state still waits for the shelter's decision.
func (s State) Open() bool { return s == Asked || s == Held || s == Waiting }

// Over tells whether nothing more happens to a request in this state.
func (s State) Over() bool { return !s.Takes() && !s.Open() }

// Request is what is known here of a request: nothing of who it is for.
type Request struct {
	ID       string
	Category string
	Places   int
	Urgency  string // a code of code.Urgency
	At       int64  // when it was asked, Unix milliseconds, as are all times here
	State    State
	Until    int64 // end of the hold, 0 in all other states
	Lapsed   bool  // a hold of it went by without a decision: whoever had none yet comes first
}

// Units are the places of a category in a shelter.
type Units struct {
	Total int `json:"total"`
	Out   int `json:"out,omitempty"`   // of service
	Surge int `json:"surge,omitempty"` // beyond Total, when there is need
}

// Usable is how many there are to give, never below zero.
func (u Units) Usable() int { return max(0, u.Total+u.Surge-u.Out) }

// Shelter is the state of one shelter.
type Shelter struct {
	Capacity  map[string]Units   // by category
	Requests  map[string]Request // by id: at least those that are not over
	Done      map[string]bool    // transaction ids of events that were applied
	Confirmed int64              // when somebody last said that the capacity is so
	Hold      int64              // how long places are held, in milliseconds
	Closed    bool               // takes nobody in
	Frozen    bool               // in danger: nothing happens but that people step back
}

// DefaultHold is how long places are held where a shelter says nothing else.
const DefaultHold = 90 * time.Minute

// Taken is how many places of a category are held, accepted or lived in.
func (s Shelter) Taken(category string) (n int) {
	for _, r := range s.Requests {
		if r.Category == category && r.State.Takes() {
			n += r.Places
		}
	}
	return n
}

// Free is how many places of a category there are to give, never below zero.
func (s Shelter) Free(category string) int {
	return max(0, s.Capacity[category].Usable()-s.Taken(category))
}

// counts tells whether the capacity is fresh enough to hold places by it.
func (s Shelter) counts(at int64) bool {
	return !s.Closed && !s.Frozen && at-s.Confirmed < code.UncountedAfter.Milliseconds()
}

// Before orders those who wait: who has lapsed comes last; then by urgency, time and id.
func (r Request) Before(other Request) bool {
	return cmp.Or(cmp.Compare(lapses(r), lapses(other)), cmp.Compare(code.Haste(other.Urgency), code.Haste(r.Urgency)),
		cmp.Compare(r.At, other.At), cmp.Compare(r.ID, other.ID)) < 0
}

func lapses(r Request) int {
	if r.Lapsed {
		return 1
	}
	return 0
}

// Queue are those who wait for a category, the first one first.
func (s Shelter) Queue(category string) (all []Request) {
	for _, r := range s.Requests {
		if r.Category == category && r.State == Waiting {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b Request) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	return all
}

// Kind is what an event is.
type Kind string

// The kinds of event.
const (
	Ask      Kind = "ask"      // Event.Request asks for places
	Accept   Kind = "accept"   // the shelter takes them in
	Decline  Kind = "decline"  // the shelter does not, or takes its word back
	Withdraw Kind = "withdraw" // who asked steps back
	Lapse    Kind = "lapse"    // the time of a hold is over
	Expire   Kind = "expire"   // nobody answered in time
	NoShowed Kind = "no_show"  // they did not come
	Arrive   Kind = "arrive"
	Leave    Kind = "leave"
	Count    Kind = "count" // the shelter says what places it has
	Close    Kind = "close"
	Reopen   Kind = "reopen" // also out of a freeze
	Freeze   Kind = "freeze"
)

// Event is something that happens to a shelter.
type Event struct {
	Kind     Kind
	Txn      string           // its second coming does nothing; "" for what has none
	At       int64            // never before the event before
	Request  Request          // of Ask: without State, Until and Lapsed; of the others its ID alone
	Reason   string           // of Decline, Withdraw and Leave
	Capacity map[string]Units // of Count
}

// Change is one consequence: a request that came into a state, or went on in it.
type Change struct {
	Request        // as it is from now on
	Before  State  // "" for a new one
	Reason  string // of Declined, Withdrawn, Left
	// Settles says that the other requests for the same people are to be withdrawn elsewhere.
	Settles bool
}

// The faults of what cannot happen.
var (
	errFrozen = fault.Forbidden("error.place_frozen")
	errFull   = fault.New(http.StatusConflict, "M_FORBIDDEN", "error.place_full")
	errState  = fault.New(http.StatusConflict, "M_FORBIDDEN", "error.place_state")
)

// ErrUnknown is of an event about a request that is not the shelter's.
func ErrUnknown() error { return fault.NotFound("error.unknown_place_request") }

// ErrState is of an event that comes too late: the request has moved on meanwhile.
func ErrState() error { return errState }

// Apply gives what an event makes of a shelter. s itself stays as it is. An error means that nothing happened.
func Apply(s Shelter, e Event) (Shelter, []Change, error) {
	if e.Txn != "" && s.Done[e.Txn] {
		return s, nil, nil
	}
	next := &book{Shelter: s, at: e.At}
	next.Capacity, next.Requests, next.Done = maps.Clone(s.Capacity), maps.Clone(s.Requests), maps.Clone(s.Done)
	if next.Requests == nil {
		next.Requests = map[string]Request{}
	}
	if err := acts[e.Kind](next, e); err != nil {
		return s, nil, err
	}
	next.offer()
	if e.Txn != "" {
		if next.Done == nil {
			next.Done = map[string]bool{}
		}
		next.Done[e.Txn] = true
	}
	return next.Shelter, next.changes, nil
}
