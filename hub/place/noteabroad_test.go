package place

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"panah/hub/people"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
)

// recipients are those to whom a side would seal a note, and the names of whose devices they are.
func (s *side) recipients(who people.Caller, id string) (to []age.Recipient, owners []string) {
	s.t.Helper()
	keys, err := s.places.Keys(s.t.Context(), who, id)
	s.must(err)
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(k.Recipient)
		s.must(err)
		to, owners = append(to, r), append(owners, k.UserID)
	}
	return to, owners
}

// wantNotes: the device of a key reads these notes of a request, by the words and who wrote them.
func (s *side) wantNotes(what string, who people.Caller, id string, key age.Identity, want map[string]string) {
	s.t.Helper()
	notes, err := s.places.Notes(s.t.Context(), who, id)
	s.must(err)
	got := map[string]string{}
	for _, n := range notes {
		r, err := age.Decrypt(bytes.NewReader(n.Sealed), key)
		s.must(err)
		words, err := io.ReadAll(r)
		s.must(err)
		got[string(words)] = n.UserID
	}
	if !maps.Equal(got, want) {
		s.t.Errorf("%s: %s reads %v, want %v", what, who.UserID, got, want)
	}
}

// crossing is a request of the east that a shelter of the west has accepted.
func crossing(t *testing.T) (w *wires, e, o *side, id string) {
	w = wire(t, east, west)
	e, o = w.sides[0], w.sides[1]
	id = e.ask(e.kunduzWorker, wish(abroadID(o.shelter, west)))[0]
	w.settle()
	o.take(o.intake, id, allot.Accept, "")
	w.settle()
	return w, e, o, id
}

// TestSealedNotesBetweenHubs: what is sealed on one hub's device is read on the other's, both ways, also over a line that was cut; neither hub's files
// have it any more a day after the request's end.
func TestSealedNotesBetweenHubs(t *testing.T) {
	w, e, o, id := crossing(t)
	worker := e.key(e.kunduzWorker)
	_, err := e.places.AddNote(t.Context(), e.kunduzWorker, newID(), id, e.seal("x", worker.Recipient()))
	e.wantFault("while nobody there could read it", err, "error.place_no_keys")
	intake := o.key(o.intake)
	w.settle()
	both := []string{o.intake.UserID, e.kunduzWorker.UserID}
	to, owners := e.recipients(e.kunduzWorker, id)
	if slices.Sort(owners); !slices.Equal(owners, slices.Sorted(slices.Values(both))) {
		t.Fatalf("in the east it would be sealed to %v", owners)
	}
	sealed := e.seal("at the bridge, blue scarf", to...)
	for range 2 {
		_, err = e.places.AddNote(t.Context(), e.kunduzWorker, "n", id, sealed)
		e.must(err)
	}
	w.set(east, west, true)
	to, owners = o.recipients(o.intake, id)
	if slices.Sort(owners); !slices.Equal(owners, slices.Sorted(slices.Values(both))) {
		t.Fatalf("in the west it would be sealed to %v", owners)
	}
	_, err = o.places.AddNote(t.Context(), o.intake, newID(), id, o.seal("the gate is open until ten", to...))
	o.must(err)
	o.take(o.intake, id, allot.Arrive, "")
	w.settle()
	want := map[string]string{"at the bridge, blue scarf": e.kunduzWorker.UserID, "the gate is open until ten": o.intake.UserID}
	e.wantNotes("in the east", e.kunduzWorker, id, worker, want)
	o.wantNotes("in the west", o.intake, id, intake, want)
	e.alike("after notes", id, o)

	later := o.key(o.intake) // a new key of the same device
	w.settle()
	if to, _ := e.recipients(e.kunduzWorker, id); len(to) != 2 || !slices.ContainsFunc(to, func(r age.Recipient) bool { return r.(*age.X25519Recipient).String() == later.Recipient().String() }) {
		t.Errorf("the new key was not told: %v", to)
	}
	o.must(o.people.SignOut(t.Context(), o.intake.UserID, o.intake.DeviceID))
	o.must(o.places.Sweep(t.Context()))
	w.settle()
	if to, _ := e.recipients(e.kunduzWorker, id); len(to) != 1 {
		t.Errorf("a device that was signed out has still a key abroad: %v", to)
	}

	tail := []byte(base64.StdEncoding.EncodeToString(sealed)[100:140])
	lies := func(s *side) bool {
		return bytes.Contains(s.files(), tail) || bytes.Contains(s.files(), sealed[len(sealed)-20:])
	}
	if !lies(e) || !lies(o) {
		t.Fatal("it should lie there before")
	}
	o.take(o.head, id, allot.Leave, "repatriated")
	w.settle()
	w.clock.pass(24 * time.Hour)
	for _, s := range w.sides {
		s.due()
	}
	w.settle()
	for _, s := range w.sides {
		s.due()
		if lies(s) {
			t.Errorf("the note lies in the files of %s after a day", s.name)
		}
	}
}

