package device

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"panah/hub/fault"
	"panah/hub/store"
)

// Session is the key of a conversation in a backup (Matrix C-S API, KeyBackupData).
type Session struct {
	FirstIndex int64           `json:"first_message_index"`
	Forwarded  int64           `json:"forwarded_count"`
	Verified   bool            `json:"is_verified"`
	Data       json.RawMessage `json:"session_data"`
}

// Room is the keys of one channel's conversations, by the id of the conversation.
type Room struct {
	Sessions map[string]Session `json:"sessions"`
}

// Rooms are keys, by channel.
type Rooms map[string]Room

// Kept is how a backup stands after a change.
type Kept struct {
	Count int64  `json:"count"`
	ETag  string `json:"etag"`
}

// better reports whether a key takes the place of the one that is kept: one that was verified that of one that was not, then the one that opens
// more, then the one that went through fewer hands (Matrix C-S API, PUT /room_keys/keys).
func (s Session) better(old Session) bool {
	switch {
	case s.Verified != old.Verified:
		return s.Verified
	case s.FirstIndex != old.FirstIndex:
		return s.FirstIndex < old.FirstIndex
	}
	return s.Forwarded < old.Forwarded
}

// check bounds what was sent, and takes white space out of it.
func (r Rooms) check() error {
	for room, keys := range r {
		if err := named(room, "rooms"); err != nil {
			return err
		}
		for id, s := range keys.Sessions {
			if err := named(id, "sessions"); err != nil {
				return err
			}
			if s.FirstIndex < 0 || s.Forwarded < 0 || s.FirstIndex > math.MaxInt32*2 || s.Forwarded > math.MaxInt32*2 {
				return invalid("first_message_index")
			}
			var compact bytes.Buffer
			if len(s.Data) > sessionSize || json.Compact(&compact, s.Data) != nil || compact.Len() == 0 || compact.Bytes()[0] != '{' {
				return invalid("session_data")
			}
			s.Data = compact.Bytes()
			keys.Sessions[id] = s
		}
	}
	return nil
}

// PutSessions puts keys into the newest backup, and leaves those that are better than what is sent.
func (d *Devices) PutSessions(ctx context.Context, userID, version string, rooms Rooms) (kept Kept, err error) {
	if err := rooms.check(); err != nil {
		return kept, err
	}
	if version == "" {
		return kept, fault.MissingParam("version")
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		newest, current, err := backupTx(tx, userID, "")
		if err != nil {
			return err
		}
		if newest.Version != version {
			return wrongVersion(current)
		}
		added, changed, err := putSessionsTx(tx, userID, current, rooms)
		if err != nil {
			return err
		}
		if newest.Count+added > sessionsMost {
			return fault.InvalidParam("error.too_many_keys", "Limit", sessionsMost)
		}
		kept, err = countedTx(tx, userID, current, added, changed)
		return err
	})
	return kept, err
}

func putSessionsTx(tx *store.Tx, userID string, version int64, rooms Rooms) (added int64, changed bool, err error) {
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		for ids := range slices.Chunk(slices.Sorted(maps.Keys(rooms[room].Sessions)), queriedMost) {
			had, err := heldTx(tx, userID, version, room, ids)
			if err != nil {
				return 0, false, err
			}
			for _, id := range ids {
				s := rooms[room].Sessions[id]
				old, there := had[id]
				if there && !s.better(old) {
					continue
				}
				if !there {
					added++
				}
				changed = true
				if err := putSessionTx(tx, userID, version, room, id, s); err != nil {
					return 0, false, err
				}
			}
		}
	}
	return added, changed, nil
}

