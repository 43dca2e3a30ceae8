package clientapi_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"filippo.io/age"

	"panah/hub/node/nodetest"
	"panah/hub/place/ledger"
)

// house is a network with a shelter in Khatlon and caseworkers in Kunduz and Lahore.
type house struct {
	*cast
	head, intake, worker, focal *nodetest.Client
	shelter                     string
}

func eachShelter(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	eachCast(t, func(t *testing.T, c *cast) {
		join := func(organisation, role, user string) *nodetest.Client {
			return c.hub.SignUp(t, c.steward.Invite(t, organisation, role), user)
		}
		khatlon, kunduz := c.steward.Organisation(t, "Паноҳгоҳи Хатлон", "shelter", "TJ"), c.steward.Organisation(t, "پناه کندز", "ngo", "AF")
		h := &house{
			cast: c, head: join(khatlon, "admin", "gulnora"), intake: join(khatlon, "member", "zebo"), worker: join(kunduz, "member", "parwin"),
			focal: join(c.steward.Organisation(t, "Вазорат", "government", "TJ"), "member", "zafar"),
		}
		h.shelter = h.head.OK(t, "POST", us+"/places/shelters", shelterOf("Лола", "r")).Text("id")
		h.count(t, h.intake, "c", 1)
		f(t, h)
	})
}

func shelterOf(name, txn string) M {
	return M{"txn_id": txn, "name": name, "country": "TJ", "province": "TJ-KT", "facility": "emergency", "services": []string{"medical"}, "languages": []string{"tg"}, "seen_by": "network", "zone": 300}
}

func (h *house) count(t *testing.T, by *nodetest.Client, txn string, women int) {
	t.Helper()
	by.OK(t, "POST", us+"/places/shelters/"+h.shelter+"/count", M{"txn_id": txn, "capacity": M{"women": M{"total": women}}})
}

func wanted(txn string, shelters ...string) M {
	return M{
		"txn_id": txn, "shelters": shelters, "category": "women", "group": 1, "urgency": "urgent", "ages": []string{"18-24"}, "languages": []string{"fa-AF"}, "from": "AF-KDZ",
		"consent": M{"given": "none"},
	}
}

func requestPath(id string, rest ...string) string {
	return us + "/places/requests/" + strings.Join(append([]string{url.PathEscape(id)}, rest...), "/")
}

// TestAnUndisclosedShelterKeepsItsClock: Afghanistan alone is half an hour off.
func TestAnUndisclosedShelterKeepsItsClock(t *testing.T) {
	eachShelter(t, func(t *testing.T, h *house) {
		hidden := shelterOf("Нур", "h")
		hidden["country"], hidden["province"], hidden["zone"] = "", "", 270
		h.head.OK(t, "POST", us+"/places/shelters", hidden)
		for _, reader := range []*nodetest.Client{h.worker, h.head} {
			for _, one := range reader.OK(t, "GET", us+"/places/shelters", nil).List("shelters") {
				s := one.(M)
				if _, told := s["zone"]; told != (s["country"] != "" || s["own"] == true) {
					t.Errorf("%s of %s is told its clock: %v", s["name"], s["country"], told)
				}
			}
		}
	})
}

