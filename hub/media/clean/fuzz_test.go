package clean_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"panah/hub/fault"
	"panah/hub/media/clean"
)

// FuzzClean: whatever comes in, it is refused with a sentence, or what comes out is of a kind on the list, is not of another kind to the next who
// looks, and is taken again.
func FuzzClean(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil || len(files) < 5 {
		f.Fatalf("the seeds: %d, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(small("/OpenAction<</S/JavaScript/JS(1)>>", "/Annots[<</Subtype/Text/Rect[0 0 9 9]/T(P)>>]"))
	f.Add(document(f, "word/comments.xml", `<w:comments xmlns:w="x"><w:comment w:author="P"/></w:comments>`))
	for _, seed := range []string{"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;", "GIF89a", "RIFF\x04\x00\x00\x00WEBP", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "سلام"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		cleaned, err := clean.Clean(t.Context(), raw)
		if err != nil {
			var known *fault.Fault
			if !errors.As(err, &known) || known.Status >= 500 {
				t.Fatalf("refused without a sentence: %v", err)
			}
			return
		}
		again, err := clean.Clean(t.Context(), cleaned.Data)
		if err != nil || again.Type != cleaned.Type {
			t.Fatalf("%s is not taken again: %v", cleaned.Type, err)
		}
	})
}
