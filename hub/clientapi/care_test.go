package clientapi_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/node/nodetest"
)

const us = "/_panah/v1"

// cast is a small network: two organisations, each with an administrator and a member, in the first one also an observer.
type cast struct {
	hub                                     *nodetest.Hub
	steward, admin, member, observer        *nodetest.Client
	otherAdmin, otherMember, suspended      *nodetest.Client
	organisation, otherOrganisation, nobody string
}

func eachCast(t *testing.T, f func(t *testing.T, c *cast)) {
	t.Helper()
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		c := &cast{hub: hub, steward: steward, nobody: "@nobody:hub.test"}
		c.organisation = steward.Organisation(t, "Меҳрубон", "ngo", "TJ")
		c.otherOrganisation = steward.Organisation(t, "سایہ ٹرسٹ", "ngo", "PK")
		join := func(organisation, role, user string) *nodetest.Client {
			return hub.SignUp(t, steward.Invite(t, organisation, role), user)
		}
		c.admin, c.member, c.observer = join(c.organisation, "admin", "mavzuna"), join(c.organisation, "member", "firuz"), join(c.organisation, "observer", "bahrom")
		c.otherAdmin, c.otherMember = join(c.otherOrganisation, "admin", "ayesha"), join(c.otherOrganisation, "member", "imran")
		c.suspended = join(c.organisation, "member", "rustam")
		steward.OK(t, "POST", us+"/people/"+url.PathEscape(c.suspended.UserID)+"/suspend", M{"reason": "safety"})
		f(t, c)
	})
}

func personPath(who, deed string) string { return us + "/people/" + url.PathEscape(who) + "/" + deed }

// TestWhoReachesWhat calls every endpoint of those who look after others as everybody: what is not theirs is refused, and so is what does
// not exist. Each answer is by the callers in order: steward, admin, admin of another organisation, member, observer, somebody suspended, nobody.
func TestWhoReachesWhat(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		callers := []*nodetest.Client{c.steward, c.admin, c.otherAdmin, c.member, c.observer, c.suspended, c.hub.Nobody()}
		proposal := c.admin.OK(t, "POST", us+"/organisations", M{"name": "Нав", "kind": "ngo", "country": "TJ"}).Text("id")
		member, gone := c.member.UserID, c.nobody
		const ok, no, missing, out, bad = http.StatusOK, http.StatusForbidden, http.StatusNotFound, http.StatusUnauthorized, http.StatusBadRequest
		tests := []struct {
			method, path string
			body         M
			want         [7]int
		}{
			{"GET", us + "/overview", nil, [7]int{ok, no, no, no, no, out, out}},
			{"GET", us + "/homeless", nil, [7]int{ok, no, no, no, no, out, out}},
			{"GET", us + "/audit", nil, [7]int{ok, ok, ok, no, no, out, out}},
			{"GET", us + "/audit/export?format=json", nil, [7]int{ok, ok, ok, no, no, out, out}},
			{"GET", us + "/audit/export?format=exe", nil, [7]int{bad, bad, bad, bad, bad, out, out}},
			{"GET", us + "/audit?act=" + strings.Repeat("x", 99), nil, [7]int{bad, bad, bad, no, no, out, out}},
			{"GET", us + "/audit?from=tomorrow", nil, [7]int{bad, bad, bad, bad, bad, out, out}},
			{"GET", us + "/audit?before=1.'--", nil, [7]int{bad, bad, bad, no, no, out, out}},
			{"GET", us + "/reports", nil, [7]int{ok, ok, ok, no, no, out, out}},
			{"GET", us + "/invitations", nil, [7]int{ok, ok, ok, no, no, out, out}},
			{"GET", us + "/organisations/" + c.organisation + "/members", nil, [7]int{ok, ok, no, no, no, out, out}},
			{"GET", us + "/organisations/none/members", nil, [7]int{missing, no, no, no, no, out, out}},
			{"POST", us + "/organisations/" + c.organisation, M{"name": "Меҳрубон"}, [7]int{ok, ok, no, no, no, out, out}},
			{"POST", us + "/organisations/" + c.organisation, M{"country": "UZ"}, [7]int{ok, no, no, no, no, out, out}},
			{"POST", us + "/organisations/none", M{"name": "x"}, [7]int{missing, missing, missing, no, no, out, out}},
			{"POST", us + "/organisations/none/standing", M{"standing": "vetted"}, [7]int{missing, no, no, no, no, out, out}},
			{"POST", us + "/organisations/" + c.organisation + "/standing", M{"standing": "refused"}, [7]int{no, no, no, no, no, out, out}},
			{"POST", us + "/organisations/" + proposal + "/standing", M{"standing": "refused", "reason": "rude words"}, [7]int{bad, no, no, no, no, out, out}},
			{"POST", us + "/organisations/" + proposal + "/standing", M{"standing": "refused", "reason": "duplicate"}, [7]int{ok, no, no, no, no, out, out}},
			{"POST", personPath(member, "role"), M{"role": "interpreter"}, [7]int{ok, ok, no, no, no, out, out}},
			{"POST", personPath(member, "role"), M{"role": "member"}, [7]int{ok, ok, no, no, no, out, out}},
			{"POST", personPath(member, "role"), M{"role": "king"}, [7]int{bad, bad, no, no, no, out, out}},
			{"POST", personPath(gone, "role"), M{"role": "member"}, [7]int{missing, missing, missing, missing, missing, out, out}},
			{"POST", personPath("@hub:hub.test", "role"), M{"role": "member"}, [7]int{missing, missing, missing, missing, missing, out, out}},
			{"POST", personPath(c.steward.UserID, "role"), M{"role": "member"}, [7]int{bad, no, no, no, no, out, out}},
			{"POST", personPath(c.steward.UserID, "suspend"), nil, [7]int{no, no, no, no, no, out, out}},
			{"POST", personPath(member, "lift"), nil, [7]int{ok, ok, no, no, no, out, out}},
			{"POST", personPath(member, "move"), M{"organisation_id": "none"}, [7]int{missing, no, no, no, no, out, out}},
			{"POST", personPath(gone, "end-sessions"), nil, [7]int{missing, missing, missing, missing, missing, out, out}},
			{"POST", personPath(c.suspended.UserID, "end-sessions"), nil, [7]int{ok, ok, no, no, no, out, out}},
			{"PUT", personPath(member, "duty"), M{"until": 1}, [7]int{bad, bad, no, bad, no, out, out}},
			{"PUT", personPath(c.observer.UserID, "duty"), M{"until": time.Now().Add(time.Hour).UnixMilli()}, [7]int{no, no, no, no, no, out, out}},
			{"DELETE", personPath(member, "duty"), nil, [7]int{ok, ok, no, ok, no, out, out}},
			{"POST", us + "/reports/none/take", nil, [7]int{missing, missing, missing, no, no, out, out}},
			{"POST", us + "/reports/none/settle", M{}, [7]int{missing, missing, missing, no, no, out, out}},
			{"POST", us + "/reports/none/remove-post", nil, [7]int{missing, missing, missing, no, no, out, out}},
			{"POST", v3 + "/users/" + url.PathEscape(gone) + "/report", M{"reason": "x"}, [7]int{missing, missing, missing, missing, missing, out, out}},
			{"GET", us + "/me/export", nil, [7]int{ok, ok, ok, ok, ok, out, out}},
		}
		for _, test := range tests {
			for i, caller := range callers {
				var body any
				if test.body != nil {
					body = test.body
				}
				if got := caller.Do(t, test.method, test.path, body); got.Status != test.want[i] {
					t.Errorf("%s %s %v by caller %d: got %d %s, want %d", test.method, test.path, test.body, i, got.Status, got.Raw, test.want[i])
				}
			}
		}
	})
}

