package node

import (
	"context"
	"time"
)

// sweepEvery is how often old posts are looked for. The shortest retention is a day.
const sweepEvery = time.Hour

// sweep empties old posts, at once and then every hour, until ctx ends. What fails is tried again the next time.
func (n *Node) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		purged, err := n.rooms.Sweep(ctx, n.cfg.Retention)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			n.log.Warn("old posts could not be purged", "err", err)
		}
		if _, err := n.exchange.Sweep(ctx, n.cfg.Retention); err != nil && ctx.Err() == nil {
			n.log.Warn("names of messages from outside could not be forgotten", "err", err)
		}
		if err := n.rotas.Sweep(ctx); err != nil && ctx.Err() == nil {
			n.log.Warn("rotas could not be swept", "err", err)
		}
		if purged > 0 {
			n.log.Info("purged posts that are kept no longer", "count", purged)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
