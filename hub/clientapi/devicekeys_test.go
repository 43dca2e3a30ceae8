package clientapi_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/node/nodetest"
)

// phone is a device that signs.
type phone struct {
	*nodetest.Client
	key ed25519.PrivateKey
}

// newPhone gives a device a key, which is drawn from its id.
func newPhone(c *nodetest.Client) *phone {
	return &phone{c, drawn(c.UserID + c.DeviceID)}
}

func drawn(from string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, from)
	copy(seed[16:], from[max(0, len(from)-16):])
	return ed25519.NewKeyFromSeed(seed)
}

func publicPart(key ed25519.PrivateKey) string {
	return base64.RawStdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

// sign gives an object with somebody's signature.
func sign(t testing.TB, object M, signer, keyID string, key ed25519.PrivateKey) M {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = gomatrixserverlib.SignJSON(signer, gomatrixserverlib.KeyID(keyID), key, raw); err != nil {
		t.Fatal(err)
	}
	var out M
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *phone) keyID() string { return "ed25519:" + p.DeviceID }

// keys are what the device says of itself.
func (p *phone) keys(t testing.TB) M {
	return sign(t, M{"user_id": p.UserID, "device_id": p.DeviceID, "algorithms": []string{"m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"},
		"keys": M{p.keyID(): publicPart(p.key), "curve25519:" + p.DeviceID: publicPart(drawn("curve" + p.DeviceID))}}, p.UserID, p.keyID(), p.key)
}

// once makes a one-time key.
func (p *phone) once(t testing.TB, content string) M {
	return sign(t, M{"key": content}, p.UserID, p.keyID(), p.key)
}

// upload says of the device what it must, with one-time keys of these names.
func (p *phone) upload(t testing.TB, once ...string) nodetest.Answer {
	t.Helper()
	keys := M{}
	for _, name := range once {
		keys["signed_curve25519:"+name] = p.once(t, "key "+name)
	}
	return p.OK(t, "POST", v3+"/keys/upload", M{"device_keys": p.keys(t), "one_time_keys": keys})
}

// sync asks after a token, without waiting, and gives the answer with the next token.
func (p *phone) sync(t testing.TB, since string) (nodetest.Answer, string) {
	t.Helper()
	answer := p.OK(t, "GET", v3+"/sync?set_presence=offline&since="+url.QueryEscape(since), nil)
	return answer, answer.Text("next_batch")
}

func TestKeysOfADevice(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		own, other := newPhone(colleague(t, hub, steward, "parvina")), newPhone(steward)
		if got := own.upload(t, "A", "B").Value("one_time_key_counts", "signed_curve25519"); got != 2.0 {
			t.Errorf("counted %v keys", got)
		}
		found := other.OK(t, "POST", v3+"/keys/query", M{"device_keys": M{own.UserID: []string{}}})
		if found.Text("device_keys", own.UserID, own.DeviceID, "keys", own.keyID()) != publicPart(own.key) {
			t.Errorf("found %s", found.Raw)
		}
		if found.Value("device_keys", own.UserID, own.DeviceID, "unsigned") != nil {
			t.Error("others are told what a device is called")
		}
		if none := other.OK(t, "POST", v3+"/keys/query", M{"device_keys": M{own.UserID: []string{"OTHER"}}}); none.Value("device_keys", own.UserID, own.DeviceID) != nil {
			t.Errorf("another device was asked for, and found %s", none.Raw)
		}
		if got, _ := own.sync(t, ""); got.Value("device_one_time_keys_count", "signed_curve25519") != 2.0 {
			t.Errorf("sync: %v", got.Value("device_one_time_keys_count"))
		}
	})
}

func TestKeysThatAreRefused(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		p, thief := newPhone(steward), newPhone(colleague(t, hub, steward, "parvina"))
		refuse := func(name string, body M, errcode string) {
			t.Helper()
			if answer := p.Do(t, "POST", v3+"/keys/upload", body); answer.Status != http.StatusBadRequest || answer.Text("errcode") != errcode {
				t.Errorf("%s: %d %s", name, answer.Status, answer.Raw)
			}
		}
		refuse("somebody else's", M{"device_keys": thief.keys(t)}, "M_INVALID_PARAM")
		forged := p.keys(t)
		forged["algorithms"] = []string{"m.olm.v1.curve25519-aes-sha2"}
		refuse("not what was signed", M{"device_keys": forged}, "M_INVALID_SIGNATURE")
		refuse("one-time keys of nobody known", M{"one_time_keys": M{"signed_curve25519:A": p.once(t, "a")}}, "M_INVALID_PARAM")
		p.upload(t, "A")
		refuse("another key of the same name", M{"one_time_keys": M{"signed_curve25519:A": p.once(t, "another")}}, "M_INVALID_PARAM")
		p.upload(t, "A") // the same once more
		refuse("signed by another", M{"one_time_keys": M{"signed_curve25519:B": thief.once(t, "b")}}, "M_INVALID_SIGNATURE")
		refuse("a name without an algorithm", M{"one_time_keys": M{"B": p.once(t, "b")}}, "M_INVALID_PARAM")
		refuse("too large", M{"one_time_keys": M{"signed_curve25519:B": p.once(t, string(make([]byte, 3000)))}}, "M_BAD_JSON")
		many := M{}
		for i := range 501 {
			many[fmt.Sprintf("curve25519:%d", i)] = "x"
		}
		refuse("too many", M{"one_time_keys": many}, "M_INVALID_PARAM")
		delete(many, "curve25519:0")
		refuse("too many with those that are there", M{"one_time_keys": many}, "M_INVALID_PARAM")
	})
}

