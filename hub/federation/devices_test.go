package federation_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// signed is an object with a device's signature.
func signed(t *testing.T, c *nodetest.Client, key ed25519.PrivateKey, object nodetest.M) (out nodetest.M) {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = gomatrixserverlib.SignJSON(c.UserID, gomatrixserverlib.KeyID("ed25519:"+c.DeviceID), key, raw); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestKeysOfDevicesOfAnotherHub: they are asked for at the other hub, one-time keys are given once, and who cannot be reached is named.
func TestKeysOfDevicesOfAnotherHub(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	here, there := hubs[0], hubs[1]
	anna, boris := here.SignUp(t, here.FirstToken(t), "anna"), there.SignUp(t, there.FirstToken(t), "boris")
	const v3 = "/_matrix/client/v3"
	key := ed25519.NewKeyFromSeed([]byte("thirty-two bytes are one seed..."))
	id, public := "ed25519:"+boris.DeviceID, base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	boris.OK(t, "POST", v3+"/keys/upload", nodetest.M{
		"device_keys":   signed(t, boris, key, nodetest.M{"user_id": boris.UserID, "device_id": boris.DeviceID, "algorithms": []string{"m.olm"}, "keys": nodetest.M{id: public}}),
		"one_time_keys": nodetest.M{"signed_curve25519:A": signed(t, boris, key, nodetest.M{"key": "a"})},
	})
	ask := nodetest.M{"device_keys": nodetest.M{boris.UserID: []string{}, "@nobody:" + there.Name: []string{}, anna.UserID: []string{}}}
	found := anna.OK(t, "POST", v3+"/keys/query", ask)
	if found.Text("device_keys", boris.UserID, boris.DeviceID, "keys", id) != public || found.Value("failures", there.Name) != nil {
		t.Errorf("found %s", found.Raw)
	}
	if found.Value("device_keys", boris.UserID, boris.DeviceID, "unsigned") != nil {
		t.Error("the other hub is told what a device is called")
	}
	wish := nodetest.M{"one_time_keys": nodetest.M{boris.UserID: nodetest.M{boris.DeviceID: "signed_curve25519"}}}
	first, second := anna.OK(t, "POST", v3+"/keys/claim", wish), anna.OK(t, "POST", v3+"/keys/claim", wish)
	if first.Text("one_time_keys", boris.UserID, boris.DeviceID, "signed_curve25519:A", "key") != "a" || second.Value("one_time_keys", boris.UserID) != nil {
		t.Errorf("claimed %s, and then %s", first.Raw, second.Raw)
	}
	anna.Refused(t, "GET", "/_matrix/federation/v1/user/devices/"+url.PathEscape(boris.UserID), nil, 401, "M_UNAUTHORIZED")
	there.Stop(t)
	found = anna.OK(t, "POST", v3+"/keys/query", ask)
	if found.Value("failures", there.Name) == nil {
		t.Errorf("one that cannot be reached: %s", found.Raw)
	}
	if lost := anna.OK(t, "POST", v3+"/keys/claim", wish); lost.Value("failures", there.Name) == nil {
		t.Errorf("one that cannot be reached: %s", lost.Raw)
	}
}

// keyOf is a device's own key, drawn from its id.
func keyOf(c *nodetest.Client) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(c.UserID + c.DeviceID))
	return ed25519.NewKeyFromSeed(seed[:])
}

// equip has a device publish its keys.
func equip(t *testing.T, c *nodetest.Client) {
	t.Helper()
	key := keyOf(c)
	public := base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	c.OK(t, "POST", v3+"/keys/upload", nodetest.M{"device_keys": signed(t, c, key, nodetest.M{
		"user_id": c.UserID, "device_id": c.DeviceID, "algorithms": []string{"m.olm"}, "keys": nodetest.M{"ed25519:" + c.DeviceID: public},
	})})
}

// finds are the devices of somebody that a person finds, in order, and whether the person's hub had to be asked in vain.
func (s *seat) finds(t *testing.T, whom *seat) (devices []string, failed bool) {
	t.Helper()
	answer := s.OK(t, "POST", v3+"/keys/query", nodetest.M{"device_keys": nodetest.M{whom.UserID: []string{}}, "timeout": 10_000})
	found, _ := answer.Value("device_keys", whom.UserID).(map[string]any)
	failures, _ := answer.Value("failures").(map[string]any)
	return slices.Sorted(maps.Keys(found)), len(failures) > 0
}

// until reads what is new again and again, until one answer has it.
func (s *seat) until(t *testing.T, what string, holds func(news nodetest.Answer) bool) {
	t.Helper()
	for range 500 { // each waits half a second at the most, and brings one thing or many
		news := s.OK(t, "GET", v3+"/sync?timeout=500&since="+s.since, nil)
		s.since = news.Text("next_batch")
		if holds(news) {
			return
		}
	}
	t.Fatalf("%s: not heard of: %s", s.UserID, what)
}

// hearsOfDevices waits until it is told that somebody's devices changed.
func (s *seat) hearsOfDevices(t *testing.T, whom *seat) {
	t.Helper()
	s.until(t, "devices of "+whom.UserID, func(news nodetest.Answer) bool {
		return slices.Contains(news.List("device_lists", "changed"), any(whom.UserID))
	})
}

// another signs somebody in on one more device that encrypts.
func another(t *testing.T, hub *hubstest.Hub, whom *seat, name string) *seat {
	t.Helper()
	second := &seat{Client: hub.SignIn(t, whom.Client, name)}
	equip(t, second.Client)
	return second
}