// TestNotesThatNoHubWouldTell: another hub's account speaks for its own people alone, of this request alone, and only of what is sealed.
func TestNotesThatNoHubWouldTell(t *testing.T) {
	w, e, o, id := crossing(t)
	worker, intake := e.key(e.kunduzWorker), o.key(o.intake)
	w.settle()
	sealed := base64.StdEncoding.EncodeToString(o.seal("x", worker.Recipient(), intake.Recipient()))
	r := o.request(id)
	tell := func(more map[string]any) {
		said := map[string]any{"request_id": id, "note": newID(), "by": o.intake.UserID, "sealed": sealed}
		maps.Copy(said, more)
		o.must(o.places.write(t.Context(), func(tx *store.Tx) error { return o.places.say(tx.Context(), tx, r, o.people.HubUser(), "noted", said) }))
		w.settle()
	}
	count := func() (n int) {
		e.must(e.db.Read(t.Context(), func(tx *store.Tx) (err error) { n, err = notesTx(tx, id); return err }))
		return n
	}
	for what, more := range map[string]map[string]any{
		"one in another's name": {"by": e.kunduzWorker.UserID}, "one of somebody who is not there": {"by": o.termezWorker.UserID},
		"one of another request": {"request_id": newID()}, "one in clear": {"sealed": base64.StdEncoding.EncodeToString([]byte("Chumaki 5"))},
		"one that is too long": {"sealed": base64.StdEncoding.EncodeToString(make([]byte, sealedMost+1))}, "no base64": {"sealed": "%"}, "an id that is none": {"note": "a b"},
	} {
		if tell(more); count() != 0 {
			t.Fatalf("%s is taken", what)
		}
	}
	for range 2 {
		if tell(map[string]any{"note": "one"}); count() != 1 {
			t.Fatalf("%d are kept of one that was told twice", count())
		}
	}
	for range 2*notesMost + 3 {
		tell(nil)
	}
	if got := count(); got != 2*notesMost {
		t.Errorf("%d notes are kept", got)
	}
	e.alike("after all of that", id, o)
}

// TestKeysThatNoHubWouldSay: a note is sealed to devices of people who are in the channel, as their own hub says them, and to no others'.
func TestKeysThatNoHubWouldSay(t *testing.T) {
	w, e, o, id := crossing(t)
	worker, intake := e.key(e.kunduzWorker), o.key(o.intake)
	w.settle()
	says := func(who string, keys ...Key) error {
		return o.places.write(t.Context(), func(tx *store.Tx) error {
			_, err := o.rooms.Append(tx.Context(), tx, room.Draft{RoomID: o.request(id).RoomID, Sender: who, Type: KeysType, StateKey: &who, Content: keysSaid{keys}})
			return err
		})
	}
	good := Key{o.intake.UserID, "D", intake.Recipient().String()}
	many := slices.Repeat([]Key{good}, keysMost+40)
	o.must(says(o.people.HubUser(), append([]Key{
		{e.kunduzWorker.UserID, "D", intake.Recipient().String()}, {o.termezWorker.UserID, "D", intake.Recipient().String()}, {o.intake.UserID, "D", "age1"},
		{o.intake.UserID, "D", strings.ToUpper(good.Recipient)},
	}, many...)...))
	w.settle()
	keys, err := e.places.Keys(t.Context(), e.kunduzWorker, id)
	e.must(err)
	if own := (Key{e.kunduzWorker.UserID, e.kunduzWorker.DeviceID, worker.Recipient().String()}); len(keys) != 1+keysMost || keys[0] != own || keys[1] != good || keys[keysMost] != good {
		t.Errorf("it would be sealed to %v", keys)
	}
	o.wantFault("by somebody who is no hub", says(o.intake.UserID, good), "error.place_door")
}
