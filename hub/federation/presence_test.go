package federation

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/feed"
	"panah/hub/store/storetest"
)

// TestPresenceIsToldOnceInAWhile: to those servers whose people share a room with the person, the newest word alone, and anew while it lasts.
func TestPresenceIsToldOnceInAWhile(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 3)
	here, there, apart := all[0], all[1], all[2]
	here.shared(there)
	here.shared() // in which nobody else is
	now := time.UnixMilli(1_700_000_000_000)
	s := NewSender(here.db, here.rooms, here.brk, here.client, here.allow, SenderOptions{Now: func() time.Time { return now }})
	anna := here.user("anna")
	is := func(p feed.Presence) {
		s.HearPresences([]feed.State{{UserID: anna, Presence: p, Active: now}, {UserID: there.user("bo"), Presence: p}, {UserID: here.user("alone"), Presence: p}})
	}
	told := func(want ...string) {
		t.Helper()
		if err := s.tellPresences(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range s.takeThereLocked(there.front.Name) {
			got = append(got, fmt.Sprintf("%s %s active=%t", p.UserID, p.Presence, p.Active))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		if len(s.there) > 0 {
			t.Errorf("others are told: %v (%s shares nothing)", s.there, apart.front.Name)
		}
	}
	is(feed.Online)
	told(anna + " online active=true")
	is(feed.Offline)
	now = now.Add(5 * time.Second)
	is(feed.Unavailable)
	told()
	now = now.Add(5 * time.Second)
	told(anna + " unavailable active=false")
	now = now.Add(9 * time.Minute)
	told()
	now = now.Add(2 * time.Minute)
	told(anna + " unavailable active=false")
	is(feed.Offline)
	now = now.Add(time.Minute)
	told(anna + " offline active=false")
	now = now.Add(time.Hour)
	told() // who is gone is told of once
	if len(s.people) > 0 {
		t.Errorf("%d people are still known", len(s.people))
	}
	s.silence(there.front.Name, time.Minute)
	is(feed.Online)
	told()
	now = now.Add(11 * time.Minute)
	told(anna + " online active=false") // a server that could not be reached hears again when the pause is over
}

// TestPresenceIsTakenOfThoseOneMeets: of a server's own people who share a room with somebody here, and of so many in one transaction.
func TestPresenceIsTakenOfThoseOneMeets(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 3)
	here, there, third := all[0], all[1], all[2]
	here.shared(there, third)
	heard, err := here.brk.Subscribe(t.Context(), "presence")
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	s := NewServer(here.server.Deps)
	bo, stranger := there.user("bo"), there.user("stranger")
	var crowd []any
	for range presencesTold {
		crowd = append(crowd, map[string]any{"user_id": stranger, "presence": "online"})
	}
	is := func(user string, more ...any) []any {
		return append(more, map[string]any{"user_id": user, "presence": "unavailable", "status_msg": "дар роҳ", "last_active_ago": 1e12})
	}
	for _, tt := range []struct {
		name  string
		push  any
		taken bool
	}{
		{"of one who is met", is(bo), true},
		{"of one who is met, after others", is(bo, is(third.user("bo"))[0], nil, is(here.user("anna"))[0]), true},
		{"of one who is not", is(stranger), false},
		{"of another server's", is(third.user("bo")), false},
		{"of this hub's", is(here.user("anna")), false},
		{"of a hundred and one more", append(crowd, is(bo)[0]), false},
		{"in a state that there is none", []any{map[string]any{"user_id": bo, "presence": "at sea"}}, false},
		{"of nobody", []any{nil, map[string]any{}}, false},
		{"in another form", map[string]any{"push": 1}, false},
	} {
		raw, err := json.Marshal(map[string]any{"edu_type": "m.presence", "content": map[string]any{"push": tt.push}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.takeEDU(t.Context(), newVisit(there.front.Name), raw); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		var got []string
		if err := here.brk.Publish(t.Context(), "presence", []byte(`[{"user_id":"end"}]`)); err != nil {
			t.Fatal(err)
		}
		for m := range heard.C {
			var people []struct {
				UserID string `json:"user_id"`
				Far    bool   `json:"far"`
				Ago    int64  `json:"ago"`
			}
			if err := json.Unmarshal(m.Payload, &people); err != nil {
				t.Fatal(err)
			}
			if people[0].UserID == "end" {
				break
			}
			for _, p := range people {
				got = append(got, p.UserID)
				if !p.Far || p.Ago != longestAgo.Milliseconds() {
					t.Errorf("%s: taken as %+v", tt.name, p)
				}
			}
		}
		if want := map[bool][]string{true: {bo}}[tt.taken]; !slices.Equal(got, want) {
			t.Errorf("%s: taken of %v, want %v", tt.name, got, want)
		}
	}
}
