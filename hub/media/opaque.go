package media

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"panah/hub/fault"
	"panah/hub/media/clean"
	"panah/hub/room"
	"panah/hub/store"
)

// Opaque files are those that the hub cannot look into. Other Matrix apps upload the attachments of encrypted channels so, and name them inside of what
// they encrypt (Matrix Client-Server API, "Sending encrypted attachments"), so no event can be seen to use one. Who may read it follows from who
// shares encrypted channels with its uploader. No event in clear may name one: what was not cleaned is never shown as if it had been.

// errOpaque: an event in clear, or a picture of somebody, would use a file that was not cleaned.
var errOpaque = fault.Forbidden("error.media_opaque")

// opaque tells of a file whether the hub could not look into it.
func (f File) opaque() bool { return f.Type == clean.Opaque }

// toCome tells whether it is not known yet what the file is.
func (f File) toCome() bool { return f.blob == "" }

// encrypted is the condition for a room u.room_id: what is said there is encrypted.
const encrypted = `EXISTS (SELECT 1 FROM room_state s WHERE s.room_id = u.room_id AND s.type = 'm.room.encryption' AND s.state_key = '' AND s.until_position IS NULL)`

// joinedFirst bounds the rooms that are looked at, and puts those first in which the uploader is still.
const joinedFirst = ` ORDER BY CASE WHEN u.membership = 'join' THEN 0 ELSE 1 END, u.room_id LIMIT $3`

// stay is how an uploader stands to a room in which somebody asks for their file.
type stay struct{ roomID, membership string }

func staysTx(tx *store.Tx, query string, args ...any) ([]stay, error) {
	return store.All(tx, func(row store.Scanner) (s stay, err error) { return s, row.Scan(&s.roomID, &s.membership) }, query, args...)
}

// mayHaveSentTx tells whether an opaque file can have been sent in a room: its uploader is in it, or was when or after the file came.
func mayHaveSentTx(tx *store.Tx, rooms *room.Rooms, f File, s stay) (bool, error) {
	if s.membership == "join" {
		return true, nil
	}
	return rooms.WasMember(tx, s.roomID, f.userID, f.at)
}

// sharesTx tells whether a reader of this hub is, now, in an encrypted room in which an opaque file can have been sent. Of a file of another homeserver
// the uploader is not known here: there it is a room in which somebody of that server is or was, and that server says the rest.
func sharesTx(tx *store.Tx, rooms *room.Rooms, reader string, f File) (bool, error) {
	if server, is := serverOf(f.ID); is {
		return sharesWithServerTx(tx, reader, server)
	}
	stays, err := staysTx(tx, `SELECT u.room_id, u.membership FROM memberships r JOIN memberships u ON u.room_id = r.room_id AND u.user_id = $2
		WHERE r.user_id = $1 AND r.membership = 'join' AND `+encrypted+joinedFirst, reader, f.userID, usesLooked)
	for _, s := range stays {
		if may, err := mayHaveSentTx(tx, rooms, f, s); may || err != nil {
			return may, err
		}
	}
	return false, err
}

func sharesWithServerTx(tx *store.Tx, reader, server string) (shares bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM memberships u WHERE u.user_id = $1 AND u.membership = 'join' AND `+encrypted+`
		AND EXISTS (SELECT 1 FROM memberships o WHERE o.room_id = u.room_id AND o.membership IN ('join', 'leave', 'ban')
		AND substr(o.user_id, length(o.user_id) - length($2)) = ':' || $2))`, reader, server).Scan(&shares)
	if err != nil {
		return false, fmt.Errorf("look who shares encrypted channels with %s: %w", server, err)
	}
	return shares, nil
}

// sharesTx is the same for another homeserver: somebody of it is in such a room, and the room's access list does not keep it out.
func (v Visitor) sharesTx(tx *store.Tx, rooms *room.Rooms, f File) (bool, error) {
	stays, err := staysTx(tx, `SELECT u.room_id, u.membership FROM memberships u WHERE u.user_id = $1 AND `+encrypted+`
		AND EXISTS (SELECT 1 FROM memberships o WHERE o.room_id = u.room_id AND o.membership = 'join'
		AND substr(o.user_id, length(o.user_id) - length($2)) = ':' || $2)`+joinedFirst, f.userID, v.Server, usesLooked)
	if err != nil {
		return false, err
	}
	for _, s := range stays {
		err := rooms.CheckServer(tx, s.roomID, v.Server)
		if fault.From(err).Status == http.StatusForbidden {
			continue
		}
		if err != nil {
			return false, err
		}
		if may, err := mayHaveSentTx(tx, rooms, f, s); may || err != nil {
			return may, err
		}
	}
	return false, nil
}

// unnamedTx refuses to make an opaque file of one that was reserved and that something in clear uses already.
func unnamedTx(tx *store.Tx, server, id string) error {
	var named bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM media_uses WHERE media_id = $1) OR EXISTS (SELECT 1 FROM people WHERE avatar_url = $2)`,
		id, uri(server, id)).Scan(&named)
	if err == nil && named {
		err = errOpaque
	}
	return err
}

// sweepOpaque forgets opaque files that their uploader's channels keep no longer. Each is looked at once a day, as channels may change how long they keep.
func (m *Media) sweepOpaque(ctx context.Context) (more bool, err error) {
	return m.sweepEach(ctx, m.settleOpaqueTx, func(tx *store.Tx) ([]string, error) {
		return columnTx(tx, `SELECT media_id FROM media WHERE due > 0 AND due <= $1 ORDER BY due LIMIT $2`, tx.Now.UnixMilli(), sweepSize)
	})
}

func (m *Media) settleOpaqueTx(tx *store.Tx, id string) error {
	var user string
	var came int64
	err := tx.QueryRow(`SELECT user_id, created_at FROM media WHERE media_id = $1`, id).Scan(&user, &came)
	if err != nil {
		return fmt.Errorf("look when a file came: %w", err)
	}
	keeps, err := m.longestTx(tx, user)
	if err != nil {
		return err
	}
	ends := time.UnixMilli(came).Add(keeps)
	if !ends.After(tx.Now) {
		return removeTx(tx, id)
	}
	if next := tx.Now.Add(keepTime); next.Before(ends) {
		ends = next
	}
	_, err = tx.Exec(`UPDATE media SET due = $2 WHERE media_id = $1`, id, ends.UnixMilli())
	return err
}

// longestTx is how long the one of somebody's encrypted rooms keeps its posts that keeps them longest, of those also that they have left; keepTime for who has none.
func (m *Media) longestTx(tx *store.Tx, user string) (time.Duration, error) {
	rooms, err := columnTx(tx, `SELECT u.room_id FROM memberships u WHERE u.user_id = $1 AND u.membership IN ('join', 'leave', 'ban') AND `+encrypted+`
		ORDER BY u.room_id LIMIT $2`, user, usesLooked)
	if err != nil {
		return 0, err
	}
	longest := keepTime
	if len(rooms) == usesLooked { // there may be more
		longest = max(longest, m.keeps)
	}
	for _, id := range rooms {
		keeps, err := m.rooms.Lifetime(tx, id, m.keeps)
		if err != nil {
			return 0, err
		}
		longest = max(longest, keeps)
	}
	return longest, nil
}
