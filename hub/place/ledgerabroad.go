package place

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/place/ledger"
	"panah/hub/room"
	"panah/hub/store"
)

// Hubs look at each other's ledgers. A hub that is called into the channel in which a shelter's numbers stand may read its ledger, asks for what has
// come since it asked last, verifies that, and remembers where the chain then stood. So a hub cannot give a place twice, or change later what it did,
// without its neighbours noticing; what they keep of it is the mark, and no entries.

// Ledgers asks other hubs for their ledgers.
type Ledgers interface {
	// Ledger gives at most LedgerPage lines of a shelter's ledger, from a number on.
	Ledger(ctx context.Context, server, shelterID string, from int64) ([]ledger.Line, error)
}

const (
	// LedgerPage is how many lines one hub gives another at once.
	LedgerPage = 200
	// ledgerPages is how many pages of one ledger are asked for in a row.
	ledgerPages = 50
	// ledgerAgain is the time until a ledger is looked at again, and ledgerHold how long one node has for that.
	ledgerAgain = 15 * time.Minute
	ledgerHold  = 5 * time.Minute
	// ledgersDue is how many are looked at in one round.
	ledgersDue = 100
)

// LedgerFor are lines of a shelter's ledger from a number on, for another hub. One that is not shown the shelter learns nothing of it.
func (p *Places) LedgerFor(ctx context.Context, server, shelterID string, from int64) (lines []ledger.Line, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		shows, err := p.showsToHubTx(tx, server, shelterID)
		if err == nil && !shows {
			err = errUnknownShelter()
		}
		if err != nil {
			return err
		}
		lines, err = ledger.After(tx, shelterID, from-1, LedgerPage)
		return err
	})
	return lines, err
}

// showsToHubTx tells whether a shelter's numbers stand in a channel that the hub at a server is in.
func (p *Places) showsToHubTx(tx *store.Tx, server, shelterID string) (bool, error) {
	s, err := shelterTx(tx, shelterID)
	if err != nil {
		return false, err
	}
	owner, err := p.people.OrganisationTx(tx, s.OrganisationID)
	if err != nil {
		return false, err
	}
	country, on := s.onBoard(owner)
	if !on {
		return false, nil
	}
	boards, err := store.Column(tx, `SELECT room_id FROM place_boards WHERE country = $1`, country)
	if err != nil || len(boards) == 0 {
		return false, err
	}
	membership, err := p.rooms.Membership(tx, boards[0], network.HubOf(server))
	return membership == spec.Join, err
}

// RunLedgers looks at the ledgers of other hubs, until ctx ends. Several nodes may run it at once.
func (p *Places) RunLedgers(ctx context.Context) error {
	if p.ledgers == nil {
		return nil
	}
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	for {
		p.try(ctx, "ledgers of other hubs", p.CheckLedgersAbroad)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// ledgerAbroad is what is remembered of a ledger of another hub.
type ledgerAbroad struct {
	shelter, server string
	mark            ledger.Mark
	nextAt          int64
	trouble         ledger.Trouble // the last one; What is "" for none
}

func scanLedgerAbroad(row store.Scanner) (l ledgerAbroad, err error) {
	var mark string
	if err = row.Scan(&l.shelter, &l.server, &mark, &l.nextAt, &l.trouble.What, &l.trouble.Seq); err == nil && mark != "" {
		err = json.Unmarshal([]byte(mark), &l.mark)
	}
	l.trouble.Shelter, l.mark.Shelter = idAt(l.shelter), idAt(l.shelter)
	return l, err
}

// CheckLedgersAbroad looks at those ledgers of other hubs that are due.
func (p *Places) CheckLedgersAbroad(ctx context.Context) error {
	due, err := p.ledgersDue(ctx)
	for _, l := range due {
		if err == nil {
			err = p.checkLedgerAbroad(ctx, l)
		}
	}
	return err
}

func (p *Places) ledgersDue(ctx context.Context) (due []ledgerAbroad, err error) {
	const unknown = ` FROM shelters_abroad a WHERE NOT EXISTS (SELECT 1 FROM ledgers_abroad l WHERE l.shelter_id = a.shelter_id)`
	var fresh bool
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1` + unknown + `) /* reads all */`).Scan(&fresh)
	})
	if err == nil && fresh {
		err = p.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO ledgers_abroad (shelter_id, server, mark, entries, verified_at, next_at, trouble, trouble_seq, trouble_at)
				SELECT a.shelter_id, a.server, '', 0, 0, 0, '', 0, 0` + unknown + ` ON CONFLICT DO NOTHING /* reads all */`)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		due, err = store.All(tx, scanLedgerAbroad, `SELECT l.shelter_id, l.server, l.mark, l.next_at, l.trouble, l.trouble_seq FROM ledgers_abroad l
			JOIN shelters_abroad a ON a.shelter_id = l.shelter_id WHERE l.next_at <= $1 ORDER BY l.next_at LIMIT $2`, tx.Now.UnixMilli(), ledgersDue)
		return err
	})
	return due, err
}

