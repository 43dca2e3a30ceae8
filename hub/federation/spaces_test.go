package federation_test

import (
	"net/url"
	"slices"
	"testing"

	"panah/hub/node/nodetest"
)

// opens makes a room by its join rule, in spaces.
func (s *seat) opens(t *testing.T, name, kind string, rule nodetest.M, hub string, spaces ...string) (room string) {
	t.Helper()
	room = s.OK(t, "POST", v3+"/createRoom", nodetest.M{
		"name": name, "creation_content": nodetest.M{"type": kind}, "initial_state": []nodetest.M{{"type": "m.room.join_rules", "state_key": "", "content": rule}},
	}).Text("room_id")
	for _, space := range spaces {
		s.OK(t, "PUT", roomPath(space, "state", "m.space.child", room), nodetest.M{"via": []string{hub}})
	}
	return room
}

// walks gives the names of the rooms of a space.
func (s *seat) walks(t *testing.T, space, query string) (names []string) {
	t.Helper()
	found := s.OK(t, "GET", "/_matrix/client/v1/rooms/"+url.PathEscape(space)+"/hierarchy?"+query, nil)
	for _, one := range found.List("rooms") {
		name, _ := one.(map[string]any)["name"].(string)
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestSpacesSpanHubs: whoever is in a space finds what it holds at other hubs, as far as they could go there.
func TestSpacesSpanHubs(t *testing.T) {
	here, there, anna, boris := pair(t)
	public, invited := nodetest.M{"join_rule": "public"}, nodetest.M{"join_rule": "invite"}
	space := anna.opens(t, "space", "m.space", public, here.Name)
	members := nodetest.M{"join_rule": "restricted", "allow": []nodetest.M{{"type": "m.room_membership", "room_id": space}}}
	anna.opens(t, "open", "", public, here.Name, space)
	anna.opens(t, "members", "", members, here.Name, space)
	anna.opens(t, "closed", "", invited, here.Name, space)
	below := anna.opens(t, "below", "m.space", members, here.Name, space)
	anna.opens(t, "deep", "", public, here.Name, below)
	boris.OK(t, "POST", v3+"/join/"+url.PathEscape(space)+"?server_name="+here.Name, nodetest.M{})
	theirs := boris.opens(t, "theirs", "", public, there.Name)
	anna.OK(t, "PUT", roomPath(space, "state", "m.space.child", theirs), nodetest.M{"via": []string{there.Name}})
	anna.says(t, space, "see")
	boris.hears(t, space, "see")
	if got, want := boris.walks(t, space, ""), []string{"below", "deep", "members", "open", "space", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("boris finds %v, want %v", got, want)
	}
	if got, want := anna.walks(t, space, ""), []string{"below", "closed", "deep", "members", "open", "space", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("anna finds %v, want %v", got, want)
	}
	if got, want := boris.walks(t, space, "max_depth=1"), []string{"below", "members", "open", "space", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("boris finds %v at the first step, want %v", got, want)
	}
	// Somebody else of boris's hub, to whom the space is open without being in it.
	other := &seat{Client: there.SignUp(t, boris.Invite(t, "", "steward"), "other")}
	if got, want := other.walks(t, space, ""), []string{"open", "space", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("another finds %v, want %v", got, want)
	}
	here.Stop(t)
	if got, want := boris.walks(t, space, ""), []string{"space", "theirs"}; !slices.Equal(got, want) {
		t.Errorf("while the other hub is away boris finds %v, want %v", got, want)
	}
	here.Start(t)
}
