package feed

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strconv"
)

// mark stands for a list of events while what is round it is encoded. Nobody outside the process knows it, so no event can hold it.
var mark = `"` + rand.Text() + "."

// encodeAnswer is encode for an answer that may hold many events of rooms. They are JSON already, made by encode or room.Event.ClientJSON, and
// encoding/json would read through each of them once more: for thousands who come back at once that is most of the work. So it gets a mark in
// place of each list, and the lists are put in afterwards as they are.
func encodeAnswer(r *Response) []byte {
	if r.Rooms == nil || len(r.Rooms.Join) == 0 {
		return encode(r)
	}
	var s splice
	rooms, outer := *r.Rooms, *r
	rooms.Join = make(map[string]*JoinedRoom, len(r.Rooms.Join))
	for id, room := range r.Rooms.Join {
		rooms.Join[id] = s.marked(room)
	}
	outer.Rooms = &rooms
	return s.whole(encode(&outer))
}

// splice holds the lists that were left out.
type splice struct {
	lists [][]json.RawMessage
	size  int
}

// marked is a room with marks in place of its lists.
func (s *splice) marked(room *JoinedRoom) *JoinedRoom {
	out := *room
	if room.State != nil {
		out.State = &Events{Events: s.mark(room.State.Events)}
	}
	if room.Timeline != nil {
		timeline := *room.Timeline
		timeline.Events = s.mark(timeline.Events)
		out.Timeline = &timeline
	}
	return &out
}

func (s *splice) mark(events []json.RawMessage) []json.RawMessage {
	if len(events) == 0 {
		return events
	}
	s.lists = append(s.lists, events)
	for _, event := range events {
		s.size += len(event) + len(",")
	}
	return []json.RawMessage{json.RawMessage(mark + strconv.Itoa(len(s.lists)-1) + `"`)}
}

// whole puts the lists in.
func (s *splice) whole(text []byte) []byte {
	out := make([]byte, 0, len(text)+s.size)
	for {
		before, after, found := bytes.Cut(text, []byte(mark))
		out = append(out, before...)
		if !found {
			return out
		}
		number, rest, _ := bytes.Cut(after, []byte(`"`))
		index, _ := strconv.Atoi(string(number)) // mark wrote it
		for i, event := range s.lists[index] {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, event...)
		}
		text = rest
	}
}