// TestAPlaceIsFoundAskedForAndGiven: the whole way over HTTP, with what both sides are told of it.
func TestAPlaceIsFoundAskedForAndGiven(t *testing.T) {
	eachShelter(t, func(t *testing.T, h *house) {
		found := h.worker.OK(t, "POST", us+"/places/search", M{"category": "women", "group": 1, "urgency": "urgent", "needs": []string{"legal"}, "from": "AF-KDZ"})
		one := found.List("shelters")[0].(M)
		if found.Value("free") != true || one["id"] != h.shelter || one["suits"].(M)["freshness"] != "fresh" || one["suits"].(M)["warnings"].([]any)[0] != "need.legal" {
			t.Errorf("found: %s", found.Raw)
		}
		for _, secret := range []string{"organisation", "capacity", "seen_by"} {
			if _, there := one[secret]; there {
				t.Errorf("%s is shown to strangers", secret)
			}
		}
		asked := h.worker.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter))
		if again := h.worker.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter)); again.Text("ask_id") != asked.Text("ask_id") {
			t.Errorf("asked twice: %s", again.Raw)
		}
		request := asked.List("requests")[0].(M)
		id := request["id"].(string)
		if request["state"] != "held" || request["until"] == nil || request["mine"] != true || request["decide"] != false {
			t.Errorf("asked: %s", asked.Raw)
		}
		second := h.otherMember.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter)).List("requests")[0].(M)
		if second["state"] != "waiting" || second["position"] != float64(1) {
			t.Errorf("the second: %v", second)
		}
		notices := h.intake.OK(t, "GET", v3+"/user/"+url.PathEscape(h.intake.UserID)+"/account_data/network.panah.places", nil)
		if told := notices.List("notices"); len(told) != 1 || told[0].(M)["about"] != id || told[0].(M)["kind"] != "asked" {
			t.Errorf("told: %s", notices.Raw)
		}
		read := h.intake.OK(t, "GET", requestPath(id), nil)
		if read.Text("wish", "from") != "AF-KDZ" || read.Value("decide") != true {
			t.Errorf("the shelter reads: %s", read.Raw)
		}
		h.worker.Refused(t, "POST", requestPath(id, "step"), M{"txn_id": "2", "step": "accept"}, http.StatusNotFound, "M_NOT_FOUND")
		h.intake.Refused(t, "POST", requestPath(second["id"].(string), "step"), M{"txn_id": "2", "step": "accept"}, http.StatusConflict, "M_FORBIDDEN")
		if got := h.intake.OK(t, "POST", requestPath(id, "step"), M{"txn_id": "3", "step": "accept"}).Text("state"); got != "accepted" {
			t.Errorf("accepted: %s", got)
		}
		h.intake.OK(t, "POST", requestPath(id, "step"), M{"txn_id": "4", "step": "no_show"})
		if got := h.otherMember.OK(t, "GET", requestPath(second["id"].(string)), nil).Text("state"); got != "held" {
			t.Errorf("the one who waited is %s", got)
		}
		if live := h.worker.OK(t, "GET", us+"/places/requests", nil).List("requests"); len(live) != 0 {
			t.Errorf("under way: %v", live)
		}
		if over := h.worker.OK(t, "GET", us+"/places/requests?state=over", nil).List("requests"); len(over) != 1 || over[0].(M)["state"] != "no_show" {
			t.Errorf("over: %v", over)
		}
		export := h.head.Do(t, "GET", us+"/places/shelters/"+h.shelter+"/ledger", nil)
		if entries, err := ledger.Verify(bytes.NewReader(export.Raw), ""); err != nil || entries != 6 {
			t.Errorf("the ledger: %d entries, %v", entries, err)
		}
		if bytes.Contains(export.Raw, []byte("AF-KDZ")) || bytes.Contains(export.Raw, []byte("parwin")) {
			t.Error("the ledger says what was asked, or by whom")
		}
		h.worker.Refused(t, "GET", us+"/places/shelters/"+h.shelter+"/ledger", nil, http.StatusForbidden, "M_FORBIDDEN")
		room := request["room_id"].(string)
		said := h.worker.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/messages?dir=b&limit=1", nil).List("chunk")[0].(M)["content"].(M)
		if said["network.panah.place"].(M)["state"] != "no_show" || said["body"] == "place.said.no_show" {
			t.Errorf("the channel says %v", said)
		}
	})
}

