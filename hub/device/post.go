package device

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"panah/hub/store"
)

// The kinds of what homeservers tell each other of devices (Matrix S-S API, "Send-to-device messaging", "Device Management", "End-to-End
// Encryption").
const (
	TypeToDevice = "m.direct_to_device"
	TypeList     = "m.device_list_update"
	TypeSigning  = "m.signing_key_update"
)

// Post has another homeserver be sent something, as soon as it can be reached. Of one key only the newest is kept.
type Post func(tx *store.Tx, server, key, kind string, content any) error

// pieceSize is how many bytes of contents go together; a content that is larger goes alone.
const pieceSize = 32 << 10

// toDevice is the content of m.direct_to_device.
type toDevice struct {
	Sender   string   `json:"sender"`
	Type     string   `json:"type"`
	ID       string   `json:"message_id"`
	Messages Messages `json:"messages"`
}

// listUpdate is the content of m.device_list_update.
type listUpdate struct {
	UserID   string          `json:"user_id"`
	DeviceID string          `json:"device_id"`
	Stream   int64           `json:"stream_id"`
	Previous []int64         `json:"prev_id"`
	Deleted  bool            `json:"deleted,omitempty"`
	Keys     json.RawMessage `json:"keys,omitempty"`
}

// signingUpdate is the content of m.signing_key_update.
type signingUpdate struct {
	UserID string          `json:"user_id"`
	Master json.RawMessage `json:"master_key,omitempty"`
	Self   json.RawMessage `json:"self_signing_key,omitempty"`
}

// postMessagesTx has messages be sent to the servers of people elsewhere. name is what no other sending of the same person is called. Of one
// sender at most inboxMost pieces wait for one server: the oldest make room.
func (d *Devices) postMessagesTx(tx *store.Tx, sender, kind, name string, far map[string]map[string]map[string]json.RawMessage) error {
	if d.post == nil {
		return nil
	}
	for _, server := range slices.Sorted(maps.Keys(far)) {
		for _, piece := range pieces(far[server]) {
			var count int64
			err := tx.QueryRow(`INSERT INTO device_posts (user_id, server, count) VALUES ($1, $2, 1)
				ON CONFLICT (user_id, server) DO UPDATE SET count = device_posts.count + 1 RETURNING count`, sender, server).Scan(&count)
			if err != nil {
				return fmt.Errorf("count messages to devices: %w", err)
			}
			hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", name, server, count))
			content := toDevice{sender, kind, base64.RawURLEncoding.EncodeToString(hash[:18]), piece}
			key := fmt.Sprintf("%s %s %d", TypeToDevice, sender, count%inboxMost)
			if err := d.post(tx, server, key, TypeToDevice, content); err != nil {
				return fmt.Errorf("queue messages to devices: %w", err)
			}
		}
	}
	return nil
}

// pieces parts messages so that no part is much larger than what other servers take at once.
func pieces(all Messages) (parts []Messages) {
	size := pieceSize
	for _, user := range slices.Sorted(maps.Keys(all)) {
		for _, device := range slices.Sorted(maps.Keys(all[user])) {
			content := all[user][device]
			if size += len(content); len(parts) == 0 || size > pieceSize {
				parts, size = append(parts, Messages{}), len(content)
			}
			part := parts[len(parts)-1]
			if part[user] == nil {
				part[user] = map[string]json.RawMessage{}
			}
			part[user][device] = content
		}
	}
	return parts
}

// postDevicesTx tells the servers that share a channel with a person of some of the person's devices. It is counted also when there is
// nobody to be told: who knew an earlier list, and hears of the next change alone, knows that something is missing.
func (d *Devices) postDevicesTx(tx *store.Tx, userID string, devices []string) error {
	if len(devices) == 0 {
		return nil
	}
	var last int64
	err := tx.QueryRow(`INSERT INTO device_streams (user_id, stream) VALUES ($1, $2)
		ON CONFLICT (user_id) DO UPDATE SET stream = device_streams.stream + excluded.stream RETURNING stream`, userID, len(devices)).Scan(&last)
	if err != nil {
		return fmt.Errorf("count updates of devices: %w", err)
	}
	servers, err := d.sharingTx(tx, userID)
	if err != nil || len(servers) == 0 {
		return err
	}
	found := newFound()
	if err := found.readTx(tx, "", []string{userID}, nil); err != nil {
		return err
	}
	for i, device := range devices {
		keys, stream := found.Devices[userID][device], last-int64(len(devices)-1-i)
		update := listUpdate{UserID: userID, DeviceID: device, Stream: stream, Previous: []int64{}, Keys: keys, Deleted: keys == nil}
		if stream > 1 {
			update.Previous = []int64{stream - 1}
		}
		if err := d.postEachTx(tx, servers, TypeList+" "+userID+" "+device, TypeList, update); err != nil {
			return err
		}
	}
	return nil
}

// postCrossTx tells the same servers of the person's cross-signing keys.
func (d *Devices) postCrossTx(tx *store.Tx, userID string) error {
	servers, err := d.sharingTx(tx, userID)
	if err != nil || len(servers) == 0 {
		return err
	}
	found := newFound()
	if err := found.readTx(tx, "", []string{userID}, nil); err != nil {
		return err
	}
	update := signingUpdate{userID, found.Master[userID], found.SelfSigning[userID]}
	return d.postEachTx(tx, servers, TypeSigning+" "+userID, TypeSigning, update)
}

func (d *Devices) postEachTx(tx *store.Tx, servers []string, key, kind string, content any) error {
	for _, server := range servers {
		if err := d.post(tx, server, key, kind, content); err != nil {
			return fmt.Errorf("queue what changed of devices: %w", err)
		}
	}
	return nil
}

// sharingTx are the other homeservers whose people share a channel with somebody.
func (d *Devices) sharingTx(tx *store.Tx, userID string) ([]string, error) {
	if d.post == nil {
		return nil, nil
	}
	users, err := store.Column(tx, `SELECT DISTINCT theirs.user_id FROM memberships mine JOIN memberships theirs ON theirs.room_id = mine.room_id
		WHERE mine.user_id = $1 AND mine.membership = 'join' AND theirs.membership = 'join' AND theirs.user_id NOT LIKE $2 ESCAPE '\'`, userID, d.ofHere())
	if err != nil {
		return nil, err
	}
	servers := map[string]bool{}
	for _, user := range users {
		servers[serverOf(user)] = true
	}
	return slices.Sorted(maps.Keys(servers)), nil
}

// ofHere is the pattern of the ids of this hub's people.
func (d *Devices) ofHere() string { return ofServer(d.own) }

// ofServer is what LIKE finds all people of a server by.
func ofServer(server string) string {
	return "@%:" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(server)
}
