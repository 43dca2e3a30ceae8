package place

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/place/code"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/search"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// start is when tests begin.
var start = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is one node of a hub, with its people.
type house struct {
	t       *testing.T
	address string
	clock   *clock
	db      *store.DB
	people  *people.People
	rooms   *room.Rooms
	network *network.Network
	places  *Places
	close   func()
}

// open opens a node on a database; a second one on the same database is another node of the same hub.
func open(t *testing.T, address string, c *clock) *house {
	t.Helper()
	return openAs(t, address, c, "hub.example", nil)
}

// openAs opens a node of a hub of some name; wires, where there are any, lead to other hubs.
func openAs(t *testing.T, address string, c *clock, name string, w *wires) *house {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Now: c.now})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	brk := broker.InProcess()
	h := &house{t: t, address: address, clock: c, db: db}
	h.close = sync.OnceFunc(func() {
		brk.Close()
		storetest.NoScans(t, db)
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(h.close)
	ring, err := keyring.Open(t.Context(), db, name)
	if err != nil {
		t.Fatal(err)
	}
	h.people = people.New(db, name, people.Options{SecondFactor: people.FactorOffered, Now: c.now, Cost: people.Cost{Memory: 64, Passes: 1}})
	follower := &Log{}
	h.rooms = room.New(db, ring, brk, nil, search.Follower{}, network.Log{}, follower)
	h.network = network.New(db, h.people, h.rooms, "Panah")
	h.places = New(db, ring, h.people, h.rooms, h.network, rota.New(db, h.people), Options{})
	h.places.Hear(follower)
	if w != nil {
		w.lead(h, name, ring)
	}
	if err := h.network.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// cast is a small network: a shelter in Khatlon, and caseworkers in Kunduz and Termez who look for places.
type cast struct {
	*house
	steward                                                   people.Caller
	khatlon, kunduz, termez, ministry                         people.Organisation
	head, intake, other, kunduzWorker, kunduzColleague, focal people.Caller
	termezWorker                                              people.Caller
	shelter                                                   string
}

func eachHouse(t *testing.T, f func(t *testing.T, c *cast)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		h := open(t, address, &clock{at: start})
		f(t, gather(h))
	})
}

func gather(h *house) *cast {
	c := &cast{house: h}
	_, token, err := h.people.StewardInvitation(h.t.Context())
	h.must(err)
	c.steward = h.signUp("steward", token)
	c.khatlon, c.ministry = h.organisation(c.steward, "Umed", "shelter", "TJ"), h.organisation(c.steward, "Ministry", "government", "TJ")
	c.kunduz, c.termez = h.organisation(c.steward, "Kunduz", "ngo", "AF"), h.organisation(c.steward, "Termez", "ngo", "UZ")
	c.head, c.intake = h.join(c.steward, c.khatlon, "head", people.Admin), h.join(c.steward, c.khatlon, "intake", people.Member)
	c.other, c.focal = h.join(c.steward, c.khatlon, "other", people.Member), h.join(c.steward, c.ministry, "focal", people.Member)
	c.kunduzWorker, c.termezWorker = h.join(c.steward, c.kunduz, "kunduz", people.Member), h.join(c.steward, c.termez, "termez", people.Member)
	c.kunduzColleague = h.join(c.steward, c.kunduz, "colleague", people.Member)
	c.shelter = c.open("Lola", map[string]allot.Units{"women": {Total: 3}})
	h.must(h.places.SetStaff(h.t.Context(), c.head, c.shelter, []string{c.intake.UserID}))
	return c
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) signUp(user, token string) people.Caller {
	h.t.Helper()
	s, _, err := h.network.SignUp(h.t.Context(), people.SignUp{Token: token, User: user, Name: user, Passphrase: "seven quiet mountains"})
	h.must(err)
	c, err := h.people.Authenticate(h.t.Context(), s.Token)
	h.must(err)
	return c
}

