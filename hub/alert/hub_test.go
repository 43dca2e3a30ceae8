package alert

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

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
	alerts  *Alerts
	close   func()
}

// open opens a node on a database; a second one on the same database is another node of the same hub.
func open(t *testing.T, address string, c *clock) *house {
	t.Helper()
	db, err := store.Open(t.Context(), address, store.Options{Now: c.now})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	brk := broker.InProcess()
	h := &house{t: t, address: address, clock: c, db: db}
	h.close = sync.OnceFunc(func() {
		brk.Close()
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(h.close)
	ring, err := keyring.Open(t.Context(), db, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	h.people = people.New(db, "hub.example", people.Options{SecondFactor: people.FactorOffered, Now: c.now, Cost: people.Cost{Memory: 64, Passes: 1}})
	h.rooms = room.New(db, ring, brk, nil, Log{})
	h.network = network.New(db, h.people, h.rooms, "Panah")
	h.alerts = New(db, h.people, h.rooms, h.network, Options{})
	if err := h.network.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// cast is a small network: Herat sends to Dushanbe, whose country Khujand leads, and to Lahore, where nobody is on any rota.
type cast struct {
	*house
	steward                                                     people.Caller
	herat, dushanbe, khujand, lahore                            people.Organisation
	sender, senderAdmin, first, second, admin, lead, lahoreAsks people.Caller
}

func eachHouse(t *testing.T, f func(t *testing.T, c *cast)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		h := open(t, address, &clock{at: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)})
		c := &cast{house: h}
		_, token, err := h.people.StewardInvitation(t.Context())
		h.must(err)
		c.steward = h.signUp("steward", token)
		c.herat, c.dushanbe = h.organisation(c.steward, "Herat", "AF"), h.organisation(c.steward, "Dushanbe", "TJ")
		c.khujand, c.lahore = h.organisation(c.steward, "Khujand", "TJ"), h.organisation(c.steward, "Lahore", "PK")
		c.sender, c.senderAdmin = h.join(c.steward, c.herat, "sender", people.Member), h.join(c.steward, c.herat, "herat-admin", people.Admin)
		c.first, c.second = h.join(c.steward, c.dushanbe, "first", people.Member), h.join(c.steward, c.dushanbe, "second", people.Member)
		c.admin, c.lead = h.join(c.steward, c.dushanbe, "admin", people.Admin), h.join(c.steward, c.khujand, "lead", people.Admin)
		c.lahoreAsks = h.join(c.steward, c.lahore, "lahore", people.Admin)
		h.must(h.alerts.SetLead(t.Context(), c.steward, "TJ", c.khujand.ID))
		f(t, c)
	})
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

func (h *house) organisation(by people.Caller, name, country string) people.Organisation {
	h.t.Helper()
	o, err := h.network.CreateOrganisation(h.t.Context(), by, name, "ngo", country)
	h.must(err)
	return o
}

func (h *house) join(by people.Caller, o people.Organisation, user string, role people.Role) people.Caller {
	h.t.Helper()
	_, token, err := h.network.InvitePerson(h.t.Context(), by, o.ID, role, "en")
	h.must(err)
	return h.signUp(user, token)
}

// transitTo is an alert to some organisations.
func transitTo(to ...people.Organisation) Wish {
	w := Wish{Block: Block{Code: "transit", Slots: []byte(`{"count":2,"from":"AF-HER"}`)}}
	for _, o := range to {
		w.Audience.Organisations = append(w.Audience.Organisations, o.ID)
	}
	return w
}

func (h *house) send(by people.Caller, w Wish) string {
	h.t.Helper()
	s, err := h.alerts.Send(h.t.Context(), by, newID(), w)
	h.must(err)
	if s.AlertID == "" {
		h.t.Fatalf("it waits: %+v", s)
	}
	return s.AlertID
}

func (h *house) answer(by people.Caller, id string, r Reply) {
	h.t.Helper()
	_, err := h.alerts.Answer(h.t.Context(), by, id, r)
	h.must(err)
}

// asked is who is asked by name just now, as kind and user.
func (h *house) asked(id string) (all []string) {
	h.t.Helper()
	h.must(h.db.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		all, err = query(tx, func(row scanner) (string, error) {
			var kind, user string
			err := row.Scan(&kind, &user)
			return kind + " " + strings.TrimPrefix(strings.TrimSuffix(user, ":hub.example"), "@"), err
		}, `SELECT kind, user_id FROM alert_notices WHERE alert_id = $1 AND settled_at = 0 AND kind IN ('duty', 'next', 'admin', 'coordinator', 'steward')
			ORDER BY at, kind, user_id`, id)
		return err
	}))
	return all
}

