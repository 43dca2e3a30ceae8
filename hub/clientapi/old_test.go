package clientapi_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"panah/hub/clientapi"
	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

const r0 = "/_matrix/client/r0"

// Older apps know the endpoints by the names that they had.
func TestOldNames(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	room := url.PathEscape(steward.OK(t, "POST", r0+"/createRoom", M{"name": "Old"}).Text("room_id"))
	steward.OK(t, "PUT", r0+"/rooms/"+room+"/state/org.example.way/a%2Fb", M{"way": "closed"})
	if got := steward.OK(t, "GET", v3+"/rooms/"+room+"/state/org.example.way/a%2Fb", nil).Text("way"); got != "closed" {
		t.Errorf("the way is %q", got)
	}
	sent := steward.OK(t, "PUT", r0+"/rooms/"+room+"/send/m.room.message/1", M{"msgtype": "m.text", "body": "salom"}).Text("event_id")
	if got := steward.OK(t, "GET", r0+"/sync?timeout=0", nil); !strings.Contains(string(got.Raw), sent) {
		t.Errorf("the post is not in the sync: %s", got.Raw)
	}
	steward.OK(t, "GET", "/_matrix/client/unstable/rooms/"+room+"/relations/"+url.PathEscape(sent), nil)
	steward.OK(t, "GET", "/_matrix/media/r0/config", nil)
	hub.Nobody().OK(t, "GET", r0+"/login", nil)
	hub.Nobody().Refused(t, "DELETE", r0+"/login", nil, http.StatusMethodNotAllowed, "M_UNRECOGNIZED")
	hub.Nobody().Refused(t, "GET", r0+"/nothing", nil, http.StatusNotFound, "M_UNRECOGNIZED")
	hub.Nobody().Refused(t, "GET", "/_matrix/client/r1/login", nil, http.StatusNotFound, "M_UNRECOGNIZED")
}

func TestTokensInAddresses(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.OldClients = true })
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	nobody, query := hub.Nobody(), "?access_token="+steward.Token
	for _, path := range []string{r0, v3} {
		if who := nobody.OK(t, "GET", path+"/account/whoami"+query, nil); who.Text("user_id") != steward.UserID {
			t.Errorf("%s: %s", path, who.Raw)
		}
	}
	nobody.Refused(t, "GET", r0+"/account/whoami?access_token=panah_x", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	stranger := &nodetest.Client{URL: hub.URL, Token: "panah_x"} // what is in the header counts
	stranger.Refused(t, "GET", r0+"/account/whoami"+query, nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
	nobody.Refused(t, "GET", "/_panah/v1/me"+query, nil, http.StatusUnauthorized, "M_MISSING_TOKEN")

	careful := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward = careful.SignUp(t, careful.FirstToken(t), "samira")
	refused := careful.Nobody().Refused(t, "GET", r0+"/account/whoami?access_token="+steward.Token, nil, http.StatusUnauthorized, "M_MISSING_TOKEN")
	if refused.Text("network.panah.key") != "error.token_in_address" {
		t.Errorf("refused: %s", refused.Raw)
	}
}

// Not even a handler that breaks brings a token from an address into the log.
func TestTokensInAddressesStayOutOfTheLog(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		var log bytes.Buffer
		api := clientapi.New(clientapi.Deps{Language: "en", OldClients: allowed, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		secret := strings.Repeat("secret-", 6) + "s"
		request := httptest.NewRequest("GET", r0+"/account/whoami?access_token=panah_"+secret, nil)
		w := httptest.NewRecorder()
		api.Door(api).ServeHTTP(w, request) // no accounts: it breaks where the token is looked up
		if allowed != (w.Code == http.StatusInternalServerError) || log.Len() == 0 || strings.Contains(log.String(), "secret") {
			t.Errorf("allowed %t: %d, log: %s", allowed, w.Code, &log)
		}
	}
}