// Nobody raises anybody above themselves, the network keeps a steward, and an organisation loses its last administrator only when somebody
// is sure of it.
func TestRoles(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		c.admin.Refused(t, "POST", personPath(c.member.UserID, "role"), M{"role": "steward"}, http.StatusForbidden, "M_FORBIDDEN")
		c.admin.Refused(t, "POST", personPath(c.admin.UserID, "role"), M{"role": "steward"}, http.StatusForbidden, "M_FORBIDDEN")
		c.admin.Refused(t, "POST", personPath(c.admin.UserID, "role"), M{"role": "member"}, http.StatusConflict, "NETWORK_PANAH_ASK")
		c.steward.Refused(t, "POST", personPath(c.admin.UserID, "suspend"), M{}, http.StatusConflict, "NETWORK_PANAH_ASK")
		c.admin.OK(t, "POST", personPath(c.member.UserID, "role"), M{"role": "admin"})
		c.member.Refused(t, "GET", us+"/people", nil, http.StatusForbidden, "M_FORBIDDEN") // the new role asks for a second factor at once
		c.member.SetUpCodes(t)
		if may := c.member.OK(t, "GET", us+"/me", nil).List("may"); !contains(may, "manage_members") {
			t.Errorf("the new role does not hold at once: %v", may)
		}
		c.member.OK(t, "POST", personPath(c.admin.UserID, "role"), M{"role": "member"})
		c.admin.Refused(t, "POST", personPath(c.member.UserID, "role"), M{"role": "member"}, http.StatusForbidden, "M_FORBIDDEN")

		last := c.steward.Proved(t, "POST", v3+"/account/deactivate", M{"auth": proofOf(c.steward)})
		if last.Status != http.StatusConflict || last.Text("network.panah.key") != "error.last_steward" {
			t.Errorf("the last steward left: %d %s", last.Status, last.Raw)
		}
		second := c.hub.SignUp(t, c.steward.Invite(t, "", "steward"), "second")
		c.steward.OK(t, "POST", personPath(second.UserID, "suspend"), M{})
		second.Refused(t, "GET", us+"/me", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		c.steward.OK(t, "POST", personPath(second.UserID, "lift"), M{})
	})
}

