package node

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"

	"panah/hub/clientapi"
	"panah/hub/federation"
	"panah/hub/feed"
	"panah/hub/keyring"
	"panah/hub/place"
	"panah/hub/store"
)

// openKeys opens the hub's keys and, if the operator federates with anybody, the way to those servers, by which their keys are asked for.
func (n *Node) openKeys(ctx context.Context) (err error) {
	if n.allow, err = federation.ParseAllow(n.cfg.FederateWith); err != nil {
		return configFault("error.config_value", "PANAH_FEDERATE_WITH")
	}
	if !n.allow.Anybody() {
		n.ring, err = keyring.Open(ctx, n.db, n.serverName)
		return err
	}
	roots, err := authorities(n.cfg.FederationCA)
	if err != nil {
		n.log.Error("the further authorities could not be read", "err", err)
		return configFault("error.config_value", "PANAH_FEDERATION_CA")
	}
	n.way = federation.NewWay(federation.WayOptions{Own: n.serverName, Allow: n.allow, Near: n.cfg.FederationNear, Roots: roots, Now: n.cfg.Now})
	n.ring, err = keyring.OpenWith(ctx, n.db, n.serverName, keyring.Options{Fetch: n.way, Now: n.cfg.Now, Log: n.log})
	if err == nil {
		n.client = federation.NewClient(n.ring, n.way)
	}
	return err
}

// authorities are the machine's and those of a file.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the machine's authorities: %w", err)
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", file)
	}
	return pool, nil
}

// around is what the network knows of other servers.
type around struct {
	federation.Allow
	*federation.Client
}

// remote asks other servers; nil when there are none to ask.
func (n *Node) remote() clientapi.Federation {
	if n.way == nil {
		return nil
	}
	return n.client
}

// ledgers asks other hubs for their ledgers; nil when there are none to ask.
func (n *Node) ledgers() place.Ledgers {
	if n.way == nil {
		return nil
	}
	return n.client
}

// buildFederation makes the doors for other servers, and what brings them what happens here.
func (n *Node) buildFederation() {
	if n.way == nil {
		return
	}
	n.sender = federation.NewSender(n.db, n.rooms, n.brk, n.client, n.allow, federation.SenderOptions{Now: n.cfg.Now, Count: n.metrics.Federation, Reached: n.network.Heard, Log: n.log})
	n.devices.PostBy(func(tx *store.Tx, server, key, kind string, content any) error {
		return n.sender.QueueTx(tx, server, key, federation.EDU{Type: kind, Content: content})
	})
	n.federate = federation.NewServer(federation.Deps{
		DB: n.db, Ring: n.ring, Allow: n.allow, People: n.people, Rooms: n.rooms, Network: n.network, Feed: n.feed, Devices: n.devices, Media: n.media, Sender: n.sender,
		Directory: n.api.Directory, Hierarchy: n.api.HierarchyFor, Ledger: n.places.LedgerFor, Count: n.metrics.Federation,
		Version: Version, PublicURL: n.cfg.PublicURL, Now: n.cfg.Now, Log: n.log,
	})
}

// presenceChanged has other servers be told whose presence changed.
func (n *Node) presenceChanged(states []feed.State) {
	if n.sender != nil {
		n.sender.HearPresences(states)
	}
}

// send brings other servers what happens here, until ctx ends.
func (n *Node) send(ctx context.Context) error {
	if n.sender == nil {
		return nil
	}
	return n.sender.Run(ctx)
}