func (h *house) wantAsked(what, id string, want ...string) {
	h.t.Helper()
	if got := h.asked(id); !slices.Equal(got, want) {
		h.t.Errorf("%s: asked are %v, want %v", what, got, want)
	}
}

func (h *house) due() {
	h.t.Helper()
	h.must(h.alerts.Due(h.t.Context()))
}

func (h *house) reads(c people.Caller, id string) bool {
	_, err := h.alerts.Detail(h.t.Context(), c, id, "")
	if err != nil && !fault.NotFound("error.unknown_alert").Is(err) {
		h.t.Errorf("read: %v", err)
	}
	return err == nil
}

// rota puts first and second on duty all week.
func (c *cast) rota() {
	c.t.Helper()
	var slots []Slot
	for day := range 7 {
		slots = append(slots, Slot{Weekday: day, Until: 1440, UserID: c.first.UserID, Place: 1}, Slot{Weekday: day, Until: 1440, UserID: c.second.UserID, Place: 2})
	}
	c.must(c.alerts.SetRota(c.t.Context(), c.admin, c.dushanbe.ID, slots))
}

// TestEscalation: whoever does not answer is asked again, one after the other, over a restart and from two nodes at once; each step happens
// once, and an answer ends it.
func TestEscalation(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.wantAsked("at once", id, "duty first")
		c.clock.pass(9 * time.Minute)
		c.due()
		c.wantAsked("before the deadline", id, "duty first")
		c.clock.pass(time.Minute)
		c.house.close() // the node is lost just now
		c.house = open(t, c.address, c.clock)
		other := open(t, c.address, c.clock)
		var both sync.WaitGroup
		for _, node := range []*house{c.house, other} {
			both.Go(func() { node.due() })
		}
		both.Wait()
		c.wantAsked("after ten minutes", id, "duty first", "next second")
		c.clock.pass(10 * time.Minute)
		other.due()
		c.due()
		c.wantAsked("after twenty", id, "duty first", "next second", "admin admin")
		if c.reads(c.lead, id) {
			t.Error("the coordinator reads it before being called")
		}
		c.clock.pass(10 * time.Minute)
		c.due()
		c.wantAsked("after thirty", id, "duty first", "next second", "admin admin", "coordinator lead")
		if !c.reads(c.lead, id) || c.reads(c.steward, id) {
			t.Error("the coordinator does not read it, or the steward does")
		}
		c.clock.pass(10 * time.Minute)
		c.due()
		c.wantAsked("after forty", id, "duty first", "next second", "admin admin", "coordinator lead", "steward steward")
		c.clock.pass(time.Hour)
		c.due()
		if got := len(c.asked(id)); got != 5 {
			t.Errorf("%d are asked in the end", got)
		}
		c.answer(c.second, id, Reply{Answer: CanAct})
		c.wantAsked("after an answer", id)
		_, err := c.alerts.Cancel(t.Context(), c.sender, id, "", "")
		c.must(err)
		if c.reads(c.lead, id) || c.reads(c.steward, id) || !c.reads(c.first, id) {
			t.Error("those who were called are still members after its end")
		}
	})
}

