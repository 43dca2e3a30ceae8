package clientapi

import (
	"context"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/feed"
	"panah/hub/store"
)

// errGoingDown is what those who wait for news are told at the end.
var errGoingDown = fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.going_down").After(time.Second)

// maxPatience bounds how long a client may have an answer wait, in milliseconds. The feed has a bound of its own below it.
const maxPatience = 10 * 60 * 1000

// sync ("Syncing"). When the node goes down, those who wait are answered with what there is.
func (a *API) sync(c *call) (any, error) {
	patience, err := c.queryInt("timeout", 0, maxPatience)
	if err != nil {
		return nil, err
	}
	full, err := c.queryBool("full_state")
	if err != nil {
		return nil, err
	}
	if err := a.taken(c); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(c.ctx())
	defer cancel()
	defer context.AfterFunc(a.Stopping, cancel)()
	answer, err := a.Feed.Sync(ctx, c.caller, feed.Request{
		Since: c.query("since"), Filter: c.query("filter"), FullState: full,
		Timeout: time.Duration(patience) * time.Millisecond, Presence: feed.Presence(c.query("set_presence")),
	})
	if err != nil && a.Stopping.Err() != nil {
		return nil, errGoingDown.Because(err)
	}
	return answer, err
}

// taken notes that the device has taken everything up to the token that it comes back with.
func (a *API) taken(c *call) error {
	since, err := feed.ParseToken(c.query("since"))
	if err != nil || since.Position == 0 {
		return nil // the answer says what is wrong with it
	}
	return a.Alerts.Taken(c.ctx(), map[string]store.Position{c.caller.UserID: since.Position})
}

func (c *call) queryBool(name string) (bool, error) {
	switch c.query(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, fault.InvalidParam("error.invalid_param", "Name", name)
}

func (a *API) addFilter(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	raw, err := c.object()
	if err != nil {
		return nil, err
	}
	id, err := a.Feed.SaveFilter(c.ctx(), c.caller.UserID, raw)
	if err != nil {
		return nil, err
	}
	return map[string]string{"filter_id": id}, nil
}

func (a *API) filter(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	return a.Feed.SavedFilter(c.ctx(), c.caller.UserID, c.path("filterId"))
}

// receipt ("Receipts"). m.fully_read is set here too, as the specification allows since v1.4.
func (a *API) receipt(c *call) (any, error) {
	var in struct {
		Thread string `json:"thread_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.SetReceipts(c.ctx(), c.caller.UserID, c.path("roomId"),
		feed.Marker{Kind: c.path("type"), Event: c.path("eventId"), Thread: in.Thread})
}

// readMarkers ("Fully read markers").
func (a *API) readMarkers(c *call) (any, error) {
	var in struct {
		FullyRead   string `json:"m.fully_read"`
		Read        string `json:"m.read"`
		ReadPrivate string `json:"m.read.private"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	var markers []feed.Marker
	for _, m := range []feed.Marker{{Kind: "m.fully_read", Event: in.FullyRead}, {Kind: "m.read", Event: in.Read}, {Kind: "m.read.private", Event: in.ReadPrivate}} {
		if m.Event != "" {
			markers = append(markers, m)
		}
	}
	return map[string]any{}, a.Feed.SetReceipts(c.ctx(), c.caller.UserID, c.path("roomId"), markers...)
}

// typing ("Typing Notifications").
func (a *API) typing(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	var in struct {
		Typing  *bool `json:"typing"`
		Timeout int64 `json:"timeout"` // milliseconds
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.Typing == nil {
		return nil, fault.MissingParam("typing")
	}
	if in.Timeout < 0 {
		return nil, fault.InvalidParam("error.invalid_param", "Name", "timeout")
	}
	timeout := time.Duration(min(in.Timeout, maxPatience)) * time.Millisecond
	return map[string]any{}, a.Feed.SetTyping(c.ctx(), c.caller.UserID, c.path("roomId"), *in.Typing, timeout)
}

func (a *API) presence(c *call) (any, error) {
	return a.Feed.Presence(c.ctx(), c.caller.UserID, c.path("userId"))
}

func (a *API) setPresence(c *call) (any, error) {
	if err := c.own(); err != nil {
		return nil, err
	}
	var in struct {
		Presence feed.Presence `json:"presence"`
		Status   *string       `json:"status_msg"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return map[string]any{}, a.Feed.SetPresence(c.ctx(), c.caller.UserID, in.Presence, in.Status)
}
