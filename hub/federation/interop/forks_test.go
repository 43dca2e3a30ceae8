//go:build unix

package interop

import (
	"cmp"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"panah/hub/node/nodetest"
)

// forks are how often a room is forked.
const forks = 5

// TestForksEndAlike: while the line is cut, people of both servers change a room as chance has it; once it is mended, both servers make the same state
// of it, key by key.
//
// The forks are those of which Dendrite 0.13.8 makes what the specification says (room version 2, "State resolution"). It is left out what its library
// resolves otherwise (see resolveStates in hub/room): levels that differ, after which Dendrite has none; a rule or a membership changed by somebody with
// less power than another who changes one meanwhile; and a membership that changes more than once on one branch, of which Dendrite has the first stand.
func TestForksEndAlike(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		seed := seed(t)
		t.Logf("PANAH_TEST_SEED=%d", seed)
		chance := rand.New(rand.NewPCG(seed, 0))
		ours, theirs := p.hub.enlist(t, "zuhra"), p.dendrite.enlist(t, "bakhyt")
		sides := [][]*person{{ours, p.hub.enlist(t, "sitora")}, {theirs, p.dendrite.enlist(t, "nasrin")}}
		room := meet(t, ours, theirs, "forks")
		everybody := []*person{ours, theirs, sides[0][1], sides[1][1]}
		for _, who := range everybody[2:] {
			who.join(t, "#forks:"+ours.server(), "")
			ours.sees(t, room, who, "join")
		}
		made := 0
		for i := range forks {
			gather(t, room, i, everybody)
			together(t, room, ours, theirs, fmt.Sprint("ҷамъ ", i))
			p.cut(true)
			for _, side := range sides {
				mayGo := slices.Clone(everybody[2:])
				for range 3 + chance.IntN(4) {
					if changes(t, chance, room, side, &mayGo) {
						made++
					}
				}
				side[0].say(t, room, fmt.Sprint("ҷудо ", i)) // each branch has an end of its own
			}
			p.cut(false)
			together(t, room, ours, theirs, fmt.Sprint("якҷоя ", i))
			alike(t, room, ours, theirs)
			if t.Failed() {
				t.Fatalf("PANAH_TEST_SEED=%d, fork %d", seed, i)
			}
		}
		if made < 2*forks {
			t.Errorf("only %d changes were made", made)
		}
	})
}

// seed is PANAH_TEST_SEED, or another one each time.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("PANAH_TEST_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var raw [8]byte
	crand.Read(raw[:])
	return binary.BigEndian.Uint64(raw[:])
}

// gather has everybody be in the room, under levels that are new.
func gather(t *testing.T, room string, round int, everybody []*person) {
	t.Helper()
	ours := everybody[0]
	ours.OK(t, "PUT", ours.at(room, "state/m.room.power_levels"), nodetest.M{"events": nodetest.M{"network.example.round": round}, "users": nodetest.M{
		ours.UserID: 100, everybody[1].UserID: 100, everybody[2].UserID: 50, everybody[3].UserID: 50}})
	ours.OK(t, "PUT", ours.at(room, "state/m.room.join_rules"), nodetest.M{"join_rule": "public"})
	for _, who := range everybody[2:] {
		ours.Do(t, "POST", ours.at(room, "unban"), name(who)) // refused where nobody banned them
	}
	// Each key stands before the fork: one that one branch alone has is disputed, and Dendrite takes it for agreed, also where the other branch has banned
	// whoever wrote it.
	for _, kind := range []string{"m.room.topic", "m.room.name", "network.example/0", "network.example/1", "network.example/2"} {
		ours.OK(t, "PUT", ours.at(room, "state/"+kind), nodetest.M{"topic": "begun", "name": "begun"})
	}
	together(t, room, ours, everybody[1], fmt.Sprint("open ", round))
	for _, who := range everybody[2:] {
		who.join(t, room, ours.server())
		ours.sees(t, room, who, "join")
	}
}

// changes has somebody of a side change the room in some way, and tells whether their server let them. Each of those who may be sent away is sent away
// once.
func changes(t *testing.T, chance *rand.Rand, room string, side []*person, mayGo *[]*person) bool {
	t.Helper()
	leader, who, value := side[0], side[chance.IntN(2)], chance.Uint32()
	state := func(who *person, kind string, content nodetest.M) nodetest.Answer {
		return who.Do(t, "PUT", who.at(room, "state/"+kind), content)
	}
	var answer nodetest.Answer
	switch chance.IntN(8) {
	case 0, 1:
		answer = state(who, "m.room.topic", nodetest.M{"topic": fmt.Sprint(value)})
	case 2:
		answer = state(who, "m.room.name", nodetest.M{"name": fmt.Sprint(value)})
	case 3:
		answer = state(leader, "m.room.join_rules", nodetest.M{"join_rule": []string{"public", "invite", "knock"}[value%3]})
	case 4, 5:
		if len(*mayGo) == 0 {
			return false
		}
		at := chance.IntN(len(*mayGo))
		answer = leader.Do(t, "POST", leader.at(room, []string{"ban", "kick"}[value%2]), name((*mayGo)[at]))
		*mayGo = slices.Delete(*mayGo, at, at+1)
	default:
		answer = state(who, "network.example/"+strconv.Itoa(int(value%3)), nodetest.M{"value": value})
	}
	return answer.Status == http.StatusOK
}

// together waits until each has heard what the other said last, and with it all that was said before.
func together(t *testing.T, room string, ours, theirs *person, word string) {
	t.Helper()
	ours.say(t, room, word)
	theirs.hears(t, room, ours, word)
	theirs.say(t, room, word)
	ours.hears(t, room, theirs, word)
}

// alike: both servers have the same event under each key of the room's state.
func alike(t *testing.T, room string, ours, theirs *person) {
	t.Helper()
	var diff string
	for end := time.Now().Add(patience); time.Now().Before(end); ours.listen(t, time.Second) {
		if diff = gocmp.Diff(stateOf(t, ours, room), stateOf(t, theirs, room)); diff == "" {
			return
		}
	}
	t.Errorf("the state (-hub +Dendrite):\n%s", diff)
}

// stateOf is a room's state as somebody is told it: the id and the content of the event of each key.
func stateOf(t *testing.T, who *person, room string) map[string]string {
	t.Helper()
	var events []struct {
		Type    string
		Key     string `json:"state_key"`
		ID      string `json:"event_id"`
		Content any
	}
	if err := json.Unmarshal(who.OK(t, "GET", who.at(room, "state"), nil).Raw, &events); err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	for _, e := range events {
		state[e.Type+" "+url.PathEscape(cmp.Or(e.Key, "-"))] = fmt.Sprintf("%s %v", e.ID, e.Content)
	}
	return state
}
