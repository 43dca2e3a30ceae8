package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"panah/hub/backup"
	"panah/hub/device"
	"panah/hub/feed"
	"panah/hub/media"
	"panah/hub/store"
)

// replaceFlag has restore put a backup in the place of a hub that is there.
const replaceFlag = "--replace"

// restoreHub puts a backup where the configuration says. No hub may be serving there.
func restoreHub(ctx context.Context, c *console) error {
	path, replace, err := c.restoreArgs()
	if err != nil {
		return err
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer f.Close()
	head, all, err := checkBackup(ctx, f, cfg.secret())
	if err != nil {
		return err
	}
	c.sayContents("cli.restore.whole", &head, all)
	if err := c.load(ctx, &cfg, f, head, replace); err != nil {
		return err
	}
	if head.Files != "" {
		c.finding(true, "cli.backup.files_elsewhere", pairs([]any{"Address", head.Files}))
	}
	return c.examineLoaded(ctx, &cfg)
}

// restoreArgs are a file, and the flag before or behind it.
func (c *console) restoreArgs() (path string, replace bool, err error) {
	for _, arg := range c.args {
		switch {
		case arg == replaceFlag:
			replace = true
		case path == "" && !strings.HasPrefix(arg, "-"):
			path = arg
		default:
			c.complain("cli.unknown_argument", "Name", arg)
			return "", false, errUsage
		}
	}
	if path == "" {
		c.complain("cli.restore_what")
		return "", false, errUsage
	}
	return path, replace, nil
}

// load fills the database in one transaction, and the store of files beside it.
func (c *console) load(ctx context.Context, cfg *Config, f *os.File, head backup.Head, replace bool) error {
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Key: cfg.DatabaseKey, Alone: true, Schema: head.Schema, Now: cfg.Now, Log: c.logger(cfg.LogLevel)})
	if err != nil {
		return err
	}
	to := backup.Target{Secret: cfg.secret(), Replace: replace, Settle: settle}
	if head.Files == "" {
		if to.Files, err = openBlobs(cfg); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	err = db.Load(ctx, func(tx *store.Tx) error {
		if !replace {
			_, _, err := backup.Load(tx, f, to)
			return err
		}
		if err := media.SetAsideTx(tx); err != nil {
			return err
		}
		if _, _, err := backup.Load(tx, f, to); err != nil {
			return err
		}
		return media.LetGoTx(tx)
	})
	return errors.Join(err, db.Close())
}

// settle has a hub that was restored go on where it stood, and hand nothing out a second time.
func settle(tx *store.Tx, head backup.Head) error {
	if err := leap(tx, head); err != nil {
		return err
	}
	return device.RestoredTx(tx)
}

// gapFact begins the names of facts that say of which positions the log has nothing. The rest of the name is the position before, the value the last.
const gapFact = "gap:"

const (
	// leapLeast is how many positions are passed over at the least.
	leapLeast = 1_000_000
	// leapRate is more positions than a hub gives out in a second, on any machine that we know of.
	leapRate = 10_000
)

// leap moves the counter behind every position that the hub may have given out since it was saved. Otherwise they would come a second time for
// other things, and a device that had heard of the first would never hear of those.
func leap(tx *store.Tx, head backup.Head) error {
	since := max(0, tx.Now.Sub(time.UnixMilli(head.At)))
	to := head.Position + leapLeast + store.Position(since/time.Second)*leapRate
	if _, err := tx.Exec(`UPDATE counter SET head = $1 WHERE id = 1`, to); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO facts (name, value) VALUES ($1, $2)`, fmt.Sprintf("%s%d", gapFact, head.Position), strconv.FormatInt(int64(to), 10))
	return err
}

// readGaps gives the stretches that were passed over.
func readGaps(ctx context.Context, db *store.DB) (gaps []feed.Gap, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT name, value FROM facts WHERE name LIKE '` + gapFact + `%'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		gaps = nil
		for rows.Next() {
			var from, to string
			if err := rows.Scan(&from, &to); err != nil {
				return fmt.Errorf("read the gaps: %w", err)
			}
			before, err := strconv.ParseInt(strings.TrimPrefix(from, gapFact), 10, 64)
			last, also := strconv.ParseInt(to, 10, 64)
			if err := errors.Join(err, also); err != nil {
				return fmt.Errorf("read the gap %s: %w", from, err)
			}
			gaps = append(gaps, feed.Gap{From: store.Position(before), To: store.Position(last)})
		}
		return rows.Err()
	})
	return gaps, err
}

// examineLoaded brings the schema up to date and looks whether the hub is in order.
func (c *console) examineLoaded(ctx context.Context, cfg *Config) error {
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Key: cfg.DatabaseKey, Now: cfg.Now, Log: c.logger(cfg.LogLevel)})
	if err != nil {
		return err
	}
	well := true
	for _, each := range []check{{"server_name", checkServerName, nil}, {"log", checkLog, nil}, {"state", checkState, nil}, {"ledger", checkLedger, nil}} {
		well = c.examine(ctx, each, &patient{*cfg, db}) && well
	}
	if err := db.Close(); err != nil || well {
		return err
	}
	return errUnwell
}