// checkLedgerAbroad asks for what is new of one ledger, unless another node does.
func (p *Places) checkLedgerAbroad(ctx context.Context, l ledgerAbroad) error {
	var mine int64
	err := p.db.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = tx.Exec(`UPDATE ledgers_abroad SET next_at = $3 WHERE shelter_id = $1 AND next_at = $2`, l.shelter, l.nextAt, tx.Now.Add(ledgerHold).UnixMilli())
		return err
	})
	if err != nil || mine == 0 {
		return err
	}
	chain := ledger.Resume(l.mark)
	err = p.followLedger(ctx, l, chain)
	var trouble *ledger.Trouble
	switch {
	case err == nil:
		p.checked("verified")
		return p.rememberLedger(ctx, l, chain.Mark(), nil)
	case errors.As(err, &trouble):
		p.checked("broken")
		if *trouble != l.trouble {
			p.log.Error("the ledger of another hub's shelter is broken or was rewritten", "server", l.server, "shelter", l.shelter, "entry", trouble.Seq, "err", trouble.What)
		}
		// What stands there now is verified from its beginning the next time, so that it does not go unwatched.
		return p.rememberLedger(ctx, l, ledger.Mark{}, trouble)
	case ctx.Err() != nil:
		return err
	}
	p.checked("failed")
	p.log.Info("a ledger of another hub could not be had; it is asked for again", "server", l.server, "shelter", l.shelter, "err", err)
	return p.ledgerAgain(ctx, l)
}

func (p *Places) checked(result string) {
	if p.checkedLedger != nil {
		p.checkedLedger(result)
	}
}

// followLedger has a chain follow what another hub says of a ledger.
func (p *Places) followLedger(ctx context.Context, l ledgerAbroad, chain *ledger.Chain) error {
	for range ledgerPages {
		lines, err := p.ledgers.Ledger(ctx, l.server, idAt(l.shelter), chain.From())
		if err != nil {
			return fmt.Errorf("ask for a ledger: %w", err)
		}
		if len(lines) > LedgerPage {
			return fault.TooLarge(LedgerPage)
		}
		for _, line := range lines {
			if chain.Keys[line.KeyID] != nil {
				continue
			}
			if chain.Keys[line.KeyID], err = p.ring.KeyOf(ctx, l.server, line.KeyID); err != nil {
				return err
			}
		}
		if err := chain.Follow(lines); err != nil || len(lines) < LedgerPage {
			return err
		}
	}
	return nil
}

// rememberLedger keeps where a ledger stands, and what is wrong with it if anything is.
func (p *Places) rememberLedger(ctx context.Context, l ledgerAbroad, mark ledger.Mark, trouble *ledger.Trouble) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now.UnixMilli()
		if trouble != nil {
			_, err := tx.Exec(`UPDATE ledgers_abroad SET mark = '', entries = 0, trouble = $2, trouble_seq = $3, trouble_at = $4, next_at = $5 WHERE shelter_id = $1`,
				l.shelter, trouble.What, trouble.Seq, now, tx.Now.Add(ledgerAgain).UnixMilli())
			return err
		}
		_, err := tx.Exec(`UPDATE ledgers_abroad SET mark = $2, entries = $3, verified_at = $4, next_at = $5 WHERE shelter_id = $1`,
			l.shelter, written(mark), mark.Seq, now, tx.Now.Add(ledgerAgain).UnixMilli())
		return err
	})
}

func (p *Places) ledgerAgain(ctx context.Context, l ledgerAbroad) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE ledgers_abroad SET next_at = $2 WHERE shelter_id = $1`, l.shelter, tx.Now.Add(ledgerAgain).UnixMilli())
		return err
	})
}

// troubleKept is how long it is told that a ledger of another hub was broken.
const troubleKept = 30 * 24 * time.Hour

// LedgersAbroad tells how many ledgers of other hubs have been verified, and of one that was broken or rewritten in the last 30 days, the latest, if
// there is any. server is its hub.
func LedgersAbroad(tx *store.Tx) (verified int64, server string, trouble *ledger.Trouble, err error) {
	if err = tx.QueryRow(`SELECT COUNT(*) FROM ledgers_abroad WHERE verified_at > 0 /* reads all */`).Scan(&verified); err != nil {
		return 0, "", nil, fmt.Errorf("count the ledgers of other hubs: %w", err)
	}
	broken, err := store.All(tx, scanLedgerAbroad, `SELECT shelter_id, server, mark, next_at, trouble, trouble_seq FROM ledgers_abroad
		WHERE trouble_at > $1 /* reads all */ ORDER BY trouble_at DESC, shelter_id LIMIT 1`, tx.Now.Add(-troubleKept).UnixMilli())
	if err != nil || len(broken) == 0 {
		return verified, "", nil, err
	}
	return verified, room.ServerOf(broken[0].shelter), &broken[0].trouble, nil
}
