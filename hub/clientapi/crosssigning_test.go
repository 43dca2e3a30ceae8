package clientapi_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"testing"

	"panah/hub/node/nodetest"
)

// crossKeys are the cross-signing keys of a person.
type crossKeys struct {
	master, self, user ed25519.PrivateKey
}

func newCrossKeys(from string) crossKeys {
	return crossKeys{drawn("master" + from), drawn("self" + from), drawn("user" + from)}
}

func crossKey(user, usage string, key ed25519.PrivateKey) M {
	return M{"user_id": user, "usage": []string{usage}, "keys": M{"ed25519:" + publicPart(key): publicPart(key)}}
}

// all is what is uploaded.
func (k crossKeys) all(t testing.TB, user string) M {
	by := "ed25519:" + publicPart(k.master)
	return M{
		"master_key":       crossKey(user, "master", k.master),
		"self_signing_key": sign(t, crossKey(user, "self_signing", k.self), user, by, k.master),
		"user_signing_key": sign(t, crossKey(user, "user_signing", k.user), user, by, k.master),
	}
}

const (
	crossPath = v3 + "/keys/device_signing/upload"
	vouchPath = v3 + "/keys/signatures/upload"
)

// TestCrossSigning: the first keys need no proof, the same ones neither; others need the passphrase.
func TestCrossSigning(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		own := newPhone(colleague(t, hub, steward, "parvina"))
		own.upload(t)
		keys := newCrossKeys("1")
		wrong := keys.all(t, own.UserID)
		wrong["self_signing_key"] = sign(t, crossKey(own.UserID, "self_signing", keys.self), own.UserID, "ed25519:"+publicPart(keys.user), keys.user)
		own.Refused(t, "POST", crossPath, wrong, http.StatusBadRequest, "M_INVALID_SIGNATURE")
		own.Refused(t, "POST", crossPath, M{"master_key": crossKey(steward.UserID, "master", keys.master)}, http.StatusBadRequest, "M_INVALID_PARAM")
		own.Refused(t, "POST", crossPath, M{"self_signing_key": wrong["self_signing_key"]}, http.StatusBadRequest, "M_INVALID_PARAM")
		own.OK(t, "POST", crossPath, keys.all(t, own.UserID))
		own.OK(t, "POST", crossPath, keys.all(t, own.UserID))
		others := newCrossKeys("2").all(t, own.UserID)
		asked := own.Do(t, "POST", crossPath, others)
		if asked.Status != http.StatusUnauthorized || asked.Text("session") == "" {
			t.Fatalf("others without a proof: %d %s", asked.Status, asked.Raw)
		}
		found := steward.OK(t, "POST", v3+"/keys/query", M{"device_keys": M{own.UserID: []string{}}})
		if found.Text("master_keys", own.UserID, "keys", "ed25519:"+publicPart(keys.master)) == "" || found.Value("user_signing_keys", own.UserID) != nil {
			t.Errorf("others find %s", found.Raw)
		}
		others["auth"] = M{"type": "m.login.password", "session": asked.Text("session"), "password": nodetest.Passphrase,
			"identifier": M{"type": "m.id.user", "user": own.UserID}}
		own.OK(t, "POST", crossPath, others)
		found = own.OK(t, "POST", v3+"/keys/query", M{"device_keys": M{own.UserID: []string{}}})
		if found.Text("master_keys", own.UserID, "keys", "ed25519:"+publicPart(keys.master)) != "" || found.Value("user_signing_keys", own.UserID) == nil {
			t.Errorf("the owner finds %s", found.Raw)
		}
	})
}

// TestVouching: who signed what is shown to those whom it concerns, and forged signatures are refused one by one.
func TestVouching(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		own, ann := newPhone(steward), newPhone(colleague(t, hub, steward, "parvina"))
		mine, theirs := newCrossKeys("mine"), newCrossKeys("theirs")
		own.upload(t)
		ann.upload(t)
		own.OK(t, "POST", crossPath, mine.all(t, own.UserID))
		ann.OK(t, "POST", crossPath, theirs.all(t, ann.UserID))
		self, user := "ed25519:"+publicPart(mine.self), "ed25519:"+publicPart(mine.user)
		_, since := ann.sync(t, "")
		master := publicPart(theirs.master)
		answer := own.OK(t, "POST", vouchPath, M{
			own.UserID: M{
				own.DeviceID:            sign(t, own.keys(t), own.UserID, self, mine.self),
				publicPart(mine.master): sign(t, crossKey(own.UserID, "master", mine.master), own.UserID, own.keyID(), own.key),
				"NONE":                  own.keys(t),
			},
			ann.UserID: M{master: sign(t, crossKey(ann.UserID, "master", theirs.master), own.UserID, user, mine.user)},
		})
		if answer.Text("failures", own.UserID, "NONE", "errcode") != "M_NOT_FOUND" || len(answer.Value("failures").(map[string]any)) != 1 {
			t.Errorf("failures: %s", answer.Raw)
		}
		forged := own.OK(t, "POST", vouchPath, M{ann.UserID: M{master: sign(t, crossKey(ann.UserID, "master", theirs.master), own.UserID, user, mine.self)}})
		if forged.Text("failures", ann.UserID, master, "errcode") != "M_INVALID_SIGNATURE" {
			t.Errorf("forged: %s", forged.Raw)
		}
		other := crossKey(ann.UserID, "master", theirs.master)
		other["more"] = "said"
		other = sign(t, other, own.UserID, user, mine.user)
		if swapped := own.OK(t, "POST", vouchPath, M{ann.UserID: M{master: other}}); swapped.Text("failures", ann.UserID, master, "errcode") != "M_INVALID_SIGNATURE" {
			t.Errorf("another object under the same name: %s", swapped.Raw)
		}
		ask := M{"device_keys": M{own.UserID: []string{}, ann.UserID: []string{}}}
		seen := own.OK(t, "POST", v3+"/keys/query", ask)
		if seen.Text("device_keys", own.UserID, own.DeviceID, "signatures", own.UserID, self) == "" ||
			seen.Text("device_keys", own.UserID, own.DeviceID, "signatures", own.UserID, own.keyID()) == "" ||
			seen.Text("master_keys", own.UserID, "signatures", own.UserID, own.keyID()) == "" ||
			seen.Text("master_keys", ann.UserID, "signatures", own.UserID, user) == "" {
			t.Errorf("the signer sees %s", seen.Raw)
		}
		seen = ann.OK(t, "POST", v3+"/keys/query", ask)
		if seen.Text("device_keys", own.UserID, own.DeviceID, "signatures", own.UserID, self) == "" || seen.Value("master_keys", ann.UserID, "signatures", own.UserID) != nil {
			t.Errorf("somebody else sees %s", seen.Raw)
		}
		told, _ := ann.sync(t, since)
		if got := fmt.Sprint(told.List("device_lists", "changed")); got != "["+own.UserID+"]" {
			t.Errorf("told: %s", got)
		}
	})
}
