package media

import (
	"context"
	"errors"
	"fmt"

	"panah/hub/media/clean"
	"panah/hub/room"
	"panah/hub/store"
)

// Visitor is another homeserver that asks for files.
type Visitor struct {
	Server string
	// Knows tells whether it may know of somebody.
	Knows func(tx *store.Tx, userID string) (bool, error)
}

// OpenFor gives a file of this hub to another homeserver that may read it. To all others it is as one that is not there.
func (m *Media) OpenFor(ctx context.Context, v Visitor, id string) (Content, error) {
	f, err := m.servable(ctx, v, id)
	if err != nil {
		return Content{}, err
	}
	return m.open(ctx, f)
}

// OpenThumbnailFor is OpenThumbnail for another homeserver.
func (m *Media) OpenThumbnailFor(ctx context.Context, v Visitor, id string, wish clean.Size) (Content, error) {
	f, err := m.servable(ctx, v, id)
	if err != nil {
		return Content{}, err
	}
	return m.openSmaller(ctx, f, wish)
}

func (m *Media) servable(ctx context.Context, v Visitor, id string) (f File, err error) {
	if far(id) {
		return f, errUnknown
	}
	err = m.db.Read(ctx, func(tx *store.Tx) (err error) {
		if f, err = fileTx(tx, id); err != nil {
			return err
		}
		may, err := v.mayReadTx(tx, m.rooms, f)
		if err == nil && !may {
			err = errUnknown
		}
		return err
	})
	if err == nil && f.blob == "" {
		err = errEmpty
	}
	return f, err
}

// mayReadTx: a server may read an opaque file if somebody of it is in an encrypted room in which it can have been sent; any other if what uses it is for
// the server to see.
func (v Visitor) mayReadTx(tx *store.Tx, rooms *room.Rooms, f File) (bool, error) {
	if f.opaque() || f.toCome() {
		if may, err := v.sharesTx(tx, rooms, f); may || err != nil {
			return may, err
		}
	}
	if f.opaque() {
		return false, nil // whatever names it
	}
	return v.mayReadByTx(tx, rooms, f)
}

// mayReadByTx: a server may read a file if it may know of somebody who wears it or gave it to a channel as its picture, or see an event that uses it.
func (v Visitor) mayReadByTx(tx *store.Tx, rooms *room.Rooms, f File) (bool, error) {
	wearers, err := columnTx(tx, `SELECT user_id FROM people WHERE avatar_url = $1 ORDER BY user_id LIMIT $2`, uri(rooms.ServerName(), f.ID), usesLooked)
	if err != nil {
		return false, err
	}
	uses, err := shownInTx(tx, f.ID)
	if err != nil {
		return false, err
	}
	for _, u := range uses {
		if u.picture {
			wearers = append(wearers, u.sender)
		}
	}
	for _, user := range wearers {
		if knows, err := v.Knows(tx, user); knows || err != nil {
			return knows, err
		}
	}
	for _, u := range uses {
		if may, err := rooms.MaySee(tx, v.Server, u.eventID); may || err != nil {
			return may, err
		}
	}
	return false, nil
}

// shownIn is an event that uses a file.
type shownIn struct {
	eventID, sender string
	picture         bool // of the channel
}

func shownInTx(tx *store.Tx, id string) ([]shownIn, error) {
	rows, err := tx.Query(`SELECT u.event_id, e.sender, e.type = 'm.room.avatar' FROM media_uses u JOIN events e ON e.event_id = u.event_id
		WHERE u.media_id = $1 ORDER BY u.event_id LIMIT $2`, id, usesLooked)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []shownIn
	for rows.Next() {
		var s shownIn
		if err := rows.Scan(&s.eventID, &s.sender, &s.picture); err != nil {
			return nil, fmt.Errorf("read the uses of a file: %w", err)
		}
		all = append(all, s)
	}
	return all, errors.Join(rows.Err())
}