// share has two people share a room of the first one's.
func share(t *testing.T, host, guest *seat) (room string) {
	t.Helper()
	room = host.OK(t, "POST", v3+"/createRoom", nodetest.M{"preset": "private_chat", "invite": []string{guest.UserID}}).Text("room_id")
	guest.OK(t, "POST", roomPath(room, "join"), nodetest.M{})
	return room
}

// TestDevicesOfTwoHubsKnowEachOther: whoever shares a channel hears at once of other devices, finds them also while the other hub is away, and hears
// of what changed meanwhile when it is back.
func TestDevicesOfTwoHubsKnowEachOther(t *testing.T) {
	here, there, anna, boris := pair(t)
	equip(t, anna.Client)
	equip(t, boris.Client)
	stranger := &seat{Client: here.SignUp(t, anna.Invite(t, anna.Organisation(t, "Ak ýol", "ngo", "TM"), "member"), "cyrus")}
	equip(t, stranger.Client)
	share(t, boris, anna)
	for _, s := range []*seat{stranger, anna, boris} {
		s.sync(t)
	}
	if got, _ := anna.finds(t, boris); !slices.Equal(got, []string{boris.DeviceID}) {
		t.Fatalf("anna finds %v of boris", got)
	}
	second := another(t, there, boris, "boris")
	anna.hearsOfDevices(t, boris)
	both := slices.Sorted(slices.Values([]string{boris.DeviceID, second.DeviceID}))
	if got, _ := anna.finds(t, boris); !slices.Equal(got, both) {
		t.Fatalf("anna finds %v of boris, want %v", got, both)
	}
	keptThere(t, anna, there, boris, both)
	anna.sync(t)          // what is told when a list is whole
	there.Front.Lead(nil) // nobody can be asked there
	if got, failed := anna.finds(t, boris); failed || !slices.Equal(got, both) {
		t.Errorf("while nobody can be asked, anna finds %v of boris, want %v", got, both)
	}
	third := another(t, here, anna, "anna")
	there.Front.Lead(there.Node.Handler())
	second.OK(t, "POST", v3+"/logout", nodetest.M{})
	anna.hearsOfDevices(t, boris)
	if got, failed := anna.finds(t, boris); failed || !slices.Equal(got, []string{boris.DeviceID}) {
		t.Errorf("after a device has left, anna finds %v of boris", got)
	}
	boris.hearsOfDevices(t, anna)
	if got, _ := boris.finds(t, anna); !slices.Contains(got, third.DeviceID) {
		t.Errorf("boris finds %v of anna, without %s", got, third.DeviceID)
	}
	if told := stranger.sync(t).List("device_lists", "changed"); slices.Contains(told, any(boris.UserID)) {
		t.Error("somebody who shares no channel is told of devices")
	}
}

// keptThere waits until somebody finds devices without their hub being asked. It must be there meanwhile: a list that is not whole is asked for.
func keptThere(t *testing.T, s *seat, there *hubstest.Hub, whom *seat, want []string) {
	t.Helper()
	var asked atomic.Int64
	there.Front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/user/keys/query") {
			asked.Add(1)
		}
		there.Node.Handler().ServeHTTP(w, r)
	}))
	s.until(t, "a list that is kept", func(nodetest.Answer) bool {
		before := asked.Load()
		got, failed := s.finds(t, whom)
		return asked.Load() == before && !failed && slices.Equal(got, want)
	})
}

// whispers sends words from device to all devices of somebody.
func (s *seat) whispers(t *testing.T, whom *seat, txn string, words ...string) {
	t.Helper()
	for i, word := range words {
		s.OK(t, "PUT", v3+"/sendToDevice/m.test/"+fmt.Sprint(txn, i), nodetest.M{"messages": nodetest.M{whom.UserID: nodetest.M{"*": nodetest.M{"word": word}}}})
	}
}

// isWhispered waits for words to a device, and fails for others, or the same twice.
func (s *seat) isWhispered(t *testing.T, from *seat, words ...string) {
	t.Helper()
	var got []string
	s.until(t, fmt.Sprint(words), func(news nodetest.Answer) bool {
		for _, one := range news.List("to_device", "events") {
			e := one.(map[string]any)
			if e["type"] != "m.test" || e["sender"] != from.UserID {
				t.Errorf("heard %v", e)
			}
			word, _ := e["content"].(map[string]any)["word"].(string)
			got = append(got, word)
		}
		return len(got) >= len(words)
	})
	if !slices.Equal(got, words) {
		t.Errorf("heard %v, want %v", got, words)
	}
}

// TestDevicesOfTwoHubsTalk: each word comes once and in order, also when it was sent twice, and when the other hub was away.
func TestDevicesOfTwoHubsTalk(t *testing.T) {
	_, there, anna, boris := pair(t)
	anna.sync(t)
	boris.sync(t)
	anna.whispers(t, boris, "first", "one", "two")
	anna.whispers(t, boris, "first", "one", "two") // the same transactions once more
	boris.isWhispered(t, anna, "one", "two")
	boris.whispers(t, anna, "back", "three")
	anna.isWhispered(t, boris, "three")
	there.Stop(t)
	var missed []string
	for i := range 120 { // more than one transaction holds
		missed = append(missed, fmt.Sprint("missed ", i))
	}
	anna.whispers(t, boris, "away", missed...)
	there.Start(t)
	boris.URL = there.URL
	boris.whispers(t, anna, "there", "four") // by which the other hub hears that this one is back
	anna.isWhispered(t, boris, "four")
	boris.isWhispered(t, anna, missed...)
}
