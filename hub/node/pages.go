package node

import (
	"net/http"
	"strings"

	"panah/locales"
	"panah/web"
)

// pages serves the web client that is inside the program.
func (n *Node) pages() http.Handler {
	client := web.Handler(locales.MatchHeader)
	if !strings.HasPrefix(n.cfg.PublicURL, "https:") {
		return client
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Whoever came over TLS once does not come without it again (RFC 6797).
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		client.ServeHTTP(w, r)
	})
}
