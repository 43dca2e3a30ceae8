package gateway

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/websocket"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/people"
)

// Subprotocol is what both sides speak.
const Subprotocol = "m.json"

// cookie is where the web client keeps its token.
const cookie = "panah_session"

// opening is all that is known of a session before the handshake is answered.
type opening struct {
	caller   people.Caller
	since    *feed.Token
	filter   *feed.Filter
	presence feed.Presence
	deflate  bool
}

// ServeHTTP opens a session. Whatever is wrong is answered as HTTP with a Matrix error; after that only frames are exchanged.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o, err := g.prepare(r)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	h := &hijacker{ResponseWriter: w}
	conn, err := g.upgrade.Upgrade(h, r, nil)
	if err != nil {
		return // gorilla has answered; it is the client's mistake, or its line broke
	}
	h.conn.muted.Store(true)
	s := g.newSession(conn, h.conn, o, r)
	if !g.register(s) {
		conn.Close() // nothing was promised yet: the client comes back
		return
	}
	// The handler's own goroutine and its buffers are given back to the server; Close waits for the session.
	go s.serve()
}

// prepare checks an opening before it is answered.
func (g *Gateway) prepare(r *http.Request) (*opening, error) {
	if r.Method != http.MethodGet {
		return nil, fault.Unrecognized(http.StatusMethodNotAllowed)
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return nil, fault.New(http.StatusUpgradeRequired, "M_BAD_STATE", "error.websocket_wanted")
	}
	query := r.URL.Query()
	if query.Has("access_token") {
		return nil, fault.MissingToken()
	}
	token, err := g.token(r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(websocket.Subprotocols(r), Subprotocol) {
		return nil, fault.InvalidParam("error.subprotocol", "Name", Subprotocol)
	}
	var o opening
	if o.caller, err = g.people.AuthenticateFrom(r.Context(), token, g.options.Country(r)); err != nil {
		return nil, err
	}
	o.deflate = agreeOnCompression(r)
	return &o, g.readQuery(r, query, &o)
}

// readQuery reads what the address says of the session.
func (g *Gateway) readQuery(r *http.Request, query url.Values, o *opening) (err error) {
	if query.Has("since") {
		since, err := feed.ParseToken(query.Get("since"))
		if err != nil {
			return err
		}
		if err := g.feed.Holds(r.Context(), since); err != nil {
			return err
		}
		o.since = &since
	}
	switch o.presence = feed.Presence(query.Get("presence")); o.presence {
	case "":
		o.presence = feed.Online
	case feed.Online, feed.Unavailable, feed.Offline:
	default:
		return fault.InvalidParam("error.presence_unknown")
	}
	o.filter, err = g.feed.Filter(r.Context(), o.caller.UserID, query.Get("filter"))
	return err
}

// token finds the session's token. A browser sends the cookie by itself, for any page that asks it to: so with a cookie the page's
// origin must be the hub's own.
func (g *Gateway) token(r *http.Request) (string, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		kind, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(kind, "Bearer") || token == "" {
			return "", fault.MissingToken()
		}
		return strings.TrimSpace(token), nil
	}
	c, err := r.Cookie(cookie)
	if err != nil || c.Value == "" {
		return "", fault.MissingToken()
	}
	if !g.ownOrigin(r) {
		return "", fault.Forbidden("error.foreign_origin")
	}
	return c.Value, nil
}

// ownOrigin reports whether the page that asks is the hub's own.
func (g *Gateway) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	if slices.Contains(g.options.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// agreeOnCompression decides on permessage-deflate in gorilla's place and rewrites the offer so that gorilla comes to the same
// end: it does not tell what it agreed on. An offer that wants a smaller window than compress/flate has is declined.
func agreeOnCompression(r *http.Request) bool {
	const header = "Sec-Websocket-Extensions"
	offers := r.Header.Values(header)
	r.Header.Del(header)
	for _, offer := range strings.Split(strings.Join(offers, ","), ",") {
		name, params, _ := strings.Cut(offer, ";")
		if strings.TrimSpace(name) == "permessage-deflate" && !strings.Contains(params, "server_max_window_bits") {
			r.Header.Set(header, "permessage-deflate")
			return true
		}
	}
	return false
}

// refuse answers an opening with a Matrix error.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if f.Status >= http.StatusInternalServerError {
		g.log.Error("a session could not be opened", "err", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if f.Status == http.StatusUpgradeRequired {
		w.Header().Set("Upgrade", "websocket")
	}
	w.WriteHeader(f.Status)
	json.NewEncoder(w).Encode(errorBody(f, g.options.Say(r, f))) // a client that hung up has no use for the answer
}
