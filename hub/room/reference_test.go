package room

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"
)

// set is one of ids.
type set map[string]bool

// reference is the resolution of states written down word for word as room version 2 has it ("State resolution"), with no thought of what it costs. The
// names are the specification's.
type reference struct{ MapShelf }

// authChain is "the set containing all of E's auth events, all of their auth events, and so on recursively".
func (r reference) authChain(id string) set {
	chain := set{}
	for _, auth := range r.MapShelf[id].AuthEventIDs() {
		chain[auth] = true
		maps.Copy(chain, r.authChain(auth))
	}
	return chain
}

func (r reference) fullAuthChain(state stateMap) set {
	chain := set{}
	for _, id := range state {
		maps.Copy(chain, r.authChain(id))
	}
	return chain
}

// parts are the unconflicted state map and the full conflicted set.
func (r reference) parts(states []stateMap) (unconflicted stateMap, full set) {
	unconflicted, full = stateMap{}, set{}
	anywhere := set{}
	var chains []set
	for _, state := range states {
		for key, id := range state {
			if slices.ContainsFunc(states, func(other stateMap) bool { return other[key] != id }) {
				full[id] = true
			} else {
				unconflicted[key] = id
			}
		}
		chain := r.fullAuthChain(state)
		chains = append(chains, chain)
		maps.Copy(anywhere, chain)
	}
	if len(full) == 0 {
		return unconflicted, full
	}
	for id := range anywhere { // the auth difference
		if slices.ContainsFunc(chains, func(chain set) bool { return !chain[id] }) {
			full[id] = true
		}
	}
	return unconflicted, full
}

// authOf is the event of a type among an event's auth events; "" for none.
func (r reference) authOf(id, kind string) string {
	for _, auth := range r.MapShelf[id].AuthEventIDs() {
		if r.MapShelf[auth].Type() == kind {
			return auth
		}
	}
	return ""
}

// powerOf is the sender's power, as an event's auth events have it.
func (r reference) powerOf(id string) int {
	sender := string(r.MapShelf[id].SenderID())
	levels := r.MapShelf[r.authOf(id, "m.room.power_levels")]
	if levels == nil {
		if create := r.MapShelf[r.authOf(id, "m.room.create")]; create != nil && string(create.SenderID()) == sender {
			return 100
		}
		return 0
	}
	var content struct {
		Users map[string]int `json:"users"`
	}
	if err := json.Unmarshal(levels.Content(), &content); err != nil {
		panic(err) // it was made below
	}
	return content.Users[sender]
}

func (r reference) byAge(a, b string) int {
	return cmp.Or(cmp.Compare(r.MapShelf[a].OriginServerTS(), r.MapShelf[b].OriginServerTS()), cmp.Compare(a, b))
}

// powerOrdering is the reverse topological power ordering: each time the least of those whose auth chains hold none of the rest.
func (r reference) powerOrdering(rest set) (sorted []string) {
	for len(rest) > 0 {
		var ready []string
		for id := range rest {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(r.authChain(id))), func(auth string) bool { return rest[auth] }) {
				ready = append(ready, id)
			}
		}
		least := slices.MinFunc(ready, func(a, b string) int { return cmp.Or(cmp.Compare(r.powerOf(b), r.powerOf(a)), r.byAge(a, b)) })
		sorted = append(sorted, least)
		delete(rest, least)
	}
	return sorted
}

// mainlineOrdering sorts by the mainline of power levels.
func (r reference) mainlineOrdering(rest set, levels string) []string {
	var mainline []string
	for at := levels; at != ""; at = r.authOf(at, "m.room.power_levels") {
		mainline = append(mainline, at)
	}
	position := func(id string) int {
		for at := id; at != ""; at = r.authOf(at, "m.room.power_levels") {
			if n := slices.Index(mainline, at); n >= 0 {
				return n
			}
		}
		return len(mainline)
	}
	return slices.SortedFunc(maps.Keys(rest), func(a, b string) int { return cmp.Or(cmp.Compare(position(b), position(a)), r.byAge(a, b)) })
}

// iterativeAuthChecks changes the state.
func (r reference) iterativeAuthChecks(state stateMap, events []string) {
	for _, id := range events {
		auth := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}
		for _, named := range r.MapShelf[id].AuthEventIDs() {
			auth.byKey[keyTuple(r.MapShelf[named])] = r.MapShelf[named]
		}
		for _, key := range NeededBy(r.MapShelf[id]) {
			if stands := state[key]; stands != "" {
				auth.byKey[key] = r.MapShelf[stands]
			}
		}
		if allowed(r.MapShelf[id], auth) == nil {
			state[keyTuple(r.MapShelf[id])] = id
		}
	}
}

func (r reference) resolution(states []stateMap) stateMap {
	unconflicted, full := r.parts(states)
	first := set{}
	for id := range full {
		if !isPowerEvent(r.MapShelf[id]) {
			continue
		}
		first[id] = true
		for auth := range r.authChain(id) {
			if full[auth] {
				first[auth] = true
			}
		}
	}
	rest := maps.Clone(full)
	maps.DeleteFunc(rest, func(id string, _ bool) bool { return first[id] })
	state := maps.Clone(unconflicted)
	r.iterativeAuthChecks(state, r.powerOrdering(first))
	r.iterativeAuthChecks(state, r.mainlineOrdering(rest, state[levelsKey]))
	maps.Copy(state, unconflicted)
	return state
}

