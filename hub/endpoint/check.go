package endpoint

import (
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
	// MaxID bounds ids, types and keys in addresses, in bytes (Matrix specification, appendices, 4.2).
	MaxID = 255
	// MaxBody bounds what may be sent to most endpoints, in bytes. The largest event is 65,536 bytes of canonical JSON, which is up to three
	// times that when each letter is escaped.
	MaxBody = 256 << 10
)

// CheckAddress refuses variable parts of the path, by their names, that no database and no event could hold, and a query that is not well formed or
// holds such values.
func CheckAddress(r *http.Request, names []string) error {
	for _, name := range names {
		if value := r.PathValue(name); len(value) > MaxID || !storable(value) {
			return fault.InvalidParam("error.invalid_param", "Name", name)
		}
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.InvalidParam("error.invalid_query").Because(err)
	}
	for _, list := range values {
		for _, value := range list {
			if !storable(value) {
				return fault.InvalidParam("error.invalid_query")
			}
		}
	}
	return nil
}

// storable tells whether a database takes a text.
func storable(value string) bool { return utf8.ValidString(value) && !strings.ContainsRune(value, 0) }

// Body reads what was sent, at most so many bytes and within so long a time, before anything looks into it. It is error.too_large or
// error.not_json, or what the standard library's server had against the body as the cause of the latter; nil for none.
func Body(w http.ResponseWriter, r *http.Request, most int64, within time.Duration) ([]byte, error) {
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > most {
		return nil, fault.TooLarge(int(most))
	}
	line := http.NewResponseController(w)
	if err := line.SetReadDeadline(time.Now().Add(within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fault.NotJSON().Because(err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, fault.TooLarge(int(most))
	}
	if err != nil {
		return nil, fault.NotJSON().Because(err)
	}
	if err := line.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, fault.NotJSON().Because(err)
	}
	return body, nil
}