func contains(list []any, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

// Who is moved comes into the new organisation's space and out of the old one's; who is taken out of an organisation is out of the network
// until a steward has found them another.
func TestMovingAndRemoving(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		spaces := map[string]string{}
		for _, o := range c.steward.OK(t, "GET", us+"/organisations", nil).List("organisations") {
			spaces[o.(map[string]any)["id"].(string)] = o.(map[string]any)["space_id"].(string)
		}
		own := c.member.OK(t, "POST", v3+"/createRoom", M{"name": "Навбат", "preset": "public_chat", "network.panah.space": spaces[c.organisation]}).Text("room_id")
		in := func(room string) bool {
			return contains(c.member.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms"), room)
		}
		if !in(spaces[c.organisation]) || !in(own) {
			t.Fatal("not in the organisation's channels to begin with")
		}
		c.steward.OK(t, "POST", personPath(c.member.UserID, "move"), M{"organisation_id": c.otherOrganisation})
		if in(spaces[c.organisation]) || in(own) || !in(spaces[c.otherOrganisation]) {
			t.Error("moved, and not in the channels of the new organisation alone")
		}
		c.admin.Refused(t, "POST", personPath(c.member.UserID, "suspend"), M{}, http.StatusForbidden, "M_FORBIDDEN")
		c.otherAdmin.OK(t, "POST", personPath(c.member.UserID, "remove"), M{})
		c.member.Refused(t, "GET", us+"/me", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		c.steward.Refused(t, "POST", personPath(c.member.UserID, "lift"), M{}, http.StatusBadRequest, "M_INVALID_PARAM")
		if got := c.steward.OK(t, "GET", us+"/overview", nil).Value("homeless"); got != float64(1) {
			t.Errorf("%v people without an organisation, want 1", got)
		}
		c.steward.OK(t, "POST", personPath(c.member.UserID, "move"), M{"organisation_id": c.organisation})
		c.steward.OK(t, "POST", personPath(c.member.UserID, "lift"), M{})
		c.hub.Nobody().OK(t, "POST", v3+"/login", M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": "firuz"}, "password": nodetest.Passphrase})
	})
}

// A changed country takes the organisation's space and people with it.
func TestAnOrganisationMovesCountry(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		before := len(c.member.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms"))
		moved := c.steward.OK(t, "POST", us+"/organisations/"+c.organisation, M{"country": "UZ", "kind": "shelter", "name": "Yangi"})
		if moved.Text("country") != "UZ" || moved.Text("kind") != "shelter" || moved.Text("name") != "Yangi" {
			t.Errorf("moved: %s", moved.Raw)
		}
		if after := len(c.member.OK(t, "GET", v3+"/joined_rooms", nil).List("joined_rooms")); after != before {
			t.Errorf("in %d rooms before and %d after", before, after)
		}
		name := c.member.OK(t, "GET", v3+"/rooms/"+url.PathEscape(moved.Text("space_id"))+"/state/m.room.name/", nil).Text("name")
		if name != "Yangi" {
			t.Errorf("the space is called %q", name)
		}
	})
}

func proofOf(c *nodetest.Client) M {
	return M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": c.UserID}, "password": nodetest.Passphrase}
}

// What is written down can be read, chosen, paged through and taken away; and that it was taken away is written down as well.
func TestAuditLog(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		for n := range 55 {
			role := []string{"interpreter", "member"}[n%2]
			c.admin.OK(t, "POST", personPath(c.member.UserID, "role"), M{"role": role})
		}
		first := c.steward.OK(t, "GET", us+"/audit?person="+url.QueryEscape(c.member.UserID), nil)
		second := c.steward.OK(t, "GET", us+"/audit?person="+url.QueryEscape(c.member.UserID)+"&before="+url.QueryEscape(first.Text("next")), nil)
		if got := len(first.List("entries")) + len(second.List("entries")); got != 55 || second.Text("next") != "" {
			t.Errorf("%d entries on two pages, want 55", got)
		}
		entry := first.List("entries")[0].(map[string]any)
		if entry["act"] != "set_role" || entry["actor_name"] != "mavzuna" || entry["target_name"] != "firuz" || entry["organisation"] != "Меҳрубон" {
			t.Errorf("an entry: %v", entry)
		}
		count := func(by *nodetest.Client, query string) int {
			return len(by.OK(t, "GET", us+"/audit?"+query, nil).List("entries"))
		}
		if got := count(c.otherAdmin, "person="+url.QueryEscape(c.member.UserID)); got != 0 {
			t.Errorf("another organisation's administrator reads %d entries", got)
		}
		if got := count(c.admin, "act=suspend_person"); got != 1 {
			t.Errorf("%d suspensions, want 1", got)
		}
		if got := count(c.steward, "organisation="+c.otherOrganisation+"&act=propose_organisation"); got != 1 {
			t.Errorf("%d foundings of the other organisation, want 1", got)
		}
		if got := count(c.steward, fmt.Sprintf("to=%d", time.Now().Add(-time.Hour).UnixMilli())); got != 0 {
			t.Errorf("%d entries before there was a network", got)
		}
		file := c.admin.OK(t, "GET", us+"/audit/export?format=csv&language=tg", nil)
		if !bytes.HasPrefix(file.Raw, []byte("\ufeff")) || !strings.Contains(file.Header.Get("Content-Disposition"), "audit.csv") {
			t.Errorf("the file begins %q, %v", file.Raw[:20], file.Header)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Raw, []byte("\ufeff")))).ReadAll()
		if err != nil || len(rows) < 57 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows[1:] {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("a spreadsheet takes %q for a formula", cell)
				}
			}
		}
		if row := rows[slices.IndexFunc(rows, func(row []string) bool { return row[3] == "set_role" })]; !strings.Contains(row[4], "firuz") ||
			!strings.Contains(row[4], "mavzuna") || !strings.Contains(row[4], "нақши нав") || !strings.Contains(row[4], "Тарҷумон") && !strings.Contains(row[4], "Узв") {
			t.Errorf("the act in words: %q", row[4])
		}
		var lines []M
		if err := json.Unmarshal(c.steward.OK(t, "GET", us+"/audit/export?format=json&act=set_role", nil).Raw, &lines); err != nil || len(lines) != 55 {
			t.Errorf("%d lines, %v", len(lines), err)
		}
		if got := count(c.steward, "act=export_audit"); got != 2 {
			t.Errorf("%d exports written down, want 2", got)
		}
	})
}

