package clientapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// look asks as a Matrix client does.
func look(t testing.TB, c *nodetest.Client, term string, more ...M) nodetest.Answer {
	t.Helper()
	criteria := M{"search_term": term, "order_by": "recent"}
	for _, m := range more {
		for name, value := range m {
			criteria[name] = value
		}
	}
	return c.OK(t, "POST", v3+"/search", M{"search_categories": M{"room_events": criteria}})
}

// hits are the ids of what was found.
func hits(answer nodetest.Answer) (found []string) {
	for _, one := range answer.List("search_categories", "room_events", "results") {
		result, _ := one.(M)["result"].(M)
		id, _ := result["event_id"].(string)
		found = append(found, id)
	}
	return found
}

func TestSearch(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		zarina, farid := colleague(t, hub, steward, "zarina"), colleague(t, hub, steward, "farid")
		ch, other := open(t, zarina, farid), open(t, farid)
		first := ch.say(t, "1", "این کتاب نو است")
		second := ch.with(farid).say(t, "2", "كتاب شماره ۱۲")
		closed := other.say(t, "3", "کتاب در کانال دیگر")
		if got := hits(look(t, zarina, "كتاب")); !slices.Equal(got, []string{second, first}) {
			t.Errorf("zarina finds %v", got)
		}
		if got := hits(look(t, farid, "کتاب", M{"filter": M{"limit": 1}})); !slices.Equal(got, []string{closed}) {
			t.Errorf("farid's first page is %v", got)
		}
		answer := look(t, farid, "کتاب 12", M{"event_context": M{"before_limit": 1, "after_limit": 1, "include_profile": true}, "include_state": true,
			"groupings": M{"group_by": []M{{"key": "room_id"}, {"key": "sender"}}}})
		events := []string{"search_categories", "room_events"}
		result := answer.List(append(events, "results")...)[0].(M)
		around := result["context"].(M)
		if len(around["events_before"].([]any)) != 1 || len(around["events_after"].([]any)) != 0 || around["profile_info"].(M)[farid.UserID] == nil {
			t.Errorf("context: %v", around)
		}
		if len(answer.List(append(events, "state", ch.id)...)) == 0 || answer.Value(append(events, "groups", "sender", farid.UserID, "results")...) == nil {
			t.Errorf("state and groups: %s", answer.Raw)
		}
		if words := answer.List(append(events, "highlights")...); !slices.Equal(words, []any{"كتاب", "۱۲"}) {
			t.Errorf("highlights: %v", words)
		}
		marks := result["network.panah.found"].(M)["body"].(M)["marks"].([]any)
		if len(marks) != 2 || marks[1].([]any)[0] != 11.0 || marks[1].([]any)[1] != 13.0 {
			t.Errorf("marks: %v", marks)
		}
		zarina.OK(t, "PUT", ch.path("/redact/"+first+"/4"), M{})
		if got := hits(look(t, zarina, "کتاب")); !slices.Equal(got, []string{second}) {
			t.Errorf("after a redaction zarina finds %v", got)
		}
		if got := hits(look(t, zarina, "کتاب", M{"filter": M{"senders": []string{zarina.UserID}}})); len(got) != 0 {
			t.Errorf("by herself zarina finds %v", got)
		}
		if got := hits(look(t, zarina, "talk", M{"keys": []string{"content.name"}})); len(got) != 1 {
			t.Errorf("channels of that name: %v", got)
		}
	})
}

// What stands around a hit is without those whom the reader ignores, as the channel itself is.
func TestIgnoredAroundAHit(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		zarina, farid := colleague(t, hub, steward, "zarina"), colleague(t, hub, steward, "farid")
		ch := open(t, zarina, farid)
		ch.with(farid).say(t, "1", "unwanted before")
		ch.say(t, "1", "needle")
		ch.with(farid).say(t, "2", "unwanted after")
		zarina.OK(t, "PUT", user(zarina, "/account_data/m.ignored_user_list"), M{"ignored_users": M{farid.UserID: M{}}})
		answer := look(t, zarina, "needle", M{"event_context": M{"before_limit": 3, "after_limit": 3}})
		if len(hits(answer)) != 1 || strings.Contains(string(answer.Raw), "unwanted") {
			t.Errorf("around the hit: %s", answer.Raw)
		}
	})
}

// A new channel's first state is checked like any that is set later, and no name turns the text around it.
func TestFirstStateIsChecked(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		zarina := colleague(t, hub, steward, "zarina")
		keep := func(lifetime any) M {
			return M{"initial_state": []M{{"type": "m.room.retention", "state_key": "", "content": M{"max_lifetime": lifetime}}}}
		}
		zarina.Refused(t, "POST", v3+"/createRoom", keep(1), http.StatusBadRequest, "M_INVALID_PARAM")
		zarina.OK(t, "POST", v3+"/createRoom", keep(90_000_000))
		made := zarina.OK(t, "POST", v3+"/createRoom", M{"name": "Safe\u202ecod.exe", "topic": "One\u2066two\nthree"})
		ch := channel{zarina, made.Text("room_id")}
		named := func(eventType, member, want string) {
			t.Helper()
			if got := zarina.OK(t, "GET", ch.path("/state/"+eventType), nil).Text(member); got != want {
				t.Errorf("%s is %q, want %q", eventType, got, want)
			}
		}
		named("m.room.name", "name", "Safecod.exe")
		named("m.room.topic", "topic", "Onetwo\nthree")
		zarina.OK(t, "PUT", ch.path("/state/m.room.name"), M{"name": " New\u202e name\u200f ", "other": 1})
		named("m.room.name", "name", "New name")
		zarina.OK(t, "PUT", ch.path("/state/m.room.topic"), M{"topic": "می‌روم\u202b"})
		named("m.room.topic", "topic", "می‌روم")
	})
}

func TestSearchesThatFail(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		refused := func(criteria M, code string) {
			t.Helper()
			steward.Refused(t, "POST", v3+"/search", M{"search_categories": M{"room_events": criteria}}, http.StatusBadRequest, code)
		}
		refused(M{}, "M_MISSING_PARAM")
		refused(M{"search_term": "a", "order_by": "beauty"}, "M_INVALID_PARAM")
		refused(M{"search_term": "a", "keys": []string{"content.secret"}}, "M_INVALID_PARAM")
		refused(M{"search_term": "a", "filter": M{"limit": -1}}, "M_INVALID_PARAM")
		refused(M{"search_term": "a", "groupings": M{"group_by": []M{{"key": "colour"}}}}, "M_INVALID_PARAM")
		refused(M{"search_term": 5}, "M_BAD_JSON")
		refused(M{"search_term": "a", "network.panah.since": -1}, "M_INVALID_PARAM")
		steward.Refused(t, "POST", v3+"/search?next_batch=x", M{"search_categories": M{"room_events": M{"search_term": "a b"}}}, http.StatusBadRequest, "M_INVALID_PARAM")
		hub.Nobody().Refused(t, "POST", v3+"/search", M{}, http.StatusUnauthorized, "M_MISSING_TOKEN")
		steward.OK(t, "POST", v3+"/search", M{"search_categories": M{}})
	})
}

// TestSearchesWithoutEnd: on a clock that stands still, as each second lets a person search once more.
func TestSearchesWithoutEnd(t *testing.T) {
	began := time.Now()
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.Now = func() time.Time { return began } })
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	for range 60 {
		answer := steward.Do(t, "POST", v3+"/search", M{"search_categories": M{"room_events": M{"search_term": "word"}}})
		if answer.Status == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("a person may search without end")
}
