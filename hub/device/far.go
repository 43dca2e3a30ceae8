package device

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"panah/hub/store"
)

const (
	// listKept is how long a list of devices is believed. A person's server tells of each change, but an update may be lost with that server's queue.
	listKept = 24 * time.Hour
	// farMost is how many devices are kept of one person. Those of whoever has more are asked for each time.
	farMost = 200
)

// farList is how the kept list of somebody's devices stands.
type farList struct {
	there, whole bool
	stream       int64 // of the last update that is in it
}

func farListTx(tx *store.Tx, userID string) (l farList, err error) {
	err = tx.QueryRow(`SELECT stream, whole_at > 0 FROM far_lists WHERE user_id = $1`, userID).Scan(&l.stream, &l.whole)
	if errors.Is(err, sql.ErrNoRows) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("read a list of devices: %w", err)
	}
	l.there = true
	return l, nil
}

// breakTx has all of a list be asked for at once: something is missing in it. People here are told again when it is whole.
func (d *Devices) breakTx(tx *store.Tx, userID string) error {
	tx.OnCommit(d.wake)
	_, err := tx.Exec(`UPDATE far_lists SET whole_at = 0, due_at = $2, wished = wished + 1, failed = 0, owed = TRUE WHERE user_id = $1`, userID, tx.Now.UnixMilli())
	return err
}

