package clean

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// xmlRules say what is taken out of an XML part. Names are those of elements and attributes without their prefix, which is the document's own choice.
type xmlRules struct {
	drop       []string                                 // elements that go with all that is in them
	empty      []string                                 // elements that stay without what is in them
	clear      []string                                 // attributes that become ""
	dropAttr   []string                                 // attributes that go
	dropPrefix []string                                 // attributes that go by the beginning of their names
	look       func(e xml.StartElement) (xmlAct, error) // decides about an element beside the lists; may be nil

	// around tells how many of the elements that are open round an element, innermost last, go with it: 0 for none. It may be nil.
	around func(e xml.StartElement, open []opened) (levels int, err error)
}

// opened is an element that is open, and where in the output it begins.
type opened struct {
	name string
	at   int
}

type xmlAct int

const (
	xmlKeep xmlAct = iota
	xmlDrop
)

const (
	// maxDepth bounds how deep a part is nested.
	maxDepth = 256
	// maxTokens bounds how much markup a part has.
	maxTokens = 8_000_000
)

// filterXML copies a part byte by byte, without what the rules take out, comments and instructions to programs. What declares a document type is
// refused: entities could unpack to anything.
func filterXML(raw []byte, rules xmlRules) ([]byte, error) {
	f := &xmlFilter{raw: raw, rules: rules, decoder: xml.NewDecoder(bytes.NewReader(raw))}
	f.decoder.Strict = true
	f.decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errCharset }
	for f.tokens = 0; ; f.tokens++ {
		token, err := f.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, broken("read XML", err)
		}
		if err := f.take(token); err != nil {
			return nil, err
		}
	}
	if f.depth != 0 {
		return nil, broken("read XML", errCut)
	}
	return f.out.Bytes(), nil
}

var errCharset = errors.New("XML that is not UTF-8")

type xmlFilter struct {
	raw     []byte
	rules   xmlRules
	decoder *xml.Decoder
	out     bytes.Buffer
	at      int  // up to where raw was read
	depth   int  // of the element that is open
	gone    int  // depth of the element of which something is left out; 0 for none
	keepEnd bool // and it stays itself
	tokens  int
	open    []opened
}

func (f *xmlFilter) take(token xml.Token) error {
	text := f.raw[f.at:f.decoder.InputOffset()]
	f.at = int(f.decoder.InputOffset())
	switch t := token.(type) {
	case xml.StartElement:
		return f.start(t, text)
	case xml.EndElement:
		if f.depth == 0 {
			return broken("read XML", errCut)
		}
		f.end(text)
	case xml.CharData:
		if f.gone == 0 {
			f.out.Write(text)
		}
	case xml.Directive:
		return broken("read XML", errors.New("it declares a document type"))
	case xml.ProcInst:
		if t.Target == "xml" {
			f.out.Write(text)
		}
	}
	return nil
}

func (f *xmlFilter) start(e xml.StartElement, text []byte) error {
	if f.depth++; f.depth > maxDepth || f.tokens > maxTokens {
		return ErrUnpacks
	}
	if f.gone > 0 {
		return nil
	}
	f.open = f.open[:f.depth-1]
	if f.rules.around != nil {
		levels, err := f.rules.around(e, f.open)
		if err != nil {
			return err
		}
		if levels > 0 {
			f.gone, f.keepEnd = f.depth-levels, false
			f.out.Truncate(f.open[f.gone-1].at)
			return nil
		}
	}
	f.open = append(f.open, opened{e.Name.Local, f.out.Len()})
	act := xmlKeep
	if f.rules.look != nil {
		var err error
		if act, err = f.rules.look(e); err != nil {
			return err
		}
	}
	if act == xmlDrop || slices.Contains(f.rules.drop, e.Name.Local) {
		f.gone, f.keepEnd = f.depth, false
		return nil
	}
	f.writeStart(e, text)
	if slices.Contains(f.rules.empty, e.Name.Local) {
		f.gone, f.keepEnd = f.depth, true
	}
	return nil
}

func (f *xmlFilter) end(text []byte) {
	whole := f.gone == 0
	if f.gone == f.depth {
		whole, f.gone = f.keepEnd, 0
	}
	if whole {
		f.out.Write(text)
	}
	f.depth--
}

// writeStart copies an element's beginning, or writes it anew when some of its attributes change. An element that ends at once comes as a beginning
// and an end without text.
func (f *xmlFilter) writeStart(e xml.StartElement, text []byte) {
	var attrs []xml.Attr
	changed := false
	for _, a := range e.Attr {
		switch {
		case slices.Contains(f.rules.dropAttr, a.Name.Local) || f.hasPrefix(a.Name.Local):
			changed = true
			continue
		case slices.Contains(f.rules.clear, a.Name.Local) && a.Name.Space != "xmlns":
			changed = changed || a.Value != ""
			a.Value = ""
		}
		attrs = append(attrs, a)
	}
	if !changed {
		f.out.Write(text)
		return
	}
	f.out.WriteString("<" + qualified(e.Name))
	for _, a := range attrs {
		f.out.WriteString(" " + qualified(a.Name) + `="`)
		_ = xml.EscapeText(&f.out, []byte(a.Value)) // a buffer takes everything
		f.out.WriteString(`"`)
	}
	if bytes.HasSuffix(text, []byte("/>")) {
		f.out.WriteString("/")
	}
	f.out.WriteString(">")
}

func (f *xmlFilter) hasPrefix(name string) bool {
	return slices.ContainsFunc(f.rules.dropPrefix, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// qualified gives a name with its prefix, as RawToken leaves it.
func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// attribute gives the value of an attribute by its name without prefix; "" when it is not there.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
