// Package web is the client inside the hub: the files that `npm run build` leaves in dist, compressed beforehand, served with
// headers that let a page do nothing but talk to its own hub.
package web

import (
	"embed"
	"encoding/json"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// contentSecurityPolicy lets the page load only what the hub serves or the page itself has put together (a picture that was opened from
// where it lies sealed), and keeps other pages from framing it.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// notBuilt is all that a program without its client can say; whoever reads it is building it.
const notBuilt = "The client was not built. Run `make build`, which puts it into the program.\n"

// Handler serves the client. Every path without an ending is a screen of the client and gets its one page, with word of the files of the
// reader's language: match finds its tag in an Accept-Language header, or "".
func Handler(match func(header string) string) http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil { // the folder is embedded under this name
		files = dist
	}
	return handler(files, match)
}

func handler(files fs.FS, match func(header string) string) http.Handler {
	ahead := doorWords(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		secure(w.Header())
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if path.Ext(name) == "" {
			name = "index.html"
			w.Header().Add("Vary", "Accept-Language")
			if link := ahead[match(r.Header.Get("Accept-Language"))]; link != "" {
				w.Header().Set("Link", link)
			}
		}
		serve(w, r, files, name)
	})
}

// doorWords gives for each language the Link header that has a browser fetch the words of the door together with the program, which would
// ask for them only once it runs: on a slow line that is a second or more.
func doorWords(files fs.FS) map[string]string {
	raw, err := fs.ReadFile(files, "door.json")
	if err != nil {
		return nil // the client was not built; its page says so
	}
	var names map[string][]string
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil // the page works without, only later
	}
	links := map[string]string{}
	for tag, paths := range names {
		var all []string
		for _, path := range paths {
			all = append(all, "<"+path+">; rel=modulepreload")
		}
		links[tag] = strings.Join(all, ", ")
	}
	return links
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(), microphone=(self), camera=(), payment=(), usb=()")
}

// encodings are what the build leaves beside each file, the smaller first.
var encodings = []struct{ name, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

func serve(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	if strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || strings.HasPrefix(path.Base(name), ".") {
		http.NotFound(w, r)
		return
	}
	if _, err := fs.Stat(files, name); err != nil {
		missing(w, r, name)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", caching(name))
	h.Add("Vary", "Accept-Encoding")
	stored := name
	for _, e := range encodings {
		if _, err := fs.Stat(files, name+e.ending); err == nil && accepts(r, e.name) {
			h.Set("Content-Encoding", e.name)
			stored = name + e.ending
			break
		}
	}
	send(w, r, files, stored)
}

func missing(w http.ResponseWriter, r *http.Request, name string) {
	if name != "index.html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	io.WriteString(w, notBuilt) // an error here means that the reader has gone
}

func send(w http.ResponseWriter, r *http.Request, files fs.FS, stored string) {
	raw, err := fs.ReadFile(files, stored)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	if r.Method == http.MethodHead {
		return
	}
	w.Write(raw) // an error here means that the reader has gone
}

// accepts reads Accept-Encoding as far as it is used: a name, and not with q=0.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == encoding {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// caching: the names of built files carry a hash of their content, so they never change; everything else is asked for anew.
func caching(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=" + strconv.Itoa(int((365 * 24 * time.Hour).Seconds())) + ", immutable"
	}
	return "no-cache"
}
