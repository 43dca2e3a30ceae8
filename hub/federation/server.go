package federation

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/keyring"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Deps are what the doors ask. Each is needed unless it says otherwise.
type Deps struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Allow  Allow
	People *people.People
	Rooms  *room.Rooms

	// Directory answers with a page of the hub's published channels, as the client-server API has it. wish is the request's body.
	Directory func(ctx context.Context, wish []byte, query url.Values) (any, error)

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

// v1 begins the paths of most doors.
const v1 = "/_matrix/federation/v1"

// routes are all doors.
func (s *Server) routes() []route {
	return append(s.roomRoutes(), []route{
		{"GET", "/_matrix/key/v2/server", open, 0, s.ownKeys},
		{"GET", v1 + "/version", open, 0, s.version},
		{"GET", "/.well-known/matrix/server", open, 0, s.wellKnown},
		{"GET", v1 + "/query/profile", proven, 0, s.profile},
		{"GET", v1 + "/query/directory", proven, 0, s.alias},
		{"GET", v1 + "/publicRooms", proven, 0, s.publicRooms},
		{"POST", v1 + "/publicRooms", proven, 0, s.publicRooms},
	}...)
}
