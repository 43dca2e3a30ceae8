package room

import (
	"fmt"

	"panah/hub/store"
)

// Recent is a room of somebody, with what decides where it stands among the others.
type Recent struct {
	RoomID     string
	Membership string         // join, invite or knock
	Bumped     store.Position // of the last thing that somebody said there, or of the membership
}

// bumping are the events that bring a room to the top: what people say, and nothing that the hub or a client does by itself
// (MSC4186, "bump_stamp").
const bumping = `'m.room.create', 'm.room.message', 'm.room.encrypted', 'm.sticker', 'm.call.invite', 'm.poll.start', 'org.matrix.msc3381.poll.start', 'm.beacon_info'`

// Recent are the rooms that someone is in, invited to or knocks at, the last used first.
func (r *Rooms) Recent(tx *store.Tx, user string) ([]Recent, error) {
	rows, err := tx.Query(`SELECT room_id, membership, bumped FROM (SELECT m.room_id, m.membership, CASE WHEN m.membership <> 'join' THEN m.position ELSE COALESCE(
		(SELECT e.position FROM events e WHERE e.room_id = m.room_id AND e.type IN (`+bumping+`) ORDER BY e.position DESC LIMIT 1), m.position) END AS bumped
		FROM memberships m WHERE m.user_id = $1 AND m.membership IN ('join', 'invite', 'knock') AND NOT m.forgotten) AS own ORDER BY bumped DESC, room_id`, user)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Recent
	for rows.Next() {
		var one Recent
		if err := rows.Scan(&one.RoomID, &one.Membership, &one.Bumped); err != nil {
			return nil, fmt.Errorf("read somebody's rooms: %w", err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
