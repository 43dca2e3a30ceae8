package feed

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestSplicedAnswersAreTheSame: with the lists put in afterwards, an answer has the bytes that encoding/json gives it, and stays what it was.
func TestSplicedAnswersAreTheSame(t *testing.T) {
	events := func(n int) (list []json.RawMessage) {
		for i := range n {
			list = append(list, encode(map[string]any{"body": fmt.Sprintf("<b>№ %d</b> & \"سلام\"", i), "number": i}))
		}
		return list
	}
	for name, r := range map[string]*Response{
		"nothing":   {NextBatch: "p1"},
		"no member": {NextBatch: "p1", Rooms: &Rooms{Leave: map[string]*LeftRoom{"!left": {Timeline: &Timeline{Events: events(1)}}}}},
		"several": {NextBatch: "p1", AccountData: &Events{Events: events(2)}, Rooms: &Rooms{
			Join: map[string]*JoinedRoom{
				"!a":     {State: &Events{Events: events(3)}, Timeline: &Timeline{Events: events(100), Limited: true, PrevBatch: "t1"}},
				"!b":     {Timeline: &Timeline{Events: events(1)}, Ephemeral: &Events{Events: events(1)}, UnreadNotifications: &Unread{Notifications: 3}},
				"!empty": {State: &Events{Events: []json.RawMessage{}}, Timeline: &Timeline{}},
			},
			Invite: map[string]*InvitedRoom{"!i": {State: Events{Events: events(2)}}},
		}},
	} {
		want := string(encode(r))
		if got := string(encodeAnswer(r)); got != want {
			t.Errorf("%s: got %d bytes, want %d:\n%.2000s", name, len(got), len(want), got)
		}
		if again := string(encode(r)); again != want {
			t.Errorf("%s was changed by encoding it", name)
		}
	}
}