// TestEscalationEnds: an answer stops it before the next step, and what was stopped goes on when whoever answered cannot after all; an organisation
// that cannot is passed over at once.
func TestEscalationEnds(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		acts, seen, cannot := c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe)), c.send(c.sender, transitTo(c.dushanbe))
		c.answer(c.first, acts, Reply{Answer: CanAct})
		c.answer(c.first, seen, Reply{Answer: Seen})
		c.answer(c.first, cannot, Reply{Answer: Cannot, Why: "no_capacity"})
		c.wantAsked("acts", acts)
		c.wantAsked("one cannot", cannot, "duty first")
		c.answer(c.admin, cannot, Reply{Answer: Cannot, Why: "outside_area", Whole: true})
		c.wantAsked("all of it cannot", cannot, "coordinator lead")
		c.clock.pass(10 * time.Minute)
		c.due()
		c.wantAsked("acts, later", acts)
		c.wantAsked("seen, later", seen, "duty first")
		c.answer(c.first, seen, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("seen, and then they cannot", seen, "duty first", "next second")
		c.answer(c.second, acts, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("another one cannot", acts)
		c.answer(c.first, acts, Reply{Answer: Cannot, Why: "unsafe"})
		c.due()
		c.wantAsked("nobody acts any more", acts, "next second")
		c.wantAsked("cannot, later", cannot, "coordinator lead", "steward steward")
		c.answer(c.lead, cannot, Reply{Answer: CanAct})
		c.wantAsked("the coordinator acts", cannot)

		strict := transitTo(c.dushanbe)
		strict.TLP = AmberStrict
		id := c.send(c.sender, strict)
		another := c.send(c.sender, transitTo(c.dushanbe))
		for range 6 {
			c.clock.pass(10 * time.Minute)
			c.due()
		}
		c.wantAsked("AMBER+STRICT", id, "duty first", "next second", "admin admin")
		c.wantAsked("AMBER beside it", another, "duty first", "next second", "admin admin", "coordinator lead", "steward steward")
		if c.reads(c.lead, id) || !c.reads(c.lead, another) {
			t.Error("the coordinator reads what is strict, or not what they were called to")
		}
		d, err := c.alerts.Detail(t.Context(), c.first, another, "")
		c.must(err)
		if len(d.Organisations) != 2 {
			t.Errorf("the organisation that was called is missing: %+v", d.Organisations)
		}
		later := c.send(c.sender, transitTo(c.dushanbe)) // the coordinator is in the channel just now
		c.wantAsked("sent while somebody was called to another one", later, "duty first")
		if d, err = c.alerts.Detail(t.Context(), c.first, later, ""); err != nil || len(d.Organisations) != 1 {
			t.Errorf("who was called to another alert is asked for this one: %+v, %v", d.Organisations, err)
		}

		lone := c.send(c.sender, transitTo(c.lahore))
		c.wantAsked("without a rota", lone, "admin lahore")
		calm := transitTo(c.lahore)
		calm.Urgency = "Past"
		c.wantAsked("without haste", c.send(c.sender, calm))
		test := transitTo(c.lahore)
		test.Status = Test
		c.wantAsked("a test", c.send(c.sender, test))
	})
}

// TestDutySaid: who said that they are on duty is asked before whom the rota names.
func TestDutySaid(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		c.rota()
		_, err := c.network.SetDuty(t.Context(), c.second, c.second.UserID, c.clock.now().Add(time.Hour), "")
		c.must(err)
		id := c.send(c.sender, transitTo(c.dushanbe))
		c.wantAsked("at once", id, "duty second")
		c.clock.pass(10 * time.Minute)
		c.due()
		c.wantAsked("then", id, "duty second", "next first")
	})
}

