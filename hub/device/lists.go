package device

import (
	"fmt"

	"panah/hub/store"
)

// changedTx notes that some of a person's devices changed, for everybody who shares a channel with them, here and elsewhere.
func (d *Devices) changedTx(tx *store.Tx, userID string, devices ...string) error {
	if err := d.noteTx(tx, "", userID); err != nil {
		return err
	}
	return d.postDevicesTx(tx, userID, devices)
}

// crossChangedTx notes the same of a person's cross-signing keys.
func (d *Devices) crossChangedTx(tx *store.Tx, userID string) error {
	if err := d.noteTx(tx, "", userID); err != nil {
		return err
	}
	return d.postCrossTx(tx, userID)
}

// noteTx has people here be told that somebody's devices or keys changed: one viewer or, with "", everybody who shares a channel with them.
func (d *Devices) noteTx(tx *store.Tx, viewer, userID string) error {
	position, err := d.tellTx(tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO device_lists (viewer, user_id, position) VALUES ($1, $2, $3)
		ON CONFLICT (viewer, user_id) DO UPDATE SET position = excluded.position`, viewer, userID, position)
	return err
}

// ChangedTx gives the people whose devices or keys changed after a position, as far as it concerns the viewer: the viewer's own, and
// those of people who share a channel with the viewer now.
func ChangedTx(tx *store.Tx, viewer string, after store.Position) (users []string, err error) {
	rows, err := tx.Query(`SELECT DISTINCT l.user_id FROM device_lists l WHERE l.position > $2 AND (l.viewer = $1 OR l.viewer = '' AND (l.user_id = $1
		OR EXISTS (SELECT 1 FROM memberships mine JOIN memberships theirs ON theirs.room_id = mine.room_id
			WHERE mine.user_id = $1 AND mine.membership = 'join' AND theirs.user_id = l.user_id AND theirs.membership = 'join')))`, viewer, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		if err := rows.Scan(&user); err != nil {
			return nil, fmt.Errorf("read whose devices changed: %w", err)
		}
		users = append(users, user)
	}
	return users, rows.Err()
}

// Standing is what /sync has to know of a device before it asks for more.
type Standing struct {
	Keys     bool // it encrypts: it has uploaded keys
	Messages bool // something was sent to it that it has not yet acknowledged
}

// HeadTx is the head of the log, and how a device stands: one statement, which most devices' answers to /sync need no second beside.
func HeadTx(tx *store.Tx, userID, device string) (head store.Position, s Standing, err error) {
	err = tx.QueryRow(`SELECT head, EXISTS (SELECT 1 FROM device_keys WHERE user_id = $1 AND device_id = $2),
		EXISTS (SELECT 1 FROM device_messages WHERE user_id = $1 AND device_id = $2) FROM counter WHERE id = 1`, userID, device).
		Scan(&head, &s.Keys, &s.Messages)
	if err != nil {
		err = fmt.Errorf("read the counter and a device: %w", err)
	}
	return head, s, err
}

// CountsTx is how many one-time keys of each algorithm a device has left, and the algorithms of which nobody has taken the fallback key.
// signed_curve25519, the one that clients look at, is always counted.
func CountsTx(tx *store.Tx, userID, device string) (left map[string]int, unused []string, err error) {
	rows, err := tx.Query(`SELECT algorithm, COUNT(*), FALSE FROM device_one_time_keys WHERE user_id = $1 AND device_id = $2 GROUP BY algorithm
		UNION ALL SELECT algorithm, 0, TRUE FROM device_fallback_keys WHERE user_id = $1 AND device_id = $2 AND used = FALSE ORDER BY 1`, userID, device)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	left, unused = map[string]int{signedCurve: 0}, []string{}
	for rows.Next() {
		var algorithm string
		var count int
		var fallback bool
		if err := rows.Scan(&algorithm, &count, &fallback); err != nil {
			return nil, nil, fmt.Errorf("count one-time keys: %w", err)
		}
		if fallback {
			unused = append(unused, algorithm)
		} else {
			left[algorithm] = count
		}
	}
	return left, unused, rows.Err()
}
