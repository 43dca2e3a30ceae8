package feed

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"panah/hub/room"
	"panah/hub/store"
)

// section is what happened in one room in one span of the log. When thousands of sessions come back at once they mostly lack the
// same span, so a section that is the same for everyone is read once and shared.
type section struct {
	events  []room.Event     // the timeline, oldest first
	added   []*room.Unsigned // what the hub adds to each of them
	limited bool             // events before these were left out
	prev    store.Position
	state   []room.Event // state that the reader lacks and that the timeline does not carry
	turned  []room.Event // of it, what stands because branches of the room were resolved, and not because of an event of the timeline
	members []room.Event // for lazy readers: the member events of those who speak in the timeline
	moved   bool         // somebody's membership changed
	counts  counts

	once    sync.Once
	encoded []json.RawMessage

	stateOnce sync.Once
	stated    []json.RawMessage
}

// span names a section.
type span struct {
	room    string
	after   store.Position // the room's last event that the reader knows; 0 when the room is new to the reader
	upTo    store.Position // the room's last event
	limit   int
	full    bool
	lazy    bool
	reader  string // who reads, where that makes a difference: what a newcomer may see of the past
	special *EventFilter
	hides   *ignored // nil for who ignores nobody
}

// shared reports whether everyone who asks for this span gets the same.
func (s *span) shared() bool { return s.reader == "" && s.special == nil && s.hides == nil }

// section gives what is new in a room that the person is in, or nil when nothing is.
func (f *Feed) section(tx *store.Tx, q *question, s standing, fresh bool) (*section, error) {
	key := span{room: s.room, after: s.known, upTo: s.last, limit: q.filter.timeline(), full: q.full, lazy: q.filter.lazy(), hides: q.hides()}
	if fresh {
		key.after, key.full, key.reader = 0, true, q.user
		if open, err := f.rooms.OpenToMembers(tx, s.room); err != nil {
			return nil, err
		} else if open {
			key.reader = "" // all who come in see the same, and whole audiences come in at once
		}
	}
	if !key.full && key.upTo <= key.after {
		return nil, nil
	}
	if line := &q.filter.Room.Timeline; line.chooses() {
		key.special = line
	}
	if !key.shared() {
		return f.load(tx, key)
	}
	return f.sections.get(tx.Context(), key, func() (*section, error) { return f.load(tx, key) })
}

func (f *Feed) load(tx *store.Tx, key span) (*section, error) {
	c := &section{}
	var err error
	if c.events, c.limited, err = f.timeline(tx, key); err != nil {
		return nil, err
	}
	c.prev = key.upTo
	if len(c.events) > 0 {
		c.prev = c.events[0].Position - 1
	}
	if err := errors.Join(f.loadState(tx, key, c), f.turn(tx, key, c)); err != nil {
		return nil, err
	}
	for i := range c.events {
		u, err := f.unsigned(tx, &c.events[i])
		if err != nil {
			return nil, err
		}
		c.added = append(c.added, u)
	}
	c.moved = key.full || slices.ContainsFunc(c.events, renames) || slices.ContainsFunc(c.state, renames)
	if c.moved {
		if c.counts, err = f.count(tx, key.room); err != nil {
			return nil, err
		}
	}
	if key.lazy && !key.full {
		c.members, err = f.speakers(tx, key.room, c.events)
	}
	return c, err
}

// loadState finds the state that the timeline does not carry. A timeline without gaps carries all of it; one from which a filter
// took events may lack state from anywhere in the span.
func (f *Feed) loadState(tx *store.Tx, key span, c *section) (err error) {
	end := c.prev
	if key.special != nil {
		end = key.upTo
	}
	switch {
	case key.full:
		c.state, err = f.rooms.StateAt(tx, key.room, end)
	case c.limited || key.special != nil:
		c.state, err = f.rooms.StateBetween(tx, key.room, key.after, end)
	}
	c.state = slices.DeleteFunc(c.state, func(s room.Event) bool {
		return slices.ContainsFunc(c.events, func(e room.Event) bool { return e.ID == s.ID })
	})
	return err
}

