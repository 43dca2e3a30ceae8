package clientapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"panah/hub/node/nodetest"
)

func TestUpgrade(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other, banned := colleague(t, hub, steward, "parvina"), colleague(t, hub, steward, "daler")
		ch := open(t, steward, other)
		powers := ch.path("/state/m.room.power_levels")
		levels := steward.OK(t, "GET", powers, nil).Value().(map[string]any)
		levels["users"] = M{steward.UserID: 100, other.UserID: 50}
		steward.OK(t, "PUT", powers, levels)
		steward.OK(t, "POST", ch.path("/ban"), M{"user_id": banned.UserID})
		steward.OK(t, "PUT", ch.path("/state/m.room.history_visibility"), M{"history_visibility": "joined"})
		alias := url.PathEscape("#talk:hub.test")
		steward.OK(t, "PUT", v3+"/directory/room/"+alias, M{"room_id": ch.id})
		steward.OK(t, "PUT", ch.path("/state/m.room.canonical_alias"), M{"alias": "#talk:hub.test"})
		last := ch.say(t, "1", "salom")

		other.Refused(t, "POST", ch.path("/upgrade"), M{"new_version": "11"}, http.StatusForbidden, "M_FORBIDDEN")
		steward.Refused(t, "POST", ch.path("/upgrade"), M{"new_version": "12"}, http.StatusBadRequest, "M_UNSUPPORTED_ROOM_VERSION")
		steward.Refused(t, "POST", ch.path("/upgrade"), M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		steward.Refused(t, "GET", ch.path("/state/m.room.tombstone"), nil, http.StatusNotFound, "M_NOT_FOUND")
		next := channel{steward, steward.OK(t, "POST", ch.path("/upgrade"), M{"new_version": "11"}).Text("replacement_room")}

		stone := other.OK(t, "GET", ch.path("/state/m.room.tombstone"), nil)
		if stone.Text("replacement_room") != next.id || stone.Text("body") == "" {
			t.Errorf("tombstone: %s", stone.Raw)
		}
		created := steward.OK(t, "GET", next.path("/state/m.room.create"), nil)
		if created.Text("predecessor", "room_id") != ch.id || created.Text("predecessor", "event_id") != last || created.Text("room_version") != "11" {
			t.Errorf("created: %s", created.Raw)
		}
		if got := steward.OK(t, "GET", next.path("/state/m.room.power_levels"), nil).Value("users"); fmt.Sprint(got) != fmt.Sprint(M{steward.UserID: 100.0, other.UserID: 50.0}) {
			t.Errorf("powers: %v", got)
		}
		for part, want := range map[string]string{"name": "Talk", "topic": "About work"} {
			if got := steward.OK(t, "GET", next.path("/state/m.room."+part), nil).Text(part); got != want {
				t.Errorf("%s: %q", part, got)
			}
		}
		if got := steward.OK(t, "GET", next.path("/state/m.room.history_visibility"), nil).Text("history_visibility"); got != "joined" {
			t.Errorf("history is %q", got)
		}
		if got := steward.OK(t, "GET", next.path("/state/m.room.member/"+url.PathEscape(banned.UserID)), nil).Text("membership"); got != "ban" {
			t.Errorf("who was banned: %q", got)
		}
		if got := steward.OK(t, "GET", v3+"/directory/room/"+alias, nil).Text("room_id"); got != next.id {
			t.Errorf("the name leads to %s", got)
		}
		if got := steward.OK(t, "GET", next.path("/state/m.room.canonical_alias"), nil).Text("alias"); got != "#talk:hub.test" {
			t.Errorf("it calls itself %q", got)
		}
		if got := steward.OK(t, "GET", powers, nil); got.Value("events_default") != 50.0 || got.Value("invite") != 50.0 {
			t.Errorf("anybody may go on in the old one: %s", got.Raw)
		}
	})
}

