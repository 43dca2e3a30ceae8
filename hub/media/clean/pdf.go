package clean

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	// pdfUnpacked bounds what all compressed parts of a document unpack to, in bytes.
	pdfUnpacked = 256 << 20
	// pdfPart bounds one of them.
	pdfPart = 64 << 20
	// pdfObjects bounds how many objects a document has.
	pdfObjects = 300_000
)

func init() { api.DisableConfigDir() } // the library would else write its settings into the home folder

func pdfConfig() *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.Offline = true
	c.OptimizeBeforeWriting, c.Optimize = false, false
	// The trailer stands in clear then, where the library's own information dictionary can be taken out.
	c.WriteObjectStream, c.WriteXRefStream = false, false
	c.Limits.MaxStreamBytes, c.Limits.MaxDecodeBytes = pdfPart, pdfPart
	c.Limits.MaxObjectCount, c.Limits.MaxXRefEntries = pdfObjects, pdfObjects
	c.Limits.MaxObjectStreamCount, c.Limits.MaxRecursionDepth = 10_000, 200
	return c
}

// cleanPDF writes a document anew from its pages, without its information dictionary, XMP, private data, authors of remarks and what its pictures
// say. Scripts, files inside and other places it draws from are refused, and so is what is encrypted.
func cleanPDF(ctx context.Context, raw []byte) (*File, error) {
	if err := boundPDF(ctx, raw); err != nil {
		return nil, err
	}
	doc, err := pdfcpu.ReadWithContext(ctx, bytes.NewReader(raw), pdfConfig())
	if errors.Is(err, pdfcpu.ErrWrongPassword) || err == nil && (doc.Encrypt != nil || doc.E != nil) {
		return nil, ErrProtected
	}
	if err != nil {
		return nil, broken("read", err)
	}
	doc.Cmd = model.OPTIMIZE
	if err := api.ValidateContext(doc); err != nil {
		return nil, broken("validate", err)
	}
	for _, entry := range doc.Table {
		if entry == nil || entry.Free {
			continue
		}
		if entry.Object, err = cleanObject(entry.Object, 0); err != nil {
			return nil, err
		}
	}
	doc.Info, doc.ID, doc.Keywords, doc.Properties, doc.CatalogXMPMeta = nil, nil, "", nil, nil
	doc.Title, doc.Subject, doc.Author, doc.Creator = "", "", "", ""
	var out bytes.Buffer
	if err := api.WriteContext(doc, limited{ctx, &out}); err != nil {
		return nil, broken("write", err)
	}
	return &File{Type: "application/pdf", Data: forgetWriter(out.Bytes())}, nil
}

// boundPDF unpacks each stream that looks like zlib's, and counts. Streams stand in clear in every document that is not encrypted.
func boundPDF(ctx context.Context, raw []byte) error {
	left := int64(pdfUnpacked)
	for rest := raw; ; {
		at := bytes.Index(rest, []byte("stream"))
		if at < 0 {
			return ctx.Err()
		}
		rest = bytes.TrimLeft(rest[at+len("stream"):], "\r\n")
		unpacked, err := zlib.NewReader(bytes.NewReader(rest))
		if err != nil {
			continue // another filter, or none; the library bounds those by themselves
		}
		n, _ := io.CopyN(io.Discard, limited{ctx, unpacked}, left+1) // what is broken is the library's to say
		if left -= n; left < 0 {
			return ErrUnpacks
		}
	}
}

// pdfDropped are the members of any dictionary that go: XMP, private data of programs, previews, actions that happen by themselves, forms that are
// programs, and the signature's evidence of who signed, which does not survive the rewriting anyhow.
var pdfDropped = []string{"Metadata", "PieceInfo", "LastModified", "Thumb", "OpenAction", "AA", "XFA", "Perms", "DSS", "Legal", "SourceInfo", "SpiderInfo"}

// pdfRefused are kinds of actions and annotations for which a document is refused.
var pdfRefused = map[string]error{
	"JavaScript": ErrActive, "Launch": ErrActive, "SubmitForm": ErrActive, "ImportData": ErrActive, "Rendition": ErrActive, "RichMediaExecute": ErrActive,
	"Movie": ErrEmbedded, "Sound": ErrEmbedded, "Screen": ErrEmbedded, "RichMedia": ErrEmbedded, "3D": ErrEmbedded, "FileAttachment": ErrEmbedded,
	"GoToE": ErrEmbedded, "GoToR": ErrLinked, "EmbeddedFile": ErrEmbedded,
}

