package place

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/store"
)

// moves is how much happens in a schedule. There are schedules of them on each set of hubs.
const moves = 12

// TestNoScheduleBooksTwice: people ask, shelters decide, lines are cut and heal in a thousand orders that seeds decide. No place is given that is not
// there, nobody has two, and when the lines hold both sides of each request say the same.
func TestNoScheduleBooksTwice(t *testing.T) {
	for _, names := range [][]string{{east, west}, {east, west, south}} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w := wire(t, names...)
			first := uint64(len(names)) << 32
			for seed := first; seed < first+schedules && !t.Failed(); seed++ {
				s := &schedule{wires: w, seed: seed, chance: rand.New(rand.NewPCG(seed, 0)), asks: map[string][]string{}}
				s.run()
			}
			for _, s := range w.sides {
				s.ledgerAgrees()
			}
		})
	}
}

// schedule is one order of events.
type schedule struct {
	*wires
	seed   uint64
	chance *rand.Rand
	asks   map[string][]string // requests of an asking, by its id
	owners map[string]*side    // of the shelter of a request
	askers map[string]*side
}

func (s *schedule) run() {
	s.owners, s.askers = map[string]*side{}, map[string]*side{}
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the seed is %d", s.seed)
		}
	}()
	for range moves {
		s.move()
		s.noneTwice()
	}
	s.settle()
	s.converged()
	s.end()
}

func (s *schedule) any() *side { return s.sides[s.chance.IntN(len(s.sides))] }

// move is one thing that happens.
func (s *schedule) move() {
	switch one := s.any(); s.chance.IntN(12) {
	case 0, 1:
		s.ask(one)
	case 2, 3, 4:
		s.decide()
	case 5:
		s.takeBack()
	case 6, 7:
		other := one.Named()[s.chance.IntN(len(s.sides)-1)]
		s.set(one.name, other, s.chance.IntN(2) == 0)
	case 8:
		one.call()
	case 9, 10:
		for _, other := range one.Named() {
			one.deliver(other, s.chance.IntN(12))
		}
		s.again(one)
	case 11:
		s.clock.pass(time.Duration(s.chance.IntN(50)) * time.Minute)
		one.due()
	}
}

// again has a hub hear something a second time.
func (s *schedule) again(to *side) {
	for _, from := range to.Named() {
		if e, heard := to.heard[from]; heard {
			to.hear(from, e)
		}
	}
}

func (s *schedule) ask(by *side) {
	var shelters []string
	for _, i := range s.chance.Perm(len(s.sides))[:1+s.chance.IntN(len(s.sides))] {
		id := s.sides[i].shelter
		if s.sides[i] != by {
			id = abroadID(id, s.sides[i].name)
		}
		shelters = append(shelters, id)
	}
	a := wish(shelters...)
	a.Urgency = code.Urgency.All()[s.chance.IntN(3)]
	a.Group = 1 + s.chance.IntN(2)
	ask, err := by.places.Ask(s.t.Context(), by.kunduzWorker, newID(), a)
	by.must(err)
	entries, err := by.places.Asked(s.t.Context(), by.kunduzWorker, ask)
	by.must(err)
	for _, e := range entries {
		s.asks[ask] = append(s.asks[ask], e.ID)
		s.askers[e.ID], s.owners[e.ID] = by, by
		if server := room.ServerOf(e.ShelterID); server != "" {
			s.owners[e.ID] = s.side(server)
		}
	}
}

// requests are all of the schedule in an order that does not vary.
func (s *schedule) requests() (ids []string) {
	for _, some := range s.asks {
		ids = append(ids, some...)
	}
	slices.SortFunc(ids, func(a, b string) int { return int(s.askers[a].at(a) - s.askers[b].at(b)) })
	return ids
}

func (s *side) at(id string) int64 { return s.request(id).At }

func (s *schedule) pick() string {
	ids := s.requests()
	if len(ids) == 0 {
		return ""
	}
	return ids[s.chance.IntN(len(ids))]
}

// staffSteps are what a shelter's staff does, each where it can be done.
var staffSteps = []Step{{allot.Accept, ""}, {allot.Accept, ""}, {allot.Decline, "full"}, {allot.Arrive, ""}, {allot.NoShowed, ""}, {allot.Leave, "unknown"}}

