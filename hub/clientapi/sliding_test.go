package clientapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

const slidingDoor = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"

// glance asks for a window of a person's channels.
func glance(t testing.TB, c *nodetest.Client, pos string, body M) nodetest.Answer {
	t.Helper()
	path := slidingDoor + "?timeout=0"
	if pos != "" {
		path += "&pos=" + url.QueryEscape(pos)
	}
	return c.OK(t, "POST", path, body)
}

// channels is a list of the person's channels that are no spaces.
func channels(first, last, timeline int, state ...[]string) M {
	return M{"conn_id": "list", "lists": M{"all": M{"ranges": [][]int{{first, last}}, "timeline_limit": timeline, "required_state": state,
		"filters": M{"not_room_types": []string{"m.space"}}}}}
}

func roomsOf(a nodetest.Answer) []string {
	rooms, _ := a.Value("rooms").(map[string]any)
	return slices.Sorted(maps.Keys(rooms))
}

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }

// newcomer is a colleague who has left all channels that the network brought her into, with n channels of her own.
func newcomer(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client, n int) (*nodetest.Client, []channel) {
	t.Helper()
	c := colleague(t, hub, steward, "parvina")
	for _, id := range c.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms") {
		c.OK(t, "POST", v3+"/rooms/"+url.PathEscape(id.(string))+"/leave", M{})
	}
	var own []channel
	for i := range n {
		ch := channel{steward, steward.OK(t, "POST", v3+"/createRoom", M{"name": fmt.Sprint("Channel ", i), "invite": []string{c.UserID}}).Text("room_id")}
		c.OK(t, "POST", ch.with(c).path("/join"), M{})
		own = append(own, ch)
	}
	return c, own
}

func TestAWindowOfChannels(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		if hub.Nobody().OK(t, "GET", "/_matrix/client/versions", nil).Value("unstable_features", "org.matrix.simplified_msc3575") != true {
			t.Error("nobody is told of it")
		}
		person, own := newcomer(t, hub, steward, 4)
		for i, ch := range own {
			ch.say(t, fmt.Sprint(i), fmt.Sprint("post ", i))
		}
		body := channels(0, 1, 1, []string{"m.room.member", "$ME"}, []string{"m.room.topic", ""})
		first := glance(t, person, "", body)
		if got, want := roomsOf(first), sorted(own[3].id, own[2].id); !slices.Equal(got, want) || first.Value("lists", "all", "count") != 4.0 {
			t.Fatalf("the two last used: %v, want %v: %s", got, want, first.Raw)
		}
		shown := first.Value("rooms", own[3].id).(map[string]any)
		if shown["name"] != "Channel 3" || shown["initial"] != true || len(shown["timeline"].([]any)) != 1 || shown["joined_count"] != 2.0 || shown["notification_count"] != 1.0 {
			t.Errorf("as it is shown first: %v", shown)
		}
		if state := shown["required_state"].([]any); len(state) != 1 || state[0].(map[string]any)["state_key"] != person.UserID {
			t.Errorf("more than was wished for, or less: %v", state)
		}
		if quiet := glance(t, person, first.Text("pos"), body); len(roomsOf(quiet)) != 0 {
			t.Errorf("nothing is new: %s", quiet.Raw)
		}

		// A post brings a channel into sight, and what is told of it is all of it.
		id := own[0].say(t, "again", "news from below")
		second := glance(t, person, first.Text("pos"), body)
		if got := roomsOf(second); !slices.Equal(got, []string{own[0].id}) || second.Value("rooms", own[0].id, "initial") != true {
			t.Fatalf("a channel that comes into sight: %s", second.Raw)
		}
		if !strings.Contains(string(second.Raw), id) {
			t.Errorf("without its post: %s", second.Raw)
		}
		// The answer may have been lost on its way: asked for again, it says the same.
		if again := glance(t, person, first.Text("pos"), body); !slices.Equal(roomsOf(again), roomsOf(second)) {
			t.Errorf("asked again: %s", again.Raw)
		}
		// In sight, news are news alone, and the posts that do not fit are found in the channel's past.
		own[0].say(t, "b", "one")
		last := own[0].say(t, "c", "two")
		third := glance(t, person, second.Text("pos"), body)
		told := third.Value("rooms", own[0].id).(map[string]any)
		if line := told["timeline"].([]any); told["initial"] != nil || told["limited"] != true || len(line) != 1 || line[0].(map[string]any)["event_id"] != last {
			t.Errorf("news: %s", third.Raw)
		}
		past := person.OK(t, "GET", own[0].path("/messages?dir=b&limit=1&from="+told["prev_batch"].(string)), nil)
		if page := past.List("chunk"); len(page) != 1 || page[0].(map[string]any)["content"].(map[string]any)["body"] != "one" {
			t.Errorf("the past goes on with %s", past.Raw)
		}
		// What changes out of sight is told with the whole of it, once it is back: a wider window brings the rest, without waiting.
		steward.OK(t, "PUT", own[2].path("/state/m.room.topic"), M{"topic": "Out of sight"})
		if unseen := glance(t, person, third.Text("pos"), body); len(roomsOf(unseen)) != 0 {
			t.Errorf("out of sight: %s", unseen.Raw)
		} else {
			third = unseen
		}
		wide := person.OK(t, "POST", slidingDoor+"?timeout=30000&pos="+third.Text("pos"), channels(0, 9, 1, []string{"m.room.member", "$ME"}, []string{"m.room.topic", ""}))
		if got, want := roomsOf(wide), sorted(own[1].id, own[2].id); !slices.Equal(got, want) || !strings.Contains(string(wide.Raw), "Out of sight") {
			t.Errorf("the rest: %v, want %v: %s", got, want, wide.Raw)
		}
	})
}

