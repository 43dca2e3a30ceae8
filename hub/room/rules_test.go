package room_test

import (
	"testing"

	"panah/hub/room"
	"panah/hub/store/storetest"
)

// aside changes power levels that alice has named.
func aside(id, sender string, changed map[string]any) room.Draft {
	content := map[string]any{"users": map[string]any{alice: 100, bob: 50}, "events": map[string]any{"m.room.power_levels": 50}, "kick": 60, "notifications": map[string]any{"room": 50}}
	for name, value := range changed {
		content[name] = value
	}
	return state(id, sender, "m.room.power_levels", content)
}

// TestRulesThatTheLibraryKeepsOtherwise: where Matrix and the library differ, Matrix holds.
func TestRulesThatTheLibraryKeepsOtherwise(t *testing.T) {
	const dave = "@dave:hub.example"
	aliases := func(id, sender string, key *string) room.Draft {
		return room.Draft{RoomID: id, Sender: sender, Type: "m.room.aliases", StateKey: key, Content: map[string]any{"aliases": []string{}}}
	}
	server := "hub.example"
	users := func(changed map[string]any) map[string]any { return map[string]any{"users": changed} }
	tests := []struct {
		name   string
		before func(id string) []room.Draft
		draft  func(id string) room.Draft
		key    string // "" for what is allowed
	}{
		{"somebody who never was here leaves", nil, func(id string) room.Draft { return member(id, dave, dave, "leave") }, "error.not_member"},
		{"somebody who left leaves again", func(id string) []room.Draft { return []room.Draft{member(id, carol, carol, "leave")} },
			func(id string) room.Draft { return member(id, carol, carol, "leave") }, "error.not_member"},
		{"a ban is lifted without the power to kick", func(id string) []room.Draft {
			return []room.Draft{member(id, alice, carol, "ban"), aside(id, alice, nil)}
		},
			func(id string) room.Draft { return member(id, bob, carol, "leave") }, "error.not_allowed"},
		{"aliases from outside", nil, func(id string) room.Draft { return aliases(id, dave, &server) }, "error.not_member"},
		{"aliases without power", nil, func(id string) room.Draft { return aliases(id, carol, &server) }, "error.not_allowed"},
		{"aliases that are a message", nil, func(id string) room.Draft { return aliases(id, carol, nil) }, ""},
		{"invited where the rule is private", func(id string) []room.Draft {
			return []room.Draft{state(id, alice, "m.room.join_rules", map[string]any{"join_rule": "private"}), member(id, alice, dave, "invite")}
		}, func(id string) room.Draft { return member(id, dave, dave, "join") }, "error.not_invited"},
		{"knocked where the rule became public", func(id string) []room.Draft {
			return []room.Draft{state(id, alice, "m.room.join_rules", map[string]any{"join_rule": "knock"}), member(id, dave, dave, "knock"),
				state(id, alice, "m.room.join_rules", map[string]any{"join_rule": "public"})}
		}, func(id string) room.Draft { return member(id, dave, dave, "join") }, ""},
		{"a level that is null", nil, func(id string) room.Draft { return aside(id, alice, map[string]any{"ban": nil}) }, "error.not_allowed"},
		{"a person's level that is null", nil, func(id string) room.Draft { return aside(id, alice, users(map[string]any{alice: 100, bob: nil})) }, "error.not_allowed"},
		{"a notification of one's own level", func(id string) []room.Draft { return []room.Draft{aside(id, alice, nil)} },
			func(id string) room.Draft {
				return aside(id, bob, map[string]any{"notifications": map[string]any{"room": 40}})
			}, ""},
		{"a new notification", func(id string) []room.Draft {
			return []room.Draft{aside(id, alice, map[string]any{"notifications": map[string]any{}})}
		},
			func(id string) room.Draft {
				return aside(id, bob, map[string]any{"notifications": map[string]any{"room": 40}})
			}, ""},
		{"a level above one's own, where it is as others are", func(id string) []room.Draft {
			return []room.Draft{aside(id, alice, map[string]any{"events_default": 60})}
		},
			func(id string) room.Draft {
				return aside(id, bob, map[string]any{"events_default": 60, "events": map[string]any{"m.room.power_levels": 50, "a.b": 60}})
			}, "error.not_allowed"},
		{"somebody of one's own level", func(id string) []room.Draft {
			return []room.Draft{aside(id, alice, users(map[string]any{alice: 100, bob: 50, carol: 50}))}
		}, func(id string) room.Draft { return aside(id, bob, nil) }, "error.not_allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, storetest.SQLite(t))
			id, _ := h.moderated()
			if tt.before != nil {
				h.must(tt.before(id)...)
			}
			if _, err := h.append(tt.draft(id)); tt.key != "" {
				wants(t, err, tt.key)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNamesInAnotherSpelling: what the rules do not read and much software does is no event.
func TestNamesInAnotherSpelling(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	before := e.state(id)
	tests := map[string]map[string]any{
		"a knock that is a join":    {"type": "m.room.member", "state_key": wali, "content": map[string]any{"membership": "knock", "member\u017fhip": "join"}},
		"a join that is none":       {"type": "m.room.member", "state_key": wali, "content": map[string]any{"membership": "join", "Membership": "leave"}},
		"levels for the others":     {"type": "m.room.power_levels", "state_key": "", "content": map[string]any{"Users": map[string]any{wali: 100}}},
		"another sender":            {"\u017fender": anna},
		"another type":              {"TYPE": "m.room.power_levels"},
		"a third party's short key": {"type": "m.room.third_party_invite", "state_key": "t", "content": map[string]any{"public_key": "AAAA"}},
	}
	for name, changed := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := e.rooms.Receive(t.Context(), west, w.hand(w.post(b, id, changed)))
			wants(t, err, "error.bad_json")
		})
	}
	for key, was := range before {
		if e.state(id)[key] != was {
			t.Errorf("%q changed", key)
		}
	}
}