// saga is a room that forks and grows together again as chance has it.
type saga struct {
	t      *testing.T
	chance *rand.Rand
	shelf  MapShelf
	after  map[string]stateMap
	all    []string
	forked int
}

var players = []string{"@a:hub.example", "@b:hub.example", "@c:hub.example", "@d:hub.example"}

// TestResolutionIsTheReference: of rooms that fork as chance has it, the resolution makes what the specification's words make, in whatever order the
// branches come.
func TestResolutionIsTheReference(t *testing.T) {
	const rooms = 60
	forked := 0
	for range rooms {
		n := rand.Uint64()
		s := &saga{t: t, chance: rand.New(rand.NewPCG(n, 0)), shelf: MapShelf{}, after: map[string]stateMap{}}
		s.begin()
		for range 60 {
			s.happens()
		}
		if t.Failed() {
			t.Fatalf("seed %d", n)
		}
		forked += s.forked
	}
	if forked < 10*rooms {
		t.Errorf("only %d states of %d rooms were in dispute", forked, rooms)
	}
}

func (s *saga) begin() {
	first := players[0]
	s.try(first, "m.room.create", "", map[string]any{"room_version": "11"})
	s.try(first, "m.room.member", first, membershipOf("join"), s.end(0))
	if s.chance.IntN(3) > 0 { // a room may have no levels
		s.try(first, "m.room.power_levels", "", map[string]any{"users": map[string]int{first: 100, players[1]: 100, players[2]: 50}}, s.end(0))
	}
	s.try(first, "m.room.join_rules", "", map[string]any{"join_rule": "public"}, s.end(0))
	for _, who := range players[1:] {
		s.try(who, "m.room.member", who, membershipOf("join"), s.end(0))
	}
}

func membershipOf(m string) map[string]any { return map[string]any{"membership": m} }

// end is the event that came so many before the last one.
func (s *saga) end(back int) string { return s.all[len(s.all)-1-back] }

func oneOf[T any](s *saga, from ...T) T { return from[s.chance.IntN(len(from))] }

// happens has somebody do something on top of up to four of the last events, if the rules let them.
func (s *saga) happens() {
	var prev []string
	for range 1 + s.chance.IntN(4) {
		if id := s.end(s.chance.IntN(min(len(s.all), 12))); !slices.Contains(prev, id) {
			prev = append(prev, id)
		}
	}
	who, whom := oneOf(s, players...), oneOf(s, players...)
	switch s.chance.IntN(7) {
	case 0, 1:
		users := map[string]int{}
		for _, player := range players {
			users[player] = oneOf(s, 100, 100, 50, 0)
		}
		s.try(who, "m.room.power_levels", "", map[string]any{"users": users, "invite": oneOf(s, 0, 50)}, prev...)
	case 2:
		s.try(who, "m.room.join_rules", "", map[string]any{"join_rule": oneOf(s, "public", "invite", "restricted", "knock")}, prev...)
	case 3:
		s.try(who, "m.room.member", whom, membershipOf(oneOf(s, "ban", "leave", "invite")), prev...)
	case 4:
		s.try(who, "m.room.member", who, map[string]any{"membership": "join", "join_authorised_via_users_server": whom}, prev...)
	case 5:
		s.try(who, "m.room.member", who, membershipOf(oneOf(s, "leave", "join")), prev...)
	default:
		s.try(who, "m.room.topic", "", map[string]any{}, prev...)
	}
}

// try makes an event, unless the rules refuse it by the state before it, which both resolutions must have alike.
func (s *saga) try(sender, kind, key string, content any, prev ...string) {
	before := s.resolved(prev)
	id := fmt.Sprintf("$%05d.%d", s.chance.IntN(100_000), len(s.all)) // the ids have no order
	event := map[string]any{"type": kind, "room_id": "!saga:hub.example", "sender": sender, "content": content, "state_key": key, "depth": len(s.all),
		"origin_server_ts": len(s.all)/3 + s.chance.IntN(3), "prev_events": append([]string{}, prev...), "auth_events": []string{}}
	auth, named := &authState{byKey: map[gomatrixserverlib.StateKeyTuple]gomatrixserverlib.PDU{}}, []string{}
	for _, key := range NeededBy(s.made(id, event)) {
		if stands := before[key]; stands != "" {
			auth.byKey[key] = s.shelf[stands]
			named = append(named, stands)
		}
	}
	event["auth_events"] = named
	if pdu := s.made(id, event); allowed(pdu, auth) == nil {
		s.shelf[id], s.after[id] = pdu, after(before, pdu)
		s.all = append(s.all, id)
	}
}

func (s *saga) made(id string, event map[string]any) gomatrixserverlib.PDU {
	s.t.Helper()
	raw, err := json.Marshal(event)
	if err != nil {
		s.t.Fatal(err)
	}
	pdu, err := parse(raw, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return pdu
}

func (s *saga) resolved(ids []string) stateMap {
	s.t.Helper()
	var states []stateMap
	for _, id := range ids {
		states = append(states, s.after[id])
	}
	want := reference{s.shelf}.resolution(states)
	if _, disputed := split(states); len(disputed) > 0 {
		s.forked++
	}
	for range 2 {
		got, err := resolveStates(s.shelf, states)
		if err != nil {
			s.t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			s.t.Errorf("%d branches (-reference +resolution):\n%s", len(states), diff)
		}
		slices.Reverse(states)
	}
	return want
}