func TestASubscriptionAsksForMore(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		person, own := newcomer(t, hub, steward, 1)
		for i := range 5 {
			own[0].say(t, fmt.Sprint(i), fmt.Sprint("post ", i))
		}
		body := channels(0, 9, 1)
		first := glance(t, person, "", body)
		body["room_subscriptions"] = M{own[0].id: M{"timeline_limit": 4, "required_state": [][]string{{"m.room.member", "$LAZY"}, {"m.room.name", ""}}}}
		opened := glance(t, person, first.Text("pos"), body)
		shown := opened.Value("rooms", own[0].id).(map[string]any)
		if shown["initial"] != nil || shown["unstable_expanded_timeline"] != true || len(shown["timeline"].([]any)) != 4 {
			t.Errorf("opened: %s", opened.Raw)
		}
		var keys []string
		for _, e := range shown["required_state"].([]any) {
			keys = append(keys, e.(map[string]any)["state_key"].(string))
		}
		if slices.Sort(keys); !slices.Equal(keys, sorted("", steward.UserID)) {
			t.Errorf("state of %q: her who speaks and the name", keys)
		}
		steward.OK(t, "PUT", own[0].path("/state/m.room.name"), M{"name": "Renamed"})
		steward.OK(t, "PUT", own[0].path("/state/m.room.topic"), M{"topic": "Not asked for"})
		news := glance(t, person, opened.Text("pos"), body)
		if state := news.List("rooms", own[0].id, "required_state"); len(state) != 2 || news.Text("rooms", own[0].id, "name") != "Renamed" {
			t.Errorf("news: %s", news.Raw)
		}
		// A channel that the person is not in is not shown, however it is asked for.
		hidden := open(t, steward)
		body["room_subscriptions"] = M{hidden.id: M{"timeline_limit": 4}}
		if got := roomsOf(glance(t, person, "", body)); slices.Contains(got, hidden.id) {
			t.Error("a stranger reads a channel")
		}
	})
}

