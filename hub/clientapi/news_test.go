package clientapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"panah/hub/node/nodetest"
)

func user(c *nodetest.Client, rest string) string {
	return v3 + "/user/" + url.PathEscape(c.UserID) + rest
}

func TestSyncTellsWhatIsNew(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward, other)
		whole := other.OK(t, "GET", v3+"/sync?set_presence=offline", nil)
		if whole.Value("rooms", "join", ch.id) == nil {
			t.Fatalf("the first sync has no channel: %s", whole.Raw)
		}
		answers := make(chan nodetest.Answer)
		go func() {
			answers <- other.Do(t, "GET", v3+"/sync?set_presence=offline&timeout=30000&since="+whole.Text("next_batch"), nil)
		}()
		id := ch.say(t, "1", "Салом")
		news := <-answers
		if got := ids(news.List("rooms", "join", ch.id, "timeline", "events")); len(got) != 1 || got[0] != id {
			t.Errorf("news: %d %s", news.Status, news.Raw)
		}
		if news.Value("rooms", "join", ch.id, "unread_notifications", "notification_count") != float64(1) {
			t.Errorf("unread: %s", news.Raw)
		}
		quiet := other.OK(t, "GET", v3+"/sync?set_presence=offline&since="+news.Text("next_batch"), nil)
		if quiet.Value("rooms", "join", ch.id, "timeline") != nil {
			t.Errorf("told twice: %s", quiet.Raw)
		}
		for _, bad := range []string{"since=nonsense", "since=s1_2_3", "since=s999999999"} {
			other.Refused(t, "GET", v3+"/sync?"+bad, nil, http.StatusBadRequest, "M_UNKNOWN_POS")
		}
		for _, bad := range []string{"timeout=soon", "timeout=-1", "full_state=perhaps", "set_presence=asleep", "filter=nonsense"} {
			other.Refused(t, "GET", v3+"/sync?"+bad, nil, http.StatusBadRequest, "M_INVALID_PARAM")
		}
		other.Refused(t, "GET", v3+"/sync?filter=%7B%22a%22", nil, http.StatusBadRequest, "M_NOT_JSON")
	})
}

func TestFilters(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		id := steward.OK(t, "POST", user(steward, "/filter"), M{"room": M{"timeline": M{"types": []string{"m.room.name"}}}}).Text("filter_id")
		ch.say(t, "1", "left out")
		whole := steward.OK(t, "GET", v3+"/sync?filter="+id, nil)
		events := whole.List("rooms", "join", ch.id, "timeline", "events")
		if len(events) != 1 || events[0].(map[string]any)["type"] != "m.room.name" {
			t.Errorf("with the filter: %s", whole.Raw)
		}
		if got := steward.OK(t, "GET", user(steward, "/filter/"+id), nil); got.Value("room") == nil {
			t.Errorf("the filter: %s", got.Raw)
		}
		steward.Refused(t, "GET", user(steward, "/filter/none"), nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "POST", user(steward, "/filter"), []byte(`[]`), http.StatusBadRequest, "M_BAD_JSON")
		steward.Refused(t, "POST", v3+"/user/"+url.PathEscape("@x:hub.test")+"/filter", M{}, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestReadingAndTyping(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		other := colleague(t, hub, steward, "parvina")
		ch := open(t, steward, other)
		theirs := ch.with(other)
		id := ch.say(t, "1", "Read this")
		since := steward.OK(t, "GET", v3+"/sync", nil).Text("next_batch")
		theirs.OK(t, "POST", theirs.path("/receipt/m.read/"+url.PathEscape(id)), M{})
		theirs.OK(t, "POST", theirs.path("/read_markers"), M{"m.fully_read": id})
		seen := steward.OK(t, "GET", v3+"/sync?timeout=5000&since="+since, nil)
		if got := fmt.Sprint(seen.List("rooms", "join", ch.id, "ephemeral", "events")); got == "[]" {
			t.Errorf("no receipt: %s", seen.Raw)
		}
		marker := other.OK(t, "GET", user(other, "/rooms/"+url.PathEscape(ch.id)+"/account_data/m.fully_read"), nil)
		if marker.Text("event_id") != id {
			t.Errorf("fully read: %s", marker.Raw)
		}
		theirs.Refused(t, "POST", theirs.path("/receipt/m.glanced/"+url.PathEscape(id)), M{}, http.StatusBadRequest, "M_INVALID_PARAM")
		typing := theirs.path("/typing/" + url.PathEscape(other.UserID))
		theirs.OK(t, "PUT", typing, M{"typing": true, "timeout": 20000})
		theirs.Refused(t, "PUT", typing, M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		theirs.Refused(t, "PUT", typing, M{"typing": "yes"}, http.StatusBadRequest, "M_BAD_JSON")
		steward.Refused(t, "PUT", ch.path("/typing/"+url.PathEscape(other.UserID)), M{"typing": true}, http.StatusForbidden, "M_FORBIDDEN")
	})
}

func TestPresence(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		path := v3 + "/presence/" + url.PathEscape(steward.UserID) + "/status"
		steward.OK(t, "PUT", path, M{"presence": "unavailable", "status_msg": "On the road"})
		if answer := steward.OK(t, "GET", path, nil); answer.Text("presence") == "" {
			t.Errorf("presence: %s", answer.Raw)
		}
		steward.Refused(t, "PUT", path, M{"presence": "asleep"}, http.StatusBadRequest, "M_INVALID_PARAM")
	})
}

