package device

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"panah/hub/store"
)

// Remote is what is needed of other homeservers: federation.Client has it. Bodies and answers are those of the server-server API,
// "End-to-End Encryption".
type Remote interface {
	QueryKeys(ctx context.Context, server string, wish any) (answer json.RawMessage, err error)
	ClaimKeys(ctx context.Context, server string, wish any) (answer json.RawMessage, err error)
	Devices(ctx context.Context, server, userID string) (answer json.RawMessage, err error)
}

const (
	remoteTime = 10 * time.Second // how long other servers have, all together, at the most
	remoteMost = 100              // servers that one request asks at the same time
)

// Federate has the keys of people of other homeservers asked of those. own is this hub's name. It is called before anything is asked.
func (d *Devices) Federate(own string, remote Remote) { d.own, d.remote = own, remote }

// PostBy has other homeservers be told of what changes here, and be sent what is for their people's devices. It is called before anything changes.
func (d *Devices) PostBy(post Post) { d.post = post }

// serverOf is the homeserver of a person.
func serverOf(userID string) string {
	_, server, _ := strings.Cut(userID, ":")
	return server
}

// far reports whether a person is of another homeserver, which can be asked.
func (d *Devices) far(userID string) bool { return d.remote != nil && serverOf(userID) != d.own }

// byServer takes what concerns people of other homeservers out of what is asked, by their server.
func byServer[T any](d *Devices, asked map[string]T) (near map[string]T, far map[string]map[string]T) {
	near, far = map[string]T{}, map[string]map[string]T{}
	for user, what := range asked {
		server := serverOf(user)
		switch {
		case !d.far(user):
			near[user] = what
		case len(user) > nameLimit || server == "":
		case far[server] == nil:
			far[server] = map[string]T{user: what}
		default:
			far[server][user] = what
		}
	}
	return near, far
}

// askEach asks servers at the same time, and waits so long, or remoteTime if that is shorter or wait is none. Those that could not be asked, did
// not answer in time, or answered nonsense, are in failures.
func askEach[T any](ctx context.Context, wait time.Duration, far map[string]map[string]T, failures map[string]json.RawMessage, ask func(ctx context.Context, server string, part map[string]T) error) {
	if wait <= 0 || wait > remoteTime {
		wait = remoteTime
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(remoteMost)
	for server, part := range far {
		group.Go(func() error {
			if ask(ctx, server, part) != nil {
				mu.Lock()
				defer mu.Unlock()
				failures[server] = json.RawMessage(`{}`)
			}
			return nil
		})
	}
	_ = group.Wait() // none of them fails: what went wrong is in failures
}

// queryFar gives the keys of people of other homeservers: what is kept of them, and for the others what their servers say and may say: keys of people
// of theirs who were asked for, signed by their devices. Whose server answered is kept from then on.
func (d *Devices) queryFar(ctx context.Context, viewer string, wait time.Duration, far map[string]map[string][]string, found *Found) error {
	if len(far) == 0 {
		return nil
	}
	var all []told
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		known, err := d.kept(tx, far)
		all = []told{known}
		return err
	})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var fresh []string
	askEach(ctx, wait, far, found.Failures, func(ctx context.Context, server string, part map[string][]string) error {
		for user, devices := range part {
			if devices == nil {
				part[user] = []string{} // null is not what the server-server API has
			}
		}
		raw, err := d.remote.QueryKeys(ctx, server, map[string]any{"device_keys": part})
		if err != nil {
			return err
		}
		one := told{asked: part}
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		all, fresh = append(all, one), slices.AppendSeq(fresh, maps.Keys(part))
		return nil
	})
	if err := d.wish(ctx, fresh); err != nil {
		return err
	}
	return d.db.Read(ctx, func(tx *store.Tx) error {
		for _, one := range all {
			if err := one.into(tx, viewer, found); err != nil {
				return err
			}
		}
		return nil
	})
}