// TestSecondApprover: what describes somebody waits, is read by nobody else meanwhile, and goes out in its author's name.
func TestSecondApprover(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		missing := transitTo(c.dushanbe)
		missing.Code, missing.Slots = "missing", []byte(`{"count":1,"area":"AF-HER"}`)
		s, err := c.alerts.Send(t.Context(), c.sender, "1", missing)
		c.must(err)
		if s.DraftID == "" || s.AlertID != "" || !slices.Equal(s.Causes, []string{CauseCode}) {
			t.Fatalf("sent: %+v", s)
		}
		seen := func(who people.Caller) int {
			decide, _, err := c.alerts.Waiting(t.Context(), who)
			c.must(err)
			return len(decide)
		}
		for name, who := range map[string]people.Caller{"sender": c.sender, "another organisation": c.admin, "steward": c.steward} {
			if seen(who) != 0 {
				t.Errorf("%s may decide", name)
			}
			if _, err := c.alerts.Approve(t.Context(), who, s.DraftID); fault.From(err).Status < http.StatusForbidden {
				t.Errorf("%s approves: %v", name, err)
			}
		}
		if err := c.alerts.Refuse(t.Context(), c.senderAdmin, s.DraftID, ""); !isMissing(err) {
			t.Errorf("refused without a reason: %v", err)
		}
		if seen(c.senderAdmin) != 1 {
			t.Error("the administrator may not decide")
		}
		sent, err := c.alerts.Approve(t.Context(), c.senderAdmin, s.DraftID)
		c.must(err)
		d, err := c.alerts.Detail(t.Context(), c.first, sent.AlertID, "")
		c.must(err)
		if d.Sender != c.sender.UserID || d.Block.Code != "missing" {
			t.Errorf("it went out as %+v", d.Alert)
		}
		if again, err := c.alerts.Send(t.Context(), c.sender, "1", missing); err != nil || again.AlertID != sent.AlertID {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		if _, err := c.alerts.Approve(t.Context(), c.senderAdmin, s.DraftID); err == nil {
			t.Error("approved twice")
		}
		// The only administrator's own draft waits for a steward.
		own, err := c.alerts.Send(t.Context(), c.senderAdmin, "2", missing)
		c.must(err)
		if seen(c.steward) != 1 {
			t.Error("the steward may not decide where nobody else may")
		}
		c.must(c.alerts.Refuse(t.Context(), c.steward, own.DraftID, "say it without the age"))
		_, mine, err := c.alerts.Waiting(t.Context(), c.senderAdmin)
		c.must(err)
		if len(mine) != 1 || mine[0].Standing != refused || mine[0].Reason == "" || mine[0].Wish.Code != "missing" {
			t.Errorf("what came back: %+v", mine)
		}
		// An update that says somebody could be known by it waits as well; the alert stays as it is.
		update, err := c.alerts.Send(t.Context(), c.sender, "3", Wish{Update: sent.AlertID, Block: Block{Text: "x", Language: "en"}})
		c.must(err)
		if update.DraftID == "" {
			t.Errorf("an update went past the second approver: %+v", update)
		}
		entries, err := c.people.Audit(t.Context(), c.steward, people.AuditQuery{OrganisationID: c.herat.ID, Limit: 50})
		c.must(err)
		var acts []string
		for _, e := range entries {
			acts = append(acts, e.Act)
		}
		if !slices.Contains(acts, "approve_alert") || !slices.Contains(acts, "refuse_alert") {
			t.Errorf("written down: %v", acts)
		}
		c.clock.pass(25 * time.Hour)
		c.due()
		if seen(c.senderAdmin) != 0 {
			t.Error("a draft waits for ever")
		}
	})
}

func isMissing(err error) bool { return err != nil && fault.From(err).Errcode == "M_MISSING_PARAM" }

