package network

import (
	"context"
	"sync"

	"panah/hub/store"
)

// callers do what is due, for each server one thing after the other and for several servers at once.
type callers struct {
	n   *Network
	all sync.WaitGroup

	mu   sync.Mutex
	busy map[string]bool
}

// round begins with what is due now, as far as there are places.
func (w *callers) round(ctx context.Context) error {
	found, err := w.n.findDue(ctx)
	if err != nil {
		return err
	}
	byServer := map[string][]due{}
	for _, d := range found {
		byServer[d.server] = append(byServer[d.server], d)
	}
	for server, some := range byServer {
		if w.take(server) {
			w.all.Go(func() { w.work(ctx, server, some) })
		}
	}
	return nil
}

// findDue finds what is due now, what was due first before the others.
func (n *Network) findDue(ctx context.Context) (found []due, err error) {
	err = n.db.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = store.All(tx, scanDue, `SELECT room_id, server, what, next_at, failed FROM hub_calls WHERE next_at <= $1
			ORDER BY next_at, server, room_id, what LIMIT $2`, tx.Now.UnixMilli(), callsFound)
		return err
	})
	return found, err
}

func (w *callers) take(server string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy[server] || len(w.busy) >= callsAtOnce {
		return false
	}
	w.busy[server] = true
	return true
}

func (w *callers) work(ctx context.Context, server string, some []due) {
	defer func() {
		w.mu.Lock()
		delete(w.busy, server)
		w.mu.Unlock()
		if len(some) == callsFound {
			w.n.wake()
		}
	}()
	for _, d := range some {
		w.n.try(ctx, "call hubs", func(ctx context.Context) error { return w.n.do(ctx, d) })
	}
}
