package clientapi

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"panah/hub/alert/exchange"
	"panah/hub/cap"
	"panah/hub/cap/atom"
	"panah/hub/fault"
)

// alertFeedRoutes give alerts to programs that are no hubs. Reading a feed is open to all: its token is no person's.
func (a *API) alertFeedRoutes() []route {
	return []route{
		{"GET", us + "/alerts/{id}/cap", signedIn, a.exportCAP},
		{"GET", us + "/alert-feeds", signedIn, a.alertFeeds},
		{"POST", us + "/alert-feeds", signedIn, a.makeAlertFeed},
		{"DELETE", us + "/alert-feeds/{id}", signedIn, a.revokeAlertFeed},
		{"GET", us + "/alert-feeds/{id}", open, a.readAlertFeed},
		{"GET", us + "/alert-feeds/{id}/{alert}", open, a.readAlertInFeed},
	}
}

// exportCAP gives an alert as a CAP 1.2 file.
func (a *API) exportCAP(c *call) (any, error) {
	m, err := a.Exchange.Export(c.ctx(), c.caller, c.path("id"))
	if err != nil {
		return nil, err
	}
	c.w.Header().Set("Content-Disposition", `attachment; filename="alert.cap.xml"`)
	return c.giveCAP(m)
}

func (c *call) giveCAP(m *cap.Alert) (any, error) {
	var out bytes.Buffer
	if err := cap.Write(&out, m); err != nil {
		return nil, fault.Internal(err)
	}
	return c.give(cap.MediaType, out.Bytes())
}

// give answers with a body as it is, or with 304 to whoever has it already (RFC 9110, 13).
func (c *call) give(mediaType string, body []byte) (any, error) {
	h := c.w.Header()
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Authorization, Cookie")
	h.Set("ETag", atom.Tag(body))
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(body))
	return answered{}, nil
}

func feedAnswer(f exchange.Feed) map[string]any {
	return map[string]any{
		"id": f.ID, "organisation_id": f.OrganisationID, "room_id": f.RoomID, "name": f.Name, "made_by": f.MadeBy, "made_at": f.MadeAt, "used_at": f.UsedAt,
	}
}

func (a *API) alertFeeds(c *call) (any, error) {
	all, err := a.Exchange.Feeds(c.ctx(), c.caller)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, 0, len(all))
	for _, f := range all {
		list = append(list, feedAnswer(f))
	}
	return map[string]any{"feeds": list}, nil
}

// makeAlertFeed answers with the token, once, and the address at which it is the password of HTTP Basic or a Bearer token.
func (a *API) makeAlertFeed(c *call) (any, error) {
	var in struct {
		Name   string `json:"name"`
		RoomID string `json:"room_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	f, token, err := a.Exchange.MakeFeed(c.ctx(), c.caller, in.RoomID, in.Name)
	if err != nil {
		return nil, err
	}
	one := feedAnswer(f)
	one["token"], one["address"] = token, a.base(c.r)+us+"/alert-feeds/"+f.ID
	return one, nil
}

func (a *API) revokeAlertFeed(c *call) (any, error) {
	return map[string]any{}, a.Exchange.RevokeFeed(c.ctx(), c.caller, c.path("id"))
}

// openFeed finds the feed that the request's token opens. The token is never taken from the address.
func (a *API) openFeed(c *call) (exchange.Feed, error) {
	token, found := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !found {
		_, token, found = c.r.BasicAuth()
	}
	if !found || token == "" {
		c.w.Header().Set("WWW-Authenticate", `Basic realm="alerts", charset="UTF-8"`)
		return exchange.Feed{}, fault.MissingToken()
	}
	return a.Exchange.OpenFeed(c.ctx(), c.path("id"), token)
}

func (a *API) readAlertFeed(c *call) (any, error) {
	f, err := a.openFeed(c)
	if err != nil {
		return nil, err
	}
	body, err := a.Exchange.Atom(c.ctx(), f, a.base(c.r), c.query("language"))
	if err != nil {
		return nil, err
	}
	return c.give(atom.MediaType, body)
}

func (a *API) readAlertInFeed(c *call) (any, error) {
	f, err := a.openFeed(c)
	if err != nil {
		return nil, err
	}
	m, err := a.Exchange.InFeed(c.ctx(), f, c.path("alert"))
	if err != nil {
		return nil, err
	}
	return c.giveCAP(m)
}
