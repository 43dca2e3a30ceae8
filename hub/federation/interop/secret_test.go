//go:build unix

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// mautrixFolder is where other people's client is.
var mautrixFolder = filepath.Join("..", "..", "clientapi", "interop", "mautrix")

// keepSecrets has two people of two homeservers, who have accounts there under these names, keep a secret through mautrix-go.
func keepSecrets(t *testing.T, first, second string) {
	t.Helper()
	environ := append(os.Environ(), "PANAH_TEST_HUB="+first, "PANAH_TEST_OTHER="+second, "PANAH_TEST_PASSPHRASE="+nodetest.Passphrase)
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-tags", "goolm", "-run", "TestTwoPeopleKeepASecret", "./...")
	command.Dir, command.Env = mautrixFolder, environ
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("mautrix: %v\n%s", err, out)
	}
}

// The names under which the client knows the first person and the second.
const (
	firstName  = "mautrix.cyra"
	secondName = "mautrix.dara"
)

// TestPeopleOfTwoHubsKeepASecret: an encrypted conversation with cross-signing and backups of keys, through a client that nobody here wrote.
func TestPeopleOfTwoHubsKeepASecret(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	for i, name := range []string{firstName, secondName} {
		steward := hubs[i].SignUp(t, hubs[i].FirstToken(t), "samira")
		group := steward.Organisation(t, "Ak ýol", "ngo", "TM")
		hubs[i].SignUp(t, steward.Invite(t, group, "member"), name)
	}
	keepSecrets(t, hubs[0].URL, hubs[1].URL)
}

// TestPeopleOfAHubAndOfDendriteKeepASecret is the same with either in a room of the other's.
func TestPeopleOfAHubAndOfDendriteKeepASecret(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		dendrite := "http://" + p.dendrite.Address
		for _, name := range []string{firstName, secondName} {
			p.hub.enlist(t, name)
			p.dendrite.enlist(t, name)
		}
		t.Run("hub's room", func(t *testing.T) { keepSecrets(t, p.hub.URL, dendrite) })
		t.Run("Dendrite's room", func(t *testing.T) { keepSecrets(t, dendrite, p.hub.URL) })
	})
}
