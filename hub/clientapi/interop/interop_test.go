// Package interop has other people's Matrix clients use a hub: mautrix-go, matrix-js-sdk and matrix-nio. Each lives in a folder of its own, the
// first two with dependencies of their own, and is started from here against a real hub, on SQLite and on PostgreSQL.
package interop

import (
	"os"
	"testing"

	"panah/hub/clientapi/interop/interoptest"
	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// surroundings is what the clients are told of the hub: where it is, and the tokens with which people may sign up.
func surroundings(t *testing.T, address string) []string {
	t.Helper()
	hub := nodetest.Start(t, address)
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	organisation := steward.Organisation(t, "Ak ýol", "ngo", "TM")
	return append(os.Environ(),
		"PANAH_TEST_HUB="+hub.URL,
		"PANAH_TEST_TOKEN_1="+steward.Invite(t, organisation, "member"),
		"PANAH_TEST_TOKEN_2="+steward.Invite(t, organisation, "member"),
		"PANAH_TEST_TOKEN_3="+steward.Invite(t, organisation, "member"),
		"PANAH_TEST_TOKEN_4="+steward.Invite(t, organisation, "member"),
		// The steward has a second factor, so another app signs in with a token that a device of hers has made.
		"PANAH_TEST_APP_TOKEN="+steward.OK(t, "POST", "/_panah/v1/app-token", nodetest.M{}).Text("token"),
	)
}

func TestMautrix(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) { interoptest.Mautrix(t, "mautrix", surroundings(t, address), "") })
}

func TestMatrixJSSDK(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := surroundings(t, address)
		interoptest.MatrixJSSDK(t, "jssdk", environ, "talk.mjs")
		interoptest.MatrixJSSDK(t, "jssdk", environ, "secret.mjs")
	})
}

// TestMatrixNio: its people have accounts already, because it cannot register with a token.
func TestMatrixNio(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		hub := nodetest.Start(t, address, func(c *node.Config) { c.OldClients = true })
		steward := hub.SignUp(t, hub.FirstToken(t), "samira")
		organisation := steward.Organisation(t, "Ak ýol", "ngo", "TM")
		for _, name := range []string{"nio.ana", "nio.ben"} {
			hub.SignUp(t, steward.Invite(t, organisation, "member"), name)
		}
		interoptest.MatrixNio(t, "matrix-nio", append(os.Environ(), "PANAH_TEST_HUB="+hub.URL, "PANAH_TEST_PASSPHRASE="+nodetest.Passphrase), "talk.py")
	})
}
