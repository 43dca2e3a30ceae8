package feed

import (
	"bytes"
	"encoding/json"
	"slices"

	"panah/hub/room"
)

// alertMember is the part of a message that makes it an alert.
const alertMember = "network.panah.alert"

// urgent reports whether an event is an alert.
func urgent(e *room.Event) bool { return e.Type == "m.room.message" && alertIn(e.Content) }

func alertIn(content json.RawMessage) bool {
	if !bytes.Contains(content, []byte(alertMember)) {
		return false
	}
	var c map[string]json.RawMessage
	return json.Unmarshal(content, &c) == nil && c[alertMember] != nil
}

// Alert is an alert as the stream has it: what our own client needs to make the event again, so that one takes at most some 300 bytes of
// the line. The sentence is left out, since the client writes it itself, in its reader's language. Other clients read /sync.
type Alert struct {
	RoomID  string          `json:"room_id"`
	EventID string          `json:"event_id"`
	Sender  string          `json:"sender"`
	At      int64           `json:"at"`    // origin_server_ts
	Block   json.RawMessage `json:"block"` // network.panah.alert
	Updates string          `json:"updates,omitempty"`
}

// short gives an alert in the stream's form; nil for one that says more than that form holds.
func short(e *room.Event) *Alert {
	var c map[string]json.RawMessage
	if json.Unmarshal(e.Content, &c) != nil {
		return nil
	}
	a := &Alert{RoomID: e.RoomID, EventID: e.ID, Sender: e.Sender, At: e.OriginTS, Block: c[alertMember]}
	if e.RelType == "network.panah.update" {
		a.Updates = e.RelatesTo
		delete(c, "m.relates_to")
	}
	for _, member := range []string{"body", "msgtype", alertMember} {
		delete(c, member)
	}
	if len(c) > 0 {
		return nil
	}
	return a
}

// alertFrame is the frame of one alert, in the short form where it can be.
func (c *change) alertFrame(joined *JoinedRoom) *Frame {
	var frame *Frame
	a := short(c.event)
	if a == nil || c.unsigned != nil || joined.State != nil {
		frame = roomFrame(c.room, joined, c.position)
		frame.Early = earlyFrame(map[string]earlyRoom{c.room: {Events{joined.Timeline.Events}}})
	} else {
		frame = &Frame{Position: c.position, JSON: encode(&Response{NextBatch: Token{Position: c.position}.String(), Alert: a})}
		frame.Early = &Frame{JSON: encode(earlyAlert{a}), Urgent: true}
	}
	frame.Urgent, frame.Ask = true, true
	return frame
}

type earlyAlert struct {
	Alert *Alert `json:"alert"`
}

// handEarlyLocked gives the alerts among the news, ahead of their place, to those who have to read for themselves: who came into the channel just
// before, because an alert's audience may be new, who was asked by name, who was behind already, or is parked. Where many come in at once their reading takes
// a while, and on a slow line its answer does. Whoever reads comes to the alert once more.
func (f *Feed) handEarlyLocked(n *news) {
	for i := range n.changes {
		switch c := &n.changes[i]; {
		case c.event == nil:
		case c.event.Type == "m.room.member" && c.event.StateKey != nil:
			f.followMemberLocked(c)
		case urgent(c.event):
			f.pushEarlyLocked(c)
		}
	}
}

// followMemberLocked puts the sessions of one person into a room, or takes them out, before they have read of it: so an alert that follows finds
// who is in, and nobody who is out.
func (f *Feed) followMemberLocked(c *change) {
	joins := membershipOf(c.event) == "join"
	for a := range f.people[*c.event.StateKey] {
		at := slices.Index(a.rooms, c.room)
		switch {
		case a.told >= c.position || joins == (at >= 0):
		case joins:
			f.moveLocked(a, append(slices.Clone(a.rooms), c.room))
		default:
			f.moveLocked(a, slices.Delete(slices.Clone(a.rooms), at, at+1))
		}
	}
}

func (f *Feed) pushEarlyLocked(c *change) {
	for _, index := range []map[string]map[*attachment]struct{}{f.members, f.parked} {
		for a := range index[c.room] {
			if !a.live && a.told < c.position && (a.kind == plain || a.kind == lazy) {
				a.sink.Push(c.plainFrame().Early)
			}
		}
	}
}

// early is what overtakes: alerts without a position. Whatever they pass comes after them, and so do they themselves once more, in their place.
type early struct {
	Rooms earlyRooms `json:"rooms"`
}

type earlyRooms struct {
	Join map[string]earlyRoom `json:"join"`
}

type earlyRoom struct {
	Timeline Events `json:"timeline"`
}

// earlyFrame gives the frame of some alerts, by room; nil for none.
func earlyFrame(alerts map[string]earlyRoom) *Frame {
	if len(alerts) == 0 {
		return nil
	}
	return &Frame{JSON: encode(early{earlyRooms{alerts}}), Urgent: true}
}

// alerts are the alerts in what is new in rooms.
func (r *Response) alerts() map[string]earlyRoom {
	found := map[string]earlyRoom{}
	if r.Rooms == nil {
		return found
	}
	for id, joined := range r.Rooms.Join {
		if joined.Timeline == nil {
			continue
		}
		var events []json.RawMessage
		for _, raw := range joined.Timeline.Events {
			var e struct {
				Type    string          `json:"type"`
				Content json.RawMessage `json:"content"`
			}
			if bytes.Contains(raw, []byte(alertMember)) && json.Unmarshal(raw, &e) == nil && e.Type == "m.room.message" && alertIn(e.Content) {
				events = append(events, raw)
			}
		}
		if events != nil {
			found[id] = earlyRoom{Events{events}}
		}
	}
	return found
}
