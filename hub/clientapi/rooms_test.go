package clientapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
)

// channel is a room seen through one client.
type channel struct {
	*nodetest.Client
	id string
}

func (ch channel) path(rest string) string { return v3 + "/rooms/" + url.PathEscape(ch.id) + rest }

// with is the same channel through another client.
func (ch channel) with(c *nodetest.Client) channel { return channel{c, ch.id} }

// say posts a text and gives its event id.
func (ch channel) say(t testing.TB, txn, text string, more ...M) string {
	t.Helper()
	content := M{"msgtype": "m.text", "body": text}
	for _, m := range more {
		for name, value := range m {
			content[name] = value
		}
	}
	return ch.OK(t, "PUT", ch.path("/send/m.room.message/"+txn), content).Text("event_id")
}

// open has the first client make a channel that the others join.
func open(t testing.TB, maker *nodetest.Client, others ...*nodetest.Client) channel {
	t.Helper()
	invited := []string{}
	for _, other := range others {
		invited = append(invited, other.UserID)
	}
	made := maker.OK(t, "POST", v3+"/createRoom", M{"name": "Talk", "topic": "About work", "preset": "private_chat", "invite": invited})
	ch := channel{maker, made.Text("room_id")}
	for _, other := range others {
		other.OK(t, "POST", ch.with(other).path("/join"), M{})
	}
	return ch
}

func ids(list []any) (found []string) {
	for _, e := range list {
		id, _ := e.(map[string]any)["event_id"].(string)
		found = append(found, id)
	}
	return found
}

func TestCreateRoom(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		if got := ch.OK(t, "GET", ch.path("/state/m.room.name"), nil).Text("name"); got != "Talk" {
			t.Errorf("the channel is called %q", got)
		}
		create := ch.OK(t, "GET", ch.path("/state/m.room.create/?format=event"), nil)
		if create.Text("content", "room_version") != "11" || create.Text("sender") != steward.UserID {
			t.Errorf("create: %s", create.Raw)
		}
		for name, wish := range map[string]M{
			"preset":      {"preset": "loud_chat"},
			"visibility":  {"visibility": "secret"},
			"invite_3pid": {"invite_3pid": []M{{"medium": "email"}}},
		} {
			t.Run(name, func(t *testing.T) {
				steward.Refused(t, "POST", v3+"/createRoom", wish, http.StatusBadRequest, "M_INVALID_PARAM")
			})
		}
		steward.Refused(t, "POST", v3+"/createRoom", M{"room_version": "99"}, http.StatusBadRequest, "M_UNSUPPORTED_ROOM_VERSION")
		steward.Refused(t, "POST", v3+"/createRoom", M{"name": 7}, http.StatusBadRequest, "M_BAD_JSON")
		steward.Refused(t, "POST", v3+"/createRoom", M{"invite": []string{"@nobody:hub.test"}}, http.StatusNotFound, "M_NOT_FOUND")
	})
}