func (h *house) organisation(by people.Caller, name string, kind people.Kind, country string) people.Organisation {
	h.t.Helper()
	o, err := h.network.CreateOrganisation(h.t.Context(), by, name, kind, country)
	h.must(err)
	return o
}

func (h *house) join(by people.Caller, o people.Organisation, user string, role people.Role) people.Caller {
	h.t.Helper()
	_, token, err := h.network.InvitePerson(h.t.Context(), by, o.ID, role, "en")
	h.must(err)
	return h.signUp(user, token)
}

func profile(name string) Profile {
	return Profile{Name: name, Country: "TJ", Province: "TJ-KT", Facility: "emergency", Services: []string{"medical"}, Languages: []string{"tg", "fa-AF"}, SeenBy: "network"}
}

// open enters a shelter of Khatlon's with its numbers.
func (c *cast) open(name string, capacity map[string]allot.Units) string {
	c.t.Helper()
	id, err := c.places.Register(c.t.Context(), c.head, newID(), profile(name))
	c.must(err)
	c.must(c.places.Count(c.t.Context(), c.head, newID(), id, capacity))
	return id
}

func wish(shelters ...string) Asking {
	return Asking{Wish: Wish{Request: code.Request{Category: "women", Group: 1, Urgency: "urgent", From: "AF-KDZ"}}, Shelters: shelters, Consent: Consent{Given: "none"}}
}

// ask asks, and gives the ids of the requests in the order of the shelters' ids.
func (c *cast) ask(by people.Caller, a Asking) (ids []string) {
	c.t.Helper()
	id, err := c.places.Ask(c.t.Context(), by, newID(), a)
	c.must(err)
	all, err := c.places.Asked(c.t.Context(), by, id)
	c.must(err)
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	return ids
}

func (c *cast) take(by people.Caller, id string, kind allot.Kind, reason string) {
	c.t.Helper()
	c.must(c.places.Take(c.t.Context(), by, newID(), id, Step{kind, reason}))
}

func (c *cast) due() {
	c.t.Helper()
	c.must(c.places.Due(c.t.Context()))
}

func (c *cast) request(id string) (r Request) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) (err error) { r, err = requestTx(tx, id); return err }))
	return r
}

func (c *cast) wantState(what, id string, want allot.State) {
	c.t.Helper()
	if got := c.request(id).State; got != want {
		c.t.Errorf("%s: it is %s, want %s", what, got, want)
	}
}

// told is what somebody is told just now about a request or a shelter.
func (c *cast) told(who people.Caller, about string) (kinds []string) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) (err error) {
		kinds, err = store.Column(tx, `SELECT kind FROM place_notices WHERE user_id = $1 AND about = $2 AND settled_at = 0 ORDER BY kind`, who.UserID, about)
		return err
	}))
	return kinds
}

func (c *cast) wantTold(what string, who people.Caller, about string, want ...string) {
	c.t.Helper()
	if got := c.told(who, about); !slices.Equal(got, want) {
		c.t.Errorf("%s: %s is told %v, want %v", what, who.UserID, got, want)
	}
}

func is(err, want error) bool { return err != nil && fault.From(err).Is(want) }

func (c *cast) wantFault(what string, err error, key string) {
	c.t.Helper()
	if err == nil || !strings.Contains(fault.From(err).Error(), key) {
		c.t.Errorf("%s: %v, want %s", what, err, key)
	}
}

// members are who is in a channel, without the hub's account.
func (c *cast) members(roomID string) (names []string) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		users, err := c.rooms.JoinedMembers(tx, roomID)
		for _, user := range users {
			if name, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), ":"); name != "hub" {
				names = append(names, name)
			}
		}
		return err
	}))
	slices.Sort(names)
	return names
}