// A report reaches those whom its reporter chose, and never the one whom it is about.
func TestReports(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"invite": []string{c.member.UserID}}).Text("room_id")
		c.member.OK(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/join", M{})
		say := func(by *nodetest.Client, text, txn string) string {
			return by.OK(t, "PUT", v3+"/rooms/"+url.PathEscape(room)+"/send/m.room.message/"+txn, M{"msgtype": "m.text", "body": text}).Text("event_id")
		}
		bad, worse := say(c.admin, "an address in clear", "1"), say(c.member, "a name in clear", "2")
		path := func(event string) string {
			return v3 + "/rooms/" + url.PathEscape(room) + "/report/" + url.PathEscape(event)
		}
		c.otherMember.Refused(t, "POST", path(bad), M{"reason": "x"}, http.StatusNotFound, "M_NOT_FOUND")
		c.member.Refused(t, "POST", path(worse), M{}, http.StatusForbidden, "M_FORBIDDEN")
		c.member.Refused(t, "POST", path(bad), M{"network.panah.code": "boring"}, http.StatusBadRequest, "M_INVALID_PARAM")
		c.member.OK(t, "POST", path(bad), M{"reason": "It names a place", "network.panah.code": "identity", "network.panah.audience": "admins"})
		c.admin.OK(t, "POST", path(worse), M{"network.panah.code": "identity", "network.panah.audience": "admins"})
		c.member.OK(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/report", M{"reason": "whatever"})
		c.otherMember.Refused(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/report", M{}, http.StatusNotFound, "M_NOT_FOUND")
		c.otherMember.OK(t, "POST", v3+"/users/"+url.PathEscape(c.admin.UserID)+"/report", M{"network.panah.code": "harassment"})
		told := c.member.OK(t, "POST", v3+"/users/"+url.PathEscape(c.steward.UserID)+"/report", M{"network.panah.code": "harassment"})
		if got := told.Text("network.panah.audience"); got != "others" {
			t.Errorf("a report about the only steward is said to reach %q", got)
		}

		seen := func(by *nodetest.Client) (about []string) {
			for _, r := range by.OK(t, "GET", us+"/reports", nil).List("reports") {
				about = append(about, r.(map[string]any)["user_id"].(string))
			}
			return about
		}
		if got := seen(c.admin); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values([]string{c.member.UserID, c.steward.UserID}))) {
			t.Errorf("the administrator reads reports about %v, want the member and the only steward", got)
		}
		if got := seen(c.otherAdmin); len(got) != 1 || got[0] != c.steward.UserID {
			t.Errorf("another organisation's administrator reads reports about %v, want the only steward alone", got)
		}
		if got := strings.Join(seen(c.steward), " "); len(seen(c.steward)) != 4 || strings.Contains(got, c.steward.UserID) {
			t.Errorf("the steward reads reports about %v", got)
		}
		if got := len(c.steward.OK(t, "GET", us+"/audit?act=report", nil).List("entries")); got != 4 {
			t.Errorf("the log tells the steward of %d reports, want all but the one about them", got)
		}
		var one map[string]any
		for _, r := range c.admin.OK(t, "GET", us+"/reports", nil).List("reports") {
			if r := r.(map[string]any); r["user_id"] == c.member.UserID {
				one = r
			}
		}
		if one["body"] != "a name in clear" || one["by"] != c.admin.UserID {
			t.Errorf("a report: %v", one)
		}
		act := us + "/reports/" + one["id"].(string)
		c.otherAdmin.Refused(t, "POST", act+"/take", nil, http.StatusNotFound, "M_NOT_FOUND")
		c.admin.OK(t, "POST", act+"/take", nil)
		c.admin.OK(t, "POST", act+"/remove-post", nil)
		event := c.member.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/event/"+url.PathEscape(worse), nil)
		if event.Text("content", "body") != "" {
			t.Errorf("the post is still there: %s", event.Raw)
		}
		c.admin.OK(t, "POST", act+"/settle", M{"note": "Talked to them"})
		c.admin.Refused(t, "POST", act+"/settle", M{}, http.StatusNotFound, "M_NOT_FOUND")
		if got := len(c.admin.OK(t, "GET", us+"/reports?settled=true", nil).List("reports")); got != 1 {
			t.Errorf("%d settled reports, want 1", got)
		}
		for range 20 {
			if c.observer.Do(t, "POST", v3+"/users/"+url.PathEscape(c.admin.UserID)+"/report", M{}).Status == http.StatusTooManyRequests {
				return
			}
		}
		t.Error("one person can flood those who read reports")
	})
}

