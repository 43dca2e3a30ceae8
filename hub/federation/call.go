package federation

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
)

const (
	// maxBody bounds what may be sent to most doors, in bytes. The largest event is 65,536 bytes of canonical JSON, which is up to three
	// times that when a server escapes each letter.
	maxBody = 256 << 10
	// bodyTime is how long a body may take to arrive.
	bodyTime = 30 * time.Second
	// maxID bounds ids, types and keys in addresses (Matrix specification, appendices, 4.2: 255 bytes).
	maxID = 255
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
	if c.r.ContentLength > most {
		return fault.TooLarge(int(most))
	}
	leave, free := s.reading.take(origin)
	if !free {
		return fault.LimitExceeded(time.Second)
	}
	defer leave()
	line := http.NewResponseController(c.w)
	if err := line.SetReadDeadline(time.Now().Add(s.patient)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.NotJSON().Because(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return fault.TooLarge(int(most))
	case err != nil:
		return fault.NotJSON().Because(err)
	case len(body) > 0 && (!utf8.Valid(body) || !json.Valid(body)):
		return fault.NotJSON()
	}
	c.Body = body
	if err := line.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.NotJSON().Because(err)
	}
	return nil
}

// checkQuery refuses a query that is not well formed, or holds what no database could.
func (c *Call) checkQuery() error {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return fault.InvalidParam("error.invalid_query").Because(err)
	}
	for _, list := range values {
		for _, value := range list {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return fault.InvalidParam("error.invalid_query")
			}
		}
	}
	return nil
}
