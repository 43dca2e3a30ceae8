// Package outside is the door through which the hub itself reaches other machines: feeds that it polls, and whatever else fetches an
// address that somebody gave it.
//
// Whoever gives an address must not thereby see the hub's own network. So only https is spoken; the address is checked at the moment of
// dialling, after its name was resolved, which leaves a name no chance to turn round between check and use; each redirect is checked
// like the first address; no proxy of the environment is used, for it would dial where nobody looks. A host that the operator allows
// by name is reached whatever its address, also by plain http, and nobody is sent on to it from elsewhere.
package outside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"panah/hub/fault"
)

const (
	addressLimit  = 2048             // bytes of an address
	redirectLimit = 4                // steps of one request
	headerLimit   = 64 << 10         // bytes of an answer's head
	dialTimeout   = 10 * time.Second // for one machine to answer at all
	userPorts     = 1024             // below it only the web's own ports are reached, so that nobody knocks at mail or shells through the hub
)

// Door reaches out by one operator's rules. It is safe for concurrent use.
type Door struct {
	allowed map[string]bool
}

// Open makes a door. allowed are hosts ("feeds.example.org") or hosts with a port ("127.0.0.1:8080", "[::1]:8080") that may be reached though
// they are in the hub's own network. A host without a port stands for all of its ports. What is neither is an error.
func Open(allowed []string) (*Door, error) {
	d := &Door{allowed: make(map[string]bool, len(allowed))}
	for _, text := range allowed {
		name, err := canonical(text)
		if err != nil {
			return nil, err
		}
		d.allowed[name] = true
	}
	return d, nil
}

// canonical writes a host, or a host with a port, as the door compares it.
func canonical(text string) (string, error) {
	if host, port, err := net.SplitHostPort(text); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || !hostName(host) {
			return "", fmt.Errorf("no host and port: %q", text)
		}
		return net.JoinHostPort(plain(host), strconv.FormatUint(n, 10)), nil
	}
	host := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if !hostName(host) {
		return "", fmt.Errorf("no host: %q", text)
	}
	return plain(host), nil
}

// hostName tells whether text is an address or could be a name in the DNS.
func hostName(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	foreign := func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	return text != "" && len(text) <= 253 && !strings.ContainsFunc(text, foreign)
}

func plain(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// byName tells whether the operator allowed a host, or this port of it.
func (d *Door) byName(host, port string) bool {
	host = plain(host)
	return d.allowed[host] || d.allowed[net.JoinHostPort(host, port)]
}

// Check reads an address that somebody gave, before it is kept. It asks no DNS, so a name that leads into the hub's own network passes here and is
// refused when it is dialled.
func (d *Door) Check(address string) (*url.URL, error) {
	if len(address) > addressLimit {
		return nil, fault.InvalidParam("error.outside_address")
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.InvalidParam("error.outside_address").Because(err)
	}
	if err := d.check(u); err != nil {
		return nil, err
	}
	return u, nil
}

// CheckFrom reads an address that a document names, which came from elsewhere. It is checked like a redirect: a host that is reached only because
// the operator allowed it is reached from itself alone.
func (d *Door) CheckFrom(from *url.URL, address string) (*url.URL, error) {
	u, err := d.Check(address)
	if err != nil {
		return nil, err
	}
	return u, d.step(from, u)
}

func (d *Door) check(u *url.URL) error {
	if u.Opaque != "" || u.User != nil || !hostName(u.Hostname()) || u.Fragment != "" {
		return fault.InvalidParam("error.outside_address")
	}
	port := portOf(u)
	if d.byName(u.Hostname(), port) && (u.Scheme == "https" || u.Scheme == "http") {
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if u.Scheme != "https" || err != nil || n < userPorts && n != 443 {
		return fault.InvalidParam("error.outside_address")
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !public(addr) {
		return fault.Forbidden("error.outside_private")
	}
	return nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// Client makes an HTTP client that goes through the door. timeout bounds a whole request, redirects and body included. It keeps no cookies. What
// is refused comes back as an error in which fault.From finds the fault. Bound the body with Body.
func (d *Door) Client(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		DialContext:            d.dial,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: headerLimit,
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        time.Minute,
		MaxIdleConns:           32,
		MaxConnsPerHost:        4,
	}
	return &http.Client{Transport: &checked{d, transport}, CheckRedirect: d.redirect, Timeout: timeout}
}

// checked looks at every request, so that no caller has to remember to.
type checked struct {
	door *Door
	next *http.Transport
}

// RoundTrip is http.RoundTripper's.
func (c *checked) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := c.door.check(request.URL); err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	return c.next.RoundTrip(request)
}

// CloseIdleConnections lets http.Client's method of that name reach the connections.
func (c *checked) CloseIdleConnections() { c.next.CloseIdleConnections() }

// redirect refuses too many steps, steps down from https, and steps from elsewhere to a host that is reached only because it was allowed.
func (d *Door) redirect(next *http.Request, before []*http.Request) error {
	if len(before) > redirectLimit {
		return fault.InvalidParam("error.outside_redirect")
	}
	return d.step(before[len(before)-1].URL, next.URL)
}

// step refuses what one address may not lead to.
func (d *Door) step(from, to *url.URL) error {
	switch {
	case from.Scheme == "https" && to.Scheme != "https":
		return fault.InvalidParam("error.outside_redirect")
	case d.byName(to.Hostname(), portOf(to)) && plain(from.Hostname()) != plain(to.Hostname()):
		return fault.Forbidden("error.outside_private")
	}
	return nil
}

func (d *Door) dial(ctx context.Context, netw, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	return Dial(ctx, netw, address, d.byName(host, port))
}

// Dial connects to a machine, within dialTimeout. Unless near is true, it is one of the public internet or fault.Forbidden, whatever its name
// is resolved to.
func Dial(ctx context.Context, netw, address string, near bool) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if !near {
		dialer.Control = refusePrivate
	}
	return dialer.DialContext(ctx, netw, address)
}

// refusePrivate sees the very address that the kernel is about to connect to.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !public(to.Addr()) {
		return fault.Forbidden("error.outside_private")
	}
	return nil
}

// Body reads an answer whole and closes it. limit is in bytes, after unpacking; a longer one is fault.TooLarge.
func Body(response *http.Response, limit int64) (body []byte, err error) {
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.ContentLength > limit {
		return nil, fault.TooLarge(int(limit))
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, fault.TooLarge(int(limit))
	}
	return body, nil
}
