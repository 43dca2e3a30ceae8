// Package interop has other people's Matrix clients use a hub: mautrix-go and matrix-js-sdk. Each lives in a folder of its own with
// its own dependencies, and is started from here against a real hub, on SQLite and on PostgreSQL.
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

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

// run starts a program in a folder and shows what it printed if it fails.
func run(t *testing.T, folder string, environ []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Env = folder, environ
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func TestMautrix(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		run(t, "mautrix", surroundings(t, address), "go", "test", "-count=1", "-tags", "goolm", "./...")
	})
}

func TestMatrixJSSDK(t *testing.T) {
	if _, err := os.Stat(filepath.Join("jssdk", "node_modules", "matrix-js-sdk")); err != nil {
		run(t, "jssdk", os.Environ(), "npm", "ci", "--no-audit", "--no-fund")
	}
	storetest.EachAddress(t, func(t *testing.T, address string) {
		environ := surroundings(t, address)
		run(t, "jssdk", environ, "node", "talk.mjs")
		run(t, "jssdk", environ, "node", "secret.mjs")
	})
}
