package clean_test

import (
	"errors"
	"strings"
	"testing"

	"panah/hub/media/clean"
)

// A text that a program would open as something else was never cleaned as that.
func TestTextsThatAreSomethingElse(t *testing.T) {
	for _, raw := range []string{
		"junk<script>%PDF-1.4\n1 0 obj", strings.Repeat("a", 1000) + "%PDF-1.7", "\ufeff{\\rtf1 x}", "a GIF89a", "x\n%!PS-Adobe-3.0", "xRar!", "xOggS",
	} {
		if _, err := clean.Clean(t.Context(), []byte(raw)); !errors.Is(err, clean.ErrDisguised) {
			t.Errorf("%.20q: got %v, want %v", raw, err, clean.ErrDisguised)
		}
	}
	for _, raw := range []string{"سلام", strings.Repeat("a", 3000) + "%PDF-", "PK and GIF and PDF"} {
		if _, err := clean.Clean(t.Context(), []byte(raw)); err != nil {
			t.Errorf("%.20q: %v", raw, err)
		}
	}
}
