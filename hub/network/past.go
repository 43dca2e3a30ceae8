package network

import (
	"context"

	"panah/hub/room"
	"panah/hub/store"
)

// A hub that is called into a channel comes after the first word in it was said: that word is why it was called. The state of the channel it is given
// as it comes; what was said it asks for, and only then is the channel told of as one in which this hub is.

// ArrivalFollower is a Follower that is told when this hub has come into a channel of another one and has what was said there before.
type ArrivalFollower interface {
	Follower
	// ArrivedTx is told of it at least once, and again when the hub comes again.
	ArrivedTx(ctx context.Context, tx *store.Tx, roomID string) error
}

// withPast are the kinds of hub rooms in which what was said before counts. In the others all that counts is state.
const withPast = "alerts"

const (
	// pastMost is how many events of the past are asked for at once, and pastRounds how often: what was said before that is over by now.
	pastMost   = 100
	pastRounds = 20
)

// pastTx has what was said in a channel be asked for, into which this hub has just come.
func pastTx(tx *store.Tx, rooms *room.Rooms, roomID string) error {
	kind, server, err := HubRoomTx(tx, rooms, roomID)
	if err != nil || kind != withPast {
		return err
	}
	_, err = tx.Exec(`INSERT INTO hub_calls (room_id, server, what, next_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		roomID, server, readBack, tx.Now.UnixMilli())
	return err
}

// readPast asks for what was said in a channel before this hub came, and tells the followers that it is there.
func (n *Network) readPast(ctx context.Context, roomID string) error {
	for range pastRounds {
		var more bool
		err := n.db.Read(ctx, func(tx *store.Tx) (err error) {
			more, err = n.rooms.HasPast(tx, roomID)
			return err
		})
		if err == nil && more {
			err = n.rooms.FetchPast(ctx, roomID, pastMost)
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return n.db.Write(ctx, func(tx *store.Tx) error {
		for _, f := range n.followers {
			told, follows := f.(ArrivalFollower)
			if !follows {
				continue
			}
			if err := told.ArrivedTx(ctx, tx, roomID); err != nil {
				return err
			}
		}
		return nil
	})
}