// TestLife: updates stand on top, a label only tightens, what is over leaves the board, stays in the history for thirty days, and goes.
func TestLife(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		green := transitTo(c.dushanbe)
		green.TLP = Green
		id := c.send(c.sender, green)
		other := c.send(c.sender, transitTo(c.dushanbe))
		board := func(history bool) (ids []string) {
			entries, err := c.alerts.Board(t.Context(), c.first, BoardQuery{History: history, Limit: 50})
			c.must(err)
			for i := range entries {
				ids = append(ids, entries[i].ID)
			}
			slices.Sort(ids)
			return ids
		}
		update := func(w Wish) error {
			w.Update = id
			_, err := c.alerts.Send(t.Context(), c.senderAdmin, newID(), w)
			return err
		}
		c.must(update(Wish{Block: Block{Severity: "Extreme", TLP: Amber}}))
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.must(err)
		if len(d.Versions) != 2 || d.Block.Severity != "Extreme" || d.Block.TLP != Amber || d.Block.Code != "transit" || d.LastEventID == id {
			t.Errorf("after an update: %+v", d.Alert)
		}
		if err := update(Wish{Block: Block{TLP: Green}}); !fault.Forbidden("error.alert_tlp").Is(err) {
			t.Errorf("loosened: %v", err)
		}
		if _, err := c.alerts.Send(t.Context(), c.first, newID(), Wish{Update: id}); !fault.Forbidden("error.alert_not_yours").Is(err) {
			t.Errorf("another organisation updates: %v", err)
		}
		_, err = c.alerts.Cancel(t.Context(), c.steward, other, "a mistake", "en")
		c.must(err)
		if got := board(false); !slices.Equal(got, []string{id}) {
			t.Errorf("on the board: %v", got)
		}
		c.clock.pass(48*time.Hour + time.Minute)
		c.due()
		if live, over := board(false), board(true); len(live) != 0 || len(over) != 2 {
			t.Errorf("live %v, over %v", live, over)
		}
		if err := update(Wish{}); !fault.Forbidden("error.alert_over").Is(err) {
			t.Errorf("updated after its end: %v", err)
		}
		c.must(c.alerts.Sweep(t.Context()))
		if over := board(true); len(over) != 2 {
			t.Errorf("swept too early: %v", over)
		}
		c.clock.pass(textKept + time.Hour)
		c.must(c.alerts.Sweep(t.Context()))
		if over := board(true); len(over) != 0 {
			t.Errorf("kept too long: %v", over)
		}
		c.must(c.db.Read(t.Context(), func(tx *store.Tx) error {
			e, err := c.rooms.EventByID(tx, id)
			if err == nil && (!e.Purged || strings.Contains(string(e.PDU), "transit")) {
				t.Errorf("the log still says %s", e.PDU)
			}
			return err
		}))
		figures, err := c.alerts.Figures(t.Context(), c.steward, 12)
		c.must(err)
		if len(figures) != 1 || figures[0].Sent != 2 {
			t.Errorf("figures: %+v", figures)
		}
	})
}

