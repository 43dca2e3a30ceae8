package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// NoticeKind is what a person must be told.
type NoticeKind string

// The kinds of notice.
const (
	NoticeNewDevice     NoticeKind = "new_device"     // somebody signed in as you: device, name, country
	NoticeRecovery      NoticeKind = "recovery"       // others are letting somebody in as you: by, opens_at
	NoticeRecoveryAsked NoticeKind = "recovery_asked" // a second one is needed to let someone in: user, by
	NoticeRecovered     NoticeKind = "recovered"      // someone whom you let in is in: user
	NoticePasskeyCloned NoticeKind = "passkey_cloned" // a passkey of yours is refused: name
	NoticeWrongCodes    NoticeKind = "wrong_codes"    // somebody knows your passphrase and tries codes: count, country
)

// Notice waits on all of a person's devices until it is answered.
type Notice struct {
	ID     string
	UserID string
	Kind   NoticeKind
	About  string // id of the device or recovery
	Detail map[string]string
	At     time.Time
}

const (
	// noticesKept bounds those of one person; the oldest make room. A recovery of theirs, of which there is one at a time, never does:
	// nobody may push it out by signing in often.
	noticesKept = 20
	// settledAfter is how long a device must have been there before its holder's word about another one counts as if it were the older one.
	settledAfter = 24 * time.Hour
)

// OnNotice has fn write down what a person must be told, in the transaction in which it came to be. The node sets it once.
func (p *People) OnNotice(fn func(tx *store.Tx, userID string, open []Notice) error) {
	p.known.mu.Lock()
	defer p.known.mu.Unlock()
	p.tell = fn
}

// tellTx adds a notice. One of the same kind about the same thing takes the place of the one before.
func (p *People) tellTx(tx *store.Tx, n Notice) error {
	if err := p.keepNoticeTx(tx, n); err != nil {
		return err
	}
	return p.showNoticesTx(tx, n.UserID)
}

