package room_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/broker"
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
}

// hub is one homeserver of a world.
type hub struct {
	*house
	name  string
	ring  *keyring.Ring
	world *world
	down  bool // nobody reaches it
}

func newWorld(t testing.TB, names ...string) *world {
	t.Helper()
	w := &world{hubs: map[string]*hub{}, asked: map[string]int{}}
	for _, name := range names {
		db := storetest.SQLite(t)
		ring, err := keyring.Open(t.Context(), db, name)
		if err != nil {
			t.Fatal(err)
		}
		brk := broker.InProcess()
		t.Cleanup(func() { brk.Close() })
		h := &hub{house: &house{t, db, room.New(db, ring, brk, nil), brk}, name: name, ring: ring, world: w}
		h.rooms.Federate(h, w)
		w.hubs[name] = h
	}
	return w
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
	if other == nil || other.down || h.down {
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
	return other.rooms.ServeBackfill(ctx, h.name, roomID, from, limit)
}

func (h *hub) MakeMembership(ctx context.Context, server, membership, roomID, user string) (room.Template, error) {
	other, err := h.call("make", server)
	if err != nil {
		return room.Template{}, err
	}
	return other.rooms.ServeTemplate(ctx, h.name, membership, roomID, user, []string{"10", "11"}, "")
}

func (h *hub) SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (room.Welcome, error) {
	other, err := h.call("send", server)
	if err != nil {
		return room.Welcome{}, err
	}
	return other.rooms.ServeMembership(ctx, h.name, membership, roomID, eventID, event)
}

func (h *hub) Invite(ctx context.Context, server, roomID, eventID string, i room.Invitation) (json.RawMessage, error) {
	other, err := h.call("invite", server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeInvite(ctx, h.name, roomID, eventID, i, func(*store.Tx, string) error { return nil })
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

func TestAGapTooLongIsClosedByTheState(t *testing.T) {
	e, w, id, _ := shared(t)
	for range 2 {
		for range 15 {
			e.must(message(id, anna, "lost"))
		}
		e.must(name(id, anna, time.Now().String()), member(id, ben, ben, "leave"), member(id, ben, ben, "join"))
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
