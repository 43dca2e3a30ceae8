package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/script"
	"panah/hub/store"
)

// Device is a session of a person at one phone or computer.
type Device struct {
	UserID    string
	DeviceID  string
	Name      string
	CreatedAt time.Time
	SeenAt    time.Time // to within five minutes
	Country   string    // where it was last used: ISO 3166-1 alpha-2, "XN" for the hub's own network, "" for unknown
}

// arrival is a device that comes in.
type arrival struct {
	device  string // "" makes a new id
	name    string
	country string
	brief   bool
	refresh bool // can renew its tokens
	carried bool // let in by what another device gave it: that shows nothing of who holds it
	factor  bool // came in by a second factor
}

const (
	deviceNameLimit = 100 // characters
	devicesLimit    = 50  // of one person; the one longest unused makes room
)

var deviceID = regexp.MustCompile(`^[A-Za-z0-9_.~=-]{1,64}$`)

// openTx makes a session and tells the person's other devices of it. A device that is known gets a new token; the old one stops working.
func (p *People) openTx(tx *store.Tx, userID string, from arrival) (Session, error) {
	device := from.device
	known := device != ""
	if !known {
		var err error
		if device, err = randomID(9); err != nil {
			return Session{}, err
		}
	}
	if !deviceID.MatchString(device) {
		return Session{}, fault.InvalidParam("error.bad_device_id")
	}
	if known {
		if err := p.replaceTx(tx, userID, device); err != nil {
			return Session{}, err
		}
	}
	token, err := insertDeviceTx(tx, userID, device, from)
	if err != nil {
		return Session{}, err
	}
	if err := p.dropOldestTx(tx, userID); err != nil {
		return Session{}, err
	}
	if err := p.hadSessionTx(tx, userID); err != nil {
		return Session{}, err
	}
	s := Session{UserID: userID, DeviceID: device, Token: token, Brief: from.brief}
	if from.refresh {
		if s, err = beginChainTx(tx, s); err != nil {
			return Session{}, err
		}
	}
	return s, p.tellOfDeviceTx(tx, userID, device, cleanDeviceName(from.name), from.country)
}

// insertDeviceTx keeps a session and gives its token. Coming in shows who one is, unless another device has carried one in.
func insertDeviceTx(tx *store.Tx, userID, device string, from arrival) (token string, err error) {
	token, hash, err := newToken(sessionPrefix)
	if err != nil {
		return "", err
	}
	now := tx.Now.UnixMilli()
	proved, until := now, int64(0)
	if from.carried {
		proved = 0
	}
	if from.brief {
		until = tx.Now.Add(BriefMost).UnixMilli()
	}
	_, err = tx.Exec(`INSERT INTO devices (user_id, device_id, token_hash, name, created_at, seen_at, country, proved_at, brief_until, proved_factor)
		VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)
		ON CONFLICT (user_id, device_id) DO UPDATE SET token_hash = excluded.token_hash, seen_at = excluded.seen_at, created_at = excluded.created_at,
		country = excluded.country, proved_at = excluded.proved_at, brief_until = excluded.brief_until,
		proved_factor = excluded.proved_factor, proved_again = FALSE, token_until = 0`,
		userID, device, hash, cleanDeviceName(from.name), now, from.country, proved, until, from.factor)
	return token, err
}

// replaceTx ends what a device that comes in again had open: its old token stops working on every node, and so does its stream.
func (p *People) replaceTx(tx *store.Tx, userID, device string) error {
	var open bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM devices WHERE user_id = $1 AND device_id = $2)`, userID, device).Scan(&open)
	if err != nil {
		return fmt.Errorf("look for a device: %w", err)
	}
	if !open {
		return nil
	}
	tx.OnCommit(func() {
		p.known.clear()
		p.ended(userID, device)
	})
	return dropDeviceTx(tx, userID, device)
}

// dropOldestTx ends the sessions longest unused beyond devicesLimit.
func (p *People) dropOldestTx(tx *store.Tx, userID string) error {
	return p.endAllTx(tx, `WHERE user_id = $1 AND device_id NOT IN
		(SELECT device_id FROM devices WHERE user_id = $1 ORDER BY seen_at DESC, created_at DESC LIMIT $2)`, userID, devicesLimit)
}

func cleanDeviceName(name string) string {
	if !utf8.ValidString(name) {
		return ""
	}
	letters := []rune(script.CleanName(name))
	return string(letters[:min(len(letters), deviceNameLimit)])
}

// Devices are a person's sessions, the last used first.
func (p *People) Devices(ctx context.Context, userID string) (devices []Device, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) (err error) {
		devices, err = devicesOf(tx, `WHERE user_id = $1 ORDER BY seen_at DESC, device_id`, userID)
		return err
	})
	return devices, err
}

// Device is one session of a person; error.unknown_device when there is none.
func (p *People) Device(ctx context.Context, userID, device string) (d Device, err error) {
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		found, err := devicesOf(tx, `WHERE user_id = $1 AND device_id = $2`, userID, device)
		if err == nil && len(found) == 0 {
			err = fault.NotFound("error.unknown_device")
		}
		if err == nil {
			d = found[0]
		}
		return err
	})
	return d, err
}

func devicesOf(tx *store.Tx, where string, args ...any) ([]Device, error) {
	rows, err := tx.Query(`SELECT user_id, device_id, name, created_at, seen_at, country FROM devices `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Device
	for rows.Next() {
		var d Device
		var created, seen int64
		if err := rows.Scan(&d.UserID, &d.DeviceID, &d.Name, &created, &seen, &d.Country); err != nil {
			return nil, fmt.Errorf("read devices: %w", err)
		}
		d.CreatedAt, d.SeenAt = time.UnixMilli(created), time.UnixMilli(seen)
		all = append(all, d)
	}
	return all, rows.Err()
}

// RenameDevice changes what a session is called; error.unknown_device when there is none.
func (p *People) RenameDevice(ctx context.Context, userID, device, name string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE devices SET name = $3 WHERE user_id = $1 AND device_id = $2`, userID, device, cleanDeviceName(name))
		if err == nil && n == 0 {
			return fault.NotFound("error.unknown_device")
		}
		return err
	})
}

