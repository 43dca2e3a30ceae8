package media

import (
	"context"
	"errors"
	"fmt"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
)

// usesLooked bounds how many uses of one file are looked at for one reader.
const usesLooked = 200

// mayRead is nil for whoever may read the file, and to all others what a file is that is not there.
func mayRead(tx *store.Tx, rooms *room.Rooms, reader string, f File) error {
	if f.userID == reader {
		return nil
	}
	if f.opaque() || f.toCome() {
		if may, err := sharesTx(tx, rooms, reader, f); may || err != nil {
			return err
		}
	}
	if f.opaque() {
		return errUnknown // whatever names it
	}
	return mayReadBy(tx, rooms, reader, f)
}

// mayShow is mayRead for who would show the file to others in clear: none that was not cleaned.
func mayShow(tx *store.Tx, rooms *room.Rooms, by string, f File) error {
	err := mayRead(tx, rooms, by, f)
	if err == nil && f.opaque() {
		err = errOpaque
	}
	return err
}

// mayReadBy is mayRead for what uses the file in clear.
func mayReadBy(tx *store.Tx, rooms *room.Rooms, reader string, f File) error {
	shown, err := shownTx(tx, uriOf(rooms.ServerName(), f.ID), f.ID, reader)
	if err != nil || shown {
		return err
	}
	uses, err := usesTx(tx, f.ID, reader)
	if err != nil {
		return err
	}
	for _, u := range uses {
		_, err := rooms.ReadableEvent(tx, u.roomID, u.eventID, reader)
		if err == nil || fault.From(err).Status != 404 {
			return err
		}
	}
	return errUnknown
}

// MayUse is nil if the caller may use a content URI as their picture: it is none of this hub's, or a file that they may read and that
// was cleaned.
func (m *Media) MayUse(ctx context.Context, by people.Caller, contentURI string) error {
	id, ours := ownID(m.rooms.ServerName(), contentURI)
	if !ours {
		return nil
	}
	return m.db.Read(ctx, func(tx *store.Tx) error {
		f, err := fileTx(tx, id)
		if err == nil {
			err = mayShow(tx, m.rooms, by.UserID, f)
		}
		return err
	})
}

// shownTx tells whether the file is the picture of a channel, or of a person other than the reader. Their own does not count: otherwise
// people could make any file readable to themselves by wearing it.
func shownTx(tx *store.Tx, uri, id, reader string) (shown bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM people WHERE avatar_url = $1 AND user_id <> $2)
		OR EXISTS (SELECT 1 FROM media_uses u JOIN events e ON e.event_id = u.event_id WHERE u.media_id = $3 AND e.type = 'm.room.avatar')`,
		uri, reader, id).Scan(&shown)
	if err != nil {
		return false, fmt.Errorf("look who wears a file: %w", err)
	}
	return shown, nil
}

type use struct{ roomID, eventID string }

// usesTx are the events that use a file, those in the reader's channels first.
func usesTx(tx *store.Tx, id, reader string) ([]use, error) {
	rows, err := tx.Query(`SELECT u.room_id, u.event_id FROM media_uses u LEFT JOIN memberships m ON m.room_id = u.room_id AND m.user_id = $2
		WHERE u.media_id = $1 ORDER BY CASE WHEN m.membership = 'join' THEN 0 WHEN m.membership IS NOT NULL THEN 1 ELSE 2 END, u.event_id
		LIMIT $3`, id, reader, usesLooked)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var uses []use
	for rows.Next() {
		var u use
		if err := rows.Scan(&u.roomID, &u.eventID); err != nil {
			return nil, fmt.Errorf("read the uses of a file: %w", err)
		}
		uses = append(uses, u)
	}
	return uses, errors.Join(rows.Err())
}
