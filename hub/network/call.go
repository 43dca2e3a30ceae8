package network

import (
	"context"
	"time"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// calledPower is what the account of a called hub has in a room: enough to bring its own people in, and nothing else.
const calledPower = 90

// What is due with another hub.
const (
	askWhether = "ask"
	callIn     = "call"
	comeIn     = "come"
	readBack   = "past" // what was said in a room before this hub came into it
)

const (
	// callEvery is how often a node looks for what is due.
	callEvery = 2 * time.Second
	// callHold is how long a node has for one try before another may: longer than the slowest answer.
	callHold = 2 * time.Minute
	// firstPause and longestPause bound the time until the next try; it doubles.
	firstPause   = 2 * time.Second
	longestPause = 5 * time.Minute
	// patience is the time until a hub that was invited and did not come is invited again, and a server that is no hub is asked again.
	patience = time.Hour
	// comingsMost is how often a hub tries in vain to come where it was called: about a day.
	comingsMost = 300
	// callsAtOnce bounds with how many servers a node speaks at once.
	callsAtOnce = 16
	// callsFound bounds what is looked for at once.
	callsFound = 500
)

// CallHubTx has the hub at a server be a member of a room that this hub's account made. It is invited until it has come, with the power to bring
// its own people in (PlaceTx, there). Calling it twice is calling it once. The server need not be reachable, nor known as a neighbour yet; one
// that is no hub of this kind is never invited.
func (n *Network) CallHubTx(tx *store.Tx, roomID, server string) error {
	if !n.admits(server) {
		return fault.Forbidden("error.federation_refused")
	}
	membership, err := n.rooms.Membership(tx, roomID, HubOf(server))
	if err != nil || membership == spec.Join {
		return err
	}
	if err := n.empowerHub(tx, roomID, HubOf(server)); err != nil {
		return err
	}
	return n.dueTx(tx, roomID, server, callIn)
}

// Called is a room into which a hub is called that has not come yet.
type Called struct{ RoomID, Server string }

// CalledTx are all of them, by room.
func (n *Network) CalledTx(tx *store.Tx) ([]Called, error) {
	return store.All(tx, func(row store.Scanner) (c Called, err error) { return c, row.Scan(&c.RoomID, &c.Server) },
		`SELECT room_id, server FROM hub_calls WHERE what = $1 ORDER BY room_id`, callIn)
}

// CallNoMoreTx has a hub not be called into a room any longer. One that was invited may come all the same.
func (n *Network) CallNoMoreTx(tx *store.Tx, c Called) error {
	return n.doneTx(tx, c.RoomID, c.Server, callIn)
}

// empowerHub lets a called hub's account invite, before it comes: nobody else may who has less power.
func (n *Network) empowerHub(tx *store.Tx, roomID, hub string) error {
	levels, users, err := n.powersTx(tx, roomID)
	if err != nil {
		return err
	}
	has, _ := users[hub].(float64)
	invite, _ := levels["invite"].(float64)
	if has == calledPower && invite == calledPower {
		return nil
	}
	users[hub], levels["users"], levels["invite"] = calledPower, users, calledPower
	return n.hubState(tx.Context(), tx, roomID, spec.MRoomPowerLevels, "", levels)
}

// dueTx has something be done from now on.
func (n *Network) dueTx(tx *store.Tx, roomID, server, what string) error {
	_, err := tx.Exec(`INSERT INTO hub_calls (room_id, server, what, next_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		roomID, server, what, tx.Now.UnixMilli())
	tx.OnCommit(n.wake)
	return err
}

func (n *Network) wake() {
	select {
	case n.due <- struct{}{}:
	default:
	}
}

// Heard tells that a server is there: what failed with it is tried at once.
func (n *Network) Heard(ctx context.Context, server string) {
	var waits bool
	err := n.db.Read(ctx, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM hub_calls WHERE server = $1 AND failed > 0 AND next_at > $2)`, server, tx.Now.UnixMilli()).Scan(&waits)
	})
	if err == nil && waits {
		err = n.db.Write(ctx, func(tx *store.Tx) error {
			tx.OnCommit(n.wake)
			_, err := tx.Exec(`UPDATE hub_calls SET next_at = 0 WHERE server = $1 AND failed > 0`, server)
			return err
		})
	}
	if err != nil && ctx.Err() == nil {
		n.log.Warn("what is due with a hub that came back is done later", "server", server, "err", err)
	}
}

// due is one thing that is due.
type due struct {
	roomID, server, what string
	nextAt, failed       int64
}

// RunCalls does what is due with other hubs, until ctx ends, and returns when what was under way has ended. Several nodes may run it at once.
func (n *Network) RunCalls(ctx context.Context) error {
	if n.around == nil {
		return nil
	}
	n.try(ctx, "directory", n.openDirectory)
	ticker := time.NewTicker(callEvery)
	defer ticker.Stop()
	w := callers{n: n, busy: map[string]bool{}}
	defer w.all.Wait()
	for {
		n.try(ctx, "call hubs", w.round)
		select {
		case <-ctx.Done():
			return nil
		case <-n.due:
		case <-ticker.C:
		}
	}
}

