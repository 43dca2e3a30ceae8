package room

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"panah/hub/store"
)

// Unread counts what is new to someone in a room.
type Unread struct {
	Notifications int // posts of others
	Highlights    int // those that mention the reader
}

// unreadLimit is where counting ends: beyond it a person reads "many".
const unreadLimit = 100

// searchedLimit is among how many of the last posts by others those are looked for that count.
const searchedLimit = 1_000

// Posts are the last posts of a room as far as counting needs them, the same for everyone who reads there.
type Posts struct {
	room string
	upTo store.Position
	all  []post // the newest first
	more bool   // there may be older ones
}

// post is one of them. A post mentions someone by m.mentions (Matrix Client-Server API, "User and room mentions").
type post struct {
	at        store.Position
	sender    string
	mentioned []string
	everyone  bool
}

func (p *post) mentions(user string) bool { return p.everyone || slices.Contains(p.mentioned, user) }

// LastPosts reads a room's last posts up to a position: twice as many as are counted, so that they are enough for one who wrote many of
// them.
func (r *Rooms) LastPosts(tx *store.Tx, roomID string, upTo store.Position) (*Posts, error) {
	all, err := posts(tx, `WHERE e.room_id = $1 AND e.position <= $2`, roomID, upTo, 2*unreadLimit)
	return &Posts{room: roomID, upTo: upTo, all: all, more: len(all) == 2*unreadLimit}, err
}

// Unread counts the last posts by others that came after a position, at most 100 among the last 1,000, without those of some people.
func (r *Rooms) Unread(tx *store.Tx, last *Posts, user string, after store.Position, without map[string]bool) (Unread, error) {
	u, whole := unread(last.all, user, after, without)
	if whole || !last.more {
		return u, nil
	}
	// Most of the last ones were by the reader or by people whom the reader ignores: there may be more among the older ones.
	all, err := posts(tx, `WHERE e.room_id = $1 AND e.position <= $2 AND e.sender <> $4 AND e.position > $5`, last.room, last.upTo, searchedLimit, user, after)
	u, _ = unread(all, user, after, without)
	return u, err
}

// unread tells also whether the posts were enough.
func unread(all []post, user string, after store.Position, without map[string]bool) (u Unread, enough bool) {
	for i := range all {
		p := &all[i]
		if p.at <= after || u.Notifications == unreadLimit {
			return u, true
		}
		if p.sender == user || without[p.sender] {
			continue
		}
		u.Notifications++
		if p.mentions(user) {
			u.Highlights++
		}
	}
	return u, u.Notifications == unreadLimit
}

// posts reads posts of a room, the newest first.
func posts(tx *store.Tx, where, roomID string, upTo store.Position, limit int, args ...any) ([]post, error) {
	rows, err := tx.Query(`SELECT e.position, e.sender, e.pdu FROM events e `+where+`
		AND e.type IN ('m.room.message', 'm.room.encrypted') AND e.redacted_by = '' AND NOT e.purged AND e.rel_type <> 'm.replace'
		ORDER BY e.position DESC LIMIT $3`, append([]any{roomID, upTo, limit}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []post
	for rows.Next() {
		var p post
		var pdu []byte
		if err := rows.Scan(&p.at, &p.sender, &pdu); err != nil {
			return nil, fmt.Errorf("read the last posts of %s: %w", roomID, err)
		}
		p.readMentions(pdu)
		all = append(all, p)
	}
	return all, rows.Err()
}

// readMentions parses a post only if there may be something in it: most mention nobody.
func (p *post) readMentions(pdu []byte) {
	if !bytes.Contains(pdu, []byte(`"m.mentions"`)) {
		return
	}
	var said struct {
		Content struct {
			Mentions struct {
				Users []string `json:"user_ids"`
				Room  bool     `json:"room"`
			} `json:"m.mentions"`
		} `json:"content"`
	}
	if json.Unmarshal(pdu, &said) == nil { // what somebody sent in another shape mentions nobody
		p.mentioned, p.everyone = said.Content.Mentions.Users, said.Content.Mentions.Room
	}
}