func TestComingAndGoingInAWindow(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		person, own := newcomer(t, hub, steward, 1)
		body := channels(0, 9, 10, []string{"m.room.name", ""})
		pos := glance(t, person, "", body).Text("pos")
		invited := channel{steward, steward.OK(t, "POST", v3+"/createRoom", M{"name": "Invited", "invite": []string{person.UserID}}).Text("room_id")}
		seen := glance(t, person, pos, body)
		if state := seen.List("rooms", invited.id, "invite_state"); len(state) == 0 || seen.Value("rooms", invited.id, "timeline") != nil || seen.Value("lists", "all", "count") != 2.0 {
			t.Errorf("an invitation: %s", seen.Raw)
		}
		person.OK(t, "POST", invited.with(person).path("/join"), M{})
		joined := glance(t, person, seen.Text("pos"), body)
		if joined.Text("rooms", invited.id, "name") != "Invited" || len(joined.List("rooms", invited.id, "timeline")) == 0 || joined.Value("rooms", invited.id, "invite_state") != nil {
			t.Errorf("joined: %s", joined.Raw)
		}
		steward.OK(t, "POST", own[0].path("/kick"), M{"user_id": person.UserID})
		kicked := glance(t, person, joined.Text("pos"), body)
		if !strings.Contains(string(kicked.Raw), `"membership":"leave"`) || kicked.Value("lists", "all", "count") != 1.0 {
			t.Errorf("taken out: %s", kicked.Raw)
		}
		own[0].say(t, "1", "behind her back")
		if after := glance(t, person, kicked.Text("pos"), body); len(roomsOf(after)) != 0 {
			t.Errorf("after it: %s", after.Raw)
		}
		// Of two who wait, one ignores who invites: she sees nothing, and is not told it again and again.
		person.OK(t, "PUT", v3+"/user/"+url.PathEscape(person.UserID)+"/account_data/m.ignored_user_list", M{"ignored_users": M{steward.UserID: M{}}})
		steward.OK(t, "POST", v3+"/createRoom", M{"name": "Unwanted", "invite": []string{person.UserID}})
		if after := glance(t, person, kicked.Text("pos"), body); strings.Contains(string(after.Raw), "Unwanted") {
			t.Errorf("an invitation by somebody ignored: %s", after.Raw)
		}
	})
}

func TestWhatGoesBesideAWindow(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		person, own := newcomer(t, hub, steward, 1)
		post := own[0].say(t, "1", "salom")
		on := M{"enabled": true}
		body := channels(0, 9, 10)
		body["extensions"] = M{"account_data": on, "receipts": on, "typing": on, "to_device": on, "e2ee": on}
		first := glance(t, person, "", body)
		told := string(first.Raw)
		if !strings.Contains(told, "m.push_rules") || first.Text("extensions", "to_device", "next_batch") == "" || first.Value("extensions", "e2ee", "device_one_time_keys_count") == nil {
			t.Errorf("at first: %s", told)
		}
		if quiet := glance(t, person, first.Text("pos"), channels(0, 9, 10)); len(quiet.Value("extensions").(map[string]any)) != 0 {
			t.Errorf("what was not asked for: %s", quiet.Raw)
		}
		beside := channels(0, 9, 1)
		beside["conn_id"], beside["extensions"] = "beside", M{"typing": on}
		before := glance(t, person, "", beside).Text("pos")
		steward.OK(t, "POST", own[0].path("/receipt/m.read/"+url.PathEscape(post)), M{})
		steward.OK(t, "PUT", own[0].path("/typing/"+url.PathEscape(steward.UserID)), M{"typing": true, "timeout": 20000})
		person.OK(t, "POST", slidingDoor+"?timeout=30000&pos="+url.QueryEscape(before), beside) // until the node has heard it, which the broker brings
		person.OK(t, "PUT", v3+"/user/"+url.PathEscape(person.UserID)+"/rooms/"+url.PathEscape(own[0].id)+"/account_data/org.example.note", M{"note": "mine"})
		second := glance(t, person, first.Text("pos"), body)
		if second.Value("extensions", "receipts", "rooms", own[0].id, "content", post, "m.read", steward.UserID) == nil {
			t.Errorf("who read: %s", second.Raw)
		}
		if got := second.List("extensions", "typing", "rooms", own[0].id, "content", "user_ids"); len(got) != 1 {
			t.Errorf("who types: %s", second.Raw)
		}
		steward.OK(t, "PUT", v3+"/sendToDevice/org.example.word/1", M{"messages": M{person.UserID: M{person.DeviceID: M{"word": "between us"}}}})
		third := glance(t, person, second.Text("pos"), body)
		if got := third.List("extensions", "to_device", "events"); len(got) != 1 || got[0].(map[string]any)["sender"] != steward.UserID {
			t.Errorf("what another device sent: %s", third.Raw)
		}
		if again := glance(t, person, third.Text("pos"), body); len(again.List("extensions", "to_device", "events")) != 0 {
			t.Errorf("sent once, told twice: %s", again.Raw)
		}
		if len(second.List("extensions", "account_data", "rooms", own[0].id)) != 1 {
			t.Errorf("what she keeps for the channel: %s", second.Raw)
		}
	})
}

