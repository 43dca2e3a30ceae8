package exchange

import (
	"context"
	"time"

	"panah/hub/store"
)

// namesKept is how long the name of a message from outside is remembered when its post is kept no longer than that: most messages no longer hold
// by then, so that they are refused anyway, and one that does is worth a second post.
const namesKept = 31 * 24 * time.Hour

// sweepBatch is how many names one transaction forgets.
const sweepBatch = 500

// Sweep forgets the names of messages from outside that were posted longer ago than the hub keeps anything (most), or whose post its channel
// keeps no longer, and tells how many. Sender and identifier are words of the file, so they are kept no longer than its post needs.
func (x *Exchange) Sweep(ctx context.Context, most time.Duration) (gone int, err error) {
	for {
		var n int64
		err = x.db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec(`DELETE FROM cap_imports WHERE (room_id, sender, identifier) IN (SELECT i.room_id, i.sender, i.identifier FROM cap_imports i
				LEFT JOIN events e ON e.event_id = i.event_id WHERE i.at < $1 OR i.at < $2 AND (e.event_id IS NULL OR e.purged) LIMIT $3)`,
				tx.Now.Add(-most).UnixMilli(), tx.Now.Add(-namesKept).UnixMilli(), sweepBatch)
			return err
		})
		gone += int(n)
		if err != nil || n < sweepBatch {
			return gone, err
		}
	}
}
