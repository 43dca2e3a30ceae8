package keyring

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"sync"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
	"golang.org/x/sync/errgroup"

	"panah/hub/store"
)

const (
	// furthest is how far ahead a server's word about its keys is believed (Matrix, room version 5, "Signing key validity period").
	furthest = 7 * 24 * time.Hour
	// askAgain is how long nobody is asked again who has answered, and the first pause after somebody did not. Each further failure
	// doubles the pause, up to askLatest.
	askAgain  = 30 * time.Second
	askLatest = 10 * time.Minute
	// askTime bounds the asking of one server.
	askTime = 15 * time.Second
	// askers bounds how many servers are asked at once for one call.
	askers = 8
	// serversKept bounds how many servers' keys are held in memory; the table has all.
	serversKept = 2000
)

// Fetcher asks other servers for their keys.
type Fetcher interface {
	// GetServerKeys asks a server for what it publishes at /_matrix/key/v2/server, within bounds of size. Nothing in the answer is
	// checked yet.
	GetServerKeys(ctx context.Context, server spec.ServerName) (gomatrixserverlib.ServerKeys, error)
}

// Options are how other servers' keys come here.
type Options struct {
	Fetch Fetcher          // nil when none are asked
	Now   func() time.Time // nil means the machine's clock
	Log   *slog.Logger     // nil means slog.Default
}

// others are the keys of other servers.
type others struct {
	db    *store.DB
	fetch Fetcher
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	servers map[spec.ServerName]*server
}

// server is what is known of one other server.
type server struct {
	keys   map[gomatrixserverlib.KeyID]key
	failed int           // times in a row that it gave no good answer
	next   time.Time     // before then it is not asked again
	asking chan struct{} // closed when somebody who asks it now has ended; nil when nobody does
}

// key is one key of another server.
type key struct {
	public  ed25519.PublicKey
	until   time.Time // up to when it signs; zero for one that is expired
	expired time.Time // since when it signs no more; zero for one that does
}

// need is what one signature wants to be known.
type need struct {
	server spec.ServerName
	ids    []gomatrixserverlib.KeyID
	at     time.Time
}

func newOthers(db *store.DB, o Options) *others {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &others{db: db, fetch: o.Fetch, now: o.Now, log: o.Log, servers: map[spec.ServerName]*server{}}
}

func (o *others) key(name spec.ServerName, id gomatrixserverlib.KeyID) (k key, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.servers[name]; s != nil {
		k, known = s.keys[id]
	}
	return k, known
}

// find has the keys of all servers at hand that can be had. Whoever does not answer is left out.
func (o *others) find(ctx context.Context, wanted []need) {
	byServer := map[spec.ServerName][]need{}
	for _, n := range wanted {
		byServer[n.server] = append(byServer[n.server], n)
	}
	var group errgroup.Group
	group.SetLimit(askers)
	for name, needs := range byServer {
		if o.has(name, needs) {
			continue
		}
		group.Go(func() error {
			o.findOf(ctx, name, needs)
			return nil
		})
	}
	_ = group.Wait() // they give no errors
}

// has tells whether each of the needs has a key that holds.
func (o *others) has(name spec.ServerName, needs []need) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.servers[name]
	return s != nil && s.has(needs, o.now())
}

func (s *server) has(needs []need, now time.Time) bool {
	for _, n := range needs {
		met := false
		for _, id := range n.ids {
			k, known := s.keys[id]
			met = met || known && (!k.expired.IsZero() || k.holds(n.at, now))
		}
		if !met {
			return false
		}
	}
	return true
}

// findOf looks in the table, and then asks the server, or waits for who asks it already.
func (o *others) findOf(ctx context.Context, name spec.ServerName, needs []need) {
	if !o.recall(ctx, name) || o.has(name, needs) || o.fetch == nil {
		return
	}
	o.mu.Lock()
	s := o.serverLocked(name)
	if asking := s.asking; asking != nil {
		o.mu.Unlock()
		select {
		case <-asking:
		case <-ctx.Done():
		}
		return
	}
	if o.now().Before(s.next) {
		o.mu.Unlock()
		return
	}
	s.asking = make(chan struct{})
	o.mu.Unlock()
	o.ask(context.WithoutCancel(ctx), name) // others may wait for the answer whose caller goes away
}

func (o *others) serverLocked(name spec.ServerName) *server {
	s := o.servers[name]
	if s == nil {
		if len(o.servers) >= serversKept {
			o.forgetLocked()
		}
		s = &server{keys: map[gomatrixserverlib.KeyID]key{}}
		o.servers[name] = s
	}
	return s
}

// forgetLocked makes room. Those who are being asked stay, since somebody waits for them.
func (o *others) forgetLocked() {
	for name, s := range o.servers {
		if s.asking == nil {
			delete(o.servers, name)
		}
	}
}