// CallOnce does what is due with other hubs once, one thing after the other.
func (n *Network) CallOnce(ctx context.Context) error {
	if err := n.openDirectory(ctx); err != nil {
		return err
	}
	found, err := n.findDue(ctx)
	for _, d := range found {
		if err == nil {
			err = n.do(ctx, d)
		}
	}
	return err
}

// openDirectory makes the directory as it should be, and has those be asked whom the operator has named.
func (n *Network) openDirectory(ctx context.Context) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		if err := n.keepDirectory(ctx, tx); err != nil {
			return err
		}
		known, err := n.NeighboursTx(tx)
		if err != nil {
			return err
		}
		directory, err := fact(tx, directoryFact)
		if err != nil {
			return err
		}
		for _, server := range known {
			if err := n.CallHubTx(tx, directory, server); err != nil {
				return err
			}
		}
		for _, server := range n.around.Named() {
			is, err := n.IsNeighbourTx(tx, server)
			if err == nil && !is && n.admits(server) {
				err = n.dueTx(tx, "", server, askWhether)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func scanDue(row store.Scanner) (d due, err error) {
	return d, row.Scan(&d.roomID, &d.server, &d.what, &d.nextAt, &d.failed)
}

// claim makes a thing this node's to do, unless another was faster.
func (n *Network) claim(ctx context.Context, d due) (mine bool, err error) {
	err = n.db.Write(ctx, func(tx *store.Tx) error {
		taken, err := tx.Exec(`UPDATE hub_calls SET next_at = $5 WHERE room_id = $1 AND server = $2 AND what = $3 AND next_at = $4`,
			d.roomID, d.server, d.what, d.nextAt, tx.Now.Add(callHold).UnixMilli())
		mine = taken == 1
		return err
	})
	return mine, err
}

// settleDue notes how a try went: again after a while, or, with no time, never.
func (n *Network) settleDue(ctx context.Context, d due, failed int64, again time.Duration) error {
	return n.db.Write(ctx, func(tx *store.Tx) error {
		if again == 0 {
			return n.doneTx(tx, d.roomID, d.server, d.what)
		}
		_, err := tx.Exec(`UPDATE hub_calls SET failed = $4, next_at = $5 WHERE room_id = $1 AND server = $2 AND what = $3`,
			d.roomID, d.server, d.what, failed, tx.Now.Add(again).UnixMilli())
		return err
	})
}

func (n *Network) doneTx(tx *store.Tx, roomID, server, what string) error {
	return doneTx(tx, roomID, server, what)
}

func doneTx(tx *store.Tx, roomID, server, what string) error {
	_, err := tx.Exec(`DELETE FROM hub_calls WHERE room_id = $1 AND server = $2 AND what = $3`, roomID, server, what)
	return err
}

// do tries one thing, and notes how it went.
func (n *Network) do(ctx context.Context, d due) error {
	mine, err := n.claim(ctx, d)
	if err != nil || !mine {
		return err
	}
	var again time.Duration
	switch {
	case !n.admits(d.server):
		again = patience // the operator may let it in again
	case d.what == askWhether:
		again, err = n.ask(ctx, d.server)
	case d.what == callIn:
		again, err = n.call(ctx, d.roomID, d.server)
	case d.what == comeIn:
		again, err = n.come(ctx, d)
	case d.what == readBack:
		err = n.readPast(ctx, d.roomID)
	}
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		return n.settleDue(ctx, d, 0, again)
	}
	if d.failed == 0 {
		n.log.Info("something with another hub failed; it is tried again", "what", d.what, "server", d.server, "err", err)
	}
	return n.settleDue(ctx, d, d.failed+1, pauseAfter(d.failed))
}

// pauseAfter is the time until the next try, after so many that failed before the last.
func pauseAfter(failed int64) time.Duration {
	pause := firstPause
	for ; failed > 0 && pause < longestPause; failed-- {
		pause *= 2
	}
	return min(pause, longestPause)
}

// ask finds out whether there is a hub at a server.
func (n *Network) ask(ctx context.Context, server string) (again time.Duration, err error) {
	is, err := n.around.IsHub(ctx, server)
	if err != nil {
		return 0, err
	}
	if !is {
		return patience, nil
	}
	return 0, n.db.Write(ctx, func(tx *store.Tx) error { return n.meetTx(ctx, tx, server) })
}

// call invites the hub at a server into a room.
func (n *Network) call(ctx context.Context, roomID, server string) (again time.Duration, err error) {
	var there, known bool
	var d room.Draft
	err = n.db.Read(ctx, func(tx *store.Tx) error {
		membership, err := n.rooms.Membership(tx, roomID, HubOf(server))
		if err != nil {
			return err
		}
		if there = membership == spec.Join; there {
			return nil
		}
		if known, err = n.IsNeighbourTx(tx, server); err != nil {
			return err
		}
		d, err = n.memberDraft(tx, roomID, n.people.HubUser(), HubOf(server), spec.Invite, "")
		return err
	})
	if err != nil || there {
		return 0, err
	}
	if !known {
		if again, err = n.ask(ctx, server); again > 0 || err != nil {
			return again, err
		}
	}
	_, err = n.rooms.AskIn(ctx, d)
	return patience, err
}
