package atom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
)

// reader reads one feed.
type reader struct {
	limits   Limits
	feed     *Feed
	path     []xml.Name // from the root to the element that is being read
	text     []byte     // of the element that is being read
	elements int
	begun    bool // something other than the declaration was read
	enough   bool // the entry that is being read is one too many
}

// Read reads a feed of at most limits. What is no such feed is a fault; any other error comes from r.
func Read(r io.Reader, limits Limits) (*Feed, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(limits.Bytes)+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > limits.Bytes:
		return nil, fault.TooLarge(limits.Bytes)
	case !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0:
		return nil, errUnreadable(errors.New("not UTF-8"))
	}
	read := &reader{limits: limits}
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = read.take(token)
		}
		if err != nil {
			return nil, errUnreadable(err)
		}
	}
	if read.feed == nil || read.feed.ID == "" {
		return nil, errUnreadable(errors.New("no feed, or one without an id"))
	}
	return read.feed, nil
}

func (r *reader) take(token xml.Token) error {
	first := !r.begun
	r.begun = true
	switch t := token.(type) {
	case xml.ProcInst:
		if t.Target != "xml" || !first {
			return errors.New("a processing instruction")
		}
	case xml.Directive:
		return errors.New("a document type")
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		err := r.end()
		r.path = r.path[:len(r.path)-1]
		return err
	case xml.CharData:
		return r.chars(t)
	}
	return nil
}

func (r *reader) start(t xml.StartElement) error {
	r.elements++
	size := 0
	for _, a := range t.Attr {
		size += len(a.Name.Local) + len(a.Value)
	}
	switch {
	case len(r.path) >= r.limits.Depth || r.elements > r.limits.Elements || size > r.limits.Text:
		return errors.New("too deep, too many elements, or too long attributes")
	case len(r.path) == 0 && (r.feed != nil || t.Name != xml.Name{Space: Namespace, Local: "feed"}):
		return fmt.Errorf("the root is %.40q", t.Name.Local)
	case len(r.path) == 0:
		r.feed = &Feed{}
	}
	r.path, r.text = append(r.path, t.Name), nil
	switch {
	case r.at("entry") && len(r.feed.Entries) == r.limits.Entries:
		r.enough = true
	case r.at("entry"):
		r.feed.Entries = append(r.feed.Entries, Entry{})
	case r.at("entry", "link"):
		r.link(t.Attr)
	case r.at("link") && attribute(t.Attr, "rel") == "self":
		r.feed.Self = attribute(t.Attr, "href")
	}
	return nil
}

// at tells whether the element that is being read stands below the root by these names, all Atom's.
func (r *reader) at(names ...string) bool {
	if len(r.path) != len(names)+1 {
		return false
	}
	for i, name := range names {
		if r.path[i+1] != (xml.Name{Space: Namespace, Local: name}) {
			return false
		}
	}
	return true
}

func attribute(all []xml.Attr, name string) string {
	for _, a := range all {
		if a.Name == (xml.Name{Local: name}) {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// mostLinks is how many links of one entry are kept.
const mostLinks = 8

func (r *reader) link(attributes []xml.Attr) {
	entry := &r.feed.Entries[len(r.feed.Entries)-1]
	if !r.enough && len(entry.Links) < mostLinks {
		entry.Links = append(entry.Links, Link{Rel: attribute(attributes, "rel"), Type: attribute(attributes, "type"), Href: attribute(attributes, "href")})
	}
}

// kept is how deep texts stand that are kept: /feed/entry/title. Below and beside them texts are passed over.
const kept = 3

func (r *reader) chars(t xml.CharData) error {
	if len(r.path) == 0 && len(bytes.TrimSpace(t)) > 0 {
		return errors.New("text beside the feed")
	}
	if len(r.path) > kept {
		return nil
	}
	content := r.at("entry", "content")
	if !content && len(r.text)+len(t) > r.limits.Text {
		return errors.New("a text is too long")
	}
	if !content {
		r.text = append(r.text, t...)
	}
	return nil
}

func (r *reader) end() (err error) {
	text := strings.TrimSpace(string(r.text))
	r.text = nil
	switch {
	case r.at("id"):
		r.feed.ID = text
	case r.at("title"):
		r.feed.Title = text
	case r.at("author", "name"):
		r.feed.Author = text
	case r.at("updated"):
		r.feed.Updated, err = moment(text)
	case r.at("entry"):
		r.enough = false
	case len(r.path) == kept && r.path[1] == (xml.Name{Space: Namespace, Local: "entry"}) && !r.enough:
		err = r.endOfEntry(text)
	}
	return err
}

func (r *reader) endOfEntry(text string) (err error) {
	entry := &r.feed.Entries[len(r.feed.Entries)-1]
	switch {
	case r.at("entry", "id"):
		entry.ID = text
	case r.at("entry", "title"):
		entry.Title = text
	case r.at("entry", "summary"):
		entry.Summary = text
	case r.at("entry", "updated"):
		entry.Updated, err = moment(text)
	}
	return err
}

// moment is RFC 4287, 3.3, to the second.
func moment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("a time: %w", err)
	}
	return t.UTC().Truncate(time.Second), nil
}