func TestWhatOnePersonKeeps(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		ch := open(t, steward)
		settings := user(steward, "/account_data/network.panah.settings")
		steward.Refused(t, "GET", settings, nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.OK(t, "PUT", settings, M{"language": "tg", "digits": "latn"})
		if got := steward.OK(t, "GET", settings, nil).Text("language"); got != "tg" {
			t.Errorf("settings: language %q", got)
		}
		steward.Refused(t, "PUT", settings, []byte(`"text"`), http.StatusBadRequest, "M_BAD_JSON")
		steward.Refused(t, "PUT", settings, nil, http.StatusBadRequest, "M_NOT_JSON")
		steward.Refused(t, "PUT", user(steward, "/account_data/m.push_rules"), M{}, http.StatusMethodNotAllowed, "M_BAD_JSON")
		steward.Refused(t, "GET", v3+"/user/"+url.PathEscape("@x:hub.test")+"/account_data/a", nil, http.StatusForbidden, "M_FORBIDDEN")
		tags := user(steward, "/rooms/"+url.PathEscape(ch.id)+"/tags")
		steward.OK(t, "PUT", tags+"/m.favourite", M{"order": 0.25})
		if got := steward.OK(t, "GET", tags, nil); got.Value("tags", "m.favourite", "order") != 0.25 {
			t.Errorf("tags: %s", got.Raw)
		}
		steward.Refused(t, "PUT", tags+"/m.favourite", M{"order": 7}, http.StatusBadRequest, "M_INVALID_PARAM")
		steward.OK(t, "DELETE", tags+"/m.favourite", nil)
		if got := steward.OK(t, "GET", tags, nil); len(got.Value("tags").(map[string]any)) != 0 {
			t.Errorf("tags: %s", got.Raw)
		}
	})
}

func TestPushRules(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		all := steward.OK(t, "GET", v3+"/pushrules/", nil)
		if len(all.List("global", "underride")) == 0 {
			t.Errorf("rules: %s", all.Raw)
		}
		if len(steward.OK(t, "GET", v3+"/pushrules/global/", nil).List("override")) == 0 {
			t.Error("no overriding rules")
		}
		master := v3 + "/pushrules/global/override/.m.rule.master"
		if steward.OK(t, "GET", master+"/enabled", nil).Value("enabled") != false {
			t.Error("everything is silenced from the start")
		}
		steward.OK(t, "PUT", master+"/enabled", M{"enabled": true})
		if steward.OK(t, "GET", master, nil).Value("enabled") != true {
			t.Error("the rule was not switched on")
		}
		own := v3 + "/pushrules/global/content/panah"
		steward.OK(t, "PUT", own, M{"pattern": "panah", "actions": []string{"notify"}})
		steward.OK(t, "PUT", own+"/actions", M{"actions": []any{"notify", M{"set_tweak": "highlight"}}})
		if got := steward.OK(t, "GET", own+"/actions", nil).List("actions"); len(got) != 2 {
			t.Errorf("actions: %v", got)
		}
		steward.OK(t, "DELETE", own, nil)
		steward.Refused(t, "GET", own, nil, http.StatusNotFound, "M_NOT_FOUND")
		steward.Refused(t, "PUT", own, M{"actions": []string{"notify"}}, http.StatusBadRequest, "M_MISSING_PARAM")
	})
}

// What clients ask for at their start and what this hub does not have must be refused in the way that they can go on from.
func TestWhatThereIsNot(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		capabilities := steward.OK(t, "GET", v3+"/capabilities", nil)
		if capabilities.Text("capabilities", "m.room_versions", "default") != "11" || capabilities.Value("capabilities", "m.change_password", "enabled") != true {
			t.Errorf("capabilities: %s", capabilities.Raw)
		}
		steward.OK(t, "GET", v3+"/voip/turnServer", nil)
		steward.OK(t, "GET", v3+"/thirdparty/protocols", nil)
		steward.Refused(t, "GET", v3+"/room_keys/version", nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}
