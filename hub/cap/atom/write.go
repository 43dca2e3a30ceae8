package atom

import (
	"bytes"
	"encoding/xml"
	"time"
)

// Write gives a feed as RFC 4287 has it, in UTF-8.
func Write(f *Feed) []byte {
	var out bytes.Buffer
	out.WriteString(xml.Header + `<feed xmlns="` + Namespace + "\">\n")
	element(&out, "  ", "id", f.ID)
	element(&out, "  ", "title", f.Title)
	element(&out, "  ", "updated", stamp(f.Updated))
	out.WriteString("  <author>")
	element(&out, "", "name", f.Author)
	out.WriteString("  </author>\n")
	if f.Self != "" {
		link(&out, "  ", Link{Rel: "self", Type: MediaType, Href: f.Self})
	}
	for _, e := range f.Entries {
		entry(&out, &e)
	}
	out.WriteString("</feed>\n")
	return out.Bytes()
}

func entry(out *bytes.Buffer, e *Entry) {
	out.WriteString("  <entry")
	attributeOf(out, "xml:lang", e.Language)
	out.WriteString(">\n")
	element(out, "    ", "id", e.ID)
	element(out, "    ", "title", e.Title)
	element(out, "    ", "updated", stamp(e.Updated))
	if e.Summary != "" {
		element(out, "    ", "summary", e.Summary)
	}
	for _, l := range e.Links {
		link(out, "    ", l)
	}
	out.WriteString("  </entry>\n")
}

func element(out *bytes.Buffer, indent, name, text string) {
	out.WriteString(indent + "<" + name + ">")
	_ = xml.EscapeText(out, []byte(text)) // a buffer takes everything
	out.WriteString("</" + name + ">\n")
}

func link(out *bytes.Buffer, indent string, l Link) {
	out.WriteString(indent + "<link")
	attributeOf(out, "rel", l.Rel)
	attributeOf(out, "type", l.Type)
	attributeOf(out, "href", l.Href)
	out.WriteString("/>\n")
}

func attributeOf(out *bytes.Buffer, name, value string) {
	if value != "" {
		out.WriteString(" " + name + `="`)
		_ = xml.EscapeText(out, []byte(value))
		out.WriteString(`"`)
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
