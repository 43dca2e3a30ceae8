package push

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/store"
)

const (
	// gatherMost is how many due notices become lines of the outbox in one transaction.
	gatherMost = 200
	// pushEvery is how often one device is told at the most of what is not urgent; what comes meanwhile is one with the next.
	pushEvery = time.Minute
	// mailEvery is the same for a person's mail, and urgentMailEvery for what is urgent.
	mailEvery       = 30 * time.Minute
	urgentMailEvery = time.Minute
	// testEvery is how often somebody may try whether notices arrive.
	testEvery = 10 * time.Second
	// keptFor is how long a key is remembered that went out.
	keptFor = 7 * 24 * time.Hour
)

// withdraw asks this node's sessions about notices that wait, and takes back those that a session has taken. An urgent one is not asked
// about: it rings wherever its person is.
func (p *Push) withdraw(ctx context.Context) error {
	sessions := p.watched()
	if sessions == nil {
		return nil
	}
	waiting, err := p.waiting(ctx)
	if err != nil {
		return err
	}
	var taken []notice.Notice
	for _, n := range waiting {
		switch {
		case sessions.Took(n.UserID, n.Position):
			taken = append(taken, n)
		case p.feed.Reached(n.UserID, n.Position):
			sessions.Ask(n.UserID, n.Position)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		for _, n := range taken {
			if err := doneTx(tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// waiting are the notices that are not due yet and that a session may take. Those held back by quiet hours are among them: whoever
// comes to the app at night has seen them in the morning.
func (p *Push) waiting(ctx context.Context) (all []notice.Notice, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		all, err = noticesTx(tx, `done_at = 0 AND urgent = FALSE AND kind <> $1 AND position > 0 ORDER BY due_at LIMIT $2`, string(notice.Test), gatherMost)
		return err
	})
	return all, err
}

func doneTx(tx *store.Tx, n notice.Notice) error {
	_, err := tx.Exec(`UPDATE push_notices SET done_at = $3 WHERE user_id = $1 AND key = $2`, n.UserID, n.Key, tx.Now.UnixMilli())
	return err
}

func noticesTx(tx *store.Tx, where string, args ...any) ([]notice.Notice, error) {
	rows, err := tx.Query(`SELECT user_id, key, kind, urgent, room_id, event_id, position, due_at FROM push_notices WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []notice.Notice
	for rows.Next() {
		var n notice.Notice
		var due int64
		if err := rows.Scan(&n.UserID, &n.Key, &n.Kind, &n.Urgent, &n.RoomID, &n.EventID, &n.Position, &due); err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		n.Due = time.UnixMilli(due)
		all = append(all, n)
	}
	return all, rows.Err()
}

// gather turns what is due into lines of the outbox, all of one person's together.
func (p *Push) gather(ctx context.Context) (more bool, err error) {
	var due int
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM push_notices WHERE done_at = 0 AND due_at <= $1`, tx.Now.UnixMilli()).Scan(&due)
	})
	if err != nil || due == 0 {
		return false, err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		found, err := noticesTx(tx, `done_at = 0 AND due_at <= $1 ORDER BY urgent DESC, user_id, position LIMIT $2`, tx.Now.UnixMilli(), gatherMost)
		if err != nil {
			return err
		}
		more = len(found) == gatherMost
		by := map[string][]notice.Notice{}
		var people []string
		for _, n := range found {
			if by[n.UserID] == nil {
				people = append(people, n.UserID)
			}
			by[n.UserID] = append(by[n.UserID], n)
		}
		for _, person := range people {
			if err := p.gatherTx(tx, person, by[person]); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// gatherTx decides about one person's notices: those that must wait are put off, those that were seen are dropped, the rest goes out.
func (p *Push) gatherTx(tx *store.Tx, person string, found []notice.Notice) error {
	w, err := p.wishesTx(tx, person)
	if err != nil {
		return err
	}
	targets, err := targetsTx(tx, person)
	if err != nil {
		return err
	}
	active, err := p.activeTx(tx, person)
	if err != nil {
		return err
	}
	quiet := w.quiet.end(tx.Now)
	var now []notice.Notice
	for _, n := range found {
		if !quiet.IsZero() && !n.Urgent && n.Kind != notice.Test {
			if _, err := tx.Exec(`UPDATE push_notices SET due_at = $3 WHERE user_id = $1 AND key = $2`, person, n.Key, quiet.UnixMilli()); err != nil {
				return err
			}
			continue
		}
		if err := doneTx(tx, n); err != nil {
			return err
		}
		seen, err := seenTx(tx, n)
		if err != nil {
			return err
		}
		if !seen && active {
			now = append(now, n)
		}
	}
	for _, t := range targets {
		if err := p.queueTx(tx, line{UserID: person, Target: t.id}, chosen(now, t.kinds(&w)), t.sentAt.Add(pushEvery), t.sentAt); err != nil {
			return err
		}
	}
	if w.address == "" || p.o.Mail == nil {
		return nil
	}
	return p.queueTx(tx, line{UserID: person}, chosen(now, w.mail), w.mailedAt.Add(mailEvery), w.mailedAt.Add(urgentMailEvery))
}

// activeTx tells whether somebody may come in at all. Who was suspended has no session, but may have an address.
func (p *Push) activeTx(tx *store.Tx, userID string) (bool, error) {
	person, err := p.people.PersonTx(tx, userID)
	var unknown *fault.Fault
	if errors.As(err, &unknown) {
		return false, nil
	}
	return person.Standing == people.Active, err
}

// seenTx tells whether a person has read a post, at any of their devices.
func seenTx(tx *store.Tx, n notice.Notice) (seen bool, err error) {
	if n.RoomID == "" {
		return false, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM receipts WHERE room_id = $1 AND user_id = $2 AND type <> 'm.fully_read' AND event_position >= $3)`,
		n.RoomID, n.UserID, n.Position).Scan(&seen)
	return seen, err
}

func chosen(all []notice.Notice, kinds []notice.Kind) []notice.Notice {
	var some []notice.Notice
	for _, n := range all {
		if n.Kind == notice.Test || slices.Contains(kinds, n.Kind) {
			some = append(some, n)
		}
	}
	return some
}

// device is one that is told.
type device struct {
	id      string
	sentAt  time.Time
	gateway bool
}

// kinds are what is told at it. An app behind a gateway is told of all that its push rules ring for, as Matrix has it.
func (d *device) kinds(w *wishes) []notice.Kind {
	if d.gateway && !slices.Contains(w.push, notice.Message) {
		return append(slices.Clone(w.push), notice.Message)
	}
	return w.push
}

func targetsTx(tx *store.Tx, person string) ([]device, error) {
	rows, err := tx.Query(`SELECT subscription_id, sent_at, gateway FROM push_subscriptions WHERE user_id = $1 ORDER BY subscription_id`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []device
	for rows.Next() {
		var d device
		var sent int64
		if err := rows.Scan(&d.id, &sent, &d.gateway); err != nil {
			return nil, fmt.Errorf("read devices that are told: %w", err)
		}
		d.sentAt = time.UnixMilli(sent)
		all = append(all, d)
	}
	return all, rows.Err()
}

// queueTx puts notices into the outbox for one target: each urgent one and each test by itself, all others as one.
func (p *Push) queueTx(tx *store.Tx, to line, notices []notice.Notice, calm, urgent time.Time) error {
	var together []notice.Notice
	for _, n := range notices {
		if !n.Urgent && n.Kind != notice.Test {
			together = append(together, n)
			continue
		}
		one := to
		one.Topic, one.Kind, one.Urgent, one.Count, one.RoomID, one.EventID, one.Position = n.Key, n.Kind, n.Urgent, 1, n.RoomID, n.EventID, n.Position
		next := urgent
		if n.Kind == notice.Test {
			next = tx.Now
		}
		if err := addLineTx(tx, one, next); err != nil {
			return err
		}
	}
	if len(together) == 0 {
		return nil
	}
	// What is said is of the weightiest, and of these of the newest.
	slices.SortStableFunc(together, func(a, b notice.Notice) int {
		if by := slices.Index(notice.Kinds(), a.Kind) - slices.Index(notice.Kinds(), b.Kind); by != 0 {
			return by
		}
		return int(b.Position - a.Position)
	})
	n := together[0]
	to.Topic, to.Kind, to.Count, to.RoomID, to.EventID, to.Position = itemsTopic, n.Kind, len(together), n.RoomID, n.EventID, n.Position
	for _, other := range together {
		to.Position = max(to.Position, other.Position)
	}
	return addLineTx(tx, to, calm)
}

// sweep forgets keys that went out long ago, and lines that nobody could be told of in time.
func (p *Push) sweep(ctx context.Context) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM push_notices WHERE done_at > 0 AND done_at < $1`, tx.Now.Add(-keptFor).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM push_outbox WHERE expires_at < $1`, tx.Now.UnixMilli())
		return err
	})
}
