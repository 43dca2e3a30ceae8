package clientapi_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"panah/hub/node/nodetest"
)

// field is a network of four organisations in three countries, one of them an official one.
type field struct {
	*cast
	herat                              string // an NGO in Herat
	ministry                           string
	sender, senderAdmin, herAll        *nodetest.Client
	focal                              *nodetest.Client // of the ministry
	interpreter                        *nodetest.Client // of the organisation in Dushanbe
	dushanbe, dushanbeAdmin, dushanbeO *nodetest.Client
	lahore                             *nodetest.Client
}

func eachField(t *testing.T, f func(t *testing.T, w *field)) {
	t.Helper()
	eachCast(t, func(t *testing.T, c *cast) {
		w := &field{cast: c, dushanbe: c.member, dushanbeAdmin: c.admin, dushanbeO: c.observer, lahore: c.otherMember}
		w.herat = c.steward.Organisation(t, "پناه هرات", "ngo", "AF")
		w.ministry = c.steward.Organisation(t, "Вазорат", "government", "TJ")
		join := func(organisation, role, user string) *nodetest.Client {
			return c.hub.SignUp(t, c.steward.Invite(t, organisation, role), user)
		}
		w.sender, w.senderAdmin = join(w.herat, "member", "parwin"), join(w.herat, "admin", "laila")
		w.focal, w.interpreter = join(w.ministry, "member", "zafar"), join(c.organisation, "interpreter", "tahmina")
		f(t, w)
	})
}

// transit is an alert that describes nobody.
func transit(txn string) M {
	return M{
		"txn_id": txn, "code": "transit", "slots": M{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "text": "از راه اسلام‌قلعه", "language": "fa-AF",
		"audience": M{"countries": []string{"TJ", "PK"}},
	}
}

func alertPath(id string, rest ...string) string {
	path := us + "/alerts/" + url.PathEscape(id)
	for _, one := range rest {
		path += "/" + one
	}
	return path
}

// board is the ids on somebody's board.
func board(t *testing.T, c *nodetest.Client, query string) (ids []string) {
	t.Helper()
	for _, one := range c.OK(t, "GET", us+"/alerts?"+query, nil).List("alerts") {
		ids = append(ids, one.(M)["id"].(string))
	}
	return ids
}

// TestAnAlertReachesItsAudience: who is shown beforehand is who can open it afterwards, and nobody else.
func TestAnAlertReachesItsAudience(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		preview := w.sender.OK(t, "POST", us+"/alerts/audience", M{"audience": M{"countries": []string{"TJ", "PK"}}, "tlp": "AMBER"})
		counts := map[string]float64{}
		for _, one := range preview.List("organisations") {
			counts[one.(M)["id"].(string)] = one.(M)["people"].(float64)
		}
		// In Dushanbe the administrator, the member and the interpreter, but no observer and nobody suspended; no ministry.
		if counts[w.organisation] != 3 || counts[w.otherOrganisation] != 2 || counts[w.herat] != 1 || counts[w.ministry] != 0 {
			t.Errorf("shown beforehand: %s", preview.Raw)
		}
		sent := w.sender.OK(t, "POST", us+"/alerts", transit("1"))
		id := sent.Text("alert_id")
		if again := w.sender.OK(t, "POST", us+"/alerts", transit("1")); again.Text("alert_id") != id {
			t.Errorf("sent twice: %s and %s", sent.Raw, again.Raw)
		}
		for name, c := range map[string]*nodetest.Client{"member": w.dushanbe, "admin": w.dushanbeAdmin, "interpreter": w.interpreter, "other country": w.lahore, "colleague": w.senderAdmin, "sender": w.sender} {
			if ids := board(t, c, ""); !slices.Equal(ids, []string{id}) {
				t.Errorf("%s has %v on the board", name, ids)
			}
		}
		for name, c := range map[string]*nodetest.Client{"observer": w.dushanbeO, "official": w.focal, "steward": w.steward} {
			if ids := board(t, c, ""); len(ids) != 0 {
				t.Errorf("%s has %v on the board", name, ids)
			}
			c.Refused(t, "GET", alertPath(id), nil, http.StatusNotFound, "M_NOT_FOUND")
		}
		one := w.dushanbe.OK(t, "GET", alertPath(id), nil)
		room := one.Text("room_id")
		event := w.dushanbe.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/event/"+url.PathEscape(id), nil)
		if event.Text("content", "network.panah.alert", "code") != "transit" || event.Text("sender") != w.sender.UserID {
			t.Errorf("the event: %s", event.Raw)
		}
		if body := event.Text("content", "body"); len(body) < 20 {
			t.Errorf("the event says %q", body)
		}
		if one.Text("alert", "urgency") != "Immediate" || one.Text("alert", "tlp") != "AMBER" || one.Value("needs_me") != true {
			t.Errorf("the alert: %s", one.Raw)
		}
		w.dushanbeO.Refused(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/event/"+url.PathEscape(id), nil, http.StatusForbidden, "M_FORBIDDEN")
		w.dushanbe.OK(t, "POST", alertPath(id, "answer"), M{"answer": "can_act", "note": "Мо меравем"})
		answered := w.sender.OK(t, "GET", alertPath(id), nil)
		if got := answered.Value("standings"); got.(M)["can_act"] != float64(1) || got.(M)["silent"] != float64(1) {
			t.Errorf("standings: %v", got)
		}
		if after := w.dushanbe.OK(t, "GET", alertPath(id), nil); after.Text("mine") != "can_act" || after.Value("needs_me") != false {
			t.Errorf("after the answer: %s", after.Raw)
		}
	})
}

