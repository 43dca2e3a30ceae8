//go:build unix

package interop

import (
	"net/url"
	"testing"

	"panah/hub/node/nodetest"
)

// TestEachAsksTheOther: what is asked is signed, so that each must have fetched the other's keys before it answers.
func TestEachAsksTheOther(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		asks(t, ours, theirs)
		asks(t, theirs, ours)
		// Dendrite's own answer to an alias that is not there is 500.
		ours.Refused(t, "GET", "/_matrix/client/v3/directory/room/"+url.PathEscape("#nothing:"+theirs.server()), nil, 404, "M_NOT_FOUND")
	})
}

// asks has one person look at another, of another server, and at a room there.
func asks(t *testing.T, who, whom *person) {
	t.Helper()
	profile := "/_matrix/client/v3/profile/" + url.PathEscape(whom.UserID)
	whom.OK(t, "PUT", profile+"/displayname", nodetest.M{"displayname": "Зуҳро ﷲ"})
	if got := who.OK(t, "GET", profile, nil).Text("displayname"); got != "Зуҳро ﷲ" {
		t.Errorf("%s sees the name %q", who.UserID, got)
	}
	who.Refused(t, "GET", "/_matrix/client/v3/profile/"+url.PathEscape("@nobody:"+whom.server()), nil, 404, "M_NOT_FOUND")
	room := whom.open(t, "forum")
	found := who.OK(t, "GET", "/_matrix/client/v3/directory/room/"+url.PathEscape("#forum:"+whom.server()), nil)
	if found.Text("room_id") != room || len(found.List("servers")) == 0 || found.List("servers")[0] != whom.server() {
		t.Errorf("%s finds %s, want %s", who.UserID, found.Raw, room)
	}
}
