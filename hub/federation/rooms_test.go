package federation_test

import (
	"net/url"
	"testing"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

const v3 = "/_matrix/client/v3"

// seat is somebody at a hub, with their place in /sync.
type seat struct {
	*nodetest.Client
	since string
}

// sync reads what is new.
func (s *seat) sync(t *testing.T) nodetest.Answer {
	t.Helper()
	answer := s.OK(t, "GET", v3+"/sync?timeout=0&since="+s.since, nil)
	s.since = answer.Text("next_batch")
	return answer
}

// pair is two hubs that federate, with somebody at each.
func pair(t *testing.T) (here, there *hubstest.Hub, anna, boris *seat) {
	t.Helper()
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	here, there = hubs[0], hubs[1]
	return here, there, &seat{Client: here.SignUp(t, here.FirstToken(t), "anna")}, &seat{Client: there.SignUp(t, there.FirstToken(t), "boris")}
}

func roomPath(room string, parts ...string) string {
	p := v3 + "/rooms/" + url.PathEscape(room)
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// TestPeopleEnterAndLeaveRoomsOfAnotherHub: by alias, with the state as it stands and nothing of it in the timeline, and out again.
func TestPeopleEnterAndLeaveRoomsOfAnotherHub(t *testing.T) {
	here, there, anna, boris := pair(t)
	room := boris.OK(t, "POST", v3+"/createRoom", nodetest.M{"room_alias_name": "talk", "name": "Talk", "preset": "public_chat"}).Text("room_id")
	boris.OK(t, "PUT", roomPath(room, "send", "m.room.message", "1"), nodetest.M{"msgtype": "m.text", "body": "before"})
	anna.sync(t)
	alias := url.PathEscape("#talk:" + there.Name)
	if got := anna.OK(t, "POST", v3+"/join/"+alias, nodetest.M{}).Text("room_id"); got != room {
		t.Fatalf("joined %s", got)
	}
	news := anna.sync(t)
	if events := news.List("rooms", "join", room, "timeline", "events"); len(events) != 1 {
		t.Errorf("the timeline begins with %d events, want the join alone: %s", len(events), news.Raw)
	}
	if got := anna.OK(t, "GET", roomPath(room, "state", "m.room.name"), nil).Text("name"); got != "Talk" {
		t.Errorf("the name is %q", got)
	}
	seen := func(from string) (bodies []string, end string) {
		page := anna.OK(t, "GET", roomPath(room, "messages")+"?dir=b&limit=5&from="+from, nil)
		for _, e := range page.List("chunk") {
			if body, is := e.(map[string]any)["content"].(map[string]any)["body"].(string); is {
				bodies = append(bodies, body)
			}
		}
		end, _ = page.Value("end").(string)
		return bodies, end
	}
	var bodies []string
	pages := 0
	for end := news.Text("rooms", "join", room, "timeline", "prev_batch"); end != "" && pages < 10; pages++ {
		var page []string
		page, end = seen(end)
		bodies = append(bodies, page...)
	}
	if len(bodies) != 1 || bodies[0] != "before" || pages == 10 {
		t.Errorf("the history of %d pages says %q", pages, bodies)
	}
	members := boris.OK(t, "GET", roomPath(room, "joined_members"), nil)
	if name := members.Text("joined", anna.UserID, "display_name"); name == "" {
		t.Errorf("anna is not shown at the other hub: %s", members.Raw)
	}
	anna.OK(t, "POST", roomPath(room, "leave"), nodetest.M{})
	secret := boris.OK(t, "POST", v3+"/createRoom", nodetest.M{"preset": "private_chat"}).Text("room_id")
	anna.Refused(t, "POST", v3+"/join/"+url.PathEscape(secret), nodetest.M{}, 403, "M_FORBIDDEN")
	anna.Refused(t, "POST", v3+"/join/"+url.PathEscape("!none:"+there.Name), nodetest.M{}, 404, "M_NOT_FOUND")
	there.Stop(t)
	anna.Refused(t, "POST", v3+"/join/"+url.PathEscape(secret), nodetest.M{}, 502, "M_UNKNOWN")
	_ = here
}

// TestInvitationsGoBetweenHubs: one is accepted and one declined; the invited see what the room is before they are in it.
func TestInvitationsGoBetweenHubs(t *testing.T) {
	_, _, anna, boris := pair(t)
	anna.sync(t)
	room := boris.OK(t, "POST", v3+"/createRoom", nodetest.M{"preset": "private_chat", "name": "Shelter", "invite": []string{anna.UserID}}).Text("room_id")
	invited := anna.sync(t)
	shown := map[string]bool{}
	for _, e := range invited.List("rooms", "invite", room, "invite_state", "events") {
		shown[e.(map[string]any)["type"].(string)] = true
	}
	if !shown["m.room.name"] || !shown["m.room.member"] {
		t.Fatalf("the invitation shows %v: %s", shown, invited.Raw)
	}
	anna.OK(t, "POST", roomPath(room, "join"), nodetest.M{})
	if got := anna.OK(t, "GET", roomPath(room, "state", "m.room.name"), nil).Text("name"); got != "Shelter" {
		t.Errorf("the name is %q", got)
	}
	other := boris.OK(t, "POST", v3+"/createRoom", nodetest.M{"preset": "private_chat"}).Text("room_id")
	boris.OK(t, "POST", roomPath(other, "invite"), nodetest.M{"user_id": anna.UserID})
	anna.sync(t)
	anna.OK(t, "POST", roomPath(other, "leave"), nodetest.M{})
	if left := anna.sync(t); left.Value("rooms", "leave", other) == nil {
		t.Errorf("the invitation does not go away: %s", left.Raw)
	}
	if got := boris.OK(t, "GET", roomPath(other, "state", "m.room.member", anna.UserID), nil).Text("membership"); got != "leave" {
		t.Errorf("the other hub believes that anna is %q", got)
	}
}

// TestAnUpgradeTakesPeopleOfOtherHubsAlong: into a channel that is entered by invitation alone; a hub that cannot be had keeps nobody else back.
func TestAnUpgradeTakesPeopleOfOtherHubsAlong(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 3)
	people := make([]*seat, len(hubs))
	for i, name := range []string{"anna", "boris", "clara"} {
		people[i] = &seat{Client: hubs[i].SignUp(t, hubs[i].FirstToken(t), name)}
	}
	anna, boris, clara := people[0], people[1], people[2]
	old := anna.OK(t, "POST", v3+"/createRoom", nodetest.M{"name": "Talk", "preset": "private_chat", "invite": []string{boris.UserID, clara.UserID}}).Text("room_id")
	for _, p := range []*seat{boris, clara} {
		p.OK(t, "POST", v3+"/join/"+url.PathEscape(old), nodetest.M{})
	}
	anna.until(t, "all are in it", func(nodetest.Answer) bool {
		return len(anna.OK(t, "GET", roomPath(old, "joined_members"), nil).Value("joined").(map[string]any)) == 3
	})
	hubs[2].Stop(t)
	next := anna.OK(t, "POST", roomPath(old, "upgrade"), nodetest.M{"new_version": "11"}).Text("replacement_room")
	boris.until(t, "the tombstone has come", func(nodetest.Answer) bool {
		return boris.Do(t, "GET", roomPath(old, "state", "m.room.tombstone"), nil).Status == 200
	})
	if got := boris.OK(t, "GET", roomPath(old, "state", "m.room.tombstone"), nil).Text("replacement_room"); got != next {
		t.Errorf("it leads to %s", got)
	}
	boris.OK(t, "POST", v3+"/join/"+url.PathEscape(next), nodetest.M{})
	boris.OK(t, "PUT", roomPath(next, "send", "m.room.message", "1"), nodetest.M{"msgtype": "m.text", "body": "here as well"})
	if got := anna.Do(t, "GET", roomPath(next, "state", "m.room.member", clara.UserID), nil).Status; got != 404 {
		t.Errorf("clara, whose hub has not signed it, is invited: %d", got)
	}
	hubs[2].Start(t)
	anna.OK(t, "POST", roomPath(next, "invite"), nodetest.M{"user_id": clara.UserID})
	clara.Client.URL = hubs[2].URL
	clara.OK(t, "POST", v3+"/join/"+url.PathEscape(next), nodetest.M{})
}
