package room

import "testing"

func TestVisible(t *testing.T) {
	// Matrix Client-Server API, "History visibility": who may see an event, by the visibility and their membership at it.
	tests := []struct {
		visibility, membership string
		joinedLater, want      bool
	}{
		{"world_readable", "", false, true},
		{"world_readable", "leave", false, true},
		{"shared", "join", false, true},
		{"shared", "", false, false},
		{"shared", "", true, true},
		{"shared", "invite", false, false},
		{"shared", "invite", true, true},
		{"shared", "leave", true, true},
		{"shared", "ban", false, false},
		{"invited", "invite", false, true},
		{"invited", "join", false, true},
		{"invited", "", true, false},
		{"joined", "join", false, true},
		{"joined", "invite", true, false},
		{"joined", "", true, false},
		{"", "", true, true},
		{"nonsense", "", true, true},
		{"nonsense", "", false, false},
	}
	for _, tt := range tests {
		if got := visible(tt.visibility, tt.membership, tt.joinedLater); got != tt.want {
			t.Errorf("visible(%q, %q, %v) is %v, want %v", tt.visibility, tt.membership, tt.joinedLater, got, tt.want)
		}
	}
}
