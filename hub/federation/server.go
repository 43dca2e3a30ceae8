package federation

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/keyring"
)

// Deps are what the doors ask. Each is needed unless it says otherwise.
type Deps struct {
	Ring  *keyring.Ring
	Allow Allow

	Version   string           // of the program
	PublicURL string           // where other servers reach the hub, without a slash at the end; "" tells them nothing
	Now       func() time.Time // nil means the machine's clock
	Log       *slog.Logger     // nil means slog.Default
}

// Server answers all requests under /_matrix/federation/, /_matrix/key/ and /.well-known/matrix/server.
type Server struct {
	Deps
	name    string // this hub's
	keys    gomatrixserverlib.JSONVerifier
	mux     *http.ServeMux
	reading chan struct{} // a place for each body that is being read
}

// readers bounds how many bodies are read at once: until one is read whole, nobody knows whether its sender is who it says.
const readers = 64

// NewServer makes the doors. It starts nothing.
func NewServer(d Deps) *Server {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	s := &Server{Deps: d, name: d.Ring.ServerName(), keys: d.Ring, reading: make(chan struct{}, readers)}
	s.mux = s.router(s.routes())
	return s
}

// routes are all doors.
func (s *Server) routes() []route {
	return []route{
		{"GET", "/_matrix/key/v2/server", open, 0, s.ownKeys},
		{"GET", "/_matrix/federation/v1/version", open, 0, s.version},
		{"GET", "/.well-known/matrix/server", open, 0, s.wellKnown},
	}
}