func (p *People) keepNoticeTx(tx *store.Tx, n Notice) error {
	id, err := randomID(9)
	if err != nil {
		return err
	}
	detail, err := json.Marshal(n.Detail)
	if err != nil {
		return fmt.Errorf("write a notice: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM notices WHERE user_id = $1 AND kind = $2 AND about = $3`, n.UserID, string(n.Kind), n.About); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO notices (notice_id, user_id, kind, about, detail, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, n.UserID, string(n.Kind), n.About, string(detail), tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM notices WHERE user_id = $1 AND kind <> $3 AND notice_id NOT IN
		(SELECT notice_id FROM notices WHERE user_id = $1 ORDER BY at DESC, notice_id LIMIT $2)`, n.UserID, noticesKept, string(NoticeRecovery))
	return err
}

// showNoticesTx hands what is open to whoever shows it on the person's devices.
func (p *People) showNoticesTx(tx *store.Tx, userID string) error {
	p.known.mu.Lock()
	tell := p.tell
	p.known.mu.Unlock()
	if tell == nil {
		return nil
	}
	open, err := noticesTx(tx, userID)
	if err != nil {
		return err
	}
	return tell(tx, userID, open)
}

func noticesTx(tx *store.Tx, userID string) ([]Notice, error) {
	rows, err := tx.Query(`SELECT notice_id, kind, about, detail, at FROM notices WHERE user_id = $1 ORDER BY at DESC, notice_id`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Notice
	for rows.Next() {
		n := Notice{UserID: userID}
		var detail string
		var at int64
		if err := rows.Scan(&n.ID, &n.Kind, &n.About, &detail, &at); err != nil {
			return nil, fmt.Errorf("read notices: %w", err)
		}
		if err := json.Unmarshal([]byte(detail), &n.Detail); err != nil {
			return nil, fmt.Errorf("read a notice: %w", err)
		}
		n.At = time.UnixMilli(at)
		if n.shown() {
			all = append(all, n)
		}
	}
	return all, rows.Err()
}

// settleAboutTx takes a person's notice about something away.
func (p *People) settleAboutTx(tx *store.Tx, userID string, kind NoticeKind, about string) error {
	n, err := tx.Exec(`DELETE FROM notices WHERE user_id = $1 AND kind = $2 AND about = $3`, userID, string(kind), about)
	if err != nil || n == 0 {
		return err
	}
	return p.showNoticesTx(tx, userID)
}

// settleForAllTx takes a notice about something away from everybody who has it.
func (p *People) settleForAllTx(tx *store.Tx, kind NoticeKind, about string) error {
	rows, err := tx.Query(`SELECT user_id FROM notices WHERE kind = $1 AND about = $2`, string(kind), about)
	if err != nil {
		return err
	}
	defer rows.Close()
	var users []string
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return fmt.Errorf("read notices: %w", err)
		}
		users = append(users, user)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, user := range users {
		if err := p.settleAboutTx(tx, user, kind, about); err != nil {
			return err
		}
	}
	return nil
}

// tellOfDeviceTx tells a person's other devices, if there are any, that a new one came in.
func (p *People) tellOfDeviceTx(tx *store.Tx, userID, device, name, country string) error {
	var others int
	err := tx.QueryRow(`SELECT count(*) FROM devices WHERE user_id = $1 AND device_id <> $2`, userID, device).Scan(&others)
	if err != nil || others == 0 {
		return err
	}
	detail := map[string]string{"device": device, "name": name, "country": country}
	return p.tellTx(tx, Notice{UserID: userID, Kind: NoticeNewDevice, About: device, Detail: detail})
}

// Answer settles a notice. For a new device, not mine ends it at once. Whoever came in last must not be able to wave themselves through, not
// even by coming in twice: "it was me" counts from a device that was there before and is not itself asked about, or from one that has been
// there for settledAfter and whose holder has just shown who they are.
func (p *People) Answer(ctx context.Context, caller Caller, id string, mine bool) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n := Notice{UserID: caller.UserID}
		err := tx.QueryRow(`SELECT kind, about FROM notices WHERE user_id = $1 AND notice_id = $2`, caller.UserID, id).Scan(&n.Kind, &n.About)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // answered on another device meanwhile
		}
		if err != nil {
			return fmt.Errorf("read a notice: %w", err)
		}
		if n.Kind == NoticeRecovery {
			return fault.Forbidden("error.recovery_open") // it is settled by its end, or by being cancelled
		}
		if n.Kind == NoticeNewDevice {
			return p.answerDeviceTx(tx, caller, n.About, mine)
		}
		return p.settleAboutTx(tx, caller.UserID, n.Kind, n.About)
	})
}

func (p *People) answerDeviceTx(tx *store.Tx, caller Caller, device string, mine bool) error {
	w, err := witnessTx(tx, caller, device)
	if err != nil {
		return err
	}
	if !w.earlier || w.asked {
		if err := p.freshTx(tx, caller); err != nil {
			return err
		}
		if mine && (device == caller.DeviceID || tx.Now.Sub(w.since) < settledAfter) {
			return fault.Forbidden("error.answer_elsewhere")
		}
	}
	if !mine {
		return p.endTx(tx, caller.UserID, device)
	}
	return p.settleAboutTx(tx, caller.UserID, NoticeNewDevice, device)
}

// witness is the device from which a notice about another one is answered.
type witness struct {
	since   time.Time // when it came in
	earlier bool      // before the other one
	asked   bool      // it is itself asked about
}

func witnessTx(tx *store.Tx, caller Caller, device string) (w witness, err error) {
	var since int64
	err = tx.QueryRow(`SELECT a.created_at,
		EXISTS (SELECT 1 FROM devices b WHERE b.user_id = $1 AND b.device_id = $3 AND a.created_at < b.created_at),
		EXISTS (SELECT 1 FROM notices n WHERE n.user_id = $1 AND n.kind = $4 AND n.about = $2)
		FROM devices a WHERE a.user_id = $1 AND a.device_id = $2`, caller.UserID, caller.DeviceID, device, string(NoticeNewDevice)).
		Scan(&since, &w.earlier, &w.asked)
	if errors.Is(err, sql.ErrNoRows) {
		return w, fault.UnknownToken()
	}
	if err != nil {
		return w, fmt.Errorf("compare devices: %w", err)
	}
	w.since = time.UnixMilli(since)
	return w, nil
}