// TestOneTimeKeysAreGivenOnce has many ask at the same time: each key goes out once, the oldest first, and then the fallback key.
func TestOneTimeKeysAreGivenOnce(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		p := newPhone(steward)
		var names []string
		for i := range 20 {
			names = append(names, fmt.Sprintf("K%02d", i))
		}
		p.upload(t, names...)
		fallback := M{"signed_curve25519:F": sign(t, M{"key": "f", "fallback": true}, p.UserID, p.keyID(), p.key)}
		p.OK(t, "POST", v3+"/keys/upload", M{"fallback_keys": fallback})
		wish := M{"one_time_keys": M{p.UserID: M{p.DeviceID: "signed_curve25519", "NONE": "signed_curve25519"}}}
		var mu sync.Mutex
		var given []string
		var all sync.WaitGroup
		for range 25 {
			all.Go(func() {
				answer := p.Do(t, "POST", v3+"/keys/claim", wish)
				keys, _ := answer.Value("one_time_keys", p.UserID, p.DeviceID).(map[string]any)
				mu.Lock()
				defer mu.Unlock()
				for name := range keys {
					given = append(given, name)
				}
			})
		}
		all.Wait()
		slices.Sort(given)
		if got := len(slices.Compact(slices.Clone(given))); len(given) != 25 || got != 21 || given[4] != "signed_curve25519:F" || given[5] != "signed_curve25519:K00" {
			t.Errorf("given: %v", given)
		}
		answer, _ := p.sync(t, "")
		if left := answer.Value("device_one_time_keys_count", "signed_curve25519"); left != 0.0 || len(answer.List("device_unused_fallback_key_types")) != 0 {
			t.Errorf("left %v, unused %v", left, answer.List("device_unused_fallback_key_types"))
		}
		fallback = M{"signed_curve25519:G": sign(t, M{"key": "g", "fallback": true}, p.UserID, p.keyID(), p.key)}
		p.OK(t, "POST", v3+"/keys/upload", M{"fallback_keys": fallback})
		if answer, _ = p.sync(t, ""); len(answer.List("device_unused_fallback_key_types")) != 1 {
			t.Errorf("a new fallback key is not counted as unused: %s", answer.Raw)
		}
	})
}

// TestMessagesToDevices: each is told until the device comes back from behind it, once for each transaction id, and more than a page in order.
func TestMessagesToDevices(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ann := colleague(t, hub, steward, "parvina")
		first, second := newPhone(ann), newPhone(hub.SignIn(t, hub.Nobody(), "parvina"))
		_, since := first.sync(t, "")
		send := func(txn string, content M) {
			steward.OK(t, "PUT", v3+"/sendToDevice/m.test/"+txn, M{"messages": M{ann.UserID: content, "@nobody:hub.test": M{"*": M{}}}})
		}
		send("1", M{"*": M{"n": 1}, "UNKNOWN": M{}})
		send("1", M{"*": M{"n": 1}})
		for range 2 {
			answer, _ := first.sync(t, since)
			if events := answer.List("to_device", "events"); len(events) != 1 || fmt.Sprint(events[0]) != "map[content:map[n:1] sender:"+steward.UserID+" type:m.test]" {
				t.Fatalf("before it was acknowledged: %v", events)
			}
		}
		_, since = first.sync(t, since)
		if answer, _ := first.sync(t, since); len(answer.List("to_device", "events")) != 0 {
			t.Errorf("after it was acknowledged: %v", answer.List("to_device", "events"))
		}
		if answer, _ := second.sync(t, ""); len(answer.List("to_device", "events")) != 1 {
			t.Errorf("the second device: %s", answer.Raw)
		}
		for i := range 150 {
			send(fmt.Sprint("more", i), M{first.DeviceID: M{"n": float64(i)}})
		}
		var got []any
		for range 3 {
			var answer nodetest.Answer
			answer, since = first.sync(t, since)
			got = append(got, answer.List("to_device", "events")...)
		}
		for i, event := range got {
			if n := event.(map[string]any)["content"].(map[string]any)["n"]; n != float64(i) {
				t.Fatalf("at %d stands %v", i, n)
			}
		}
		if len(got) != 150 {
			t.Errorf("got %d of 150", len(got))
		}
		steward.Refused(t, "PUT", v3+"/sendToDevice/m.test/x", M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		steward.Refused(t, "PUT", v3+"/sendToDevice/m.test/x", M{"messages": M{ann.UserID: M{"*": 7}}}, http.StatusBadRequest, "M_BAD_JSON")
	})
}

