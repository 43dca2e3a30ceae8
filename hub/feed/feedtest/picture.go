package feedtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"panah/hub/feed"
)

// Picture is what a client knows, built only from what it was told.
type Picture struct {
	Next    string
	Account map[string]string
	Rooms   map[string]*Room
	Invites map[string][]string
	Doubled []string // events that were told twice
	// Reset, where it is set, tells whether by a token a resolution had left nothing standing under its person's membership in a room: there was nothing to
	// tell then.
	Reset func(roomID, token string) bool
}

// Room is what a client knows of a room that its person is in.
type Room struct {
	State    map[string]Event
	Timeline []Event
	Receipts map[string]string
	Account  map[string]string
	Joined   int
	Invited  int
	Heroes   []string
	Unread   *feed.Unread
	seen     map[string]bool
	emptied  int
}

// Event is an event as far as pictures compare it.
type Event struct {
	ID, Type, Sender, Content string
	Key                       *string
}

// NewPicture knows nothing.
func NewPicture() *Picture {
	return &Picture{Account: map[string]string{}, Rooms: map[string]*Room{}, Invites: map[string][]string{}}
}

// Apply takes a frame or an answer to /sync in.
func (p *Picture) Apply(t testing.TB, r *feed.Response) {
	t.Helper()
	p.Next = r.NextBatch
	apply(t, p.Account, r.AccountData)
	if r.Rooms == nil {
		return
	}
	for id, left := range r.Rooms.Leave {
		// Whoever a resolution put out is told by the state: what put them out may have been said long before.
		said := left.Timeline != nil && len(left.Timeline.Events) > 0 || len(list(left.State)) > 0
		if !said && (p.Reset == nil || !p.Reset(id, r.NextBatch)) {
			t.Errorf("room %s was left without a word", id)
		}
		delete(p.Rooms, id)
		delete(p.Invites, id)
	}
	for id, invited := range r.Rooms.Invite {
		delete(p.Rooms, id)
		p.Invites[id] = nil
		for _, raw := range invited.State.Events {
			e := decode(t, raw)
			p.Invites[id] = append(p.Invites[id], fmt.Sprint(e.Type, e.Sender, *e.Key, e.Content))
		}
	}
	for id, joined := range r.Rooms.Join {
		delete(p.Invites, id)
		if p.Rooms[id] == nil {
			p.Rooms[id] = &Room{State: map[string]Event{}, Receipts: map[string]string{}, Account: map[string]string{}, seen: map[string]bool{}}
		}
		p.Doubled = append(p.Doubled, p.Rooms[id].apply(t, joined)...)
	}
}

func (m *Room) apply(t testing.TB, r *feed.JoinedRoom) (doubled []string) {
	t.Helper()
	if s := r.Summary; s != nil && s.Joined != nil {
		m.Joined, m.Invited, m.Heroes = *s.Joined, *s.Invited, s.Heroes
	}
	if r.UnreadNotifications != nil {
		m.Unread = r.UnreadNotifications
	}
	for _, raw := range list(r.State) {
		m.set(decode(t, raw))
	}
	if line := r.Timeline; line != nil {
		if line.Limited {
			m.Timeline, m.seen = nil, map[string]bool{}
		}
		for _, raw := range line.Events {
			e := decode(t, raw)
			if m.seen[e.ID] {
				doubled = append(doubled, e.ID)
			}
			m.seen[e.ID] = true
			m.Timeline = append(m.Timeline, e)
			m.set(e)
			m.redact(t, raw, e)
		}
	}
	for _, raw := range list(r.Ephemeral) {
		m.receipts(t, raw)
	}
	apply(t, m.Account, r.AccountData)
	m.empty(t)
	return doubled
}

// empty drops what the hub has emptied without an event, or, where some of that was missed, all that was known of the timeline.
func (m *Room) empty(t testing.TB) {
	t.Helper()
	raw, ok := m.Account[feed.TypeEmptied]
	if !ok {
		return
	}
	var c struct {
		Count int      `json:"count"`
		Gone  []string `json:"gone"`
	}
	unmarshal(t, json.RawMessage(raw), &c)
	if c.Count-m.emptied > len(c.Gone) {
		m.Timeline = nil
	}
	m.emptied = c.Count
	m.Timeline = slices.DeleteFunc(m.Timeline, func(e Event) bool { return slices.Contains(c.Gone, e.ID) })
}

func (m *Room) set(e Event) {
	if e.Key != nil {
		m.State[e.Type+"|"+*e.Key] = e
	}
}

// redact empties a message, as room version 11 has it.
func (m *Room) redact(t testing.TB, raw json.RawMessage, e Event) {
	t.Helper()
	if e.Type != "m.room.redaction" {
		return
	}
	var c struct {
		Redacts string `json:"redacts"`
	}
	unmarshal(t, raw, &c)
	for i := range m.Timeline {
		if m.Timeline[i].ID == c.Redacts {
			m.Timeline[i].Content = "{}"
		}
	}
}

func (m *Room) receipts(t testing.TB, raw json.RawMessage) {
	t.Helper()
	var e struct {
		Type    string `json:"type"`
		Content map[string]map[string]map[string]struct {
			Thread string `json:"thread_id"`
		} `json:"content"`
	}
	if unmarshalSome(raw, &e); e.Type != "m.receipt" {
		return
	}
	for event, kinds := range e.Content {
		for kind, users := range kinds {
			for user, at := range users {
				m.Receipts[fmt.Sprint(user, "|", kind, "|", at.Thread)] = event
			}
		}
	}
}

func unmarshalSome(raw json.RawMessage, into any) {
	_ = json.Unmarshal(raw, into) // m.typing has another shape
}

func decode(t testing.TB, raw json.RawMessage) Event {
	t.Helper()
	var e struct {
		ID      string          `json:"event_id"`
		Type    string          `json:"type"`
		Sender  string          `json:"sender"`
		Key     *string         `json:"state_key"`
		Content json.RawMessage `json:"content"`
	}
	unmarshal(t, raw, &e)
	return Event{ID: e.ID, Type: e.Type, Sender: e.Sender, Key: e.Key, Content: string(e.Content)}
}

func unmarshal(t testing.TB, raw json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
}

func list(e *feed.Events) []json.RawMessage {
	if e == nil {
		return nil
	}
	return e.Events
}

func apply(t testing.TB, data map[string]string, events *feed.Events) {
	t.Helper()
	for _, raw := range list(events) {
		e := decode(t, raw)
		data[e.Type] = e.Content
	}
}
