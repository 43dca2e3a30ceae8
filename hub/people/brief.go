package people

import (
	"context"
	"time"

	"panah/hub/fault"
	"panah/hub/store"
)

// A brief session is one at a device that others use too. It ends by itself: when its person has not touched the device for BriefIdle,
// and after BriefMost in any case.
const (
	BriefIdle = 30 * time.Minute
	BriefMost = 12 * time.Hour
)

// briefOver reports whether a brief session has come to its end.
func briefOver(now time.Time, seen, until int64) bool {
	return until != 0 && (now.UnixMilli() > until || now.Sub(time.UnixMilli(seen)) > BriefIdle)
}

// Stay notes that the person is at their device now, which keeps a brief session from ending.
func (p *People) Stay(ctx context.Context, c Caller) {
	if c.Brief {
		p.noteSeen(ctx, c, "")
	}
}

// endBrief ends a session that was found to be over, and says so to who came with it.
func (p *People) endBrief(ctx context.Context, c Caller) error {
	if err := p.SignOut(context.WithoutCancel(ctx), c.UserID, c.DeviceID); err != nil {
		return err
	}
	return fault.UnknownToken()
}

// EndBrief ends the brief sessions that are over and closes their connections. The node calls it every minute.
func (p *People) EndBrief(ctx context.Context) error {
	over := ` WHERE brief_until <> 0 AND (brief_until < $1 OR seen_at < $2)`
	bounds := []any{p.now().UnixMilli(), p.now().Add(-BriefIdle).UnixMilli()}
	var found []Device
	err := p.db.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = devicesOf(tx, over, bounds...)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return p.db.Write(ctx, func(tx *store.Tx) error { return p.endAllTx(tx, over, bounds...) })
}

// Run ends brief sessions in time, until ctx ends.
func (p *People) Run(ctx context.Context) error {
	beat := time.NewTicker(time.Minute)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := p.EndBrief(ctx); err != nil && ctx.Err() == nil {
				p.log.Warn("sessions at shared devices could not be ended; it is tried again", "err", err)
			}
		}
	}
}
