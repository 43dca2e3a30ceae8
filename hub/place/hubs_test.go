package place_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"panah/hub/federation/federationtest"
	"panah/hub/node"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
	"panah/hub/place"
	"panah/hub/store"
)

// TestNoScheduleOverWiresBooksTwice in this package has a thousand schedules on lines that are simulated. Here are a few dozen on whole hubs that
// federate over TLS, seen from outside as people see them.

const (
	v3 = "/_matrix/client/v3"
	us = "/_panah/v1"
)

// M is a JSON object.
type M = nodetest.M

// places is how many each shelter has.
const places = 3

// region is several hubs with one clock, and the lines between them.
type region struct {
	sides []*side
	ahead atomic.Int64 // how far the clock is ahead of the machine's: pauses after failures pass by it
	cut   map[[2]*side]bool
}

func (r *region) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// side is one hub, with a shelter, who decides about its places, and who looks for places.
type side struct {
	*hubstest.Hub
	head, intake, worker *nodetest.Client
	shelter              string
	room                 string // where the workers talk
	since                string // the worker's place in /sync
	said                 int
	heard                map[string][]string // by who said it
}

// found starts the hubs, and waits until each shows the shelters of all.
func found(t *testing.T, count int) *region {
	t.Helper()
	r := &region{cut: map[[2]*side]bool{}}
	for _, h := range hubstest.HubsAt(t, federationtest.NewAuthority(t), r.now, count) {
		r.sides = append(r.sides, settle(t, h))
	}
	room := ""
	for i, s := range r.sides {
		until(t, "the shelters of all hubs are shown", func() bool {
			return len(s.worker.OK(t, "GET", us+"/places/shelters", nil).List("shelters")) == count
		})
		if i == 0 {
			room = s.worker.OK(t, "POST", v3+"/createRoom", M{"preset": "public_chat", "room_alias_name": "talk"}).Text("room_id")
		} else {
			s.worker.OK(t, "POST", v3+"/join/"+url.PathEscape("#talk:"+r.sides[0].Name), M{})
		}
	}
	for _, s := range r.sides {
		until(t, "all are in the room", func() bool {
			return len(s.worker.OK(t, "GET", v3+"/rooms/"+url.PathEscape(room)+"/joined_members", nil).Value("joined").(M)) == count
		})
		s.room = room
		s.listen(t)
	}
	return r
}

func settle(t *testing.T, h *hubstest.Hub) *side {
	t.Helper()
	steward := h.SignUp(t, h.FirstToken(t), "steward")
	shelter, ngo := steward.Organisation(t, "Umed", "shelter", "TJ"), steward.Organisation(t, "Kunduz", "ngo", "AF")
	s := &side{Hub: h, heard: map[string][]string{}}
	s.head = h.SignUp(t, steward.Invite(t, shelter, "admin"), "head")
	s.intake = h.SignUp(t, steward.Invite(t, shelter, "member"), "intake")
	s.worker = h.SignUp(t, steward.Invite(t, ngo, "member"), "worker")
	s.shelter = s.head.OK(t, "POST", us+"/places/shelters", M{
		"txn_id": "open", "name": "Lola", "country": "TJ", "province": "TJ-KT", "facility": "emergency", "languages": []string{"tg"}, "seen_by": "network", "zone": 300,
	}).Text("id")
	s.head.OK(t, "POST", us+"/places/shelters/"+s.shelter+"/count", M{"txn_id": "count", "capacity": M{"women": M{"total": places}}})
	return s
}

// until asks again and again until what was asked is so, as somebody before a screen does.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		if so() {
			return
		}
		<-tick.C
	}
	t.Fatalf("not so after a minute: %s", what)
}

// as is a shelter as another hub calls it.
func (s *side) as(by *side) string {
	if s == by {
		return s.shelter
	}
	return s.shelter + ":" + s.Name
}

// asked is a request, and between whom.
type asked struct {
	id, ask      string
	asker, owner *side
	dark         bool // the line has been cut since before it was asked
}

// ask has a hub's worker ask shelters.
func (r *region) ask(t *testing.T, by *side, txn string, group int, urgency string, of ...*side) (all []*asked) {
	t.Helper()
	var shelters []string
	for _, s := range of {
		shelters = append(shelters, s.as(by))
	}
	answer := by.worker.OK(t, "POST", us+"/places/requests", M{"txn_id": txn, "shelters": shelters, "category": "women", "group": group,
		"urgency": urgency, "from": "AF-KDZ", "consent": M{"given": "none"}})
	for _, one := range answer.List("requests") {
		q := one.(M)
		i := slices.Index(shelters, q["shelter_id"].(string))
		all = append(all, &asked{id: q["id"].(string), ask: answer.Text("ask_id"), asker: by, owner: of[i], dark: r.isCut(by, of[i])})
	}
	return all
}

