package clientapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"panah/hub/endpoint"
	"panah/hub/fault"
	"panah/hub/people"
)

// bodyTime is how long a body may take to arrive.
const bodyTime = 60 * time.Second

// call is one request under way: what was asked, and by whom.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	caller people.Caller // empty on routes that are open to all
	body   []byte
	cookie bool // the caller is known by a cookie
}

func (c *call) ctx() context.Context { return c.r.Context() }

// path gives a part of the address. The router has already checked it.
func (c *call) path(name string) string { return c.r.PathValue(name) }

// query gives a value of the query, or "".
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// queryInt gives a number of the query between 0 and most, or otherwise when it is absent. Larger numbers are cut to
// most, as Matrix lets a server do with limits.
func (c *call) queryInt(name string, otherwise, most int) (int, error) {
	text := c.query(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fault.InvalidParam("error.invalid_param", "Name", name)
	}
	return min(n, most), nil
}

// read decodes the body into out. An empty body stands for {}, as older clients send.
func (c *call) read(out any) error {
	if len(c.body) == 0 {
		return nil
	}
	return decode(c.body, out)
}

// object gives the body as it was sent, after it was found to be one strict JSON object.
func (c *call) object() (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if len(c.body) == 0 {
		return nil, fault.NotJSON()
	}
	if err := decode(c.body, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, fault.BadJSON()
	}
	return c.body, nil
}

// takeBody reads the body, within its bounds of size and time, before anything looks into it.
func (c *call) takeBody() error { return c.takeBodyUpTo(endpoint.MaxBody) }

// takeBodyUpTo is the same for endpoints with a bound of their own, in bytes.
func (c *call) takeBodyUpTo(most int64) (err error) {
	c.body, err = endpoint.Body(c.w, c.r, most, bodyTime)
	return err
}
