package place

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"panah/hub/keyring"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/ledger"
	"panah/hub/store"
)

// Ledger exports the ledger of a shelter for its own organisation and for those who look after the network, as JSON lines.
func (p *Places) Ledger(ctx context.Context, caller people.Caller, shelterID string) (export []byte, err error) {
	err = p.readLedger(ctx, caller, shelterID, func(tx *store.Tx) error {
		var out bytes.Buffer
		err := ledger.Export(tx, p.ring, &out, shelterID)
		export = out.Bytes()
		return err
	})
	return export, err
}

// CheckLedger checks the ledger of a shelter where it is kept, for those who cannot check signatures themselves. It tells how many entries are in
// order, and what is wrong with the one after them, if anything is.
func (p *Places) CheckLedger(ctx context.Context, caller people.Caller, shelterID string) (entries int64, trouble *ledger.Trouble, err error) {
	err = p.readLedger(ctx, caller, shelterID, func(tx *store.Tx) error {
		chain, err := ledger.CheckTx(tx, p.ring, shelterID)
		if err == nil {
			err = agrees(tx, shelterID, chain)
		}
		if entries = chain.Entries(); errors.As(err, &trouble) {
			return nil
		}
		return err
	})
	return entries, trouble, err
}

func (p *Places) readLedger(ctx context.Context, caller people.Caller, shelterID string, read func(tx *store.Tx) error) error {
	if err := caller.Require(people.ActSeePlaceFigures); err != nil {
		return err
	}
	return p.db.Read(ctx, func(tx *store.Tx) error {
		s, err := shelterTx(tx, shelterID)
		if err == nil && s.OrganisationID != caller.OrganisationID && caller.Require(people.ActManagePlaces) != nil {
			err = errUnknownShelter()
		}
		if err != nil {
			return err
		}
		return read(tx)
	})
}

// CheckLedgers checks all ledgers of a hub, and that whoever has places by them has them by the tables as well. It tells how many entries are in
// order; what is wrong is a *ledger.Trouble.
func CheckLedgers(tx *store.Tx, ring *keyring.Ring) (shelters, entries int64, err error) {
	ids, err := store.Column(tx, `SELECT shelter_id FROM shelters ORDER BY shelter_id`)
	if err != nil {
		return 0, 0, err
	}
	for _, id := range ids {
		chain, err := ledger.CheckTx(tx, ring, id)
		if err != nil {
			return shelters, entries, err
		}
		shelters, entries = shelters+1, entries+chain.Entries()
		if err := agrees(tx, id, chain); err != nil {
			return shelters, entries, err
		}
	}
	return shelters, entries, nil
}

func agrees(tx *store.Tx, shelterID string, chain *ledger.Chain) error {
	live, err := liveTx(tx, shelterID, "")
	if err != nil {
		return err
	}
	has := chain.HasPlaces()
	wrong := &ledger.Trouble{Shelter: shelterID, Seq: chain.Entries(), What: "after it, others have places than the tables say"}
	n := 0
	for _, r := range live {
		if !r.State.Takes() {
			continue
		}
		n++
		if e := has[r.ID]; !allot.State(e.What).Takes() || e.Places != r.Places {
			return wrong
		}
	}
	if n != len(has) {
		return fmt.Errorf("%d have places: %w", n, wrong)
	}
	return nil
}
