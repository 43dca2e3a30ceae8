package clientapi_test

import (
	"net/http"
	"testing"
	"time"

	"panah/hub/node"
	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

// TestRetention: whoever moderates a channel says how long it keeps its posts, and everybody is told the hub's own bound.
func TestRetention(t *testing.T) {
	hub := nodetest.Start(t, storetest.SQLiteAddress(t), func(c *node.Config) { c.Retention = 90 * 24 * time.Hour })
	steward := hub.SignUp(t, hub.FirstToken(t), "samira")
	zarina, farid := colleague(t, hub, steward, "zarina"), colleague(t, hub, steward, "farid")
	ch := open(t, zarina, farid)
	month := (30 * 24 * time.Hour).Milliseconds()
	ch.OK(t, "PUT", ch.path("/state/m.room.retention"), M{"max_lifetime": month})
	if got := farid.OK(t, "GET", ch.path("/state/m.room.retention"), nil).Value("max_lifetime"); got != float64(month) {
		t.Errorf("a member reads %v", got)
	}
	farid.Refused(t, "PUT", ch.path("/state/m.room.retention"), M{}, http.StatusForbidden, "M_FORBIDDEN")
	ch.Refused(t, "PUT", ch.path("/state/m.room.retention"), M{"max_lifetime": 1000}, http.StatusBadRequest, "M_INVALID_PARAM")
	ch.Refused(t, "PUT", ch.path("/state/m.room.retention"), M{"max_lifetime": "1d"}, http.StatusBadRequest, "M_INVALID_PARAM")
	ch.OK(t, "PUT", ch.path("/state/m.room.retention"), M{})
	if got := farid.OK(t, "GET", "/_panah/v1/me", nil).Value("retention_ms"); got != float64(3*month) {
		t.Errorf("the hub's bound is told as %v", got)
	}
}
