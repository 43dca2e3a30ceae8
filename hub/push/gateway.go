package push

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Gateway is a Matrix app's wish to be told by its own gateway (Matrix Client-Server API, "Push Notifications", kind "http").
type Gateway struct {
	Kind    string         `json:"kind"`
	App     string         `json:"app_id"`
	PushKey string         `json:"pushkey"`
	AppName string         `json:"app_display_name"`
	Device  string         `json:"device_display_name"`
	Profile string         `json:"profile_tag,omitempty"`
	Lang    string         `json:"lang"`
	Data    map[string]any `json:"data"`
}

const (
	pushKeyLimit = 512 // bytes, by the specification
	appLimit     = 64  // characters, by the specification
	nameLimit    = 256 // bytes of what an app calls itself and its device
	dataLimit    = 4 << 10
	gatewaysMost = 20 // of one person
	gatewayPath  = "/_matrix/push/v1/notify"
	formatIDOnly = "event_id_only"
	gatewayKind  = "http"
)

func wrong(name string) *fault.Fault { return fault.InvalidParam("error.invalid_param", "Name", name) }

// check looks at every part, and gives the gateway's address. Whether that may be reached is decided when it is dialled.
func (g *Gateway) check() (*url.URL, error) {
	for _, part := range []struct {
		name, value string
		most        int
		needed      bool
	}{
		{"pushkey", g.PushKey, pushKeyLimit, true}, {"app_id", g.App, appLimit, true}, {"app_display_name", g.AppName, nameLimit, true},
		{"device_display_name", g.Device, nameLimit, true}, {"lang", g.Lang, appLimit, true}, {"profile_tag", g.Profile, 32, false},
	} {
		if part.needed && part.value == "" {
			return nil, fault.MissingParam(part.name)
		}
		if len(part.value) > part.most {
			return nil, wrong(part.name)
		}
	}
	if raw, err := json.Marshal(g.Data); err != nil || len(raw) > dataLimit {
		return nil, wrong("data")
	}
	if format, set := g.Data["format"]; set && format != formatIDOnly {
		return nil, wrong("data.format")
	}
	address, _ := g.Data["url"].(string)
	if address == "" {
		return nil, fault.MissingParam("data.url")
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > endpointLimit || u.Host == "" || u.User != nil || u.Fragment != "" || u.Path != gatewayPath {
		return nil, wrong("data.url")
	}
	return u, nil
}

// brief tells whether the app wants no more than an event's id.
func (g *Gateway) brief() bool { return g.Data["format"] == formatIDOnly }

// passed is what the gateway is told of the data that the app gave: all but the address (Push Gateway API, "Device").
func (g *Gateway) passed() map[string]any {
	data := maps.Clone(g.Data)
	delete(data, "url")
	return data
}

// hash names an app and its key, and with a person whose they are.
func (g *Gateway) hash(userID string) []byte {
	sum := sha256.Sum256([]byte("gateway\x00" + g.App + "\x00" + g.PushKey + "\x00" + userID))
	return sum[:]
}

// SetGateway has an app be told, or changes how. Unless others is true, nobody else is told with the same key of the same app. It ends with the
// caller's session.
func (p *Push) SetGateway(ctx context.Context, caller people.Caller, g Gateway, others bool) error {
	if caller.Brief {
		return fault.Forbidden("error.push_shared_device")
	}
	g.Kind = gatewayKind
	u, err := g.check()
	if err != nil {
		return err
	}
	if err := p.o.Check(u.String()); err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error { return p.setGatewayTx(tx, caller, &g, others) })
}

func (p *Push) setGatewayTx(tx *store.Tx, caller people.Caller, g *Gateway, others bool) error {
	if !others {
		if _, err := tx.Exec(`DELETE FROM push_subscriptions WHERE key_hash = $1 AND user_id <> $2`, g.hash(""), caller.UserID); err != nil {
			return err
		}
	}
	id, err := p.gatewayIDTx(tx, caller, g)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("write a gateway: %w", err)
	}
	sealed, err := p.o.Sealer.Seal(recordOwner(id), raw)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO push_subscriptions (subscription_id, user_id, device_id, endpoint_hash, record, created_at, gateway, key_hash)
		VALUES ($1, $2, $3, $4, $5, $6, TRUE, $7)
		ON CONFLICT (endpoint_hash) DO UPDATE SET device_id = excluded.device_id, record = excluded.record`,
		id, caller.UserID, caller.DeviceID, g.hash(caller.UserID), sealed, tx.Now.UnixMilli(), g.hash(""))
	return err
}

// gatewayIDTx is the id that a gateway has, so that what waits for it still goes there, or a new one.
func (p *Push) gatewayIDTx(tx *store.Tx, caller people.Caller, g *Gateway) (id string, err error) {
	err = tx.QueryRow(`SELECT subscription_id FROM push_subscriptions WHERE endpoint_hash = $1`, g.hash(caller.UserID)).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	var count int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM push_subscriptions WHERE user_id = $1 AND gateway`, caller.UserID).Scan(&count); err != nil {
		return "", err
	}
	if count >= gatewaysMost {
		return "", wrong("pushkey")
	}
	return randomID(12)
}

// RemoveGateway has an app be told no more. Asking twice is no error.
func (p *Push) RemoveGateway(ctx context.Context, caller people.Caller, app, key string) error {
	g := Gateway{App: app, PushKey: key}
	return p.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM push_subscriptions WHERE endpoint_hash = $1`, g.hash(caller.UserID))
		return err
	})
}

// Gateways are the caller's.
func (p *Push) Gateways(ctx context.Context, caller people.Caller) (all []Gateway, err error) {
	type row struct {
		id     string
		sealed []byte
	}
	var rows []row
	err = p.db.Read(ctx, func(tx *store.Tx) error {
		rows, err = store.All(tx, func(s store.Scanner) (r row, err error) { return r, s.Scan(&r.id, &r.sealed) },
			`SELECT subscription_id, record FROM push_subscriptions WHERE user_id = $1 AND gateway ORDER BY created_at, subscription_id`, caller.UserID)
		return err
	})
	for _, r := range rows {
		g, err := p.openGateway(r.id, r.sealed)
		if err != nil {
			return nil, err
		}
		all = append(all, *g)
	}
	return all, err
}

func (p *Push) openGateway(id string, sealed []byte) (*Gateway, error) {
	raw, err := p.o.Sealer.Open(recordOwner(id), sealed)
	if err != nil {
		return nil, err
	}
	g := &Gateway{}
	if err := json.Unmarshal(raw, g); err != nil {
		return nil, fmt.Errorf("read a gateway: %w", err)
	}
	return g, nil
}
