package federation_test

import (
	"net/url"
	"slices"
	"testing"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// TestHubsAskEachOther: profiles, aliases and the directory of one hub, asked for at the other.
func TestHubsAskEachOther(t *testing.T) {
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	here, there := hubs[0], hubs[1]
	anna, boris := here.SignUp(t, here.FirstToken(t), "anna"), there.SignUp(t, there.FirstToken(t), "boris")
	v3 := "/_matrix/client/v3"
	boris.OK(t, "PUT", v3+"/profile/"+url.PathEscape(boris.UserID)+"/displayname", nodetest.M{"displayname": "Бобо <b>"})
	if got := anna.OK(t, "GET", v3+"/profile/"+url.PathEscape(boris.UserID), nil).Text("displayname"); got != "Бобо <b>" {
		t.Errorf("the name is %q", got)
	}
	anna.Refused(t, "GET", v3+"/profile/"+url.PathEscape("@nobody:"+there.Name), nil, 404, "M_NOT_FOUND")
	anna.Refused(t, "GET", v3+"/profile/@nobody:elsewhere.example", nil, 403, "M_FORBIDDEN")
	room := boris.OK(t, "POST", v3+"/createRoom", nodetest.M{"room_alias_name": "talk", "name": "Talk", "visibility": "public"}).Text("room_id")
	found := anna.OK(t, "GET", v3+"/directory/room/"+url.PathEscape("#talk:"+there.Name), nil)
	if found.Text("room_id") != room || !slices.Equal(found.List("servers"), []any{there.Name}) {
		t.Errorf("the alias leads to %s", found.Raw)
	}
	anna.Refused(t, "GET", v3+"/directory/room/"+url.PathEscape("#none:"+there.Name), nil, 404, "M_NOT_FOUND")
	listed := anna.OK(t, "POST", v3+"/publicRooms?server="+url.QueryEscape(there.Name), nodetest.M{"limit": 5})
	shown := func(one any) bool { return one.(map[string]any)["room_id"] == room }
	if !slices.ContainsFunc(listed.List("chunk"), shown) {
		t.Errorf("the directory is %s", listed.Raw)
	}
	there.Stop(t)
	anna.Refused(t, "GET", v3+"/profile/"+url.PathEscape(boris.UserID), nil, 502, "M_UNKNOWN")
	there.Start(t)
	if got := anna.OK(t, "GET", v3+"/profile/"+url.PathEscape(boris.UserID)+"/displayname", nil).Text("displayname"); got == "" {
		t.Error("no name after the restart")
	}
}
