package push

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/people"
	"panah/hub/store"
)

// Subscription is what a browser gives to be sent messages (Push API, PushSubscription).
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256dh string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
}

const endpointLimit = 2048 // bytes of an address

// target is a subscription as it is sent to.
type target struct {
	id       string
	endpoint *url.URL
	to       receiver
	gateway  *Gateway  // nil for a browser
	since    time.Time // when it was given
}

func errSubscription() *fault.Fault { return fault.InvalidParam("error.push_subscription") }

// read checks every part of a subscription. Whether its address may be reached is decided when it is dialled.
func (s *Subscription) read() (target, error) {
	u, err := url.Parse(s.Endpoint)
	if err != nil || len(s.Endpoint) > endpointLimit || u.Host == "" || u.User != nil || u.Fragment != "" {
		return target{}, errSubscription()
	}
	public, err := parsePoint(s.Keys.P256dh)
	if err != nil {
		return target{}, errSubscription().Because(err)
	}
	auth, err := decodeBase64(s.Keys.Auth)
	if err != nil || len(auth) != authSize {
		return target{}, errSubscription()
	}
	return target{endpoint: u, to: receiver{public, auth}}, nil
}

// Subscribe has a device be told. What it gave before is replaced, and so is the same address of another account: one browser tells one
// person. It gives the id by which the device knows what is meant for it.
func (p *Push) Subscribe(ctx context.Context, caller people.Caller, s Subscription) (id string, err error) {
	if caller.Brief {
		return "", fault.Forbidden("error.push_shared_device")
	}
	if _, err := s.read(); err != nil {
		return "", err
	}
	if err := p.o.Check(s.Endpoint); err != nil {
		return "", err
	}
	if id, err = randomID(12); err != nil {
		return "", err
	}
	return id, p.db.Write(ctx, func(tx *store.Tx) error { return p.subscribeTx(tx, caller, id, s) })
}

func (p *Push) subscribeTx(tx *store.Tx, caller people.Caller, id string, s Subscription) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write a subscription: %w", err)
	}
	sealed, err := p.o.Sealer.Seal(recordOwner(id), raw)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(s.Endpoint))
	if _, err := tx.Exec(`DELETE FROM push_subscriptions WHERE endpoint_hash = $1 OR user_id = $2 AND device_id = $3 AND NOT gateway`,
		hash[:], caller.UserID, caller.DeviceID); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO push_subscriptions (subscription_id, user_id, device_id, endpoint_hash, record, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, id, caller.UserID, caller.DeviceID, hash[:], sealed, tx.Now.UnixMilli())
	return err
}

func recordOwner(id string) string { return "push subscription " + id }

// Unsubscribe has a device be told no more. Asking twice is no error.
func (p *Push) Unsubscribe(ctx context.Context, caller people.Caller) error {
	return p.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM push_subscriptions WHERE user_id = $1 AND device_id = $2 AND NOT gateway`, caller.UserID, caller.DeviceID)
		return err
	})
}

// subscribedTx gives the id of a device's subscription, or "".
func subscribedTx(tx *store.Tx, caller people.Caller) (id string, err error) {
	err = tx.QueryRow(`SELECT subscription_id FROM push_subscriptions WHERE user_id = $1 AND device_id = $2 AND NOT gateway`, caller.UserID, caller.DeviceID).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// targetTx reads a subscription to send to it; false when it is gone.
func (p *Push) targetTx(tx *store.Tx, id string) (t target, there bool, err error) {
	var sealed []byte
	var gateway bool
	var since int64
	err = tx.QueryRow(`SELECT record, gateway, created_at FROM push_subscriptions WHERE subscription_id = $1`, id).Scan(&sealed, &gateway, &since)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("read a subscription: %w", err)
	}
	if gateway {
		if t.gateway, err = p.openGateway(id, sealed); err != nil {
			return t, false, err
		}
		t.id, t.since = id, time.UnixMilli(since)
		t.endpoint, err = t.gateway.check()
		return t, err == nil, err
	}
	raw, err := p.o.Sealer.Open(recordOwner(id), sealed)
	if err != nil {
		return t, false, err
	}
	var s Subscription
	if err := json.Unmarshal(raw, &s); err != nil {
		return t, false, fmt.Errorf("read a subscription: %w", err)
	}
	t, err = s.read()
	t.id = id
	return t, err == nil, err
}

// removeTx takes a subscription away, with all that waits for it.
func removeTx(tx *store.Tx, userID, id string) error {
	if _, err := tx.Exec(`DELETE FROM push_subscriptions WHERE subscription_id = $1`, id); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM push_outbox WHERE user_id = $1 AND target = $2`, userID, id)
	return err
}

// Test has the caller's devices and mail be told, whatever the hour.
func (p *Push) Test(ctx context.Context, caller people.Caller) error {
	key, err := randomID(12)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		var lately bool
		err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM push_notices WHERE user_id = $1 AND kind = $2 AND at > $3)`,
			caller.UserID, string(notice.Test), tx.Now.Add(-testEvery).UnixMilli()).Scan(&lately)
		if err != nil {
			return err
		}
		if lately {
			return fault.LimitExceeded(testEvery)
		}
		head, err := tx.Head()
		if err != nil {
			return err
		}
		return notice.AddTx(tx, notice.Notice{UserID: caller.UserID, Key: "test " + key, Kind: notice.Test, Position: head})
	})
}
