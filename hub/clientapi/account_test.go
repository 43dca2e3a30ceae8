package clientapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

type M = nodetest.M

const v3 = "/_matrix/client/v3"

// eachHub runs f with a fresh hub on each engine and its first steward.
func eachHub(t *testing.T, f func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := nodetest.Start(t, address)
		f(t, hub, hub.SignUp(t, hub.FirstToken(t), "samira"))
	})
}

// colleague signs a member of a new organisation up.
func colleague(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client, user string) *nodetest.Client {
	t.Helper()
	organisation := steward.Organisation(t, "Organisation of "+user, "ngo", "TJ")
	return hub.SignUp(t, steward.Invite(t, organisation, "member"), user)
}

func TestWhatStrangersSee(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, _ *nodetest.Client) {
		nobody := hub.Nobody()
		versions := nobody.OK(t, "GET", "/_matrix/client/versions", nil)
		if list := versions.List("versions"); len(list) != 11 || list[0] != "v1.1" || list[10] != "v1.11" {
			t.Errorf("versions: %s", versions.Raw)
		}
		if got := nobody.OK(t, "GET", "/.well-known/matrix/client", nil).Text("m.homeserver", "base_url"); got != hub.URL {
			t.Errorf("base_url: got %q, want %q", got, hub.URL)
		}
		about := nobody.OK(t, "GET", "/_panah/v1/hub", nil)
		if about.Text("server_name") != "hub.test" || about.Value("founded") != true || len(about.List("languages")) != 8 {
			t.Errorf("about: %s", about.Raw)
		}
		flows := nobody.OK(t, "GET", v3+"/login", nil)
		if len(flows.List("flows")) != 2 {
			t.Errorf("flows: %s", flows.Raw)
		}
		nobody.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_MISSING_TOKEN")
		nobody.Refused(t, "GET", v3+"/sync?access_token=syt_anything", nil, http.StatusUnauthorized, "M_MISSING_TOKEN")
		stranger := &nodetest.Client{URL: hub.URL, Token: "panah_none"}
		stranger.Refused(t, "GET", v3+"/sync", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		nobody.Refused(t, "GET", "/_matrix/client/v3/nothing", nil, http.StatusNotFound, "M_UNRECOGNIZED")
		nobody.Refused(t, "POST", "/_panah/v1/nothing", nil, http.StatusNotFound, "M_UNRECOGNIZED")
		wrong := nobody.Refused(t, "DELETE", v3+"/login", nil, http.StatusMethodNotAllowed, "M_UNRECOGNIZED")
		if got := wrong.Header.Get("Allow"); got != "GET, POST" {
			t.Errorf("Allow: got %q", got)
		}
	})
}

func TestAnswersCarryTheirGuards(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	matrix := hub.Nobody().OK(t, "GET", "/_matrix/client/versions", nil).Header
	ours := hub.Nobody().OK(t, "GET", "/_panah/v1/hub", nil).Header
	for _, h := range []http.Header{matrix, ours} {
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Security-Policy") == "" {
			t.Errorf("guards are missing: %v", h)
		}
	}
	if matrix.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("other people's web clients cannot call the Matrix API")
	}
	if ours.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other people's pages can call the hub's own API")
	}
	preflight := hub.Nobody().Do(t, "OPTIONS", v3+"/sync", nil)
	if preflight.Status/100 != 2 || !strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %d %v", preflight.Status, preflight.Header)
	}
}