// stateAt is how a request stands for somebody; "" when their hub knows nothing of it.
func (q *asked) stateAt(t *testing.T, c *nodetest.Client) string {
	t.Helper()
	answer := c.Do(t, "GET", us+"/places/requests/"+url.PathEscape(q.id), nil)
	if answer.Status != http.StatusOK && answer.Status != http.StatusNotFound {
		t.Fatalf("a request: %d %s", answer.Status, answer.Raw)
	}
	return answer.Text("state")
}

// step does what can be done; that a request has moved on, or is not known there yet, is no fault.
func (q *asked) step(t *testing.T, by *nodetest.Client, txn, step, reason string) {
	t.Helper()
	answer := by.Do(t, "POST", us+"/places/requests/"+url.PathEscape(q.id)+"/step", M{"txn_id": txn, "step": step, "reason": reason})
	if answer.Status >= 500 || answer.Status == http.StatusBadRequest {
		t.Errorf("%s: %d %s", step, answer.Status, answer.Raw)
	}
}

var hasPlaces, overStates = []string{"held", "accepted", "arrived"}, []string{"left", "declined", "withdrawn", "expired", "no_show"}

// noneTwice: a shelter has not given more places than it has, as its own people see it.
func (s *side) noneTwice(t *testing.T) {
	t.Helper()
	taken := 0
	for _, one := range s.intake.OK(t, "GET", us+"/places/requests", nil).List("requests") {
		if q := one.(M); slices.Contains(hasPlaces, q["state"].(string)) && q["shelter_id"] == s.shelter {
			taken += int(q["places"].(float64))
		}
	}
	if taken > places {
		t.Errorf("%s has given %d of %d places", s.Name, taken, places)
	}
}

func (r *region) isCut(a, b *side) bool { return r.cut[[2]*side{a, b}] || r.cut[[2]*side{b, a}] }

func (r *region) setCut(a, b *side, cut bool) {
	r.cut[[2]*side{a, b}], r.cut[[2]*side{b, a}] = cut, cut
	if cut {
		hubstest.Cut(a.Hub, b.Hub)
	} else {
		hubstest.Heal(a.Hub, b.Hub)
	}
}

// pause is longer than any pause after what failed in a test.
const pause = 6 * time.Minute

// heal mends all lines, and lets pass what the hubs would wait before they try again.
func (r *region) heal() {
	for i, a := range r.sides {
		for _, b := range r.sides[:i] {
			r.setCut(a, b, false)
		}
	}
	r.ahead.Add(int64(pause))
}

// TestAskedIsNotHeldUntilTheOwnerAnswers: while the line is cut a request stands as asked, with the hub that is silent, and its shelter gives its places
// to others. Once it is heard it waits, as the shelter's hub says, and not before.
func TestAskedIsNotHeldUntilTheOwnerAnswers(t *testing.T) {
	r := found(t, 2)
	here, there := r.sides[0], r.sides[1]
	r.setCut(here, there, true)
	q := r.ask(t, here, "far", 2, "urgent", there)[0]
	until(t, "the hub is silent", func() bool {
		here.talk(t)
		answer := here.worker.OK(t, "GET", us+"/places/requests/"+url.PathEscape(q.id), nil)
		return answer.Value("hub", "silent_since") != nil
	})
	near := r.ask(t, there, "near", 2, "urgent", there)[0]
	if state := near.stateAt(t, there.worker); state != "held" {
		t.Errorf("of the shelter's own hub it is %s", state)
	}
	if mine, theirs := q.stateAt(t, here.worker), q.stateAt(t, there.intake); mine != "asked" || theirs != "" {
		t.Errorf("over a line that is cut it is %q here and %q there", mine, theirs)
	}
	r.heal()
	until(t, "it waits", func() bool { return q.stateAt(t, here.worker) == "waiting" && q.stateAt(t, there.intake) == "waiting" })
	near.step(t, there.worker, "back", "withdraw", "own_choice")
	until(t, "it is held", func() bool { return q.stateAt(t, here.worker) == "held" && q.stateAt(t, there.intake) == "held" })
	there.noneTwice(t)
	r.hearAll(t)
}

// moves is how much happens in one schedule.
const moves = 14