// TestRed: named people alone, a channel for each alert, and nobody beyond them.
func TestRed(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo()
		w.TLP, w.Audience = Red, Choice{People: []string{c.first.UserID, c.lead.UserID}}
		one, two := c.send(c.sender, w), c.send(c.sender, w)
		rooms := map[string]bool{}
		for _, id := range []string{one, two} {
			d, err := c.alerts.Detail(t.Context(), c.first, id, "")
			c.must(err)
			rooms[d.RoomID] = true
			for name, who := range map[string]people.Caller{"a colleague": c.second, "the sender's administrator": c.senderAdmin, "the steward": c.steward} {
				if c.reads(who, id) {
					t.Errorf("%s reads it", name)
				}
			}
		}
		if len(rooms) != 2 {
			t.Errorf("two alerts in %d channels", len(rooms))
		}
		_, err := c.network.Change(t.Context(), c.steward, c.first.UserID, people.Change{Deed: people.DeedMove, OrganisationID: c.lahore.ID})
		c.must(err)
		if c.reads(c.first, one) {
			t.Error("who was named as somebody of one organisation reads it as one of another")
		}
		mixed := w
		mixed.Audience.Countries = []string{"TJ"}
		for name, bad := range map[string]Wish{"with countries": mixed, "nobody named": {Block: w.Block}, "named without RED": {Block: transitTo().Block, Audience: w.Audience}} {
			if _, err := c.alerts.Send(t.Context(), c.sender, newID(), bad); !fault.InvalidParam("error.alert_red_named").Is(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestTaken: the truth of a delivery says what is known and no more.
func TestTaken(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		id := c.send(c.sender, transitTo(c.dushanbe, c.lahore))
		truth := func(o people.Organisation) Truth {
			d, err := c.alerts.Detail(t.Context(), c.sender, id, "")
			c.must(err)
			for _, one := range d.Delivery {
				if one.ID == o.ID {
					return one.Truth()
				}
			}
			return ""
		}
		d, err := c.alerts.Detail(t.Context(), c.first, id, "")
		c.must(err)
		if d.Delivery != nil {
			t.Error("others see how it was delivered")
		}
		c.must(c.alerts.Taken(t.Context(), c.first.UserID, d.Position-1))
		if got := truth(c.dushanbe); got != TruthUnknown {
			t.Errorf("a device that stands before it: %s", got)
		}
		c.must(c.alerts.Taken(t.Context(), c.first.UserID, d.Position))
		if got := truth(c.dushanbe); got != TruthReached {
			t.Errorf("a device that has taken it: %s", got)
		}
		c.answer(c.first, id, Reply{Answer: Seen})
		if got := truth(c.dushanbe); got != TruthSeen {
			t.Errorf("seen: %s", got)
		}
		c.answer(c.second, id, Reply{Answer: Done})
		if got := truth(c.dushanbe); got != TruthAcknowledged {
			t.Errorf("done: %s", got)
		}
		if got := truth(c.lahore); got != TruthUnknown {
			t.Errorf("the others: %s", got)
		}
	})
}

// TestTranslations: what somebody cannot read waits for a translator, is claimed for a while, and an update puts it there again.
func TestTranslations(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		w := transitTo(c.dushanbe)
		w.Text, w.Language = "از راه اسلام‌قلعه", "fa-AF"
		id := c.send(c.sender, w)
		wanting := func() []Wanted {
			all, err := c.alerts.Wanting(t.Context(), c.second, "", "")
			c.must(err)
			return all
		}
		all := wanting() // everybody here reads English
		if len(all) != 1 || all[0].To != "en" || all[0].Outdated {
			t.Fatalf("wanting: %+v", all)
		}
		_, err := c.alerts.Claim(t.Context(), c.first, id, "en")
		c.must(err)
		if _, err := c.alerts.Claim(t.Context(), c.second, id, "en"); err == nil {
			t.Error("claimed twice")
		}
		c.clock.pass(claimTime)
		_, err = c.alerts.Claim(t.Context(), c.second, id, "en")
		c.must(err)
		_, err = c.alerts.Translate(t.Context(), c.second, id, "en", "By way of Islam Qala")
		c.must(err)
		if len(wanting()) != 0 {
			t.Error("it still waits")
		}
		d, err := c.alerts.Detail(t.Context(), c.first, id, "en")
		c.must(err)
		if d.Translation == nil || d.Translation.Text != "By way of Islam Qala" || d.Translation.Outdated {
			t.Errorf("translation: %+v", d.Translation)
		}
		s, err := c.alerts.Send(t.Context(), c.sender, newID(), Wish{Update: id, Block: Block{Text: "نه، از راه زرنج", Language: "fa-AF"}})
		c.must(err)
		if d, err = c.alerts.Detail(t.Context(), c.first, id, "en"); err != nil || !d.Translation.Outdated {
			t.Errorf("after an update: %+v, %v", d.Translation, err)
		}
		if all = wanting(); len(all) != 1 || !all[0].Outdated || all[0].LastEventID != s.EventID {
			t.Errorf("wanting after an update: %+v", all)
		}
		if _, err := c.alerts.Translate(t.Context(), c.second, id, "en", "x"); err == nil {
			t.Error("a version that no longer stands was translated")
		}
	})
}

