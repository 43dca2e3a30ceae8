package feed

import "testing"

func TestFits(t *testing.T) {
	tests := []struct {
		pattern, kind string
		want          bool
	}{
		{"m.room.message", "m.room.message", true}, {"m.room.message", "m.room.messages", false}, {"", "", true}, {"", "m", false},
		{"*", "", true}, {"*", "m.room.topic", true}, {"m.room.*", "m.room.topic", true}, {"m.room.*", "m.rooms", false},
		{"*.topic", "m.room.topic", true}, {"m.*.topic", "m.room.topic", true}, {"m.*.topic", "m.topic", false},
		{"m.*m.*m", "m.m.m", true}, {"**", "x", true}, {"a*a", "a", false}, {"a*b*c", "axbxc", true}, {"a*b*c", "axcxb", false},
	}
	for _, test := range tests {
		if got := fits(test.pattern, test.kind); got != test.want {
			t.Errorf("fits(%q, %q): got %t, want %t", test.pattern, test.kind, got, test.want)
		}
	}
}

func TestSpecialFilters(t *testing.T) {
	tests := map[string]struct {
		special bool
		kind    kind
	}{
		`{}`:                                            {false, plain},
		`{"room":{"timeline":{"limit":5}}}`:             {false, plain},
		`{"room":{"timeline":{"limit":0}}}`:             {true, own},
		`{"room":{"include_leave":true}}`:               {false, plain},
		`{"room":{"rooms":[]}}`:                         {true, own},
		`{"presence":{"types":[]}}`:                     {true, own},
		`{"presence":{"not_types":["m.presence"]}}`:     {true, own},
		`{"room":{"state":{"lazy_load_members":true}}}`: {false, lazy},
		`{"room":{"timeline":{"senders":["@a:b"]}}}`:    {true, own},
	}
	for raw, want := range tests {
		f, err := ParseFilter([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if f.special() != want.special || kindOf(f) != want.kind {
			t.Errorf("%s: got %t and %d, want %t and %d", raw, f.special(), kindOf(f), want.special, want.kind)
		}
	}
}
