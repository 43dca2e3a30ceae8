package clientapi_test

import (
	"net/http"
	"testing"

	"panah/hub/node/nodetest"
)

func backedUp(first, forwarded int, verified bool) M {
	return M{"first_message_index": first, "forwarded_count": forwarded, "is_verified": verified, "session_data": M{"ciphertext": "…"}}
}

// TestKeyBackup goes through what clients do with a backup.
func TestKeyBackup(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		const versions, keys = v3 + "/room_keys/version", v3 + "/room_keys/keys"
		info := M{"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": M{"public_key": "abc"}}
		steward.Refused(t, "GET", versions, nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "POST", versions, M{"algorithm": "a", "auth_data": "none"}, http.StatusBadRequest, "M_INVALID_PARAM")
		if got := steward.OK(t, "POST", versions, info).Text("version"); got != "1" {
			t.Errorf("the first version is %s", got)
		}
		kept := steward.OK(t, "PUT", keys+"?version=1", M{"rooms": M{"!a:hub.test": M{"sessions": M{"s1": backedUp(5, 1, false), "s2": backedUp(0, 0, true)}}}})
		if kept.Value("count") != 2.0 || kept.Text("etag") == "" {
			t.Errorf("kept: %s", kept.Raw)
		}
		again := steward.OK(t, "PUT", keys+"/!a:hub.test/s1?version=1", backedUp(5, 1, false))
		if again.Text("etag") != kept.Text("etag") {
			t.Errorf("the same key changed the backup: %s, %s", kept.Raw, again.Raw)
		}
		steward.OK(t, "PUT", keys+"/!b:hub.test?version=1", M{"sessions": M{"s3": backedUp(1, 0, false)}})
		if now := steward.OK(t, "GET", versions, nil); now.Value("count") != 3.0 || now.Text("version") != "1" || now.Text("auth_data", "public_key") != "abc" || now.Text("etag") == kept.Text("etag") {
			t.Errorf("the backup: %s", now.Raw)
		}
		if all := steward.OK(t, "GET", keys+"?version=1", nil); all.Value("rooms", "!a:hub.test", "sessions", "s2", "is_verified") != true || all.Value("rooms", "!b:hub.test", "sessions", "s3") == nil {
			t.Errorf("all: %s", all.Raw)
		}
		if one := steward.OK(t, "GET", keys+"/!a:hub.test?version=1", nil); one.Value("sessions", "s1", "first_message_index") != 5.0 {
			t.Errorf("one channel: %s", one.Raw)
		}
		if none := steward.OK(t, "GET", keys+"/!c:hub.test?version=1", nil); none.Value("sessions") == nil {
			t.Errorf("a channel without keys: %s", none.Raw)
		}
		steward.Refused(t, "GET", keys+"/!a:hub.test/s9?version=1", nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "GET", keys, nil, http.StatusBadRequest, "M_MISSING_PARAM")
		steward.Refused(t, "PUT", keys+"/!a:hub.test/s9?version=1", M{"first_message_index": -1, "session_data": M{}}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.OK(t, "PUT", versions+"/1", M{"algorithm": info["algorithm"], "auth_data": M{"public_key": "def"}, "version": "1"})
		steward.Refused(t, "PUT", versions+"/1", M{"algorithm": "other", "auth_data": M{}}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.Refused(t, "PUT", versions+"/1", M{"algorithm": info["algorithm"], "auth_data": M{}, "version": "2"}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.OK(t, "POST", versions, info)
		old := steward.Refused(t, "PUT", keys+"/!a:hub.test/s9?version=1", backedUp(0, 0, true), http.StatusForbidden, "M_WRONG_ROOM_KEYS_VERSION")
		if old.Text("current_version") != "2" {
			t.Errorf("an old backup: %s", old.Raw)
		}
		if left := steward.OK(t, "DELETE", keys+"/!a:hub.test/s1?version=1", nil); left.Value("count") != 2.0 {
			t.Errorf("after one was deleted: %s", left.Raw)
		}
		if left := steward.OK(t, "DELETE", keys+"/!a:hub.test?version=1", nil); left.Value("count") != 1.0 {
			t.Errorf("after a channel was deleted: %s", left.Raw)
		}
		if left := steward.OK(t, "DELETE", keys+"?version=1", nil); left.Value("count") != 0.0 {
			t.Errorf("after all were deleted: %s", left.Raw)
		}
		steward.OK(t, "DELETE", versions+"/2", nil)
		if now := steward.OK(t, "GET", versions, nil); now.Text("version") != "1" {
			t.Errorf("after the newest was deleted: %s", now.Raw)
		}
		if got := steward.OK(t, "POST", versions, info).Text("version"); got != "3" {
			t.Errorf("a number was used twice: %s", got)
		}
		own := colleague(t, hub, steward, "parvina")
		own.Refused(t, "GET", versions+"/1", nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}

// TestBetterKeysStay: verified before not, then what opens more, then what went through fewer hands.
func TestBetterKeysStay(t *testing.T) {
	eachHub(t, func(t *testing.T, _ *nodetest.Hub, steward *nodetest.Client) {
		steward.OK(t, "POST", v3+"/room_keys/version", M{"algorithm": "a", "auth_data": M{}})
		const one = v3 + "/room_keys/keys/!a:hub.test/s?version=1"
		for _, step := range []struct {
			first, forwarded int
			verified, takes  bool
		}{
			{7, 3, false, true}, {8, 0, false, false}, {7, 4, false, false}, {7, 2, false, true}, {6, 9, false, true},
			{9, 9, true, true}, {0, 0, false, false}, {9, 8, true, true}, {9, 8, true, false}, {3, 8, true, true},
		} {
			before := steward.Do(t, "GET", one, nil)
			wish := backedUp(step.first, step.forwarded, step.verified)
			steward.OK(t, "PUT", one, wish)
			after := steward.OK(t, "GET", one, nil)
			want := step.takes
			got := after.Value("first_message_index") == float64(step.first) && after.Value("forwarded_count") == float64(step.forwarded) && after.Value("is_verified") == step.verified
			if same := string(before.Raw) == string(after.Raw); got && same {
				got = false
			}
			if got != want {
				t.Errorf("%+v: before %s, after %s", step, before.Raw, after.Raw)
			}
		}
	})
}
