package place

import (
	"context"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Agree records that the person could be asked after all and has agreed, and tells both sides in the channels of the requests. Consent that was given
// stays as it was given; what was taken back, or forgotten, is error.place_state.
func (p *Places) Agree(ctx context.Context, caller people.Caller, txnID, askID string, c Consent) error {
	if err := caller.Require(people.ActAskPlaces); err != nil {
		return err
	}
	if c.Given != "given" {
		return fault.InvalidParam("error.place_consent")
	}
	_, err := p.once(ctx, caller, "agree "+askID, txnID, func(ctx context.Context, tx *store.Tx) (string, error) {
		if err := c.check(tx.Now.UnixMilli()); err != nil {
			return "", err
		}
		return askID, p.agreeTx(ctx, tx, caller, askID, c.by(tx.Now.UnixMilli()))
	})
	return err
}

func (p *Places) agreeTx(ctx context.Context, tx *store.Tx, caller people.Caller, askID string, c Consent) error {
	requests, err := p.askedTx(tx, caller, askID)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE place_asks SET consent = 'given', consent_at = $2, consent_words = $3, consent_language = $4
		WHERE ask_id = $1 AND consent = 'none' AND wish <> ''`, askID, c.At, c.Words, c.Language)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Forbidden("error.place_state")
	}
	for _, r := range requests {
		if r.RoomID == "" || r.State.Over() {
			continue
		}
		if room.ServerOf(r.ShelterID) != "" {
			if err := p.agreeAbroad(ctx, tx, r, c); err != nil {
				return err
			}
		}
		sender, err := p.speaker(tx, caller.Person, r)
		if err != nil {
			return err
		}
		if err := p.say(ctx, tx, r, sender, "agreed", map[string]any{"consent": "given"}); err != nil {
			return err
		}
	}
	return nil
}

// agreeAbroad says so to the hub of the shelter.
func (p *Places) agreeAbroad(ctx context.Context, tx *store.Tx, r Request, c Consent) error {
	l, known, err := linkTx(tx, "request_id", r.ID)
	if err != nil || !known || l.ask.over() {
		return err
	}
	l.ask.Consent = &c
	return p.sayAsk(ctx, tx, l)
}
