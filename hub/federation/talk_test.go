package federation_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// hears reads what is new in a room until all these have been said, and gives everything that was said meanwhile.
func (s *seat) hears(t *testing.T, room string, want ...string) (said []string) {
	t.Helper()
	filter := url.QueryEscape(`{"room":{"timeline":{"limit":100}}}`)
	for range 500 { // each waits a second at the most, and brings one post or many
		answer := s.OK(t, "GET", v3+"/sync?timeout=1000&filter="+filter+"&since="+s.since, nil)
		s.since = answer.Text("next_batch")
		for _, one := range answer.List("rooms", "join", room, "timeline", "events") {
			content, _ := one.(map[string]any)["content"].(map[string]any)
			if body, is := content["body"].(string); is {
				said = append(said, body)
			}
		}
		if len(said) >= len(want) {
			return said
		}
	}
	t.Fatalf("heard %v, want %v", said, want)
	return nil
}

func (s *seat) says(t *testing.T, room string, words ...string) {
	t.Helper()
	for _, body := range words {
		s.OK(t, "PUT", roomPath(room, "send", "m.room.message", body), nodetest.M{"msgtype": "m.text", "body": body})
	}
}

// TestPeopleOfThreeHubsTalk: what one says the others hear, in order, also those whose hub was away meanwhile, and nothing twice.
func TestPeopleOfThreeHubsTalk(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 3)
	var people []*seat
	for i, hub := range hubs {
		people = append(people, &seat{Client: hub.SignUp(t, hub.FirstToken(t), fmt.Sprintf("person%d", i))})
	}
	anna, boris, cyrus := people[0], people[1], people[2]
	room := anna.OK(t, "POST", v3+"/createRoom", nodetest.M{"room_alias_name": "talk", "preset": "public_chat"}).Text("room_id")
	alias := url.PathEscape("#talk:" + hubs[0].Name)
	for _, guest := range []*seat{boris, cyrus} {
		guest.OK(t, "POST", v3+"/join/"+alias, nodetest.M{})
		guest.sync(t)
	}
	anna.sync(t)
	anna.says(t, room, "one", "two")
	for _, guest := range []*seat{boris, cyrus} {
		if diff := cmp.Diff([]string{"one", "two"}, guest.hears(t, room, "one", "two")); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
	}
	anna.hears(t, room, "one", "two")
	boris.says(t, room, "three")
	boris.hears(t, room, "three")
	anna.hears(t, room, "three")
	cyrus.hears(t, room, "three") // of whose coming boris's hub was told by anna's
	hubs[1].Stop(t)
	var missed []string
	for i := range 60 {
		missed = append(missed, fmt.Sprintf("missed %d", i))
	}
	anna.says(t, room, missed...)
	cyrus.hears(t, room, missed...)
	hubs[1].Start(t)
	boris.URL = hubs[1].URL
	if got := slices.DeleteFunc(boris.hears(t, room, missed...), func(body string) bool { return body == "three" }); !slices.Equal(got, missed) {
		t.Errorf("after the restart boris heard %v", got)
	}
}

// TestPresenceCrosses: people who share a room see whether the other is there, and nobody else does.
func TestPresenceCrosses(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	anna, boris := hubs[0].SignUp(t, hubs[0].FirstToken(t), "anna"), hubs[1].SignUp(t, hubs[1].FirstToken(t), "boris")
	boris.OK(t, "PUT", v3+"/presence/"+boris.UserID+"/status", nodetest.M{"presence": "unavailable", "status_msg": "дар роҳ"})
	anna.Refused(t, "GET", v3+"/presence/"+boris.UserID+"/status", nil, 403, "M_FORBIDDEN")
	anna.OK(t, "POST", v3+"/createRoom", nodetest.M{"room_alias_name": "talk", "preset": "public_chat"})
	boris.OK(t, "POST", v3+"/join/"+url.PathEscape("#talk:"+hubs[0].Name), nodetest.M{})
	since := anna.OK(t, "GET", v3+"/sync?set_presence=offline", nil).Text("next_batch")
	boris.OK(t, "PUT", v3+"/presence/"+boris.UserID+"/status", nodetest.M{"presence": "online", "status_msg": "омад"})
	var seen []any
	for range 60 { // each waits a second at the most
		answer := anna.OK(t, "GET", v3+"/sync?set_presence=offline&timeout=1000&since="+since, nil)
		since = answer.Text("next_batch")
		for _, one := range answer.List("presence", "events") {
			e := one.(map[string]any)
			content := e["content"].(map[string]any)
			if e["sender"] == boris.UserID && content["presence"] == "online" {
				seen = append(seen, content["status_msg"])
			}
		}
		if len(seen) > 0 {
			break
		}
	}
	if !slices.Equal(seen, []any{"омад"}) {
		t.Errorf("anna sees %v", seen)
	}
	if got := anna.OK(t, "GET", v3+"/presence/"+boris.UserID+"/status", nil); got.Text("presence") != "online" {
		t.Errorf("asked for, it is %s", got.Raw)
	}
}