// TestASyncIsWokenByDevices: one that waits is answered at once when a device sends something, and when somebody's keys change.
func TestASyncIsWokenByDevices(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ann, own := newPhone(colleague(t, hub, steward, "parvina")), newPhone(steward)
		room := own.OK(t, "POST", v3+"/createRoom", M{"preset": "public_chat"}).Text("room_id")
		ann.OK(t, "POST", v3+"/join/"+room, M{})
		own.upload(t, "A")
		_, since := own.sync(t, "")
		waited := make(chan nodetest.Answer, 1)
		wait := func() {
			go func() {
				waited <- own.Do(t, "GET", v3+"/sync?set_presence=offline&timeout=25000&since="+url.QueryEscape(since), nil)
			}()
		}
		wait()
		ann.upload(t, "A")
		answer := <-waited
		if lists := answer.List("device_lists", "changed"); len(lists) != 1 || lists[0] != ann.UserID {
			t.Errorf("changed: %s", answer.Raw)
		}
		since = answer.Text("next_batch")
		wait()
		ann.OK(t, "PUT", v3+"/sendToDevice/m.test/1", M{"messages": M{own.UserID: M{own.DeviceID: M{}}}})
		if answer = <-waited; len(answer.List("to_device", "events")) != 1 {
			t.Errorf("sent: %s", answer.Raw)
		}
	})
}

// TestDeviceLists: whoever shares a channel with somebody is told that their devices changed, and when they begin and cease to share one.
func TestDeviceLists(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		own, ann, far := newPhone(colleague(t, hub, steward, "ours")), newPhone(colleague(t, hub, steward, "parvina")), newPhone(colleague(t, hub, steward, "far"))
		own.upload(t, "A")
		_, since := own.sync(t, "")
		begin := since
		lists := func(what, changed, left string) {
			t.Helper()
			var answer nodetest.Answer
			answer, since = own.sync(t, since)
			if got := fmt.Sprint(answer.List("device_lists", "changed"), answer.List("device_lists", "left")); got != changed+" "+left {
				t.Errorf("%s: got %s, want %s %s", what, got, changed, left)
			}
		}
		far.OK(t, "POST", v3+"/logout", M{})
		lists("nothing", "[]", "[]")
		leaveShared(t, own, ann)
		lists("they share no channel", "[]", "["+ann.UserID+"]")
		ann.upload(t, "A")
		lists("keys of a stranger", "[]", "[]")
		room := own.OK(t, "POST", v3+"/createRoom", M{"preset": "public_chat"}).Text("room_id")
		ann.OK(t, "POST", v3+"/join/"+room, M{})
		lists("they share a channel", "["+ann.UserID+"]", "[]")
		ann.OK(t, "PUT", v3+"/profile/"+ann.UserID+"/displayname", M{"displayname": "Парвина"})
		lists("another name", "[]", "[]")
		second := newPhone(hub.SignIn(t, hub.Nobody(), "parvina"))
		second.upload(t, "A")
		lists("a second device", "["+ann.UserID+"]", "[]")
		second.upload(t, "A")
		lists("the same again", "[]", "[]")
		second.OK(t, "POST", v3+"/logout", M{})
		lists("the second device is gone", "["+ann.UserID+"]", "[]")
		if found := own.OK(t, "POST", v3+"/keys/query", M{"device_keys": M{ann.UserID: []string{}}}); found.Value("device_keys", ann.UserID, second.DeviceID) != nil {
			t.Errorf("the keys of the second device are still there: %s", found.Raw)
		}
		changes := own.OK(t, "GET", v3+"/keys/changes?from="+url.QueryEscape(begin)+"&to="+url.QueryEscape(since), nil)
		if got := fmt.Sprint(changes.List("changed")); got != "["+ann.UserID+"]" {
			t.Errorf("changes: %s", changes.Raw)
		}
		own.Refused(t, "GET", v3+"/keys/changes?from=x&to=y", nil, http.StatusBadRequest, "M_UNKNOWN_POS")
		ann.OK(t, "POST", v3+"/rooms/"+room+"/leave", M{})
		lists("they share no channel any more", "[]", "["+ann.UserID+"]")
	})
}

// leaveShared has somebody leave all that they share with another.
func leaveShared(t testing.TB, one, other *phone) {
	t.Helper()
	theirs := other.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms")
	for _, room := range one.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms") {
		if slices.Contains(theirs, room) {
			other.OK(t, "POST", v3+"/rooms/"+room.(string)+"/leave", M{})
		}
	}
}
