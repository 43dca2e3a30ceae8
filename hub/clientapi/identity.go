package clientapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"panah/hub/fault"
	"panah/hub/whence"
)

const (
	// cookieName holds the token of the hub's own web client, out of reach of scripts.
	cookieName = "panah_session"
	// cookieTime is how long a browser that does not come back keeps the cookie. Each start of the client renews it.
	cookieTime = 60 * 24 * time.Hour
)

// admit finds out who calls, and refuses a browser that was led here by somebody else's page.
func (a *API) admit(rt route, c *call) error {
	switch rt.access {
	case open:
		return nil
	case ourPage:
		return a.checkPage(c.r, false)
	}
	token, cookie, err := tokenOf(c.r)
	if err != nil {
		return err
	}
	if cookie && addressBar(c.r) {
		return fault.Forbidden("error.foreign_page")
	}
	if cookie && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		if err := a.checkPage(c.r, true); err != nil {
			return err
		}
	}
	c.cookie = cookie
	authenticate := a.People.AuthenticateFrom
	if rt.access == settingUp {
		authenticate = a.People.AuthenticateForSetUp
	}
	c.caller, err = authenticate(c.ctx(), token, a.Country(c.r))
	return err
}

// addressBar tells whether a browser asks in order to show the answer itself, as when somebody types the address of an endpoint. The
// cookie alone must not show anything then: on a phone that somebody else holds, the client's PIN stands before what it knows.
// Browsers say so by their fetch metadata (W3C, 2.1); those that do not yet, by wanting a page.
func addressBar(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// tokenOf finds the caller's token: in the Authorization header, or else in the cookie. One in the address is not looked
// at: addresses end up in logs and histories (moveToken has the one exception).
func tokenOf(r *http.Request) (token string, cookie bool, err error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		token = strings.TrimSpace(token)
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", false, fault.MissingToken()
		}
		return token, false, nil
	}
	if c, err := r.Cookie(cookieName); err == nil && c.Value != "" {
		return c.Value, true, nil
	}
	return "", false, missingToken(r)
}

// checkPage refuses requests that a browser sends for a page that is not the hub's own. Programs other than browsers send
// neither header; they pass unless the caller is known by a cookie alone, which only a browser holds.
func (a *API) checkPage(r *http.Request, known bool) error {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case origin != "" && a.ownOrigin(r, origin):
		return nil
	case origin == "" && site == "same-origin":
		return nil
	case origin == "" && site == "" && !known:
		return nil
	}
	return fault.Forbidden("error.foreign_page")
}

// ownOrigin tells whether origin is the hub itself: by its public address, or by the one that this request was sent to.
func (a *API) ownOrigin(r *http.Request, origin string) bool {
	if a.PublicURL != "" && strings.EqualFold(origin, a.PublicURL) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// setCookie keeps the token in the browser, a brief session's only until the browser is closed. An empty token clears it.
func (a *API) setCookie(c *call, token string, brief bool) {
	cookie := &http.Cookie{
		Name: cookieName, Value: token, Path: "/", MaxAge: int(cookieTime / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(a.base(c.r), "https:"),
	}
	switch {
	case token == "":
		cookie.MaxAge = -1
	case brief:
		cookie.MaxAge = 0
	}
	http.SetCookie(c.w, cookie)
}

// base is the hub's address as the caller reaches it, without a slash at the end.
func (a *API) base(r *http.Request) string {
	if a.PublicURL != "" {
		return a.PublicURL
	}
	if r.TLS != nil || (a.fromProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https") {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (a *API) fromProxy(r *http.Request) bool { return a.trusted(peer(r)) }

func (a *API) trusted(addr netip.Addr) bool {
	for _, prefix := range a.Proxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Country is the one that a request comes from, as far as is known. Of the address itself nothing is kept.
func (a *API) Country(r *http.Request) string { return whence.Country(a.from(r)) }

// address is the caller's own, for limits.
func (a *API) address(r *http.Request) string { return a.from(r).String() }

// from is the address that a request comes from. Proxies of ours append to X-Forwarded-For, so it is read from its end, and only
// as far as we trust who wrote it.
func (a *API) from(r *http.Request) netip.Addr {
	addr := peer(r)
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && a.trusted(addr); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		addr = before.Unmap()
	}
	return addr
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}
