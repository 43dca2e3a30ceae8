package clean_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"panah/hub/media/clean"
)

// traces are what the files of these tests say about their makers.
var traces = []string{"secret", "parvina", "dushanbe", "38.5", "38 deg", "telephone", "2026"}

// exif is what exiftool, which nobody here wrote, finds in a file.
func exif(t testing.TB, raw []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatalf("write: %v", err)
	}
	said, err := exec.CommandContext(t.Context(), "exiftool", "-G1", "-a", "-u", "-U", "-ee", "-x", "System:all", "-x", "ExifTool:all", file).CombinedOutput()
	if err != nil {
		t.Fatalf("exiftool: %v\n%s", err, said)
	}
	return strings.ToLower(string(said))
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return raw
}

// checkClean looks for traces before and after, with exiftool and in the bytes themselves.
func checkClean(t *testing.T, raw []byte, kind string) *clean.File {
	t.Helper()
	before := exif(t, raw)
	f, err := clean.Clean(t.Context(), raw)
	if err != nil {
		t.Fatalf("clean: %v", err)
	}
	after := exif(t, f.Data)
	found := false
	for _, trace := range traces {
		found = found || strings.Contains(before, trace)
		if strings.Contains(after, trace) {
			t.Errorf("%q is still found:\n%s", trace, after)
		}
		if bytes.Contains(bytes.ToLower(f.Data), []byte(trace)) {
			t.Errorf("%q still stands in the bytes", trace)
		}
	}
	if !found {
		t.Errorf("there was nothing to clean:\n%s", before)
	}
	if f.Type != kind {
		t.Errorf("it is %s, want %s", f.Type, kind)
	}
	again, err := clean.Clean(t.Context(), f.Data)
	if err != nil || again.Type != f.Type {
		t.Errorf("what was cleaned is not taken again: %v", err)
	}
	return f
}

// The recordings in testdata were made with FFmpeg 5.1: a second of a tone, with a title, an artist, a place and a comment.
func TestRecordings(t *testing.T) {
	for name, kind := range map[string]string{
		"voice.ogg": "audio/ogg", "voice.webm": "audio/webm", "live.webm": "audio/webm", "voice.m4a": "audio/mp4",
	} {
		t.Run(name, func(t *testing.T) {
			f := checkClean(t, read(t, name), kind)
			if f.Duration < 900*time.Millisecond || f.Duration > 1200*time.Millisecond {
				t.Errorf("it lasts %v, want a second", f.Duration)
			}
			if after := exif(t, f.Data); strings.Contains(after, "lavf") {
				t.Errorf("the program is still named:\n%s", after)
			}
		})
	}
	f, err := clean.Clean(t.Context(), read(t, "fragmented.mp4"))
	if err != nil || f.Duration < 900*time.Millisecond || f.Duration > 1200*time.Millisecond {
		t.Errorf("in fragments: %+v, %v", f, err)
	}
	for _, name := range []string{"video.webm", "video.mp4"} {
		if _, err := clean.Clean(t.Context(), read(t, name)); !errors.Is(err, clean.ErrVideo) {
			t.Errorf("%s: %v, want %v", name, err, clean.ErrVideo)
		}
	}
}

// Whatever is cut off anywhere is refused or clean; it never makes the cleaner fall.
func TestCutRecordings(t *testing.T) {
	for _, name := range []string{"voice.ogg", "voice.webm", "live.webm", "voice.m4a", "fragmented.mp4"} {
		raw := read(t, name)
		for size := range raw {
			f, err := clean.Clean(t.Context(), raw[:size])
			if err == nil && bytes.Contains(bytes.ToLower(f.Data), []byte("parvina")) {
				t.Fatalf("%s cut at %d came through", name, size)
			}
		}
	}
}
