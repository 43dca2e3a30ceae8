package atom_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/cap/atom"
	"panah/hub/fault"
)

var noon = time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC)

func sample() *atom.Feed {
	return &atom.Feed{ID: "urn:uuid:feed", Title: "Alerts & <more>", Author: "Hub", Self: "https://hub.example.org/f?a=b&c=d", Updated: noon, Entries: []atom.Entry{
		{ID: "urn:uuid:1", Title: "شخص گم‌شده", Updated: noon, Summary: "two\nlines", Links: []atom.Link{
			{Type: "application/cap+xml", Href: "https://hub.example.org/1"}, {Rel: "related", Href: "2"}}},
		{ID: "urn:uuid:2", Title: "b", Updated: noon.Add(-time.Hour)},
	}}
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	want := sample()
	got, err := atom.Read(bytes.NewReader(atom.Write(want)), atom.Usual)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFeedOfOthers reads what other programs write: prefixes, content of other namespaces, texts of foreign elements, a title with markup.
func TestFeedOfOthers(t *testing.T) {
	file := `<?xml version="1.0"?><a:feed xmlns:a="http://www.w3.org/2005/Atom" xmlns:cap="urn:x">
	<a:id> urn:feed </a:id><a:updated>2026-03-21T14:00:00.5+04:30</a:updated><title>not Atom's</title>
	<a:entry><a:id>1</a:id><a:title>One</a:title><cap:id>x</cap:id><a:content type="xhtml"><div><a:id>inner</a:id></div></a:content>
	<a:source><a:id>elsewhere</a:id></a:source><a:link href=" 1.cap "/></a:entry></a:feed>`
	got, err := atom.Read(strings.NewReader(file), atom.Usual)
	if err != nil {
		t.Fatal(err)
	}
	want := &atom.Feed{ID: "urn:feed", Updated: noon, Entries: []atom.Entry{{ID: "1", Title: "One", Links: []atom.Link{{Href: "1.cap"}}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func feed(inside string) string {
	return `<feed xmlns="` + atom.Namespace + `"><id>f</id>` + inside + `</feed>`
}

func hostile() map[string]string {
	return map[string]string{
		"nothing":        "",
		"a page":         "<html><body>Sign in</body></html>",
		"RSS":            "<rss version='2.0'><channel/></rss>",
		"no id":          `<feed xmlns="` + atom.Namespace + `"/>`,
		"no namespace":   "<feed><id>f</id></feed>",
		"two roots":      feed("") + feed(""),
		"text after it":  feed("") + "x",
		"cut":            feed("")[:50],
		"document type":  "<!DOCTYPE feed [<!ENTITY a 'b'>]>" + feed("<title>&a;</title>"),
		"late":           feed("") + "<!DOCTYPE feed>",
		"entity":         feed("<title>&nbsp;</title>"),
		"instruction":    "<?xml-stylesheet href='x'?>" + feed(""),
		"other encoding": "<?xml version='1.0' encoding='ISO-8859-1'?>" + feed(""),
		"broken UTF-8":   feed("<title>\xff</title>"),
		"NUL":            feed("<title>\x00</title>"),
		"deep":           feed(strings.Repeat("<a>", 30) + strings.Repeat("</a>", 30)),
		"100,000 deep":   feed(strings.Repeat("<a>", 100_000)),
		"wide":           feed(strings.Repeat("<a/>", 50_000)),
		"long title":     feed("<title>" + strings.Repeat("a", 9<<10) + "</title>"),
		"pieces":         feed("<title>" + strings.Repeat("a<!---->", 9<<10) + "</title>"),
		"long attribute": feed("<a b='" + strings.Repeat("a", 9<<10) + "'/>"),
		"no time":        feed("<updated>yesterday</updated>"),
		"no time inside": feed("<entry><updated>2026-03-21</updated></entry>"),
	}
}

func TestHostileFeedsAreRefused(t *testing.T) {
	for name, file := range hostile() {
		if _, err := atom.Read(strings.NewReader(file), atom.Usual); !errors.Is(err, fault.InvalidParam("error.feed_unreadable")) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	large := feed(strings.Repeat(" ", atom.Usual.Bytes))
	if _, err := atom.Read(strings.NewReader(large), atom.Usual); !errors.Is(err, fault.TooLarge(atom.Usual.Bytes)) {
		t.Errorf("large: got %v", err)
	}
}

func TestTheFirstEntriesOfALongFeedAreTaken(t *testing.T) {
	var entries strings.Builder
	for i := range 300 {
		fmt.Fprintf(&entries, "<entry><id>%d</id><link href='%d'/></entry>", i, i)
	}
	got, err := atom.Read(strings.NewReader(feed(entries.String())), atom.Usual)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Entries); n != 200 || got.Entries[199].ID != "199" || len(got.Entries[199].Links) != 1 {
		t.Errorf("got %d entries, the last %+v", n, got.Entries[n-1])
	}
}

func TestTag(t *testing.T) {
	one, other := atom.Tag([]byte("a")), atom.Tag([]byte("b"))
	if one == other || one != atom.Tag([]byte("a")) || !strings.HasPrefix(one, `"`) {
		t.Errorf("got %s and %s", one, other)
	}
}

// FuzzRead: whatever comes in, it is refused with a fault or it is a feed that is written and reads as the same again.
func FuzzRead(f *testing.F) {
	for _, file := range hostile() {
		f.Add([]byte(file))
	}
	f.Add(atom.Write(sample()))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := atom.Read(bytes.NewReader(file), atom.Usual)
		var refusal *fault.Fault
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("not a fault: %v", err)
		}
		if err != nil {
			return
		}
		again, err := atom.Read(bytes.NewReader(atom.Write(got)), atom.Usual)
		if err != nil && !errors.Is(err, fault.TooLarge(atom.Usual.Bytes)) && !got.Updated.IsZero() {
			t.Fatalf("%v\n%s", err, file)
		}
		if err == nil && len(again.Entries) != len(got.Entries) {
			t.Fatalf("%d entries became %d", len(got.Entries), len(again.Entries))
		}
	})
}