func (s *schedule) decide() {
	id, step := s.pick(), staffSteps[s.chance.IntN(len(staffSteps))]
	if id != "" {
		s.try(s.owners[id], s.owners[id].intake, id, step)
	}
}

func (s *schedule) takeBack() {
	if id := s.pick(); id != "" {
		s.try(s.askers[id], s.askers[id].kunduzWorker, id, Step{allot.Withdraw, "too_far"})
	}
}

// try does what can be done; that a request has moved on, or is not known there yet, is no fault.
func (s *schedule) try(on *side, by people.Caller, id string, step Step) {
	err := on.places.Take(s.t.Context(), by, newID(), id, step)
	if err != nil && !is(err, allot.ErrState()) && !is(err, allot.ErrUnknown()) && !isFull(err) {
		s.t.Errorf("%s: %v", step.Kind, err)
	}
}

func isFull(err error) bool { return err != nil && err.Error() == "M_FORBIDDEN error.place_full" }

// noneTwice: no shelter has given more places than it has. It is counted here, not by what decides.
func (s *schedule) noneTwice() {
	for _, one := range s.sides {
		one.must(one.db.Read(s.t.Context(), func(tx *store.Tx) error {
			sh, err := shelterTx(tx, one.shelter)
			if err != nil {
				return err
			}
			var taken int
			err = tx.QueryRow(`SELECT COALESCE(SUM(places), 0) FROM place_requests WHERE shelter_id = $1 AND category = 'women'
				AND state IN ('held', 'accepted', 'arrived') /* reads all */`, one.shelter).Scan(&taken)
			if taken > sh.usable("women") {
				s.t.Errorf("%s has given %d of %d places", one.name, taken, sh.usable("women"))
			}
			return err
		}))
	}
}

// converged: both sides of each request say the same, and of one asking at most one place is left, unless the people arrived meanwhile.
func (s *schedule) converged() {
	for _, ids := range s.asks {
		accepted := 0
		for _, id := range ids {
			mine, owner := s.askers[id].request(id), s.owners[id]
			if mine.State == allot.Accepted {
				accepted++
			}
			if owner == s.askers[id] {
				continue
			}
			if owner.knows(id) {
				s.askers[id].alike(id, id, owner)
			} else if !mine.State.Over() {
				s.t.Errorf("it is %s, and its shelter's hub does not know it", mine.State)
			}
		}
		if accepted > 1 {
			s.t.Errorf("the same people have %d places", accepted)
		}
	}
	for _, one := range s.sides {
		one.nobodyIsPassedOver()
	}
}

func (s *side) knows(id string) bool {
	err := s.db.Read(s.t.Context(), func(tx *store.Tx) error { _, err := requestTx(tx, id); return err })
	return err == nil
}

// nobodyIsPassedOver: whoever waits would not find room.
func (s *side) nobodyIsPassedOver() {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		sh, err := shelterTx(tx, s.shelter)
		if err != nil {
			return err
		}
		live, err := liveTx(tx, s.shelter, "")
		all := sh.allot(live)
		for _, waits := range all.Queue("women") {
			if waits.Places <= all.Free("women") {
				s.t.Errorf("%s: somebody waits for %d while %d are free", s.name, waits.Places, all.Free("women"))
			}
		}
		return err
	}))
}

// end frees all places, so that the next schedule begins as this one did.
func (s *schedule) end() {
	for _, id := range s.requests() {
		if s.askers[id].request(id).State == allot.Arrived {
			s.try(s.owners[id], s.owners[id].intake, id, Step{allot.Leave, "unknown"})
		} else {
			s.try(s.askers[id], s.askers[id].kunduzWorker, id, Step{allot.Withdraw, "too_far"})
		}
	}
	s.settle()
	for _, one := range s.sides {
		one.must(one.places.Count(s.t.Context(), one.intake, newID(), one.shelter, nil))
		if left := one.openAt(one.shelter); left > 0 {
			s.t.Errorf("%s still has %d requests", one.name, left)
		}
	}
}