// TestHubsNeverBookTwice: people ask, shelters decide, people talk, and lines are cut and heal in orders that seeds decide.
func TestHubsNeverBookTwice(t *testing.T) {
	for _, count := range []int{2, 3} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			r := found(t, count)
			for seed := range uint64(place.HubSchedules) {
				s := &schedule{region: r, t: t, name: fmt.Sprint(seed), chance: rand.New(rand.NewPCG(seed, uint64(count)))}
				if s.run(); t.Failed() {
					t.Fatalf("the seed is %d", seed)
				}
			}
			for _, s := range r.sides {
				if checked := s.head.OK(t, "GET", us+"/places/shelters/"+s.shelter+"/ledger/check", nil); checked.Value("ok") != true {
					t.Errorf("the ledger of %s: %s", s.Name, checked.Raw)
				}
			}
		})
	}
}

// schedule is one order of events.
type schedule struct {
	*region
	t      *testing.T
	name   string
	chance *rand.Rand
	all    []*asked
	txns   int
}

func (s *schedule) run() {
	for range moves {
		s.move()
		for _, one := range s.sides {
			one.noneTwice(s.t)
		}
		s.noneInTheDark()
	}
	s.heal()
	s.converge()
	s.oneEach()
	s.end()
	s.hearAll(s.t)
}

func (s *schedule) txn() string {
	s.txns++
	return s.name + "-" + fmt.Sprint(s.txns)
}

func (s *schedule) any() *side { return s.sides[s.chance.IntN(len(s.sides))] }

func (s *schedule) move() {
	one := s.any()
	switch s.chance.IntN(10) {
	case 0, 1, 2:
		var of []*side
		for _, i := range s.chance.Perm(len(s.sides))[:1+s.chance.IntN(len(s.sides))] {
			of = append(of, s.sides[i])
		}
		urgency := []string{"standard", "urgent", "emergency"}[s.chance.IntN(3)]
		s.all = append(s.all, s.ask(s.t, one, s.txn(), 1+s.chance.IntN(2), urgency, of...)...)
	case 3, 4, 5:
		step := [][2]string{{"accept"}, {"accept"}, {"decline", "full"}, {"arrive"}, {"no_show"}, {"leave", "unknown"}}[s.chance.IntN(6)]
		if q := s.pick(); q != nil {
			q.step(s.t, q.owner.intake, s.txn(), step[0], step[1])
		}
	case 6:
		if q := s.pick(); q != nil {
			q.step(s.t, q.asker.worker, s.txn(), "withdraw", "too_far")
		}
	case 7, 8:
		if other := s.any(); other != one {
			s.turn(one, other, s.chance.IntN(3) > 0)
		}
	case 9:
		one.talk(s.t)
	}
}

func (s *schedule) pick() *asked {
	if len(s.all) == 0 {
		return nil
	}
	return s.all[s.chance.IntN(len(s.all))]
}

// turn cuts a line or mends it.
func (s *schedule) turn(a, b *side, cut bool) {
	s.setCut(a, b, cut)
	for _, q := range s.all {
		q.dark = q.dark && s.isCut(q.asker, q.owner)
	}
}

// noneInTheDark: nobody is shown a place by a hub that cannot have been asked.
func (s *schedule) noneInTheDark() {
	for _, q := range s.all {
		if !q.dark {
			continue
		}
		if state := q.stateAt(s.t, q.asker.worker); state != "asked" && !slices.Contains(overStates, state) {
			s.t.Errorf("it is %s though nobody was asked", state)
		}
	}
}

// converge waits until both sides of each request say the same. One that was taken back before it was heard is known on one side alone.
func (s *schedule) converge() {
	for _, q := range s.all {
		var mine, theirs string
		until(s.t, "both sides say the same of "+q.id, func() bool {
			mine, theirs = q.stateAt(s.t, q.asker.worker), q.stateAt(s.t, q.owner.intake)
			return mine == theirs && mine != "asked" || theirs == "" && slices.Contains(overStates, mine)
		})
	}
}

// oneEach: those who asked several shelters are accepted by one at most.
func (s *schedule) oneEach() {
	until(s.t, "nobody has two places", func() bool {
		accepted := map[string]int{}
		for _, q := range s.all {
			if q.stateAt(s.t, q.asker.worker) == "accepted" {
				accepted[q.ask]++
			}
		}
		for _, n := range accepted {
			if n > 1 {
				return false
			}
		}
		return true
	})
}

// end frees all places, so that the next schedule begins as this one did.
func (s *schedule) end() {
	for _, q := range s.all {
		if q.stateAt(s.t, q.asker.worker) == "arrived" {
			q.step(s.t, q.owner.intake, s.txn(), "leave", "unknown")
		} else {
			q.step(s.t, q.asker.worker, s.txn(), "withdraw", "too_far")
		}
	}
	s.converge()
	for _, one := range s.sides {
		until(s.t, "nothing is under way", func() bool {
			return len(one.intake.OK(s.t, "GET", us+"/places/requests", nil).List("requests")) == 0
		})
	}
}