// TestTheLastPlace: two ask for it at once. One has it held, the other waits and is offered it when it comes free; from the asking to the exit.
func TestTheLastPlace(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		two := wish(c.shelter)
		two.Group = 2
		c.ask(c.termezWorker, two)
		first, second := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		c.wantState("the first", first, allot.Held)
		c.wantState("the second", second, allot.Waiting)
		c.wantTold("asked", c.intake, first, "asked")
		c.wantTold("not of the staff", c.other, first)
		c.wantTold("waiting asks nobody", c.intake, second)
		e, err := c.places.Request(t.Context(), c.termezWorker, second)
		c.must(err)
		if e.Position != 1 || e.Wish == nil || e.Wish.From != "AF-KDZ" || !e.Mine || e.Decide {
			t.Errorf("the one who waits reads %+v", e)
		}
		if got := c.members(e.RoomID); !slices.Equal(got, []string{"head", "intake", "termez"}) {
			t.Errorf("in its channel are %v", got)
		}
		for who, caller := range map[string]people.Caller{"another who asked": c.kunduzWorker, "not of the staff": c.other, "an official": c.focal, "the steward": c.steward} {
			if _, err := c.places.Request(t.Context(), caller, second); !is(err, allot.ErrUnknown()) {
				t.Errorf("%s reads it: %v", who, err)
			}
			if err := c.places.Take(t.Context(), caller, newID(), second, Step{Kind: allot.Accept}); err == nil {
				t.Errorf("%s accepts it", who)
			}
		}
		c.wantFault("accepting what is full", c.places.Take(t.Context(), c.intake, newID(), second, Step{Kind: allot.Accept}), "error.place_full")
		c.wantFault("declining without a reason", c.places.Take(t.Context(), c.intake, newID(), first, Step{Kind: allot.Decline}), "error.invalid_param")
		c.wantFault("who asks does not decide", c.places.Take(t.Context(), c.kunduzWorker, newID(), first, Step{Kind: allot.Accept}), "unknown_place_request")
		c.take(c.intake, first, allot.Accept, "")
		c.wantTold("decided", c.intake, first)
		c.wantTold("accepted", c.kunduzWorker, first, "accepted")
		c.take(c.intake, first, allot.Arrive, "")
		c.wantState("still", second, allot.Waiting)
		c.take(c.intake, first, allot.Leave, "reintegrated")
		c.wantState("on release", second, allot.Held)
		c.wantTold("offered", c.termezWorker, second, "held")
		c.wantTold("to decide", c.intake, second, "asked")
		c.wantFault("leaving twice", c.places.Take(t.Context(), c.intake, newID(), first, Step{allot.Leave, "unknown"}), "error.place_state")
		if r := c.request(first); r.EndedAt == 0 || r.Reason != "reintegrated" {
			t.Errorf("the end: %+v", r)
		}
		c.ledgerAgrees()
		events := c.said(c.request(first).RoomID)
		if !slices.Equal(events, []string{"kunduz held", "intake accepted", "intake arrived", "intake left"}) {
			t.Errorf("its channel says %v", events)
		}
	})
}

func (c *cast) ledgerAgrees() {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		shelters, entries, err := CheckLedgers(tx, c.places.ring)
		if shelters == 0 || entries == 0 {
			c.t.Errorf("%d ledgers with %d entries", shelters, entries)
		}
		return err
	}))
}

// said is what a channel says of places, as who and state.
func (c *cast) said(roomID string) (all []string) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		events, err := c.rooms.FollowEvents(tx, 0, 1<<40, 10_000)
		for _, e := range events {
			var content map[string]json.RawMessage
			if e.RoomID != roomID || json.Unmarshal(e.Content, &content) != nil || content[Member] == nil {
				continue
			}
			var says struct {
				State string `json:"state"`
			}
			if err := json.Unmarshal(content[Member], &says); err != nil {
				return err
			}
			name, _, _ := strings.Cut(strings.TrimPrefix(e.Sender, "@"), ":")
			all = append(all, name+" "+says.State)
		}
		return err
	}))
	return all
}

