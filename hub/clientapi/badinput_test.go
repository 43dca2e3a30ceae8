package clientapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

func TestBadBodies(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		send := ch.path("/send/m.room.message/")
		large := []byte(`{"body":"` + strings.Repeat("x", 300<<10) + `"}`)
		tests := []struct {
			name, path string
			body       []byte
			status     int
			errcode    string
		}{
			{"nothing", send, nil, http.StatusBadRequest, "M_NOT_JSON"},
			{"half an object", send, []byte(`{"body":`), http.StatusBadRequest, "M_NOT_JSON"},
			{"two objects", send, []byte(`{}{}`), http.StatusBadRequest, "M_NOT_JSON"},
			{"a list", send, []byte(`[]`), http.StatusBadRequest, "M_BAD_JSON"},
			{"null", send, []byte(`null`), http.StatusBadRequest, "M_BAD_JSON"},
			{"invalid UTF-8", send, []byte("{\"body\":\"\xff\"}"), http.StatusBadRequest, "M_NOT_JSON"},
			{"the null character", send, []byte(`{"body":"\u0000"}`), http.StatusBadRequest, "M_BAD_JSON"},
			{"a member twice", send, []byte(`{"body":"a","body":"b"}`), http.StatusBadRequest, "M_BAD_JSON"},
			{"too deep", send, []byte(strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)), http.StatusBadRequest, "M_BAD_JSON"},
			{"a fraction", send, []byte(`{"n":1.5}`), http.StatusBadRequest, "M_BAD_JSON"},
			{"too large for an event", send, []byte(`{"body":"` + strings.Repeat("x", 66000) + `"}`), http.StatusRequestEntityTooLarge, "M_TOO_LARGE"},
			{"too large for a body", send, large, http.StatusRequestEntityTooLarge, "M_TOO_LARGE"},
			{"too long an id", ch.path("/send/m.room.message/" + strings.Repeat("x", 256)), []byte(`{}`), http.StatusBadRequest, "M_INVALID_PARAM"},
			{"a null in the address", ch.path("/send/m.room.message/a%00b"), []byte(`{}`), http.StatusBadRequest, "M_INVALID_PARAM"},
			{"no UTF-8 in the address", ch.path("/send/m.room.message/a%ffb"), []byte(`{}`), http.StatusBadRequest, "M_INVALID_PARAM"},
			{"a null in the query", ch.path("/send/m.room.message/1?a=%00"), []byte(`{}`), http.StatusBadRequest, "M_INVALID_PARAM"},
			{"a broken query", ch.path("/send/m.room.message/1?a=%zz"), []byte(`{}`), http.StatusBadRequest, "M_INVALID_PARAM"},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				path := test.path
				if path == send {
					path += url.PathEscape(test.name)
				}
				steward.Refused(t, "PUT", path, test.body, test.status, test.errcode)
			})
		}
		if answer := steward.Do(t, "PUT", v3+"//rooms", []byte(`{}`)); answer.Status != http.StatusNotFound {
			t.Errorf("a path with two strokes: %d", answer.Status)
		}
		if answer := steward.Do(t, "BREW", v3+"/login", nil); answer.Status != http.StatusMethodNotAllowed {
			t.Errorf("an unknown method: %d", answer.Status)
		}
	})
}

// A body of unknown length is cut at the limit all the same.
func TestChunkedBodyIsBounded(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	reader := io.MultiReader(strings.NewReader(`{"a":"`), io.LimitReader(endless('x'), 10<<20))
	answer, err := http.Post(hub.URL+v3+"/login", "application/json", reader)
	if err != nil {
		// The hub may hang up before it has been sent everything; that is an answer too.
		var broken *net.OpError
		if !errors.As(err, &broken) {
			t.Fatal(err)
		}
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %s", answer.Status)
	}
}

// endless is a reader of one letter.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte{byte(e)}, len(p))), nil
}

func TestNamesLoseTheirTricks(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		mine := v3 + "/profile/" + url.PathEscape(steward.UserID) + "/displayname"
		steward.OK(t, "PUT", mine, M{"displayname": "Sami\u202era\u2066 \u200f"})
		if got := steward.OK(t, "GET", mine, nil).Text("displayname"); strings.ContainsAny(got, "\u202e\u2066\u200f") {
			t.Errorf("the name kept its tricks: %q", got)
		}
		steward.Refused(t, "PUT", mine, M{"displayname": strings.Repeat("x", 81)}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.Refused(t, "PUT", mine, M{"displayname": "\u202e"}, http.StatusBadRequest, "M_INVALID_PARAM")
	})
}

