package clientapi_test

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"panah/hub/cap"
	"panah/hub/cap/atom"
	"panah/hub/node/nodetest"
)

// labelled is an alert with a label, for all organisations of two countries.
func labelled(txn, tlp string) M {
	one := transit(txn)
	one["tlp"] = tlp
	return one
}

// TestExportAsCAP: whoever may open an alert takes it as a CAP file in all languages, as far as its label lets it leave the hub.
func TestExportAsCAP(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		id := w.sender.OK(t, "POST", us+"/alerts", labelled("1", "AMBER")).Text("alert_id")
		answer := w.dushanbe.OK(t, "GET", alertPath(id, "cap"), nil)
		if got := answer.Header.Get("Content-Type"); got != "application/cap+xml; charset=utf-8" {
			t.Errorf("the type is %s", got)
		}
		m, err := cap.Parse(bytes.NewReader(answer.Raw), cap.Usual)
		if err != nil {
			t.Fatalf("%v\n%s", err, answer.Raw)
		}
		if m.Identifier != id || m.Scope != cap.ScopeRestricted || m.Restriction != "TLP:AMBER" || len(m.Infos) != 8 {
			t.Errorf("got %s", answer.Raw)
		}
		if strings.Contains(string(answer.Raw), "parwin") {
			t.Error("the file tells who wrote it")
		}
		for _, info := range m.Infos {
			if got := info.Areas[0].Geocodes[0]; got != (cap.Value{Name: "ISO3166-2", Value: "AF-HER"}) {
				t.Errorf("%s: the area is %v", info.Language, got)
			}
			if has := strings.Contains(info.Description, "اسلام‌قلعه"); has != (info.Language == "fa-AF") {
				t.Errorf("%s: %s", info.Language, info.Description)
			}
		}
		again := w.dushanbe.Do(t, "GET", alertPath(id, "cap"), nil, "If-None-Match", answer.Header.Get("ETag"))
		if again.Status != http.StatusNotModified || len(again.Raw) != 0 {
			t.Errorf("asked again: %d, %d bytes", again.Status, len(again.Raw))
		}
		w.sender.OK(t, "POST", alertPath(id, "cancel"), M{})
		cancelled, err := cap.Parse(bytes.NewReader(w.dushanbe.OK(t, "GET", alertPath(id, "cap"), nil).Raw), cap.Usual)
		if err != nil || cancelled.MsgType != "Cancel" || len(cancelled.References) != 1 || cancelled.References[0].Identifier != id {
			t.Errorf("cancelled: %+v, %v", cancelled, err)
		}
		strict := w.sender.OK(t, "POST", us+"/alerts", labelled("2", "AMBER+STRICT")).Text("alert_id")
		w.dushanbe.Refused(t, "GET", alertPath(strict, "cap"), nil, http.StatusForbidden, "M_FORBIDDEN")
		w.focal.Refused(t, "GET", alertPath(id, "cap"), nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}

// readFeed reads a feed as a program does, and gives the ids of its alerts' files.
func readFeed(t *testing.T, hub *nodetest.Hub, address, token string) (feed *atom.Feed, answer nodetest.Answer) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	answer = hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", "Bearer "+token)
	if answer.Status != http.StatusOK {
		t.Fatalf("got %d %s", answer.Status, answer.Raw)
	}
	if feed, err = atom.Read(bytes.NewReader(answer.Raw), atom.Usual); err != nil {
		t.Fatalf("%v\n%s", err, answer.Raw)
	}
	return feed, answer
}

