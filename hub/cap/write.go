package cap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Write writes a message as CAP 1.2 in UTF-8. One that breaks CAP's rules is a fault, and nothing of it is written.
func Write(w io.Writer, a *Alert) error {
	if err := a.Check(); err != nil {
		return err
	}
	var p printer
	p.out.WriteString(xml.Header)
	p.alert(a)
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("write a CAP file: %w", err)
	}
	return nil
}

// printer puts elements into memory, one a line.
type printer struct {
	out   bytes.Buffer
	depth int
}

func (p *printer) indent() { p.out.WriteString(strings.Repeat("  ", p.depth)) }

// must writes an element that is there whatever it holds.
func (p *printer) must(name, text string) {
	p.indent()
	p.out.WriteString("<" + name + ">")
	_ = xml.EscapeText(&p.out, []byte(text)) // a buffer takes everything
	p.out.WriteString("</" + name + ">\n")
}

// may writes an element where there is something to say.
func (p *printer) may(name, text string) {
	if text != "" {
		p.must(name, text)
	}
}

func (p *printer) time(name string, t Time) {
	if !t.IsZero() {
		p.must(name, t.String())
	}
}

// group writes an element with elements in it.
func (p *printer) group(name string, inside func()) {
	p.indent()
	p.out.WriteString("<" + name + ">\n")
	p.depth++
	inside()
	p.depth--
	p.indent()
	p.out.WriteString("</" + name + ">\n")
}

func many[T ~string](p *printer, name string, list []T) {
	for _, text := range list {
		p.must(name, string(text))
	}
}

func (p *printer) values(name string, list []Value) {
	for _, v := range list {
		p.group(name, func() {
			p.must("valueName", v.Name)
			p.must("value", v.Value)
		})
	}
}

func (p *printer) alert(a *Alert) {
	p.out.WriteString(`<alert xmlns="` + Namespace + "\">\n")
	p.depth = 1
	p.must("identifier", a.Identifier)
	p.must("sender", a.Sender)
	p.must("sent", a.Sent.String())
	p.must("status", string(a.Status))
	p.must("msgType", string(a.MsgType))
	p.may("source", a.Source)
	p.must("scope", string(a.Scope))
	p.may("restriction", a.Restriction)
	p.may("addresses", a.Addresses)
	many(p, "code", a.Codes)
	p.may("note", a.Note)
	p.may("references", joinReferences(a.References))
	p.may("incidents", a.Incidents)
	for i := range a.Infos {
		p.group("info", func() { p.info(&a.Infos[i]) })
	}
	p.out.WriteString("</alert>\n")
}

func joinReferences(list []Reference) string {
	groups := make([]string, len(list))
	for i, r := range list {
		groups[i] = r.String()
	}
	return strings.Join(groups, " ")
}

func (p *printer) info(i *Info) {
	p.may("language", i.Language)
	many(p, "category", i.Categories)
	p.must("event", i.Event)
	many(p, "responseType", i.ResponseTypes)
	p.must("urgency", string(i.Urgency))
	p.must("severity", string(i.Severity))
	p.must("certainty", string(i.Certainty))
	p.may("audience", i.Audience)
	p.values("eventCode", i.EventCodes)
	p.time("effective", i.Effective)
	p.time("onset", i.Onset)
	p.time("expires", i.Expires)
	p.may("senderName", i.SenderName)
	p.may("headline", i.Headline)
	p.may("description", i.Description)
	p.may("instruction", i.Instruction)
	p.may("web", i.Web)
	p.may("contact", i.Contact)
	p.values("parameter", i.Parameters)
	for _, r := range i.Resources {
		p.group("resource", func() { p.resource(&r) })
	}
	for _, a := range i.Areas {
		p.group("area", func() { p.area(&a) })
	}
}

func (p *printer) resource(r *Resource) {
	p.must("resourceDesc", r.Description)
	p.must("mimeType", r.MIMEType)
	p.may("size", r.Size)
	p.may("uri", r.URI)
	p.may("derefUri", r.DerefURI)
	p.may("digest", r.Digest)
}

func (p *printer) area(a *Area) {
	p.must("areaDesc", a.Description)
	many(p, "polygon", a.Polygons)
	many(p, "circle", a.Circles)
	p.values("geocode", a.Geocodes)
	p.may("altitude", a.Altitude)
	p.may("ceiling", a.Ceiling)
}
