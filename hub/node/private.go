package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"panah/hub/broker"
	"panah/hub/federation"
	"panah/hub/metrics"
	"panah/hub/push"
	"panah/hub/search"
	"panah/hub/store"
)

// listenPrivately takes the socket for those who look after the machine, if they want one.
func (n *Node) listenPrivately(ctx context.Context) (err error) {
	if n.cfg.Metrics != "" {
		n.private, err = listenAt(ctx, n.cfg.Metrics)
	}
	return err
}

// PrivateAddress is where metrics and profiles are given, or "".
func (n *Node) PrivateAddress() string {
	if n.private == nil {
		return ""
	}
	return n.private.Addr().String()
}

// servePrivately gives metrics and profiles until ctx ends. They are at no other door: profiles show what is in memory.
func (n *Node) servePrivately(ctx context.Context) error {
	if n.private == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", n.metrics.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	stop := context.AfterFunc(ctx, func() { server.Close() }) // nothing there is worth waiting for
	defer stop()
	if err := server.Serve(n.private); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}

// standing is asked for whenever somebody reads the metrics.
func (n *Node) standing() metrics.Standing {
	g := n.gateway.Stats()
	s := metrics.Standing{
		Sessions: g.Sessions, Parked: g.Parked, Queued: g.Queued, QueuedBytes: g.QueuedBytes, Held: g.Held,
		Frames: g.Frames, Writes: g.Writes, Written: g.Written, Slow: g.Slow, Limited: g.Limited,
		BrokerUp: broker.Up(n.brk), Broker: n.brokerName(), DiskFree: -1,
	}
	if free, err := freeSpace(n.cfg.Data); err == nil {
		s.DiskFree = free
	}
	ctx, cancel := context.WithTimeout(n.stopping, standingTime)
	defer cancel()
	s.StoreUp = n.db.Read(ctx, func(tx *store.Tx) error { return n.readLag(tx, &s) }) == nil
	return s
}

// standingTime bounds the reading of the log's figures; those that come late are left out.
const standingTime = 5 * time.Second

func (n *Node) readLag(tx *store.Tx, s *metrics.Standing) error {
	head, err := tx.Head()
	if err != nil {
		return err
	}
	searched, err := search.Live(tx)
	if err != nil {
		return err
	}
	pushed, err := push.Live(tx)
	if err != nil {
		return err
	}
	followers := map[string]store.Position{"feed": n.feed.Cursor(), "search": searched, "push": pushed}
	if n.sender != nil {
		if followers["federation"], err = federation.Live(tx); err != nil {
			return err
		}
	}
	s.Head = int64(head)
	s.Lag = map[string]int64{}
	for follower, at := range followers {
		s.Lag[follower] = int64(max(0, head-at))
	}
	return nil
}

func (n *Node) brokerName() string {
	if n.cfg.RedisURL == "" {
		return "in-process"
	}
	return "redis"
}