// TestUpgradeInvites: who was in a channel that one is invited to is invited to its successor, and nobody else; where the successor lets its space's
// people in, those who are not in the space are.
func TestUpgradeInvites(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		in, left, asked := colleague(t, hub, steward, "parvina"), colleague(t, hub, steward, "daler"), colleague(t, hub, steward, "zafar")
		ch := open(t, steward, in, left)
		left.OK(t, "POST", ch.path("/leave"), M{})
		steward.OK(t, "POST", ch.path("/invite"), M{"user_id": asked.UserID})
		upgraded := func(ch channel) channel {
			return channel{steward, steward.OK(t, "POST", ch.path("/upgrade"), M{"new_version": "11"}).Text("replacement_room")}
		}
		stands := func(in channel, who *nodetest.Client) string {
			answer := steward.Do(t, "GET", in.path("/state/m.room.member/"+url.PathEscape(who.UserID)), nil)
			if answer.Status == http.StatusNotFound {
				return ""
			}
			return answer.Text("membership")
		}
		next := upgraded(ch)
		if got := []string{stands(next, in), stands(next, left), stands(next, asked)}; fmt.Sprint(got) != "[invite  ]" {
			t.Errorf("they are %q", got)
		}
		if seen := in.OK(t, "GET", v3+"/sync", nil); seen.Value("rooms", "invite", next.id) == nil {
			t.Errorf("the invitation is not seen: %s", seen.Raw)
		}
		in.OK(t, "POST", v3+"/join/"+url.PathEscape(next.id), M{})

		steward.OK(t, "PUT", next.path("/state/m.room.join_rules"), M{"join_rule": "public"})
		if got := stands(upgraded(next), in); got != "" {
			t.Errorf("whom an open channel lets in is %q there", got)
		}
		space := steward.OK(t, "GET", "/_panah/v1/me", nil).Text("network_space")
		inSpace := channel{steward, steward.OK(t, "POST", v3+"/createRoom", M{"name": "Talk", "preset": "public_chat", "network.panah.space": space}).Text("room_id")}
		in.OK(t, "POST", v3+"/join/"+url.PathEscape(inSpace.id), M{})
		if got := stands(upgraded(inSpace), in); got != "" {
			t.Errorf("whom the space lets in is %q there", got)
		}
	})
}

// The hub's own channels are known by their ids: nobody replaces them, whatever their power.
func TestTheHubsChannelsAreNotReplaced(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		space := steward.OK(t, "GET", "/_panah/v1/me", nil).Text("network_space")
		steward.Refused(t, "POST", v3+"/rooms/"+url.PathEscape(space)+"/upgrade", M{"new_version": "11"}, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestUpgradeInASpace(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		space := steward.OK(t, "GET", "/_panah/v1/me", nil).Text("network_space")
		made := steward.OK(t, "POST", v3+"/createRoom", M{"name": "Talk", "preset": "public_chat", "network.panah.space": space})
		old := channel{steward, made.Text("room_id")}
		next := channel{steward, steward.OK(t, "POST", old.path("/upgrade"), M{"new_version": "11"}).Text("replacement_room")}
		parent := channel{steward, space}
		if child := steward.OK(t, "GET", parent.path("/state/m.space.child/"+url.PathEscape(next.id)), nil); len(child.List("via")) != 1 {
			t.Errorf("the new one in the space: %s", child.Raw)
		}
		if child := steward.OK(t, "GET", parent.path("/state/m.space.child/"+url.PathEscape(old.id)), nil); child.Value("via") != nil {
			t.Errorf("the old one in the space: %s", child.Raw)
		}
		if rule := steward.OK(t, "GET", next.path("/state/m.room.join_rules"), nil); rule.Text("join_rule") != "restricted" {
			t.Errorf("who may join: %s", rule.Raw)
		}
	})
}