// TestReplay: whatever happens, replaying the log gives the tables that stand.
func TestReplay(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		const seed = 1
		r := rand.New(rand.NewPCG(seed, seed))
		w := &walk{cast: c, r: r}
		for range 150 {
			w.step()
		}
		c.must(c.db.Write(context.WithValue(t.Context(), doorKey{}, true), func(tx *store.Tx) error {
			before, err := standing(tx)
			if err != nil {
				return err
			}
			for _, table := range []string{"alerts", "alert_versions", "alert_answers", "alert_translations"} {
				if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
					return err
				}
			}
			head, err := tx.Head()
			if err != nil {
				return err
			}
			events, err := c.rooms.FollowEvents(tx, 0, head, 1<<30)
			if err != nil {
				return err
			}
			for i := range events {
				if err := (Log{}).AppendedTx(tx, c.rooms, &events[i]); err != nil {
					return err
				}
			}
			after, err := standing(tx)
			if err != nil {
				return err
			}
			if len(before) < 25 {
				t.Errorf("only %d rows stand", len(before))
			}
			for _, line := range before {
				if !slices.Contains(after, line) {
					t.Errorf("the replay lacks %s", line)
				}
			}
			for _, line := range after {
				if !slices.Contains(before, line) {
					t.Errorf("the replay has %s", line)
				}
			}
			return nil
		}))
	})
}

// standing is all that the tables say, a line a row, but for when an end was noted.
func standing(tx *store.Tx) (lines []string, err error) {
	for _, text := range []string{
		`SELECT 'alert ' || alert_id || ' ' || room_id || ' ' || organisation_id || ' ' || sender || ' ' || sent_at || ' ' || position || ' ' || last_event_id
			|| ' ' || updated_at || ' ' || last_position || ' ' || msg_type || ' ' || status || ' ' || code || ' ' || slots || ' ' || urgency || ' ' || severity
			|| ' ' || certainty || ' ' || tlp || ' ' || areas || ' ' || expires_at || ' ' || words || ' ' || language FROM alerts`,
		`SELECT 'version ' || event_id || ' ' || alert_id || ' ' || position || ' ' || sender || ' ' || at || ' ' || block FROM alert_versions`,
		`SELECT 'answer ' || event_id || ' ' || alert_id || ' ' || user_id || ' ' || organisation_id || ' ' || position || ' ' || answer || ' ' || why || ' ' || note FROM alert_answers`,
		`SELECT 'translation ' || event_id || ' ' || alert_id || ' ' || version_id || ' ' || language || ' ' || sender || ' ' || words FROM alert_translations`,
	} {
		found, err := column(tx, text)
		if err != nil {
			return nil, err
		}
		lines = append(lines, found...)
	}
	return lines, nil
}

// walk does one random thing after another.
type walk struct {
	*cast
	r      *rand.Rand
	events []said
	alerts []string
	n      int
}

type said struct {
	by people.Caller
	id string
}

func (w *walk) add(by people.Caller, id string, err error) {
	w.t.Helper()
	if err != nil {
		if fault.From(err).Status >= http.StatusInternalServerError {
			w.t.Fatal(err)
		}
		return // refused, as it may be
	}
	if id != "" {
		w.events = append(w.events, said{by, id})
	}
}

