package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"panah/hub/endpoint"
	"panah/hub/fault"
)

const (
	// bodyTime is how long a body may take to arrive.
	bodyTime = 30 * time.Second
	// maxID bounds ids and names that other servers tell, in bytes.
	maxID = endpoint.MaxID
)

// Call is one request under way. At a door that asks for proof, Origin is the server that sent it, and Body is what that server signed.
type Call struct {
	Origin string
	Body   []byte // one JSON value, or empty

	w http.ResponseWriter
	r *http.Request
}

// Context ends when the other side hangs up.
func (c *Call) Context() context.Context { return c.r.Context() }

// Path gives a variable part of the address. The router has checked that it is text of at most maxID bytes.
func (c *Call) Path(name string) string { return c.r.PathValue(name) }

// Query gives what stands in the address behind the path.
func (c *Call) Query() url.Values { return c.r.URL.Query() }

// Read decodes the body into out.
func (c *Call) Read(out any) error {
	if len(c.Body) == 0 {
		return fault.NotJSON()
	}
	if err := json.Unmarshal(c.Body, out); err != nil {
		return fault.BadJSON().Because(err)
	}
	return nil
}

// take reads the body, within its bounds of size and time, before anything looks into it. origin is who says to send it.
func (s *Server) take(c *Call, origin string, most int64) error {
	if c.r.Body == nil || c.r.ContentLength == 0 {
		return nil
	}
	if c.r.ContentLength > most { // before a place is taken
		return fault.TooLarge(int(most))
	}
	leave, free := s.reading.take(origin)
	if !free {
		return fault.LimitExceeded(time.Second)
	}
	defer leave()
	body, err := endpoint.Body(c.w, c.r, most, s.patient)
	if err == nil && len(body) > 0 && (!utf8.Valid(body) || !json.Valid(body)) {
		err = fault.NotJSON()
	}
	c.Body = body
	return err
}
