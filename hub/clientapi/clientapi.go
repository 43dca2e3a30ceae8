// Package clientapi is the hub's HTTP door for people: the Matrix client-server API, so that other people's clients work
// here, and our own few endpoints beside it for the hub's own client.
//
// It owns no rules of the house. It finds out who calls, bounds and reads what was sent, asks network, room, people or feed,
// and writes what they say as JSON. The order matters: who calls is known before the body is read, the body's size is
// bounded before it is parsed, and what is parsed is strict JSON before any endpoint sees it.
//
// Every error leaves through Refuse, as Matrix writes errors, with the key of its sentence beside it, so that a client can
// show it in its reader's language. What is not a fault is logged there, once.
//
// Titles in brackets are those of the Matrix client-server specification, v1.11.
package clientapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"panah/hub/alert"
	"panah/hub/alert/exchange"
	"panah/hub/device"
	"panah/hub/feed"
	"panah/hub/feed/sliding"
	"panah/hub/media"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place"
	"panah/hub/push"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/search"
	"panah/hub/store"
)

// Deps are what the API asks, and what it tells of the hub. Each is needed unless it says otherwise.
type Deps struct {
	DB       *store.DB
	People   *people.People
	Rooms    *room.Rooms
	Network  *network.Network
	Rotas    *rota.Rotas
	Alerts   *alert.Alerts
	Places   *place.Places
	Feed     *feed.Feed
	Devices  *device.Devices
	Sliding  *sliding.Sliding
	Search   *search.Search
	Media    *media.Media
	Exchange *exchange.Exchange
	Push     *push.Push

	Federation Federation // nil when the hub federates with nobody

	ServerName string
	Name       string         // of the hub, for people
	Version    string         // of the program
	PublicURL  string         // without a slash at the end; "" takes the address of each request
	Language   string         // tag of the catalog for those who ask for none
	Second     string         // tag of the catalog that is tried before English; may be ""
	Proxies    []netip.Prefix // whose X-Forwarded-For is believed; may be empty
	Retention  time.Duration  // how long posts are kept at the most
	OldClients bool           // takes tokens in addresses, as older apps write them

	// Stopping ends when the node goes down: those who wait for news are then answered at once. nil means never.
	Stopping context.Context
	Now      func() time.Time // nil means the machine's clock
	Log      *slog.Logger     // nil means slog.Default

	// Answered hears of every request: the pattern that matched, never the address. nil means that nobody does.
	Answered func(route, method string, status int, took time.Duration)
}

// API answers all requests under /_matrix/client/, /_panah/v1/ and /.well-known/matrix/client.
type API struct {
	Deps
	log *slog.Logger
	now func() time.Time
	mux http.Handler
}

// New makes the API. It starts nothing.
func New(d Deps) *API {
	a := &API{Deps: d, log: d.Log, now: d.Now}
	if a.log == nil {
		a.log = slog.Default()
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.Stopping == nil {
		a.Stopping = context.Background()
	}
	a.mux = a.router(a.routes())
	return a
}