// TestHoldsEnd: by the node's clock, once, over a restart and from two nodes; who lapsed comes after who had none, and after four hours
// without an answer it goes back to who asked.
func TestHoldsEnd(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, map[string]allot.Units{"women": {Total: 1}}))
		first, second := c.ask(c.kunduzWorker, wish(c.shelter))[0], c.ask(c.termezWorker, wish(c.shelter))[0]
		c.clock.pass(89 * time.Minute)
		c.due()
		c.wantState("before its time", first, allot.Held)
		c.house.close() // the node is lost just now
		c.clock.pass(time.Minute)
		c.house = open(t, c.address, c.clock)
		other := open(t, c.address, c.clock)
		var both sync.WaitGroup
		for _, node := range []*house{c.house, other} {
			both.Go(func() {
				if err := node.places.Due(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		c.wantState("lapsed", first, allot.Waiting)
		c.wantState("offered", second, allot.Held)
		if got := c.said(c.request(first).RoomID); !slices.Equal(got, []string{"kunduz held", "hub waiting"}) {
			t.Errorf("the first one's channel says %v", got)
		}
		c.take(c.termezWorker, second, allot.Withdraw, "too_far")
		c.wantState("held again", first, allot.Held)
		c.clock.pass(150 * time.Minute)
		c.due()
		c.wantState("nobody answered", first, allot.Expired)
		c.wantTold("told", c.kunduzWorker, first, "expired")
		c.wantTold("nothing to decide any more", c.intake, first)
	})
}

// TestSeveralShelters: up to three at once; the first that accepts has the others withdrawn.
func TestSeveralShelters(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		a, b := c.open("A", map[string]allot.Units{"women": {Total: 1}}), c.open("B", map[string]allot.Units{"women": {Total: 1}})
		ids := c.ask(c.kunduzWorker, wish(c.shelter, a, b))
		next := c.ask(c.termezWorker, wish(b))[0]
		at := map[string]string{}
		for _, id := range ids {
			at[c.request(id).ShelterID] = id
		}
		c.wantState("one waits", next, allot.Waiting)
		c.take(c.head, at[a], allot.Accept, "")
		c.wantState("taken", at[a], allot.Accepted)
		for _, shelter := range []string{c.shelter, b} {
			if r := c.request(at[shelter]); r.State != allot.Withdrawn || r.Reason != "elsewhere" {
				t.Errorf("another is %s (%s)", r.State, r.Reason)
			}
		}
		c.wantState("offered what came free", next, allot.Held)
		_, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), wish(c.shelter, a, b, c.open("C", nil)))
		c.wantFault("four", err, "error.place_three")
		_, err = c.places.Ask(t.Context(), c.kunduzWorker, newID(), wish(c.shelter, c.shelter))
		c.wantFault("one twice", err, "error.invalid_param")
	})
}

// TestTwiceIsOnce: what a phone sends again after it lost its line is done once.
func TestTwiceIsOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		first, err := c.places.Ask(t.Context(), c.kunduzWorker, "1", wish(c.shelter))
		c.must(err)
		again, err := c.places.Ask(t.Context(), c.kunduzWorker, "1", wish(c.shelter))
		c.must(err)
		if first != again {
			t.Errorf("asked twice: %s and %s", first, again)
		}
		entries, err := c.places.Asked(t.Context(), c.kunduzWorker, first)
		c.must(err)
		id := entries[0].ID
		for range 2 {
			c.must(c.places.Take(t.Context(), c.intake, "2", id, Step{Kind: allot.Accept}))
		}
		for range 2 {
			c.must(c.places.Take(t.Context(), c.intake, "3", id, Step{Kind: allot.NoShowed}))
		}
		if got := c.said(c.request(id).RoomID); len(got) != 3 {
			t.Errorf("said: %v", got)
		}
		all, err := c.places.Shelters(t.Context(), c.kunduzWorker)
		c.must(err)
		if len(all) != 1 || all[0].Free["women"] != 3 {
			t.Errorf("free are %+v", all)
		}
	})
}

