package device

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

const (
	tookSize      = 1 << 20             // bytes of what another homeserver says at once
	addressedMost = 1000                // devices for which one of its messages may be
	previousMost  = 100                 // updates that one update may name
	receivedKept  = 14 * 24 * time.Hour // how long a message of another homeserver is known again
)

// May tells whether another homeserver may know of somebody of this hub at all.
type May func(tx *store.Tx, userID string) (bool, error)

// Take takes in what another homeserver says of devices of its people; kind is one of the three. What is malformed, too large, or not for that
// server to say is a fault. What comes a second time does nothing.
func (d *Devices) Take(ctx context.Context, origin, kind string, content json.RawMessage, may May) error {
	if len(content) > tookSize {
		return fault.TooLarge(tookSize)
	}
	switch kind {
	case TypeToDevice:
		return d.takeMessages(ctx, origin, content, may)
	case TypeList:
		return d.takeList(ctx, origin, content)
	}
	return d.takeSigning(ctx, origin, content)
}

// isOf tells whether somebody is of a homeserver.
func isOf(userID, server string) bool {
	return strings.HasPrefix(userID, "@") && storable(userID) && serverOf(userID) == server
}

// storable tells whether something is a name that both databases can hold.
func storable(name string) bool {
	return name != "" && len(name) <= nameLimit && !strings.ContainsRune(name, 0)
}

// takeMessages gives messages of somebody of another homeserver to devices of this one.
func (d *Devices) takeMessages(ctx context.Context, origin string, content json.RawMessage, may May) error {
	var in toDevice
	if json.Unmarshal(content, &in) != nil || !isOf(in.Sender, origin) || !storable(in.ID) || !storable(in.Type) {
		return fault.BadJSON()
	}
	count := 0
	for _, devices := range in.Messages {
		count += len(devices)
	}
	if count > addressedMost {
		return fault.BadJSON()
	}
	if err := in.Messages.check(); err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM device_received WHERE at < $1`, tx.Now.Add(-receivedKept).UnixMilli()); err != nil {
			return err
		}
		fresh, err := tx.Exec(`INSERT INTO device_received (sender, message_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			in.Sender, in.ID, tx.Now.UnixMilli())
		if err != nil || fresh == 0 {
			return err
		}
		messages, err := d.permittedTx(tx, in.Messages, may)
		if err != nil {
			return err
		}
		return d.deliverTx(tx, in.Sender, in.Type, messages)
	})
}

// permittedTx leaves of messages those for people of this hub of whom their sender's server may know.
func (d *Devices) permittedTx(tx *store.Tx, all Messages, may May) (Messages, error) {
	left := Messages{}
	for user, devices := range all {
		if !isOf(user, d.own) {
			continue
		}
		permitted, err := may(tx, user)
		if err != nil {
			return nil, err
		}
		if permitted {
			left[user] = devices
		}
	}
	return left, nil
}

// takeList notes that a device of somebody of another homeserver changed, if anybody here shares a channel with them.
func (d *Devices) takeList(ctx context.Context, origin string, content json.RawMessage) error {
	var in listUpdate
	if json.Unmarshal(content, &in) != nil || !isOf(in.UserID, origin) || !storable(in.DeviceID) || in.Stream < 0 || len(in.Previous) > previousMost {
		return fault.BadJSON()
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		near, err := d.nearTx(tx, in.UserID)
		if err != nil || !near {
			return err
		}
		news, err := d.updateTx(tx, in)
		if err != nil || !news {
			return err
		}
		return d.noteTx(tx, "", in.UserID)
	})
}

// updateTx brings what is kept of somebody's devices up to date. When updates are missing, or this one says what cannot be, the whole list is asked for.
func (d *Devices) updateTx(tx *store.Tx, in listUpdate) (news bool, err error) {
	list, err := farListTx(tx, in.UserID)
	if err != nil || !list.there {
		return true, err
	}
	follows := slices.Contains(in.Previous, list.stream) || len(in.Previous) == 0 && list.stream == 0
	switch {
	case list.whole && in.Stream == list.stream && d.knownTx(tx, in):
		return false, nil
	case list.whole && follows:
		if kept, err := keepDeviceTx(tx, in); kept || err != nil {
			return true, err
		}
	}
	return true, d.breakTx(tx, in.UserID)
}

// takeSigning notes that somebody's cross-signing keys changed. They are few and seldom change, so the whole list is asked for.
func (d *Devices) takeSigning(ctx context.Context, origin string, content json.RawMessage) error {
	var in signingUpdate
	if json.Unmarshal(content, &in) != nil || !isOf(in.UserID, origin) {
		return fault.BadJSON()
	}
	return d.db.Write(ctx, func(tx *store.Tx) error {
		near, err := d.nearTx(tx, in.UserID)
		if err != nil || !near {
			return err
		}
		list, err := farListTx(tx, in.UserID)
		if err != nil {
			return err
		}
		if list.there {
			if err := d.breakTx(tx, in.UserID); err != nil {
				return err
			}
		}
		return d.noteTx(tx, "", in.UserID)
	})
}

// nearTx tells whether anybody of this hub shares a channel with somebody of another homeserver.
func (d *Devices) nearTx(tx *store.Tx, userID string) (near bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM memberships theirs JOIN memberships ours ON ours.room_id = theirs.room_id
		WHERE theirs.user_id = $1 AND theirs.membership = 'join' AND ours.membership = 'join' AND ours.user_id LIKE $2 ESCAPE '\')`, userID, d.ofHere()).Scan(&near)
	if err != nil {
		err = fmt.Errorf("look who shares a channel: %w", err)
	}
	return near, err
}
