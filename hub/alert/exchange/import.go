package exchange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"panah/hub/cap"
	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// Imported tells what became of a file.
type Imported struct {
	EventID    string // the post that shows it
	Sender     string
	Identifier string
	Again      bool // it had been posted in this channel before
}

// Import posts a CAP file into a channel as the caller. What is no CAP file, no longer holds or breaks the rules of hub/cap is a fault with its
// reason.
func (x *Exchange) Import(ctx context.Context, caller people.Caller, roomID string, file io.Reader) (Imported, error) {
	if err := caller.Require(people.ActSend); err != nil {
		return Imported{}, err
	}
	a, err := cap.Parse(file, cap.Usual)
	if err != nil {
		return Imported{}, err
	}
	return x.post(ctx, caller.Person, caller.DeviceID, roomID, "", a)
}

// post writes an alert into a channel as somebody, once. feed is the address that it came from, or "".
func (x *Exchange) post(ctx context.Context, as people.Person, deviceID, roomID, feed string, a *cap.Alert) (in Imported, err error) {
	in = Imported{Sender: a.Sender, Identifier: a.Identifier}
	err = x.db.Write(ctx, func(tx *store.Tx) error {
		if err := x.mayPost(tx, as, roomID); err != nil {
			return err
		}
		if err := a.Fresh(tx.Now); err != nil {
			return err
		}
		fresh, err := tx.Exec(`INSERT INTO cap_imports (room_id, sender, identifier, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			roomID, a.Sender, a.Identifier, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		if in.Again = fresh == 0; in.Again {
			in.EventID, err = importedTx(tx, roomID, a.Sender, a.Identifier)
			return err
		}
		in.EventID, err = x.appendTx(ctx, tx, as.UserID, deviceID, roomID, feed, a)
		return err
	})
	return in, err
}

// mayPost: whoever is not in the channel does not learn what was posted there.
func (x *Exchange) mayPost(tx *store.Tx, as people.Person, roomID string) error {
	membership, err := x.rooms.Membership(tx, roomID, as.UserID)
	if err == nil && membership != "join" {
		return fault.Forbidden("error.not_member")
	}
	return err
}

func (x *Exchange) appendTx(ctx context.Context, tx *store.Tx, userID, deviceID, roomID, feed string, a *cap.Alert) (eventID string, err error) {
	content := x.content(a, feed)
	for _, earlier := range a.References {
		before, err := importedTx(tx, roomID, earlier.Sender, earlier.Identifier)
		if err != nil {
			return "", err
		}
		if before != "" {
			content["m.relates_to"] = map[string]string{"rel_type": "m.reference", "event_id": before}
		}
	}
	events, err := x.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: userID, DeviceID: deviceID, Type: "m.room.message", Content: content})
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(`UPDATE cap_imports SET event_id = $1 WHERE room_id = $2 AND sender = $3 AND identifier = $4`,
		events[0].ID, roomID, a.Sender, a.Identifier)
	return events[0].ID, err
}

// importedTx is the post of a message that came in before, or "".
func importedTx(tx *store.Tx, roomID, sender, identifier string) (eventID string, err error) {
	err = tx.QueryRow(`SELECT event_id FROM cap_imports WHERE room_id = $1 AND sender = $2 AND identifier = $3`, roomID, sender, identifier).
		Scan(&eventID)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find an alert from outside: %w", err)
	}
	return eventID, nil
}