// FuzzBodies sends what strangers and people might send to every kind of endpoint. Whatever it is, the hub answers with JSON, and
// never with an error of its own.
func FuzzBodies(f *testing.F) {
	hub := nodetest.Start(f, storetest.SQLiteAddress(f))
	steward := hub.SignUp(f, hub.FirstToken(f), "samira")
	ch := open(f, steward)
	id := ch.say(f, "1", "seed")
	targets := []struct{ method, path string }{
		{"POST", v3 + "/login"},
		{"POST", v3 + "/register"},
		{"POST", "/_panah/v1/invitations/check"},
		{"POST", "/_panah/v1/sign-up"},
		{"POST", "/_panah/v1/organisations"},
		{"POST", v3 + "/createRoom"},
		{"PUT", ch.path("/send/m.room.message/")},
		{"PUT", ch.path("/state/m.room.topic/")},
		{"PUT", ch.path("/state/m.room.power_levels/")},
		{"PUT", ch.path("/state/m.room.member/" + url.PathEscape(steward.UserID))},
		{"PUT", ch.path("/redact/" + url.PathEscape(id) + "/")},
		{"POST", ch.path("/invite")},
		{"POST", ch.path("/read_markers")},
		{"POST", ch.path("/receipt/m.read/" + url.PathEscape(id))},
		{"PUT", ch.path("/typing/" + url.PathEscape(steward.UserID))},
		{"POST", user(steward, "/filter")},
		{"PUT", user(steward, "/account_data/org.example")},
		{"PUT", user(steward, "/rooms/"+url.PathEscape(ch.id)+"/tags/u.a")},
		{"PUT", v3 + "/pushrules/global/override/own"},
		{"POST", v3 + "/publicRooms"},
		{"POST", v3 + "/user_directory/search"},
		{"PUT", v3 + "/profile/" + url.PathEscape(steward.UserID) + "/displayname"},
		{"POST", v3 + "/delete_devices"},
		{"GET", v3 + "/sync?filter="},
		{"GET", ch.path("/messages?dir=b&filter=")},
		{"GET", v3 + "/sync?since="},
		{"POST", slidingDoor},
		{"POST", v3 + "/keys/upload"},
		{"POST", v3 + "/keys/query"},
		{"POST", v3 + "/keys/claim"},
		{"POST", v3 + "/keys/device_signing/upload"},
		{"POST", v3 + "/keys/signatures/upload"},
		{"PUT", v3 + "/sendToDevice/m.fuzz/"},
		{"POST", v3 + "/room_keys/version"},
		{"POST", v3 + "/pushers/set"},
		{"PUT", v3 + "/presence/" + url.PathEscape(steward.UserID) + "/status"},
		{"POST", v3 + "/search"},
	}
	for i := range targets {
		for _, body := range []string{
			`{}`, `[]`, `{"name":7}`, `{"type":"m.login.password","identifier":{"type":"m.id.user","user":"a"},"password":"b"}`,
			`{"membership":"join","displayname":"\u202e"}`, `{"users":{"@samira:hub.test":"100"}}`, `{"m.relates_to":{"event_id":[],"rel_type":{}}}`,
			`{"search_term":"%_\\"}`, `{"initial_state":[{"type":"m.room.create"}]}`, `{"room":{"timeline":{"limit":-1}}}`, `s1_`, `{"a":1e999}`,
			`{"conn_id":"x","lists":{"a":{"ranges":[[0,19],[5,1]],"required_state":[["m.room.member","$LAZY"],["*","*"]],"timeline_limit":1,"filters":{"not_room_types":["m.space",null]}}},"room_subscriptions":{"!x":{"timeline_limit":-1}},"extensions":{"to_device":{"enabled":true,"since":"x"},"e2ee":{"enabled":true}}}`,
			`{"device_keys":{"@samira:hub.test":[]},"one_time_keys":{"signed_curve25519:A":{"key":"a","signatures":{"x":null}}},"fallback_keys":{"x":7}}`,
			`{"messages":{"@samira:hub.test":{"*":{"a":1},"":null}},"master_key":{"user_id":7,"keys":{"ed25519:x":"y"}},"algorithm":"m","auth_data":{}}`,
			`{"kind":"http","app_id":"a","pushkey":"b","data":{"url":"http://[::1]/_matrix/push/v1/notify"},"presence":"online","search_categories":{"room_events":{"search_term":"x","groupings":{"group_by":[{}]}}}}`,
		} {
			f.Add(byte(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		target := targets[int(which)%len(targets)]
		path, sent := target.path, any(body)
		switch {
		case target.method == "GET":
			path, sent = path+url.QueryEscape(string(body)), nil
		case strings.HasSuffix(path, "/"):
			path += "fuzz"
		}
		answer := steward.Do(t, target.method, path, sent)
		if answer.Status >= http.StatusInternalServerError || !json.Valid(answer.Raw) {
			t.Errorf("%s %s %q: %d %s", target.method, path, body, answer.Status, answer.Raw)
		}
	})
}
