package clientapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"panah/hub/node/nodetest"
)

// capFile is an alert of somebody else's that was just sent.
func capFile(identifier string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>` + identifier +
		`</identifier><sender>desk@elsewhere.example</sender><sent>` + time.Now().Format("2006-01-02T15:04:05-07:00") +
		`</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><language>tg</language><category>Transport</category>` +
		`<event>Сарҳад баста</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty></info></alert>`
}

// An alert of another program is posted once, and a file that would do harm is refused with a sentence.
func TestImportOfCAP(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		room := steward.OK(t, "POST", "/_matrix/client/v3/createRoom", M{"preset": "private_chat"}).Text("room_id")
		path := "/_panah/v1/rooms/" + room + "/cap"
		file := []byte(capFile("a1"))
		first := steward.Do(t, "POST", path, file, "Content-Type", "application/cap+xml")
		if first.Status != http.StatusOK || first.Value("again") != false {
			t.Fatalf("got %d %s", first.Status, first.Raw)
		}
		posted := steward.OK(t, "GET", "/_matrix/client/v3/rooms/"+room+"/event/"+first.Text("event_id"), nil)
		if got := posted.Text("content", "network.panah.cap", "identifier"); got != "a1" {
			t.Errorf("got %q", got)
		}
		if again := steward.Do(t, "POST", path, file); again.Text("event_id") != first.Text("event_id") || again.Value("again") != true {
			t.Errorf("a second time: got %s", again.Raw)
		}
		hostile := steward.Do(t, "POST", path, []byte(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`))
		if hostile.Status != http.StatusBadRequest || hostile.Text("network.panah.key") != "error.cap_doctype" {
			t.Errorf("got %d %s", hostile.Status, hostile.Raw)
		}
		if large := steward.Do(t, "POST", path, []byte(strings.Repeat(" ", 300<<10))); large.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", large.Status)
		}
		observer := hub.SignUp(t, steward.Invite(t, steward.Organisation(t, "Umid", "ngo", "UZ"), "observer"), "dilnoza")
		if got := observer.Do(t, "POST", path, []byte(capFile("a2"))); got.Status != http.StatusForbidden {
			t.Errorf("an observer: got %d %s", got.Status, got.Raw)
		}
	})
}

// Which feeds the hub reads is for stewards to say, and never an address of its own network.
func TestAlertSources(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		const path = "/_panah/v1/alert-sources"
		room := steward.OK(t, "POST", "/_matrix/client/v3/createRoom", M{"preset": "private_chat"}).Text("room_id")
		steward.Refused(t, "POST", path, M{"room_id": room, "address": "https://127.0.0.1/feed"}, http.StatusForbidden, "M_FORBIDDEN")
		steward.Refused(t, "POST", path, M{"room_id": room, "address": "http://example.org/feed"}, http.StatusBadRequest, "M_INVALID_PARAM")
		one := steward.OK(t, "POST", path, M{"room_id": room, "address": "https://feeds.invalid/feed"})
		if got := steward.OK(t, "GET", path, nil).List("sources"); len(got) != 1 {
			t.Errorf("got %v", got)
		}
		member := hub.SignUp(t, steward.Invite(t, steward.Organisation(t, "Umid", "ngo", "UZ"), "admin"), "dilnoza")
		member.Refused(t, "GET", path, nil, http.StatusForbidden, "M_FORBIDDEN")
		member.Refused(t, "POST", path, M{"room_id": room, "address": "https://feeds.invalid/other"}, http.StatusForbidden, "M_FORBIDDEN")
		member.Refused(t, "DELETE", path+"/"+one.Text("id"), nil, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "DELETE", path+"/"+one.Text("id"), nil)
		steward.Refused(t, "DELETE", path+"/"+one.Text("id"), nil, http.StatusNotFound, "M_NOT_FOUND")
	})
}