// TestWhoSees: officials see no shelter, a country's is for the country, one's own for oneself, and an alias is all that others learn.
func TestWhoSees(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		edit := func(change func(*Profile)) {
			f := profile("Lola")
			change(&f)
			c.must(c.places.Edit(t.Context(), c.head, c.shelter, f))
		}
		sees := func(who people.Caller) bool {
			all, err := c.places.Shelters(t.Context(), who)
			return err == nil && len(all) == 1
		}
		if !sees(c.kunduzWorker) || !sees(c.intake) || sees(c.focal) || sees(c.steward) {
			t.Error("the network does not see it, or an official does")
		}
		if got := c.boardSays(""); !strings.Contains(got, `"name":"Lola"`) || !strings.Contains(got, `"women":3`) || strings.Contains(got, c.khatlon.ID) {
			t.Errorf("the board says %s", got)
		}
		if got := c.boardMembers(""); slices.Contains(got, "focal") || !slices.Contains(got, "kunduz") || slices.Contains(got, "steward") {
			t.Errorf("on the board are %v", got)
		}
		edit(func(f *Profile) { f.SeenBy = "country" })
		if sees(c.kunduzWorker) || !sees(c.intake) {
			t.Error("another country sees it")
		}
		if got := c.boardSays(""); got != "{}" {
			t.Errorf("the network's board still says %s", got)
		}
		if got := c.boardMembers("TJ"); slices.Contains(got, "kunduz") || !slices.Contains(got, "intake") {
			t.Errorf("on the country's board are %v", got)
		}
		edit(func(f *Profile) { f.Country, f.Province = "", "" })
		if got := c.boardSays("TJ"); got != "{}" || !sees(c.kunduzWorker) {
			t.Errorf("where it does not say where it is, the board says %s", got)
		}
		edit(func(f *Profile) { f.SeenBy = "organisation" })
		if sees(c.kunduzWorker) || !sees(c.intake) {
			t.Error("others see what is not shown")
		}
		_, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), wish(c.shelter))
		c.wantFault("asking what is not shown", err, "error.unknown_shelter")
		c.wantFault("editing another's", c.places.Edit(t.Context(), c.steward, c.shelter, profile("X")), "error.unknown_shelter")
		c.wantFault("an official's shelter", func() error { _, err := c.places.Register(t.Context(), c.steward, newID(), profile("X")); return err }(), "error.shelter_kind")
	})
}

