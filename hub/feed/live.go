package feed

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/store"
)

// SetTyping says that a person types in a room, for timeout (at most two minutes; 0 means 20 s), or no longer does. The person must
// be in the room.
func (f *Feed) SetTyping(ctx context.Context, userID, roomID string, types bool, timeout time.Duration) error {
	if timeout < 0 {
		return fault.InvalidParam("error.typing_timeout")
	}
	err := f.db.Read(ctx, func(tx *store.Tx) error { return f.inRoom(tx, userID, roomID) })
	if err != nil {
		return err
	}
	if timeout == 0 {
		timeout = typingDefault
	}
	n := typingNotice{RoomID: roomID, UserID: userID}
	if types {
		n.Millis = max(min(timeout, typingMost).Milliseconds(), 1)
	}
	return f.broker.Publish(ctx, "typing", encode(n))
}

// SetPresence says how a person is there. A nil status leaves the words as they are; they have at most 256 bytes.
func (f *Feed) SetPresence(ctx context.Context, userID string, p Presence, status *string) error {
	if !p.valid() {
		return fault.InvalidParam("error.presence_unknown")
	}
	if status != nil && (len(*status) > statusLimit || !utf8.ValidString(*status) || strings.ContainsRune(*status, 0)) {
		return fault.InvalidParam("error.status_too_long", "Limit", statusLimit)
	}
	f.mu.Lock()
	for a := range f.people[userID] {
		a.present = p
	}
	f.mu.Unlock()
	return f.tellPresence(ctx, presenceNotice{UserID: userID, Presence: p, Status: status, Active: true})
}

// Elsewhere is how somebody of another server is there, as that server says.
type Elsewhere struct {
	UserID   string
	Presence Presence
	Status   string        // what is too long is cut
	Ago      time.Duration // since the person did something; below zero means unknown
}

// SetPresencesElsewhere takes in how people of other servers are there. Whoever calls has made sure that each server speaks of its own people.
func (f *Feed) SetPresencesElsewhere(ctx context.Context, people []Elsewhere) error {
	var notices []presenceNotice
	for _, e := range people {
		if !e.Presence.valid() {
			continue
		}
		status := shortened(e.Status)
		notices = append(notices, presenceNotice{UserID: e.UserID, Presence: e.Presence, Status: &status, Active: e.Ago >= 0, Far: true, Ago: max(e.Ago, 0).Milliseconds()})
	}
	if len(notices) == 0 {
		return nil
	}
	return f.tellPresence(ctx, notices...)
}

// shortened is a status message as far as it may go.
func shortened(status string) string {
	status = strings.ReplaceAll(strings.ToValidUTF8(status, ""), "\x00", "")
	if len(status) > statusLimit {
		status = strings.ToValidUTF8(status[:statusLimit], "")
	}
	return status
}

// Presence gives a person's state as this node knows it. reader must share a room with the person.
func (f *Feed) Presence(ctx context.Context, reader, userID string) (map[string]any, error) {
	if reader != userID {
		var near map[string]bool
		err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
			near, err = neighbours(tx, reader)
			return err
		})
		if err != nil {
			return nil, err
		}
		if !near[userID] {
			return nil, fault.Forbidden("error.presence_hidden")
		}
	}
	return f.presences.of(userID).Content(f.now()), nil
}

// hearTyping takes in a notice from the broker. A notice that cannot be read came from a newer node: it is left to that.
func (f *Feed) hearTyping(payload []byte) {
	var n typingNotice
	if json.Unmarshal(payload, &n) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.typing.note(n, f.now(), f.nextMoment()) {
		f.pushTypingToRoomLocked(n.RoomID)
	}
}

func (f *Feed) pushTypingToRoomLocked(roomID string) {
	event, _ := f.typing.in(roomID, -1, nil)
	frame := typingFrame(roomID, event, f.cursor)
	for a := range f.members[roomID] {
		switch {
		case !a.live:
		case a.kind == waiter:
			f.apartLocked(a, a.told+1)
		case len(a.ignored) > 0:
			theirs, _ := f.typing.in(roomID, -1, a.ignored)
			f.pushTypingLocked(a, typingFrame(roomID, theirs, max(a.told, f.cursor)), roomID)
		case a.told > f.cursor:
			f.pushTypingLocked(a, typingFrame(roomID, event, a.told), roomID)
		default:
			f.pushTypingLocked(a, frame, roomID)
		}
	}
}

func typingFrame(roomID string, event json.RawMessage, position store.Position) *Frame {
	return roomFrame(roomID, &JoinedRoom{Ephemeral: listed([]json.RawMessage{event})}, position)
}

