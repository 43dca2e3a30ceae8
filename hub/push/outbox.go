package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"panah/hub/notice"
	"panah/hub/store"
)

const (
	// itemsTopic is of all that is told as one.
	itemsTopic = "items"
	// claimLife is for how long a line belongs to whoever sends it; sending takes half of that at the most.
	claimLife = 2 * time.Minute
	// firstPause is between the first try and the second; each next one is twice as long, up to longestPause.
	firstPause   = 10 * time.Second
	longestPause = time.Hour
)

// line is one row of the outbox.
type line struct {
	UserID, Target, Topic string
	SendID                string // the same for every try, so that a device shows it once
	Kind                  notice.Kind
	Urgent                bool
	Count                 int
	RoomID, EventID       string
	Position              store.Position
	Version, Tries        int
	Expires               time.Time
}

// life is for how long a thing is worth telling. It is also what a push service is asked to keep it for (RFC 8030, 5.2).
func (l *line) life() time.Duration {
	switch {
	case l.Kind == notice.Test:
		return 5 * time.Minute
	case l.Kind == notice.Message:
		return 6 * time.Hour
	}
	return 24 * time.Hour
}

// addLineTx adds to what waits for a target, not to be sent before a time. What waits already goes out no later for it.
func addLineTx(tx *store.Tx, l line, next time.Time) error {
	id, err := randomID(12)
	if err != nil {
		return err
	}
	if next.Before(tx.Now) {
		next = tx.Now
	}
	_, err = tx.Exec(`INSERT INTO push_outbox (user_id, target, topic, send_id, kind, urgent, count, room_id, event_id, position, next_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (user_id, target, topic) DO UPDATE SET send_id = excluded.send_id, kind = excluded.kind, count = push_outbox.count + excluded.count,
		room_id = excluded.room_id, event_id = excluded.event_id, position = excluded.position, version = push_outbox.version + 1,
		expires_at = excluded.expires_at`,
		l.UserID, l.Target, l.Topic, id, string(l.Kind), l.Urgent, l.Count, l.RoomID, l.EventID, l.Position, next.UnixMilli(),
		tx.Now.Add(l.life()).UnixMilli())
	return err
}

// claim takes lines that are due, the urgent ones first. Nobody else sends them until the claim ends.
func (p *Push) claim(ctx context.Context, most int) (claimed []line, err error) {
	var due bool
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM push_outbox WHERE next_at <= $1 AND claimed_until <= $1 AND expires_at > $1)`, tx.Now.UnixMilli()).Scan(&due)
	})
	if err != nil || !due {
		return nil, err
	}
	err = p.db.Write(ctx, func(tx *store.Tx) error {
		claimed = nil
		rows, err := tx.Query(`UPDATE push_outbox SET claimed_until = $2, tries = tries + 1 WHERE (user_id, target, topic) IN
			(SELECT user_id, target, topic FROM push_outbox WHERE next_at <= $1 AND claimed_until <= $1 AND expires_at > $1 ORDER BY urgent DESC, tries, next_at LIMIT $3)
			RETURNING user_id, target, topic, send_id, kind, urgent, count, room_id, event_id, position, version, tries, expires_at`,
			tx.Now.UnixMilli(), tx.Now.Add(claimLife).UnixMilli(), most)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l line
			var expires int64
			if err := rows.Scan(&l.UserID, &l.Target, &l.Topic, &l.SendID, &l.Kind, &l.Urgent, &l.Count, &l.RoomID, &l.EventID, &l.Position,
				&l.Version, &l.Tries, &expires); err != nil {
				return fmt.Errorf("claim lines: %w", err)
			}
			l.Expires = time.UnixMilli(expires)
			claimed = append(claimed, l)
		}
		return errors.Join(rows.Err(), rows.Close())
	})
	return claimed, err
}

// sentTx takes a line away that was sent. What was added while it was under way is sent next, with its own pause.
func sentTx(tx *store.Tx, l line) error {
	now, pause := tx.Now.UnixMilli(), pushEvery
	if l.Target == "" {
		pause = mailEvery
		if _, err := tx.Exec(`UPDATE push_people SET mailed_at = $2 WHERE user_id = $1`, l.UserID, now); err != nil {
			return err
		}
	} else if _, err := tx.Exec(`UPDATE push_subscriptions SET sent_at = $2 WHERE subscription_id = $1`, l.Target, now); err != nil {
		return err
	}
	n, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND target = $2 AND topic = $3 AND version = $4`, l.UserID, l.Target, l.Topic, l.Version)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(`UPDATE push_outbox SET claimed_until = 0, tries = 0, next_at = $4, count = count - $5 WHERE user_id = $1 AND target = $2 AND topic = $3`,
		l.UserID, l.Target, l.Topic, tx.Now.Add(pause).UnixMilli(), l.Count)
	return err
}

// againTx has a line be tried again, not before a time. One that would expire before then is given up by the sweep.
func againTx(tx *store.Tx, l line, after time.Duration) error {
	_, err := tx.Exec(`UPDATE push_outbox SET claimed_until = 0, next_at = $4 WHERE user_id = $1 AND target = $2 AND topic = $3`,
		l.UserID, l.Target, l.Topic, tx.Now.Add(after).UnixMilli())
	return err
}

// quietTx puts a line off until quiet hours are over. Its life begins then.
func quietTx(tx *store.Tx, l line, wait time.Duration) error {
	next := tx.Now.Add(wait)
	_, err := tx.Exec(`UPDATE push_outbox SET claimed_until = 0, tries = 0, next_at = $4, expires_at = $5 WHERE user_id = $1 AND target = $2 AND topic = $3`,
		l.UserID, l.Target, l.Topic, next.UnixMilli(), next.Add(l.life()).UnixMilli())
	return err
}

// dropTx gives a line up.
func dropTx(tx *store.Tx, l line) error {
	_, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND target = $2 AND topic = $3`, l.UserID, l.Target, l.Topic)
	return err
}

// pause is how long to wait after so many tries, unless the other side has said how long.
func pauseAfter(tries int, asked time.Duration) time.Duration {
	wait := firstPause << min(max(tries-1, 0), 16)
	return min(max(wait, asked), longestPause)
}