func TestChannelInASpace(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		space := steward.OK(t, "GET", "/_panah/v1/me", nil).Text("network_space")
		id := steward.OK(t, "POST", v3+"/createRoom", M{"name": "Forum", "network.panah.space": space}).Text("room_id")
		child := steward.OK(t, "GET", channel{steward, space}.path("/state/m.space.child/"+url.PathEscape(id)), nil)
		if len(child.List("via")) == 0 {
			t.Errorf("the space does not hold the channel: %s", child.Raw)
		}
		steward.OK(t, "GET", channel{steward, id}.path("/state/m.space.parent/"+url.PathEscape(space)), nil)
		tree := steward.OK(t, "GET", "/_matrix/client/v1/rooms/"+url.PathEscape(space)+"/hierarchy?limit=3", nil)
		if len(tree.List("rooms")) != 3 || tree.Text("next_batch") == "" {
			t.Errorf("hierarchy: %s", tree.Raw)
		}
		outsider := colleague(t, hub, steward, "parvina")
		outsider.Refused(t, "GET", "/_matrix/client/v1/rooms/"+url.PathEscape(id)+"/hierarchy", nil, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestMemberships(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward)
		theirs := ch.with(other)
		about := M{"user_id": other.UserID}
		theirs.Refused(t, "POST", theirs.path("/join"), M{}, http.StatusForbidden, "M_FORBIDDEN")
		theirs.Refused(t, "GET", theirs.path("/state"), nil, http.StatusForbidden, "M_FORBIDDEN")
		ch.Refused(t, "POST", ch.path("/invite"), M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		ch.OK(t, "POST", ch.path("/invite"), about)
		theirs.OK(t, "POST", v3+"/join/"+url.PathEscape(ch.id), M{})
		members := ch.OK(t, "GET", ch.path("/joined_members"), nil)
		if members.Value("joined", other.UserID) == nil || members.Value("joined", steward.UserID) == nil {
			t.Errorf("members: %s", members.Raw)
		}
		if got := len(theirs.OK(t, "GET", theirs.path("/members?membership=join"), nil).List("chunk")); got != 2 {
			t.Errorf("%d members, want 2", got)
		}
		rooms := other.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms")
		if !strings.Contains(fmt.Sprint(rooms), ch.id) {
			t.Errorf("joined rooms: %v", rooms)
		}
		theirs.Refused(t, "POST", theirs.path("/forget"), M{}, http.StatusBadRequest, "M_UNKNOWN")
		theirs.Refused(t, "POST", theirs.path("/kick"), M{"user_id": steward.UserID}, http.StatusForbidden, "M_FORBIDDEN")
		ch.OK(t, "POST", ch.path("/kick"), M{"user_id": other.UserID, "reason": "Wrong channel"})
		theirs.Refused(t, "POST", theirs.path("/send/m.room.message/1"), nil, http.StatusMethodNotAllowed, "M_UNRECOGNIZED")
		theirs.Refused(t, "PUT", theirs.path("/send/m.room.message/1"), M{"body": "x"}, http.StatusForbidden, "M_FORBIDDEN")
		ch.OK(t, "POST", ch.path("/ban"), about)
		ch.Refused(t, "POST", ch.path("/invite"), about, http.StatusForbidden, "M_FORBIDDEN")
		ch.OK(t, "POST", ch.path("/unban"), about)
		ch.OK(t, "POST", ch.path("/invite"), about)
		theirs.OK(t, "POST", theirs.path("/leave"), M{})
		theirs.OK(t, "POST", theirs.path("/forget"), M{})
		theirs.Refused(t, "GET", theirs.path("/messages?dir=b"), nil, http.StatusForbidden, "M_FORBIDDEN")
	})
}

// Who has left reads on up to their leaving, and no further.
func TestHistoryEndsWithLeaving(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward, other)
		theirs := ch.with(other)
		before := ch.say(t, "1", "before")
		theirs.OK(t, "POST", theirs.path("/leave"), M{})
		after := ch.say(t, "2", "after")
		ch.OK(t, "PUT", ch.path("/state/m.room.name"), M{"name": "Renamed"})
		page := theirs.OK(t, "GET", theirs.path("/messages?dir=b&limit=50"), nil)
		seen := fmt.Sprint(ids(page.List("chunk")))
		if !strings.Contains(seen, before) || strings.Contains(seen, after) {
			t.Errorf("seen: %s; before %s, after %s", seen, before, after)
		}
		if got := theirs.OK(t, "GET", theirs.path("/state/m.room.name"), nil).Text("name"); got != "Talk" {
			t.Errorf("the name is %q", got)
		}
		theirs.Refused(t, "GET", theirs.path("/event/"+url.PathEscape(after)), nil, http.StatusNotFound, "M_NOT_FOUND")
		theirs.Refused(t, "GET", theirs.path("/joined_members"), nil, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestSendingTwiceIsSendingOnce(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		first := ch.say(t, "same", "once")
		if again := ch.say(t, "same", "twice"); again != first {
			t.Errorf("the second sending made %s beside %s", again, first)
		}
		page := ch.OK(t, "GET", ch.path("/messages?dir=b&limit=1"), nil)
		if got := ids(page.List("chunk")); got[0] != first {
			t.Errorf("the newest event is %v", got)
		}
	})
}

func TestRedaction(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward, other)
		theirs := ch.with(other)
		id := ch.say(t, "1", "a mistake")
		redact := "/redact/" + url.PathEscape(id) + "/"
		theirs.Refused(t, "PUT", theirs.path(redact+"1"), M{}, http.StatusForbidden, "M_FORBIDDEN")
		by := ch.OK(t, "PUT", ch.path(redact+"2"), M{"reason": "Typing error"}).Text("event_id")
		gone := theirs.OK(t, "GET", theirs.path("/event/"+url.PathEscape(id)), nil)
		if gone.Value("content", "body") != nil || gone.Text("unsigned", "redacted_because", "event_id") != by {
			t.Errorf("after the redaction: %s", gone.Raw)
		}
	})
}