func (f *Feed) pushTypingLocked(a *attachment, frame *Frame, roomID string) {
	part := &a.filter.Room.Ephemeral
	if a.kind != own || a.filter.room(roomID) && part.inRoom(roomID) && part.wants("m.typing", "") {
		a.sink.Push(frame)
	}
}

// expire ends typing and presence that nobody renewed.
func (f *Feed) expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, room := range f.typing.expire(f.now(), f.nextMoment()) {
		f.pushTypingToRoomLocked(room)
	}
	f.presences.expire(f.now(), f.nextMoment())
}

func (f *Feed) hearPresence(payload []byte) {
	var notices []presenceNotice
	if json.Unmarshal(payload, &notices) != nil {
		return
	}
	for _, n := range notices {
		if n.Presence.valid() {
			f.presences.note(n, f.now(), f.nextMoment())
		}
	}
}

// sayPresent tells that an attached person is there.
func (f *Feed) sayPresent(ctx context.Context, a *attachment, active bool) {
	// The only error is that the broker is closed: then nobody is left to be told.
	_ = f.tellPresence(ctx, presenceNotice{UserID: a.user, Presence: a.present, Active: active})
}

// renewPresences says of all who are attached here that they are still there, a few hundred at a time.
func (f *Feed) renewPresences(ctx context.Context) {
	f.mu.Lock()
	var notices []presenceNotice
	for user, all := range f.people {
		if p := strongest(all); p != Offline {
			notices = append(notices, presenceNotice{UserID: user, Presence: p})
		}
	}
	f.mu.Unlock()
	for part := range slices.Chunk(notices, 200) {
		_ = f.tellPresence(ctx, part...) // as in sayPresent
	}
}

// strongest is the best state of a person's attached devices.
func strongest(all map[*attachment]struct{}) Presence {
	best := Offline
	for a := range all {
		switch {
		case a.kind == waiter:
		case a.present == Online:
			return Online
		case a.present == Unavailable:
			best = Unavailable
		}
	}
	return best
}

// tellPresences hands out changes of presence, some people at a time, to all who share a room with them. Sessions that see the
// same people get the same frame.
func (f *Feed) tellPresences(ctx context.Context) {
	moment := f.nextMoment()
	states := f.presences.take()
	if len(states) == 0 {
		f.mu.Lock()
		f.presenceTold = moment
		f.mu.Unlock()
		return
	}
	rooms := make([][]string, len(states))
	err := f.db.Read(ctx, func(tx *store.Tx) error {
		for i, s := range states {
			joined, err := f.joinedRooms(tx, s.UserID)
			if err != nil {
				return err
			}
			rooms[i] = joined
		}
		return nil
	})
	if err != nil {
		f.presences.again(states)
		return
	}
	f.changed(states)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pushPresencesLocked(states, rooms)
}

func (f *Feed) pushPresencesLocked(states []State, rooms [][]string) {
	sees := make(map[*attachment][]int)
	for i, s := range states {
		for a := range f.seersLocked(s.UserID, rooms[i]) {
			if a.live && a.filter.Presence.wants("m.presence", s.UserID) {
				sees[a] = append(sees[a], i)
			}
		}
	}
	frames := make(map[string]*Frame)
	for a, who := range sees {
		if a.kind == waiter {
			f.apartLocked(a, a.told+1)
			continue
		}
		a.sink.Push(f.presenceFrame(frames, states, who, max(a.told, f.cursor)))
	}
}

// seersLocked is who may see a person's presence: those who share a room, and the person's own devices.
func (f *Feed) seersLocked(user string, rooms []string) map[*attachment]struct{} {
	all := make(map[*attachment]struct{})
	for _, room := range rooms {
		for a := range f.members[room] {
			all[a] = struct{}{}
		}
	}
	for a := range f.people[user] {
		all[a] = struct{}{}
	}
	return all
}

// presenceFrame makes a frame of some of the states, or finds the one made before for the same.
func (f *Feed) presenceFrame(made map[string]*Frame, states []State, who []int, position store.Position) *Frame {
	key := Token{Position: position}.String()
	for _, i := range who {
		key += "," + string(rune(i))
	}
	if frame := made[key]; frame != nil {
		return frame
	}
	var events []json.RawMessage
	for _, i := range who {
		events = append(events, states[i].event(f.now()))
	}
	response := Response{NextBatch: Token{Position: position}.String(), Presence: listed(events)}
	made[key] = &Frame{Position: position, JSON: encode(&response)}
	return made[key]
}