func TestRegisterTakesAnInvitation(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		nobody := hub.Nobody()
		token := steward.Invite(t, steward.Organisation(t, "Umed", "ngo", "TJ"), "member")
		validity := "/_matrix/client/v1/register/m.login.registration_token/validity?token="
		if nobody.OK(t, "GET", validity+url.QueryEscape(token), nil).Value("valid") != true {
			t.Error("a good token is not valid")
		}
		if nobody.OK(t, "GET", validity+"nonsense", nil).Value("valid") != false {
			t.Error("nonsense is valid")
		}
		wish := M{"username": "parvina", "password": nodetest.Passphrase}
		asked := nobody.Do(t, "POST", v3+"/register", wish)
		if asked.Status != http.StatusUnauthorized || asked.Text("session") == "" || asked.Value("errcode") != nil {
			t.Errorf("without a proof: %d %s", asked.Status, asked.Raw)
		}
		wish["auth"] = M{"type": "m.login.registration_token", "token": "wrong", "session": asked.Text("session")}
		again := nobody.Do(t, "POST", v3+"/register", wish)
		if again.Status != http.StatusUnauthorized || again.Text("errcode") != "M_FORBIDDEN" || again.Text("session") != asked.Text("session") {
			t.Errorf("with a wrong token: %d %s", again.Status, again.Raw)
		}
		wish["auth"] = M{"type": "m.login.dummy"}
		nobody.Refused(t, "POST", v3+"/register", wish, http.StatusBadRequest, "M_UNRECOGNIZED")
		nobody.Refused(t, "POST", v3+"/register?kind=guest", wish, http.StatusForbidden, "M_GUEST_ACCESS_FORBIDDEN")
		wish["auth"], wish["username"] = M{"type": "m.login.registration_token", "token": token}, "Not A Name!"
		nobody.Refused(t, "POST", v3+"/register", wish, http.StatusBadRequest, "M_INVALID_USERNAME")
		wish["username"] = "samira"
		nobody.Refused(t, "POST", v3+"/register", wish, http.StatusBadRequest, "M_USER_IN_USE")
		wish["username"], wish["password"] = "parvina", "short"
		nobody.Refused(t, "POST", v3+"/register", wish, http.StatusBadRequest, "M_WEAK_PASSWORD")
		wish["password"], wish["inhibit_login"] = nodetest.Passphrase, true
		made := nobody.OK(t, "POST", v3+"/register", wish)
		if made.Text("user_id") != "@parvina:hub.test" || made.Value("access_token") != nil {
			t.Errorf("registered: %s", made.Raw)
		}
		wish["username"] = "second"
		used := nobody.Do(t, "POST", v3+"/register", wish)
		if used.Status != http.StatusUnauthorized || used.Text("network.panah.key") != "error.invitation_used" {
			t.Errorf("a token used twice: %d %s", used.Status, used.Raw)
		}
	})
}

// Two people who hold the same link must not both get in, however close together they come.
func TestOneTokenLetsOneIn(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		token := steward.Invite(t, steward.Organisation(t, "Umed", "ngo", "TJ"), "member")
		users := []string{"first", "second", "third", "fourth"}
		statuses := make([]int, len(users))
		var all sync.WaitGroup
		for i, user := range users {
			all.Go(func() {
				statuses[i] = hub.Nobody().Do(t, "POST", v3+"/register", M{
					"username": user, "password": nodetest.Passphrase,
					"auth": M{"type": "m.login.registration_token", "token": token},
				}).Status
			})
		}
		all.Wait()
		in := 0
		for _, status := range statuses {
			if status == http.StatusOK {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d people came in with one token: %v", in, statuses)
		}
	})
}

func TestSignInAndOut(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		nobody := hub.Nobody()
		wish := func(user, passphrase string) M {
			return M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": user}, "password": passphrase}
		}
		nobody.Refused(t, "POST", v3+"/login", wish("samira", "a wrong passphrase"), http.StatusForbidden, "M_FORBIDDEN")
		nobody.Refused(t, "POST", v3+"/login", wish("hub", ""), http.StatusForbidden, "M_FORBIDDEN")
		nobody.Refused(t, "POST", v3+"/login", M{"type": "m.login.sso", "token": "x"}, http.StatusBadRequest, "M_UNKNOWN")
		nobody.Refused(t, "POST", v3+"/login", M{"type": "m.login.token", "token": "x"}, http.StatusForbidden, "M_FORBIDDEN")
		person := colleague(t, hub, steward, "parvina")
		second := nobody.OK(t, "POST", v3+"/login", wish("@parvina:hub.test", nodetest.Passphrase))
		device := &nodetest.Client{URL: hub.URL, Token: second.Text("access_token"), DeviceID: second.Text("device_id")}
		who := device.OK(t, "GET", v3+"/account/whoami", nil)
		if who.Text("user_id") != person.UserID || who.Text("device_id") != device.DeviceID || who.Value("is_guest") != false {
			t.Errorf("whoami: %s", who.Raw)
		}
		if got := len(person.OK(t, "GET", v3+"/devices", nil).List("devices")); got != 2 {
			t.Errorf("%d devices, want 2", got)
		}
		device.OK(t, "POST", v3+"/logout", M{})
		device.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		person.OK(t, "POST", v3+"/logout/all", nil)
		person.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	})
}

