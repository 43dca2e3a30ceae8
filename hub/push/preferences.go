package push

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/store"
)

// Preferences are how a person wants to be told.
type Preferences struct {
	Push  []notice.Kind `json:"push"`  // what is told at devices
	Mail  []notice.Kind `json:"mail"`  // what is told by mail
	Open  bool          `json:"open"`  // devices say who writes, and what
	Quiet *Quiet        `json:"quiet"` // nil for never
}

// usual is what holds for those who have chosen nothing. Ordinary messages are not told: a busy channel would ring all day.
func usual() Preferences {
	return Preferences{Push: []notice.Kind{notice.Alert, notice.Direct, notice.Mention}, Mail: []notice.Kind{notice.Alert}}
}

// wishes are a person's preferences as they are used.
type wishes struct {
	push, mail []notice.Kind
	open       bool
	quiet      quietHours
	address    string // confirmed, or ""
	mailedAt   time.Time
}

// State is what the settings show.
type State struct {
	Key         string      `json:"key"`          // see Push.Key
	Here        string      `json:"subscription"` // id of this device's subscription, or ""
	Devices     int         `json:"devices"`      // of the person that are told
	Preferences Preferences `json:"preferences"`
	Mails       bool        `json:"mails"`   // the hub can send mail
	Address     string      `json:"address"` // confirmed, or ""
	Pending     string      `json:"pending"` // waits for its code, or ""
}

// State tells how things stand for the caller at this device.
func (p *Push) State(ctx context.Context, caller people.Caller) (s State, err error) {
	s = State{Key: p.public, Mails: p.o.Mail != nil}
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		if s.Here, err = subscribedTx(tx, caller); err != nil {
			return err
		}
		if err := tx.QueryRow(`SELECT COUNT(*) FROM push_subscriptions WHERE user_id = $1`, caller.UserID).Scan(&s.Devices); err != nil {
			return err
		}
		row, err := p.rowTx(tx, caller.UserID)
		if err != nil {
			return err
		}
		s.Preferences = row.preferences()
		s.Address = row.address
		if row.codeUntil.After(tx.Now) {
			s.Pending = row.pending
		}
		return nil
	})
	return s, err
}

// row is a person's line of push_people.
type row struct {
	push, mail  []notice.Kind
	open        bool
	from, until int
	zone        string
	address     string
	pending     string
	codeHash    []byte
	codeUntil   time.Time
	codeTries   int
	mailedAt    time.Time
}

func (p *Push) rowTx(tx *store.Tx, userID string) (r row, err error) {
	var push, mail string
	var sealed, pending []byte
	var until, mailed int64
	err = tx.QueryRow(`SELECT push_kinds, mail_kinds, open, quiet_from, quiet_until, zone, mail, mailed_at, pending, code_hash, code_until, code_tries
		FROM push_people WHERE user_id = $1`, userID).
		Scan(&push, &mail, &r.open, &r.from, &r.until, &r.zone, &sealed, &mailed, &pending, &r.codeHash, &until, &r.codeTries)
	if errors.Is(err, sql.ErrNoRows) {
		u := usual()
		return row{push: u.Push, mail: u.Mail}, nil
	}
	if err != nil {
		return r, fmt.Errorf("read how somebody wants to be told: %w", err)
	}
	r.push, r.mail = kindsOf(push), kindsOf(mail)
	r.codeUntil, r.mailedAt = time.UnixMilli(until), time.UnixMilli(mailed)
	if r.address, err = p.openAddress(userID, sealed); err != nil {
		return r, err
	}
	r.pending, err = p.openAddress(userID, pending)
	return r, err
}

func (r *row) preferences() Preferences {
	out := Preferences{Push: r.push, Mail: r.mail, Open: r.open}
	if r.from != r.until {
		out.Quiet = &Quiet{clockText(r.from), clockText(r.until), r.zone}
	}
	return out
}

func (p *Push) wishesTx(tx *store.Tx, userID string) (wishes, error) {
	r, err := p.rowTx(tx, userID)
	if err != nil {
		return wishes{}, err
	}
	w := wishes{push: r.push, mail: r.mail, open: r.open, address: r.address, mailedAt: r.mailedAt}
	if r.from == r.until {
		return w, nil
	}
	zone, err := loadZone(r.zone)
	if err != nil {
		return w, fmt.Errorf("read a time zone that was kept: %w", err)
	}
	w.quiet = quietHours{r.from, r.until, zone}
	return w, nil
}

// SetPreferences changes how the caller is told.
func (p *Push) SetPreferences(ctx context.Context, caller people.Caller, wish Preferences) error {
	push, err1 := kindsText(wish.Push)
	mail, err2 := kindsText(wish.Mail)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var quiet quietHours
	zone := ""
	if wish.Quiet != nil {
		var err error
		if quiet, err = wish.Quiet.parse(); err != nil {
			return err
		}
		zone = wish.Quiet.Zone
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO push_people (user_id, push_kinds, mail_kinds, open, quiet_from, quiet_until, zone) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (user_id) DO UPDATE SET push_kinds = excluded.push_kinds, mail_kinds = excluded.mail_kinds, open = excluded.open,
			quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, zone = excluded.zone`,
			caller.UserID, push, mail, wish.Open, quiet.from, quiet.until, zone)
		if err != nil {
			return err
		}
		// What waits for the end of quiet hours is looked at again: they may be over now.
		_, err = tx.Exec(`UPDATE push_notices SET due_at = $2 WHERE user_id = $1 AND done_at = 0 AND due_at > $2 AND at < $3`,
			caller.UserID, tx.Now.UnixMilli(), tx.Now.Add(-lookFor).UnixMilli())
		return err
	})
}

func kindsOf(text string) []notice.Kind {
	all := []notice.Kind{}
	for _, word := range strings.Fields(text) {
		all = append(all, notice.Kind(word))
	}
	return all
}

// kindsText checks kinds and writes each once, in their own order.
func kindsText(kinds []notice.Kind) (string, error) {
	var words []string
	for _, kind := range notice.Kinds() {
		if slices.Contains(kinds, kind) {
			words = append(words, string(kind))
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(notice.Kinds(), kind) {
			return "", fault.InvalidParam("error.invalid_param", "Name", "kind")
		}
	}
	return strings.Join(words, " "), nil
}
