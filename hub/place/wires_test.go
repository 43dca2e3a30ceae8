package place

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/place/allot"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// wires are several hubs, and the lines between them, which can be cut. What happens on one goes to the others by queues, as federation.Sender has
// them: in order, and kept while a line is cut.
type wires struct {
	t     *testing.T
	clock *clock
	sides []*side
	cut   map[[2]string]bool
}

// side is one hub of those.
type side struct {
	*cast
	name   string
	ring   *keyring.Ring
	wires  *wires
	read   store.Position
	queues map[string][]room.Event // by server
	heard  map[string]room.Event   // the last event that came from each server
}

// lead has a hub reach the others.
func (w *wires) lead(h *house, name string, ring *keyring.Ring) {
	s := &side{cast: &cast{house: h}, name: name, ring: ring, wires: w, queues: map[string][]room.Event{}, heard: map[string]room.Event{}}
	w.sides = append(w.sides, s)
	h.rooms.Federate(s, w)
	h.network.Surround(s)
}

// wire makes hubs with the people of a cast, that know each other.
func wire(t *testing.T, names ...string) *wires {
	t.Helper()
	w := &wires{t: t, clock: &clock{at: start}, cut: map[[2]string]bool{}}
	for i, name := range names {
		h := openAs(t, storetest.SQLiteAddress(t), w.clock, name, w)
		*w.sides[i].cast = *gather(h)
	}
	w.settle()
	return w
}

func (w *wires) side(name string) *side {
	if i := slices.IndexFunc(w.sides, func(s *side) bool { return s.name == name }); i >= 0 {
		return w.sides[i]
	}
	return nil
}

func (w *wires) set(a, b string, cut bool) { w.cut[[2]string{min(a, b), max(a, b)}] = cut }

// VerifyJSONs has each server's own ring look at what it signed.
func (w *wires) VerifyJSONs(ctx context.Context, requests []gomatrixserverlib.VerifyJSONRequest) ([]gomatrixserverlib.VerifyJSONResult, error) {
	results := make([]gomatrixserverlib.VerifyJSONResult, len(requests))
	for i, request := range requests {
		s := w.side(string(request.ServerName))
		if s == nil {
			results[i].Error = errors.New("no such server")
			continue
		}
		one, err := s.ring.VerifyJSONs(ctx, requests[i:i+1])
		if err != nil {
			return nil, err
		}
		results[i] = one[0]
	}
	return results, nil
}

var errCut = errors.New("nobody answers")

func (s *side) reach(server string) (*side, error) {
	other := s.wires.side(server)
	if other == nil || s.wires.cut[[2]string{min(s.name, server), max(s.name, server)}] {
		return nil, errCut
	}
	return other, nil
}

// Admits, Named and IsHub are network.Around.
func (s *side) Admits(server string) bool { return s.wires.side(server) != nil }

func (s *side) Named() (all []string) {
	for _, other := range s.wires.sides {
		if other != s {
			all = append(all, other.name)
		}
	}
	return all
}

func (s *side) IsHub(_ context.Context, server string) (bool, error) {
	_, err := s.reach(server)
	return err == nil, err
}

func (s *side) MissingEvents(ctx context.Context, server, roomID string, b room.Between) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeMissing(ctx, s.name, roomID, b)
}

func knownIDs(all []room.Known) (list []string) {
	for _, k := range all {
		list = append(list, k.ID)
	}
	return list
}

func knownBodies(all []room.Known) (list []json.RawMessage) {
	for _, k := range all {
		list = append(list, k.PDU)
	}
	return list
}

func (s *side) StateIDs(ctx context.Context, server, roomID, eventID string) (state, auth []string, err error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, nil, err
	}
	st, au, err := other.rooms.ServeState(ctx, s.name, roomID, eventID)
	return knownIDs(st), knownIDs(au), err
}

func (s *side) StateBefore(ctx context.Context, server, roomID, eventID string) (state, auth []json.RawMessage, err error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, nil, err
	}
	st, au, err := other.rooms.ServeState(ctx, s.name, roomID, eventID)
	return knownBodies(st), knownBodies(au), err
}

func (s *side) OneEvent(ctx context.Context, server, eventID string) (json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeEvent(ctx, s.name, eventID)
}

func (s *side) EventAuth(ctx context.Context, server, roomID, eventID string) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	au, err := other.rooms.ServeAuth(ctx, s.name, roomID, eventID)
	return knownBodies(au), err
}

func (s *side) Backfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeBackfill(ctx, s.name, roomID, from, limit)
}

func (s *side) MakeMembership(ctx context.Context, server, membership, roomID, user string) (room.Template, error) {
	other, err := s.reach(server)
	if err != nil {
		return room.Template{}, err
	}
	return other.rooms.ServeTemplate(ctx, s.name, membership, roomID, user, []string{"11"}, "")
}

func (s *side) SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (room.Welcome, error) {
	other, err := s.reach(server)
	if err != nil {
		return room.Welcome{}, err
	}
	return other.rooms.ServeMembership(ctx, s.name, membership, roomID, eventID, event)
}

func (s *side) Invite(ctx context.Context, server, roomID, eventID string, i room.Invitation) (json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.rooms.ServeInvite(ctx, s.name, roomID, eventID, i, other.network.MayComeTx)
}

// follow puts what happened here into the queues of the servers of the members.
func (s *side) follow() {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		events, err := s.rooms.FollowEvents(tx, s.read, head, 10_000)
		for _, e := range events {
			if s.rooms.IsForeign(e.Sender) {
				continue
			}
			servers, err := s.rooms.Servers(tx, e.RoomID)
			if err != nil {
				return err
			}
			for _, server := range servers {
				if server != s.name {
					s.queues[server] = append(s.queues[server], e)
				}
			}
		}
		s.read = head
		return err
	}))
}