// wish has lists be asked for in the background, of people who share a channel with somebody here: those of others nobody would keep up to date.
func (d *Devices) wish(ctx context.Context, users []string) error {
	if len(users) == 0 {
		return nil
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		for _, user := range users {
			near, err := d.nearTx(tx, user)
			if err != nil {
				return err
			}
			if !near {
				continue
			}
			tx.OnCommit(d.wake)
			_, err = tx.Exec(`INSERT INTO far_lists (user_id, server, due_at, wished) VALUES ($1, $2, $3, 1)
				ON CONFLICT (user_id) DO UPDATE SET due_at = CASE WHEN far_lists.due_at = 0 THEN excluded.due_at ELSE far_lists.due_at END`,
				user, serverOf(user), tx.Now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// knownTx tells whether an update says of a device what is kept of it.
func (d *Devices) knownTx(tx *store.Tx, in listUpdate) bool {
	var kept string
	err := tx.QueryRow(`SELECT keys FROM far_devices WHERE user_id = $1 AND device_id = $2`, in.UserID, in.DeviceID).Scan(&kept)
	if in.gone() {
		return errors.Is(err, sql.ErrNoRows)
	}
	said, wrong := farKeys(in.Keys, in.UserID, in.DeviceID)
	return err == nil && wrong == nil && bytes.Equal(said, []byte(kept))
}

// gone tells whether a device that an update is about has no keys any more, or none yet.
func (in listUpdate) gone() bool { return in.Deleted || len(in.Keys) == 0 || string(in.Keys) == "null" }

// farKeys are a device's keys as they are kept: they hold, and nothing unsigned is in them.
func farKeys(raw json.RawMessage, userID, device string) (json.RawMessage, error) {
	s, _, err := readDeviceKeys(raw, userID, device)
	if err != nil {
		return nil, err
	}
	return s.with(s.signatures, nil)
}

// keepDeviceTx brings one device of a list that is whole up to date. It is not kept when its keys do not hold, or there are too many.
func keepDeviceTx(tx *store.Tx, in listUpdate) (kept bool, err error) {
	if in.gone() {
		_, err = tx.Exec(`DELETE FROM far_devices WHERE user_id = $1 AND device_id = $2`, in.UserID, in.DeviceID)
	} else {
		keys, wrong := farKeys(in.Keys, in.UserID, in.DeviceID)
		var others int
		if err := tx.QueryRow(`SELECT COUNT(*) FROM far_devices WHERE user_id = $1 AND device_id <> $2`, in.UserID, in.DeviceID).Scan(&others); err != nil {
			return false, fmt.Errorf("count somebody's devices: %w", err)
		}
		if wrong != nil || others >= farMost {
			return false, nil
		}
		err = putFarTx(tx, in.UserID, in.DeviceID, keys)
	}
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(`UPDATE far_lists SET stream = $2 WHERE user_id = $1`, in.UserID, in.Stream)
	return true, err
}

func putFarTx(tx *store.Tx, userID, device string, keys json.RawMessage) error {
	_, err := tx.Exec(`INSERT INTO far_devices (user_id, device_id, keys) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, device_id) DO UPDATE SET keys = excluded.keys`, userID, device, string(keys))
	return err
}

// kept gives what is kept of people of other homeservers, and leaves in far those who are to be asked for. A list counts when it is whole and not
// old, and somebody here has shared a channel with the person ever since: as long as that holds, their server tells of every change.
func (d *Devices) kept(tx *store.Tx, far map[string]map[string][]string) (all told, err error) {
	all = told{asked: map[string][]string{}, Devices: map[string]map[string]json.RawMessage{}, Master: map[string]json.RawMessage{}, Self: map[string]json.RawMessage{}}
	for server, asked := range far {
		users := make([]string, 0, len(asked))
		for user := range asked {
			users = append(users, user)
		}
		slices.Sort(users)
		for part := range slices.Chunk(users, queriedMost) {
			if err := d.keptPart(tx, part, asked, &all); err != nil {
				return all, err
			}
		}
		for user := range all.asked {
			delete(asked, user)
		}
		if len(asked) == 0 {
			delete(far, server)
		}
	}
	return all, nil
}

func (d *Devices) keptPart(tx *store.Tx, users []string, asked map[string][]string, all *told) error {
	places, args := of(3, users, tx.Now.Add(-listKept).UnixMilli(), d.ofHere())
	whole, err := store.Column(tx, `SELECT l.user_id FROM far_lists l WHERE l.whole_at > $1 AND EXISTS (SELECT 1 FROM memberships theirs
		JOIN memberships ours ON ours.room_id = theirs.room_id WHERE theirs.user_id = l.user_id AND theirs.membership = 'join' AND theirs.position <= l.position
		AND ours.membership = 'join' AND ours.position <= l.position AND ours.user_id LIKE $2 ESCAPE '\') AND l.user_id IN (`+places+`)`, args...)
	if err != nil || len(whole) == 0 {
		return err
	}
	for _, user := range whole {
		all.asked[user], all.Devices[user] = asked[user], map[string]json.RawMessage{}
	}
	places, args = of(1, whole)
	type row struct{ user, name, keys string }
	read := func(from store.Scanner) (r row, err error) { return r, from.Scan(&r.user, &r.name, &r.keys) }
	devices, err := store.All(tx, read, `SELECT user_id, device_id, keys FROM far_devices WHERE user_id IN (`+places+`)`, args...)
	if err != nil {
		return err
	}
	for _, r := range devices {
		all.Devices[r.user][r.name] = json.RawMessage(r.keys)
	}
	keys, err := store.All(tx, read, `SELECT user_id, usage, keys FROM far_cross_keys WHERE user_id IN (`+places+`)`, args...)
	for _, r := range keys {
		if r.name == usageMaster {
			all.Master[r.user] = json.RawMessage(r.keys)
		} else {
			all.Self[r.user] = json.RawMessage(r.keys)
		}
	}
	return err
}

// RestoredTx settles a database into which a backup was put. One-time keys of then may have been given away since, so devices are to upload new ones;
// and what other homeservers told since of their people's devices is asked for again. Tables that the backup's hub did not have yet are left out.
func RestoredTx(tx *store.Tx) error {
	tables, err := tx.Tables()
	if err != nil {
		return err
	}
	for _, t := range tables {
		if slices.Contains([]string{"device_one_time_keys", "far_lists", "far_devices", "far_cross_keys"}, t.Name) {
			if err := tx.Clear(t); err != nil {
				return err
			}
		}
	}
	return nil
}