// Whoever decides on a report reads what its reporter had before them, and what stands there now.
func TestAReportShowsWhatWasSeenAndWhatStands(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"invite": []string{c.member.UserID}}).Text("room_id")
		path := v3 + "/rooms/" + url.PathEscape(room)
		c.member.OK(t, "POST", path+"/join", M{})
		n := 0
		send := func(kind string, content M) string {
			n++
			return c.admin.OK(t, "PUT", fmt.Sprintf("%s/send/%s/%d", path, kind, n), content).Text("event_id")
		}
		post := send("m.room.message", M{"msgtype": "m.text", "body": "harmless"})
		edit := func(body string) string {
			return send("m.room.message", M{"msgtype": "m.text", "body": "* " + body, "m.new_content": M{"msgtype": "m.text", "body": body},
				"m.relates_to": M{"rel_type": "m.replace", "event_id": post}})
		}
		wants := func(then, now string, gone bool) {
			t.Helper()
			one := c.steward.OK(t, "GET", us+"/reports", nil).List("reports")[0].(map[string]any)
			if one["body"] != then || one["now"] != now || one["gone"] != gone {
				t.Errorf("the report shows %q, %q, %v; want %q, %q, %v", one["body"], one["now"], one["gone"], then, now, gone)
			}
		}
		harm := edit("a name in clear")
		c.member.OK(t, "POST", path+"/report/"+url.PathEscape(post), M{"network.panah.code": "identity"})
		wants("a name in clear", "a name in clear", false)
		reported := c.steward.OK(t, "GET", us+"/reports", nil).List("reports")[0].(map[string]any)["at"].(float64)
		for time.Now().UnixMilli() <= int64(reported) {
			runtime.Gosched() // what is worded anew in the same millisecond counts as seen
		}
		edit("nothing was here")
		wants("a name in clear", "nothing was here", false)
		takeBack := func(event string) {
			n++
			c.admin.OK(t, "PUT", fmt.Sprintf("%s/redact/%s/%d", path, url.PathEscape(event), n), M{})
		}
		takeBack(harm)
		wants("", "nothing was here", false)
		takeBack(post)
		wants("", "", true)
	})
}

// A report about a steward goes to the others who may read it; where there is nobody at all, its reporter is told.
func TestAReportReachesSomebodyOrIsRefused(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		report := func(by *nodetest.Client, audience string) nodetest.Answer {
			return by.Do(t, "POST", v3+"/users/"+url.PathEscape(c.steward.UserID)+"/report", M{"network.panah.audience": audience})
		}
		second := c.hub.SignUp(t, c.steward.Invite(t, "", "steward"), "second")
		if got := report(c.member, "stewards").Text("network.panah.audience"); got != "stewards" {
			t.Errorf("beside a second steward it reaches %q", got)
		}
		if got := report(second, "stewards").Text("network.panah.audience"); got != "others" {
			t.Errorf("the only other steward reports: it reaches %q", got)
		}
		for _, one := range []*nodetest.Client{second, c.admin, c.otherAdmin} {
			c.steward.OK(t, "POST", personPath(one.UserID, "suspend"), M{"reason": "closed", "sure": true})
		}
		refused := report(c.member, "stewards")
		if refused.Status != http.StatusConflict || refused.Text("network.panah.key") != "error.report_unread" {
			t.Errorf("nobody reads it: %d %s", refused.Status, refused.Raw)
		}
	})
}

// Everybody hears at once who comes on duty and who goes off it, over /sync like over the websocket.
func TestDuty(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		since := c.otherMember.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
		until := time.Now().Add(4 * time.Hour).UnixMilli()
		c.member.OK(t, "PUT", personPath(c.member.UserID, "duty"), M{"until": until, "note": "Night"})
		heard := func(from string) (M, string) {
			answer := c.otherMember.OK(t, "GET", v3+"/sync?timeout=10000&since="+from, nil)
			for _, e := range answer.List("account_data", "events") {
				if e := e.(map[string]any); e["type"] == "network.panah.duty."+c.member.UserID {
					return e["content"].(map[string]any), answer.Text("next_batch")
				}
			}
			t.Fatalf("not told: %s", answer.Raw)
			return nil, ""
		}
		on, since := heard(since)
		if on["until"] != float64(until) || on["note"] != "Night" || on["organisation_id"] != c.organisation {
			t.Errorf("on duty: %v", on)
		}
		c.member.OK(t, "PUT", personPath(c.member.UserID, "duty"), M{"until": until + 1000})
		if on, since = heard(since); on["until"] != float64(until+1000) {
			t.Errorf("for longer: %v", on)
		}
		if !strings.Contains(string(c.otherMember.OK(t, "GET", v3+"/sync?timeout=0", nil).Raw), "network.panah.duty."+c.member.UserID) {
			t.Error("a new device does not know who is on duty")
		}
		c.otherAdmin.Refused(t, "DELETE", personPath(c.member.UserID, "duty"), nil, http.StatusForbidden, "M_FORBIDDEN")
		c.admin.OK(t, "DELETE", personPath(c.member.UserID, "duty"), nil)
		if on, _ = heard(since); on["until"] != nil {
			t.Errorf("off duty: %v", on)
		}
		if strings.Contains(string(c.otherMember.OK(t, "GET", v3+"/sync?timeout=0", nil).Raw), "network.panah.duty.") {
			t.Error("a new device is told of somebody who is off duty")
		}
		c.member.Refused(t, "PUT", personPath(c.member.UserID, "duty"), M{"until": time.Now().Add(72 * time.Hour).UnixMilli()}, http.StatusBadRequest, "M_INVALID_PARAM")
	})
}

