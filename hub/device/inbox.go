package device

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// allDevices stands for every device of a person.
const allDevices = "*"

// sendKept is how long a second sending with the same transaction id is known.
const sendKept = 24 * time.Hour

// Messages are what one device sends others: the contents, by person, then by device or "*" for all devices of the person.
type Messages map[string]map[string]json.RawMessage

// check bounds what was sent. What a client wrote is kept as it is, but for white space.
func (m Messages) check() error {
	for _, devices := range m {
		for device, content := range devices {
			var compact bytes.Buffer
			if len(content) > messageSize {
				return fault.TooLarge(messageSize)
			}
			if json.Compact(&compact, content) != nil || compact.Bytes()[0] != '{' {
				return fault.BadJSON()
			}
			devices[device] = compact.Bytes()
		}
	}
	return nil
}

// Send gives messages to devices (Matrix C-S API, PUT /sendToDevice), and has the servers of people elsewhere be sent what is for theirs. Those for
// devices that are not signed in are dropped. A second sending with the same transaction id does nothing. Of one sender at most inboxMost wait
// for one device: the oldest make room.
func (d *Devices) Send(ctx context.Context, caller people.Caller, kind, txnID string, messages Messages) error {
	if err := named(kind, "eventType"); err != nil {
		return err
	}
	if err := messages.check(); err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM device_sends WHERE at < $1`, tx.Now.Add(-sendKept).UnixMilli()); err != nil {
			return err
		}
		fresh, err := tx.Exec(`INSERT INTO device_sends (user_id, device_id, type, txn_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			caller.UserID, caller.DeviceID, kind, txnID, tx.Now.UnixMilli())
		if err != nil || fresh == 0 {
			return err
		}
		near, far := byServer(d, messages)
		if err := d.deliverTx(tx, caller.UserID, kind, near); err != nil {
			return err
		}
		return d.postMessagesTx(tx, caller.UserID, kind, strings.Join([]string{caller.DeviceID, kind, txnID}, "\n"), far)
	})
}

// deliverTx puts messages into the inboxes of devices, all at one position.
func (d *Devices) deliverTx(tx *store.Tx, sender, kind string, messages Messages) error {
	if len(messages) == 0 {
		return nil
	}
	position, err := d.tellTx(tx)
	if err != nil {
		return err
	}
	for _, user := range slices.Sorted(maps.Keys(messages)) {
		there, err := devicesTx(tx, user)
		if err != nil {
			return err
		}
		for _, device := range there {
			content, named := messages[user][device]
			if !named {
				content, named = messages[user][allDevices]
			}
			if !named {
				continue
			}
			if err := putTx(tx, user, device, position, sender, kind, content); err != nil {
				return err
			}
			if err := d.makeRoomTx(tx, user, device, serverOf(sender)); err != nil {
				return err
			}
		}
	}
	return nil
}

// devicesTx are the devices at which a person of this hub is signed in.
func devicesTx(tx *store.Tx, userID string) (devices []string, err error) {
	rows, err := tx.Query(`SELECT device_id FROM devices WHERE user_id = $1 ORDER BY device_id`, userID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var device string
		if err := rows.Scan(&device); err != nil {
			return nil, fmt.Errorf("read a person's devices: %w", err)
		}
		devices = append(devices, device)
	}
	return devices, rows.Err()
}

// putTx puts one message into the inbox of a device.
func putTx(tx *store.Tx, user, device string, position store.Position, sender, kind string, content json.RawMessage) error {
	err := tx.Put(`INSERT INTO device_messages (user_id, device_id, position, sender, type, content) VALUES ($1, $2, $3, $4, $5, $6)`,
		user, device, int64(position), sender, kind, string(content))
	if err != nil {
		return err
	}
	return tx.Put(`DELETE FROM device_messages WHERE user_id = $1 AND device_id = $2 AND sender = $3 AND position <= (SELECT position FROM device_messages
		WHERE user_id = $1 AND device_id = $2 AND sender = $3 ORDER BY position DESC LIMIT 1 OFFSET $4)`, user, device, sender, inboxMost)
}

// makeRoomTx drops what is too much of one other server, which may have as many people as it likes.
func (d *Devices) makeRoomTx(tx *store.Tx, user, device, server string) error {
	if server == d.own {
		return nil
	}
	return tx.Put(`DELETE FROM device_messages WHERE user_id = $1 AND device_id = $2 AND sender LIKE $3 ESCAPE '\' AND position <= (SELECT position FROM device_messages
		WHERE user_id = $1 AND device_id = $2 AND sender LIKE $3 ESCAPE '\' ORDER BY position DESC LIMIT 1 OFFSET $4)`, user, device, ofServer(server), inboxServer)
}

// Inbox is what waits for a device.
type Inbox struct {
	Events []json.RawMessage
	Taken  bool           // something was sent up to the position: the device has it, and the hub may forget it
	UpTo   store.Position // of the last event, when more wait than were read; otherwise 0
}

// InboxTx reads what was sent to a device after a position, oldest first, at most limit of it.
func InboxTx(tx *store.Tx, userID, device string, after store.Position, limit int) (box Inbox, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM device_messages WHERE user_id = $1 AND device_id = $2 AND position <= $3)`, userID, device, after).
		Scan(&box.Taken)
	if err != nil {
		return box, fmt.Errorf("look for what a device has taken: %w", err)
	}
	rows, err := tx.Query(`SELECT position, sender, type, content FROM device_messages WHERE user_id = $1 AND device_id = $2 AND position > $3
		ORDER BY position LIMIT $4`, userID, device, after, limit+1)
	if err != nil {
		return box, err
	}
	defer rows.Close()
	var last store.Position
	for rows.Next() {
		var position store.Position
		var sender, kind, content string
		if err := rows.Scan(&position, &sender, &kind, &content); err != nil {
			return box, fmt.Errorf("read what was sent to a device: %w", err)
		}
		if len(box.Events) == limit {
			box.UpTo = last
			break
		}
		event, err := json.Marshal(map[string]any{"sender": sender, "type": kind, "content": json.RawMessage(content)})
		if err != nil {
			return box, fmt.Errorf("write what was sent to a device: %w", err)
		}
		box.Events, last = append(box.Events, event), position
	}
	return box, rows.Err()
}

// Taken forgets what a device has taken: it came back with a token from behind it.
func Taken(ctx context.Context, db *store.DB, userID, device string, upTo store.Position) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM device_messages WHERE user_id = $1 AND device_id = $2 AND position <= $3`, userID, device, upTo)
		return err
	})
}
