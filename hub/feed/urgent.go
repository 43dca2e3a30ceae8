package feed

import (
	"bytes"
	"encoding/json"

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

// coded leaves out of an alert what our own client writes itself, in its reader's language: the sentence. On the stream an alert then fits
// into some 300 bytes. Other clients read /sync, which has it.
func coded(e *room.Event) *room.Event {
	var c map[string]json.RawMessage
	if json.Unmarshal(e.Content, &c) != nil {
		return e
	}
	delete(c, "body")
	delete(c, "msgtype")
	short := *e
	short.Content = encode(c)
	return &short
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
