// Package hubstest runs hubs that federate with each other over real TLS on loopback. Nothing in it is a stand-in.
package hubstest

import (
	"path/filepath"
	"testing"
	"time"

	"panah/hub/federation/federationtest"
	"panah/hub/node"
	"panah/hub/node/nodetest"
)

// Hub is a hub that federates.
type Hub struct {
	*nodetest.Hub
	Front *federationtest.Front
	Name  string
	// Address is of its database.
	Address string

	change []func(*node.Config)
	line   *line
}

// Hubs starts so many hubs, each on a database of its own, that federate with each other and with others.
func Hubs(t testing.TB, a *federationtest.Authority, count int, others ...string) []*Hub {
	t.Helper()
	return HubsAt(t, a, nil, count, others...)
}

// HubsAt is Hubs by a clock of the test's; nil is the machine's.
func HubsAt(t testing.TB, a *federationtest.Authority, now func() time.Time, count int, others ...string) []*Hub {
	t.Helper()
	hubs := make([]*Hub, count)
	names := others
	for i := range hubs {
		front := a.NewFront(t)
		hubs[i] = &Hub{Front: front, Name: front.Name, Address: "sqlite:" + filepath.Join(t.TempDir(), "hub.db"), line: &line{cut: map[string]bool{}}}
		names = append(names, front.Name)
	}
	for _, h := range hubs {
		h.change = []func(*node.Config){func(c *node.Config) {
			c.ServerName, c.FederateWith, c.FederationNear, c.FederationCA = h.Name, names, names, a.File
			c.Now = now
		}}
		h.Start(t)
	}
	return hubs
}

// Start starts a hub, at first or after Stop, on the database that it had.
func (h *Hub) Start(t testing.TB, change ...func(*node.Config)) {
	t.Helper()
	h.Hub = nodetest.Start(t, h.Address, append(h.change, change...)...)
	h.line.lead(h.Node.Handler())
	h.Front.Lead(h.line)
}

// Stop ends a hub and leaves its name unanswered.
func (h *Hub) Stop(t testing.TB) {
	t.Helper()
	h.Front.Lead(nil)
	h.Hub.Stop(t)
}
