package federation

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/outside"
	"panah/hub/room"
)

const (
	shakeTime   = 10 * time.Second // for TLS to be agreed on
	idleTime    = 90 * time.Second // that a connection is kept for the next request
	headLimit   = 64 << 10         // bytes of an answer's head
	linesKept   = 500              // servers to which connections are kept
	lineMost    = 8                // connections to one server
	keysLimit   = 64 << 10         // bytes of what a server publishes of its keys
	keysTime    = 10 * time.Second
	firstPort   = 1024 // below it only the web's own port is reached, so that nobody knocks at mail or shells through the hub
	securedPort = 443
)

// Way is the way to other servers: it finds the machine behind a server's name, and reaches none that it may not. It is an
// http.RoundTripper for addresses of the kind matrix://SERVER/PATH.
//
// Each server has connections of its own, which are dialled by its own rules: a name that the operator lets be near leads another one
// nowhere. What is refused comes back as an error in which fault.From finds the fault.
type Way struct {
	own   string
	allow Allow
	near  map[string]bool
	roots *x509.CertPool
	now   func() time.Time

	mu    sync.Mutex
	lines map[string]*http.Transport // by server and the name in its certificate
	found map[string]found           // by server
}

// WayOptions are whom a Way reaches.
type WayOptions struct {
	Own   string           // name of this hub, which is not reached so
	Allow Allow            // whom it reaches at all
	Near  []string         // server names that may be on this machine or in its own network
	Roots *x509.CertPool   // authorities that are believed; nil means the machine's
	Now   func() time.Time // nil means the machine's clock
}

// NewWay makes a way. It reaches out when it is asked to.
func NewWay(o WayOptions) *Way {
	w := &Way{own: o.Own, allow: o.Allow, near: map[string]bool{}, roots: o.Roots, now: o.Now, lines: map[string]*http.Transport{}, found: map[string]found{}}
	if w.now == nil {
		w.now = time.Now
	}
	for _, name := range o.Near {
		w.near[name] = true
	}
	return w
}

// RoundTrip is http.RoundTripper's. Of several machines behind a name the next is tried when one cannot be reached.
func (w *Way) RoundTrip(r *http.Request) (*http.Response, error) {
	server := r.URL.Host
	if r.URL.Scheme != "matrix" || server == w.own || !w.allow.Admits(server) {
		closeBody(r)
		return nil, fault.Forbidden("error.federation_refused")
	}
	targets, err := w.resolve(r.Context(), server)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	for i, target := range targets {
		var response *http.Response
		if response, err = w.try(r, server, target, i > 0); err == nil {
			return response, nil
		}
	}
	w.forget(server) // it may have moved
	return nil, fmt.Errorf("reach %s: %w", server, err)
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

func (w *Way) try(r *http.Request, server string, to target, again bool) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.URL.Scheme, sent.URL.Host, sent.Host = "https", to.address, to.host
	if again && r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		sent.Body = body
	}
	return w.line(server, to.certificate, w.dialler(server)).RoundTrip(sent)
}

// dial is how a connection comes about.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// dialler dials by a server's rules.
func (w *Way) dialler(server string) dial {
	near := w.near[server]
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !near && !webPort(address) {
			return nil, fault.Forbidden("error.outside_private")
		}
		return outside.Dial(ctx, network, address, near)
	}
}

func webPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && (n >= firstPort || n == securedPort)
}

// line gives the connections to a server. The name in the certificate is a part of their key: it follows from how the server was found.
func (w *Way) line(server, certificate string, d dial) *http.Transport {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := server + " " + certificate
	if line := w.lines[key]; line != nil {
		return line
	}
	if len(w.lines) >= linesKept {
		for key, line := range w.lines {
			line.CloseIdleConnections()
			delete(w.lines, key)
		}
	}
	line := &http.Transport{
		DialContext: d, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: headLimit, TLSHandshakeTimeout: shakeTime,
		IdleConnTimeout: idleTime, MaxIdleConnsPerHost: 2, MaxConnsPerHost: lineMost,
		TLSClientConfig: &tls.Config{RootCAs: w.roots, ServerName: certificate, MinVersion: tls.VersionTLS12},
	}
	w.lines[key] = line
	return line
}

// CloseIdleConnections gives connections back that nobody uses.
func (w *Way) CloseIdleConnections() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.lines {
		line.CloseIdleConnections()
	}
}

// stay keeps a client where it was sent: no request of a server follows a redirection, for it was signed for one address.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// GetServerKeys asks a server for the keys that it publishes; it is keyring.Fetcher.
func (w *Way) GetServerKeys(ctx context.Context, server spec.ServerName) (keys gomatrixserverlib.ServerKeys, err error) {
	ctx, cancel := context.WithTimeout(ctx, keysTime)
	defer cancel()
	if !validServer(string(server)) {
		return keys, fault.Forbidden("error.federation_refused")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "matrix://"+string(server)+"/_matrix/key/v2/server", nil)
	if err != nil {
		return keys, fmt.Errorf("ask %s for keys: %w", server, err)
	}
	client := http.Client{Transport: w, CheckRedirect: stay}
	response, err := client.Do(request)
	if err != nil {
		return keys, err
	}
	raw, err := outside.Body(response, keysLimit)
	if err != nil {
		return keys, err
	}
	if response.StatusCode != http.StatusOK {
		return keys, refusalOf(response.StatusCode, raw)
	}
	if room.Nested(raw) > room.NestingMost {
		return keys, fmt.Errorf("the keys of %s nest too deep", server)
	}
	if err := json.Unmarshal(raw, &keys); err != nil {
		return keys, fmt.Errorf("read the keys of %s: %w", server, err)
	}
	return keys, nil
}