// TestFeedOfAlerts: a program reads what may go round the network, and nothing that is kept to people, until its token is taken back.
func TestFeedOfAlerts(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		made := w.dushanbeAdmin.OK(t, "POST", us+"/alert-feeds", M{"name": "Desk"})
		address, token := made.Text("address"), made.Text("token")
		var ids []string
		for i, tlp := range []string{"GREEN", "CLEAR"} {
			ids = append(ids, w.sender.OK(t, "POST", us+"/alerts", labelled(string(rune('a'+i)), tlp)).Text("alert_id"))
		}
		for i, tlp := range []string{"AMBER", "AMBER+STRICT"} {
			w.sender.OK(t, "POST", us+"/alerts", labelled(string(rune('k'+i)), tlp))
		}
		red := M{"txn_id": "r", "code": "transit", "slots": M{"count": 3, "from": "AF-HER", "to": "TJ-DU"}, "tlp": "RED", "audience": M{"people": []string{w.dushanbe.UserID}}}
		w.sender.OK(t, "POST", us+"/alerts", red)
		feed, answer := readFeed(t, w.hub, address, token)
		if strings.Contains(address, token) || answer.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
			t.Errorf("the address is %s, the type %s", address, answer.Header.Get("Content-Type"))
		}
		var got []string
		for _, e := range feed.Entries {
			link, err := url.Parse(e.Links[0].Href)
			if err != nil {
				t.Fatal(err)
			}
			file := w.hub.Nobody().Do(t, "GET", link.EscapedPath(), nil, "Authorization", basic("anybody", token))
			m, err := cap.Parse(bytes.NewReader(file.Raw), cap.Usual)
			if err != nil {
				t.Fatalf("%v\n%d %s", err, file.Status, file.Raw)
			}
			if want := map[bool]cap.Scope{true: cap.ScopePublic, false: cap.ScopeRestricted}[m.Codes[0] == "TLP:CLEAR"]; m.Scope != want {
				t.Errorf("%s has the scope %s", m.Codes[0], m.Scope)
			}
			got = append(got, m.Identifier)
		}
		slices.Sort(got)
		slices.Sort(ids)
		if !slices.Equal(got, ids) {
			t.Errorf("the feed has %v, want %v", got, ids)
		}
		at, _ := url.Parse(address)
		same := w.hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", "Bearer "+token, "If-None-Match", answer.Header.Get("ETag"))
		if same.Status != http.StatusNotModified {
			t.Errorf("asked again: %d", same.Status)
		}
		for name, header := range map[string]string{"none": "", "wrong": "Bearer " + strings.Repeat("x", 43), "a person's": "Bearer " + w.dushanbeAdmin.Token} {
			if got := w.hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", header); got.Status != http.StatusUnauthorized {
				t.Errorf("%s: got %d", name, got.Status)
			}
		}
		if got := w.hub.Nobody().Do(t, "GET", at.Path+"?token="+token, nil); got.Status != http.StatusUnauthorized {
			t.Errorf("in the address: got %d", got.Status)
		}
		w.lahore.Refused(t, "DELETE", us+"/alert-feeds/"+made.Text("id"), nil, http.StatusForbidden, "M_FORBIDDEN")
		w.senderAdmin.Refused(t, "DELETE", us+"/alert-feeds/"+made.Text("id"), nil, http.StatusNotFound, "M_NOT_FOUND")
		w.dushanbe.Refused(t, "POST", us+"/alert-feeds", M{"name": "Desk"}, http.StatusForbidden, "M_FORBIDDEN")
		if all := w.dushanbeAdmin.OK(t, "GET", us+"/alert-feeds", nil); strings.Contains(string(all.Raw), token) || len(all.List("feeds")) != 1 {
			t.Errorf("got %s", all.Raw)
		}
		w.dushanbeAdmin.OK(t, "DELETE", us+"/alert-feeds/"+made.Text("id"), nil)
		if got := w.hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", "Bearer "+token); got.Status != http.StatusUnauthorized {
			t.Errorf("revoked: got %d", got.Status)
		}
	})
}

// TestAFeedEndsWithWhoMadeIt: somebody who may share alerts no more has no token that opens them, and one who may again makes a new feed.
func TestAFeedEndsWithWhoMadeIt(t *testing.T) {
	eachField(t, func(t *testing.T, w *field) {
		made := w.dushanbeAdmin.OK(t, "POST", us+"/alert-feeds", M{"name": "Desk"})
		at, err := url.Parse(made.Text("address"))
		if err != nil {
			t.Fatal(err)
		}
		opens := func() int {
			return w.hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", "Bearer "+made.Text("token")).Status
		}
		if got := opens(); got != http.StatusOK {
			t.Fatalf("got %d", got)
		}
		w.steward.OK(t, "POST", personPath(w.dushanbeAdmin.UserID, "suspend"), M{"reason": "safety", "sure": true})
		if got := opens(); got != http.StatusUnauthorized {
			t.Errorf("its maker is suspended, and it answers %d", got)
		}
		w.steward.OK(t, "POST", personPath(w.dushanbeAdmin.UserID, "lift"), M{"reason": "safety"})
		if got := opens(); got != http.StatusUnauthorized {
			t.Errorf("its maker came back, and it answers %d", got)
		}
	})
}

// TestWhatEndsAFeed: a token opens nothing for whoever lost the role, moved to another organisation or left the channel that it is of.
func TestWhatEndsAFeed(t *testing.T) {
	for name, end := range map[string]func(w *field, t *testing.T, room string){
		"the role": func(w *field, t *testing.T, _ string) {
			w.steward.OK(t, "POST", personPath(w.dushanbeAdmin.UserID, "role"), M{"role": "member", "sure": true})
		},
		"the organisation": func(w *field, t *testing.T, _ string) {
			w.steward.OK(t, "POST", personPath(w.dushanbeAdmin.UserID, "move"), M{"organisation_id": w.herat, "role": "admin", "sure": true})
		},
		"the channel": func(w *field, t *testing.T, room string) {
			w.dushanbeAdmin.OK(t, "POST", v3+"/rooms/"+url.PathEscape(room)+"/leave", M{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachField(t, func(t *testing.T, w *field) {
				id := w.sender.OK(t, "POST", us+"/alerts", labelled("1", "GREEN")).Text("alert_id")
				room := w.dushanbe.OK(t, "GET", alertPath(id), nil).Text("room_id")
				other := labelled("2", "GREEN")
				other["audience"] = M{"countries": []string{"TJ"}}
				w.sender.OK(t, "POST", us+"/alerts", other)
				made := w.dushanbeAdmin.OK(t, "POST", us+"/alert-feeds", M{"name": "Desk", "room_id": room})
				feed, _ := readFeed(t, w.hub, made.Text("address"), made.Text("token"))
				if len(feed.Entries) != 1 || !strings.Contains(feed.Entries[0].ID, strings.TrimPrefix(id, "$")) {
					t.Errorf("a feed of one channel has %d entries: %+v", len(feed.Entries), feed.Entries)
				}
				end(w, t, room)
				at, err := url.Parse(made.Text("address"))
				if err != nil {
					t.Fatal(err)
				}
				if got := w.hub.Nobody().Do(t, "GET", at.Path, nil, "Authorization", "Bearer "+made.Text("token")).Status; got != http.StatusUnauthorized {
					t.Errorf("it answers %d", got)
				}
			})
		})
	}
}

func basic(user, password string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}
