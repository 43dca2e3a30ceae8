package room

import (
	"database/sql"
	"errors"
	"fmt"

	"panah/hub/fault"
	"panah/hub/store"
)

// Membership is how someone stands to a room.
type Membership struct {
	RoomID     string
	UserID     string
	Membership string // join, invite, leave, ban or knock
	EventID    string
	Position   store.Position
	Forgotten  bool
}

// Membership tells how someone stands to a room now; "" when never.
func (r *Rooms) Membership(tx *store.Tx, roomID, user string) (string, error) {
	var m string
	err := tx.QueryRow(`SELECT membership FROM memberships WHERE room_id = $1 AND user_id = $2`, roomID, user).Scan(&m)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read a membership: %w", err)
	}
	return m, nil
}

// Memberships are all rooms that someone stands to somehow.
func (r *Rooms) Memberships(tx *store.Tx, user string) ([]Membership, error) {
	return memberships(tx, `WHERE user_id = $1`, user)
}

// MembersOf are all people who stand to a room somehow.
func (r *Rooms) MembersOf(tx *store.Tx, roomID string) ([]Membership, error) {
	return memberships(tx, `WHERE room_id = $1`, roomID)
}

func memberships(tx *store.Tx, where, key string) ([]Membership, error) {
	rows, err := tx.Query(`SELECT room_id, user_id, membership, event_id, position, forgotten FROM memberships `+where+` ORDER BY position`, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Membership
	for rows.Next() {
		var m Membership
		if err := rows.Scan(&m.RoomID, &m.UserID, &m.Membership, &m.EventID, &m.Position, &m.Forgotten); err != nil {
			return nil, fmt.Errorf("read memberships: %w", err)
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// JoinedRooms are the rooms that someone is a member of now.
func (r *Rooms) JoinedRooms(tx *store.Tx, user string) ([]string, error) {
	all, err := memberships(tx, `WHERE membership = 'join' AND user_id = $1`, user)
	rooms := make([]string, 0, len(all))
	for _, m := range all {
		rooms = append(rooms, m.RoomID)
	}
	return rooms, err
}

// JoinedMembers are the people who are members of a room now.
func (r *Rooms) JoinedMembers(tx *store.Tx, roomID string) ([]string, error) {
	all, err := memberships(tx, `WHERE membership = 'join' AND room_id = $1`, roomID)
	users := make([]string, 0, len(all))
	for _, m := range all {
		users = append(users, m.UserID)
	}
	return users, err
}

// Exists tells whether there is such a room.
func (r *Rooms) Exists(tx *store.Tx, roomID string) (bool, error) {
	var found bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM rooms WHERE room_id = $1)`, roomID).Scan(&found)
	return found, err
}

// Page is a part of a room's timeline.
type Page struct {
	Events []Event
	// End is where the next page begins in the same direction. More tells whether there may be one.
	End  store.Position
	More bool
}

// pageLimit bounds what one page may ask for.
const pageLimit = 1000

// Before gives up to limit events that the view may see, newest first, from just before or at a position (inclusive) and after
// another (exclusive). Next page: before End.
func (r *Rooms) Before(tx *store.Tx, roomID string, from, after store.Position, limit int, v *View) (Page, error) {
	limit = min(max(limit, 1), pageLimit)
	page := Page{End: from}
	for {
		events, err := queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.room_id = $1 AND e.position <= $2 AND e.position > $3 AND NOT e.purged
			ORDER BY e.position DESC LIMIT $4`, roomID, page.End, after, limit+1)
		if err != nil {
			return Page{}, err
		}
		for i := range events {
			if len(page.Events) == limit {
				page.More = true
				return page, nil
			}
			page.End = events[i].Position - 1
			if v == nil || v.Sees(&events[i]) {
				page.Events = append(page.Events, events[i])
			}
		}
		if len(events) <= limit {
			return page, nil
		}
	}
}

// After gives up to limit events that the view may see, oldest first, after a position (exclusive) up to another (inclusive).
// Next page: after End.
func (r *Rooms) After(tx *store.Tx, roomID string, after, upTo store.Position, limit int, v *View) (Page, error) {
	limit = min(max(limit, 1), pageLimit)
	page := Page{End: after}
	for {
		events, err := queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.room_id = $1 AND e.position > $2 AND e.position <= $3 AND NOT e.purged
			ORDER BY e.position LIMIT $4`, roomID, page.End, upTo, limit+1)
		if err != nil {
			return Page{}, err
		}
		for i := range events {
			if len(page.Events) == limit {
				page.More = true
				return page, nil
			}
			page.End = events[i].Position
			if v == nil || v.Sees(&events[i]) {
				page.Events = append(page.Events, events[i])
			}
		}
		if len(events) <= limit {
			return page, nil
		}
	}
}

// Timeline gives up to limit events of a room that a reader may see, after one position and up to another (inclusive), from
// the newest when backwards, else from the oldest. An empty reader sees all.
func (r *Rooms) Timeline(tx *store.Tx, roomID string, after, upTo store.Position, backwards bool, limit int, reader string) ([]Event, error) {
	var v *View
	if reader != "" {
		var err error
		if v, err = r.ViewOf(tx, roomID, reader); err != nil {
			return nil, err
		}
	}
	read := r.After
	if backwards {
		read = func(tx *store.Tx, roomID string, after, upTo store.Position, limit int, v *View) (Page, error) {
			return r.Before(tx, roomID, upTo, after, limit, v)
		}
	}
	page, err := read(tx, roomID, after, upTo, limit, v)
	return page.Events, err
}

// FollowEvents gives the events of all rooms after a position up to another, in order, at most limit of them.
func (r *Rooms) FollowEvents(tx *store.Tx, after, upTo store.Position, limit int) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3`,
		after, upTo, limit)
}

// Related gives events that relate to another one, newest first, up to and including a position. relType and eventType may be "".
func (r *Rooms) Related(tx *store.Tx, e *Event, relType, eventType string, from store.Position, limit int, v *View) (Page, error) {
	limit = min(max(limit, 1), pageLimit)
	events, err := queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.relates_to = $1 AND e.room_id = $2 AND e.position <= $3
		AND ($4 = '' OR e.rel_type = $4) AND ($5 = '' OR e.type = $5) AND e.redacted_by = '' ORDER BY e.position DESC LIMIT $6`,
		e.ID, e.RoomID, from, relType, eventType, limit+1)
	if err != nil {
		return Page{}, err
	}
	return relatedPage(events, limit, v), nil
}

// RelationDepth is how far RelatedDeep goes: the specification recommends at least three levels.
const RelationDepth = 3

// RelatedDeep gives what Related gives, and what relates to those in turn, RelationDepth levels deep. relType and eventType hold on every
// level: what is reached only through an event that they leave out is left out (Matrix Client-Server API, "Relationships API").
func (r *Rooms) RelatedDeep(tx *store.Tx, e *Event, relType, eventType string, from store.Position, limit int, v *View) (Page, error) {
	limit = min(max(limit, 1), pageLimit)
	events, err := queryEvents(tx, `WITH RECURSIVE related (event_id, depth) AS (
			SELECT d.event_id, 1 FROM events d WHERE d.relates_to = $1 AND d.room_id = $2
				AND ($4 = '' OR d.rel_type = $4) AND ($5 = '' OR d.type = $5) AND d.redacted_by = ''
			UNION ALL
			SELECT d.event_id, r.depth + 1 FROM related r JOIN events d ON d.relates_to = r.event_id WHERE r.depth < $7 AND d.room_id = $2
				AND ($4 = '' OR d.rel_type = $4) AND ($5 = '' OR d.type = $5) AND d.redacted_by = ''
		)
		SELECT `+eventColumns+` FROM events e WHERE e.event_id IN (SELECT event_id FROM related) AND e.position <= $3
		ORDER BY e.position DESC LIMIT $6`, e.ID, e.RoomID, from, relType, eventType, limit+1, RelationDepth)
	if err != nil {
		return Page{}, err
	}
	return relatedPage(events, limit, v), nil
}

// relatedPage keeps of one event more than the limit, newest first, those that the reader sees.
func relatedPage(events []Event, limit int, v *View) Page {
	page := Page{More: len(events) > limit}
	for i := range events[:min(limit, len(events))] {
		page.End = events[i].Position - 1
		if v.Sees(&events[i]) {
			page.Events = append(page.Events, events[i])
		}
	}
	return page
}

// Wordings are the ids of the events that word an event anew, by its own sender and not redacted (Matrix, "Event replacements").
func (r *Rooms) Wordings(tx *store.Tx, e *Event) ([]string, error) {
	return column(tx, `SELECT event_id FROM events WHERE relates_to = $1 AND room_id = $2 AND rel_type = 'm.replace' AND sender = $3
		AND redacted_by = '' ORDER BY position`, e.ID, e.RoomID, e.Sender)
}

// ThreadRoots gives the first events of a room's threads, the one with the latest answer first, whose latest answer is at or before from.
func (r *Rooms) ThreadRoots(tx *store.Tx, roomID string, from store.Position, limit int, v *View) (Page, error) {
	limit = min(max(limit, 1), pageLimit)
	rows, err := tx.Query(`SELECT relates_to, max(position) FROM events WHERE room_id = $1 AND rel_type = 'm.thread' AND redacted_by = ''
		GROUP BY relates_to HAVING max(position) <= $2 ORDER BY max(position) DESC LIMIT $3`, roomID, from, limit+1)
	if err != nil {
		return Page{}, err
	}
	defer rows.Close()
	var ids []string
	var latest []store.Position
	for rows.Next() {
		var id string
		var at store.Position
		if err := rows.Scan(&id, &at); err != nil {
			return Page{}, fmt.Errorf("read threads: %w", err)
		}
		ids, latest = append(ids, id), append(latest, at)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return Page{}, err
	}
	page := Page{More: len(ids) > limit}
	for i, id := range ids[:min(limit, len(ids))] {
		page.End = latest[i] - 1
		root, err := r.EventByID(tx, id)
		if errors.Is(err, fault.NotFound("error.unknown_event")) {
			continue // a thread on an event that never was
		}
		if err != nil {
			return Page{}, err
		}
		if root.RoomID == roomID && v.Sees(root) {
			page.Events = append(page.Events, *root)
		}
	}
	return page, nil
}

// ReadableEvent gives an event to a reader who may see it; to any other it is error.unknown_event. To one who might see it if it were
// still kept, it is error.no_longer_kept.
func (r *Rooms) ReadableEvent(tx *store.Tx, roomID, id, reader string) (*Event, error) {
	e, err := r.EventByID(tx, id)
	if err != nil {
		return nil, err
	}
	v, err := r.ViewOf(tx, e.RoomID, reader)
	if err != nil {
		return nil, err
	}
	if e.RoomID != roomID || !v.saw(e) {
		return nil, fault.NotFound("error.unknown_event")
	}
	if e.Purged {
		return nil, fault.NotFound("error.no_longer_kept")
	}
	return e, nil
}

// OwnEvents are the events of one person in a room after a position, oldest first, at most limit: what they wrote, and every membership of
// theirs, whoever set it. Redactions and what was redacted are left out.
func (r *Rooms) OwnEvents(tx *store.Tx, roomID, user string, after store.Position, limit int) ([]Event, error) {
	return queryEvents(tx, `SELECT `+eventColumns+` FROM events e WHERE e.room_id = $1 AND e.position > $3 AND e.redacted_by = ''
		AND (e.sender = $2 AND e.type <> 'm.room.redaction' OR e.type = 'm.room.member' AND e.state_key = $2) ORDER BY e.position LIMIT $4`,
		roomID, user, after, limit)
}