// What somebody says of themselves is in the directory, within its bounds.
func TestAbout(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		c.member.OK(t, "PUT", us+"/me/about", M{"speaks": []string{"tg", "fa-AF", "tg", "haz"}, "ask_about": " \u202eҲуқуқ "})
		for _, p := range c.observer.OK(t, "GET", us+"/people", nil).List("people") {
			if p := p.(map[string]any); p["user_id"] == c.member.UserID {
				if fmt.Sprint(p["speaks"]) != "[tg fa-AF haz]" || p["ask_about"] != "Ҳуқуқ" {
					t.Errorf("shown as %v", p)
				}
			}
		}
		for _, bad := range []M{{"speaks": []string{"no language"}}, {"ask_about": strings.Repeat("ҳ", 161)}, {"speaks": make([]string, 17)}} {
			c.member.Refused(t, "PUT", us+"/me/about", bad, http.StatusBadRequest, "M_INVALID_PARAM")
		}
	})
}

func TestChangingThePassphrase(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		login := func(passphrase string) nodetest.Answer {
			return c.hub.Nobody().Do(t, "POST", v3+"/login", M{"type": "m.login.password", "identifier": M{"type": "m.id.user", "user": "firuz"}, "password": passphrase})
		}
		other := &nodetest.Client{URL: c.hub.URL, Token: login(nodetest.Passphrase).Text("access_token")}
		wish := M{"new_password": "eight loud rivers"}
		if asked := c.member.Do(t, "POST", v3+"/account/password", wish); asked.Status != http.StatusUnauthorized || asked.Text("session") == "" {
			t.Errorf("without a proof: %d %s", asked.Status, asked.Raw)
		}
		wish["auth"] = proofOf(c.member)
		c.member.OK(t, "POST", v3+"/account/password", wish)
		c.member.OK(t, "GET", us+"/me", nil)
		other.Refused(t, "GET", us+"/me", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		if login(nodetest.Passphrase).Status != http.StatusForbidden || login("eight loud rivers").Status != http.StatusOK {
			t.Error("the old passphrase still opens, or the new one does not")
		}
	})
}

// Whoever leaves takes along what is theirs, and then is gone: from the list of people, from channels, from what they wrote if they wish so, and
// their user name belongs to nobody ever again.
func TestLeavingTheNetwork(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"name": "Навбат", "invite": []string{c.member.UserID}}).Text("room_id")
		c.member.OK(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/join", M{})
		c.admin.OK(t, "PUT", v3+"/rooms/"+url.PathEscape(room)+"/send/m.room.message/a", M{"msgtype": "m.text", "body": "somebody else's words"})
		for n := range 45 {
			c.member.OK(t, "PUT", v3+"/rooms/"+url.PathEscape(room)+fmt.Sprintf("/send/m.room.message/%d", n), M{"msgtype": "m.text", "body": fmt.Sprintf("own words %d", n)})
		}
		c.member.OK(t, "PUT", v3+"/user/"+url.PathEscape(c.member.UserID)+"/account_data/network.panah.settings", M{"theme": "dark"})
		files := unpack(t, c.member.OK(t, "GET", us+"/me/export", nil).Raw)
		if got := strings.Count(files["posts.jsonl"], "own words"); got != 45 || strings.Contains(files["posts.jsonl"], "somebody else") {
			t.Errorf("%d own posts, want 45 and nobody else's", got)
		}
		if !strings.Contains(files["channels.jsonl"], "Навбат") || !strings.Contains(files["account.json"], `"dark"`) || !strings.Contains(files["account.json"], "Меҳрубон") {
			t.Errorf("the export lacks something: %v", files)
		}
		if strings.Contains(files["account.json"], "argon2id") || strings.Contains(files["account.json"], c.member.Token) {
			t.Error("the export holds a secret")
		}
		wish := M{"erase": true}
		if asked := c.member.Do(t, "POST", v3+"/account/deactivate", wish); asked.Status != http.StatusUnauthorized || asked.Text("session") == "" {
			t.Errorf("without a proof: %d %s", asked.Status, asked.Raw)
		}
		wish["auth"] = proofOf(c.member)
		c.member.OK(t, "POST", v3+"/account/deactivate", wish)
		c.member.Refused(t, "GET", us+"/me", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		if strings.Contains(string(c.steward.OK(t, "GET", us+"/people", nil).Raw), "firuz") {
			t.Error("still in the list of people")
		}
		awaitErased(t, c, room)
		page := string(c.admin.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=200", nil).Raw)
		for left, want := range map[string]bool{"own words": false, `"displayname":"firuz"`: false, "somebody else": true} {
			if strings.Contains(page, left) != want {
				t.Errorf("%q is left: %v, want %v", left, !want, want)
			}
		}
		again := c.steward.Invite(t, c.organisation, "member")
		c.hub.Nobody().Refused(t, "POST", v3+"/register", M{"username": "firuz", "password": nodetest.Passphrase,
			"auth": M{"type": "m.login.registration_token", "token": again}}, http.StatusBadRequest, "M_USER_IN_USE")
		c.admin.Refused(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/invite", M{"user_id": c.member.UserID}, http.StatusNotFound, "M_NOT_FOUND")
	})
}

// What is all of a person's is not given to a device that only holds a token: it asks first who is there.
func TestExportAsksForAProof(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		token := c.member.Proved(t, "POST", "/_matrix/client/v1/login/get_token", M{"auth": proofOf(c.member)}).Text("login_token")
		carried := c.hub.Nobody()
		carried.Token = carried.OK(t, "POST", v3+"/login", M{"type": "m.login.token", "token": token}).Text("access_token")
		refused := carried.Refused(t, "GET", us+"/me/export", nil, http.StatusForbidden, "M_FORBIDDEN")
		if got := refused.Text("network.panah.key"); got != "error.prove_first" {
			t.Errorf("refused with %q", got)
		}
		carried.OK(t, "POST", us+"/prove", M{"passphrase": nodetest.Passphrase})
		if unpack(t, carried.OK(t, "GET", us+"/me/export", nil).Raw)["account.json"] == "" {
			t.Error("nothing after the proof")
		}
	})
}

