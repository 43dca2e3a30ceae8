//go:build unix

package interop

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/node/nodetest"
)

// TestKeysAndDevices: what encryption between people of two servers stands on.
func TestKeysAndDevices(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		equips(t, ours)
		equips(t, theirs)
		for _, ends := range [][2]*person{{ours, theirs}, {theirs, ours}} {
			from, to := ends[0], ends[1]
			from.findsKeys(t, to)
			from.takesKey(t, to)
			from.whispers(t, to, "пичир "+from.UserID)
			to.isWhispered(t, from, "пичир "+from.UserID)
			meet(t, to, from, "devices")
			from.listen(t, 0)
			from.changed = nil
			another(t, to)
			from.noticesDevices(t, to, 2)
		}
	})
}

// equips publishes a device's keys, and two that are used once.
func equips(t *testing.T, p *person) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	once := nodetest.M{}
	for i := range 2 {
		once[fmt.Sprint("signed_curve25519:K", i)] = p.signedBy(t, key, nodetest.M{"key": fmt.Sprint("once", i, "of", p.UserID)})
	}
	p.OK(t, "POST", "/_matrix/client/v3/keys/upload", nodetest.M{"device_keys": p.deviceKeys(t, key), "one_time_keys": once})
}

func (p *person) deviceKeys(t *testing.T, key ed25519.PrivateKey) json.RawMessage {
	t.Helper()
	public := base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	return p.signedBy(t, key, nodetest.M{
		"user_id": p.UserID, "device_id": p.DeviceID, "algorithms": []string{"m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"},
		"keys": nodetest.M{"curve25519:" + p.DeviceID: public, "ed25519:" + p.DeviceID: public},
	})
}

func (p *person) signedBy(t *testing.T, key ed25519.PrivateKey, what nodetest.M) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := gomatrixserverlib.SignJSON(p.UserID, gomatrixserverlib.KeyID("ed25519:"+p.DeviceID), key, raw)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// findsKeys asks for somebody's devices.
func (p *person) findsKeys(t *testing.T, whom *person) {
	t.Helper()
	own := whom.queried(t, whom)
	if found := p.queried(t, whom); len(own) == 0 || !slices.Equal(found, own) {
		t.Errorf("%s finds %v as the keys of %s, who has %v", p.UserID, found, whom.UserID, own)
	}
}

// queried gives somebody's devices with their keys, as text to be compared.
func (p *person) queried(t *testing.T, whom *person) (all []string) {
	t.Helper()
	answer := p.OK(t, "POST", "/_matrix/client/v3/keys/query", nodetest.M{"device_keys": nodetest.M{whom.UserID: []string{}}, "timeout": 10000})
	devices, _ := answer.Value("device_keys", whom.UserID).(map[string]any)
	for id, device := range devices {
		keys, _ := device.(map[string]any)["keys"].(map[string]any)
		all = append(all, fmt.Sprint(id, keys))
	}
	slices.Sort(all)
	return all
}

// takesKey takes one of the keys that are used once, and then the other.
func (p *person) takesKey(t *testing.T, whom *person) {
	t.Helper()
	var taken []string
	for range 2 {
		answer := p.OK(t, "POST", "/_matrix/client/v3/keys/claim", nodetest.M{
			"one_time_keys": nodetest.M{whom.UserID: nodetest.M{whom.DeviceID: "signed_curve25519"}}, "timeout": 10000,
		})
		keys, _ := answer.Value("one_time_keys", whom.UserID, whom.DeviceID).(map[string]any)
		for id := range keys {
			taken = append(taken, id)
		}
	}
	slices.Sort(taken)
	if want := []string{"signed_curve25519:K0", "signed_curve25519:K1"}; !slices.Equal(taken, want) {
		t.Errorf("%s takes %v of %s, want %v", p.UserID, taken, whom.UserID, want)
	}
}

// whispers sends something from device to device.
func (p *person) whispers(t *testing.T, whom *person, what string) {
	t.Helper()
	path := "/_matrix/client/v3/sendToDevice/m.room_key_request/" + url.PathEscape(what)
	words := nodetest.M{"action": "request", "body": nodetest.M{}, "request_id": what, "requesting_device_id": p.DeviceID}
	p.OK(t, "PUT", path, nodetest.M{"messages": nodetest.M{whom.UserID: nodetest.M{whom.DeviceID: words}}})
}

// isWhispered waits for it.
func (p *person) isWhispered(t *testing.T, by *person, what string) {
	t.Helper()
	p.await(t, "what "+by.UserID+" whispers", func(e event) bool {
		return e.section == "to_device" && e.Sender == by.UserID && e.text("request_id") == what
	})
}

// another signs somebody in on one more device that encrypts.
func another(t *testing.T, whom *person) {
	t.Helper()
	second := newPerson(&nodetest.Client{URL: whom.URL, UserID: whom.UserID})
	signIn := second.OK(t, "POST", "/_matrix/client/v3/login", nodetest.M{
		"type": "m.login.password", "identifier": nodetest.M{"type": "m.id.user", "user": whom.UserID}, "password": nodetest.Passphrase,
	})
	second.Token, second.DeviceID = signIn.Text("access_token"), signIn.Text("device_id")
	equips(t, second)
}

// noticesDevices waits for word that somebody's devices changed, and until so many are found.
func (p *person) noticesDevices(t *testing.T, whom *person, count int) {
	t.Helper()
	for end := time.Now().Add(patience); !slices.Contains(p.changed, whom.UserID); p.listen(t, 5*time.Second) {
		if time.Now().After(end) {
			t.Fatalf("%s does not notice that %s has another device", p.UserID, whom.UserID)
		}
	}
	// The word may come in two parts: of the device, and of its keys.
	for end := time.Now().Add(patience); len(p.queried(t, whom)) != count; p.listen(t, time.Second) {
		if time.Now().After(end) {
			t.Fatalf("%s finds %v of %s", p.UserID, p.queried(t, whom), whom.UserID)
		}
	}
	p.changed = nil
}

// TestDevicesWhileDendriteIsAway: what was sent to a device, and that there is another, comes when it is back.
func TestDevicesWhileDendriteIsAway(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := acquainted(t, p)
		p.dendrite.stop(t)
		ours.whispers(t, theirs, "дар набуди ту")
		another(t, ours)
		p.dendrite.start(t)
		theirs.isWhispered(t, ours, "дар набуди ту")
		theirs.noticesDevices(t, ours, 2)
	})
}

// TestDevicesWhileTheHubIsAway is the same with the hub stopped.
func TestDevicesWhileTheHubIsAway(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := acquainted(t, p)
		p.hub.Stop(t)
		theirs.whispers(t, ours, "дар набуди ту")
		another(t, theirs)
		p.hub.again(t, ours)
		// Dendrite tries ever more seldom, unless it hears of the hub.
		ours.whispers(t, theirs, "инҷоям")
		theirs.isWhispered(t, ours, "инҷоям")
		ours.isWhispered(t, theirs, "дар набуди ту")
		ours.noticesDevices(t, theirs, 2)
	})
}

// acquainted are two people of two servers who share a channel and have found each other's devices.
func acquainted(t *testing.T, p pair) (ours, theirs *person) {
	t.Helper()
	ours, theirs = p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
	equips(t, ours)
	equips(t, theirs)
	meet(t, theirs, ours, "devices")
	ours.findsKeys(t, theirs)
	theirs.findsKeys(t, ours)
	for _, who := range []*person{ours, theirs} {
		who.listen(t, 0)
		who.changed = nil
	}
	return ours, theirs
}
