// Package device holds what devices need of a hub to encrypt for each other: their keys, the keys by which people vouch for devices and for
// each other, what devices send each other outside of channels, and the backups of their keys. All of it is done in Matrix's way
// (Matrix C-S API, "End-to-End Encryption", "Send-to-Device messaging", "Server-side key backups"), for other people's clients.
//
// The hub reads none of what is encrypted. What it promises is order and counting. A one-time key is given away once: it is deleted in
// the transaction that gives it, and transactions run one at a time on all nodes. What one device sends another is kept until the other
// comes back with a token from behind it, so it is told at least once. Whoever shares a channel with a person is told that the person's
// devices changed, by a position in the log: /sync asks for what stands after its token.
//
// Between homeservers the same holds. What is for devices elsewhere, and what changed of devices here, is queued in the transaction that does it, for
// servers that share a channel with the person. What another server sends comes at least once, and is done once: messages have ids, updates
// of lists have numbers. When a number is missing, the whole list is asked for, again and again until it is there (Matrix S-S API, "Send-to-device
// messaging", "Device Management").
//
// The order of effects: commit, then tell the position. The functions that take a transaction are for feed, which answers /sync.
package device

import (
	"context"
	"encoding/json"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Bounds of what one device or person may keep.
const (
	keysSize     = 16 << 10 // bytes of one device's or cross-signing keys, with all their signatures
	oneTimeSize  = 2 << 10  // bytes of one one-time or fallback key
	oneTimeMost  = 500      // one-time keys of one device
	fallbackMost = 10       // algorithms of fallback keys of one device
	inboxMost    = 1000     // messages of one sender that wait for one device; the oldest make room
	inboxServer  = 5000     // messages of all people of one other server that wait for one device; the oldest make room
	messageSize  = 64 << 10 // bytes of the content of one message
	backupsMost  = 100      // versions of backups that a person ever made and that are not gone
	sessionsMost = 50_000   // keys in one backup
	sessionSize  = 8 << 10  // bytes of one key in a backup
	authSize     = 32 << 10 // bytes of what a backup says of itself
	nameLimit    = 255      // bytes of ids, algorithms and types
	queriedMost  = 200      // people that one statement asks for
	claimedMost  = 100      // devices that one transaction takes keys of
)

// Devices are the keys and messages of this hub's devices. It is safe for use by many goroutines.
type Devices struct {
	db     *store.DB
	broker broker.Broker
	own    string // this hub's name, where others can be asked
	remote Remote // nil when there are none to ask
	post   Post   // nil when there are none to tell

	fresh chan struct{} // says that a server may have to be asked for lists; holds one word
}

// New makes the keys of devices on an open database. What a device has kept goes when its session ends.
func New(db *store.DB, who *people.People, brk broker.Broker) *Devices {
	d := &Devices{db: db, broker: brk, fresh: make(chan struct{}, 1)}
	who.OnDeviceEnd(d.endTx)
	who.OnErase(eraseTx)
	return d
}

// tellTx takes the next position and has the log's followers told of it after the commit.
func (d *Devices) tellTx(tx *store.Tx) (store.Position, error) {
	position, err := tx.Next()
	if err != nil {
		return 0, err
	}
	ctx := context.WithoutCancel(tx.Context())
	notice, err := json.Marshal(map[string]store.Position{"from": position, "to": position})
	if err != nil {
		return 0, err
	}
	tx.OnCommit(func() {
		// The only error is that the broker is closed: then nobody follows on this node, and the others have their beat.
		_ = d.broker.Publish(ctx, "log", notice)
	})
	return position, nil
}

// endTx forgets a device whose session has ended, and tells those who encrypt for it.
func (d *Devices) endTx(tx *store.Tx, userID, device string) error {
	n, err := tx.Exec(`DELETE FROM device_keys WHERE user_id = $1 AND device_id = $2`, userID, device)
	if err != nil {
		return err
	}
	for _, table := range []string{"device_one_time_keys", "device_fallback_keys", "device_messages", "device_sends"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1 AND device_id = $2`, userID, device); err != nil {
			return err
		}
	}
	if n == 0 {
		return nil
	}
	_, err = tx.Exec(`DELETE FROM key_signatures WHERE user_id = $1 AND target = $2 OR signer = $1 AND signer_key = $3`, userID, device, "ed25519:"+device)
	if err != nil {
		return err
	}
	return d.changedTx(tx, userID, device)
}

// eraseTx forgets all of somebody who leaves the network.
func eraseTx(tx *store.Tx, userID string) error {
	for _, table := range []string{"cross_signing_keys", "key_signatures", "key_backup_sessions", "key_backups"} {
		if _, err := tx.Exec(`DELETE FROM `+table+` WHERE user_id = $1`, userID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`DELETE FROM key_signatures WHERE signer = $1`, userID)
	return err
}

// named refuses what cannot be an id, an algorithm or a type.
func named(name, of string) error {
	if name == "" || len(name) > nameLimit {
		return invalid(of)
	}
	return nil
}

func invalid(of string) error { return fault.InvalidParam("error.invalid_param", "Name", of) }