// A channel that somebody left is in their export as it was called then.
func TestExportNamesChannelsAsOfLeaving(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"name": "Before", "invite": []string{c.member.UserID}}).Text("room_id")
		path := v3 + "/rooms/" + url.PathEscape(room)
		c.member.OK(t, "POST", path+"/join", M{})
		c.member.OK(t, "POST", path+"/leave", M{})
		c.admin.OK(t, "PUT", path+"/state/m.room.name", M{"name": "Secret since"})
		got := unpack(t, c.member.OK(t, "GET", us+"/me/export", nil).Raw)["channels.jsonl"]
		if !strings.Contains(got, "Before") || strings.Contains(got, "Secret since") {
			t.Errorf("the channels of one who left: %s", got)
		}
		if got := unpack(t, c.admin.OK(t, "GET", us+"/me/export", nil).Raw)["channels.jsonl"]; !strings.Contains(got, "Secret since") {
			t.Errorf("the channels of one who stayed: %s", got)
		}
	})
}

// Where somebody had left before, or was put out, nothing of theirs stays either: not the name, the reason of leaving, or what they wrote.
func TestErasureReachesLeftChannels(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		make := func(name string) string {
			path := v3 + "/rooms/" + url.PathEscape(c.admin.OK(t, "POST", v3+"/createRoom", M{"name": name, "invite": []string{c.member.UserID}}).Text("room_id"))
			c.member.OK(t, "POST", path+"/join", M{})
			c.member.OK(t, "PUT", path+"/send/m.room.message/a", M{"msgtype": "m.text", "body": "orchard words"})
			return path
		}
		left, removed := make("Left"), make("Removed")
		c.member.OK(t, "POST", left+"/leave", M{"reason": "orchard reason"})
		c.admin.OK(t, "POST", removed+"/kick", M{"user_id": c.member.UserID, "reason": "orchard kick"})
		last := make("Last") // channels are gone through by when one came or left, so this one is done last
		c.member.OK(t, "POST", v3+"/account/deactivate", M{"erase": true, "auth": proofOf(c.member)})
		id, err := url.PathUnescape(strings.TrimPrefix(last, v3+"/rooms/"))
		if err != nil {
			t.Fatal(err)
		}
		awaitErased(t, c, id)
		for _, path := range []string{left, removed, last} {
			page := string(c.admin.OK(t, "GET", path+"/messages?dir=b&limit=200", nil).Raw)
			state := string(c.admin.OK(t, "GET", path+"/state", nil).Raw)
			for _, gone := range []string{"orchard", `"displayname":"firuz"`} {
				if strings.Contains(page+state, gone) {
					t.Errorf("%q is still in a channel that was left: %s", gone, page)
				}
			}
		}
		if found := hits(look(t, c.admin, "orchard")); len(found) != 0 {
			t.Errorf("search still finds %v", found)
		}
	})
}

// A reported post goes also when its author has left the channel.
func TestReportedPostOfOneWhoLeft(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		path := v3 + "/rooms/" + url.PathEscape(c.admin.OK(t, "POST", v3+"/createRoom", M{"invite": []string{c.member.UserID}}).Text("room_id"))
		c.member.OK(t, "POST", path+"/join", M{})
		id := c.member.OK(t, "PUT", path+"/send/m.room.message/1", M{"msgtype": "m.text", "body": "a name in clear"}).Text("event_id")
		c.admin.OK(t, "POST", path+"/report/"+url.PathEscape(id), M{"network.panah.code": "identity", "network.panah.audience": "admins"})
		c.member.OK(t, "POST", path+"/leave", M{})
		one := c.steward.OK(t, "GET", us+"/reports", nil).List("reports")[0].(map[string]any)
		c.steward.OK(t, "POST", us+"/reports/"+one["id"].(string)+"/remove-post", nil)
		if page := string(c.admin.OK(t, "GET", path+"/messages?dir=b&limit=50", nil).Raw); strings.Contains(page, "a name in clear") {
			t.Errorf("the post is still there: %s", page)
		}
		if got := len(c.steward.OK(t, "GET", us+"/audit?act=remove_post", nil).List("entries")); got != 1 {
			t.Errorf("%d entries in the audit log, want 1", got)
		}
	})
}

