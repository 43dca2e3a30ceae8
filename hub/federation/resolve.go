package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/outside"
)

const (
	usualPort      = 8448
	targetsMost    = 4 // machines that are tried behind one name
	foundKept      = 2000
	foundHolds     = 24 * time.Hour // that a name is not looked up again, unless nobody is there any more
	missHolds      = time.Hour      // the same where the server names no other place
	wellKnownLimit = 64 << 10       // bytes
	wellKnownTime  = 10 * time.Second
	wellKnownSteps = 4 // redirections
)

// target is a machine behind a server's name.
type target struct {
	address     string // host and port to dial
	host        string // for the Host header
	certificate string // name that the machine must prove
}

// found is what a server's name was resolved to.
type found struct {
	targets []target
	until   time.Time
}

// resolve finds the machines behind a server's name ("Resolving server names"), and remembers them.
func (w *Way) resolve(ctx context.Context, server string) ([]target, error) {
	w.mu.Lock()
	known := w.found[server]
	w.mu.Unlock()
	if w.now().Before(known.until) {
		return known.targets, nil
	}
	targets, holds, err := w.lookUp(ctx, server)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.found) >= foundKept {
		clear(w.found)
	}
	w.found[server] = found{targets, w.now().Add(holds)}
	return targets, nil
}

func (w *Way) forget(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.found, server)
}

// lookUp goes the specification's steps in their order.
func (w *Way) lookUp(ctx context.Context, server string) (targets []target, holds time.Duration, err error) {
	host, port, valid := spec.ParseAndValidateServerName(spec.ServerName(server))
	if !valid {
		return nil, 0, fmt.Errorf("no server name: %q", server)
	}
	if at := direct(server, host, port); at != nil { // steps 1 and 2
		return at, foundHolds, nil
	}
	delegated, err := w.wellKnown(ctx, server, host)
	if err != nil { // step 4 to 6: whatever went wrong, it is as if there were none
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		return w.bySRV(ctx, host), missHolds, nil
	}
	dhost, dport, _ := spec.ParseAndValidateServerName(spec.ServerName(delegated))
	if at := direct(delegated, dhost, dport); at != nil { // steps 3.1 and 3.2
		return at, foundHolds, nil
	}
	return w.bySRV(ctx, dhost), foundHolds, nil // steps 3.3 to 3.5
}

// direct is where a name leads that is an address or has a port; nil for any other.
func direct(name, host string, port int) []target {
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(bare); err != nil && port == -1 {
		return nil
	}
	if port == -1 {
		port = usualPort
	}
	return []target{{net.JoinHostPort(bare, strconv.Itoa(port)), name, bare}}
}

// bySRV asks the DNS for the machines of a host. A host without such records is its own machine.
func (w *Way) bySRV(ctx context.Context, host string) (targets []target) {
	for _, service := range []string{"matrix-fed", "matrix"} { // the second is deprecated
		_, records, err := net.DefaultResolver.LookupSRV(ctx, service, "tcp", host)
		if err != nil {
			continue
		}
		for _, r := range records[:min(len(records), targetsMost)] {
			targets = append(targets, target{net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))), host, host})
		}
		if targets != nil {
			return targets
		}
	}
	return []target{{net.JoinHostPort(host, strconv.Itoa(usualPort)), host, host}}
}

// wellKnown asks a host where its server is (step 3). Redirections are followed, each by the rules of dialling: only the host itself may be
// near, and only where the operator lets this server be.
func (w *Way) wellKnown(ctx context.Context, server, host string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, wellKnownTime)
	defer cancel()
	address := url.URL{Scheme: "https", Host: host, Path: "/.well-known/matrix/server"}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return "", err
	}
	line := w.line(server, "", func(ctx context.Context, network, address string) (net.Conn, error) {
		to, _, _ := net.SplitHostPort(address)
		if !webPort(address) {
			return nil, fault.Forbidden("error.outside_private")
		}
		return outside.Dial(ctx, network, address, w.near[server] && strings.EqualFold(to, host))
	})
	client := http.Client{Transport: line, CheckRedirect: onlySecured}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	raw, err := outside.Body(response, wellKnownLimit)
	if err != nil {
		return "", err
	}
	var said struct {
		Server string `json:"m.server"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(raw, &said) != nil || !validServer(said.Server) {
		return "", errors.New("the host names no server")
	}
	return said.Server, nil
}

func onlySecured(next *http.Request, before []*http.Request) error {
	if len(before) > wellKnownSteps || next.URL.Scheme != "https" {
		return fault.InvalidParam("error.outside_redirect")
	}
	return nil
}