// TestPlacesAreNotForEverybody: officials, observers and strangers see no shelter and no request, and bad bodies are refused.
func TestPlacesAreNotForEverybody(t *testing.T) {
	eachShelter(t, func(t *testing.T, h *house) {
		id := h.worker.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter)).List("requests")[0].(M)["id"].(string)
		for name, c := range map[string]*nodetest.Client{"official": h.focal, "observer": h.observer} {
			c.Refused(t, "GET", us+"/places/shelters", nil, http.StatusForbidden, "M_FORBIDDEN")
			c.Refused(t, "POST", us+"/places/search", M{"category": "women", "group": 1, "urgency": "urgent"}, http.StatusForbidden, "M_FORBIDDEN")
			if answer := c.Do(t, "GET", requestPath(id), nil); answer.Status < 400 {
				t.Errorf("%s reads a request: %s", name, answer.Raw)
			}
			if answer := c.Do(t, "POST", us+"/places/requests", wanted("1", h.shelter)); answer.Status < 400 {
				t.Errorf("%s asks: %s", name, answer.Raw)
			}
		}
		h.hub.Nobody().Refused(t, "GET", us+"/places/shelters", nil, http.StatusUnauthorized, "M_MISSING_TOKEN")
		h.intake.Refused(t, "PUT", us+"/places/shelters/"+h.shelter, shelterOf("x", ""), http.StatusForbidden, "M_FORBIDDEN")
		h.worker.Refused(t, "POST", us+"/places/shelters/"+h.shelter+"/count", M{"txn_id": "9"}, http.StatusNotFound, "M_NOT_FOUND")
		for name, change := range map[string]func(M){
			"group": func(b M) { b["group"] = 21 }, "category": func(b M) { b["category"] = "x" }, "from": func(b M) { b["from"] = "AF-XXX" },
			"txn_id": func(b M) { b["txn_id"] = "a b" }, "note": func(b M) { b["note"], b["language"] = "tel. +93 70 123 4567", "en" },
		} {
			body := wanted("7", h.shelter)
			change(body)
			if answer := h.worker.Do(t, "POST", us+"/places/requests", body); answer.Status != http.StatusBadRequest {
				t.Errorf("a bad %s: %d %s", name, answer.Status, answer.Raw)
			}
		}
	})
}

// TestPlacesForPrograms: the exports say what is free and whose whole capacity is told, and no cell is a formula.
func TestPlacesForPrograms(t *testing.T) {
	eachShelter(t, func(t *testing.T, h *house) {
		named := shelterOf("=1+1", "")
		delete(named, "txn_id")
		h.head.OK(t, "PUT", us+"/places/shelters/"+h.shelter, named)
		h.worker.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter))
		h.worker.OK(t, "POST", us+"/places/requests", wanted("2", h.shelter))
		file := h.worker.Do(t, "GET", us+"/places/export?format=csv", nil)
		rows, err := csv.NewReader(bytes.NewReader(file.Raw)).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][4] != "#capacity+num" || strings.Join(rows[2][:7], "|") != "TJ|TJ-KT|'=1+1|women|0|medical|no-capacity-has-waitlist" {
			t.Errorf("the table: %v, %v", rows, err)
		}
		var mine, theirs []struct {
			ServiceID string `json:"service_id"`
			Unit      struct{ Name string }
			Available int
			Maximum   *int
			Updated   string
		}
		for _, read := range []struct {
			by   *nodetest.Client
			into any
		}{{h.worker, &theirs}, {h.intake, &mine}} {
			if err := json.Unmarshal(read.by.Do(t, "GET", us+"/places/export?format=hsds", nil).Raw, read.into); err != nil {
				t.Fatal(err)
			}
		}
		if len(mine) != 1 || len(theirs) != 1 || mine[0].Maximum == nil || *mine[0].Maximum != 1 || theirs[0].Maximum != nil || theirs[0].Unit.Name != "women" {
			t.Errorf("HSDS: %+v and %+v", mine, theirs)
		}
		figures := h.head.OK(t, "GET", us+"/places/figures", nil)
		if live := figures.List("live")[0].(M); live["waiting"] != nil || live["free"] != 0.0 {
			t.Errorf("figures: %s", figures.Raw)
		}
		if areas := figures.List("map"); len(areas) != 2 || areas[0].(M)["place"] != "TJ-KT" {
			t.Errorf("the map: %s", figures.Raw)
		}
		report := h.head.OK(t, "GET", us+"/places/report?year=2026", nil)
		if asked := report.List("asked"); len(asked) != 1 || asked[0].(M)["count"] != nil || report.Value("waited_seconds") != nil {
			t.Errorf("the year: %s", report.Raw)
		}
		h.head.Refused(t, "GET", us+"/places/report?year=99999", nil, http.StatusBadRequest, "M_INVALID_PARAM")
		if check := h.head.OK(t, "GET", us+"/places/shelters/"+h.shelter+"/ledger/check", nil); check.Value("ok") != true || check.Value("entries").(float64) < 2 {
			t.Errorf("the ledger: %s", check.Raw)
		}
		h.worker.Refused(t, "GET", us+"/places/figures", nil, http.StatusForbidden, "M_FORBIDDEN")
	})
}

