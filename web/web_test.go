package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":          {Data: []byte("<!doctype html>")},
	"index.html.br":       {Data: []byte("br")},
	"index.html.gz":       {Data: []byte("gz")},
	"assets/main-1a2b.js": {Data: []byte("main()")},
	"icon.svg":            {Data: []byte("<svg/>")},
	"door.json":           {Data: []byte(`{"ps":["/assets/active.ps-3c.js","/assets/dates.ps-4d.js"]}`)},
	".keep":               {},
}

// ps finds no language but one.
func ps(header string) string {
	if strings.HasPrefix(header, "ps") {
		return "ps"
	}
	return ""
}

func get(t *testing.T, files fstest.MapFS, method, address, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, address, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	handler(files, ps).ServeHTTP(w, r)
	return w.Result()
}

func TestServing(t *testing.T) {
	tests := []struct {
		method, address, encoding string
		status                    int
		encoded, contentType      string
	}{
		{"GET", "/", "", 200, "", "text/html; charset=utf-8"},
		{"GET", "/", "gzip, br", 200, "br", "text/html; charset=utf-8"},
		{"GET", "/", "gzip, br;q=0", 200, "gzip", "text/html; charset=utf-8"},
		{"GET", "/talk/anything", "", 200, "", "text/html; charset=utf-8"},
		{"GET", "/assets/main-1a2b.js", "br", 200, "", "text/javascript; charset=utf-8"},
		{"GET", "/icon.svg", "", 200, "", "image/svg+xml"},
		{"GET", "/nothing.js", "", 404, "", ""},
		{"GET", "/index.html.br", "", 404, "", ""},
		{"GET", "/.keep", "", 404, "", ""},
		{"GET", "/../../etc/passwd.txt", "", 404, "", ""},
		{"POST", "/", "", 405, "", ""},
		{"HEAD", "/", "", 200, "", "text/html; charset=utf-8"},
	}
	for _, tt := range tests {
		got := get(t, built, tt.method, tt.address, tt.encoding)
		if got.StatusCode != tt.status || got.Header.Get("Content-Encoding") != tt.encoded {
			t.Errorf("%s %s (%s): %d %q, want %d %q", tt.method, tt.address, tt.encoding, got.StatusCode, got.Header.Get("Content-Encoding"), tt.status, tt.encoded)
		}
		if tt.contentType != "" && got.Header.Get("Content-Type") != tt.contentType {
			t.Errorf("%s: type %q, want %q", tt.address, got.Header.Get("Content-Type"), tt.contentType)
		}
	}
}

func TestThePageMayOnlyTalkToItsHub(t *testing.T) {
	policy := get(t, built, "GET", "/", "").Header.Get("Content-Security-Policy")
	for _, rule := range []string{"default-src 'none'", "connect-src 'self'", "media-src 'self' blob:", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, rule) {
			t.Errorf("the policy lacks %q: %s", rule, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy allows something unsafe: %s", policy)
	}
}

func TestOnlyTheMicrophoneAndOnlyForThePageItself(t *testing.T) {
	got := get(t, built, "GET", "/", "").Header.Get("Permissions-Policy")
	if want := "geolocation=(), microphone=(self), camera=(), payment=(), usb=()"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHashedFilesAreKept(t *testing.T) {
	if got := get(t, built, "GET", "/assets/main-1a2b.js", "").Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a hashed file: %q", got)
	}
	if got := get(t, built, "GET", "/", "").Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("the page: %q", got)
	}
}

func TestThePageNamesTheWordsOfItsReader(t *testing.T) {
	for header, want := range map[string]string{
		"ps-AF,en;q=0.5": "</assets/active.ps-3c.js>; rel=modulepreload, </assets/dates.ps-4d.js>; rel=modulepreload",
		"de":             "",
		"":               "",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		w := httptest.NewRecorder()
		handler(built, ps).ServeHTTP(w, r)
		if got := w.Result().Header; got.Get("Link") != want || !slices.Contains(got.Values("Vary"), "Accept-Language") {
			t.Errorf("%q: link %q, vary %q", header, got.Get("Link"), got.Values("Vary"))
		}
	}
}

func TestWithoutABuildItSaysSo(t *testing.T) {
	got := get(t, fstest.MapFS{".keep": {}}, "GET", "/", "")
	if got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got.StatusCode)
	}
}
