package clean_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"panah/hub/media/clean"
)

const openXML = "application/vnd.openxmlformats-officedocument."

// inside gives all parts of a document in one, unpacked.
func inside(t testing.TB, raw []byte) (names []string, all []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	for _, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			t.Fatalf("open a part: %v", err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("read a part: %v", err)
		}
		names, all = append(names, file.Name), append(all, data...)
	}
	return names, all
}

// The documents in testdata were made with python-docx 0.8, openpyxl 3.0 and odfpy 1.4: an author, a title, a remark and, but for the
// table, a photograph with the place where it was taken. slides.pptx was made with PptxGenJS 4 and table.ods with SheetJS 0.18, with an author's meta.xml and
// an annotation added; slides.odp was put together part by part as ODF 1.2 has them.
func TestOfficeDocuments(t *testing.T) {
	tests := []struct{ name, kind, stays string }{
		{"letter.docx", openXML + "wordprocessingml.document", "سلام، این یک سند است"},
		{"table.xlsx", openXML + "spreadsheetml.sheet", "&#1053;&#1086;&#1084;"},
		{"slides.pptx", openXML + "presentationml.presentation", "سلام، این یک سند است"},
		{"letter.odt", "application/vnd.oasis.opendocument.text", "سلام"},
		{"table.ods", "application/vnd.oasis.opendocument.spreadsheet", "سلام"},
		{"slides.odp", "application/vnd.oasis.opendocument.presentation", "سلام"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := checkClean(t, read(t, test.name), test.kind)
			names, all := inside(t, f.Data)
			for _, trace := range append(traces, "rsidr=", "docprops", "meta.xml", "exif", "gps") {
				if bytes.Contains(bytes.ToLower(all), []byte(trace)) {
					t.Errorf("%q still stands in a part", trace)
				}
			}
			if !bytes.Contains(all, []byte(test.stays)) || bytes.Contains(all, []byte("a remark")) == (test.name == "slides.pptx") {
				t.Error("what the document says is gone, or the notes of its slides are not")
			}
			for _, name := range names {
				if strings.Contains(name, "docProps") || strings.Contains(name, "humbnail") || name == "meta.xml" {
					t.Errorf("%s is still there", name)
				}
			}
		})
	}
}

// document is a Word file with a few parts beside the needed ones: pairs of name and content, which replace those of the same name.
func document(t testing.TB, more ...string) []byte {
	t.Helper()
	const wml = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	parts := []string{
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="` + openXML + `wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml", `<w:document xmlns:w="` + wml + `"><w:body/></w:document>`,
	}
	for i := 0; i < len(parts); i += 2 {
		for j := 0; j < len(more); j += 2 {
			if more[j] == parts[i] {
				parts[i+1], more = more[j+1], append(more[:j:j], more[j+2:]...)
			}
		}
	}
	return partsOf(t, append(parts, more...)...)
}

// partsOf has parts by pairs of name and content.
func partsOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for ; len(parts) > 0; parts = parts[2:] {
		to, err := w.Create(parts[0])
		if err == nil {
			_, err = io.WriteString(to, parts[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func relation(kind, target, mode string) string {
	return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://x/` + kind + `" Target="` + target + `" TargetMode="` + mode + `"/></Relationships>`
}

func TestOfficeDocumentsThatAreRefused(t *testing.T) {
	types := `<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>`
	tests := []struct {
		name string
		raw  []byte
		want error
	}{
		{"macros", document(t, "[Content_Types].xml", types), clean.ErrActive},
		{"macros in hiding", document(t, "word/vbaProject.bin", "x"), clean.ErrActive},
		{"a field that starts a program", document(t, "word/document.xml", `<w:document xmlns:w="x"><w:instrText>DDEAUTO c:\\a.exe</w:instrText></w:document>`), clean.ErrActive},
		{"another file inside", document(t, "word/embeddings/oleObject1.bin", "\xd0\xcf\x11\xe0"), clean.ErrEmbedded},
		{"a drawing that cannot be cleaned", document(t, "word/media/image1.emf", "x"), clean.ErrEmbedded},
		{"a picture from elsewhere", document(t, "word/_rels/document.xml.rels", relation("image", "http://elsewhere.example/a.png", "External")), clean.ErrLinked},
		{"a link into a folder", document(t, "word/_rels/document.xml.rels", relation("hyperlink", "file:///C:/Users/parvina/a.txt", "External")), clean.ErrLinked},
		{"entities", document(t, "word/document.xml", `<!DOCTYPE a [<!ENTITY b "c">]><w:document xmlns:w="x">&b;</w:document>`), clean.ErrBroken},
		{"unpacks to 220 MB", document(t, "word/media/image1.png", strings.Repeat("\x00", 220<<20)), clean.ErrUnpacks},
		{"deep", document(t, "word/document.xml", strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000)), clean.ErrUnpacks},
		{"not closed", document(t, "word/document.xml", `<w:document xmlns:w="x"><w:body>`), clean.ErrBroken},
		{"climbs out", document(t, "../../etc/passwd", "x"), clean.ErrBroken},
		{"a part twice", document(t, "word/Document.xml", "<a/>"), clean.ErrBroken},
		{"any archive", document(t, "[Content_Types].xml", "<Types/>"), clean.ErrType},
		{"old Office", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"), clean.ErrOldOffice},
		{"cut", document(t)[:200], clean.ErrBroken},
	}
	for _, test := range tests {
		if _, err := clean.Clean(t.Context(), test.raw); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	link := document(t, "word/_rels/document.xml.rels", relation("hyperlink", "https://example.org/", "External"))
	if _, err := clean.Clean(t.Context(), link); err != nil {
		t.Errorf("a link to a page: %v", err)
	}
}

// bomb is a Word file with a part of so many zeros, of which its directory says that it has as many as said.
func bomb(t testing.TB, size, said int) []byte {
	t.Helper()
	raw := document(t, "word/media/image1.png", strings.Repeat("\x00", size))
	at := bytes.LastIndex(raw, []byte("PK\x01\x02")) // the last entry of the directory (APPNOTE 4.3.12)
	binary.LittleEndian.PutUint32(raw[at+24:], uint32(said))
	return raw
}

// What an archive says of itself refuses it unread; one that has more than it says is read no further than that.
func TestDocumentsThatUnpackTooFar(t *testing.T) {
	for _, test := range []struct {
		name       string
		size, said int
		want       error
	}{
		{"300 MB by its directory", 1000, 300 << 20, clean.ErrUnpacks},
		{"too much for so small a file", 17 << 20, 17 << 20, clean.ErrUnpacks},
		{"more than it says", 17 << 20, 1000, clean.ErrBroken},
	} {
		if _, err := clean.Clean(t.Context(), bomb(t, test.size, test.said)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}
