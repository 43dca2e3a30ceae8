package federation

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/device"
	"panah/hub/feed"
	"panah/hub/keyring"
	"panah/hub/media"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place/ledger"
	"panah/hub/room"
	"panah/hub/store"
)

// Deps are what the doors ask. Each is needed unless it says otherwise.
type Deps struct {
	DB      *store.DB
	Ring    *keyring.Ring
	Allow   Allow
	People  *people.People
	Rooms   *room.Rooms
	Network *network.Network
	Feed    *feed.Feed
	Devices *device.Devices
	Media   *media.Media
	Sender  *Sender // hears which servers are there

	// Receive takes in events of another server, in their order, and tells what became of each. nil means the rooms do.
	Receive func(ctx context.Context, origin string, pdus []json.RawMessage) []Outcome
	// Directory answers with a page of the hub's published channels, as the client-server API has it. wish is the request's body.
	Directory func(ctx context.Context, wish []byte, query url.Values) (any, error)
	// Hierarchy answers with a space and what is right below it, as far as a server may know of it, as the server-server API has it.
	Hierarchy func(ctx context.Context, server, roomID string, suggested bool) (any, error)

	// Ledger gives lines of a shelter's ledger from a number on to a hub that is shown the shelter.
	Ledger func(ctx context.Context, origin, shelterID string, from int64) ([]ledger.Line, error)

	Version   string           // of the program
	PublicURL string           // where other servers reach the hub, without a slash at the end; "" tells them nothing
	Now       func() time.Time // nil means the machine's clock
	Log       *slog.Logger     // nil means slog.Default

	Count func(way, result string) // hears of each transaction; nil means that nobody does
}

// Server answers all requests under /_matrix/federation/, /_matrix/key/ and /.well-known/matrix/server.
type Server struct {
	Deps
	name    string // this hub's
	keys    gomatrixserverlib.JSONVerifier
	mux     http.Handler
	reading seats // for bodies that are being read: until one is read whole, nobody knows whether its sender is who it says
	sending seats // for transactions that are taken in, or wait for it with their bodies in memory
	files   seats // for files that are sent
	edus    map[string]take
	patient time.Duration // how long a body may take to arrive

	mu     sync.Mutex
	taking map[string]chan struct{} // closed when a server's transaction is taken in, by server
}

// take takes in one kind of EDU.
type take func(ctx context.Context, v *visit, content json.RawMessage) error

// How many bodies are read at once, and how many transactions wait, in all and of one server. A server sends one transaction at a time; a second
// comes where it gave the first one up.
const (
	readers, readersEach = 64, 16
	senders, sendersEach = 64, 3
)

// NewServer makes the doors. It starts nothing.
func NewServer(d Deps) *Server {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.Count == nil {
		d.Count = func(string, string) {}
	}
	if d.Receive == nil {
		d.Receive = receiver(d.Rooms)
	}
	s := &Server{Deps: d, name: d.Ring.ServerName(), keys: d.Ring, reading: seats{all: readers, each: readersEach}, sending: seats{all: senders, each: sendersEach},
		files: seats{all: filesAtOnce, each: filesEach}, patient: bodyTime, taking: map[string]chan struct{}{}}
	s.edus = map[string]take{typeTyping: s.takeTyping, typeReceipt: s.takeReceipts, typePresence: s.takePresences}
	for _, kind := range deviceKinds {
		s.edus[kind] = s.takeOfDevices(kind)
	}
	s.mux = s.router(s.routes())
	return s
}

// v1 begins the paths of most doors.
const v1 = "/_matrix/federation/v1"

// routes are all doors.
func (s *Server) routes() []route {
	return slices.Concat(s.roomRoutes(), s.deviceRoutes(), s.mediaRoutes(), []route{
		{"GET", "/_matrix/key/v2/server", open, 0, s.ownKeys},
		{"GET", v1 + "/version", open, 0, s.version},
		{"GET", "/.well-known/matrix/server", open, 0, s.wellKnown},
		{"PUT", v1 + "/send/{txnId}", proven, sendBody, s.send},
		{"GET", v1 + "/query/profile", proven, 0, s.profile},
		{"GET", v1 + "/query/directory", proven, 0, s.alias},
		{"GET", v1 + "/publicRooms", proven, 0, s.publicRooms},
		{"POST", v1 + "/publicRooms", proven, 0, s.publicRooms},
		{"GET", v1 + "/hierarchy/{roomId}", proven, 0, s.hierarchy},
		{"GET", "/_matrix/federation/unstable/" + ledgerPath + "/{shelterId}", proven, 0, s.ledgerLines},
	})
}
