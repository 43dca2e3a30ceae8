package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/push"
	"panah/hub/search"
	"panah/hub/store"
)

const (
	// clockSlack is how far ahead of this machine's clock the newest event may be.
	clockSlack = 2 * time.Minute
	// clocksApart is how far the clocks of a node and of its servers may be apart: escalations and ends of holds are reckoned with both.
	clocksApart = 2 * time.Second
	// diskNeeded is the free space, in bytes, below which the disk is worth a warning.
	diskNeeded = 256 << 20
)

// check is one look at the hub. It gives what its sentence, cli.doctor.NAME, inserts; or what is wrong.
type check struct {
	name string
	run  func(ctx context.Context, p *patient) (args []any, err error)
	says func(p *patient) string // the sentence where it is not always cli.doctor.NAME
}

// patient is the hub under examination. It is only read.
type patient struct {
	cfg Config
	db  *store.DB
}

func checks() []check {
	return []check{
		{"server_name", checkServerName, nil},
		{"log", checkLog, nil},
		{"state", checkState, nil},
		{"search", checkSearch, nil},
		{"key", checkKey, nil},
		{"durable", checkDurable, nil},
		{"clock", checkClock, nil},
		{"clocks", checkClocks, nil},
		{"disk", checkDisk, nil},
		{"broker", checkBroker, nil},
		{"media", checkMedia, saysMedia},
		{"mail", checkMail, saysMail},
		{"neighbour_ledgers", checkNeighbourLedgers, nil},
	}
}

// errUnwell ends doctor with an exit code after the findings have been printed.
var errUnwell = fault.New(http.StatusInternalServerError, "M_UNKNOWN", "cli.doctor.unwell")

// doctor examines the hub and prints one line for each check.
func doctor(ctx context.Context, c *console) error {
	ledgers, export, err := c.doctorArgs()
	if err != nil {
		return err
	}
	if export != "" {
		return c.examineExport(ctx, export)
	}
	cfg, err := c.config()
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.DatabaseURL, store.Options{Key: cfg.DatabaseKey, Now: cfg.Now, Log: c.logger(cfg.LogLevel)})
	if err != nil {
		return err
	}
	c.finding(true, "cli.doctor.database", pairs([]any{"Engine", string(db.Engine())}))
	well := true
	all := checks()
	if ledgers {
		all = append(all, check{"ledger", checkLedger, nil})
	}
	for _, each := range all {
		well = c.examine(ctx, each, &patient{cfg, db}) && well
	}
	err = db.Close()
	if err == nil && !well {
		err = errUnwell
	}
	return err
}

func (c *console) examine(ctx context.Context, each check, p *patient) (well bool) {
	args, err := each.run(ctx, p)
	if err == nil {
		key := "cli.doctor." + each.name
		if each.says != nil {
			key = each.says(p)
		}
		c.finding(true, key, pairs(args))
		return true
	}
	var f *fault.Fault
	if errors.As(err, &f) {
		c.finding(false, f.Key, f.Args)
	} else {
		c.finding(false, "cli.doctor.failed", pairs([]any{"Name", each.name, "Reason", oneLine(err)}))
	}
	return false
}

// oneLine is what an error says, whatever line breaks a server put into it.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func (c *console) finding(well bool, key string, args map[string]any) {
	mark := "✓"
	if !well {
		mark = "✗"
	}
	fmt.Fprintln(c.out, mark, sentence(c.language, key, args))
}

func unwell(key string, args ...any) error {
	return fault.New(http.StatusInternalServerError, "M_UNKNOWN", key, args...)
}

func checkServerName(ctx context.Context, p *patient) ([]any, error) {
	var name string
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
		name, err = readServerName(tx)
		return err
	})
	if err == nil && name == "" {
		err = unwell("cli.doctor.not_founded")
	}
	if err == nil && p.cfg.ServerName != "" && p.cfg.ServerName != name {
		err = serverNameChanged(name)
	}
	return []any{"Name", name}, err
}

// checkLog looks whether anything stands at a position that the counter has not given out, or two things at one.
func checkLog(ctx context.Context, p *patient) ([]any, error) {
	var head, highest, events, shared int64
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.QueryRow(`SELECT head FROM counter WHERE id = 1`).Scan(&head),
			tx.QueryRow(`SELECT COALESCE(MAX(position), 0) FROM (
				SELECT position FROM events UNION ALL SELECT position FROM receipts UNION ALL
				SELECT position FROM account_data UNION ALL SELECT position FROM memberships) AS taken`).Scan(&highest),
			tx.QueryRow(`SELECT COUNT(*) FROM events WHERE position > 0`).Scan(&events), // below are those from before this hub came into a room
			tx.QueryRow(`SELECT COUNT(*) FROM events AS e WHERE
				EXISTS (SELECT 1 FROM receipts AS r WHERE r.position = e.position) OR
				EXISTS (SELECT 1 FROM account_data AS d WHERE d.position = e.position)`).Scan(&shared),
		)
	})
	if err == nil && (highest > head || events > head || shared > 0) {
		err = unwell("cli.doctor.log_broken", "Head", head, "Highest", highest)
	}
	return []any{"Head", head, "Events", events}, err
}

