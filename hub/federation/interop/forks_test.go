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
		ours.OK(t, "PUT", ours.at(room, "state/m.room.power_levels"), nodetest.M{"users": nodetest.M{
			ours.UserID: 100, theirs.UserID: 100, everybody[2].UserID: 50, everybody[3].UserID: 50}})
		// Each key stands before the first fork. The unconflicted state map is "the state where the value of each key exists and is the same in
		// each state" (room version 2, "State resolution"), so the hub holds a key that only one branch has against the rules; Dendrite 0.13.8 takes it
		// for agreed, also where the other branch has banned whoever wrote it.
		for _, kind := range []string{"m.room.topic", "network.example/0", "network.example/1", "network.example/2"} {
			ours.OK(t, "PUT", ours.at(room, "state/"+kind), nodetest.M{"topic": "begun"})
		}
		together(t, room, ours, theirs, "begun")
		made := 0
		for i := range forks {
			p.cut(true)
			for _, side := range sides {
				for range 3 + chance.IntN(4) {
					if changes(t, chance, room, side[min(chance.IntN(3), 1)], everybody) {
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

// changes has somebody change the room in some way, and tells whether their server let them.
func changes(t *testing.T, chance *rand.Rand, room string, who *person, everybody []*person) bool {
	t.Helper()
	value, whom := chance.Uint32(), everybody[2+chance.IntN(2)] // the first two stay, to look at the room
	state := func(kind string, content nodetest.M) nodetest.Answer {
		return who.Do(t, "PUT", who.at(room, "state/"+kind), content)
	}
	var answer nodetest.Answer
	switch chance.IntN(10) {
	case 0, 1:
		answer = state("m.room.topic", nodetest.M{"topic": fmt.Sprint(value)})
	case 2:
		answer = state("m.room.name", nodetest.M{"name": fmt.Sprint(value)})
	case 3:
		levels := who.Do(t, "GET", who.at(room, "state/m.room.power_levels"), nil)
		if levels.Status != http.StatusOK { // they are not in the room
			return false
		}
		var content map[string]any
		if err := json.Unmarshal(levels.Raw, &content); err != nil {
			t.Fatal(err)
		}
		content["users"].(map[string]any)[whom.UserID] = []int{0, 40, 50, 60}[value%4]
		answer = state("m.room.power_levels", content)
	case 4:
		answer = state("m.room.join_rules", nodetest.M{"join_rule": []string{"public", "invite", "knock"}[value%3]})
	case 5:
		answer = who.Do(t, "POST", who.at(room, "ban"), name(whom))
	case 6:
		answer = who.Do(t, "POST", who.at(room, "kick"), name(whom))
	case 7:
		answer = who.Do(t, "POST", who.at(room, "unban"), name(whom))
	case 8:
		answer = who.Do(t, "POST", "/_matrix/client/v3/join/"+url.PathEscape(room), nodetest.M{})
	default:
		answer = state("network.example/"+strconv.Itoa(int(value%3)), nodetest.M{"value": value})
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
