package place

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/store"
)

// Step is what somebody does with a request.
type Step struct {
	Kind   allot.Kind
	Reason string // of Decline, Withdraw and Leave, from their lists
}

// steps are those that people take, with the list that a reason must be of, and whether the shelter takes them or who asked.
var steps = map[allot.Kind]struct {
	reasons   code.List
	byShelter bool
}{
	allot.Accept: {"", true}, allot.Decline: {code.Decline, true}, allot.NoShowed: {"", true}, allot.Arrive: {"", true}, allot.Leave: {code.Exit, true},
	allot.Withdraw: {code.Withdraw, false},
}

// Take takes a step with a request. The same transaction id of the same device takes it once.
func (p *Places) Take(ctx context.Context, caller people.Caller, txnID, requestID string, s Step) error {
	rule, known := steps[s.Kind]
	if !known {
		return bad("step")
	}
	act := people.ActAskPlaces
	if rule.byShelter {
		act = people.ActDecidePlaces
	}
	if err := caller.Require(act); err != nil {
		return err
	}
	if rule.reasons == "" && s.Reason != "" || rule.reasons != "" && !rule.reasons.Has(s.Reason) {
		return bad("reason")
	}
	_, err := p.once(ctx, caller, string(s.Kind)+" "+requestID, txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		return requestID, p.takeTx(ctx, tx, caller, requestID, s, rule.byShelter)
	})
	return err
}

func (p *Places) takeTx(ctx context.Context, tx *store.Tx, caller people.Caller, requestID string, s Step, byShelter bool) error {
	r, err := requestTx(tx, requestID)
	if err != nil {
		return err
	}
	if byShelter {
		if _, err = p.staffedTx(tx, caller, r.ShelterID); errors.Is(err, errUnknownShelter()) {
			err = allot.ErrUnknown()
		}
	} else {
		err = p.askedBy(tx, caller, r)
	}
	if err != nil {
		return err
	}
	if s.Kind == allot.Withdraw {
		return p.withdraw(ctx, tx, r, caller.Person, s.Reason)
	}
	_, err = p.applyTx(ctx, tx, deed{shelterID: r.ShelterID, by: caller.Person, event: allot.Event{
		Kind: s.Kind, Request: allot.Request{ID: requestID}, Reason: s.Reason,
	}})
	return err
}

// askedBy: the request is one of the caller's organisation. Of others nobody learns.
func (p *Places) askedBy(tx *store.Tx, caller people.Caller, r Request) error {
	a, err := askTx(tx, r.AskID)
	if err == nil && (caller.OrganisationID == "" || a.organisationID != caller.OrganisationID) {
		err = allot.ErrUnknown()
	}
	return err
}

func requestTx(tx *store.Tx, id string) (Request, error) {
	r, err := scanRequest(tx.QueryRow(`SELECT `+requestColumns+` FROM place_requests r WHERE r.request_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return r, allot.ErrUnknown()
	}
	if err != nil {
		return r, fmt.Errorf("read a request: %w", err)
	}
	return r, nil
}

// Count says what places a shelter has, and by that confirms it; nil confirms what was said before.
func (p *Places) Count(ctx context.Context, caller people.Caller, txnID, shelterID string, capacity map[string]allot.Units) error {
	if err := checkCapacity(capacity); err != nil {
		return err
	}
	return p.change(ctx, caller, "count", txnID, shelterID, func(s Shelter) allot.Event {
		if capacity == nil {
			capacity = s.Capacity
		}
		return allot.Event{Kind: allot.Count, Capacity: capacity}
	})
}

// Close has a shelter take nobody in, and sends on who waits; Reopen takes that back.
func (p *Places) Close(ctx context.Context, caller people.Caller, txnID, shelterID string) error {
	return p.change(ctx, caller, "close", txnID, shelterID, func(Shelter) allot.Event { return allot.Event{Kind: allot.Close} })
}

// Reopen has a shelter take people in again.
func (p *Places) Reopen(ctx context.Context, caller people.Caller, txnID, shelterID string) error {
	return p.change(ctx, caller, "reopen", txnID, shelterID, func(Shelter) allot.Event { return allot.Event{Kind: allot.Reopen} })
}

// change is an act of a shelter's people on the shelter as a whole.
func (p *Places) change(ctx context.Context, caller people.Caller, kind, txnID, shelterID string, event func(Shelter) allot.Event) error {
	if err := caller.Require(people.ActDecidePlaces); err != nil {
		return err
	}
	_, err := p.once(ctx, caller, kind+" "+shelterID, txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		s, err := p.staffedTx(tx, caller, shelterID)
		if err != nil {
			return "", err
		}
		if s.Frozen { // only those who look after the network say that a danger is over
			return "", fault.Forbidden("error.place_frozen")
		}
		_, err = p.applyTx(ctx, tx, deed{shelterID: shelterID, by: caller.Person, event: event(s)})
		return shelterID, err
	})
	return err
}
