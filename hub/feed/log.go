package feed

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// standing is how a person stands to a room.
type standing struct {
	room, membership string
	position         store.Position // when the membership was last set
	forgotten        bool
	known            store.Position // the room's last event at the reader's token
	last             store.Position // the room's last event
}

// standings gives all the rooms that a person has to do with.
func (f *Feed) standings(tx *store.Tx, user string, since store.Position) ([]standing, error) {
	rows, err := tx.Query(`SELECT m.room_id, m.membership, m.position, m.forgotten,
		(SELECT COALESCE(MAX(e.position), 0) FROM events e WHERE e.room_id = m.room_id AND e.position <= $2),
		(SELECT COALESCE(MAX(e.position), 0) FROM events e WHERE e.room_id = m.room_id)
		FROM memberships m WHERE m.user_id = $1 ORDER BY m.room_id`, user, since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []standing
	for rows.Next() {
		var s standing
		if err := rows.Scan(&s.room, &s.membership, &s.position, &s.forgotten, &s.known, &s.last); err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// neighbours is everyone who shares a room with a person.
func neighbours(tx *store.Tx, user string) (map[string]bool, error) {
	users, err := column(tx, `SELECT DISTINCT user_id FROM memberships WHERE membership = 'join'
		AND room_id IN (SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join')`, user)
	near := make(map[string]bool, len(users))
	for _, u := range users {
		near[u] = true
	}
	return near, err
}

func (f *Feed) joinedRooms(tx *store.Tx, user string) ([]string, error) {
	return column(tx, `SELECT room_id FROM memberships WHERE user_id = $1 AND membership = 'join' ORDER BY room_id`, user)
}

// column reads one column of text.
func column(tx *store.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("read a column: %w", err)
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// inRoom refuses whoever is not in the room.
func (f *Feed) inRoom(tx *store.Tx, user, roomID string) error {
	membership, err := f.rooms.Membership(tx, roomID, user)
	if err != nil {
		return err
	}
	if membership != "join" {
		return fault.Forbidden("error.not_member")
	}
	return nil
}

// knowsRoom refuses a room that the person never had to do with; the empty id stands for the account.
func (f *Feed) knowsRoom(tx *store.Tx, user, roomID string) error {
	if roomID == "" {
		return nil
	}
	membership, err := f.rooms.Membership(tx, roomID, user)
	if err != nil {
		return err
	}
	if membership == "" {
		return fault.Forbidden("error.not_member")
	}
	return nil
}

// membershipAt is how a person stood to a room after a position; empty when not at all.
func (f *Feed) membershipAt(tx *store.Tx, roomID, user string, at store.Position) (string, error) {
	event, err := f.rooms.StateEventAt(tx, roomID, "m.room.member", user, at)
	if err != nil || event == nil {
		return "", err
	}
	return membershipOf(event), nil
}

// memberEvent is a person's present member event, or nil.
func (f *Feed) memberEvent(tx *store.Tx, roomID, user string) (*room.Event, error) {
	return f.rooms.StateEvent(tx, roomID, "m.room.member", user)
}

// speakers are the member events of those who speak in a timeline.
func (f *Feed) speakers(tx *store.Tx, roomID string, events []room.Event) ([]room.Event, error) {
	var members []room.Event
	told := make(map[string]bool)
	for i := range events {
		if told[events[i].Sender] {
			continue
		}
		told[events[i].Sender] = true
		member, err := f.memberEvent(tx, roomID, events[i].Sender)
		if err != nil {
			return nil, err
		}
		if member != nil && !slices.ContainsFunc(events, func(e room.Event) bool { return e.ID == member.ID }) {
			members = append(members, *member)
		}
	}
	return members, nil
}

// scanMost is how many events are looked at for a timeline from which a filter takes most.
const scanMost = 1000

// timeline gives the last events of a span that the reader may see and wants to, oldest first, and whether any were left out.
func (f *Feed) timeline(tx *store.Tx, key span) (events []room.Event, limited bool, err error) {
	var view *room.View
	if key.reader != "" {
		if view, err = f.rooms.ViewOf(tx, key.room, key.reader); err != nil {
			return nil, false, err
		}
	}
	page := room.Page{End: key.upTo, More: true}
	for scanned := 0; page.More && len(events) <= key.limit; scanned += len(page.Events) {
		if scanned >= scanMost {
			limited = true
			break
		}
		if page, err = f.rooms.Before(tx, key.room, page.End, key.after, key.limit+1, view); err != nil {
			return nil, false, err
		}
		for _, e := range page.Events {
			if !key.hides.hides(&e) && (key.special == nil || key.special.wantsEvent(e.Type, e.Sender, e.Content)) {
				events = append(events, e)
			}
		}
	}
	limited = limited || len(events) > key.limit
	events = events[:min(len(events), key.limit)]
	slices.Reverse(events)
	return events, limited, nil
}

// eventsBetween gives all events of all rooms after one position and up to another, in order.
func (f *Feed) eventsBetween(tx *store.Tx, after, upTo store.Position) ([]room.Event, error) {
	return f.rooms.FollowEvents(tx, after, upTo, int(upTo-after))
}

// eventPosition finds an event of a room.
func (f *Feed) eventPosition(tx *store.Tx, roomID, eventID string) (store.Position, error) {
	event, err := f.rooms.EventByID(tx, eventID)
	if err != nil {
		return 0, err
	}
	if event.RoomID != roomID {
		return 0, fault.NotFound("error.unknown_event")
	}
	return event.Position, nil
}

// count counts a room's people and, where it has no name, finds the first of them.
func (f *Feed) count(tx *store.Tx, roomID string) (counts, error) {
	var c counts
	row := tx.QueryRow(`SELECT COUNT(CASE WHEN membership = 'join' THEN 1 END), COUNT(CASE WHEN membership = 'invite' THEN 1 END)
		FROM memberships WHERE room_id = $1`, roomID)
	if err := row.Scan(&c.joined, &c.invited); err != nil {
		return c, fmt.Errorf("count members: %w", err)
	}
	named, err := f.named(tx, roomID)
	if err != nil || named {
		return c, err
	}
	c.first, err = column(tx, `SELECT user_id FROM memberships WHERE room_id = $1 AND membership IN ('join', 'invite')
		ORDER BY user_id LIMIT 6`, roomID)
	return c, err
}

// named reports whether a room has a name or an alias of its own.
func (f *Feed) named(tx *store.Tx, roomID string) (bool, error) {
	for kind, member := range map[string]string{"m.room.name": "name", "m.room.canonical_alias": "alias"} {
		event, err := f.rooms.StateEvent(tx, roomID, kind, "")
		if err != nil {
			return false, err
		}
		var content map[string]any
		if event != nil && json.Unmarshal(event.Content, &content) == nil {
			if value, _ := content[member].(string); value != "" {
				return true, nil
			}
		}
	}
	return false, nil
}

// roomDataOf is all of what a person keeps for a room.
func roomDataOf(tx *store.Tx, user, roomID string) ([]kept, error) {
	all, err := accountDataAfter(tx, user, 0)
	return slices.DeleteFunc(all, func(k kept) bool { return k.room != roomID }), err
}

// ownTransactions finds the transaction ids that the reader's device gave its own posts. Whose they are is looked at here: asked for person and
// device as well, SQLite would go through all that the device has ever sent.
func (f *Feed) ownTransactions(tx *store.Tx, q *question, events []room.Event) (map[string]string, error) {
	own := make(map[string]string)
	var args []any
	var places []string
	for i := range events {
		if events[i].Sender == q.user {
			args = append(args, events[i].ID)
			places = append(places, fmt.Sprintf("$%d", len(args)))
		}
	}
	if len(places) == 0 {
		return own, nil
	}
	rows, err := tx.Query(`SELECT event_id, user_id, device_id, txn_id FROM transactions WHERE event_id IN (`+strings.Join(places, ", ")+`)`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var event, user, device, txn string
		if err := rows.Scan(&event, &user, &device, &txn); err != nil {
			return nil, fmt.Errorf("read what became of sends: %w", err)
		}
		if user == q.user && device == q.device {
			own[event] = txn
		}
	}
	return own, rows.Err()
}

// clientJSON is an event as /sync has it: without the room's id, which stands beside it.
func clientJSON(e *room.Event, u *room.Unsigned) json.RawMessage {
	format := room.Format{WithoutRoomID: true}
	if u != nil {
		format.Unsigned = *u
	}
	return e.ClientJSON(format)
}

// unsigned is what the hub adds to an event in a timeline: what a state event replaced, and why a redacted one is empty. It is nil for
// most events.
func (f *Feed) unsigned(tx *store.Tx, e *room.Event) (*room.Unsigned, error) {
	var u room.Unsigned
	if e.StateKey != nil {
		old, err := f.rooms.StateEventAt(tx, e.RoomID, e.Type, *e.StateKey, e.Position-1)
		if err != nil {
			return nil, err
		}
		if old != nil {
			u.PrevContent = old.Content
		}
	}
	if e.RedactedBy != "" {
		why, err := f.rooms.EventByID(tx, e.RedactedBy)
		if err != nil {
			return nil, err
		}
		u.RedactedBecause = clientJSON(why, nil)
	}
	if u.PrevContent == nil && u.RedactedBecause == nil {
		return nil, nil
	}
	return &u, nil
}

// stripped is the little that someone outside is shown of a room.
func (f *Feed) stripped(tx *store.Tx, user, roomID string) (Events, error) {
	list, err := f.rooms.Stripped(tx, roomID, user)
	return Events{Events: list}, err
}

// invitedRoom is nil for an invitation by somebody whom the person ignores.
func (f *Feed) invitedRoom(tx *store.Tx, q *question, roomID string) (*InvitedRoom, error) {
	if len(q.ignored) > 0 {
		own, err := f.memberEvent(tx, roomID, q.user)
		if err != nil || own != nil && q.ignored[own.Sender] {
			return nil, err
		}
	}
	state, err := f.stripped(tx, q.user, roomID)
	return &InvitedRoom{State: state}, err
}

func (f *Feed) knockedRoom(tx *store.Tx, user, roomID string) (*KnockedRoom, error) {
	state, err := f.stripped(tx, user, roomID)
	return &KnockedRoom{State: state}, err
}

// leftRoom is the end of a room for someone who left it: what happened between the token and the leaving. Someone who was not in
// the room at the token, because the invitation was declined, sees the leaving alone.
func (f *Feed) leftRoom(tx *store.Tx, q *question, s standing, all []kept) (*LeftRoom, error) {
	was := ""
	if q.since.Position > 0 {
		var err error
		if was, err = f.membershipAt(tx, s.room, q.user, q.since.Position); err != nil {
			return nil, err
		}
	}
	key := span{room: s.room, after: s.position - 1, upTo: s.position, limit: q.filter.timeline(), lazy: q.filter.lazy(), hides: q.hides()}
	if was == "join" {
		key.after, key.reader = s.known, q.user
	}
	c, err := f.load(tx, key)
	if err != nil {
		return nil, err
	}
	var part JoinedRoom
	if err := f.write(tx, q, c, false, &part, s.room); err != nil {
		return nil, err
	}
	return &LeftRoom{State: part.State, Timeline: part.Timeline, AccountData: listed(q.roomData(all, s.room))}, nil
}
