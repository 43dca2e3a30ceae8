// Package atom writes and reads feeds of alerts (RFC 4287): which alerts there are, when each was changed, and where its file is.
//
// What it reads comes from strangers, so it takes as little as it needs. Bytes are counted before anything looks at them, depth, elements, entries and lengths
// while they are read; document types, entities beyond XML's own five and processing instructions are refused; what is not asked for is
// passed over and never kept. It fetches nothing: addresses are texts, and whoever follows one goes through hub/outside.
package atom

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"panah/hub/fault"
)

// Namespace is Atom's.
const Namespace = "http://www.w3.org/2005/Atom"

// MediaType is how feeds are called (RFC 4287, 7).
const MediaType = "application/atom+xml"

// Feed is one feed. Times are to the second.
type Feed struct {
	ID      string // an IRI that never changes
	Title   string
	Author  string
	Self    string // where the feed is
	Updated time.Time
	Entries []Entry
}

// Entry is one alert in a feed.
type Entry struct {
	ID       string // an IRI that never changes
	Title    string
	Language string // of the title; "" where nothing is said
	Updated  time.Time
	Summary  string
	Links    []Link
}

// Link is where something of an entry is. Href may be relative.
type Link struct {
	Rel  string // "" means alternate
	Type string // media type
	Href string
}

// Limits bound a feed that is read. What is above them is refused, but for entries: of those the first are taken, for feeds are long.
type Limits struct {
	Bytes    int
	Depth    int
	Elements int
	Text     int // bytes of one text that is kept, and of one element's attributes
	Entries  int
}

// Usual are limits for feeds of alerts.
var Usual = Limits{Bytes: 2 << 20, Depth: 24, Elements: 40_000, Text: 8 << 10, Entries: 200}

// errUnreadable is all that is told of a feed that is none. The cause goes to the log.
func errUnreadable(cause error) error {
	return fault.InvalidParam("error.feed_unreadable").Because(cause)
}

// Tag is a strong validator of a body for conditional requests (RFC 9110, 8.8.3), in quotes as it stands in the header.
func Tag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
