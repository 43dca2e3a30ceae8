package room_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/room"
)

// step is one event of a room that forks. Its time is its place in the list.
type step struct {
	name    string
	after   string // the names of what it builds on, parted by blanks
	sender  string
	kind    string
	key     string // "-" for what is no state
	content any
}

type powerOf map[string]int

func powers(l powerOf) any {
	users := map[string]int{}
	for name, level := range l {
		users[at(name)] = level
	}
	return map[string]any{"users": users}
}

func at(name string) string { return "@" + name + ":hub.example" }

func membership(m string) any { return map[string]string{"membership": m} }

func joins(name, after, who string) step {
	return step{name, after, who, "m.room.member", at(who), membership("join")}
}

func bans(name, after, who, whom string) step {
	return step{name, after, who, "m.room.member", at(whom), membership("ban")}
}

func power(name, after, who string, l powerOf) step {
	return step{name, after, who, "m.room.power_levels", "", powers(l)}
}

func topic(name, after, who string) step {
	return step{name, after, who, "m.room.topic", "", map[string]string{"topic": name}}
}

func says(name, after, who string) step { return step{name, after, who, "m.room.message", "-", nil} }

func rule(name, after, who, rule string) step {
	return step{name, after, who, "m.room.join_rules", "", map[string]string{"join_rule": rule}}
}

// beginning is a public room of Alice's, in which Bob, Charlie and Zara are; everything in it has a name.
var beginning = []step{
	{"CREATE", "", "alice", "m.room.create", "", map[string]string{"room_version": "11"}},
	joins("IMA", "CREATE", "alice"),
	power("IPOWER", "IMA", "alice", powerOf{"alice": 100}),
	rule("IJR", "IPOWER", "alice", "public"),
	joins("IMB", "IJR", "bob"),
	joins("IMC", "IMB", "charlie"),
	joins("IMZ", "IMC", "zara"),
	says("START", "IMZ", "zara"),
}

// play makes a room's events one after the other, each with what authorises it in the state before it, and one more by Zara at their ends.
func play(t *testing.T, steps []step) (room.MapShelf, string) {
	t.Helper()
	shelf := room.MapShelf{}
	ends := map[string]bool{}
	add := func(n int, s step) {
		prev := strings.Fields(s.after)
		event := map[string]any{"type": s.kind, "room_id": "!fork:hub.example", "sender": at(s.sender), "content": s.content, "depth": n + 1,
			"origin_server_ts": n + 1, "prev_events": prev, "auth_events": []string{}}
		if s.content == nil {
			event["content"] = map[string]any{}
		}
		if s.key != "-" {
			event["state_key"] = s.key
		}
		shelf[s.name] = build(t, s.name, event)
		if s.kind != "m.room.create" {
			event["auth_events"] = authority(t, shelf, s.name)
			shelf[s.name] = build(t, s.name, event)
		}
		for _, id := range prev {
			delete(ends, id)
		}
		ends[s.name] = true
	}
	for n, s := range steps {
		add(n, s)
	}
	add(len(steps), says("END", strings.Join(slices.Sorted(maps.Keys(ends)), " "), "zara"))
	return shelf, "END"
}

func build(t *testing.T, id string, event map[string]any) gomatrixserverlib.PDU {
	t.Helper()
	raw, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	pdu, err := room.Parse(raw, id)
	if err != nil {
		t.Fatal(err)
	}
	return pdu
}

// authority are the events that authorise an event by the state before it.
func authority(t *testing.T, shelf room.MapShelf, id string) []string {
	t.Helper()
	state, err := shelf.StateBefore(id)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, key := range room.NeededBy(shelf[id]) {
		if named := state[key]; named != "" {
			ids = append(ids, named)
		}
	}
	return ids
}

// both has Bob moderate, two has him lead as well.
var (
	both = powerOf{"alice": 100, "bob": 50}
	two  = powerOf{"alice": 100, "bob": 100}
)

