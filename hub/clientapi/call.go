package clientapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/people"
)

const (
	// maxBody bounds what may be sent, in bytes. The largest event is 65,536 bytes of canonical JSON, which is up to
	// three times that when a client escapes each letter.
	maxBody = 256 << 10
	// bodyTime is how long a body may take to arrive.
	bodyTime = 60 * time.Second
	// maxID bounds ids, types and keys in addresses (Matrix specification, appendices, 4.2: 255 bytes).
	maxID = 255
)

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
func (c *call) takeBody() error { return c.takeBodyUpTo(maxBody) }

// takeBodyUpTo is the same for endpoints with a bound of their own, in bytes.
func (c *call) takeBodyUpTo(most int64) error {
	if c.r.Body == nil || c.r.ContentLength == 0 {
		return nil
	}
	if c.r.ContentLength > most {
		return fault.TooLarge(int(most))
	}
	line := http.NewResponseController(c.w)
	if err := line.SetReadDeadline(time.Now().Add(bodyTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.NotJSON().Because(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, most))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.TooLarge(int(most))
	}
	if err != nil {
		return fault.NotJSON().Because(err)
	}
	c.body = body
	if err := line.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.NotJSON().Because(err)
	}
	return nil
}

// checkPath refuses ids that no database and no event could hold.
func checkPath(r *http.Request, names []string) error {
	for _, name := range names {
		value := r.PathValue(name)
		if len(value) > maxID || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return fault.InvalidParam("error.invalid_param", "Name", name)
		}
	}
	return nil
}

// checkQuery refuses a query that is not well formed, or holds what no database could.
func checkQuery(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
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
