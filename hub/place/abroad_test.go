package place

import (
	"slices"
	"testing"
	"time"

	"panah/hub/network"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
)

// alike: a request stands the same on the hub that asks and on the shelter's, and each has heard the other's last word.
func (s *side) alike(what, id string, owner *side) {
	s.t.Helper()
	mine, theirs := s.request(id), owner.request(id)
	if mine.State != theirs.State || mine.Reason != theirs.Reason || mine.Until != theirs.Until {
		s.t.Errorf("%s: it is %s (%s) here and %s (%s) there", what, mine.State, mine.Reason, theirs.State, theirs.Reason)
	}
	here, there := s.linked(id), owner.linked(id)
	if here.heard != there.said || there.heard != here.said || here.told != here.said {
		s.t.Errorf("%s: here %d was said, %d heard and %d told; there %d was said and %d heard", what, here.said, here.heard, here.told, there.said, there.heard)
	}
}

// TestAcceptancesThatCross: two hubs accept the same people while neither line holds. The first that is heard stands; the other place is free again.
func TestAcceptancesThatCross(t *testing.T) {
	w := wire(t, east, west, south)
	e, o, u := w.sides[0], w.sides[1], w.sides[2]
	ids := e.ask(e.kunduzWorker, wish(e.shelter, abroadID(o.shelter, west), abroadID(u.shelter, south)))
	w.settle()
	var atWest, atSouth, here string
	for _, id := range ids {
		switch room.ServerOf(e.request(id).ShelterID) {
		case west:
			atWest = id
		case south:
			atSouth = id
		default:
			here = id
		}
	}
	w.set(east, west, true)
	w.set(east, south, true)
	o.take(o.intake, atWest, allot.Accept, "")
	u.take(u.intake, atSouth, allot.Accept, "")
	e.wantState("nothing was heard", here, allot.Held)
	w.set(east, west, false)
	o.deliver(east, 100)
	e.wantState("here", here, allot.Withdrawn)
	e.wantState("at the west", atWest, allot.Accepted)
	e.wantState("at the south, as far as is known", atSouth, allot.Withdrawn)
	if entry, err := e.places.Request(t.Context(), e.kunduzWorker, atSouth); err != nil || !entry.Untold {
		t.Errorf("the south has not heard of it, and that is not said: %+v, %v", entry, err)
	}
	w.settle()
	e.alike("the first", atWest, o)
	e.alike("the second", atSouth, u)
	if r := u.request(atSouth); r.State != allot.Withdrawn || r.Reason != "elsewhere" {
		t.Errorf("at the south it is %+v", r)
	}
	for _, s := range w.sides {
		s.ledgerAgrees()
	}
}

// TestWhatIsTakenBackBeforeItIsHeard: a shelter's hub that comes late finds that nobody needs its place, and holds none.
func TestWhatIsTakenBackBeforeItIsHeard(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	w.set(east, west, true)
	id := e.ask(e.kunduzWorker, wish(abroadID(o.shelter, west)))[0]
	e.take(e.kunduzWorker, id, allot.Withdraw, "too_far")
	w.settle()
	e.wantState("here", id, allot.Withdrawn)
	if l := e.linked(id); l.told != l.said {
		t.Errorf("the other hub was not heard: %+v", l)
	}
	o.must(o.db.Read(t.Context(), func(tx *store.Tx) error {
		if _, err := requestTx(tx, id); !is(err, allot.ErrUnknown()) {
			t.Errorf("it is kept there: %v", err)
		}
		return nil
	}))
}

// TestAHubThatNeverAnswers: what was asked of it ends after as long as anybody waits, who asked is told, and after as long again it is not called any more.
func TestAHubThatNeverAnswers(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	w.set(east, west, true)
	id := e.ask(e.kunduzWorker, wish(abroadID(o.shelter, west)))[0]
	called := func() (called []network.Called) {
		e.must(e.db.Read(t.Context(), func(tx *store.Tx) (err error) { called, err = e.network.CalledTx(tx); return err }))
		return slices.DeleteFunc(called, func(c network.Called) bool { return c.RoomID != e.linked(id).room })
	}
	e.clock.pass(waitFor - time.Minute)
	e.due()
	e.wantState("while somebody may wait", id, allot.Asked)
	e.clock.pass(2 * time.Minute)
	e.due()
	e.wantState("later", id, allot.Expired)
	e.wantTold("later", e.kunduzWorker, id, "expired")
	e.due()
	e.must(e.places.Sweep(t.Context()))
	if l := e.linked(id); len(called()) != 1 || l.said != 2 {
		t.Errorf("it is called %v, and was told %d things", called(), l.said)
	}
	e.clock.pass(waitFor)
	e.must(e.places.Sweep(t.Context()))
	if left := called(); len(left) > 0 {
		t.Errorf("it is still called: %v", left)
	}
	w.settle()
	e.wantState("when the line holds again", id, allot.Expired)
	o.must(o.db.Read(t.Context(), func(tx *store.Tx) error {
		if _, err := requestTx(tx, id); !is(err, allot.ErrUnknown()) {
			t.Errorf("it is kept there: %v", err)
		}
		return nil
	}))
}

// TestAHubThatAnswersTooLate: it finds that what was asked of it has ended, and holds nothing.
func TestAHubThatAnswersTooLate(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	w.set(east, west, true)
	id := e.ask(e.kunduzWorker, wish(abroadID(o.shelter, west)))[0]
	e.clock.pass(waitFor + time.Minute)
	e.due()
	w.settle()
	if l := e.linked(id); l.told != l.said {
		t.Errorf("the other hub was not heard: %+v", l)
	}
	e.wantState("when it was heard", id, allot.Expired)
	for _, s := range w.sides {
		s.ledgerAgrees()
	}
}

