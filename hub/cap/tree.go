package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf8"

	"panah/hub/fault"
)

// node is one element of the file, with its text put together.
type node struct {
	name     string
	text     string
	children []*node
}

const (
	instances  = "http://www.w3.org/2001/XMLSchema-instance"
	signatures = "http://www.w3.org/2000/09/xmldsig#"
	byteOrder  = "\ufeff"
)

// slurp reads at most limit bytes of UTF-8 and refuses what no file of ours can be before a parser sees it.
func slurp(r io.Reader, limit int) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > limit:
		return nil, fault.TooLarge(limit)
	case !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0:
		return nil, refuse("error.cap_encoding")
	}
	return bytes.TrimPrefix(raw, []byte(byteOrder)), nil
}

// builder makes the tree, counting as it goes.
type builder struct {
	decoder  *xml.Decoder
	limits   Limits
	root     *node
	open     []*node  // from the root down to the element that is being read
	texts    [][]byte // what each of them holds so far
	elements int
	begun    bool // something other than the declaration was read
	foreign  bool // the declaration names another encoding
	signed   bool // a signature was passed; the schema lets nothing follow
}

// parseTree reads the elements of a file. It is the only place that touches XML.
func parseTree(raw []byte, limits Limits) (*node, error) {
	b := &builder{decoder: xml.NewDecoder(bytes.NewReader(raw)), limits: limits}
	b.decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) {
		b.foreign = true
		return nil, errors.ErrUnsupported
	}
	for {
		token, err := b.decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, b.notXML(err)
		}
		if err := b.take(token); err != nil {
			return nil, err
		}
	}
	if b.root == nil {
		return nil, refuse("error.cap_not_xml")
	}
	return b.root, nil
}

func (b *builder) notXML(err error) error {
	if b.foreign {
		return refuse("error.cap_encoding").Because(err)
	}
	return refuse("error.cap_not_xml").Because(err)
}

func (b *builder) take(token xml.Token) error {
	first := !b.begun
	b.begun = true
	switch t := token.(type) {
	case xml.ProcInst:
		if t.Target != "xml" || !first {
			return refuse("error.cap_instruction")
		}
	case xml.Directive:
		return refuse("error.cap_doctype")
	case xml.StartElement:
		return b.start(t)
	case xml.EndElement:
		b.end()
	case xml.CharData:
		return b.chars(t)
	}
	return nil
}

func (b *builder) start(t xml.StartElement) error {
	b.elements++
	switch {
	case len(b.open) >= b.limits.Depth:
		return refuse("error.cap_deep", "Limit", b.limits.Depth)
	case b.elements > b.limits.Elements:
		return refuse("error.cap_elements", "Limit", b.limits.Elements)
	case len(b.open) == 0 && b.root != nil:
		return refuse("error.cap_not_xml")
	case len(b.open) == 1 && t.Name.Space == signatures:
		b.signed = true
		return b.skip()
	case t.Name.Space != Namespace:
		return refuse("error.cap_namespace")
	case b.signed:
		return wrongPlace(t.Name.Local)
	}
	if err := b.attributes(t); err != nil {
		return err
	}
	n := &node{name: t.Name.Local}
	if len(b.open) == 0 {
		b.root = n
	} else {
		parent := b.open[len(b.open)-1]
		parent.children = append(parent.children, n)
	}
	b.open = append(b.open, n)
	b.texts = append(b.texts, nil)
	return nil
}

// attributes: CAP has none. What XML itself needs (namespaces, and where a schema might be found, which nobody looks at) may stand there.
func (b *builder) attributes(t xml.StartElement) error {
	size := 0
	seen := map[xml.Name]bool{}
	for _, a := range t.Attr {
		size += len(a.Name.Local) + len(a.Value)
		declares := a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns"
		twice := seen[a.Name] // which XML forbids, and the decoder lets through
		seen[a.Name] = true
		if twice || !declares && a.Name.Space != instances {
			return refuse("error.cap_attribute", "Name", short(t.Name.Local))
		}
	}
	if size > b.limits.Text {
		return refuse("error.cap_text", "Name", short(t.Name.Local), "Limit", b.limits.Text)
	}
	return nil
}

// skip passes over an XML signature, which the schema lets stand at the end. Nobody here checks it, so nobody here claims that it holds.
func (b *builder) skip() error {
	for depth := 1; depth > 0; {
		token, err := b.decoder.Token()
		if err != nil {
			return b.notXML(err)
		}
		switch token.(type) {
		case xml.StartElement:
			b.elements++
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return refuse("error.cap_doctype")
		case xml.ProcInst:
			return refuse("error.cap_instruction")
		}
		if len(b.open)+depth > b.limits.Depth {
			return refuse("error.cap_deep", "Limit", b.limits.Depth)
		}
		if b.elements > b.limits.Elements {
			return refuse("error.cap_elements", "Limit", b.limits.Elements)
		}
	}
	return nil
}

func (b *builder) end() {
	last := len(b.open) - 1
	b.open[last].text = string(b.texts[last])
	b.open, b.texts = b.open[:last], b.texts[:last]
}

func (b *builder) chars(t xml.CharData) error {
	last := len(b.open) - 1
	if last < 0 {
		if len(bytes.TrimSpace(t)) > 0 {
			return refuse("error.cap_not_xml")
		}
		return nil
	}
	if len(b.texts[last])+len(t) > b.limits.Text {
		return refuse("error.cap_text", "Name", b.open[last].name, "Limit", b.limits.Text)
	}
	b.texts[last] = append(b.texts[last], t...)
	return nil
}
