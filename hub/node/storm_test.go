package node_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"panah/hub/node/nodetest"
	"panah/hub/store/storetest"
)

const (
	stormers  = 500
	stormed   = 20  // places
	stormKill = 250 // answers after which one of the two hubs is killed
	atOnce    = 64  // connections
	eachAsks  = 25  // askings of one caseworker: the hub takes 30 that are open
	ours      = "/_panah/v1"
)

// asking is one caseworker's asking: the same body is sent again until it is answered.
type asking struct {
	body  []byte
	state string // as it was answered, "" for not yet
	id    string
}

// put asks at a hub; it tells whether an answer came.
func (a *asking) put(base, token string) bool {
	request, err := http.NewRequest("POST", base+ours+"/places/requests", bytes.NewReader(a.body))
	if err != nil {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	var answer struct {
		Requests []struct{ ID, State string }
	}
	if response.StatusCode != http.StatusOK || json.NewDecoder(response.Body).Decode(&answer) != nil || len(answer.Requests) != 1 {
		return false
	}
	a.id, a.state = answer.Requests[0].ID, answer.Requests[0].State
	return true
}

// TestStormOverTwoHubs: five hundred ask two hubs on one database for twenty places, and one hub is killed halfway. What was not answered is
// asked again at the other. Exactly twenty have a place, and nobody is lost.
func TestStormOverTwoHubs(t *testing.T) {
	address := storetest.PostgresAddress(t)
	first := start(t, address, true)
	steward := signUp(t, first) // before another hub starts: each that finds no steward makes a link of its own
	second := start(t, address, false)
	hub := &nodetest.Hub{URL: first.url}
	join := func(organisation, role, user string) *nodetest.Client {
		return hub.SignUp(t, steward.Invite(t, organisation, role), user)
	}
	head := join(steward.Organisation(t, "Umed", "shelter", "TJ"), "admin", "gulnora")
	kunduz := steward.Organisation(t, "Kunduz", "ngo", "AF")
	workers := make([]*nodetest.Client, stormers/eachAsks)
	for n := range workers {
		workers[n] = join(kunduz, "member", fmt.Sprintf("worker%d", n))
	}
	shelter := head.OK(t, "POST", ours+"/places/shelters", nodetest.M{"txn_id": "1", "name": "Lola", "facility": "emergency", "seen_by": "network"}).Text("id")
	head.OK(t, "POST", ours+"/places/shelters/"+shelter+"/count", nodetest.M{"txn_id": "2", "capacity": nodetest.M{"women": nodetest.M{"total": stormed}}})

	askings := make([]asking, stormers)
	var answers atomic.Int64
	each := func(try func(a *asking, i int)) {
		var all sync.WaitGroup
		next := make(chan int)
		for range atOnce {
			all.Go(func() {
				for i := range next {
					try(&askings[i], i)
				}
			})
		}
		for i := range askings {
			next <- i
		}
		close(next)
		all.Wait()
	}
	each(func(a *asking, i int) {
		a.body = fmt.Appendf(nil, `{"txn_id":"%d","shelters":[%q],"category":"women","group":1,"urgency":"urgent","consent":{"given":"none"}}`, i, shelter)
		if a.put([]string{first.url, second.url}[i%2], workers[i%len(workers)].Token) && answers.Add(1) == stormKill {
			if err := first.command.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	})
	unanswered := 0
	for i := range askings {
		if askings[i].state == "" {
			unanswered++
		}
	}
	if unanswered == 0 {
		t.Error("the hub was killed too late to matter")
	}
	before := map[string]string{}
	each(func(a *asking, i int) {
		id := a.id
		if !a.put(second.url, workers[i%len(workers)].Token) {
			t.Errorf("%d is not answered by the hub that lives", i)
		}
		if id != "" && a.id != id {
			t.Errorf("%d is %s, and was answered %s before the crash", i, a.id, id)
		}
	})
	held, waiting := 0, 0
	for _, a := range askings {
		if before[a.id] != "" {
			t.Errorf("%s is the answer to two", a.id)
		}
		before[a.id] = a.state
		switch a.state {
		case "held":
			held++
		case "waiting":
			waiting++
		}
	}
	if held != stormed || waiting != stormers-stormed {
		t.Errorf("%d have a place and %d wait, want %d and %d", held, waiting, stormed, stormers-stormed)
	}
	head.URL = second.url
	mine := head.OK(t, "GET", ours+"/places/shelters", nil).List("shelters")[0].(map[string]any)
	if free, waits := mine["free"].(map[string]any)["women"], mine["waiting"].(map[string]any)["women"]; free != 0.0 || waits != float64(stormers-stormed) {
		t.Errorf("%v are free and %v wait", free, waits)
	}
}
