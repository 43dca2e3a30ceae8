//go:build unix

// Package interop has a hub federate with a homeserver that nobody here wrote: a real Dendrite, in a process of its own. Both reach each
// other by HTTPS on loopback, and people of both use their clients' API.
package interop

import (
	"context"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"panah/hub/dendrite"
	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// pair is a hub and a Dendrite that may federate with each other.
type pair struct {
	hub      *hub
	dendrite *other
}

// cut parts the two, or brings them together again.
func (p pair) cut(cut bool) {
	p.hub.front.set(cut)
	p.dendrite.line.set(cut)
}

// each runs a test with a pair on each engine.
func each(t *testing.T, f func(t *testing.T, p pair)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		d := startDendrite(t)
		f(t, pair{startHub(t, address, d), d})
	})
}

// hub is one of ours, behind a server that speaks TLS for it, whose address is its name.
type hub struct {
	*nodetest.Hub
	name    string
	steward *nodetest.Client
	group   string // an organisation
	front   *front
	start   func(t testing.TB)
}

// startHub runs one that federates with a Dendrite alone.
func startHub(t *testing.T, address string, d *other) *hub {
	t.Helper()
	h := &hub{front: openFront(t)}
	h.name = h.front.name
	data := t.TempDir()
	h.start = func(t testing.TB) {
		h.Hub = nodetest.Start(t, address, func(cfg *node.Config) {
			cfg.Data, cfg.ServerName = data, h.name
			cfg.FederateWith, cfg.FederationNear, cfg.FederationCA = []string{d.Name}, []string{d.Name}, d.Certificate()
		})
		h.front.to.Store(&h.URL)
	}
	h.start(t)
	h.steward = h.SignUp(t, h.FirstToken(t), "samira")
	h.group = h.steward.Organisation(t, "Ak ýol", "ngo", "TM")
	return h
}

// enlist makes an account.
func (h *hub) enlist(t *testing.T, name string) *person {
	t.Helper()
	return newPerson(h.SignUp(t, h.steward.Invite(t, h.group, "member"), name))
}

// again starts a hub that was stopped. Everybody's tokens hold; it listens elsewhere, and its people follow it there.
func (h *hub) again(t *testing.T, people ...*person) {
	t.Helper()
	h.start(t)
	for _, p := range people {
		p.URL = h.URL
	}
}

// front ends TLS for a hub, as a proxy does before hubs in the world. It keeps the hub's address while the hub is down.
type front struct {
	*line
	to atomic.Pointer[string]
}

func openFront(t *testing.T) *front {
	t.Helper()
	f := &front{line: openLine(t)}
	server := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, err := url.Parse(*f.to.Load())
			if err != nil {
				panic(err) // it is the address of a hub that runs
			}
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ErrorLog: log.New(io.Discard, "", 0), // while the hub is down
	})
	t.Cleanup(server.Close)
	f.leadTo(server.Listener.Addr().String())
	return f
}

// other is a Dendrite.
type other struct {
	*dendrite.Server
	line     *line
	presence bool
}

func startDendrite(t *testing.T) *other {
	t.Helper()
	program, err := dendrite.Program(t.Context(), filepath.Join("..", "..", "dendrite", "program"))
	if err != nil {
		t.Fatal(err)
	}
	l := openLine(t)
	server, err := dendrite.New(program, t.TempDir(), l.name)
	if err != nil {
		t.Fatal(err)
	}
	l.leadTo(server.Peers)
	d := &other{Server: server, line: l}
	d.start(t)
	t.Cleanup(func() {
		d.stop(t)
		d.showLog(t)
	})
	return d
}

// tellPresence has it tell and hear who is there, which it does not by itself; it begins anew.
func (d *other) tellPresence(t *testing.T) {
	t.Helper()
	d.stop(t)
	d.presence = true
	file := filepath.Join(d.Folder, "dendrite.yaml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	after := strings.Replace(string(before), "global:\n", "global:\n  presence: {enable_inbound: true, enable_outbound: true}\n", 1)
	if err := os.WriteFile(file, []byte(after), 0o600); err != nil {
		t.Fatal(err)
	}
	d.start(t)
}

// start runs it, for the first time or again.
func (d *other) start(t *testing.T) {
	t.Helper()
	// It outlives the test's context, so that the end is asked for once.
	if err := d.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// stop ends it, as far as it runs.
func (d *other) stop(t *testing.T) {
	t.Helper()
	if d.Process.ProcessState != nil {
		return
	}
	if d.presence { // asked to end, it panics where it hears of somebody once its database is closed
		if err := d.Process.Process.Kill(); err != nil {
			t.Errorf("end Dendrite: %v", err)
		}
		_ = d.Process.Wait() // says that it was killed
		return
	}
	if err := d.Halt(); err != nil {
		t.Errorf("halt Dendrite: %v", err)
	}
}

// showLog tells what Dendrite had to say of a test that failed.
func (d *other) showLog(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	log, err := os.ReadFile(filepath.Join(d.Folder, "log"))
	if err != nil {
		t.Error(err)
	}
	for _, line := range strings.Split(string(log), "\n") {
		if strings.Contains(line, "level=error") || strings.Contains(line, "level=warn") && strings.Contains(line, "req.") {
			t.Log(line)
		}
	}
}

// enlist makes an account.
func (d *other) enlist(t *testing.T, name string) *person {
	t.Helper()
	nobody := &nodetest.Client{URL: "http://" + d.Address}
	answer := nobody.OK(t, "POST", "/_matrix/client/v3/register", nodetest.M{
		"username": name, "password": nodetest.Passphrase, "auth": nodetest.M{"type": "m.login.dummy"},
	})
	return newPerson(&nodetest.Client{URL: nobody.URL, Token: answer.Text("access_token"), UserID: answer.Text("user_id"), DeviceID: answer.Text("device_id")})
}