// texts is the timeline as clients read it, encoded once for all.
func (c *section) texts() []json.RawMessage {
	c.once.Do(func() {
		c.encoded = make([]json.RawMessage, 0, len(c.events))
		for i := range c.events {
			c.encoded = append(c.encoded, clientJSON(&c.events[i], c.added[i]))
		}
	})
	return c.encoded
}

// stateTexts is the same for the state, and the members behind it.
func (c *section) stateTexts() []json.RawMessage {
	c.stateOnce.Do(func() {
		c.stated = make([]json.RawMessage, 0, len(c.state)+len(c.members))
		for _, all := range [][]room.Event{c.state, c.members} {
			for i := range all {
				c.stated = append(c.stated, clientJSON(&all[i], nil))
			}
		}
	})
	return c.stated
}

func isMember(e room.Event) bool { return e.Type == "m.room.member" && e.StateKey != nil }

// write puts a section into the reader's answer.
func (f *Feed) write(tx *store.Tx, q *question, c *section, whole bool, joined *JoinedRoom, roomID string) error {
	heroes := c.counts.heroes(q.user)
	if c.moved {
		joined.Summary = &Summary{Heroes: heroes, Joined: &c.counts.joined, Invited: &c.counts.invited}
	}
	if part := &q.filter.Room.State; part.inRoom(roomID) {
		joined.gap = c.limited || whole
		joined.State = listed(q.stateEvents(c, heroes, roomID, joined.gap))
		if q.filter.lazy() {
			joined.authors = c.authors()
		}
	}
	if part := &q.filter.Room.Timeline; !part.inRoom(roomID) || len(c.events) == 0 && !c.limited && !whole {
		return nil
	}
	texts := c.texts()
	if q.sync && q.device != "" {
		own, err := f.ownTransactions(tx, q, c.events)
		if err != nil {
			return err
		}
		texts = withTransactions(c, texts, own)
	}
	joined.Timeline = &Timeline{Events: texts, Limited: c.limited, PrevBatch: Token{Position: c.prev}.String()}
	return nil
}

// authors are those who made the events of the timeline.
func (c *section) authors() []string {
	var all []string
	for i := range c.events {
		if who := c.events[i].Sender; !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	return all
}

// stateEvents is the state part of a section as the reader's filter wants it.
func (q *question) stateEvents(c *section, heroes []string, roomID string, gap bool) []json.RawMessage {
	wanted := map[string]bool{q.user: true}
	for i := range c.events {
		wanted[c.events[i].Sender] = true
	}
	turned := map[string]bool{}
	for i := range c.turned {
		turned[c.turned[i].ID] = true
	}
	for _, hero := range heroes {
		wanted[hero] = true
	}
	lazy := q.filter.lazy()
	var out []json.RawMessage
	told := map[string]bool{}
	add := func(all []room.Event, texts []json.RawMessage) {
		for i := range all {
			e := &all[i]
			skip := lazy && isMember(*e) && !turned[e.ID] && (!wanted[*e.StateKey] || !gap && q.has(speaker{roomID, *e.StateKey}))
			if skip || told[e.ID] || !q.filter.Room.State.wantsEvent(e.Type, e.Sender, e.Content) {
				continue
			}
			told[e.ID] = true
			out = append(out, texts[i])
		}
	}
	add(c.state, c.stateTexts()[:len(c.state)])
	add(c.members, c.stateTexts()[len(c.state):])
	return out
}

// has reports whether a lazy reader was sent the member event of a speaker.
func (q *question) has(who speaker) bool {
	_, has := q.told[who]
	return has
}

// withTransactions encodes the reader's own posts again, with the transaction ids that its device gave them.
func withTransactions(c *section, texts []json.RawMessage, own map[string]string) []json.RawMessage {
	if len(own) == 0 {
		return texts
	}
	texts = slices.Clone(texts)
	for i := range c.events {
		if txn := own[c.events[i].ID]; txn != "" {
			u := room.Unsigned{TransactionID: txn}
			if c.added[i] != nil {
				u = *c.added[i]
				u.TransactionID = txn
			}
			texts[i] = clientJSON(&c.events[i], &u)
		}
	}
	return texts
}
