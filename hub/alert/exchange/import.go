package exchange

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
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
	err = x.db.Write(context.WithValue(ctx, doorKey{}, true), func(tx *store.Tx) error {
		if err := x.mayPost(tx, as, roomID); err != nil {
			return err
		}
		if err := a.Fresh(tx.Now); err != nil {
			return err
		}
		key, before, err := x.keyTx(tx, as.UserID, roomID, feed, a)
		if err != nil || before != "" {
			in.EventID, in.Again = before, before != ""
			return err
		}
		_, err = tx.Exec(`INSERT INTO cap_imports (room_id, sender, identifier, at) VALUES ($1, $2, $3, $4)`, roomID, key, a.Identifier, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		in.EventID, err = x.appendTx(ctx, tx, as.UserID, deviceID, roomID, feed, a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE cap_imports SET event_id = $1 WHERE room_id = $2 AND sender = $3 AND identifier = $4`, in.EventID, roomID, key, a.Identifier)
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

// keyTx gives under which name of its sender a message is remembered in a channel, and its post if it came before. The sender is whoever the file says it
// is. So the first to come takes the name, but not from others: the same identifier from elsewhere, with something else to say, is remembered under
// where it came from. (A sender has no spaces: CAP 1.2, 3.2.1.)
func (x *Exchange) keyTx(tx *store.Tx, userID, roomID, feed string, a *cap.Alert) (key, before string, err error) {
	key = a.Sender
	if before, err = importedTx(tx, roomID, key, a.Identifier); err != nil || before == "" {
		return key, "", err
	}
	said, gone, err := x.cardTx(tx, before)
	if err != nil {
		return key, "", err
	}
	now := cardOf(a, feed)
	if gone || said.Feed == now.Feed && feed != "" || said.says(now) {
		return key, before, nil
	}
	key = userID + " " + a.Sender
	if feed != "" {
		key = feed + " " + a.Sender
	}
	before, err = importedTx(tx, roomID, key, a.Identifier)
	return key, before, err
}

// cardTx is what a post shows; gone when it was taken back or is kept no longer.
func (x *Exchange) cardTx(tx *store.Tx, eventID string) (c Card, gone bool, err error) {
	e, err := x.rooms.EventByID(tx, eventID)
	if fault.NotFound("error.unknown_event").Is(err) {
		return c, true, nil
	}
	if err != nil {
		return c, false, err
	}
	gone = e.Purged || e.RedactedBy != "" || json.Unmarshal(membersOf(e.Content)[Member], &c) != nil
	return c, gone, nil
}

// says tells whether two cards say the same, wherever they came from.
func (c Card) says(other Card) bool {
	c.Feed, other.Feed = "", ""
	one, err1 := json.Marshal(c)
	two, err2 := json.Marshal(other)
	return err1 == nil && err2 == nil && bytes.Equal(one, two)
}

func (x *Exchange) appendTx(ctx context.Context, tx *store.Tx, userID, deviceID, roomID, feed string, a *cap.Alert) (eventID string, err error) {
	content := x.content(a, feed)
	for _, earlier := range a.References {
		before, err := importedTx(tx, roomID, earlier.Sender, earlier.Identifier)
		if err != nil {
			return "", err
		}
		said, gone, err := x.cardTx(tx, before)
		if err != nil {
			return "", err
		}
		// A file does not hang itself on what came from elsewhere: whose update it is only its own words say.
		if before != "" && !gone && said.Feed == shownFeed(feed) {
			content["m.relates_to"] = map[string]string{"rel_type": "m.reference", "event_id": before}
		}
	}
	events, err := x.rooms.Append(ctx, tx, room.Draft{RoomID: roomID, Sender: userID, DeviceID: deviceID, Type: "m.room.message", Content: content})
	if err != nil {
		return "", err
	}
	return events[0].ID, nil
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
