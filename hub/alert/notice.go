package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/feed"
	"panah/hub/notice"
	"panah/hub/store"
)

// NoticeKind is why somebody is told.
type NoticeKind string

// The kinds of notice. Those from NoticeDuty on ask somebody by name and stay with them until they are settled.
const (
	NoticeNew         NoticeKind = "alert"       // a new alert that one should have
	NoticeUpdate      NoticeKind = "update"      // it changed
	NoticeCancel      NoticeKind = "cancel"      // it was cancelled
	NoticeDuty        NoticeKind = "duty"        // one is asked first
	NoticeNext        NoticeKind = "next"        // whoever was asked first did not answer
	NoticeAdmin       NoticeKind = "admin"       // nobody on duty answered
	NoticeCoordinator NoticeKind = "coordinator" // an organisation of one's country does not answer: about is its id
	NoticeSteward     NoticeKind = "steward"     // nor did its country's coordinators
	NoticeApprove     NoticeKind = "approve"     // a draft waits for one: about is its id
	NoticeApproved    NoticeKind = "approved"    // one's draft was sent
	NoticeRefused     NoticeKind = "refused"     // one's draft came back
)

// Asks tells whether a notice of this kind stays with its person until it is settled.
func (k NoticeKind) Asks() bool { return k != NoticeNew && k != NoticeUpdate && k != NoticeCancel }

// Notice is what one person is told. It says nothing of what the alert is about.
type Notice struct {
	ID       string
	UserID   string
	AlertID  string // "" for a draft
	Kind     NoticeKind
	About    string // id of a draft or of an organisation, or ""
	At       int64  // Unix milliseconds
	Position store.Position
	Settled  bool
}

// Key is what the notice is known by where people are told outside the app. What is told again has another one.
func (n *Notice) Key() string {
	return fmt.Sprintf("%s %s %s %d", n.Kind, n.AlertID, n.About, n.Position)
}

// Shower shows people what is open for them on all their devices. *feed.Feed is one.
type Shower interface {
	SetAccountDataTx(tx *store.Tx, userID, roomID, kind string, content json.RawMessage) error
}

// Show has the hub's own devices shown what is open. The node sets it once, before anybody acts.
func (a *Alerts) Show(s Shower) { a.shower = s }

