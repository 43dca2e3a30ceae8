package federation_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/url"
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