func TestPagesOfHistory(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		var sent []string
		for i := range 25 {
			sent = append(sent, ch.say(t, fmt.Sprint(i), fmt.Sprint("post ", i)))
		}
		filter := url.QueryEscape(`{"types":["m.room.message"]}`)
		var back []string
		from := ""
		for {
			page := ch.OK(t, "GET", ch.path("/messages?dir=b&limit=7&filter="+filter+from), nil)
			back = append(back, ids(page.List("chunk"))...)
			if page.Text("end") == "" {
				break
			}
			from = "&from=" + page.Text("end")
		}
		for i, id := range back {
			if want := sent[len(sent)-1-i]; id != want {
				t.Fatalf("backwards, at %d: got %s, want %s", i, id, want)
			}
		}
		if len(back) != len(sent) {
			t.Errorf("%d posts backwards, want %d", len(back), len(sent))
		}
		around := ch.OK(t, "GET", ch.path("/context/"+url.PathEscape(sent[12])+"?limit=4"), nil)
		before, after := ids(around.List("events_before")), ids(around.List("events_after"))
		if len(before) != 2 || before[0] != sent[11] || len(after) != 2 || after[0] != sent[13] || around.Text("event", "event_id") != sent[12] {
			t.Errorf("context: %s", around.Raw)
		}
		on := ch.OK(t, "GET", ch.path("/messages?dir=f&limit=2&from="+around.Text("end")), nil)
		if got := ids(on.List("chunk")); len(got) != 2 || got[0] != sent[15] {
			t.Errorf("forwards from the context: %v, want %s", got, sent[15])
		}
		ch.Refused(t, "GET", ch.path("/messages"), nil, http.StatusBadRequest, "M_MISSING_PARAM")
		ch.Refused(t, "GET", ch.path("/messages?dir=x"), nil, http.StatusBadRequest, "M_INVALID_PARAM")
		ch.Refused(t, "GET", ch.path("/messages?dir=b&from=nonsense"), nil, http.StatusBadRequest, "M_INVALID_PARAM")
		ch.Refused(t, "GET", ch.path("/messages?dir=b&limit=-1"), nil, http.StatusBadRequest, "M_INVALID_PARAM")
		ch.Refused(t, "GET", ch.path("/context/$nothing"), nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}

func TestRelationsAndThreads(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward, other)
		theirs := ch.with(other)
		root := ch.say(t, "1", "The agenda")
		relates := func(kind string) M { return M{"m.relates_to": M{"rel_type": kind, "event_id": root}} }
		first := theirs.say(t, "1", "Point one", relates("m.thread"))
		second := theirs.say(t, "2", "Point two", relates("m.thread"))
		edit := ch.say(t, "2", "* The agenda, mended", relates("m.replace"), M{"m.new_content": M{"msgtype": "m.text", "body": "The agenda, mended"}})
		theirs.say(t, "3", "* not theirs to edit", relates("m.replace"))

		v1 := "/_matrix/client/v1/rooms/" + url.PathEscape(ch.id)
		relations := v1 + "/relations/" + url.PathEscape(root)
		page := ch.OK(t, "GET", relations+"/m.thread?limit=1", nil)
		if got := ids(page.List("chunk")); len(got) != 1 || got[0] != second {
			t.Errorf("newest of the thread: %v", got)
		}
		page = ch.OK(t, "GET", relations+"/m.thread/m.room.message?limit=1&from="+page.Text("next_batch"), nil)
		if got := ids(page.List("chunk")); len(got) != 1 || got[0] != first {
			t.Errorf("the one before: %v", got)
		}
		forward := ch.OK(t, "GET", relations+"/m.thread?dir=f", nil)
		if got := ids(forward.List("chunk")); len(got) != 2 || got[0] != first {
			t.Errorf("forwards: %v", got)
		}
		if _, said := forward.Value().(M)["recursion_depth"]; said {
			t.Errorf("nobody asked for a depth: %s", forward.Raw)
		}
		checkRecursion(t, ch, relations, first)
		shown := ch.OK(t, "GET", ch.path("/event/"+url.PathEscape(root)), nil)
		sums := []string{"unsigned", "m.relations"}
		if shown.Text(append(sums, "m.replace", "event_id")...) != edit ||
			shown.Value(append(sums, "m.thread", "count")...) != float64(2) ||
			shown.Text(append(sums, "m.thread", "latest_event", "event_id")...) != second {
			t.Errorf("bundled: %s", shown.Raw)
		}
		threads := theirs.OK(t, "GET", v1+"/threads?include=participated", nil)
		if got := ids(threads.List("chunk")); len(got) != 1 || got[0] != root {
			t.Errorf("threads: %v", got)
		}
		ch.Refused(t, "GET", v1+"/threads?include=some", nil, http.StatusBadRequest, "M_INVALID_PARAM")
	})
}