// notify tells people, once each for a kind and what it is about. Whoever follows the log (push) finds the notices by their position.
func (a *Alerts) notify(tx *store.Tx, users []string, alertID string, kind NoticeKind, about string) error {
	if len(users) == 0 {
		return nil
	}
	position, err := a.rooms.NextTx(tx)
	if err != nil {
		return err
	}
	for _, user := range users {
		// The same again (a second update, a draft that came back) is told again.
		_, err := tx.Exec(`INSERT INTO alert_notices (notice_id, user_id, alert_id, kind, about, at, position) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (user_id, alert_id, kind, about) DO UPDATE SET at = excluded.at, position = excluded.position, settled_at = 0`,
			newID(), user, alertID, string(kind), about, tx.Now.UnixMilli(), position)
		if err != nil {
			return err
		}
		if kind.Asks() {
			if err := a.show(tx, user); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleWhere settles notices, takes them off the devices of those who have them, and tells nobody of them any more.
func (a *Alerts) settleWhere(tx *store.Tx, where string, args ...any) error {
	open, err := store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE settled_at = 0 AND `+where+` ORDER BY user_id, notice_id`, args...)
	if err != nil || len(open) == 0 {
		return err
	}
	n := len(args)
	_, err = tx.Exec(fmt.Sprintf(`UPDATE alert_notices SET settled_at = $%d WHERE settled_at = 0 AND %s`, n+1, where), append(args, tx.Now.UnixMilli())...)
	if err != nil {
		return err
	}
	var users []string
	for i := range open {
		users = append(users, open[i].UserID)
		if err := notice.DropTx(tx, open[i].Key(), open[i].UserID); err != nil {
			return err
		}
	}
	for _, user := range unique(users) {
		if err := a.show(tx, user); err != nil {
			return err
		}
	}
	return nil
}

// hushTx has people be told no more outside the app of an alert, as far as they were not yet: what it said and what was asked of them. A cancel is
// still told.
func hushTx(tx *store.Tx, alertID string, users ...string) error {
	versions, err := store.Column(tx, `SELECT event_id FROM alert_versions WHERE alert_id = $1 AND block NOT LIKE '%"msg_type":"Cancel"%' ORDER BY position`, alertID)
	if err != nil {
		return err
	}
	for _, id := range versions {
		if err := notice.DropTx(tx, id, users...); err != nil {
			return err
		}
	}
	for _, user := range users {
		asked, err := store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE alert_id = $1 AND user_id = $2`, alertID, user)
		if err != nil {
			return err
		}
		for i := range asked {
			if !asked[i].Kind.Asks() {
				continue
			}
			if err := notice.DropTx(tx, asked[i].Key(), user); err != nil {
				return err
			}
		}
	}
	return nil
}

// hushAllTx is the same for all who have the alert.
func hushAllTx(tx *store.Tx, alertID string) error {
	users, err := store.Column(tx, `SELECT user_id FROM alert_recipients WHERE alert_id = $1 ORDER BY user_id`, alertID)
	if err != nil {
		return err
	}
	return hushTx(tx, alertID, users...)
}

const noticeColumns = `notice_id, user_id, alert_id, kind, about, at, position, settled_at > 0`

func scanNotice(row store.Scanner) (n Notice, err error) {
	return n, row.Scan(&n.ID, &n.UserID, &n.AlertID, &n.Kind, &n.About, &n.At, &n.Position, &n.Settled)
}

// show writes what is open for somebody into their account data.
func (a *Alerts) show(tx *store.Tx, user string) error {
	if a.shower == nil {
		return nil
	}
	open, err := store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE user_id = $1 AND settled_at = 0
		AND kind NOT IN ('alert', 'update', 'cancel') ORDER BY at DESC, notice_id LIMIT 100`, user)
	if err != nil {
		return err
	}
	type shown struct {
		ID      string     `json:"id"`
		AlertID string     `json:"alert_id,omitempty"`
		Kind    NoticeKind `json:"kind"`
		About   string     `json:"about,omitempty"`
		At      int64      `json:"at"`
	}
	list := []shown{}
	for _, n := range open {
		list = append(list, shown{n.ID, n.AlertID, n.Kind, n.About, n.At})
	}
	content, err := json.Marshal(map[string]any{"notices": list})
	if err != nil {
		return fmt.Errorf("write notices: %w", err)
	}
	return a.shower.SetAccountDataTx(tx, user, "", feed.TypeAlertNotices, content)
}

// NoticesAfter are the notices that came up after a position and up to another, in order, for whoever carries them further (push, mail).
func NoticesAfter(tx *store.Tx, after, upTo store.Position, limit int) ([]Notice, error) {
	return store.All(tx, scanNotice, `SELECT `+noticeColumns+` FROM alert_notices WHERE position > $1 AND position <= $2
		ORDER BY position, user_id, notice_id LIMIT $3`, after, upTo, limit)
}

// ImmediateTx tells whether what a notice is about asks for an answer at once: the alert, or the draft that may become one. A test of the sending
// does not, nor does what nobody keeps any more.
func (n *Notice) ImmediateTx(tx *store.Tx) (immediate bool, err error) {
	if n.AlertID == "" {
		d, err := scanDraft(tx.QueryRow(`SELECT `+draftColumns+` FROM alert_drafts d WHERE d.draft_id = $1`, n.About))
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the draft of a notice: %w", err)
		}
		return d.Wish.Urgency == "Immediate" && d.Wish.Status != Test, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alerts WHERE alert_id = $1 AND urgency = 'Immediate' AND status <> 'Test')`, n.AlertID).Scan(&immediate)
	return immediate, err
}

// EarlierTx tells whether the notice is of a new alert that no follower of the log meets: it came with what was said before this hub was in its channel.
func (n *Notice) EarlierTx(tx *store.Tx) (earlier bool, err error) {
	if n.Kind != NoticeNew {
		return false, nil
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alerts WHERE alert_id = $1 AND position <= 0)`, n.AlertID).Scan(&earlier)
	return earlier, err
}

// askedTx tells whether somebody was asked by name, and it is still open.
func askedTx(tx *store.Tx, alertID, userID string) (asked bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alert_notices WHERE user_id = $1 AND alert_id = $2 AND settled_at = 0
		AND kind IN ('duty', 'next', 'admin', 'coordinator', 'steward'))`, userID, alertID).Scan(&asked)
	return asked, err
}

// SettleNotice takes away what the caller was told and has no more to do about: how a draft of theirs was decided.
func (a *Alerts) SettleNotice(ctx context.Context, userID, id string) error {
	return a.db.Write(ctx, func(tx *store.Tx) error {
		return a.settleWhere(tx, `user_id = $1 AND notice_id = $2 AND kind IN ('approved', 'refused')`, userID, id)
	})
}