// Files go with their owner: the picture, what was never posted, what had not arrived, and with the posts what they showed.
func TestLeavingTakesOnesFiles(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"invite": []string{c.member.UserID}}).Text("room_id")
		c.member.OK(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/join", M{})
		send := func(who *nodetest.Client, txn, uri string) {
			who.OK(t, "PUT", v3+"/rooms/"+url.PathEscape(room)+"/send/m.room.message/"+txn, M{"msgtype": "m.image", "body": "a.png", "url": uri})
		}
		used := func() any {
			return c.admin.OK(t, "GET", us+"/organisations/"+c.organisation+"/media", nil).Value("used")
		}
		shared := upload(t, c.member, "b.png", pngPicture(t, 42, 40))
		staying := used()
		face, posted, unused := upload(t, c.member, "face.png", pngPicture(t, 40, 40)), upload(t, c.member, "a.png", pngPicture(t, 41, 40)),
			upload(t, c.member, "c.png", pngPicture(t, 43, 40))
		c.member.OK(t, "PUT", v3+"/profile/"+url.PathEscape(c.member.UserID)+"/avatar_url", M{"avatar_url": face})
		send(c.member, "1", posted)
		send(c.member, "2", shared)
		send(c.admin, "1", shared)
		if answer := begin(t, c.member, "1000000", "late.png"); answer.Status != http.StatusCreated {
			t.Fatalf("begin: %d %s", answer.Status, answer.Raw)
		}
		for _, uri := range []string{face, posted, shared} {
			c.admin.OK(t, "GET", at(uri), nil)
		}
		c.member.OK(t, "POST", v3+"/account/deactivate", M{"erase": true, "auth": proofOf(c.member)})
		awaitErased(t, c, room)
		for name, uri := range map[string]string{"the picture": face, "a posted file": posted, "a file of no post": unused} {
			if answer := c.admin.Do(t, "GET", at(uri), nil); answer.Status != http.StatusNotFound {
				t.Errorf("%s is still there: %d", name, answer.Status)
			}
		}
		// What a colleague passed on is the colleague's.
		c.admin.OK(t, "GET", at(shared), nil)
		if got := used(); got != staying {
			t.Errorf("%v bytes are used, want the %v of what is left", got, staying)
		}
	})
}

// awaitErased follows the room until the one who left is out of it: the last thing that is done.
func awaitErased(t *testing.T, c *cast, room string) {
	t.Helper()
	answer := c.admin.OK(t, "GET", v3+"/sync?timeout=0", nil)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		members := c.admin.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/joined_members", nil)
		if members.Value("joined", c.member.UserID) == nil {
			return
		}
		answer = c.admin.OK(t, "GET", v3+"/sync?timeout=5000&since="+answer.Text("next_batch"), nil)
	}
	t.Fatal("never out of the channel")
}

func unpack(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// What somebody blocks does not reach them: posts and invitations; state does, and so does the hub itself.
func TestBlocking(t *testing.T) {
	eachCast(t, func(t *testing.T, c *cast) {
		room := c.admin.OK(t, "POST", v3+"/createRoom", M{"name": "Навбат", "invite": []string{c.member.UserID, c.otherMember.UserID}}).Text("room_id")
		at := v3 + "/rooms/" + url.PathEscape(room)
		c.member.OK(t, "POST", at+"/join", M{})
		c.otherMember.OK(t, "POST", at+"/join", M{})
		list := v3 + "/user/" + url.PathEscape(c.member.UserID) + "/account_data/m.ignored_user_list"
		c.member.OK(t, "PUT", list, M{"ignored_users": M{c.otherMember.UserID: M{}, "@hub:hub.test": M{}}})
		since := c.member.OK(t, "GET", v3+"/sync?timeout=0", nil).Text("next_batch")
		say := func(by *nodetest.Client, text string) {
			by.OK(t, "PUT", at+"/send/m.room.message/"+text, M{"msgtype": "m.text", "body": text})
		}
		say(c.otherMember, "unwanted")
		say(c.admin, "wanted")
		c.otherMember.OK(t, "PUT", v3+"/profile/"+url.PathEscape(c.otherMember.UserID)+"/displayname", M{"displayname": "Renamed"})
		direct := c.otherMember.OK(t, "POST", v3+"/createRoom", M{"invite": []string{c.member.UserID}}).Text("room_id")
		for _, path := range []string{v3 + "/sync?timeout=0&since=" + since, v3 + "/sync?timeout=0", at + "/messages?dir=b&limit=50"} {
			raw := string(c.member.OK(t, "GET", path, nil).Raw)
			if strings.Contains(raw, `"unwanted"`) || !strings.Contains(raw, `"wanted"`) || strings.Contains(raw, direct) {
				t.Errorf("%s: %s", path, raw)
			}
		}
		news := c.member.OK(t, "GET", v3+"/sync?timeout=0&since="+since, nil)
		if !strings.Contains(string(news.Raw), "Renamed") {
			t.Errorf("state is hidden: %s", news.Raw)
		}
		if got := news.Value("rooms", "join", room, "unread_notifications", "notification_count"); got != float64(1) {
			t.Errorf("%v unread, want the wanted one alone", got)
		}
		c.member.OK(t, "PUT", list, M{"ignored_users": M{}})
		raw := string(c.member.OK(t, "GET", v3+"/sync?timeout=0", nil).Raw)
		if !strings.Contains(raw, `"unwanted"`) || !strings.Contains(raw, direct) {
			t.Errorf("nothing came back with the block: %s", raw)
		}
	})
}