func (c *cast) board(country string) (roomID string) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT room_id FROM place_boards WHERE country = $1`, country).Scan(&roomID)
	}))
	return roomID
}

func (c *cast) boardMembers(country string) []string { return c.members(c.board(country)) }

func (c *cast) boardSays(country string) (says string) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), func(tx *store.Tx) error {
		e, err := c.rooms.StateEvent(tx, c.board(country), ShelterType, c.shelter)
		if e != nil {
			says = string(e.Content)
		}
		return err
	}))
	return says
}

// TestFind: what suits is found with its numbers; what is ruled out, closed or without such places is not; old numbers count as nothing free.
func TestFind(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		search := Search{Request: wish().Request}
		find := func() Found {
			f, err := c.places.Find(t.Context(), c.kunduzWorker, search)
			c.must(err)
			return f
		}
		if f := find(); len(f.Shelters) != 1 || !f.Free || f.Shelters[0].Fit.Distance != 2 {
			t.Errorf("found: %+v", f)
		}
		search.Countries = []string{"AF"}
		if f := find(); len(f.Shelters) != 0 || f.Free {
			t.Errorf("found elsewhere: %+v", f)
		}
		search.Countries = nil
		c.clock.pass(48 * time.Hour)
		if f := find(); len(f.Shelters) != 1 || f.Free || f.Shelters[0].Fit.Freshness != "uncounted" {
			t.Errorf("old numbers: %+v", f)
		}
		waits := c.ask(c.kunduzWorker, wish(c.shelter))[0]
		c.wantState("on old numbers", waits, allot.Waiting)
		c.must(c.places.Count(t.Context(), c.intake, newID(), c.shelter, nil))
		c.wantState("confirmed", waits, allot.Held)
		c.must(c.places.Close(t.Context(), c.intake, newID(), c.shelter))
		c.wantState("closed", waits, allot.Declined)
		if f := find(); len(f.Shelters) != 0 {
			t.Errorf("found closed: %+v", f)
		}
		c.must(c.places.Reopen(t.Context(), c.intake, newID(), c.shelter))
		strict := profile("Lola")
		strict.Criteria = []code.Criterion{{Name: "group", Hard: true, To: 1}}
		c.must(c.places.Edit(t.Context(), c.head, c.shelter, strict))
		search.Group = 2
		if f := find(); len(f.Shelters) != 0 {
			t.Errorf("found what is ruled out: %+v", f)
		}
		two := wish(c.shelter)
		two.Group = 2
		_, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), two)
		c.wantFault("asking what is ruled out", err, "error.place_unfit")
	})
}

// TestWhoComesAndGoes: channels follow the people of both sides, and the shelter's own choice.
func TestWhoComesAndGoes(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		roomID := c.request(c.ask(c.kunduzWorker, wish(c.shelter))[0]).RoomID
		want := func(what string, names ...string) {
			t.Helper()
			if got := c.members(roomID); !slices.Equal(got, names) {
				t.Errorf("%s: in the channel are %v, want %v", what, got, names)
			}
		}
		want("asked", "head", "intake", "kunduz")
		c.must(c.places.SetStaff(t.Context(), c.head, c.shelter, []string{c.other.UserID}))
		want("staff changed", "head", "kunduz", "other")
		_, err := c.network.Change(t.Context(), c.steward, c.kunduzColleague.UserID, people.Change{Deed: people.DeedRole, Role: people.Admin})
		c.must(err)
		want("a colleague looks after the organisation now", "colleague", "head", "kunduz", "other")
		_, err = c.network.Change(t.Context(), c.steward, c.kunduzWorker.UserID, people.Change{Deed: people.DeedMove, OrganisationID: c.termez.ID})
		c.must(err)
		want("who asked has gone", "colleague", "head", "other")
		c.join(c.steward, c.kunduz, "new", people.Member)
		want("somebody came who goes on", "colleague", "head", "new", "other")
	})
}

// TestPastTheDoor: nobody says by hand what became of a request, or what a shelter has.
func TestPastTheDoor(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		roomID := c.request(c.ask(c.kunduzWorker, wish(c.shelter))[0]).RoomID
		post := func(content map[string]any) error {
			return c.db.Write(t.Context(), func(tx *store.Tx) error {
				_, err := c.rooms.Append(t.Context(), tx, room.Draft{RoomID: roomID, Sender: c.kunduzWorker.UserID, Type: "m.room.message", Content: content})
				return err
			})
		}
		c.must(post(map[string]any{"msgtype": "m.text", "body": "We leave at eight"}))
		c.wantFault("by hand", post(map[string]any{"msgtype": "m.text", "body": "x", Member: map[string]any{"state": "accepted"}}), "error.place_door")
		note := wish(c.shelter)
		note.Note, note.Language = "Ring +992 93 123 4567", "en"
		_, err := c.places.Ask(t.Context(), c.kunduzWorker, newID(), note)
		c.wantFault("a number in the note", err, "error.alert_guard")
		note.Confirmed = []string{"phone"}
		c.ask(c.kunduzWorker, note)
		lie := wish(c.shelter)
		lie.Consent = Consent{Given: "given"}
		_, err = c.places.Ask(t.Context(), c.kunduzWorker, newID(), lie)
		c.wantFault("consent without when", err, "error.place_consent")
	})
}