func TestKnock(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward)
		knock := v3 + "/knock/" + url.PathEscape(ch.id)
		other.Refused(t, "POST", knock, M{}, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "PUT", ch.path("/state/m.room.join_rules"), M{"join_rule": "knock"})
		if got := other.OK(t, "POST", knock, M{"reason": "I work there"}).Text("room_id"); got != ch.id {
			t.Errorf("knocked at %q", got)
		}
		seen := other.OK(t, "GET", v3+"/sync", nil)
		if seen.Value("rooms", "knock", ch.id, "knock_state", "events") == nil {
			t.Errorf("who knocked does not see it: %s", seen.Raw)
		}
		member := steward.OK(t, "GET", ch.path("/state/m.room.member/"+url.PathEscape(other.UserID)), nil)
		if member.Text("membership") != "knock" || member.Text("reason") != "I work there" || member.Text("displayname") != "parvina" {
			t.Errorf("who knocks: %s", member.Raw)
		}
		other.Refused(t, "GET", ch.path("/messages?dir=b"), nil, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "POST", ch.path("/invite"), M{"user_id": other.UserID})
		other.OK(t, "POST", ch.with(other).path("/join"), M{})
		other.Refused(t, "POST", knock, M{}, http.StatusForbidden, "M_FORBIDDEN")
		other.Refused(t, "POST", v3+"/knock/"+url.PathEscape("!none:hub.test"), M{}, http.StatusNotFound, "M_NOT_FOUND")
	})
}

func TestEventsByTime(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward)
		steward.OK(t, "PUT", ch.path("/state/m.room.history_visibility"), M{"history_visibility": "joined"})
		first := ch.say(t, "1", "first")
		steward.OK(t, "POST", ch.path("/invite"), M{"user_id": other.UserID})
		other.OK(t, "POST", ch.with(other).path("/join"), M{})
		second := ch.say(t, "2", "second")
		at := func(c *nodetest.Client, ts int64, dir string) nodetest.Answer {
			return c.Do(t, "GET", "/_matrix/client/v1/rooms/"+url.PathEscape(ch.id)+fmt.Sprintf("/timestamp_to_event?ts=%d&dir=%s", ts, dir), nil)
		}
		later := time.Now().Add(time.Hour).UnixMilli()
		found := at(steward, 0, "f")
		if found.Text("event_id") != first || found.Value("origin_server_ts") == nil {
			t.Errorf("the first: %s", found.Raw)
		}
		if got := at(steward, later, "b").Text("event_id"); got != second {
			t.Errorf("the last: %s", got)
		}
		if got := at(other, 0, "f").Text("event_id"); got != second {
			t.Errorf("the first that she may see: %s, want %s", got, second)
		}
		if got := at(steward, later, "f"); got.Status != http.StatusNotFound || got.Text("errcode") != "M_NOT_FOUND" {
			t.Errorf("after all: %d %s", got.Status, got.Raw)
		}
		if got := at(steward, -1, "f").Status; got != http.StatusBadRequest {
			t.Errorf("before all time: %d", got)
		}
		if got := at(steward, 0, "x").Status; got != http.StatusBadRequest {
			t.Errorf("in no direction: %d", got)
		}
		stranger := colleague(t, hub, steward, "daler")
		if got := at(stranger, 0, "f").Status; got != http.StatusForbidden {
			t.Errorf("for a stranger: %d", got)
		}
	})
}

func TestNothingOfThirdParties(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		for _, path := range []string{"/thirdparty/location", "/thirdparty/user"} {
			if got := string(steward.OK(t, "GET", v3+path, nil).Raw); got != "[]\n" {
				t.Errorf("%s: %s", path, got)
			}
		}
		if got := steward.OK(t, "GET", v3+"/account/3pid", nil); got.Value("threepids") == nil || len(got.List("threepids")) != 0 {
			t.Errorf("addresses: %s", got.Raw)
		}
		for _, path := range []string{"/thirdparty/protocol/irc", "/rooms/" + url.PathEscape("!a:hub.test") + "/initialSync", "/initialSync", "/events"} {
			steward.Refused(t, "GET", v3+path, nil, http.StatusNotFound, "M_UNRECOGNIZED")
		}
	})
}