func (w *walk) step() {
	w.t.Helper()
	w.n++
	w.clock.pass(time.Duration(w.r.IntN(600)) * time.Second)
	ctx, alerts := w.t.Context(), w.cast.alerts
	who := []people.Caller{w.sender, w.first, w.second, w.admin, w.lahoreAsks}[w.r.IntN(5)]
	if len(w.alerts) < 2 {
		wish := transitTo(w.dushanbe, w.lahore)
		wish.Text, wish.Language = fmt.Sprintf("متن %d", w.n), "fa-AF"
		s, err := alerts.Send(ctx, w.sender, newID(), wish)
		w.must(err)
		w.alerts = append(w.alerts, s.AlertID)
		w.add(w.sender, s.AlertID, nil)
		return
	}
	id := w.alerts[w.r.IntN(len(w.alerts))]
	switch w.r.IntN(12) {
	case 0:
		w.alerts = w.alerts[:1]
	case 1, 2:
		s, err := alerts.Send(ctx, w.sender, newID(), Wish{Update: id, Block: Block{Text: fmt.Sprintf("نو %d", w.n), Language: "fa-AF"}})
		w.add(w.sender, s.EventID, err)
	case 3:
		if w.r.IntN(4) == 0 {
			s, err := alerts.Cancel(ctx, w.sender, id, "", "")
			w.add(w.sender, s.EventID, err)
		}
	case 4, 5, 6, 7:
		reply := []Reply{{Answer: Seen}, {Answer: CanAct, Note: "x"}, {Answer: Cannot, Why: "other"}, {Answer: Done}}[w.r.IntN(4)]
		event, err := alerts.Answer(ctx, who, id, reply)
		w.add(who, event, err)
	case 8:
		d, err := alerts.Detail(ctx, who, id, "")
		if err == nil {
			event, err := alerts.Translate(ctx, who, d.LastEventID, []string{"en", "ru"}[w.r.IntN(2)], fmt.Sprintf("text %d", w.n))
			w.add(who, event, err)
		}
	case 9:
		w.redact()
	case 10:
		w.purge()
	case 11:
		w.must(alerts.Due(ctx))
	}
}

// redact takes one of the events back.
func (w *walk) redact() {
	one := w.events[w.r.IntN(len(w.events))]
	var e *room.Event
	w.must(w.db.Read(w.t.Context(), func(tx *store.Tx) (err error) {
		e, err = w.rooms.EventByID(tx, one.id)
		return err
	}))
	_, err := w.network.Redact(w.t.Context(), one.by, room.Draft{RoomID: e.RoomID, Redacts: e.ID, Content: map[string]any{}})
	w.add(one.by, "", err)
}

// purge empties one of the events as retention does.
func (w *walk) purge() {
	one := w.events[w.r.IntN(len(w.events))]
	w.must(w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		e, err := w.rooms.EventByID(tx, one.id)
		if err != nil {
			return err
		}
		return w.rooms.EmptyTx(tx, e.RoomID, e.ID)
	}))
}

// TestQuotes: what is passed on keeps its label or gets a tighter one, and goes no further than the label allows.
func TestQuotes(t *testing.T) {
	eachHouse(t, func(t *testing.T, c *cast) {
		labelled := func(label Label) string {
			w := transitTo(c.dushanbe)
			w.TLP = label
			return c.send(c.sender, w)
		}
		green, amber := labelled(Green), labelled(Amber)
		tests := []struct {
			name   string
			quotes string
			label  Label
			to     people.Organisation
			want   error
		}{
			{"GREEN to others", green, Green, c.lahore, nil},
			{"GREEN, tighter, to others", green, Amber, c.lahore, nil},
			{"GREEN, looser", green, Clear, c.lahore, fault.Forbidden("error.alert_tlp")},
			{"AMBER to others", amber, Amber, c.lahore, fault.Forbidden("error.alert_tlp")},
			{"AMBER to one's own", amber, Amber, c.dushanbe, nil},
			{"AMBER to one's own, looser", amber, Green, c.dushanbe, fault.Forbidden("error.alert_tlp")},
		}
		for _, test := range tests {
			w := transitTo(test.to)
			w.Quotes, w.TLP = test.quotes, test.label
			_, err := c.alerts.Send(t.Context(), c.first, newID(), w)
			if (err == nil) != (test.want == nil) || test.want != nil && !fault.From(err).Is(test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
		}
		unread := transitTo(c.dushanbe)
		unread.Quotes = green
		if _, err := c.alerts.Send(t.Context(), c.lahoreAsks, newID(), unread); !errUnknownIs(err) {
			t.Errorf("what one cannot read was passed on: %v", err)
		}
	})
}

func errUnknownIs(err error) bool { return fault.NotFound("error.unknown_alert").Is(err) }