func TestDevices(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		owner := colleague(t, hub, steward, "zarina")
		own := v3 + "/devices/" + owner.DeviceID
		owner.OK(t, "PUT", own, M{"display_name": "The office laptop"})
		if got := owner.OK(t, "GET", own, nil).Text("display_name"); got != "The office laptop" {
			t.Errorf("the device is called %q", got)
		}
		owner.Refused(t, "GET", v3+"/devices/NONE", nil, http.StatusNotFound, "M_NOT_FOUND")
		asked := owner.Do(t, "DELETE", own, nil)
		if asked.Status != http.StatusUnauthorized || asked.Value("flows") == nil {
			t.Errorf("without a proof: %d %s", asked.Status, asked.Raw)
		}
		proof := M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": "zarina"}, "password": "wrong", "session": asked.Text("session")}
		wrong := owner.Do(t, "DELETE", own, M{"auth": proof})
		if wrong.Status != http.StatusUnauthorized || wrong.Text("errcode") != "M_FORBIDDEN" {
			t.Errorf("with a wrong passphrase: %d %s", wrong.Status, wrong.Raw)
		}
		proof["password"] = nodetest.Passphrase
		other := colleague(t, hub, steward, "parvina")
		if answer := other.Do(t, "DELETE", own, M{"auth": proof}); answer.Status != http.StatusUnauthorized {
			t.Errorf("with somebody else's passphrase: %d %s", answer.Status, answer.Raw)
		}
		owner.OK(t, "POST", v3+"/delete_devices", M{"auth": proof, "devices": []string{owner.DeviceID}})
		owner.Refused(t, "GET", v3+"/devices", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	})
}

func TestProfileAndDirectoryOfPeople(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		mine := v3 + "/profile/" + url.PathEscape(other.UserID)
		other.OK(t, "PUT", mine+"/displayname", M{"displayname": "Парвина Шарифова"})
		if got := steward.OK(t, "GET", mine, nil).Text("displayname"); got != "Парвина Шарифова" {
			t.Errorf("she is called %q", got)
		}
		steward.Refused(t, "PUT", mine+"/displayname", M{"displayname": "X"}, http.StatusForbidden, "M_FORBIDDEN")
		other.Refused(t, "PUT", mine+"/displayname", M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		face := upload(t, other, "face.png", pngPicture(t, 20, 20))
		steward.Refused(t, "PUT", v3+"/profile/"+url.PathEscape(steward.UserID)+"/avatar_url", M{"avatar_url": face}, http.StatusNotFound, "M_NOT_FOUND")
		other.OK(t, "PUT", mine+"/avatar_url", M{"avatar_url": face})
		if got := steward.OK(t, "GET", mine+"/avatar_url", nil).Text("avatar_url"); got != face {
			t.Errorf("her picture is %q", got)
		}
		other.Refused(t, "PUT", mine+"/avatar_url", M{"avatar_url": "https://example.org/a.png"}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.Refused(t, "GET", v3+"/profile/"+url.PathEscape("@none:hub.test"), nil, http.StatusNotFound, "M_NOT_FOUND")
		found := steward.OK(t, "POST", v3+"/user_directory/search", M{"search_term": "шариф"})
		if len(found.List("results")) != 1 || found.Value("limited") != false {
			t.Errorf("search: %s", found.Raw)
		}
		all := steward.OK(t, "GET", "/_panah/v1/people", nil)
		if got := len(all.List("people")); got != 2 {
			t.Errorf("%d people, want 2", got)
		}
		if !strings.Contains(string(all.Raw), `"avatar_url":"`+face+`"`) {
			t.Errorf("her picture is not in the list of people: %s", all.Raw)
		}
	})
}