// told is what a server said of keys.
type told struct {
	asked   map[string][]string
	Devices map[string]map[string]json.RawMessage `json:"device_keys"`
	Master  map[string]json.RawMessage            `json:"master_keys"`
	Self    map[string]json.RawMessage            `json:"self_signing_keys"`
}

// into adds what holds to what was found, with the signatures by which the viewer vouched for it.
func (t told) into(tx *store.Tx, viewer string, found *Found) error {
	users := make([]string, 0, len(t.asked))
	for user := range t.asked {
		users = append(users, user)
	}
	vouched := map[subject]signatures{}
	for len(users) > 0 {
		part := users[:min(len(users), queriedMost)]
		users = users[len(part):]
		more, err := signaturesTx(tx, viewer, part)
		if err != nil {
			return err
		}
		for of, all := range more {
			vouched[of] = all
		}
	}
	for user := range t.asked {
		found.Devices[user] = map[string]json.RawMessage{}
		for device, raw := range t.Devices[user] {
			if only := t.asked[user]; len(only) > 0 && !slices.Contains(only, device) {
				continue
			}
			s, _, err := readDeviceKeys(raw, user, device)
			if err != nil {
				continue
			}
			if found.Devices[user][device], err = s.and(vouched[subject{user, device}], nil); err != nil {
				return err
			}
		}
		for usage, keys := range map[string]map[string]json.RawMessage{usageMaster: t.Master, usageSelf: t.Self} {
			key, err := readCrossKey(keys[user], user, usage)
			if err != nil {
				continue
			}
			raw, err := key.and(vouched[subject{user, key.target()}], nil)
			if err != nil {
				return err
			}
			if usage == usageMaster {
				found.Master[user] = raw
			} else {
				found.SelfSigning[user] = raw
			}
		}
	}
	return nil
}

// claimFar takes one-time keys of devices of other homeservers.
func (d *Devices) claimFar(ctx context.Context, wait time.Duration, far map[string]map[string]map[string]string, claimed Claimed, failures map[string]json.RawMessage) {
	var mu sync.Mutex
	askEach(ctx, wait, far, failures, func(ctx context.Context, server string, part map[string]map[string]string) error {
		raw, err := d.remote.ClaimKeys(ctx, server, map[string]any{"one_time_keys": part})
		if err != nil {
			return err
		}
		var answer struct {
			Keys Claimed `json:"one_time_keys"`
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for user, devices := range part {
			for device, algorithm := range devices {
				for name, key := range answer.Keys[user][device] {
					if strings.HasPrefix(name, algorithm+":") && len(key) <= oneTimeSize {
						claimed.add(want{user, device, algorithm}, name, key)
					}
				}
			}
		}
		return nil
	})
}

// List is all devices of a person, as other homeservers ask for it (Matrix S-S API, GET /user/devices).
type List struct {
	UserID  string          `json:"user_id"`
	Stream  int64           `json:"stream_id"` // of the last m.device_list_update; 0 when there was none
	Devices []Listed        `json:"devices"`
	Master  json.RawMessage `json:"master_key,omitempty"`
	Self    json.RawMessage `json:"self_signing_key,omitempty"`
}

// Listed is one device.
type Listed struct {
	DeviceID string          `json:"device_id"`
	Keys     json.RawMessage `json:"keys"`
}

// List gives all devices of a person of this hub that have keys. What they are called is nobody's business elsewhere.
func (d *Devices) List(ctx context.Context, userID string) (*List, error) {
	list := &List{UserID: userID, Devices: []Listed{}}
	found := newFound()
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		err := tx.QueryRow(`SELECT COALESCE(MAX(stream), 0) FROM device_streams WHERE user_id = $1`, userID).Scan(&list.Stream)
		if err != nil {
			return err
		}
		return found.readTx(tx, "", []string{userID}, nil)
	})
	for device, keys := range found.Devices[userID] {
		list.Devices = append(list.Devices, Listed{device, keys})
	}
	list.Master, list.Self = found.Master[userID], found.SelfSigning[userID]
	return list, err
}
