package clean_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"panah/hub/media/clean"
)

// photo.pdf was printed by Chromium 156 from a page with a photograph, and exiftool wrote an author and a city into it.
func TestPDF(t *testing.T) {
	f := checkClean(t, read(t, "photo.pdf"), "application/pdf")
	after := exif(t, f.Data)
	for _, trace := range []string{"producer", "creator", "create date", "modify date", "xmp"} {
		if strings.Contains(after, trace) {
			t.Errorf("%q is still said:\n%s", trace, after)
		}
	}
	if n, err := api.PageCount(bytes.NewReader(f.Data), nil); err != nil || n != 1 {
		t.Errorf("it has %d pages: %v", n, err)
	}
}

// small is a PDF of one page whose catalog and page have something more, followed by further objects from number 4 on.
func small(catalog, page string, more ...string) []byte {
	objects := append([]string{
		"<</Type/Catalog/Pages 2 0 R" + catalog + ">>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]" + page + ">>",
	}, more...)
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	var places []int
	for i, o := range objects {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, p := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}

func TestPDFsThatAreRefused(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for range 300 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := fmt.Sprintf("<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream", packed.Len(), packed.String())
	var locked bytes.Buffer
	if err := api.Encrypt(bytes.NewReader(small("", "")), &locked, model.NewAESConfiguration("a word", "another", 256)); err != nil {
		t.Fatal(err)
	}
	var open bytes.Buffer // encrypted, but anybody may read it
	if err := api.Encrypt(bytes.NewReader(small("", "")), &open, model.NewAESConfiguration("", "another", 256)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		raw  []byte
		want error
	}{
		{"script under a name", small("/Names<</JavaScript<</Names[(a)4 0 R]>>>>", "", "<</S/JavaScript/JS(1)>>"), clean.ErrActive},
		{"starts a program", small("", "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a.exe)>>>>]"), clean.ErrActive},
		{"a file inside", small("/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>", "", "<</Type/Filespec/F(a.txt)/EF<</F 5 0 R>>>>", "<</Type/EmbeddedFile/Length 1>>\nstream\nx\nendstream"), clean.ErrEmbedded},
		{"a file on a page", small("", "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</Type/Filespec/F(a)>>>>]"), clean.ErrEmbedded},
		{"unpacks to 300 MB", small("", "/Contents 4 0 R", bomb), clean.ErrUnpacks},
		{"with a password", locked.Bytes(), clean.ErrProtected},
		{"encrypted without a password", open.Bytes(), clean.ErrProtected},
		{"cut", small("", "")[:100], clean.ErrBroken},
		{"only its beginning", []byte("%PDF-1.7\n"), clean.ErrBroken},
	}
	for _, test := range tests {
		if _, err := clean.Clean(t.Context(), test.raw); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
	if _, err := clean.Clean(t.Context(), small("", "")); err != nil {
		t.Errorf("an empty page: %v", err)
	}
}

func TestRemarksLoseTheirAuthor(t *testing.T) {
	raw := small("", "/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/T(Parvina)/Contents(Read this)/M(D:20260102)/NM(secret)>>]/PieceInfo<</App<</LastModified(D:2026)/Private(secret)>>>>/AA<</O<</S/JavaScript/JS(secret)>>>>")
	f, err := clean.Clean(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(f.Data, []byte("Read this")) {
		t.Error("the remark itself is gone")
	}
	for _, trace := range []string{"Parvina", "secret", "D:2026"} {
		if bytes.Contains(f.Data, []byte(trace)) {
			t.Errorf("%s is still in it:\n%s", trace, f.Data)
		}
	}
}
