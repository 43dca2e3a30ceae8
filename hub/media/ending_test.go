package media_test

import (
	"testing"

	"panah/hub/media"
)

// A file that was taken as a text must not come back under a name that some system runs.
func TestANameEndsInWhatTheFileIs(t *testing.T) {
	const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	for _, test := range []struct{ name, kind, want string }{
		{"run.bat", "text/plain", "run.txt"}, {"page.hta", "text/plain", "page.txt"}, {"a.vbs", "text/plain", "a.txt"}, {"a.HTML", "text/plain", "a.txt"},
		{"picture.svg", "text/plain", "picture.txt"}, {"link.url", "text/plain", "link.txt"}, {"app.desktop", "text/plain", "app.txt"},
		{"notes.txt", "text/plain", "notes.txt"}, {"table.CSV", "text/plain", "table.CSV"}, {"x.pdf", "text/plain", "x.txt"},
		{"photo.gif", "image/png", "photo.png"}, {"photo.jpeg", "image/jpeg", "photo.jpeg"}, {"a.pdf.exe", "application/pdf", "a.pdf"},
		{"letter", word, "letter.docx"}, {"letter.doc", word, "letter.docx"}, {"отчёт 12.05", "application/pdf", "отчёт 12.05.pdf"},
		{".bat", "text/plain", "bat.txt"}, {"a.bat. ", "text/plain", "a.txt"}, {"a.bat\u202e", "text/plain", "a.txt"}, {"", "text/plain", ""},
		{"a.js", "something/else", "a.bin"},
	} {
		if got := media.NameFor(test.name, test.kind); got != test.want {
			t.Errorf("%q as %s: got %q, want %q", test.name, test.kind, got, test.want)
		}
	}
}