// checkRecursion hangs a chain of four reactions, each on the one before, on an answer of a thread, and looks how far it is followed.
func checkRecursion(t *testing.T, ch channel, relations, answer string) {
	t.Helper()
	chain := []string{answer}
	for n := range 4 {
		about := M{"m.relates_to": M{"rel_type": "m.annotation", "event_id": chain[n], "key": "✓"}}
		sent := ch.OK(t, "PUT", ch.path(fmt.Sprintf("/send/m.reaction/chain%d", n)), about)
		chain = append(chain, sent.Text("event_id"))
	}
	deep := func(of, query string, depth float64, want ...string) nodetest.Answer {
		t.Helper()
		page := ch.OK(t, "GET", of+query, nil)
		got := ids(page.List("chunk"))
		for _, id := range want {
			if !slices.Contains(got, id) {
				t.Errorf("%s: %v lacks %s", query, got, id)
			}
		}
		if page.Value("recursion_depth") != depth || slices.Contains(got, chain[4]) {
			t.Errorf("%s: depth %v, and %v", query, page.Value("recursion_depth"), got)
		}
		return page
	}
	// From the root the answer is the first level, and the reactions to it are the second and the third.
	all := ids(deep(relations, "?recurse=true&limit=100", 3, chain[0], chain[1], chain[2]).List("chunk"))
	if slices.Contains(all, chain[3]) || slices.Index(all, chain[2]) > slices.Index(all, chain[1]) {
		t.Errorf("too deep, or not the newest first: %v", all)
	}
	if shallow := ids(deep(relations, "?recurse=false&limit=100", 1, chain[0]).List("chunk")); slices.Contains(shallow, chain[1]) {
		t.Errorf("without recursion: %v", shallow)
	}
	// A filter holds on every level: the reactions hang on an answer that it leaves out.
	if left := ids(deep(relations, "/m.annotation?recurse=true", 3).List("chunk")); len(left) != 0 {
		t.Errorf("reached through what was filtered out: %v", left)
	}
	from := strings.TrimSuffix(relations, path.Base(relations)) + url.PathEscape(answer) + "/m.annotation"
	deep(from, "/m.reaction?recurse=true&dir=f", 3, chain[1], chain[2], chain[3])
	first := deep(from, "?recurse=true&limit=1", 3, chain[3])
	deep(from, "?recurse=true&limit=2&from="+first.Text("next_batch"), 3, chain[1], chain[2])
	ch.Refused(t, "GET", relations+"?recurse=deep", nil, http.StatusBadRequest, "M_INVALID_PARAM")
}

func TestDirectory(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward)
		alias := v3 + "/directory/room/" + url.PathEscape("#гуфтугӯ:hub.test")
		steward.Refused(t, "GET", alias, nil, http.StatusNotFound, "M_NOT_FOUND")
		other.Refused(t, "PUT", alias, M{"room_id": ch.id}, http.StatusForbidden, "M_FORBIDDEN")
		steward.Refused(t, "PUT", alias, M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		steward.Refused(t, "PUT", v3+"/directory/room/"+url.PathEscape("#a:elsewhere.org"), M{"room_id": ch.id}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.OK(t, "PUT", alias, M{"room_id": ch.id})
		if got := other.OK(t, "GET", alias, nil).Text("room_id"); got != ch.id {
			t.Errorf("the alias leads to %q", got)
		}
		if got := ch.OK(t, "GET", ch.path("/aliases"), nil).List("aliases"); len(got) != 1 {
			t.Errorf("aliases: %v", got)
		}
		list := v3 + "/directory/list/room/" + url.PathEscape(ch.id)
		other.Refused(t, "PUT", list, M{"visibility": "public"}, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "PUT", list, M{"visibility": "public"})
		if got := other.OK(t, "GET", list, nil).Text("visibility"); got != "public" {
			t.Errorf("visibility: %q", got)
		}
		second := steward.OK(t, "POST", v3+"/createRoom", M{"name": "Ҳисобот", "visibility": "public", "preset": "public_chat"}).Text("room_id")
		first := other.OK(t, "GET", v3+"/publicRooms?limit=1", nil)
		if len(first.List("chunk")) != 1 || first.Value("total_room_count_estimate") != float64(2) {
			t.Errorf("first page: %s", first.Raw)
		}
		rest := other.OK(t, "GET", v3+"/publicRooms?limit=1&since="+first.Text("next_batch"), nil)
		if len(rest.List("chunk")) != 1 || rest.Value("next_batch") != nil || rest.Text("prev_batch") == "" {
			t.Errorf("second page: %s", rest.Raw)
		}
		found := other.OK(t, "POST", v3+"/publicRooms", M{"filter": M{"generic_search_term": "хисобот"}})
		if list := found.List("chunk"); len(list) != 1 || list[0].(map[string]any)["room_id"] != second {
			t.Errorf("search: %s", found.Raw)
		}
		other.OK(t, "POST", v3+"/join/"+url.PathEscape(second), M{})
		other.Refused(t, "GET", v3+"/publicRooms?since=x", nil, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.OK(t, "DELETE", alias, nil)
		steward.Refused(t, "DELETE", alias, nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}
