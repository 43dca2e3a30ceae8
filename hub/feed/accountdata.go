package feed

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/store"
)

// Bounds of account data.
const (
	accountDataSize  = 64 << 10 // bytes of one content
	accountDataTypes = 200      // types a person may keep, for the account and for each room
	typeLimit        = 255      // bytes of an event type
	tagLimit         = 100      // tags of a room
)

// Types of account data that the hub itself gives a meaning.
const (
	typePushRules = "m.push_rules"
	typeFullyRead = "m.fully_read"
	typeTag       = "m.tag"
	// TypeNotices is where the hub tells a person of sign-ins and recoveries. Nobody else may write there: a stranger who got in would
	// take the notice of it away.
	TypeNotices = "network.panah.notices"
	// TypeAlertNotices is where the hub tells a person which alerts wait for them by name.
	TypeAlertNotices = "network.panah.alerts"
	// TypePlaceNotices is where the hub tells a person which requests for places, and which shelters, wait for them.
	TypePlaceNotices = "network.panah.places"
)

// AccountData gives what the person keeps under a type, for a room or, with an empty room id, for the whole account.
// There is a fault of status 404 when there is nothing.
func (f *Feed) AccountData(ctx context.Context, userID, roomID, kind string) (json.RawMessage, error) {
	var content json.RawMessage
	err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
		content, err = accountDataTx(tx, userID, roomID, kind)
		return err
	})
	return content, err
}

func accountDataTx(tx *store.Tx, userID, roomID, kind string) (json.RawMessage, error) {
	var content string
	row := tx.QueryRow(`SELECT content FROM account_data WHERE user_id = $1 AND room_id = $2 AND type = $3`, userID, roomID, kind)
	err := row.Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		if roomID == "" && kind == typePushRules {
			return DefaultPushRules(userID), nil
		}
		return nil, fault.NotFound("error.account_data_absent")
	}
	if err != nil {
		return nil, fmt.Errorf("read account data: %w", err)
	}
	return json.RawMessage(content), nil
}

// hubsOwn are the types that the hub alone writes.
var hubsOwn = []string{typeFullyRead, typePushRules, TypeNotices, TypeAlertNotices, TypePlaceNotices, TypeEmptied}

// SetAccountData keeps a JSON object of at most 64 KiB for the person's devices. What the hub writes itself, m.fully_read and
// m.push_rules, is refused with M_BAD_JSON and status 405, as the Matrix specification says. A room id must be one that the
// person is or was in.
func (f *Feed) SetAccountData(ctx context.Context, userID, roomID, kind string, content json.RawMessage) error {
	if slices.Contains(hubsOwn, kind) {
		return fault.New(http.StatusMethodNotAllowed, "M_BAD_JSON", "error.account_data_reserved")
	}
	compact, err := object(content, accountDataSize)
	if err != nil {
		return err
	}
	if err := goodName(kind, typeLimit); err != nil {
		return err
	}
	return f.db.Write(ctx, func(tx *store.Tx) error {
		if err := f.knowsRoom(tx, userID, roomID); err != nil {
			return err
		}
		return f.setAccountDataTx(tx, userID, roomID, kind, compact)
	})
}

// SetAccountDataTx does the same inside a transaction of the caller's, for the hub's own purposes: it checks no bounds.
func (f *Feed) SetAccountDataTx(tx *store.Tx, userID, roomID, kind string, content json.RawMessage) error {
	return f.setAccountDataTx(tx, userID, roomID, kind, content)
}

func (f *Feed) setAccountDataTx(tx *store.Tx, userID, roomID, kind string, content json.RawMessage) error {
	same, err := sameAccountData(tx, userID, roomID, kind, content)
	if err != nil || same {
		return err
	}
	position, err := f.position(tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO account_data (user_id, room_id, type, content, position) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, room_id, type) DO UPDATE SET content = excluded.content, position = excluded.position`,
		userID, roomID, kind, string(content), position)
	return err
}

// sameAccountData reports that nothing would change, and refuses more types than a person may keep.
func sameAccountData(tx *store.Tx, userID, roomID, kind string, content json.RawMessage) (bool, error) {
	var old string
	err := tx.QueryRow(`SELECT content FROM account_data WHERE user_id = $1 AND room_id = $2 AND type = $3`, userID, roomID, kind).Scan(&old)
	if err == nil {
		return old == string(content), nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read account data: %w", err)
	}
	var kept int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM account_data WHERE user_id = $1 AND room_id = $2`, userID, roomID).Scan(&kept); err != nil {
		return false, fmt.Errorf("count account data: %w", err)
	}
	if kept >= accountDataTypes {
		return false, fault.InvalidParam("error.account_data_full", "Limit", accountDataTypes)
	}
	return false, nil
}

// object checks that raw is a JSON object within its limit and gives it without white space.
func object(raw json.RawMessage, limit int) (json.RawMessage, error) {
	if len(raw) > limit {
		return nil, fault.TooLarge(limit)
	}
	var out bytes.Buffer
	if !utf8.Valid(raw) || json.Compact(&out, raw) != nil {
		return nil, fault.NotJSON()
	}
	if out.Bytes()[0] != '{' {
		return nil, fault.BadJSON()
	}
	return out.Bytes(), nil
}

// goodName refuses what a TEXT column or another client could not take as a name.
func goodName(name string, limit int) error {
	if name == "" || len(name) > limit || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return fault.InvalidParam("error.bad_name", "Limit", limit)
	}
	return nil
}

// kept is one row of account data.
type kept struct {
	room, kind string
	content    json.RawMessage
	position   store.Position
}

func (k kept) event() json.RawMessage {
	return encode(map[string]any{"type": k.kind, "content": k.content})
}

// accountDataAfter gives all of a person's account data that was set after a position.
func accountDataAfter(tx *store.Tx, userID string, after store.Position) ([]kept, error) {
	rows, err := tx.Query(`SELECT room_id, type, content, position FROM account_data
		WHERE user_id = $1 AND position > $2 ORDER BY room_id, type`, userID, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []kept
	for rows.Next() {
		var k kept
		var content string
		if err := rows.Scan(&k.room, &k.kind, &content, &k.position); err != nil {
			return nil, fmt.Errorf("read account data: %w", err)
		}
		k.content = json.RawMessage(content)
		all = append(all, k)
	}
	return all, rows.Err()
}