// heldTx is how those keys of a channel stand that are in the backup, without the keys themselves.
func heldTx(tx *store.Tx, userID string, version int64, room string, ids []string) (map[string]Session, error) {
	places, args := of(4, ids, userID, version, room)
	rows, err := tx.Query(`SELECT session_id, first_index, forwarded_count, verified FROM key_backup_sessions
		WHERE user_id = $1 AND version = $2 AND room_id = $3 AND session_id IN (`+places+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	had := map[string]Session{}
	for rows.Next() {
		var id string
		var s Session
		if err := rows.Scan(&id, &s.FirstIndex, &s.Forwarded, &s.Verified); err != nil {
			return nil, fmt.Errorf("read the keys of a backup: %w", err)
		}
		had[id] = s
	}
	return had, rows.Err()
}

func putSessionTx(tx *store.Tx, userID string, version int64, room, id string, s Session) error {
	return tx.Put(`INSERT INTO key_backup_sessions (user_id, version, room_id, session_id, first_index, forwarded_count, verified, session_data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE SET first_index = excluded.first_index,
		forwarded_count = excluded.forwarded_count, verified = excluded.verified, session_data = excluded.session_data`,
		userID, version, room, id, s.FirstIndex, s.Forwarded, s.Verified, string(s.Data))
}

// countedTx notes how many keys came or went, and gives how the backup stands then.
func countedTx(tx *store.Tx, userID string, version, added int64, changed bool) (kept Kept, err error) {
	more := 0
	if changed {
		more = 1
	}
	var etag int64
	err = tx.QueryRow(`UPDATE key_backups SET count = count + $3, etag = etag + $4 WHERE user_id = $1 AND version = $2 RETURNING count, etag`,
		userID, version, added, more).Scan(&kept.Count, &etag)
	if err != nil {
		return kept, fmt.Errorf("count a backup: %w", err)
	}
	kept.ETag = fmt.Sprint(etag)
	return kept, nil
}

// Sessions gives the keys of a backup: all, those of a channel, or one. A session is given with its room; what is empty stands for
// all. There is a fault of status 404 when there is no such backup, or not the one key that was asked for.
func (d *Devices) Sessions(ctx context.Context, userID, version, room, session string) (rooms Rooms, err error) {
	err = d.db.Read(ctx, func(tx *store.Tx) error {
		_, number, err := backupTx(tx, userID, version)
		if err != nil {
			return err
		}
		rooms, err = sessionsTx(tx, userID, number, room, session)
		return err
	})
	if err == nil && session != "" && len(rooms) == 0 {
		err = fault.NotFound("error.no_such_key")
	}
	return rooms, err
}

func sessionsTx(tx *store.Tx, userID string, version int64, room, session string) (Rooms, error) {
	where, args := within(userID, version, room, session)
	rows, err := tx.Query(`SELECT room_id, session_id, first_index, forwarded_count, verified, session_data FROM key_backup_sessions`+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := Rooms{}
	for rows.Next() {
		var in, id, data string
		var s Session
		if err := rows.Scan(&in, &id, &s.FirstIndex, &s.Forwarded, &s.Verified, &data); err != nil {
			return nil, fmt.Errorf("read the keys of a backup: %w", err)
		}
		s.Data = json.RawMessage(data)
		if all[in].Sessions == nil {
			all[in] = Room{Sessions: map[string]Session{}}
		}
		all[in].Sessions[id] = s
	}
	return all, rows.Err()
}

// within selects keys of a backup.
func within(userID string, version int64, room, session string) (where string, args []any) {
	where, args = ` WHERE user_id = $1 AND version = $2`, []any{userID, version}
	if room != "" {
		where, args = where+` AND room_id = $3`, append(args, room)
	}
	if session != "" {
		where, args = where+` AND session_id = $4`, append(args, session)
	}
	return where, args
}

// DeleteSessions deletes the keys of a backup: all, those of a channel, or one. A session is given with its room; what is empty stands for all.
func (d *Devices) DeleteSessions(ctx context.Context, userID, version, room, session string) (kept Kept, err error) {
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		_, number, err := backupTx(tx, userID, version)
		if err != nil {
			return err
		}
		where, args := within(userID, number, room, session)
		gone, err := tx.Exec(`DELETE FROM key_backup_sessions`+where, args...)
		if err != nil {
			return err
		}
		kept, err = countedTx(tx, userID, number, -gone, gone > 0)
		return err
	})
	return kept, err
}
