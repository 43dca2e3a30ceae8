package allot

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"panah/hub/place/code"
)

var categories = []string{"women", "families"}

// bed is the model's idea of a place: somebody's, or nobody's.
type bed struct{ of string }

// model is the same shelter told another way: rooms full of beds that people are put into, and a list of who stands outside. It knows nothing of
// how Apply decides, only what must hold whatever it decides.
type model struct {
	beds    map[string][]bed
	usable  map[string]int
	places  map[string]int
	states  map[string]State
	granted map[string]int // how often places were given without being given back
	world   Shelter
	clock   int64
	number  int
}

// take puts a change into the model, and tells what must never happen.
func (m *model) take(t *rapid.T, c Change, free int) {
	had, has := m.states[c.ID].Takes(), c.State.Takes()
	if m.states[c.ID] != c.Before {
		t.Fatalf("%s: was %q, and the change says %q", c.ID, m.states[c.ID], c.Before)
	}
	if m.states[c.ID] != "" && m.states[c.ID].Over() {
		t.Fatalf("%s came back from %s", c.ID, m.states[c.ID])
	}
	beds := m.beds[c.Category]
	switch {
	case has && !had:
		if free < c.Places {
			t.Fatalf("%s was given %d of %d", c.ID, c.Places, free)
		}
		m.granted[c.ID]++
		for range c.Places {
			beds = append(beds, bed{c.ID})
		}
	case had && !has:
		m.granted[c.ID]--
		beds = slices.DeleteFunc(beds, func(b bed) bool { return b.of == c.ID })
	}
	m.beds[c.Category], m.states[c.ID], m.places[c.ID] = beds, c.State, c.Places
	if n := m.granted[c.ID]; n < 0 || n > 1 {
		t.Fatalf("%s has its places %d times", c.ID, n)
	}
}

func (m *model) free(category string) int { return max(0, m.usable[category]-len(m.beds[category])) }

// happen applies an event, after a crash or two, and checks what came of it.
func (m *model) happen(t *rapid.T, e Event) {
	m.number++
	e.Txn, e.At = fmt.Sprintf("txn%d", m.number), m.clock
	before := m.world
	for range rapid.IntRange(0, 1).Draw(t, "crashes") { // it was decided, and lost before it was written
		lost, _, _ := Apply(m.world, e)
		_ = lost
	}
	if diff := cmp.Diff(before, m.world); diff != "" {
		t.Fatalf("a decision that was lost left something behind: %s", diff)
	}
	next, changes, err := Apply(m.world, e)
	if err != nil {
		if diff := cmp.Diff(before, next); diff != "" {
			t.Fatalf("what was refused changed something: %s", diff)
		}
		return
	}
	m.world = stored(t, next)
	if e.Kind == Count {
		m.usable = map[string]int{}
		for category, units := range e.Capacity {
			m.usable[category] = max(0, units.Total+units.Surge-units.Out)
		}
	}
	for i, c := range changes {
		if c.State == Held && c.Before == Waiting || c.State == Held && c.Before == "" {
			m.inTurn(t, c, changes[i+1:])
		}
		m.take(t, c, m.free(c.Category))
	}
	again, twice, err := Apply(m.world, e)
	if err != nil || len(twice) != 0 || !cmp.Equal(again, m.world) {
		t.Fatalf("the second %s did something: %v %v", e.Kind, twice, err)
	}
}

// inTurn: whoever is given places has nobody before them that would fit as well.
func (m *model) inTurn(t *rapid.T, c Change, later []Change) {
	for id, state := range m.states {
		r := m.world.Requests[id]
		if state != Waiting || r.Category != c.Category || id == c.ID || m.places[id] > m.free(c.Category) {
			continue
		}
		r.Lapsed = r.Lapsed && !slices.ContainsFunc(later, func(l Change) bool { return l.ID == id && !l.Lapsed })
		if precedes(r, c.Request) {
			t.Fatalf("%s was given places before %s", c.ID, id)
		}
	}
}

// precedes is the order of waiting, as a caseworker would say it.
func precedes(a, b Request) bool {
	if a.Lapsed != b.Lapsed {
		return b.Lapsed
	}
	ranks := map[string]int{"standard": 0, "urgent": 1, "emergency": 2}
	if ranks[a.Urgency] != ranks[b.Urgency] {
		return ranks[a.Urgency] > ranks[b.Urgency]
	}
	if a.At != b.At {
		return a.At < b.At
	}
	return a.ID < b.ID
}