// TestConsentTakenBackAcrossHubs: what was asked is gone on both.
func TestConsentTakenBackAcrossHubs(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	a := wish(abroadID(o.shelter, west))
	a.Note, a.Language = "tired, walks slowly", "en"
	id := e.ask(e.kunduzWorker, a)[0]
	w.settle()
	asked := e.request(id).AskID
	e.must(e.places.Agree(t.Context(), e.kunduzWorker, newID(), asked, Consent{Given: "given", At: start.UnixMilli(), Words: "v1", Language: "en"}))
	w.settle()
	if entry, err := o.places.Request(t.Context(), o.intake, id); err != nil || entry.Consent.Given != "given" {
		t.Errorf("the shelter reads %+v, %v", entry.Consent, err)
	}
	o.take(o.intake, id, allot.Accept, "")
	w.settle()
	e.must(e.places.Revoke(t.Context(), e.kunduzWorker, newID(), asked))
	w.settle()
	e.wantState("here", id, allot.Withdrawn)
	o.wantState("there", id, allot.Withdrawn)
	for _, s := range w.sides {
		s.wantEmptied(e.linked(id).room)
		s.must(s.db.Read(t.Context(), func(tx *store.Tx) error {
			a, err := askTx(tx, s.request(id).AskID)
			if a.wish != nil || a.consent.Given != "withdrawn" {
				t.Errorf("%s keeps %+v", s.name, a)
			}
			return err
		}))
	}
}

// TestHeardTwice: an event that comes again holds nothing again, and what another hub may not say changes nothing.
func TestHeardTwice(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	id := e.ask(e.kunduzWorker, wish(abroadID(o.shelter, west)))[0]
	w.settle()
	l := e.linked(id)
	say := func(s *side, sender, kind string, key *string, content any) error {
		return s.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := s.rooms.Append(t.Context(), tx, room.Draft{RoomID: l.room, Sender: sender, Type: kind, StateKey: key, Content: content})
			return err
		})
	}
	again, none := l.ask, ""
	again.Version, again.Request = 2, "another"
	for what, content := range map[string]any{
		"the same again": l.ask, "of another request": again, "nothing of the kind": map[string]any{"version": "x"}, "too many": map[string]any{"version": 3, "request_id": id, "wish": map[string]any{"group": 99}},
	} {
		e.must(say(e, network.HubOf(east), AskType, &none, content))
		w.settle()
		if r := o.request(id); r.State != allot.Held || o.linked(id).heard != 1 {
			t.Errorf("%s: it is %+v", what, r)
		}
	}
	if got := o.openAt(o.shelter); got != 1 {
		t.Errorf("%d are open at the shelter", got)
	}
	for what, said := range map[string]answer{
		"of another request": {Request: "another", State: allot.Accepted, Version: 9}, "a state that is none": {Request: id, State: "promised", Version: 9},
		"held for years": {Request: id, State: allot.Held, Until: 1 << 50, Version: 9}, "a reason that is none": {Request: id, State: allot.Declined, Reason: "x", Version: 9},
		"more than was said": {Request: id, State: allot.Accepted, Version: 9, Heard: 9}, "old": {Request: id, State: allot.Accepted, Version: 1},
	} {
		o.must(say(o, network.HubOf(west), "m.room.message", nil, map[string]any{"msgtype": "m.text", "body": "x", Member: said}))
		w.settle()
		if r := e.request(id); r.State != allot.Held {
			t.Errorf("%s: it is %+v", what, r)
		}
	}
	if err := say(e, e.kunduzWorker.UserID, "m.room.message", nil, map[string]any{"msgtype": "m.text", "body": "x", Member: answer{Request: id, State: allot.Accepted, Version: 9}}); err == nil {
		t.Error("somebody speaks for a hub")
	}
	o.take(o.intake, id, allot.Decline, "full")
	w.settle()
	e.wantState("after all that", id, allot.Declined)
}

func (s *side) openAt(shelterID string) (n int) {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		live, err := liveTx(tx, shelterID, "")
		n = len(live)
		return err
	}))
	return n
}

// TestWhatIsNotShownCannotBeAsked: a shelter that shows itself to its own country, one in danger and one that is closed are no use to another hub.
func TestWhatIsNotShownCannotBeAsked(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	lola := abroadID(o.shelter, west)
	sees := func() bool {
		all, err := e.places.Shelters(t.Context(), e.kunduzWorker)
		e.must(err)
		return slices.ContainsFunc(all, func(s Shelter) bool { return s.ID == lola })
	}
	if !sees() {
		t.Fatal("it is not shown")
	}
	w.set(east, west, true)
	f := profile("Lola")
	f.SeenBy = "country"
	o.must(o.places.Edit(t.Context(), o.head, o.shelter, f))
	id := e.ask(e.kunduzWorker, wish(lola))[0]
	w.settle()
	if r := e.request(id); r.State != allot.Declined || r.Reason != "closed" || sees() {
		t.Errorf("a shelter of another country: %+v, and it is shown: %v", r, sees())
	}
	_, err := e.places.Ask(t.Context(), e.kunduzWorker, newID(), wish(lola))
	e.wantFault("asking it", err, "unknown_shelter")
	f.SeenBy = "network"
	o.must(o.places.Edit(t.Context(), o.head, o.shelter, f))
	w.settle()
	w.set(east, west, true)
	id = e.ask(e.kunduzWorker, wish(lola))[0]
	o.must(o.places.Danger(t.Context(), o.head, true))
	w.settle()
	if r := e.request(id); r.State != allot.Declined || sees() {
		t.Errorf("a shelter in danger: %+v, and it is shown: %v", r, sees())
	}
}