// checkState looks whether what stands in rooms is in the log.
func checkState(ctx context.Context, p *patient) ([]any, error) {
	var rooms, lost int64
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.QueryRow(`SELECT COUNT(*) FROM rooms`).Scan(&rooms),
			tx.QueryRow(`SELECT COUNT(*) FROM (
				SELECT event_id FROM room_state UNION SELECT event_id FROM memberships UNION SELECT event_id FROM extremities) AS named
				WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.event_id = named.event_id)`).Scan(&lost),
		)
	})
	if err == nil && lost > 0 {
		err = unwell("cli.doctor.state_broken", "Count", lost)
	}
	return []any{"Count", rooms}, err
}

// checkSearch tells how far searching has read the log. That it has not read all of it is nothing bad: it goes on by itself.
func checkSearch(ctx context.Context, p *patient) ([]any, error) {
	var read, of store.Position
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) { read, of, err = search.Progress(tx); return err })
	return []any{"Percent", 100 * read / max(of, 1)}, err
}

func checkKey(ctx context.Context, p *patient) ([]any, error) {
	var keys int64
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM signing_keys WHERE expired_at IS NULL`).Scan(&keys)
	})
	if err != nil {
		return nil, err
	}
	if keys == 0 {
		return nil, unwell("cli.doctor.no_key")
	}
	name := ""
	if err := p.db.Read(ctx, func(tx *store.Tx) (err error) { name, err = readServerName(tx); return err }); err != nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, p.db, name)
	if err != nil {
		return nil, fmt.Errorf("open the keys: %w", err)
	}
	id, _ := ring.Current()
	return []any{"Name", string(id)}, nil
}

// checkClock looks whether the newest event lies in the future of this machine.
func checkClock(ctx context.Context, p *patient) ([]any, error) {
	var newest int64
	now := time.Now()
	err := p.db.Read(ctx, func(tx *store.Tx) error {
		now = tx.Now
		return tx.QueryRow(`SELECT COALESCE(MAX(origin_ts), 0) FROM events`).Scan(&newest)
	})
	if err == nil && time.UnixMilli(newest).After(now.Add(clockSlack)) {
		err = unwell("cli.doctor.clock_behind")
	}
	return nil, err
}

// checkDurable looks whether what was answered survives a power cut.
func checkDurable(ctx context.Context, p *patient) ([]any, error) {
	about, err := p.db.About(ctx)
	name := string(p.db.Engine()) + " " + about.Version
	if err == nil && !about.Durable {
		err = unwell("cli.doctor.not_durable", "Name", name)
	}
	return []any{"Name", name}, err
}

// checkClocks looks whether this machine's clock and those of its servers agree. Asking takes time, by which a clock seems behind.
func checkClocks(ctx context.Context, p *patient) ([]any, error) {
	began := time.Now()
	about, err := p.db.About(ctx)
	if err == nil && p.db.Engine() != store.SQLite {
		err = agrees(string(p.db.Engine()), about.Now, began)
	}
	if err != nil || p.cfg.RedisURL == "" {
		return nil, err
	}
	began = time.Now()
	redis, err := broker.Ask(ctx, p.cfg.RedisURL)
	if err != nil {
		return nil, err
	}
	return nil, agrees("Redis", redis.Now, began)
}

// agrees gives the fault of a clock that told a time outside of that in which it was asked.
func agrees(name string, told, began time.Time) error {
	off := max(began.Sub(told), time.Until(told))
	if off <= clocksApart {
		return nil
	}
	return unwell("cli.doctor.clocks_apart", "Name", name, "Seconds", int(off.Seconds()))
}

func checkDisk(_ context.Context, p *patient) ([]any, error) {
	free, err := freeSpace(p.cfg.Data)
	if err == nil && free < diskNeeded {
		err = unwell("cli.doctor.disk_low", "Megabytes", free>>20)
	}
	return []any{"Megabytes", free >> 20}, err
}

func checkBroker(ctx context.Context, p *patient) ([]any, error) {
	if p.cfg.RedisURL == "" {
		return []any{"Name", "in-process"}, nil
	}
	about, err := broker.Ask(ctx, p.cfg.RedisURL)
	return []any{"Name", "Redis " + about.Version}, err
}

// checkMail reaches the mail server, if there is one, and sends nothing.
func checkMail(ctx context.Context, p *patient) ([]any, error) {
	if p.cfg.SMTP == "" {
		return nil, nil
	}
	way, err := push.ParseMail(p.cfg.SMTP, p.cfg.MailFrom)
	if err != nil {
		return nil, configFault("error.config_value", "PANAH_SMTP_URL")
	}
	if err := way.Probe(ctx); err != nil {
		return nil, unwell("cli.doctor.mail_fails", "Name", way.Host(), "Reason", oneLine(err))
	}
	return []any{"Name", way.Host()}, nil
}

func saysMail(p *patient) string {
	if p.cfg.SMTP == "" {
		return "error.mail_none"
	}
	return "cli.doctor.mail"
}
