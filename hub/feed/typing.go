package feed

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Bounds of typing. A notice that is not renewed ends by itself, since the client that gave it may be gone.
const (
	typingDefault = 20 * time.Second
	typingMost    = 120 * time.Second
	typingPeople  = 50 // in one room at once
)

// typingNotice is what nodes tell each other on the topic "typing".
type typingNotice struct {
	RoomID string `json:"room_id"`
	UserID string `json:"user_id"`
	Millis int64  `json:"millis"` // how long the notice holds; 0 ends it
}

// typing knows who types where. Nothing of it is durable.
type typing struct {
	mu    sync.Mutex
	rooms map[string]*typingRoom
}

type typingRoom struct {
	until   map[string]time.Time
	changed int64 // the moment at which the list of people last changed
}

// note takes a notice in and reports whether the room's list of people changed.
func (t *typing) note(n typingNotice, now time.Time, moment int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	room := t.rooms[n.RoomID]
	if room == nil {
		if n.Millis <= 0 {
			return false
		}
		room = &typingRoom{until: make(map[string]time.Time)}
		t.rooms[n.RoomID] = room
	}
	_, typed := room.until[n.UserID]
	switch {
	case n.Millis <= 0:
		delete(room.until, n.UserID)
	case typed || len(room.until) < typingPeople:
		room.until[n.UserID] = now.Add(min(time.Duration(n.Millis)*time.Millisecond, typingMost))
	}
	_, types := room.until[n.UserID]
	if types == typed {
		return false
	}
	room.changed = moment
	return true
}

// expire ends what has run out, and names the rooms in which that changed something. Rooms in which nobody types are forgotten
// once every token that could ask for their last change is old.
func (t *typing) expire(now time.Time, moment int64) (changed []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, room := range t.rooms {
		before := len(room.until)
		for user, until := range room.until {
			if !until.After(now) {
				delete(room.until, user)
			}
		}
		if len(room.until) != before {
			room.changed = moment
			changed = append(changed, id)
		} else if before == 0 && moment-room.changed > (2*typingMost).Milliseconds() {
			delete(t.rooms, id)
		}
	}
	slices.Sort(changed)
	return changed
}

// in gives the m.typing event of a room if its list changed after the moment, or, for an unknown moment, if anybody types. It
// names nobody whom the reader ignores.
func (t *typing) in(roomID string, after int64, without ignored) (json.RawMessage, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	room := t.rooms[roomID]
	if room == nil || room.changed <= after || after == 0 && len(room.until) == 0 {
		return nil, false
	}
	return typingEvent(room, without), true
}

func typingEvent(room *typingRoom, without ignored) json.RawMessage {
	people := make([]string, 0, len(room.until))
	for user := range room.until {
		if !without[user] {
			people = append(people, user)
		}
	}
	slices.Sort(people)
	return encode(map[string]any{"type": "m.typing", "content": map[string]any{"user_ids": people}})
}

// encode writes JSON from values that cannot fail to be written: maps, strings, numbers and JSON that was read before.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

// changedAfter reports whether in any of the rooms the list of people changed after the moment.
func (t *typing) changedAfter(rooms []string, moment int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(rooms, func(id string) bool {
		room := t.rooms[id]
		return room != nil && room.changed > moment
	})
}
