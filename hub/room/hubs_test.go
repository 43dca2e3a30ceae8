package room_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// world is several hubs, each with a database and keys of its own, and the wires between them.
type world struct {
	mu    sync.Mutex
	hubs  map[string]*hub
	asked map[string]int // how often each question was put
	deaf  string         // a question that gets no answer
}

// hub is one homeserver of a world.
type hub struct {
	*house
	name  string
	ring  *keyring.Ring
	world *world
	down  bool                // nobody reaches it
	given func()              // what happens while this hub is given the form of a membership
	letIn func()              // what happens while this hub is told that it was let in
	spoil func(*room.Welcome) // what becomes of what this hub is given then
	told  func()              // what happens while this hub is given history
}

func newWorld(t testing.TB, names ...string) *world {
	t.Helper()
	w := &world{hubs: map[string]*hub{}, asked: map[string]int{}}
	for _, name := range names {
		brk := broker.InProcess()
		t.Cleanup(func() { brk.Close() })
		w.open(t, name, storetest.SQLite(t), brk)
	}
	return w
}

// open opens a hub on a database. A second one of its name is another node of it, if the database is the same; the first is the one that others reach.
func (w *world) open(t testing.TB, name string, db *store.DB, brk broker.Broker) *hub {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, name)
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{house: &house{t, db, room.New(db, ring, brk, nil), brk}, name: name, ring: ring, world: w}
	h.rooms.Federate(h, w)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hubs[name] == nil {
		w.hubs[name] = h
	}
	return h
}

// VerifyJSONs has each server's own ring look at what it signed.
func (w *world) VerifyJSONs(ctx context.Context, requests []gomatrixserverlib.VerifyJSONRequest) ([]gomatrixserverlib.VerifyJSONResult, error) {
	results := make([]gomatrixserverlib.VerifyJSONResult, len(requests))
	for i, request := range requests {
		h := w.hubs[string(request.ServerName)]
		if h == nil {
			results[i].Error = errors.New("no such server")
			continue
		}
		one, err := h.ring.VerifyJSONs(ctx, requests[i:i+1])
		if err != nil {
			return nil, err
		}
		results[i] = one[0]
	}
	return results, nil
}

var errDown = errors.New("nobody answers")

// call reaches another hub.
func (h *hub) call(question, server string) (*hub, error) {
	h.world.mu.Lock()
	defer h.world.mu.Unlock()
	h.world.asked[question]++
	other := h.world.hubs[server]
	if other == nil || other.down || h.down || question == h.world.deaf {
		return nil, errDown
	}
	return other, nil
}

