package network

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// LeaveNetwork ends the caller's account for good: the sessions end and what was kept for it alone is gone when it returns. What it left in
// channels goes in small steps after that, by Run: its name from its memberships, with posts what it wrote, and the memberships. Other servers
// and people may keep what they received.
func (n *Network) LeaveNetwork(ctx context.Context, caller people.Caller, posts, sure bool) error {
	err := n.db.Write(ctx, func(tx *store.Tx) error {
		if err := n.endDuty(tx, caller.UserID); err != nil {
			return err
		}
		if err := n.people.LeaveTx(tx, caller, posts, sure); err != nil {
			return err
		}
		return n.personChanged(ctx, tx, caller.UserID)
	})
	if err != nil {
		return err
	}
	select {
	case n.left <- struct{}{}:
	default: // Run knows already that somebody left
	}
	return nil
}

// How often Run looks for what is due.
const (
	dueEvery   = 10 * time.Second
	sweepEvery = time.Hour
)

// Run does what is due without anybody asking: it tells whose duty has run out, takes away what those who left the network left behind,
// and deletes what was kept long enough. It returns when ctx ends. Several nodes may run it at once.
func (n *Network) Run(ctx context.Context) error {
	due, sweep := time.NewTicker(dueEvery), time.NewTicker(sweepEvery)
	defer due.Stop()
	defer sweep.Stop()
	n.try(ctx, "sweep", n.people.Sweep)
	for {
		n.try(ctx, "erase", n.Erase)
		n.try(ctx, "end duty", n.expireDuty)
		select {
		case <-ctx.Done():
			return nil
		case <-n.left:
		case <-due.C:
		case <-sweep.C:
			n.try(ctx, "sweep", n.people.Sweep)
		}
	}
}

// try does one of the due things. What fails is tried again the next time.
func (n *Network) try(ctx context.Context, what string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		n.log.Warn("something due could not be done; it is tried again", "what", what, "err", err)
	}
}

// Erase takes away what those who left the network left behind in channels, until nothing is left. It goes on where it was stopped.
func (n *Network) Erase(ctx context.Context) error {
	for {
		e, waits, err := n.people.Erasures(ctx)
		if err != nil || !waits {
			return err
		}
		if err := n.eraseOne(ctx, e); err != nil {
			return err
		}
	}
}

func (n *Network) eraseOne(ctx context.Context, e people.Erasure) error {
	var memberships []room.Membership
	err := n.db.Read(ctx, func(tx *store.Tx) (err error) {
		memberships, err = n.rooms.Memberships(tx, e.UserID)
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if err := n.eraseIn(ctx, e, m.RoomID); err != nil {
			return err
		}
		err := n.db.Write(ctx, func(tx *store.Tx) error { return n.leaveFor(ctx, tx, m.RoomID, e.UserID) })
		if err != nil {
			return err
		}
	}
	return n.db.Write(ctx, func(tx *store.Tx) error { return n.people.ErasedTx(tx, e.UserID) })
}

const (
	erasePage  = 200 // events read at once
	eraseBatch = 20  // redactions of one transaction, so that nobody's post waits long behind them
)

// eraseIn takes a person's name, and with Posts what they wrote, out of one room. It reads and writes in turn, a few at a time.
func (n *Network) eraseIn(ctx context.Context, e people.Erasure, roomID string) error {
	var after store.Position
	for {
		var page []room.Event
		err := n.db.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = n.rooms.OwnEvents(tx, roomID, e.UserID, after, erasePage)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Position
		if err := n.eraseEvents(ctx, roomID, e, page); err != nil {
			return err
		}
	}
}

// eraseEvents takes away what of a page goes: memberships, which show the name, each in the name of whoever set it, and posts.
func (n *Network) eraseEvents(ctx context.Context, roomID string, e people.Erasure, page []room.Event) error {
	byAuthor := map[string][]string{}
	for i := range page {
		named := page[i].Type == spec.MRoomMember && page[i].StateKey != nil && *page[i].StateKey == e.UserID
		if named || e.Posts && page[i].StateKey == nil {
			byAuthor[page[i].Sender] = append(byAuthor[page[i].Sender], page[i].ID)
		}
	}
	for author, ids := range byAuthor {
		for batch := range slices.Chunk(ids, eraseBatch) {
			err := n.redactAll(ctx, roomID, author, batch)
			if err == nil {
				continue
			}
			if fault.From(err).Status != http.StatusForbidden {
				return err
			}
			// The author may not write in this channel any more, and so not take back either: the hub empties what it keeps.
			if err := n.db.Write(ctx, func(tx *store.Tx) error { return n.rooms.EmptyTx(tx, roomID, batch...) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Network) redactAll(ctx context.Context, roomID, author string, ids []string) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		by, err := n.redactor(tx, roomID, author)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d := room.Draft{RoomID: roomID, Sender: by, Type: spec.MRoomRedaction, Redacts: id, Content: map[string]any{}}
			if _, err := n.rooms.Append(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}
