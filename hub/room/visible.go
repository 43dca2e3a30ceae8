package room

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/store"
)

// visible is the rule of Matrix Client-Server API, "History visibility", for one event: visibility and membership are what held
// at the event (membership: the more favourable of just before and just after it), joinedLater whether the reader joined at any
// later time.
func visible(visibility, membership string, joinedLater bool) bool {
	switch {
	case visibility == "world_readable" || membership == "join":
		return true
	case visibility == "invited":
		return membership == "invite"
	case visibility == "joined":
		return false
	default: // shared, which also stands for a value that is unknown
		return joinedLater
	}
}

// interval is what one state key said for a while.
type interval struct {
	from  store.Position
	value string
}

// View is what one reader may see of one room.
type View struct {
	visibility []interval
	membership []interval
	lastJoin   store.Position
}

// ViewOf reads once what Sees needs for a reader in a room.
func (r *Rooms) ViewOf(tx *store.Tx, roomID, reader string) (*View, error) {
	v := &View{}
	err := history(tx, roomID, "m.room.history_visibility", "", "history_visibility", func(i interval) { v.visibility = append(v.visibility, i) })
	if err != nil {
		return nil, err
	}
	err = history(tx, roomID, "m.room.member", reader, "membership", func(i interval) {
		v.membership = append(v.membership, i)
		if i.value == "join" {
			v.lastJoin = i.from
		}
	})
	return v, err
}

// OpenToMembers tells whether everybody who is in a room now may see all of it, whenever they came: its history was never kept from members.
func (r *Rooms) OpenToMembers(tx *store.Tx, roomID string) (bool, error) {
	open := true
	err := history(tx, roomID, "m.room.history_visibility", "", "history_visibility", func(i interval) {
		open = open && i.value != "invited" && i.value != "joined"
	})
	return open, err
}

// history reads what one member of one state key's content was over time.
func history(tx *store.Tx, roomID, eventType, key, member string, each func(interval)) error {
	rows, err := tx.Query(`SELECT s.from_position, e.pdu FROM room_state s JOIN events e ON e.event_id = s.event_id
		WHERE s.room_id = $1 AND s.type = $2 AND s.state_key = $3 ORDER BY s.from_position`, roomID, eventType, key)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var from store.Position
		var pdu []byte
		if err := rows.Scan(&from, &pdu); err != nil {
			return fmt.Errorf("read the history of %s: %w", eventType, err)
		}
		var event struct {
			Content map[string]json.RawMessage `json:"content"`
		}
		var value string
		if err := json.Unmarshal(pdu, &event); err != nil {
			return fmt.Errorf("read the history of %s: %w", eventType, err)
		}
		if json.Unmarshal(event.Content[member], &value) != nil {
			value = "" // someone set a value of the wrong type: the rule's default holds
		}
		each(interval{from, value})
	}
	return rows.Err()
}

// WasMember tells whether somebody was a member of a room at a position or at any time after it.
func (r *Rooms) WasMember(tx *store.Tx, roomID, user string, since store.Position) (was bool, err error) {
	joined := false
	err = history(tx, roomID, spec.MRoomMember, user, "membership", func(i interval) {
		was = was || joined && i.from > since // the stay that ends here
		joined = i.value == spec.Join
	})
	return was || joined, err
}

func at(over []interval, position store.Position) string {
	n := sort.Search(len(over), func(i int) bool { return over[i].from > position })
	if n == 0 {
		return ""
	}
	return over[n-1].value
}

// visibilityAt is the history visibility at a position. Of what was before this hub came into the room it is taken to be what it was then.
func (v *View) visibilityAt(position store.Position) string {
	if position < 0 && len(v.visibility) > 0 {
		return v.visibility[0].value
	}
	return at(v.visibility, position)
}

// Sees tells whether the reader may see the event.
func (v *View) Sees(e *Event) bool {
	return !e.Purged && v.saw(e)
}

// saw is Sees for an event that may be kept no longer.
func (v *View) saw(e *Event) bool {
	after, before := at(v.membership, e.Position), at(v.membership, e.Position-1)
	visibility := v.visibilityAt(e.Position)
	later := v.lastJoin > e.Position
	return visible(visibility, after, later) || visible(visibility, before, later)
}

// Joined tells whether the reader is a member now.
func (v *View) Joined() bool { return at(v.membership, 1<<62) == "join" }
