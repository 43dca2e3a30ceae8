package clientapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// browser keeps a cookie and comes from a page, as browsers do.
type browser struct {
	*nodetest.Client
	cookie string
}

func (b *browser) do(t testing.TB, method, path string, body any, origin string) nodetest.Answer {
	t.Helper()
	headers := []string{"Cookie", b.cookie}
	if origin != "" {
		headers = append(headers, "Origin", origin)
	}
	answer := b.Do(t, method, path, body, headers...)
	if set := answer.Header.Get("Set-Cookie"); set != "" {
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	return answer
}

func TestSignUpInABrowser(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		organisation := steward.Organisation(t, "Меҳрубон", "ngo", "TJ")
		token := steward.Invite(t, organisation, "member")
		b := &browser{Client: hub.Nobody()}
		offer := b.do(t, "POST", "/_panah/v1/invitations/check", M{"token": token}, hub.URL)
		if offer.Text("organisation", "name") != "Меҳрубон" || offer.Text("role") != "member" || offer.Text("invited_by") != "samira" {
			t.Errorf("offer: %s", offer.Raw)
		}
		wish := M{"token": token, "user": "parvina", "name": "Парвина", "passphrase": nodetest.Passphrase, "language": "tg", "device_name": "Phone"}
		if answer := b.do(t, "POST", "/_panah/v1/sign-up", wish, "https://elsewhere.example"); answer.Status != http.StatusForbidden {
			t.Errorf("from a foreign page: %d %s", answer.Status, answer.Raw)
		}
		made := b.do(t, "POST", "/_panah/v1/sign-up", wish, hub.URL)
		set := made.Header.Get("Set-Cookie")
		for _, guard := range []string{"HttpOnly", "SameSite=Strict", "Path=/", "panah_session="} {
			if !strings.Contains(set, guard) {
				t.Errorf("the cookie lacks %s: %s", guard, set)
			}
		}
		if made.Text("user_id") != "@parvina:hub.test" || strings.Contains(string(made.Raw), "token") {
			t.Errorf("signed up: %s", made.Raw)
		}
		me := b.do(t, "GET", "/_panah/v1/me", nil, "")
		if me.Text("role") != "member" || me.Text("language") != "tg" || me.Text("organisation", "id") != organisation || me.Text("network_space") == "" {
			t.Errorf("me: %s", me.Raw)
		}
		if acts := me.List("may"); len(acts) == 0 || acts[0] != "send" {
			t.Errorf("may: %v", acts)
		}
		if answer := b.do(t, "POST", "/_panah/v1/sign-out", M{}, hub.URL); answer.Status != http.StatusOK || b.cookie != "panah_session=" {
			t.Errorf("sign-out: %d, cookie %q", answer.Status, b.cookie)
		}
		answer := b.do(t, "POST", "/_panah/v1/sign-in", M{"user": "parvina", "passphrase": "wrong wrong wrong"}, hub.URL)
		if answer.Status != http.StatusForbidden {
			t.Errorf("a wrong passphrase: %d %s", answer.Status, answer.Raw)
		}
		if answer := b.do(t, "POST", "/_panah/v1/sign-in", M{"user": "parvina", "passphrase": nodetest.Passphrase}, hub.URL); answer.Status != http.StatusOK {
			t.Errorf("sign-in: %d %s", answer.Status, answer.Raw)
		}
	})
}

func TestASharedDeviceKeepsItsCookieBriefly(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	b := &browser{Client: hub.Nobody()}
	b.do(t, "POST", "/_panah/v1/sign-up", M{"token": hub.FirstToken(t), "user": "samira", "name": "Samira", "passphrase": nodetest.Passphrase}, hub.URL)
	for _, brief := range []bool{true, false} {
		in := b.do(t, "POST", "/_panah/v1/sign-in", M{"user": "samira", "passphrase": nodetest.Passphrase, "brief": brief}, hub.URL)
		me := b.do(t, "GET", "/_panah/v1/me", nil, "")
		for _, set := range []string{in.Header.Get("Set-Cookie"), me.Header.Get("Set-Cookie")} {
			if set == "" || strings.Contains(set, "Max-Age") == brief || strings.Contains(set, "Expires") {
				t.Errorf("brief %t: %s", brief, set)
			}
		}
		if me.Value("brief") != brief {
			t.Errorf("brief %t: %s", brief, me.Raw)
		}
	}
}