// deliver brings another hub at most so many events, as long as the line holds.
func (s *side) deliver(to string, most int) (any bool) {
	s.t.Helper()
	s.follow()
	other, err := s.reach(to)
	for ; err == nil && most > 0 && len(s.queues[to]) > 0; most-- {
		e := s.queues[to][0]
		s.queues[to] = s.queues[to][1:]
		other.hear(s.name, e)
		any = true
	}
	return any
}

// hear takes an event in; what the rules or the hub refuse is no fault of the line.
func (s *side) hear(from string, e room.Event) {
	s.t.Helper()
	_, err := s.rooms.Receive(s.t.Context(), from, e.PDU)
	var refused *fault.Fault
	if err != nil && !errors.Is(err, errCut) && !errors.As(err, &refused) {
		s.t.Errorf("%s takes %s in: %v", s.name, e.Type, err)
	}
	s.heard[from] = e
}

// call does what is due between this hub's account and others.
func (s *side) call() {
	s.t.Helper()
	s.must(s.network.CallOnce(s.t.Context()))
}

// settle heals all lines and waits until there is nothing more to say.
func (w *wires) settle() {
	w.t.Helper()
	clear(w.cut)
	for quiet, rounds := false, 0; !quiet; rounds++ {
		if rounds > 100 {
			w.t.Fatal("the hubs do not come to rest")
		}
		quiet = true
		for _, s := range w.sides {
			for _, other := range s.Named() {
				s.network.Heard(w.t.Context(), other)
			}
			before := s.logHead()
			s.call()
			quiet = quiet && s.logHead() == before
			for _, other := range s.Named() {
				quiet = !s.deliver(other, 1000) && quiet
			}
		}
	}
}

func (s *side) logHead() (at store.Position) {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) { at, err = tx.Head(); return err }))
	return at
}

const (
	east, west, south = "east.example", "west.example", "south.example"
)

// TestAShelterOfAnotherHub: what it has free is shown there with its hub; it is asked, holds, accepts, and both hubs say the same all the way.
func TestAShelterOfAnotherHub(t *testing.T) {
	w := wire(t, east, west)
	e, o := w.sides[0], w.sides[1]
	lola := abroadID(o.shelter, west)
	found, err := e.places.Find(t.Context(), e.kunduzWorker, Search{Request: wish().Request})
	e.must(err)
	i := slices.IndexFunc(found.Shelters, func(m Match) bool { return m.ID == lola })
	if i < 0 || found.Shelters[i].Hub == nil || found.Shelters[i].Hub.Server != west || found.Shelters[i].Fit.Free != 3 {
		t.Fatalf("found %+v", found.Shelters)
	}
	w.set(east, west, true)
	a := wish(lola)
	a.Note, a.Language = "tired, walks slowly", "en"
	id := e.ask(e.kunduzWorker, a)[0]
	e.wantState("while the line is cut", id, allot.Asked)
	w.settle()
	e.wantState("once it is heard", id, allot.Held)
	o.wantState("there", id, allot.Held)
	e.wantTold("who asked", e.kunduzWorker, id, "held")
	o.wantTold("the staff", o.intake, id, "asked")
	entry, err := o.places.Request(t.Context(), o.intake, id)
	o.must(err)
	if !entry.Decide || entry.Mine || entry.Asker != "Kunduz" || entry.Hub.Server != east || entry.Wish == nil || entry.Wish.Note != a.Note {
		t.Errorf("the staff read %+v", entry)
	}
	o.take(o.intake, id, allot.Accept, "")
	w.settle()
	e.wantState("accepted", id, allot.Accepted)
	e.wantTold("accepted", e.kunduzWorker, id, "accepted")
	o.take(o.intake, id, allot.Arrive, "")
	o.take(o.intake, id, allot.Leave, "reintegrated")
	w.settle()
	if mine, theirs := e.request(id), o.request(id); mine.State != allot.Left || mine.Reason != theirs.Reason || mine.EndedAt == 0 {
		t.Errorf("at the end it is %+v here and %+v there", mine, theirs)
	}
	e.sameMembers(o, id)
	w.clock.pass(detailsKept)
	e.due()
	o.due()
	w.settle()
	for _, s := range w.sides {
		if r := s.request(id); r.RoomID != "" {
			t.Errorf("%s keeps its channel", s.name)
		}
		s.wantEmptied(e.linked(id).room)
	}
	o.ledgerAgrees()
}

// sameMembers: both hubs have the same people in the channel of a request.
func (s *side) sameMembers(other *side, id string) {
	s.t.Helper()
	roomID := s.linked(id).room
	if here, there := s.members(roomID), other.members(roomID); !slices.Equal(here, there) || len(here) != 3 {
		s.t.Errorf("%s has %v in the channel, %s has %v", s.name, here, other.name, there)
	}
}

func (s *side) linked(id string) (l link) {
	s.t.Helper()
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) { l, _, err = linkTx(tx, "request_id", id); return err }))
	return l
}

// wantEmptied: nothing of what was asked or said is left of a channel.
func (s *side) wantEmptied(roomID string) {
	s.t.Helper()
	var left []string
	s.must(s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		left, err = store.Column(tx, `SELECT type FROM events WHERE room_id = $1 AND (CAST(pdu AS TEXT) LIKE '%tired%' OR CAST(pdu AS TEXT) LIKE '%AF-KDZ%')`, roomID)
		return err
	}))
	if len(left) > 0 {
		s.t.Errorf("%s keeps %v", s.name, left)
	}
}
