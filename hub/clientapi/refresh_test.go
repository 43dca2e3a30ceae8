package clientapi_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

func TestRefresh(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		var ahead atomic.Int64
		hub := nodetest.Start(t, address, func(c *node.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		})
		steward := hub.SignUp(t, hub.FirstToken(t), "samira")
		colleague(t, hub, steward, "parvina")
		nobody := hub.Nobody()
		wish := M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": "parvina"}, "password": nodetest.Passphrase}
		if plain := nobody.OK(t, "POST", v3+"/login", wish); plain.Value("refresh_token") != nil || plain.Value("expires_in_ms") != nil {
			t.Errorf("an app that cannot refresh is given what it did not ask for: %s", plain.Raw)
		}
		wish["refresh_token"] = true
		in := nobody.OK(t, "POST", v3+"/login", wish)
		if in.Value("expires_in_ms") != float64(time.Hour/time.Millisecond) {
			t.Errorf("signed in: %s", in.Raw)
		}
		phone := &nodetest.Client{URL: hub.URL, Token: in.Text("access_token")}
		phone.OK(t, "GET", v3+"/account/whoami", nil)
		ahead.Store(int64(2 * time.Hour))
		if over := phone.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN"); over.Value("soft_logout") != true {
			t.Errorf("a token that came to its end: %s", over.Raw)
		}
		renewed := nobody.OK(t, "POST", v3+"/refresh", M{"refresh_token": in.Text("refresh_token")})
		phone.Token = renewed.Text("access_token")
		if who := phone.OK(t, "GET", v3+"/account/whoami", nil); who.Text("device_id") != in.Text("device_id") || renewed.Text("refresh_token") == "" {
			t.Errorf("renewed: %s, %s", who.Raw, renewed.Raw)
		}
		nobody.Refused(t, "POST", v3+"/refresh", M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		nobody.Refused(t, "POST", v3+"/refresh", M{"refresh_token": "x"}, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		twice := nobody.Refused(t, "POST", v3+"/refresh", M{"refresh_token": in.Text("refresh_token")}, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		if twice.Value("soft_logout") != true {
			t.Errorf("a link that was replaced: %s", twice.Raw)
		}
		phone.Refused(t, "GET", v3+"/account/whoami", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	})
}
