package alert_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

type M = nodetest.M

const us = "/_panah/v1"

// until asks again and again until what was asked is so, as somebody before a screen does.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if so() {
			return
		}
		<-tick.C
	}
	t.Fatalf("%s: not so after a minute", what)
}

// border is two hubs with an organisation each, that know of each other.
type border struct {
	t                       *testing.T
	here, there             *hubstest.Hub
	steward, over           *nodetest.Client // who look after the hubs
	sender                  *nodetest.Client // of Herat, here
	first, second           *nodetest.Client // of Umed, there
	herat, umed, umedAbroad string           // umedAbroad is what Umed is called here
}

func across(t *testing.T) *border {
	t.Helper()
	hubs := hubstest.Hubs(t, federationtest.NewAuthority(t), 2)
	b := &border{t: t, here: hubs[0], there: hubs[1]}
	b.steward, b.over = b.here.SignUp(t, b.here.FirstToken(t), "anna"), b.there.SignUp(t, b.there.FirstToken(t), "boris")
	b.herat, b.umed = b.steward.Organisation(t, "پناه هرات", "ngo", "AF"), b.over.Organisation(t, "Умед", "ngo", "TJ")
	b.umedAbroad = b.umed + ":" + b.there.Name
	b.sender = b.here.SignUp(t, b.steward.Invite(t, b.herat, "member"), "parwin")
	b.first = b.there.SignUp(t, b.over.Invite(t, b.umed, "member"), "daler")
	b.second = b.there.SignUp(t, b.over.Invite(t, b.umed, "member"), "zarina")
	until(t, "the hub here knows Umed", func() bool { return slices.Contains(abroad(t, b.sender), b.umedAbroad) })
	return b
}

// abroad are the organisations of other hubs that somebody may choose.
func abroad(t *testing.T, c *nodetest.Client) (ids []string) {
	t.Helper()
	for _, hub := range c.OK(t, "GET", us+"/hubs", nil).List("hubs") {
		for _, o := range hub.(M)["organisations"].([]any) {
			ids = append(ids, o.(M)["abroad_id"].(string))
		}
	}
	return ids
}

// transit is an alert to an organisation of the other hub.
func (b *border) transit(txn string) M {
	return M{"txn_id": txn, "code": "transit", "slots": M{"count": 3, "from": "AF-HER", "to": "TJ-DU", "contact": b.herat}, "text": "از راه اسلام‌قلعه", "language": "fa-AF",
		"tlp": "AMBER", "audience": M{"organisations": []string{b.umedAbroad}}}
}

func (b *border) send(txn string) string {
	b.t.Helper()
	return b.sender.OK(b.t, "POST", us+"/alerts", b.transit(txn)).Text("alert_id")
}

func alertPath(id string, rest ...string) string {
	path := us + "/alerts/" + url.PathEscape(id)
	for _, one := range rest {
		path += "/" + one
	}
	return path
}

// onBoard is an alert as somebody has it on their board; nil where they do not.
func onBoard(t *testing.T, c *nodetest.Client, id string) M {
	t.Helper()
	for _, one := range c.OK(t, "GET", us+"/alerts", nil).List("alerts") {
		if one.(M)["id"] == id {
			return one.(M)
		}
	}
	return nil
}

// delivered is what the sender is told of the way to the other hub's organisation.
func (b *border) delivered(id string) M {
	b.t.Helper()
	for _, one := range b.sender.OK(b.t, "GET", alertPath(id), nil).List("delivery") {
		if one.(M)["id"] == b.umedAbroad {
			return one.(M)
		}
	}
	b.t.Fatal("the sender is told nothing of the other hub's organisation")
	return nil
}

// answers are who answered for the other hub's organisation, and what, as the sender reads it.
func (b *border) answers(id string) (all []string) {
	b.t.Helper()
	for _, one := range b.sender.OK(b.t, "GET", alertPath(id), nil).List("organisations") {
		if one.(M)["id"] != b.umedAbroad {
			continue
		}
		for _, n := range one.(M)["answers"].([]any) {
			all = append(all, n.(M)["user_id"].(string)+" "+n.(M)["answer"].(string))
		}
	}
	return all
}

