package clean_test

import (
	"bytes"
	"errors"
	"testing"

	"panah/hub/media/clean"
)

// A name that was deleted while changes were tracked, or hidden, must not go out with the document.
func TestWhatAWordDocumentHidesGoes(t *testing.T) {
	const start, end = `<w:document xmlns:w="x"><w:body><w:p><w:r><w:t>shown</w:t></w:r>`, `<w:r><w:t>after</w:t></w:r></w:p></w:body></w:document>`
	for name, hidden := range map[string]string{
		"a tracked deletion": `<w:del w:author="P"><w:r><w:delText>Parvina</w:delText></w:r></w:del>`,
		"moved away":         `<w:moveFrom w:author="P"><w:r><w:t>Parvina</w:t></w:r></w:moveFrom>`,
		"hidden text":        `<w:r><w:rPr><w:b/><w:vanish/></w:rPr><w:t>Parvina</w:t></w:r>`,
		"hidden, said so":    `<w:r><w:rPr><w:vanish w:val="true"/></w:rPr><w:t>Parvina</w:t></w:r>`,
		"a deleted row":      `<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p><w:r><w:t>Parvina</w:t></w:r></w:p></w:tc></w:tr></w:tbl>`,
	} {
		f, err := clean.Clean(t.Context(), document(t, "word/document.xml", start+hidden+end))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, all := inside(t, f.Data)
		if bytes.Contains(all, []byte("Parvina")) {
			t.Errorf("%s: it is still there", name)
		}
		for _, stays := range []string{"<w:t>shown</w:t></w:r>", "<w:r><w:t>after</w:t></w:r></w:p></w:body></w:document>"} {
			if !bytes.Contains(all, []byte(stays)) {
				t.Errorf("%s: %s is gone", name, stays)
			}
		}
	}
	shown := start + `<w:ins w:author="P"><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>Inserted</w:t></w:r></w:ins>` + end
	f, err := clean.Clean(t.Context(), document(t, "word/document.xml", shown))
	if err != nil {
		t.Fatal(err)
	}
	if _, all := inside(t, f.Data); !bytes.Contains(all, []byte("Inserted")) {
		t.Error("what was inserted is gone")
	}
}

func TestDocumentsThatHideAreRefused(t *testing.T) {
	for name, part := range map[string][2]string{
		"a style that hides": {"word/styles.xml", `<w:styles xmlns:w="x"><w:style><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`},
		"a hidden sheet":     {"xl/workbook.xml", `<workbook><sheets><sheet name="a" state="hidden"/></sheets></workbook>`},
		"a very hidden one":  {"xl/workbook.xml", `<workbook><sheets><sheet name="a" state="veryHidden"/></sheets></workbook>`},
		"a hidden row":       {"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1" hidden="1"/></sheetData></worksheet>`},
		"a hidden column":    {"xl/worksheets/sheet1.xml", `<worksheet><cols><col min="1" max="1" hidden="true"/></cols></worksheet>`},
		"a hidden slide":     {"ppt/slides/slide1.xml", `<p:sld xmlns:p="x" show="0"/>`},
	} {
		if _, err := clean.Clean(t.Context(), document(t, part[0], part[1])); !errors.Is(err, clean.ErrHidden) {
			t.Errorf("%s: got %v, want %v", name, err, clean.ErrHidden)
		}
	}
	for name, part := range map[string][2]string{
		"sheets that show": {"xl/workbook.xml", `<workbook><sheets><sheet name="a" state="visible"/></sheets></workbook>`},
	} {
		if _, err := clean.Clean(t.Context(), document(t, part[0], part[1])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotesOfSlidesGo(t *testing.T) {
	f, err := clean.Clean(t.Context(), document(t, "ppt/notesSlides/notesSlide1.xml", `<p:notes xmlns:p="x" xmlns:a="y"><a:r><a:t>Parvina</a:t></a:r></p:notes>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, all := inside(t, f.Data); bytes.Contains(all, []byte("Parvina")) {
		t.Error("they are still there")
	}
}

func TestOpenDocumentsThatHide(t *testing.T) {
	const kind = "application/vnd.oasis.opendocument.text"
	pack := func(content string) []byte { return partsOf(t, "mimetype", kind, "content.xml", content) }
	f, err := clean.Clean(t.Context(), pack(`<o:c xmlns:text="x"><text:tracked-changes><text:deletion><text:p>Parvina</text:p></text:deletion></text:tracked-changes><presentation:notes><text:p>Parvina</text:p></presentation:notes><text:p>shown<text:change text:change-id="c"/></text:p></o:c>`))
	if err != nil {
		t.Fatal(err)
	}
	if _, all := inside(t, f.Data); bytes.Contains(all, []byte("Parvina")) || !bytes.Contains(all, []byte("shown")) {
		t.Errorf("it has %s", all)
	}
	for _, hidden := range []string{`<text:hidden-text/>`, `<table:table-row table:visibility="collapse"/>`, `<style:text-properties text:display="none"/>`} {
		if _, err := clean.Clean(t.Context(), pack(`<o:c>`+hidden+`</o:c>`)); !errors.Is(err, clean.ErrHidden) {
			t.Errorf("%s: got %v, want %v", hidden, err, clean.ErrHidden)
		}
	}
}
