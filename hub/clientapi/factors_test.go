package clientapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"panah/hub/node/nodetest"
)

// Whoever is given a role that asks for a second factor is let into nothing at once: neither /sync nor the stream that is open, nor a new one.
func TestPromotionAsksForAFactorEverywhere(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		member := colleague(t, hub, steward, "parvina")
		dial := func() (*websocket.Conn, *http.Response, error) {
			dialer := websocket.Dialer{Subprotocols: []string{"m.json"}}
			address := "ws" + strings.TrimPrefix(hub.URL, "http") + "/_panah/v1/stream"
			return dialer.DialContext(t.Context(), address, http.Header{"Authorization": {"Bearer " + member.Token}})
		}
		stream, answer, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		answer.Body.Close()
		member.OK(t, "GET", "/_matrix/client/v3/sync?timeout=0", nil)
		steward.OK(t, "POST", personPath(member.UserID, "role"), M{"role": "admin"})
		for err == nil { // until the hub closes it; the test's own deadline ends this
			_, _, err = stream.ReadMessage()
		}
		if _, answer, err := dial(); err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("a stream was opened anew: %v", err)
		}
		for _, path := range []string{"/_matrix/client/v3/sync?timeout=0", "/_panah/v1/people", "/_matrix/client/v3/joined_rooms", "/_panah/v1/devices"} {
			if answer := member.Do(t, "GET", path, nil); answer.Status != http.StatusForbidden || answer.Text("network.panah.key") != "error.second_factor_needed" {
				t.Errorf("%s: %d %s", path, answer.Status, answer.Raw)
			}
		}
		member.SetUpCodes(t)
		member.OK(t, "GET", "/_matrix/client/v3/sync?timeout=0", nil)
		again, answer, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		again.Close()
	})
}

// The two doors answer alike for somebody who has an account and for somebody who has none.
func TestTheDoorsAnswerAlike(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, _ *nodetest.Client) {
		ask := func(path string, body M) string {
			answer := hub.Nobody().Do(t, "POST", path, body)
			return http.StatusText(answer.Status) + string(answer.Raw)
		}
		ours := func(user string) string {
			return ask("/_panah/v1/sign-in", M{"user": user, "passphrase": "wrong wrong wrong"})
		}
		matrix := func(user string) string {
			return ask("/_matrix/client/v3/login", M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": user}, "password": "wrong wrong wrong"})
		}
		for name, door := range map[string]func(string) string{"ours": ours, "Matrix's": matrix} {
			if known, unknown := door("samira"), door("nobody"); known != unknown {
				t.Errorf("%s: %s, but %s", name, known, unknown)
			}
		}
	})
}
