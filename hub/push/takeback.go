package push

import (
	"context"
	"fmt"
	"slices"

	"panah/hub/notice"
	"panah/hub/store"
)

// takeBack takes out of the outbox what was withdrawn after it came there (notice.DropTx). What is under way just now is looked at when that has
// ended.
func (p *Push) takeBack(ctx context.Context) error {
	const withdrawn = `done_at < 0 AND NOT EXISTS (SELECT 1 FROM push_outbox o WHERE o.user_id = push_notices.user_id
		AND (o.topic = push_notices.key OR o.topic = '` + itemsTopic + `') AND o.claimed_until > $1) ORDER BY user_id, key LIMIT $2`
	var found []notice.Notice
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = noticesTx(tx, withdrawn, tx.Now.UnixMilli(), 1)
		return err
	})
	for err == nil && len(found) > 0 {
		err = p.db.Write(ctx, func(tx *store.Tx) (err error) {
			if found, err = noticesTx(tx, withdrawn, tx.Now.UnixMilli(), gatherMost); err != nil {
				return err
			}
			for i := range found {
				if err := p.takeBackTx(tx, &found[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return err
}

// takeBackTx takes one notice out of its person's lines: its own line goes, and a line of many has one less.
func (p *Push) takeBackTx(tx *store.Tx, n *notice.Notice) error {
	if _, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND topic = $2`, n.UserID, n.Key); err != nil {
		return err
	}
	lines, err := p.linesWithTx(tx, n)
	if err != nil {
		return err
	}
	for _, target := range lines {
		// The line may have been about this very event, of which nothing is to be shown any more.
		_, err := tx.Exec(`UPDATE push_outbox SET count = count - 1, event_id = CASE WHEN event_id = $4 THEN '' ELSE event_id END
			WHERE user_id = $1 AND target = $2 AND topic = $3`, n.UserID, target, itemsTopic, n.EventID)
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND topic = $2 AND count <= 0`, n.UserID, itemsTopic); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE push_notices SET done_at = -done_at WHERE user_id = $1 AND key = $2 AND done_at < 0`, n.UserID, n.Key)
	return err
}

// linesWithTx are the targets whose line of many has a notice in it: those that want its kind and were told of nothing since it came there.
func (p *Push) linesWithTx(tx *store.Tx, n *notice.Notice) (targets []string, err error) {
	w, err := p.wishesTx(tx, n.UserID)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT o.target, COALESCE(s.gateway, FALSE) FROM push_outbox o JOIN push_notices n ON n.user_id = o.user_id
		LEFT JOIN push_subscriptions s ON s.subscription_id = o.target LEFT JOIN push_people w ON w.user_id = o.user_id AND o.target = ''
		WHERE o.user_id = $1 AND o.topic = $2 AND n.key = $3 AND -n.done_at > COALESCE(s.sent_at, w.mailed_at, 0)`,
		n.UserID, itemsTopic, n.Key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var target string
		var d device
		if err := rows.Scan(&target, &d.gateway); err != nil {
			return nil, fmt.Errorf("read what waits: %w", err)
		}
		kinds := d.kinds(&w)
		if target == "" {
			kinds = w.mail
		}
		if !n.Urgent && slices.Contains(kinds, n.Kind) {
			targets = append(targets, target)
		}
	}
	return targets, rows.Err()
}

// withdrawnTx tells whether what a line says was withdrawn since it was claimed.
func withdrawnTx(tx *store.Tx, l line) (withdrawn bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM push_notices WHERE user_id = $1 AND key = $2 AND done_at < 0)`, l.UserID, l.Topic).Scan(&withdrawn)
	return withdrawn, err
}