func (h *hub) MissingEvents(ctx context.Context, server, roomID string, b room.Between) ([]json.RawMessage, error) {
	other, err := h.call("missing", server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeMissing(ctx, h.name, roomID, b)
}

func ids(all []room.Known) (list []string) {
	for _, k := range all {
		list = append(list, k.ID)
	}
	return list
}

func bodies(all []room.Known) (list []json.RawMessage) {
	for _, k := range all {
		list = append(list, k.PDU)
	}
	return list
}

func (h *hub) StateIDs(ctx context.Context, server, roomID, eventID string) (state, auth []string, err error) {
	other, err := h.call("state_ids", server)
	if err != nil {
		return nil, nil, err
	}
	s, a, err := other.rooms.ServeState(ctx, h.name, roomID, eventID)
	return ids(s), ids(a), err
}

func (h *hub) StateBefore(ctx context.Context, server, roomID, eventID string) (state, auth []json.RawMessage, err error) {
	other, err := h.call("state", server)
	if err != nil {
		return nil, nil, err
	}
	s, a, err := other.rooms.ServeState(ctx, h.name, roomID, eventID)
	return bodies(s), bodies(a), err
}

func (h *hub) OneEvent(ctx context.Context, server, eventID string) (json.RawMessage, error) {
	other, err := h.call("event", server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeEvent(ctx, h.name, eventID)
}

func (h *hub) EventAuth(ctx context.Context, server, roomID, eventID string) ([]json.RawMessage, error) {
	other, err := h.call("event_auth", server)
	if err != nil {
		return nil, err
	}
	a, err := other.rooms.ServeAuth(ctx, h.name, roomID, eventID)
	return bodies(a), err
}

func (h *hub) Backfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error) {
	other, err := h.call("backfill", server)
	if err != nil {
		return nil, err
	}
	past, err := other.rooms.ServeBackfill(ctx, h.name, roomID, from, limit)
	if h.told != nil {
		h.told()
	}
	return past, err
}

func (h *hub) MakeMembership(ctx context.Context, server, membership, roomID, user string) (room.Template, error) {
	other, err := h.call("make", server)
	if err != nil {
		return room.Template{}, err
	}
	form, err := other.rooms.ServeTemplate(ctx, h.name, membership, roomID, user, []string{"10", "11"}, "")
	if h.given != nil {
		h.given()
	}
	return form, err
}

func (h *hub) SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (room.Welcome, error) {
	other, err := h.call("send", server)
	if err != nil {
		return room.Welcome{}, err
	}
	welcome, err := other.rooms.ServeMembership(ctx, h.name, membership, roomID, eventID, event)
	if h.letIn != nil {
		h.letIn()
	}
	if h.spoil != nil {
		h.spoil(&welcome)
	}
	return welcome, err
}

func (h *hub) Invite(ctx context.Context, server, roomID, eventID string, i room.Invitation) (json.RawMessage, error) {
	other, err := h.call("invite", server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeInvite(ctx, h.name, roomID, eventID, i, func(*store.Tx, room.Invited) error { return nil })
}

// enter brings somebody of this hub into a room of another one.
func (h *hub) enter(roomID, user, by string) room.Event {
	h.t.Helper()
	e, err := h.rooms.Enter(h.t.Context(), roomID, user, map[string]any{"displayname": "of " + h.name}, []string{by})
	if err != nil {
		h.t.Fatalf("enter: %v", err)
	}
	return e
}

// gets has this hub receive events that another one sent.
func (h *hub) gets(from string, events ...room.Event) {
	h.t.Helper()
	for _, e := range events {
		got, err := h.rooms.Receive(h.t.Context(), from, e.PDU)
		if err != nil || got.Refusal != nil {
			h.t.Fatalf("%s receives %s: %v, %v", h.name, e.Type, err, got.Refusal)
		}
	}
}

const (
	east, west = "east.example", "west.example"
	anna       = "@anna:" + east
	ben        = "@ben:" + east
	wali       = "@wali:" + west
	zara       = "@zara:" + west
)

// shared is a room of east that wali of west has joined.
func shared(t testing.TB) (e, w *hub, id string, join room.Event) {
	t.Helper()
	both := newWorld(t, east, west)
	e, w = both.hubs[east], both.hubs[west]
	id = e.create(room.Create{Creator: anna, Preset: "public_chat", Name: "both"})
	e.must(member(id, ben, ben, "join"), message(id, anna, "before you came"))
	return e, w, id, w.enter(id, wali, east)
}

func sameState(t *testing.T, id string, hubs ...*hub) {
	t.Helper()
	for _, other := range hubs[1:] {
		if diff := cmp.Diff(hubs[0].state(id), other.state(id)); diff != "" {
			t.Errorf("state (-%s +%s):\n%s", hubs[0].name, other.name, diff)
		}
	}
}

func TestSomebodyEntersARoomOfAnotherHub(t *testing.T) {
	e, w, id, join := shared(t)
	sameState(t, id, e, w)
	if join.Position != 1 {
		t.Errorf("the join is at %d, want the first position of the log", join.Position)
	}
	w.read(func(tx *store.Tx) error {
		events, err := w.rooms.Timeline(tx, id, 0, 100, false, 100, wali)
		if len(events) != 1 || events[0].ID != join.ID {
			t.Errorf("the timeline begins with %d events", len(events))
		}
		members, err2 := w.rooms.JoinedMembers(tx, id)
		slices.Sort(members)
		if diff := cmp.Diff([]string{anna, ben, wali}, members); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
		return errors.Join(err, err2)
	})
	post := e.must(message(id, anna, "welcome"))
	w.gets(east, post...)
	answer := w.must(message(id, wali, "thank you"))
	e.gets(west, answer...)
	if diff := cmp.Diff([]string{answer[0].ID}, e.ends(id)); diff != "" {
		t.Errorf("ends in the east (-want +got):\n%s", diff)
	}
	left := w.must(member(id, wali, wali, "leave"))
	e.gets(west, left...)
	sameState(t, id, e, w)
	again := w.enter(id, wali, east)
	sameState(t, id, e, w)
	if again.Position <= left[0].Position {
		t.Errorf("the second join is at %d, after a leave at %d", again.Position, left[0].Position)
	}
}

// takesWhatComesEarly has somebody be let into a room while something is said there, which comes before the room itself is here. before happens just
// before it comes.
func takesWhatComesEarly(t *testing.T, before func(w *hub)) (e, w *hub) {
	t.Helper()
	both := newWorld(t, east, west)
	e, w = both.hubs[east], both.hubs[west]
	id := e.create(room.Create{Creator: anna, Preset: "public_chat"})
	early := make(chan error, 1)
	w.letIn = func() {
		post := e.must(message(id, anna, "here you are"))[0]
		before(w)
		go func() {
			_, err := w.rooms.Receive(t.Context(), east, post.PDU)
			early <- err
		}()
	}
	w.enter(id, wali, east)
	if err := <-early; err != nil {
		t.Fatalf("what came early: %v", err)
	}
	if diff := cmp.Diff(e.ends(id), w.ends(id)); diff != "" {
		t.Errorf("ends (-%s +%s):\n%s", east, west, diff)
	}
	return e, w
}

// TestWhatIsSaidWhileSomebodyIsLetIn: it comes before the room itself is here, and is not refused for that.
func TestWhatIsSaidWhileSomebodyIsLetIn(t *testing.T) {
	e, w := takesWhatComesEarly(t, func(*hub) {})
	_, err := w.rooms.Receive(t.Context(), east, e.must(message(e.create(room.Create{Creator: anna, Preset: "public_chat"}), anna, "x"))[0].PDU)
	wants(t, err, "error.unknown_room")
}

// TestAClockThatIsPutForwardEndsNoWayIn: a machine that stood still while somebody was let in takes what comes early all the same.
func TestAClockThatIsPutForwardEndsNoWayIn(t *testing.T) {
	takesWhatComesEarly(t, func(w *hub) {
		err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE room_arrivals SET over_at = $1`, tx.Now.UnixMilli())
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestWhatBuildsOnAnInvitation: it is all that the hub had of the room, so what else was made on it can be judged only by the state that came with the
// join, or that is asked for.
func TestWhatBuildsOnAnInvitation(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("a first join fails: %v", fails), func(t *testing.T) {
			both := newWorld(t, east, west)
			e, w := both.hubs[east], both.hubs[west]
			id := e.create(room.Create{Creator: anna, Preset: "private_chat"})
			if _, err := e.rooms.AskIn(t.Context(), member(id, anna, wali, "invite")); err != nil {
				t.Fatal(err)
			}
			var meanwhile []room.Event
			w.given = func() {
				meanwhile = append(meanwhile, e.must(state(id, anna, "m.room.topic", map[string]any{"topic": fmt.Sprint(len(meanwhile))}))...)
			}
			if fails {
				both.deaf = "send"
				if _, err := w.rooms.Enter(t.Context(), id, wali, nil, []string{east}); err == nil {
					t.Fatal("it came in over a line that is cut")
				}
				both.deaf = ""
			}
			w.enter(id, wali, east)
			w.gets(east, meanwhile...)
			e.gets(west, w.must(message(id, wali, "hello"))...)
			sameState(t, id, e, w)
		})
	}
}

// TestWhatIsSaidWhileALongRoomComes: it is put off while the room is not here yet, and not refused.
func TestWhatIsSaidWhileALongRoomComes(t *testing.T) {
	both, ear := newWorld(t, east), newEar(broker.InProcess())
	t.Cleanup(func() { ear.Close() })
	e, w := both.hubs[east], both.open(t, west, storetest.SQLite(t), ear)
	id := e.create(room.Create{Creator: anna, Preset: "public_chat"})
	var post room.Event
	w.letIn = func() {
		post = e.must(message(id, anna, "here you are"))[0]
		_, err := w.rooms.Receive(ear.brief(t), east, post.PDU)
		if f := fault.From(err); f.Status != http.StatusBadGateway {
			t.Errorf("what came early: %v, want 502", err)
		}
	}
	w.enter(id, wali, east)
	w.gets(east, post)
	sameState(t, id, e, w)
}

func TestAForkBetweenHubsIsResolvedTheSame(t *testing.T) {
	e, w, id, _ := shared(t)
	e.gets(west, w.must(message(id, wali, "hello"))...)
	levels := state(id, anna, "m.room.power_levels", map[string]any{"users": map[string]any{anna: 100, wali: 50}})
	w.gets(east, e.must(levels)...)
	fromEast := e.must(name(id, anna, "east's"), state(id, anna, "m.room.topic", map[string]any{"topic": "t"}), message(id, anna, "x"))
	fromWest := w.must(name(id, wali, "west's"), member(id, wali, ben, "ban"), message(id, wali, "y"))
	e.gets(west, fromWest...)
	w.gets(east, fromEast...)
	sameState(t, id, e, w)
	w.gets(east, e.must(message(id, anna, "joined"))...)
	sameState(t, id, e, w)
	if diff := cmp.Diff(e.ends(id), w.ends(id)); diff != "" {
		t.Errorf("ends (-east +west):\n%s", diff)
	}
}

func TestMissingEventsAreAskedFor(t *testing.T) {
	e, w, id, _ := shared(t)
	lost := e.must(message(id, anna, "1"), name(id, anna, "renamed"), message(id, anna, "3"), message(id, anna, "4"))
	w.gets(east, lost[3])
	w.read(func(tx *store.Tx) error {
		last := store.Position(0)
		for _, l := range lost {
			got, err := w.rooms.EventByID(tx, l.ID)
			if err != nil {
				return err
			}
			if got.Position <= last {
				t.Errorf("%s is at %d, not behind %d", l.ID, got.Position, last)
			}
			last = got.Position
		}
		return nil
	})
	sameState(t, id, e, w)
	if n := w.world.asked["state_ids"]; n != 0 {
		t.Errorf("the state was asked for %d times where no event was missing any more", n)
	}
}

// TestALineThatFailsInAGapLosesNothing: what could not be asked for is no reason to refuse what came, however far the asking got.
func TestALineThatFailsInAGapLosesNothing(t *testing.T) {
	for _, question := range []string{"missing", "state_ids", "event"} {
		t.Run(question, func(t *testing.T) {
			e, w, id, _ := shared(t)
			for range 30 { // more than are asked for one by one, so that the state is
				e.must(name(id, anna, time.Now().String()))
			}
			last := e.must(message(id, anna, "at last"))[0]
			w.world.deaf = question
			for range 3 {
				_, err := w.rooms.Receive(t.Context(), east, last.PDU)
				if f := fault.From(err); f.Status != http.StatusBadGateway {
					t.Fatalf("received with %v, want 502", err)
				}
			}
			w.world.deaf = ""
			w.gets(east, last)
			sameState(t, id, e, w)
		})
	}
}

// TestALineOfOneWayHoldsNothingUpForEver.
func TestALineOfOneWayHoldsNothingUpForEver(t *testing.T) {
	e, w, id, _ := shared(t)
	last := e.must(message(id, anna, "lost"), message(id, anna, "at last"))[1]
	w.world.deaf = "missing"
	for i := range 10 {
		_, err := w.rooms.Receive(t.Context(), east, last.PDU)
		if gone := errors.Is(err, fault.NotFound("error.unknown_event")); err == nil || gone != (i == 9) {
			t.Fatalf("received with %v the time number %d", err, i+1)
		}
	}
	asked := w.world.asked["missing"]
	if _, err := w.rooms.Receive(t.Context(), east, last.PDU); !errors.Is(err, fault.NotFound("error.unknown_event")) {
		t.Errorf("received with %v", err)
	}
	if w.world.asked["missing"] != asked {
		t.Error("it was asked for again")
	}
	w.world.deaf = ""
	w.gets(east, e.must(message(id, anna, "on"))...)
	sameState(t, id, e, w)
}

// tick waits for the next millisecond: of two events of one moment the ids decide which is the later one.
func tick() {
	for now := time.Now().UnixMilli(); time.Now().UnixMilli() == now; {
	}
}

func TestAGapTooLongIsClosedByTheState(t *testing.T) {
	e, w, id, _ := shared(t)
	for range 2 {
		for range 15 {
			e.must(message(id, anna, "lost"))
		}
		for _, d := range []room.Draft{name(id, anna, time.Now().String()), member(id, ben, ben, "leave"), member(id, ben, ben, "join")} {
			e.must(d)
			tick()
		}
	}
	w.gets(east, e.must(message(id, anna, "at last"))...)
	sameState(t, id, e, w)
	if n := w.world.asked["state_ids"]; n != 1 {
		t.Errorf("the state was asked for %d times, want once", n)
	}
	next := e.must(message(id, anna, "on"))
	w.gets(east, next...)
	e.gets(west, w.must(message(id, wali, "and on"))...)
	sameState(t, id, e, w)
}

func TestHistoryIsAskedFor(t *testing.T) {
	both := newWorld(t, east, west)
	e, w := both.hubs[east], both.hubs[west]
	id := e.create(room.Create{Creator: anna, Preset: "public_chat", Name: "both"})
	var said []string
	for i := range 30 {
		said = append(said, e.must(message(id, anna, string(rune('a'+i))))[0].ID)
		if i == 10 {
			e.must(member(id, ben, ben, "join"), name(id, anna, "later"))
		}
	}
	w.enter(id, wali, east)
	state, head := w.state(id), store.Position(0)
	w.read(func(tx *store.Tx) (err error) { head, err = tx.Head(); return err })
	more := true
	for rounds := 0; more; rounds++ {
		if rounds > 10 {
			t.Fatal("the history does not end")
		}
		if err := w.rooms.FetchPast(t.Context(), id, 20); err != nil {
			t.Fatal(err)
		}
		w.read(func(tx *store.Tx) (err error) { more, err = w.rooms.HasPast(tx, id); return err })
	}
	w.read(func(tx *store.Tx) error {
		events, err := w.rooms.Timeline(tx, id, room.Earliest, head, false, 1000, wali)
		var got []string
		for _, e := range events {
			if e.Type == "m.room.message" {
				got = append(got, e.ID)
			}
		}
		if diff := cmp.Diff(said, got); diff != "" {
			t.Errorf("history (-said +got):\n%s", diff)
		}
		if events[0].Type != "m.room.create" {
			t.Errorf("the history begins with %s", events[0].Type)
		}
		now, err2 := tx.Head()
		if now != head {
			t.Errorf("history was told as news: the head went from %d to %d", head, now)
		}
		return errors.Join(err, err2)
	})
	if diff := cmp.Diff(state, w.state(id)); diff != "" {
		t.Errorf("history changed the state:\n%s", diff)
	}
}

func TestHistoryThatIsNotOpenIsNotGiven(t *testing.T) {
	both := newWorld(t, east, west)
	e, w := both.hubs[east], both.hubs[west]
	id := e.create(room.Create{Creator: anna, Preset: "public_chat"})
	e.must(state(id, anna, "m.room.history_visibility", map[string]any{"history_visibility": "joined"}))
	hidden := e.must(message(id, anna, "for us alone"))[0]
	join := w.enter(id, wali, east)
	raw, err := e.rooms.ServeEvent(t.Context(), west, hidden.ID)
	if err != nil {
		t.Fatal(err)
	}
	if pduOf(t, raw).EventID() != hidden.ID || json.Valid(raw) && slices.Contains([]string{"for us alone"}, bodyOf(raw)) {
		t.Errorf("the other hub was given %s", raw)
	}
	later := e.must(message(id, anna, "for all"))[0]
	if raw, err = e.rooms.ServeEvent(t.Context(), west, later.ID); err != nil || bodyOf(raw) != "for all" {
		t.Errorf("what was said after the join came as %s, %v", raw, err)
	}
	if _, err := e.rooms.ServeEvent(t.Context(), "else.example", join.ID); err == nil {
		t.Error("a stranger was given an event")
	}
	acl := map[string]any{"allow": []string{"*"}, "deny": []string{"w?st.*"}}
	e.must(state(id, anna, "m.room.server_acl", acl))
	_, err = e.rooms.ServeBackfill(t.Context(), west, id, []string{later.ID}, 10)
	wants(t, err, "error.hub_kept_out")
	_, err = e.rooms.Receive(t.Context(), west, w.must(message(id, wali, "hello"))[0].PDU)
	wants(t, err, "error.hub_kept_out")
}

func bodyOf(raw []byte) string {
	var e struct {
		Content struct {
			Body string `json:"body"`
		} `json:"content"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return ""
	}
	return e.Content.Body
}

// TestHostileEvents: each is refused with a fault, bounded, and nothing of it stands.
func TestHostileEvents(t *testing.T) {
	e, w, id, _ := shared(t)
	b := w.at(w.must(message(id, wali, "hello"))[0])
	e.gets(west, w.must(message(id, wali, "hello again"))...)
	keyID, key := w.ring.Current()
	made := func(b branch, d room.Draft) []byte { return e.signAs(west, b, d, time.Now(), keyID, key) }
	before := e.state(id)
	good := made(b, message(id, wali, "good"))
	tests := []struct {
		name string
		raw  []byte
		key  string // of the error; "" for a rejection
	}{
		{"in the name of another hub's person", made(b, message(id, anna, "I am anna")), "error.bad_json"},
		{"not signed", unsigned(t, good), "error.bad_json"},
		{"not a member", made(b, message(id, zara, "x")), ""},
		{"without power", made(b, name(id, wali, "mine")), ""},
		{"takes power", made(b, state(id, wali, "m.room.power_levels", map[string]any{"users": map[string]any{wali: 100}})), ""},
		{"a second beginning", made(b, state(id, wali, "m.room.create", map[string]any{"room_version": "11"})), "error.bad_json"},
		{"bans the owner", made(b, member(id, wali, anna, "ban")), ""},
		{"an unknown room", made(b, message("!other:"+west, wali, "x")), "error.unknown_room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := e.rooms.Receive(t.Context(), west, tt.raw)
			switch {
			case tt.key != "":
				wants(t, err, tt.key)
			case err != nil || got.Refusal == nil || got.Event.Position != 0:
				t.Errorf("received as %+v, %v; want a rejection", got, err)
			default:
				if again, err := e.rooms.Receive(t.Context(), west, tt.raw); err != nil || !again.Known || again.Refusal == nil {
					t.Errorf("the second time as %+v, %v", again, err)
				}
			}
		})
	}
	if diff := cmp.Diff(before, e.state(id)); diff != "" {
		t.Errorf("the state changed:\n%s", diff)
	}
	parents := b
	for range 20 {
		parents.prev = append(parents.prev, "$"+string(make39(len(parents.prev))))
	}
	_, err := e.rooms.Receive(t.Context(), west, made(parents, message(id, wali, "x")))
	wants(t, err, "error.bad_json")
	_, err = e.rooms.Receive(t.Context(), "else.example", made(branch{prev: []string{"$" + string(make39(1))}, depth: 1 << 52, state: b.state}, message(id, wali, "x")))
	wants(t, err, "error.unknown_event")
	if n := e.world.asked["state_ids"]; n != 0 {
		t.Errorf("a server that is not in the room had %d questions asked", n)
	}
}

// make39 is the body of an event's id that nobody has.
func make39(n int) []byte {
	id := make([]byte, 43)
	for i := range id {
		id[i] = 'A' + byte(n%20)
	}
	return id
}

// TestAWrongHashLeavesTheRedactedForm: the sender's signature holds over what redaction leaves, so that much is kept.
func TestAWrongHashLeavesTheRedactedForm(t *testing.T) {
	e, w, id, _ := shared(t)
	post := w.must(message(id, wali, "true words"))[0]
	forged := bytes.Replace(post.PDU, []byte("true words"), []byte("false word"), 1)
	got, err := e.rooms.Receive(t.Context(), west, forged)
	if err != nil || got.Refusal != nil || got.Event.ID != post.ID || bodyOf(got.Event.PDU) != "" {
		t.Errorf("received as %+v, %v", got, err)
	}
}

// TestWhatBuildsOnARejectedEventIsJudgedWithoutIt: a rejected event changes no state, and authorises nothing.
func TestWhatBuildsOnARejectedEventIsJudgedWithoutIt(t *testing.T) {
	e, w, id, _ := shared(t)
	b := w.at(w.must(message(id, wali, "hello"))[0])
	keyID, key := w.ring.Current()
	e.gets(west, w.must(message(id, wali, "still here"))...)
	bad := e.signAs(west, b, state(id, wali, "m.room.power_levels", map[string]any{"users": map[string]any{wali: 100}}), time.Now(), keyID, key)
	if got, err := e.rooms.Receive(t.Context(), west, bad); err != nil || got.Refusal == nil {
		t.Fatalf("received as %+v, %v", got, err)
	}
	onIt := e.signAs(west, b.then(t, bad), name(id, wali, "mine now"), time.Now(), keyID, key)
	if got, err := e.rooms.Receive(t.Context(), west, onIt); err != nil || got.Refusal == nil {
		t.Errorf("what a rejected event authorises was received as %+v, %v", got, err)
	}
	after := b
	after.prev = []string{pduOf(t, bad).EventID()}
	post := e.signAs(west, after, message(id, wali, "I may still speak"), time.Now(), keyID, key)
	if got, err := e.rooms.Receive(t.Context(), west, post); err != nil || got.Refusal != nil || got.SoftFailed {
		t.Errorf("what only follows a rejected event was received as %+v, %v", got, err)
	}
}