// forks are rooms that forked, and the state that the algorithm gives them. The first six are those by which its authors described it.
var forks = map[string]struct {
	steps []step
	want  string // the names of the events that stand, under those keys that the fork touches
}{
	"a ban beside levels that the banned person gave": {[]step{
		power("PA", "START", "alice", both),
		joins("MA", "PA", "alice"),
		bans("MB", "MA", "alice", "bob"),
		power("PB", "PA", "bob", both),
	}, "MA MB PA"},
	"a join beside a rule that closes the room": {[]step{
		rule("JR", "START", "alice", "invite"),
		joins("ME", "START", "ella"),
	}, "JR"},
	"levels given by who has lost theirs": {[]step{
		power("PA", "START", "alice", both),
		power("PB", "PA", "bob", powerOf{"alice": 100, "bob": 50, "charlie": 50}),
		power("PC", "PB", "charlie", powerOf{"alice": 100, "bob": 50, "charlie": 0}),
		says("MZ", "PA", "zara"),
	}, "PC"},
	"a topic of who has lost the power": {[]step{
		topic("T1", "START", "alice"),
		power("PA1", "T1", "alice", both),
		topic("T2", "PA1", "alice"),
		power("PA2", "T2", "alice", powerOf{"alice": 100, "bob": 0}),
		power("PB", "PA1", "bob", both),
		topic("T3", "PB", "bob"),
	}, "PA2 T2"},
	"a topic of who was banned meanwhile": {[]step{
		topic("T1", "START", "alice"),
		power("PA", "T1", "alice", both),
		topic("T2", "PA", "bob"),
		bans("MB", "PA", "alice", "bob"),
	}, "MB PA T1"},
	"topics under older and under younger levels": {[]step{
		topic("T1", "START", "alice"),
		power("PA1", "T1", "alice", both),
		topic("T2", "PA1", "alice"),
		power("PA2", "T2", "alice", powerOf{"alice": 100, "bob": 0}),
		power("PB", "PA1", "bob", both),
		topic("T3", "PB", "bob"),
		says("MZ1", "T3", "zara"),
		topic("T4", "PA2 MZ1", "alice"),
	}, "PA2 T4"},
	"levels that two gave who are not the creator": {[]step{
		power("PA", "START", "alice", two),
		power("PB1", "PA", "bob", powerOf{"alice": 100, "bob": 100, "charlie": 100}),
		power("PB2", "PB1", "bob", powerOf{"alice": 100, "bob": 100, "charlie": 100, "zara": 10}),
		power("PC2", "PB1", "charlie", powerOf{"alice": 100, "bob": 100, "charlie": 100, "zara": 20}),
		rule("JR", "PC2", "charlie", "invite"),
	}, "JR PC2"},
	"new levels beside a word, where who gave the old ones is not the creator": {[]step{
		power("PA", "START", "alice", two),
		power("PB1", "PA", "bob", powerOf{"alice": 100, "bob": 100, "charlie": 50}),
		power("PB2", "PB1", "bob", powerOf{"alice": 100, "bob": 100, "charlie": 60}),
		says("MZ", "PB1", "zara"),
	}, "PB2"},
	"what the mightier did comes first, though it is younger": {[]step{
		power("PA", "START", "alice", both),
		rule("JR", "PA", "bob", "invite"),
		bans("MB", "PA", "alice", "bob"),
	}, "IJR MB PA"},
	"what stood before somebody was let go and let in again": {[]step{
		power("PA", "START", "alice", both),
		bans("MC1", "PA", "bob", "charlie"),
		{"MC2", "MC1", "bob", "m.room.member", at("charlie"), membership("leave")},
		joins("MC3", "MC2", "charlie"),
		topic("T", "PA", "alice"),
	}, "MC3 PA T"},
	"of two of a kind the younger stands": {[]step{
		topic("T1", "START", "alice"),
		topic("T2", "START", "alice"),
	}, "T2"},
	"what one branch alone has stands": {[]step{
		topic("T1", "START", "alice"),
		says("MZ", "START", "zara"),
	}, "T1"},
}

// TestForksAreResolved: rooms that forked have the state that the algorithm gives them.
func TestForksAreResolved(t *testing.T) {
	for name, fork := range forks {
		t.Run(name, func(t *testing.T) {
			shelf, end := play(t, append(slices.Clone(beginning), fork.steps...))
			state, err := shelf.StateAfter(end)
			if err != nil {
				t.Fatal(err)
			}
			touched := map[gomatrixserverlib.StateKeyTuple]bool{}
			for _, s := range fork.steps {
				if s.key != "-" {
					touched[gomatrixserverlib.StateKeyTuple{EventType: s.kind, StateKey: s.key}] = true
				}
			}
			var got []string
			for key := range touched {
				if id := state[key]; id != "" {
					got = append(got, id)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(strings.Fields(fork.want), got); diff != "" {
				t.Errorf("what stands (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheOrderOfStatesDoesNotMatter: whoever hears of the branches in whatever order makes the same of them.
func TestTheOrderOfStatesDoesNotMatter(t *testing.T) {
	n := seed(t)
	t.Logf("PANAH_TEST_SEED=%d", n)
	chance := rand.New(rand.NewPCG(n, 0))
	for range 40 {
		shelf, ends := atRandom(t, chance)
		var want map[gomatrixserverlib.StateKeyTuple]string
		for range 3 {
			chance.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
			got, err := shelf.Resolved(ends)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("PANAH_TEST_SEED=%d: (-one order +another):\n%s", n, diff)
			}
		}
		if want[gomatrixserverlib.StateKeyTuple{EventType: "m.room.power_levels"}] == "" {
			t.Fatalf("PANAH_TEST_SEED=%d: the room has no power levels", n)
		}
	}
}

// atRandom is a room in which two who are not its creator, and she, change things on three branches.
func atRandom(t *testing.T, chance *rand.Rand) (room.MapShelf, []string) {
	t.Helper()
	steps := append(slices.Clone(beginning), power("PA", "START", "alice", powerOf{"alice": 100, "bob": 100, "charlie": 100}),
		power("PB", "PA", "bob", powerOf{"alice": 100, "bob": 100, "charlie": 100, "zara": 50}))
	ends := []string{"PB", "PB", "PB"}
	for n := range 15 {
		branch, who := chance.IntN(len(ends)), []string{"alice", "bob", "charlie"}[chance.IntN(3)]
		name, after := fmt.Sprint("S", n), ends[branch]
		var s step
		switch chance.IntN(5) {
		case 0:
			s = topic(name, after, who)
		case 1:
			s = rule(name, after, who, []string{"public", "invite"}[chance.IntN(2)])
		case 2:
			s = power(name, after, who, powerOf{"alice": 100, "bob": 100, "charlie": 100, "zara": chance.IntN(60)})
		case 3:
			s = bans(name, after, who, "zara")
		default:
			s = step{name, after, who, "m.room.member", at("zara"), membership("leave")}
		}
		steps, ends[branch] = append(steps, s), name
	}
	shelf, _ := play(t, steps)
	return shelf, slices.Compact(ends)
}
