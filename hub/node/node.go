// Package node is one running hub: it reads the configuration, builds every part in the order of floors, joins them under one
// HTTP door, keeps their goroutines, and ends them.
//
// The order of effects. Open: database, broker, keys, people, rooms, media, network, feed, gateway, API, and the socket last, so that
// nobody reaches a hub that is not whole. Run: the follower of the log first, then HTTP. The end, at most ten seconds long: no new
// connections; those who wait for news are answered and sessions of the stream are told to come back; requests under way finish;
// then the parts close in the reverse order of their building.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"panah/hub/alert"
	"panah/hub/alert/exchange"
	"panah/hub/broker"
	"panah/hub/clientapi"
	"panah/hub/device"
	"panah/hub/fault"
	"panah/hub/federation"
	"panah/hub/feed"
	"panah/hub/feed/sliding"
	"panah/hub/gateway"
	"panah/hub/keyring"
	"panah/hub/media"
	"panah/hub/metrics"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place"
	"panah/hub/push"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/search"
	"panah/hub/store"
)

const (
	// graceTime is how long requests under way may take to finish at the end.
	graceTime = 8 * time.Second
	// headerTime bounds the sending of a request's head.
	headerTime = 10 * time.Second
	// idleTime is how long a connection is kept that nobody uses.
	idleTime = 2 * time.Minute
	// maxHeader bounds a request's head, in bytes.
	maxHeader = 32 << 10
)

// Node is one running hub.
type Node struct {
	cfg        Config
	log        *slog.Logger
	serverName string

	db       *store.DB
	brk      broker.Broker
	allow    federation.Allow
	way      *federation.Way // nil without federation
	ring     *keyring.Ring
	people   *people.People
	rooms    *room.Rooms
	network  *network.Network
	rotas    *rota.Rotas
	alerts   *alert.Alerts
	places   *place.Places
	devices  *device.Devices
	feed     *feed.Feed
	sliding  *sliding.Sliding
	search   *search.Search
	media    *media.Media
	exchange *exchange.Exchange
	gateway  *gateway.Gateway
	api      *clientapi.API
	push     *push.Push
	client   *federation.Client // nil without federation, as the next two
	sender   *federation.Sender
	federate *federation.Server
	metrics  *metrics.Metrics

	listener net.Listener
	private  net.Listener // nil when nobody asked for it
	server   *http.Server
	stopping context.Context // ends when the node begins to go down
	stop     context.CancelFunc
}

// Open builds a node and has it listen. Close it, also when Run was never called.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Node, error) {
	engine, _, _ := strings.Cut(cfg.DatabaseURL, ":")
	n := &Node{cfg: cfg, log: log, metrics: metrics.New(Version, engine)}
	n.stopping, n.stop = context.WithCancel(context.Background())
	for _, build := range []func(context.Context) error{n.openStore, n.openBroker, n.buildHub, n.buildDoors, n.listenPrivately, n.listen} {
		if err := build(ctx); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

func (n *Node) openStore(ctx context.Context) (err error) {
	if path, embedded := strings.CutPrefix(n.cfg.DatabaseURL, "sqlite:"); embedded {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.data_folder", "Path", filepath.Dir(path)).Because(err)
		}
	}
	n.db, err = store.Open(ctx, n.cfg.DatabaseURL, store.Options{Key: n.cfg.DatabaseKey, Exclusive: true, Now: n.cfg.Now, Watch: n.metrics, Log: n.log})
	if err != nil {
		return err
	}
	n.serverName, err = settleServerName(ctx, n.db, &n.cfg)
	return err
}

func (n *Node) openBroker(ctx context.Context) (err error) {
	if n.cfg.RedisURL == "" {
		n.brk = broker.InProcess()
		return nil
	}
	n.brk, err = broker.Redis(ctx, n.cfg.RedisURL)
	if err != nil {
		return fault.New(http.StatusServiceUnavailable, "M_UNKNOWN", "error.redis_unreachable").Because(err)
	}
	return nil
}

// listen takes the socket.
func (n *Node) listen(ctx context.Context) (err error) {
	n.listener, err = listenAt(ctx, n.cfg.address())
	return err
}

func listenAt(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.port_in_use", "Address", address).Because(err)
	case err != nil:
		return nil, fault.New(http.StatusInternalServerError, "M_UNKNOWN", "error.cannot_listen", "Address", address).Because(err)
	}
	return listener, nil
}

// URL is where people reach the node, without a slash at the end.
func (n *Node) URL() string {
	if n.cfg.PublicURL != "" {
		return n.cfg.PublicURL
	}
	return n.LocalURL()
}

// LocalURL is where the node listens, as seen from this machine.
func (n *Node) LocalURL() string {
	addr, ok := n.listener.Addr().(*net.TCPAddr)
	if !ok {
		return "http://" + n.cfg.address()
	}
	host := n.cfg.Host
	if addr.IP.IsLoopback() || addr.IP.IsUnspecified() {
		host = "localhost"
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(addr.Port)))
}

// Run serves until ctx ends, and then until all is brought to its end. It gives nil for an end that was asked for.
func (n *Node) Run(ctx context.Context) error {
	n.server = &http.Server{
		Handler: n.Handler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	group, running := errgroup.WithContext(ctx)
	follow, unfollow := context.WithCancel(context.Background())
	group.Go(func() error { return n.follow(follow) })
	group.Go(func() error { return n.people.Run(running) })
	group.Go(func() error { return n.servePrivately(running) })
	group.Go(func() error {
		if err := n.server.Serve(n.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		defer unfollow()
		<-running.Done()
		return n.shutDown()
	})
	return group.Wait()
}

// shutDown lets what is under way finish, within graceTime.
func (n *Node) shutDown() error {
	n.stop()
	ctx, cancel := context.WithTimeout(context.Background(), graceTime)
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return n.server.Shutdown(ctx) })
	group.Go(func() error { return n.gateway.Close(ctx) })
	err := group.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		n.log.Warn("some requests did not finish in time and were cut off")
		err = n.server.Close()
	}
	if err != nil {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

// Close gives back what Open took.
func (n *Node) Close() error {
	n.stop()
	var errs []error
	if n.private != nil {
		if err := n.private.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if n.listener != nil {
		if err := n.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if n.gateway != nil && n.server == nil { // otherwise Run has closed it
		errs = append(errs, n.gateway.Close(context.Background()))
	}
	if n.way != nil {
		n.way.CloseIdleConnections()
	}
	if n.brk != nil {
		errs = append(errs, n.brk.Close())
	}
	if n.db != nil {
		errs = append(errs, n.db.Close())
	}
	return errors.Join(errs...)
}