// TestAnAlertReachesAnotherHub: it stands on the board of those for whom it was sent there, with the hub that it is from; what they answer comes back,
// and counts once. An update and a cancel reach them too.
func TestAnAlertReachesAnotherHub(t *testing.T) {
	b := across(t)
	preview := b.sender.OK(t, "POST", us+"/alerts/audience", M{"audience": M{"organisations": []string{b.umedAbroad}}, "tlp": "AMBER"})
	if all := preview.List("abroad"); len(all) != 1 || all[0].(M)["name"] != "Умед" || all[0].(M)["hub"] != b.there.Name {
		t.Errorf("shown beforehand: %s", preview.Raw)
	}
	id := b.send("1")
	until(t, "it is on the board there", func() bool { return onBoard(t, b.first, id) != nil })
	if one := onBoard(t, b.first, id); one["hub"] != b.here.Name || one["needs_me"] != true || one["organisation_id"] != b.herat+":"+b.here.Name {
		t.Errorf("on the board there: %v", one)
	}
	if file := b.first.Do(t, "GET", alertPath(id, "cap"), nil); strings.Count(string(file.Raw), "پناه هرات") < 2*8 {
		t.Errorf("taken from there it does not say in eight languages who sent it and whom to call: %s", file.Raw)
	}
	if onBoard(t, b.over, id) != nil {
		t.Error("somebody has it who is of no organisation for which it is")
	}
	b.first.OK(t, "POST", alertPath(id, "answer"), M{"answer": "can_act", "note": "Мо меравем"})
	until(t, "the answer is here", func() bool { return len(b.answers(id)) > 0 })
	if got, want := b.answers(id), []string{b.first.UserID + " can_act"}; !slices.Equal(got, want) {
		t.Errorf("the answers are %v, want %v", got, want)
	}
	d := b.delivered(id)
	if hub := d["hub"].(M); d["truth"] != "acknowledged" || d["people"] != float64(2) || d["seen"] != float64(1) || hub["took"] != true || hub["server"] != b.there.Name {
		t.Errorf("the sender is told %v", d)
	}
	b.second.OK(t, "POST", alertPath(id, "answer"), M{"answer": "seen"})
	b.first.OK(t, "POST", alertPath(id, "answer"), M{"answer": "done"})
	until(t, "both answers are here", func() bool {
		return slices.Equal(b.answers(id), []string{b.second.UserID + " seen", b.first.UserID + " done"})
	})

	b.sender.OK(t, "POST", alertPath(id, "update"), M{"txn_id": "2", "urgency": "Expected"})
	until(t, "the update is there", func() bool { return onBoard(t, b.first, id)["alert"].(M)["urgency"] == "Expected" })
	b.sender.OK(t, "POST", alertPath(id, "cancel"), M{"reason": "یافت شدند", "language": "fa-AF"})
	until(t, "it is off the board there", func() bool { return onBoard(t, b.first, id) == nil })
	b.first.Refused(t, "POST", alertPath(id, "cancel"), M{}, 403, "M_FORBIDDEN")
}

// TestTheSenderIsToldOfAHubThatIsSilent: while the line is cut the sender reads since when the other hub is silent; once it heals the alert is there, and
// what was answered while it was cut again comes, once.
func TestTheSenderIsToldOfAHubThatIsSilent(t *testing.T) {
	b := across(t)
	hubstest.Cut(b.here, b.there)
	id := b.send("1")
	until(t, "the sender is told that the hub is silent", func() bool {
		d := b.delivered(id)
		return d["truth"] == "unknown" && d["hub"].(M)["silent_since"] != nil && d["hub"].(M)["took"] == false
	})
	hubstest.Heal(b.here, b.there)
	until(t, "it is on the board there", func() bool { return onBoard(t, b.first, id) != nil && onBoard(t, b.second, id) != nil })
	until(t, "the sender is told that the hub has it", func() bool {
		d := b.delivered(id)
		return d["truth"] == "reached" && d["hub"].(M)["silent_since"] == nil && d["people"] == float64(2)
	})
	hubstest.Cut(b.here, b.there)
	b.first.OK(t, "POST", alertPath(id, "answer"), M{"answer": "seen"})
	b.first.OK(t, "POST", alertPath(id, "answer"), M{"answer": "can_act"})
	second := b.send("2")
	hubstest.Heal(b.here, b.there)
	until(t, "the answer is here", func() bool { return slices.Equal(b.answers(id), []string{b.first.UserID + " can_act"}) })
	until(t, "the second one is there", func() bool { return onBoard(t, b.first, second) != nil })
	if d := b.delivered(id); d["truth"] != "acknowledged" || d["seen"] != float64(1) {
		t.Errorf("the sender is told %v", d)
	}
	room := onBoard(t, b.second, id)["room_id"].(string)
	b.second.OK(t, "POST", "/_matrix/client/v3/rooms/"+url.PathEscape(room)+"/receipt/m.read/"+url.PathEscape(id), M{})
	until(t, "the sender is told that another one opened it", func() bool { return b.delivered(id)["seen"] == float64(2) })
	if n := len(b.answers(id)); n != 1 {
		t.Errorf("%d answered, want 1: who opened it did not", n)
	}
}