// A page elsewhere can have a browser send requests with the hub's cookie. None of them may change anything.
func TestForeignPagesCannotAct(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	token := steward.Invite(t, steward.Organisation(t, "Umed", "ngo", "TJ"), "member")
	b := &browser{Client: hub.Nobody()}
	b.do(t, "POST", "/_panah/v1/sign-up", M{"token": token, "user": "parvina", "name": "Parvina", "passphrase": nodetest.Passphrase}, hub.URL)
	tests := []struct {
		name    string
		headers []string
		status  int
	}{
		{"own page", []string{"Origin", hub.URL}, http.StatusOK},
		{"own page by its fetch metadata", []string{"Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		{"no page", nil, http.StatusForbidden},
		{"a foreign page", []string{"Origin", "https://elsewhere.example"}, http.StatusForbidden},
		{"a foreign page with a lie", []string{"Origin", "https://elsewhere.example", "Sec-Fetch-Site", "same-origin"}, http.StatusForbidden},
		{"a sandboxed page", []string{"Origin", "null"}, http.StatusForbidden},
		{"a neighbour", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"another port", []string{"Origin", hub.URL + "1"}, http.StatusForbidden},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := b.Do(t, "POST", v3+"/createRoom", M{}, append(test.headers, "Cookie", b.cookie)...)
			if answer.Status != test.status {
				t.Errorf("got %d %s, want %d", answer.Status, answer.Raw, test.status)
			}
		})
	}
	for _, shown := range [][]string{{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none"}, {"Accept", "text/html,*/*;q=0.8"}} {
		answer := b.Do(t, "GET", v3+"/sync", nil, append(shown, "Cookie", b.cookie)...)
		if answer.Status != http.StatusForbidden {
			t.Errorf("the address bar (%v) shows what the cookie's person may see: %d", shown, answer.Status)
		}
	}
	if answer := b.Do(t, "GET", v3+"/account/whoami", nil, "Cookie", b.cookie); answer.Status != http.StatusOK {
		t.Errorf("reading: %d %s", answer.Status, answer.Raw)
	}
}

func TestOrganisationsAndInvitations(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		organisation := steward.Organisation(t, "Umid", "shelter", "UZ")
		admin := hub.SignUp(t, steward.Invite(t, organisation, "admin"), "dilnoza")
		proposed := admin.OK(t, "POST", "/_panah/v1/organisations", M{"name": "Yangi", "kind": "ngo", "country": "UZ"})
		if proposed.Text("standing") != "proposed" || proposed.Text("space_id") != "" {
			t.Errorf("proposed: %s", proposed.Raw)
		}
		standing := "/_panah/v1/organisations/" + proposed.Text("id") + "/standing"
		admin.Refused(t, "POST", standing, M{"standing": "vetted"}, http.StatusForbidden, "M_FORBIDDEN")
		steward.Refused(t, "POST", standing, M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		steward.Refused(t, "POST", standing, M{"standing": "loved"}, http.StatusBadRequest, "M_INVALID_PARAM")
		if vetted := steward.OK(t, "POST", standing, M{"standing": "vetted"}); vetted.Text("space_id") == "" {
			t.Errorf("vetted: %s", vetted.Raw)
		}
		if got := len(admin.OK(t, "GET", "/_panah/v1/organisations", nil).List("organisations")); got != 2 {
			t.Errorf("%d organisations, want 2", got)
		}
		admin.Refused(t, "POST", "/_panah/v1/organisations", M{"name": "X", "kind": "club", "country": "UZ"}, http.StatusBadRequest, "M_INVALID_PARAM")

		made := admin.OK(t, "POST", "/_panah/v1/invitations", M{"organisation_id": organisation, "role": "member", "language": "uz"})
		if made.Text("link") != hub.URL+"/#/invite/"+made.Text("token") || !strings.HasPrefix(made.Text("qr_svg"), "<svg ") {
			t.Errorf("invitation: %s", made.Raw)
		}
		admin.Refused(t, "POST", "/_panah/v1/invitations", M{"organisation_id": nil, "role": "steward"}, http.StatusForbidden, "M_FORBIDDEN")
		admin.Refused(t, "POST", "/_panah/v1/invitations", M{"organisation_id": proposed.Text("id"), "role": "member"}, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "POST", "/_panah/v1/invitations", M{"organisation_id": nil, "role": "steward"})
		open := admin.OK(t, "GET", "/_panah/v1/invitations", nil)
		if len(open.List("invitations")) != 1 || strings.Contains(string(open.Raw), made.Text("token")) {
			t.Errorf("open invitations: %s", open.Raw)
		}
		admin.OK(t, "DELETE", "/_panah/v1/invitations/"+url.PathEscape(made.Text("id")), nil)
		admin.Refused(t, "DELETE", "/_panah/v1/invitations/none", nil, http.StatusNotFound, "M_NOT_FOUND")
		hub.Nobody().Refused(t, "POST", "/_panah/v1/invitations/check", M{"token": made.Text("token")}, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestErrorsSpeakTheReadersLanguage(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.Language = "tg" })
	say := func(language string) nodetest.Answer {
		return hub.Nobody().Do(t, "GET", v3+"/account/whoami", nil, "Accept-Language", language)
	}
	english, russian, other := say("en"), say("ru-RU,ru;q=0.9"), say("ja")
	if english.Text("error") == russian.Text("error") || english.Text("error") == other.Text("error") {
		t.Errorf("en %q, ru %q, otherwise %q", english.Text("error"), russian.Text("error"), other.Text("error"))
	}
	if english.Text("network.panah.key") != "error.missing_token" || english.Value("network.panah.args") == nil {
		t.Errorf("ours: %s", english.Raw)
	}
}

// Behind a proxy of ours the hub sees what the proxy says; from anybody else it believes nothing.
func TestProxies(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	base := func(h *nodetest.Hub) string {
		return h.Nobody().Do(t, "GET", "/.well-known/matrix/client", nil, "X-Forwarded-Proto", "https").Text("m.homeserver", "base_url")
	}
	if got := base(hub); got != hub.URL {
		t.Errorf("a stranger's word was believed: %q", got)
	}
	named := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.PublicURL = "https://hub.example.org" })
	if got := base(named); got != "https://hub.example.org" {
		t.Errorf("the public address is %q", got)
	}
	link, err := named.Node.FirstStewardLink(t.Context())
	if err != nil || !strings.HasPrefix(link, "https://hub.example.org/#/invite/") {
		t.Errorf("the first link is %q, %v", link, err)
	}
}