// stored writes a shelter down and reads it again, as a hub that was killed does.
func stored(t *rapid.T, s Shelter) (again Shelter) {
	raw, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(raw, &again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func (m *model) check(t *rapid.T) {
	if len(m.states) != len(m.world.Requests) {
		t.Fatalf("%d requests were made, %d are there", len(m.states), len(m.world.Requests))
	}
	for id, state := range m.states {
		if got := m.world.Requests[id].State; got != state {
			t.Fatalf("%s is %s, and should be %s", id, got, state)
		}
	}
	for _, category := range categories {
		if got, want := m.world.Free(category), m.free(category); got != want || got < 0 {
			t.Fatalf("%d %s are free, and should be %d", got, category, want)
		}
		if !m.world.counts(m.clock) {
			continue
		}
		// Nobody waits for what is there.
		for _, r := range m.world.Queue(category) {
			if r.Places <= m.free(category) {
				t.Fatalf("%s waits while %d are free", r.ID, m.free(category))
			}
		}
	}
}

func (m *model) some(t *rapid.T) string {
	ids := slices.Sorted(maps.Keys(m.states))
	if len(ids) == 0 {
		t.Skip("nobody has asked")
	}
	return rapid.SampledFrom(ids).Draw(t, "id")
}

func units(t *rapid.T) map[string]Units {
	all := map[string]Units{}
	for _, category := range categories {
		if rapid.IntRange(0, 9).Draw(t, "has") > 0 {
			all[category] = Units{
				Total: rapid.IntRange(0, 6).Draw(t, "total"), Out: rapid.IntRange(0, 3).Draw(t, "out"), Surge: rapid.IntRange(0, 2).Draw(t, "surge"),
			}
		}
	}
	return all
}

// TestWhateverHappens drives a shelter through anything that may happen to it, in any order, with crashes and retries, and holds it to the model.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			beds: map[string][]bed{}, usable: map[string]int{}, places: map[string]int{}, states: map[string]State{}, granted: map[string]int{},
			world: Shelter{Hold: DefaultHold.Milliseconds()}, clock: 1,
		}
		m.happen(t, Event{Kind: Count, Capacity: units(t)})
		about := func(kind Kind) func(*rapid.T) {
			return func(t *rapid.T) { m.happen(t, Event{Kind: kind, Request: Request{ID: m.some(t)}, Reason: "full"}) }
		}
		plain := func(kind Kind) func(*rapid.T) {
			return func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "rarely") == 0 {
					m.happen(t, Event{Kind: kind})
				}
			}
		}
		ask := func(t *rapid.T) {
			m.happen(t, Event{Kind: Ask, Request: Request{
				ID: fmt.Sprintf("r%d", m.number), Category: rapid.SampledFrom(categories).Draw(t, "category"),
				Places: rapid.IntRange(1, 3).Draw(t, "places"), Urgency: rapid.SampledFrom(code.Urgency.All()).Draw(t, "urgency"),
			}})
		}
		t.Repeat(map[string]func(*rapid.T){
			"": m.check, "ask": ask, "ask again": ask, "accept": about(Accept), "decline": about(Decline), "withdraw": about(Withdraw), "lapse": about(Lapse),
			"expire": about(Expire), "no show": about(NoShowed), "arrive": about(Arrive), "leave": about(Leave),
			"count":   func(t *rapid.T) { m.happen(t, Event{Kind: Count, Capacity: units(t)}) },
			"confirm": func(t *rapid.T) { m.happen(t, Event{Kind: Count, Capacity: m.world.Capacity}) },
			"close":   plain(Close), "reopen": plain(Reopen), "freeze": plain(Freeze),
			"time": func(t *rapid.T) {
				m.clock += rapid.Int64Range(0, 3*time.Hour.Milliseconds()).Draw(t, "passes")
			},
		})
	})
}

// TestLastPlace: two ask for the last one. One has it, the other waits and is offered it when it comes free.
func TestLastPlace(t *testing.T) {
	s := Shelter{Hold: 90, Capacity: map[string]Units{"women": {Total: 1}}}
	ask := func(id string) Event {
		return Event{Kind: Ask, Txn: id, At: 1, Request: Request{ID: id, Category: "women", Places: 1, Urgency: "urgent"}}
	}
	steps := []struct {
		event Event
		want  map[string]State
	}{
		{ask("kunduz"), map[string]State{"kunduz": Held}},
		{ask("termez"), map[string]State{"kunduz": Held, "termez": Waiting}},
		{Event{Kind: Accept, At: 2, Request: Request{ID: "kunduz"}}, map[string]State{"kunduz": Accepted, "termez": Waiting}},
		{Event{Kind: NoShowed, At: 3, Request: Request{ID: "kunduz"}}, map[string]State{"kunduz": NoShow, "termez": Held}},
		{Event{Kind: Lapse, At: 92, Request: Request{ID: "termez"}}, map[string]State{"kunduz": NoShow, "termez": Held}}, // not yet
		{Event{Kind: Lapse, At: 93, Request: Request{ID: "termez"}}, map[string]State{"kunduz": NoShow, "termez": Held}}, // again: nobody else waits
		{ask("herat"), map[string]State{"kunduz": NoShow, "termez": Held, "herat": Waiting}},
		{Event{Kind: Lapse, At: 183, Request: Request{ID: "termez"}}, map[string]State{"kunduz": NoShow, "termez": Waiting, "herat": Held}},
		{Event{Kind: Freeze, At: 184}, map[string]State{"kunduz": NoShow, "termez": Waiting, "herat": Held}},
		{ask("late"), map[string]State{"kunduz": NoShow, "termez": Waiting, "herat": Held, "late": Declined}},
		{Event{Kind: Withdraw, At: 185, Request: Request{ID: "herat"}}, map[string]State{"kunduz": NoShow, "termez": Waiting, "herat": Withdrawn, "late": Declined}},
		{Event{Kind: Reopen, At: 186}, map[string]State{"kunduz": NoShow, "termez": Held, "herat": Withdrawn, "late": Declined}},
	}
	for i, step := range steps {
		next, _, err := Apply(s, step.event)
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		s = next
		got := map[string]State{}
		for id, r := range s.Requests {
			got[id] = r.State
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("step %d, %s: %s", i, step.event.Kind, diff)
		}
	}
}