// TestWhoeverLeavesIsOutAtOnce: a change of role, organisation or standing changes who opens alerts in the same moment.
func TestWhoeverLeavesIsOutAtOnce(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		reads := func(c *nodetest.Client) bool { return len(board(t, c, "")) == 1 }
		check := func(what string, c *nodetest.Client, want bool) {
			t.Helper()
			if got := reads(c); got != want {
				t.Errorf("%s: reads %v, want %v", what, got, want)
			}
		}
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "role"), M{"role": "observer"})
		check("an observer now", w.dushanbe, false)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "role"), M{"role": "member"})
		check("a member again", w.dushanbe, true)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "move"), M{"organisation_id": w.ministry})
		check("moved to the ministry", w.dushanbe, false)
		w.steward.OK(t, "POST", personPath(w.dushanbe.UserID, "move"), M{"organisation_id": w.otherOrganisation})
		check("moved to Lahore", w.dushanbe, true)
		newcomer := w.hub.SignUp(t, w.steward.Invite(t, w.organisation, "member"), "newcomer")
		check("a newcomer", newcomer, true)
		w.steward.OK(t, "POST", us+"/organisations/"+w.otherOrganisation+"/standing", M{"standing": "suspended", "reason": "safety"})
		one := w.sender.OK(t, "GET", alertPath(id), nil)
		members := w.sender.OK(t, "GET", v3+"/rooms/"+url.PathEscape(one.Text("room_id"))+"/joined_members", nil)
		for _, gone := range []*nodetest.Client{w.lahore, w.otherAdmin, w.dushanbe} {
			if members.Value("joined", gone.UserID) != nil {
				t.Errorf("%s is still a member", gone.UserID)
			}
		}
	})
}

// TestPastTheDoor: nobody makes an alert, an answer or another wording of one by posting it.
func TestPastTheDoor(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", transit("1")).Text("alert_id")
		room := url.PathEscape(w.sender.OK(t, "GET", alertPath(id), nil).Text("room_id"))
		block := M{"code": "transit", "expires": 2000000000, "tlp": "CLEAR"}
		for kind, content := range map[string]M{
			"m.room.message":            {"msgtype": "m.text", "body": "x", "network.panah.alert": block},
			"network.panah.answer":      {"answer": "done", "m.relates_to": M{"rel_type": "m.reference", "event_id": id}},
			"network.panah.translation": {"language": "tg", "text": "x", "m.relates_to": M{"rel_type": "m.reference", "event_id": id}},
		} {
			w.sender.Refused(t, "PUT", v3+"/rooms/"+room+"/send/"+kind+"/a"+kind, content, http.StatusForbidden, "M_FORBIDDEN")
		}
		edit := M{"msgtype": "m.text", "body": "* x", "m.new_content": M{"msgtype": "m.text", "body": "x"}, "m.relates_to": M{"rel_type": "m.replace", "event_id": id}}
		w.sender.Refused(t, "PUT", v3+"/rooms/"+room+"/send/m.room.message/edit", edit, http.StatusForbidden, "M_FORBIDDEN")
		w.dushanbe.OK(t, "PUT", v3+"/rooms/"+room+"/send/m.room.message/talk", M{"msgtype": "m.text", "body": "Мо дар роҳем"})
		w.dushanbe.Refused(t, "POST", v3+"/rooms/"+room+"/invite", M{"user_id": w.focal.UserID}, http.StatusForbidden, "M_FORBIDDEN")
		w.focal.Refused(t, "POST", v3+"/rooms/"+room+"/join", M{}, http.StatusForbidden, "M_FORBIDDEN")
	})
}
