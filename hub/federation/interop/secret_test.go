//go:build unix

package interop

import (
	"os"
	"path/filepath"
	"testing"

	"panah/hub/clientapi/interop/interoptest"
	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// clients is where other people's clients are.
var clients = filepath.Join("..", "..", "clientapi", "interop")

// host is a homeserver as a client finds it.
type host struct {
	url      string
	fallback bool // knows of fallback keys, which Dendrite took up after the version that is run here
}

// keepSecrets has two people of two homeservers, who have accounts there under the names of secretNames, keep a secret through each of the clients.
func keepSecrets(t *testing.T, first, second host) {
	environ := append(os.Environ(), "PANAH_TEST_HUB="+first.url, "PANAH_TEST_OTHER="+second.url, "PANAH_TEST_PASSPHRASE="+nodetest.Passphrase)
	t.Run("mautrix", func(t *testing.T) {
		interoptest.Mautrix(t, filepath.Join(clients, "mautrix"), environ, "TestTwoPeopleKeepASecret")
	})
	t.Run("matrix-js-sdk", func(t *testing.T) {
		if !second.fallback {
			environ = append(environ, "PANAH_TEST_NO_FALLBACK=1")
		}
		interoptest.MatrixJSSDK(t, filepath.Join(clients, "jssdk"), environ, "secret.mjs")
	})
}

// secretNames are the names under which each client knows the first person and the second.
var secretNames = [2][]string{{"mautrix.cyra", "js.sana"}, {"mautrix.dara", "js.tara"}}

// TestPeopleOfTwoHubsKeepASecret: an encrypted conversation with cross-signing and backups of keys, through clients that nobody here wrote.
func TestPeopleOfTwoHubsKeepASecret(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	for i, names := range secretNames {
		steward := hubs[i].SignUp(t, hubs[i].FirstToken(t), "samira")
		group := steward.Organisation(t, "Ak ýol", "ngo", "TM")
		for _, name := range names {
			hubs[i].SignUp(t, steward.Invite(t, group, "member"), name)
		}
	}
	keepSecrets(t, host{hubs[0].URL, true}, host{hubs[1].URL, true})
}

// TestPeopleOfAHubAndOfDendriteKeepASecret is the same with either in a room of the other's.
func TestPeopleOfAHubAndOfDendriteKeepASecret(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		for _, names := range secretNames {
			for _, name := range names {
				p.hub.enlist(t, name)
				p.dendrite.enlist(t, name)
			}
		}
		ours, theirs := host{p.hub.URL, true}, host{"http://" + p.dendrite.Address, false}
		t.Run("hub's room", func(t *testing.T) { keepSecrets(t, ours, theirs) })
		t.Run("Dendrite's room", func(t *testing.T) { keepSecrets(t, theirs, ours) })
	})
}