// talk says the next number.
func (s *side) talk(t *testing.T) {
	t.Helper()
	s.said++
	body := fmt.Sprint(s.said)
	s.worker.OK(t, "PUT", v3+"/rooms/"+url.PathEscape(s.room)+"/send/m.room.message/"+body, M{"msgtype": "m.text", "body": body})
}

// listen begins to hear what is said from now on, or goes on.
func (s *side) listen(t *testing.T) {
	t.Helper()
	filter := url.QueryEscape(`{"room":{"rooms":["` + s.room + `"],"timeline":{"limit":100,"types":["m.room.message"]}}}`)
	answer := s.worker.OK(t, "GET", v3+"/sync?timeout=0&filter="+filter+"&since="+s.since, nil)
	s.since = answer.Text("next_batch")
	for _, one := range answer.List("rooms", "join", s.room, "timeline", "events") {
		e := one.(M)
		_, server, _ := strings.Cut(e["sender"].(string), ":")
		s.heard[server] = append(s.heard[server], e["content"].(M)["body"].(string))
	}
}

// hearAll waits until everybody has heard all that was said: each of it once, and what one hub sent in its order.
func (r *region) hearAll(t *testing.T) {
	t.Helper()
	for _, s := range r.sides {
		for _, from := range r.sides {
			until(t, "all has been heard", func() bool {
				s.listen(t)
				return len(s.heard[from.Name]) >= from.said
			})
			for i, body := range s.heard[from.Name] {
				if body != fmt.Sprint(i+1) {
					t.Fatalf("%s heard of %s: %v", s.Name, from.Name, s.heard[from.Name])
				}
			}
		}
	}
}

// looked is how often a hub has looked at ledgers of others with a result, by its metrics.
func (s *side) looked(t *testing.T, result string) (times int) {
	t.Helper()
	metrics := (&nodetest.Client{URL: "http://" + s.Node.PrivateAddress()}).OK(t, "GET", "/metrics", nil)
	if _, after, found := strings.Cut(string(metrics.Raw), `panah_places_neighbour_ledgers_total{result="`+result+`"} `); found {
		if _, err := fmt.Sscan(after, &times); err != nil {
			t.Fatal(err)
		}
	}
	return times
}

// TestAHubNoticesThatALedgerLostItsEnd: a hub verifies its neighbour's ledger, and says when an entry is gone that it has seen; what stands there
// then is watched again.
func TestAHubNoticesThatALedgerLostItsEnd(t *testing.T) {
	const later = 20 * time.Minute
	r := found(t, 2)
	here, there := r.sides[0], r.sides[1]
	r.ask(t, there, "near", 2, "urgent", there)
	here.Stop(t)
	here.Start(t, func(c *node.Config) { c.Metrics = "127.0.0.1:0" })
	r.ahead.Add(int64(later))
	until(t, "it has been verified with the place that was given", func() bool { return here.looked(t, "verified") > 0 })
	there.Stop(t)
	if got := here.looked(t, "broken"); got != 0 {
		t.Errorf("broken before anything was changed: %d", got)
	}
	there.forgetLastEntry(t)
	there.Start(t)
	r.ahead.Add(int64(later))
	until(t, "it is seen", func() bool { return here.looked(t, "broken") == 1 })
	before := here.looked(t, "verified")
	r.ahead.Add(int64(later))
	until(t, "it is watched again", func() bool { return here.looked(t, "verified") > before })
	here.Stop(t)
	var out bytes.Buffer
	code := node.Command(t.Context(), []string{"doctor"}, []string{"LANG=en_GB.UTF-8", "DATABASE_URL=" + here.Address, "PANAH_DATA=" + t.TempDir()}, &out, &out)
	if want := "The ledger of the shelter " + there.shelter + " at the hub " + there.Name; code == 0 || !strings.Contains(out.String(), want) {
		t.Errorf("the doctor says with %d: %s", code, out.String())
	}
}

// forgetLastEntry takes the last entry out of the ledger in a hub's database, as a copy of an earlier day would lack it.
func (s *side) forgetLastEntry(t *testing.T) {
	t.Helper()
	db, err := store.Open(t.Context(), s.Address, store.Options{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM place_ledger WHERE shelter_id = $1 AND seq = (SELECT MAX(seq) FROM place_ledger WHERE shelter_id = $1)`, s.shelter)
		if err == nil && n != 1 {
			err = fmt.Errorf("%d entries were taken out", n)
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