// SignOut ends one session. Ending one that has ended is no error.
func (p *People) SignOut(ctx context.Context, userID, device string) error {
	return p.DeleteDevices(ctx, userID, []string{device})
}

// SignOutAll ends all sessions of a person.
func (p *People) SignOutAll(ctx context.Context, userID string) error {
	devices, err := p.Devices(ctx, userID)
	if err != nil {
		return err
	}
	ids := make([]string, len(devices))
	for i, d := range devices {
		ids[i] = d.DeviceID
	}
	return p.DeleteDevices(ctx, userID, ids)
}

// DeleteDevices ends sessions of a person. It takes effect here when it returns; the node tells the others.
func (p *People) DeleteDevices(ctx context.Context, userID string, devices []string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		for _, device := range devices {
			if err := p.endTx(tx, userID, device); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *People) endTx(tx *store.Tx, userID, device string) error {
	if len(device) > 255 || !deviceID.MatchString(device) {
		return nil
	}
	n, err := tx.Exec(`DELETE FROM devices WHERE user_id = $1 AND device_id = $2`, userID, device)
	if err != nil {
		return err
	}
	if n > 0 {
		if _, err := tx.Exec(`UPDATE people SET session_at = $2 WHERE user_id = $1`, userID, tx.Now.UnixMilli()); err != nil {
			return err
		}
	}
	if err := dropDeviceTx(tx, userID, device); err != nil {
		return err
	}
	for _, end := range p.enders {
		if err := end(tx, userID, device); err != nil {
			return err
		}
	}
	tx.OnCommit(func() {
		p.known.clear()
		p.ended(userID, device)
	})
	return p.settleAboutTx(tx, userID, NoticeNewDevice, device)
}

// EndOthers ends all sessions of the caller but this one. The rule is that of mayEndTx for a device that was there before.
func (p *People) EndOthers(ctx context.Context, caller Caller) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.shownAgainTx(tx, caller); err != nil {
			return err
		}
		return p.endAllTx(tx, `WHERE user_id = $1 AND device_id <> $2`, caller.UserID, caller.DeviceID)
	})
}

// EndDevice ends one session of the caller, who has shown lately who they are.
func (p *People) EndDevice(ctx context.Context, caller Caller, device string) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		if err := p.mayEndTx(tx, caller, device); err != nil {
			return err
		}
		return p.endTx(tx, caller.UserID, device)
	})
}

// mayEndTx is the rule of who may end another session. Coming in shows who one is, but not that one may throw others out: whoever has just
// come in, and so may be a thief of the passphrase, ends no device that was there before. For that they show once more who they are, with the
// second factor, or with the passphrase where there is none: so an owner who has only a new phone left ends the lost one at once.
func (p *People) mayEndTx(tx *store.Tx, caller Caller, device string) error {
	if device == caller.DeviceID {
		return p.freshTx(tx, caller)
	}
	w, err := witnessTx(tx, caller, device)
	if err != nil {
		return err
	}
	if w.earlier {
		return p.freshTx(tx, caller)
	}
	return p.shownAgainTx(tx, caller)
}

// OnDeviceEnd has fn called inside the transaction in which a session ends, to delete what is kept for its device elsewhere. A device that comes
// in again under its own id keeps that.
func (p *People) OnDeviceEnd(fn func(tx *store.Tx, userID, device string) error) {
	p.enders = append(p.enders, fn)
}

// ended tells whoever asked with OnSessionEnd.
func (p *People) ended(userID, device string) {
	p.known.mu.Lock()
	told := p.onEnd
	p.known.mu.Unlock()
	if told != nil {
		told(userID, device)
	}
}

// OnSessionEnd has fn called after a session ended on this node. fn must be quick. The node sets it once, to tell the other nodes and
// to close the session's connections.
func (p *People) OnSessionEnd(fn func(userID, device string)) {
	p.known.mu.Lock()
	defer p.known.mu.Unlock()
	p.onEnd = fn
}

// EndOrganisationTx ends every session of an organisation's people. Whoever calls it has checked that it may.
func (p *People) EndOrganisationTx(tx *store.Tx, organisationID string) error {
	return p.endAllTx(tx, `WHERE user_id IN (SELECT user_id FROM people WHERE organisation_id = $1 AND organisation_id <> '')`, organisationID)
}

// endAllTx ends every session of the people that where selects.
func (p *People) endAllTx(tx *store.Tx, where string, args ...any) error {
	devices, err := devicesOf(tx, where, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, d := range devices {
		if err := p.endTx(tx, d.UserID, d.DeviceID); err != nil {
			return err
		}
	}
	return nil
}