// Who waits is told at once, and of nothing else than what was asked for.
func TestAWindowWaits(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	person, own := newcomer(t, hub, steward, 2)
	own[0].say(t, "1", "salom")
	body := channels(0, 0, 10)
	pos := glance(t, person, "", body).Text("pos")
	told := make(chan nodetest.Answer, 1)
	go func() { told <- person.Do(t, "POST", slidingDoor+"?timeout=30000&pos="+pos, body) }()
	person.OK(t, "PUT", v3+"/presence/"+url.PathEscape(person.UserID)+"/status", M{"presence": "unavailable"}) // wakes, and is nothing to tell
	post := own[0].say(t, "2", "at last")
	if answer := <-told; answer.Status != http.StatusOK || !strings.Contains(string(answer.Raw), post) {
		t.Errorf("told: %d %s", answer.Status, answer.Raw)
	}
}

func TestPositionsOfWindows(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t))
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	person, _ := newcomer(t, hub, steward, 1)
	body := channels(0, 9, 1)
	pos := glance(t, person, "", body).Text("pos")
	steward.Refused(t, "POST", slidingDoor+"?pos="+pos, body, http.StatusBadRequest, "M_UNKNOWN_POS") // another one's
	person.Refused(t, "POST", slidingDoor+"?pos=none", body, http.StatusBadRequest, "M_UNKNOWN_POS")
	other := channels(0, 9, 1)
	other["conn_id"] = "another"
	person.Refused(t, "POST", slidingDoor+"?pos="+pos, other, http.StatusBadRequest, "M_UNKNOWN_POS")
	for range 6 {
		pos = glance(t, person, pos, body).Text("pos")
	}
	for i := range 9 { // more connections than one device has
		other["conn_id"] = fmt.Sprint(i)
		glance(t, person, "", other)
	}
	person.Refused(t, "POST", slidingDoor+"?pos="+pos, body, http.StatusBadRequest, "M_UNKNOWN_POS")
	for _, bad := range []M{
		{"lists": M{"a": M{"ranges": [][]int{{5, 1}}}}},
		{"lists": M{"a": M{"ranges": [][]int{{-1, 1}}}}},
		{"lists": M{"a": M{"ranges": [][]int{{0, 1 << 20}}}}},
		{"lists": M{"a": M{"timeline_limit": -1}}},
		{"room_subscriptions": M{"!a:hub.test": M{"required_state": slices.Repeat([][]string{{"a", "b"}}, 101)}}},
		{"conn_id": strings.Repeat("x", 256)},
	} {
		person.Refused(t, "POST", slidingDoor, bad, http.StatusBadRequest, "M_INVALID_PARAM")
	}
	hub.Nobody().Refused(t, "POST", slidingDoor, body, http.StatusUnauthorized, "M_MISSING_TOKEN")
}
