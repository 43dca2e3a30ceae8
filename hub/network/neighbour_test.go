package network_test

import (
	"net/url"
	"testing"
	"time"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// until asks again and again until what was asked is so, as somebody before a screen does.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if so() {
			return
		}
		<-tick.C
	}
	t.Fatalf("%s: not so after a minute", what)
}

// listed are the names of the organisations that a hub knows of another.
func listed(t *testing.T, c *nodetest.Client, server string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, one := range c.OK(t, "GET", "/_panah/v1/hubs", nil).List("hubs") {
		h := one.(map[string]any)
		if h["server"] != server {
			continue
		}
		for _, o := range h["organisations"].([]any) {
			names[o.(map[string]any)["name"].(string)] = true
		}
	}
	return names
}

// TestHubsKnowEachOther: each hub learns of the other's vetted organisations by itself, also of those that came while the line was cut, and of
// one that is suspended no longer.
func TestHubsKnowEachOther(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	here, there := hubs[0], hubs[1]
	anna, boris := here.SignUp(t, here.FirstToken(t), "anna"), there.SignUp(t, there.FirstToken(t), "boris")
	umed := boris.Organisation(t, "Умед", "ngo", "TJ")
	anna.Organisation(t, "هیله", "shelter", "AF")
	until(t, "anna's hub knows Умед", func() bool { return listed(t, anna, there.Name)["Умед"] })
	until(t, "boris's hub knows هیله", func() bool { return listed(t, boris, here.Name)["هیله"] })

	hubstest.Cut(here, there)
	boris.Organisation(t, "Паноҳ", "hotline", "TJ")
	boris.OK(t, "POST", "/_panah/v1/organisations/"+url.PathEscape(umed)+"/standing", nodetest.M{"standing": "suspended", "reason": "safety"})
	if known := listed(t, anna, there.Name); !known["Умед"] || known["Паноҳ"] {
		t.Errorf("over a line that is cut came %v", known)
	}
	hubstest.Heal(here, there)
	until(t, "anna's hub knows Паноҳ and not Умед", func() bool {
		known := listed(t, anna, there.Name)
		return known["Паноҳ"] && !known["Умед"]
	})
}
