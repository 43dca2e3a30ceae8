package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"panah/hub/keyring"
	"panah/hub/place"
	"panah/hub/place/ledger"
	"panah/hub/store"
)

// ledgerFlag has doctor look at the ledgers of places too; with a file behind it, at an exported one and nothing else.
const ledgerFlag = "--ledger"

// checkLedger checks every ledger of the hub, and that it agrees with what the tables say.
func checkLedger(ctx context.Context, p *patient) ([]any, error) {
	name := ""
	if err := p.db.Read(ctx, func(tx *store.Tx) (err error) { name, err = readServerName(tx); return err }); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, p.db, name)
	if err != nil {
		return nil, fmt.Errorf("open the keys: %w", err)
	}
	var entries int64
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		_, entries, err = place.CheckLedgers(tx, ring)
		return err
	})
	return []any{"Entries", entries}, troubleOf(err)
}

// checkNeighbourLedgers tells what this hub has found in the ledgers of others while it ran.
func checkNeighbourLedgers(ctx context.Context, p *patient) ([]any, error) {
	var verified int64
	var server string
	var trouble *ledger.Trouble
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) { verified, server, trouble, err = place.LedgersAbroad(tx); return err })
	if err == nil && trouble != nil {
		err = unwell("cli.doctor.neighbour_ledger_broken", "Server", server, "Name", trouble.Shelter, "Entry", trouble.Seq)
	}
	return []any{"Ledgers", verified}, err
}

// troubleOf names what is wrong with a ledger in the operator's language.
func troubleOf(err error) error {
	var trouble *ledger.Trouble
	if errors.As(err, &trouble) {
		return unwell("cli.doctor.ledger_broken", "Name", trouble.Shelter, "Entry", trouble.Seq)
	}
	return err
}

// examineExport checks an exported ledger; it needs no hub.
func (c *console) examineExport(ctx context.Context, file string) error {
	well := c.examine(ctx, check{"ledger", func(context.Context, *patient) ([]any, error) {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("open the export: %w", err)
		}
		entries, err := ledger.Verify(f, "")
		return []any{"Entries", entries}, errors.Join(troubleOf(err), f.Close())
	}, nil}, nil)
	if !well {
		return errUnwell
	}
	return nil
}

// doctorArgs are what doctor takes: nothing, or the flag.
func (c *console) doctorArgs() (ledgers bool, export string, err error) {
	if len(c.args) == 1 {
		if file, given := strings.CutPrefix(c.args[0], ledgerFlag+"="); given && file != "" {
			return false, file, nil
		}
		if c.args[0] == ledgerFlag {
			return true, "", nil
		}
	}
	return false, "", c.noArgs()
}