// cleanObject cleans an object and what it holds. References are not followed: every object of the table is cleaned.
func cleanObject(o types.Object, depth int) (types.Object, error) {
	if depth > 200 {
		return nil, ErrUnpacks
	}
	switch o := o.(type) {
	case types.Dict:
		return o, cleanDict(o, depth)
	case types.Array:
		return o, cleanArray(o, depth)
	case types.StreamDict:
		err := errors.Join(cleanDict(o.Dict, depth), cleanStream(&o))
		return o, err
	case *types.StreamDict:
		return o, errors.Join(cleanDict(o.Dict, depth), cleanStream(o))
	}
	return o, nil
}

func cleanArray(list types.Array, depth int) (err error) {
	for i := range list {
		if list[i], err = cleanObject(list[i], depth+1); err != nil {
			return err
		}
	}
	return nil
}

func cleanDict(d types.Dict, depth int) error {
	for _, name := range []string{"EF", "EmbeddedFiles", "Collection", "AF"} {
		if _, there := d[name]; there {
			return ErrEmbedded
		}
	}
	for _, name := range []string{"JavaScript", "JS"} {
		if _, there := d[name]; there {
			return ErrActive
		}
	}
	for _, name := range []string{"S", "Subtype", "Type"} {
		if value := d.NameEntry(name); value != nil && pdfRefused[*value] != nil {
			return pdfRefused[*value]
		}
	}
	forgetAuthor(d)
	for _, name := range pdfDropped {
		delete(d, name)
	}
	var err error
	for name, value := range d {
		if d[name], err = cleanObject(value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// forgetAuthor takes out who made a remark (ISO 32000-1, 12.5.6.2: T is its author, but a form's field's name) or a signature (12.8.1), and when.
func forgetAuthor(d types.Dict) {
	if _, annotation := d["Rect"]; annotation {
		if kind := d.NameEntry("Subtype"); kind == nil || *kind != "Widget" {
			delete(d, "T")
		}
		delete(d, "M")
		delete(d, "CreationDate")
		delete(d, "NM")
	}
	if _, signature := d["ByteRange"]; signature {
		for _, name := range []string{"Name", "M", "Location", "Reason", "ContactInfo", "Contents", "Cert", "Prop_Build", "ByteRange", "Reference"} {
			delete(d, name)
		}
	}
}

// cleanStream takes out what pictures say about themselves. A picture that is packed twice is refused: nobody does that but to hide.
func cleanStream(s *types.StreamDict) (err error) {
	for i, f := range s.FilterPipeline {
		if f.Name != "DCTDecode" && f.Name != "JPXDecode" {
			continue
		}
		if i > 0 || len(s.FilterPipeline) > 1 {
			return ErrEmbedded
		}
		if f.Name == "DCTDecode" {
			s.Raw, err = stripJPEG(s.Raw)
		} else {
			s.Raw, err = stripJPX(s.Raw)
		}
		if err != nil {
			return err
		}
		size := int64(len(s.Raw))
		s.StreamLength = &size
		s.Dict["Length"] = types.Integer(size)
		s.Content = nil
	}
	return nil
}

// stripJPX empties what a JPEG 2000 file says beside its picture (ISO/IEC 15444-1, annex I: boxes as in MP4).
func stripJPX(raw []byte) ([]byte, error) {
	if len(raw) < 12 || string(raw[4:8]) != "jP  " {
		return raw, nil // a bare codestream
	}
	m := &mp4{raw: slices.Clone(raw)}
	for at := 0; at < len(raw); {
		b, err := m.next(at, len(raw))
		if err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"jP  ", "ftyp", "jp2h", "jp2c", "rreq"}, b.kind) {
			copy(m.raw[b.at+4:], "free")
			clear(m.raw[b.content:b.end])
		}
		at = b.end
	}
	return m.raw, nil
}

// writerTraces are where the library says that it wrote the document, and when: the reference to its information dictionary in the trailer, and what
// stands in that.
var writerTraces = regexp.MustCompile(`/Info \d+ \d+ R|/(?:CreationDate|ModDate|Producer) ?\((?:[^()\\]|\\.)*\)`)

// forgetWriter blanks them. The length stays, and so do the positions of what stands after. Only what the library wrote at the end is looked at.
func forgetWriter(raw []byte) []byte {
	for _, found := range writerTraces.FindAllIndex(raw, -1) {
		for i := found[0]; i < found[1]; i++ {
			raw[i] = ' '
		}
	}
	return raw
}
