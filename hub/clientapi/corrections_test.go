package clientapi_test

import (
	"net/http"
	"strings"
	"testing"

	"panah/hub/node/nodetest"
)

// Whoever reads something wrong tells the stewards, and they alone see it, until one of them has settled it.
func TestCorrections(t *testing.T) {
	eachHub(t, func(t *testing.T, hub *nodetest.Hub, steward *nodetest.Client) {
		const path = "/_panah/v1/corrections"
		observer := hub.SignUp(t, steward.Invite(t, steward.Organisation(t, "Umid", "ngo", "UZ"), "observer"), "dilnoza")
		observer.OK(t, "POST", path, M{"language": "uz", "words": "Belgilash", "better": "Belgi qoʻyish", "place": "talk"})
		observer.Refused(t, "POST", path, M{"language": "uz", "words": " ", "better": "x"}, http.StatusBadRequest, "M_INVALID_PARAM")
		observer.Refused(t, "POST", path, M{"language": "uz", "words": "x", "better": strings.Repeat("ў", 501)}, http.StatusBadRequest, "M_INVALID_PARAM")
		observer.Refused(t, "GET", path, nil, http.StatusForbidden, "M_FORBIDDEN")
		open := steward.OK(t, "GET", path, nil).List("corrections")
		if len(open) != 1 {
			t.Fatalf("%d corrections, want 1", len(open))
		}
		one := open[0].(map[string]any)
		if one["better"] != "Belgi qoʻyish" || one["by"] != observer.UserID || one["place"] != "talk" {
			t.Errorf("got %v", one)
		}
		observer.Refused(t, "DELETE", path+"/"+one["id"].(string), nil, http.StatusForbidden, "M_FORBIDDEN")
		steward.OK(t, "DELETE", path+"/"+one["id"].(string), nil)
		steward.Refused(t, "DELETE", path+"/"+one["id"].(string), nil, http.StatusNotFound, "M_NOT_FOUND")
		for range 19 {
			observer.OK(t, "POST", path, M{"language": "uz", "words": "a", "better": "b"})
		}
		observer.Refused(t, "POST", path, M{"language": "uz", "words": "a", "better": "b"}, http.StatusTooManyRequests, "M_LIMIT_EXCEEDED")
	})
}
