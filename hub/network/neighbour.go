package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"panah/hub/store"
)

// A neighbour is another server whose operator and ours have named each other, and whose hub account answers as this hub's does. Their accounts
// meet in hub rooms: rooms that one of them made, with a kind (ChannelType). Two things are due there, and both are rows until they are done:
// the hub that made a room calls another one in, and that one comes. What is due is done by one node, however many there are, and again later and
// later where it fails; a server that is away holds up no other.

// Around are the other servers, as the network asks for them.
type Around interface {
	// Admits tells whether the operator lets a server in.
	Admits(server string) bool
	// Named are the servers that the operator has named.
	Named() []string
	// IsHub asks a server whether it is a hub of this kind.
	IsHub(ctx context.Context, server string) (bool, error)
}

// NeighbourFollower is a Follower that is told of neighbours as well.
type NeighbourFollower interface {
	Follower
	// NeighbourTx is told of a server that has turned out to be a hub, once.
	NeighbourTx(ctx context.Context, tx *store.Tx, server string) error
}

// HubOf is the account of the hub at a server.
func HubOf(server string) string { return "@hub:" + server }

// isHub tells whether an id is that of a hub's account.
func isHub(user string) bool { return strings.HasPrefix(user, "@hub:") }

// Surround tells the network which other servers there are. It is called while the hub is built; without it there are none.
func (n *Network) Surround(a Around) { n.around = a }

// admits tells whether a server is another one and the operator lets it in.
func (n *Network) admits(server string) bool {
	return n.around != nil && server != n.rooms.ServerName() && n.around.Admits(server)
}

// NeighboursTx are the servers of the neighbours that the operator still lets in, in order.
func (n *Network) NeighboursTx(tx *store.Tx) ([]string, error) {
	all, err := store.Column(tx, `SELECT server FROM neighbours /* reads all */ ORDER BY server`)
	return slices.DeleteFunc(all, func(server string) bool { return !n.admits(server) }), err
}

// IsNeighbourTx tells whether a server is a neighbour.
func (n *Network) IsNeighbourTx(tx *store.Tx, server string) (is bool, err error) {
	if !n.admits(server) {
		return false, nil
	}
	if err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM neighbours WHERE server = $1)`, server).Scan(&is); err != nil {
		err = fmt.Errorf("look for a neighbour: %w", err)
	}
	return is, err
}

// meetTx notes that a server is a neighbour; the first time it is called into the directory, and the followers are told.
func (n *Network) meetTx(ctx context.Context, tx *store.Tx, server string) error {
	fresh, err := tx.Exec(`INSERT INTO neighbours (server, since) VALUES ($1, $2) ON CONFLICT DO NOTHING`, server, tx.Now.UnixMilli())
	if err != nil || fresh == 0 {
		return err
	}
	directory, err := fact(tx, directoryFact)
	if err != nil {
		return err
	}
	if directory != "" {
		if err := n.CallHubTx(tx, directory, server); err != nil {
			return err
		}
	}
	for _, f := range n.followers {
		told, follows := f.(NeighbourFollower)
		if !follows {
			continue
		}
		if err := told.NeighbourTx(ctx, tx, server); err != nil {
			return err
		}
	}
	return nil
}

// Hub is a neighbour, and the organisations that it says it has.
type Hub struct {
	Server        string
	Since         int64 // when it was first known as one, Unix milliseconds
	Organisations []Foreign
}

// Hubs are the neighbours, in order.
func (n *Network) Hubs(ctx context.Context) (hubs []Hub, err error) {
	err = n.db.Read(ctx, func(tx *store.Tx) error {
		hubs, err = store.All(tx, func(row store.Scanner) (h Hub, err error) { return h, row.Scan(&h.Server, &h.Since) },
			`SELECT server, since FROM neighbours /* reads all */ ORDER BY server`)
		if err != nil {
			return err
		}
		hubs = slices.DeleteFunc(hubs, func(h Hub) bool { return !n.admits(h.Server) })
		all, err := n.ForeignTx(tx)
		for i := range hubs {
			hubs[i].Organisations = slices.DeleteFunc(slices.Clone(all), func(f Foreign) bool { return f.Server != hubs[i].Server })
		}
		return err
	})
	return hubs, err
}

// StandingTx tells when another hub was last heard, and since when it does not answer; 0 for one that answers, or was never heard. heardAt is when it
// was heard at the least.
func StandingTx(tx *store.Tx, server string, heardAt int64) (heard, silentSince int64, err error) {
	var failed, reached int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(failed), 0), COALESCE(MAX(reached_at), 0) FROM federation_servers WHERE server = $1`, server).Scan(&failed, &reached)
	if err != nil {
		return 0, 0, fmt.Errorf("ask whether a hub answers: %w", err)
	}
	var calls, since int64
	err = tx.QueryRow(`SELECT COALESCE(MAX(failed), 0), COALESCE((SELECT MAX(since) FROM neighbours WHERE server = $1), 0) FROM hub_calls
		WHERE server = $1 AND what = 'call'`, server).Scan(&calls, &since)
	if err != nil {
		return 0, 0, fmt.Errorf("ask whether a hub answers: %w", err)
	}
	if heard = max(heardAt, reached, since); failed+calls > 0 {
		silentSince = max(1, heard)
	}
	return heard, silentSince, nil
}
