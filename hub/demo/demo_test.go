package demo_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"panah/hub/demo"
	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/people"
	"panah/hub/store/storetest"
	"panah/locales"
)

const v3 = "/_matrix/client/v3"

func signIn(t *testing.T, hub *nodetest.Hub, user string) *nodetest.Client {
	t.Helper()
	answer := hub.Nobody().OK(t, "POST", v3+"/login", nodetest.M{
		"type": "m.login.password", "identifier": nodetest.M{"type": "m.id.user", "user": user}, "password": demo.Passphrase,
	})
	return &nodetest.Client{URL: hub.URL, Token: answer.Text("access_token"), UserID: answer.Text("user_id")}
}

// posts gives the languages of a channel's posts.
func posts(t *testing.T, c *nodetest.Client, alias string) (languages []string) {
	t.Helper()
	room := c.OK(t, "GET", v3+"/directory/room/"+url.PathEscape(alias), nil).Text("room_id")
	page := c.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=200", nil)
	for _, e := range page.List("chunk") {
		content, _ := e.(map[string]any)["content"].(map[string]any)
		if language, ok := content["network.panah.language"].(string); ok {
			languages = append(languages, language)
		}
	}
	return languages
}

func TestSampleNetwork(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := nodetest.Start(t, address, func(c *node.Config) { c.SecondFactor = people.FactorOffered })
		if err := demo.Fill(t.Context(), hub.Node.Handler(), hub.FirstToken(t)); err != nil {
			t.Fatal(err)
		}
		steward := signIn(t, hub, "samira")
		countries, roles := map[any]bool{}, map[any]bool{}
		for _, o := range steward.OK(t, "GET", "/_panah/v1/organisations", nil).List("organisations") {
			countries[o.(map[string]any)["country"]] = true
		}
		for _, p := range steward.OK(t, "GET", "/_panah/v1/people", nil).List("people") {
			roles[p.(map[string]any)["role"]] = true
		}
		if len(countries) != 5 || len(roles) != 5 {
			t.Errorf("countries %v, roles %v", countries, roles)
		}
		spoken := posts(t, steward, "#coordination:hub.test")
		for _, tag := range locales.Tags() {
			if !strings.Contains(strings.Join(spoken, " "), tag) {
				t.Errorf("nobody writes in %s", tag)
			}
		}
		if err := demo.Fill(t.Context(), hub.Node.Handler(), ""); err != nil {
			t.Errorf("a second time: %v", err)
		}
		unmark(t, steward)
		if err := demo.Fill(t.Context(), hub.Node.Handler(), ""); err != nil {
			t.Errorf("after it was broken off: %v", err)
		}
		if again := posts(t, steward, "#coordination:hub.test"); len(again) != len(spoken) {
			t.Errorf("%d posts, and %d after a second time", len(spoken), len(again))
		}
		everybody, err := demo.People()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range everybody {
			signIn(t, hub, p.User)
		}
	})
}

// TestSampleAlertsAreQuiet: whoever looks around sees alerts that were sent and answered, and nobody is asked for anything.
func TestSampleAlertsAreQuiet(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.SecondFactor = people.FactorOffered })
	first := hub.FirstToken(t)
	for range 2 { // the second time as if the making had been broken off at the end
		if err := demo.Fill(t.Context(), hub.Node.Handler(), first); err != nil {
			t.Fatal(err)
		}
		unmark(t, signIn(t, hub, "samira"))
	}
	everybody, err := demo.People()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range everybody {
		c := signIn(t, hub, p.User)
		for _, query := range []string{"", "?state=history"} {
			for _, one := range c.OK(t, "GET", "/_panah/v1/alerts"+query, nil).List("alerts") {
				entry := one.(map[string]any)
				seen[entry["id"].(string)] = true
				if entry["needs_me"] == true || entry["asked"] == true {
					t.Errorf("%s is asked about %v", p.User, entry["alert"])
				}
				if p.User == "mavzuna" {
					t.Errorf("Меҳрубон has %v", entry["alert"])
				}
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d alerts", len(seen))
	}
	ruled := signIn(t, hub, "dilnoza")
	own := ruled.OK(t, "GET", "/_panah/v1/me", nil).Text("organisation", "id")
	if now := ruled.OK(t, "GET", "/_panah/v1/organisations/"+url.PathEscape(own)+"/rota", nil).List("now"); len(now) != 2 {
		t.Errorf("on duty are %v", now)
	}
}

// unmark has the hub forget that the sample is complete, as if its making had been broken off at the end.
func unmark(t *testing.T, steward *nodetest.Client) {
	t.Helper()
	path := v3 + "/user/" + url.PathEscape(steward.UserID) + "/account_data/network.panah.sample"
	steward.OK(t, "PUT", path, nodetest.M{"complete": false})
}

func TestRealPeopleAreLeftAlone(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	hub.SignUp(t, hub.FirstToken(t), "farida")
	if err := demo.Fill(t.Context(), hub.Node.Handler(), ""); !errors.Is(err, demo.ErrRealHub) {
		t.Errorf("got %v", err)
	}
}