// TestSealedNotesAndDangerOverHTTP: a note goes from device to device, consent is taken back, and an organisation in danger is gone from the hub.
func TestSealedNotesAndDangerOverHTTP(t *testing.T) {
	eachShelter(t, func(t *testing.T, h *house) {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		h.worker.OK(t, "PUT", us+"/places/key", M{"recipient": identity.Recipient().String()})
		asked := h.worker.OK(t, "POST", us+"/places/requests", wanted("1", h.shelter))
		id := asked.List("requests")[0].(M)["id"].(string)
		h.intake.OK(t, "POST", requestPath(id, "step"), M{"txn_id": "3", "step": "accept"})
		if keys := h.intake.OK(t, "GET", requestPath(id, "keys"), nil).List("keys"); len(keys) != 1 || keys[0].(M)["recipient"] != identity.Recipient().String() {
			t.Errorf("keys: %v", keys)
		}
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, identity.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		h.intake.OK(t, "POST", requestPath(id, "notes"), M{"txn_id": "4", "sealed": base64.StdEncoding.EncodeToString(sealed.Bytes())})
		h.intake.Refused(t, "POST", requestPath(id, "notes"), M{"txn_id": "5", "sealed": base64.StdEncoding.EncodeToString([]byte("street 5"))}, http.StatusBadRequest, "M_INVALID_PARAM")
		notes := h.worker.OK(t, "GET", requestPath(id, "notes"), nil).List("notes")
		if len(notes) != 1 || notes[0].(M)["sealed"] != base64.StdEncoding.EncodeToString(sealed.Bytes()) {
			t.Errorf("notes: %v", notes)
		}
		h.worker.OK(t, "POST", us+"/places/asks/"+asked.Text("ask_id")+"/revoke", M{"txn_id": "6"})
		after := h.worker.OK(t, "GET", requestPath(id), nil)
		if after.Value("wish") != nil || after.Text("consent", "given") != "withdrawn" || after.Text("state") != "withdrawn" {
			t.Errorf("taken back: %s", after.Raw)
		}
		if notes := h.worker.OK(t, "GET", requestPath(id, "notes"), nil).List("notes"); len(notes) != 0 {
			t.Errorf("notes are left: %v", notes)
		}
		h.head.Refused(t, "POST", us+"/places/danger", M{}, http.StatusBadRequest, "M_MISSING_PARAM")
		h.intake.OK(t, "POST", us+"/places/danger", M{"sure": true})
		h.head.Refused(t, "GET", us+"/places/shelters", nil, http.StatusUnauthorized, "M_UNKNOWN_TOKEN")
		if seen := h.worker.OK(t, "GET", us+"/places/shelters", nil).List("shelters"); len(seen) != 0 {
			t.Errorf("still seen: %v", seen)
		}
	})
}
