package networktest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
)

// Wires are several hubs, and the lines between them, which can be cut. What happens on one goes to the others by queues, as federation.Sender has
// them: in order, and kept while a line is cut.
type Wires struct {
	T     testing.TB
	Sides []*Side
	cut   map[[2]string]bool
}

// NewWires makes wires that lead nowhere yet.
func NewWires(t testing.TB) *Wires { return &Wires{T: t, cut: map[[2]string]bool{}} }

// Side is one hub of those.
type Side struct {
	*Hub
	wires  *Wires
	read   store.Position
	queues map[string][]room.Event // by server
}

// Lead has a hub reach the others. It is called before the hub is founded.
func (w *Wires) Lead(h *Hub) *Side {
	s := &Side{Hub: h, wires: w, queues: map[string][]room.Event{}}
	w.Sides = append(w.Sides, s)
	h.Rooms.Federate(s, w)
	h.Network.Surround(s)
	return s
}

func (w *Wires) side(name string) *Side {
	if i := slices.IndexFunc(w.Sides, func(s *Side) bool { return s.Name == name }); i >= 0 {
		return w.Sides[i]
	}
	return nil
}

// Cut cuts the line between two hubs, or heals it.
func (w *Wires) Cut(a, b string, cut bool) { w.cut[[2]string{min(a, b), max(a, b)}] = cut }

// VerifyJSONs has each server's own ring look at what it signed.
func (w *Wires) VerifyJSONs(ctx context.Context, requests []gomatrixserverlib.VerifyJSONRequest) ([]gomatrixserverlib.VerifyJSONResult, error) {
	results := make([]gomatrixserverlib.VerifyJSONResult, len(requests))
	for i, request := range requests {
		s := w.side(string(request.ServerName))
		if s == nil {
			results[i].Error = errors.New("no such server")
			continue
		}
		one, err := s.Ring.VerifyJSONs(ctx, requests[i:i+1])
		if err != nil {
			return nil, err
		}
		results[i] = one[0]
	}
	return results, nil
}

var errCut = errors.New("nobody answers")

func (s *Side) reach(server string) (*Side, error) {
	other := s.wires.side(server)
	if other == nil || s.wires.cut[[2]string{min(s.Name, server), max(s.Name, server)}] {
		return nil, errCut
	}
	return other, nil
}

// Admits, Named and IsHub are network.Around.
func (s *Side) Admits(server string) bool { return s.wires.side(server) != nil }

func (s *Side) Named() (all []string) {
	for _, other := range s.wires.Sides {
		if other != s {
			all = append(all, other.Name)
		}
	}
	return all
}

func (s *Side) IsHub(_ context.Context, server string) (bool, error) {
	_, err := s.reach(server)
	return err == nil, err
}

func (s *Side) MissingEvents(ctx context.Context, server, roomID string, b room.Between) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.Rooms.ServeMissing(ctx, s.Name, roomID, b)
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

func (s *Side) StateIDs(ctx context.Context, server, roomID, eventID string) (state, auth []string, err error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, nil, err
	}
	st, au, err := other.Rooms.ServeState(ctx, s.Name, roomID, eventID)
	return knownIDs(st), knownIDs(au), err
}

func (s *Side) StateBefore(ctx context.Context, server, roomID, eventID string) (state, auth []json.RawMessage, err error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, nil, err
	}
	st, au, err := other.Rooms.ServeState(ctx, s.Name, roomID, eventID)
	return knownBodies(st), knownBodies(au), err
}

func (s *Side) OneEvent(ctx context.Context, server, eventID string) (json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.Rooms.ServeEvent(ctx, s.Name, eventID)
}

func (s *Side) EventAuth(ctx context.Context, server, roomID, eventID string) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	au, err := other.Rooms.ServeAuth(ctx, s.Name, roomID, eventID)
	return knownBodies(au), err
}

func (s *Side) Backfill(ctx context.Context, server, roomID string, from []string, limit int) ([]json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.Rooms.ServeBackfill(ctx, s.Name, roomID, from, limit)
}

func (s *Side) MakeMembership(ctx context.Context, server, membership, roomID, user string) (room.Template, error) {
	other, err := s.reach(server)
	if err != nil {
		return room.Template{}, err
	}
	return other.Rooms.ServeTemplate(ctx, s.Name, membership, roomID, user, []string{"11"}, "")
}

func (s *Side) SendMembership(ctx context.Context, server, membership, roomID, eventID string, event json.RawMessage) (room.Welcome, error) {
	other, err := s.reach(server)
	if err != nil {
		return room.Welcome{}, err
	}
	return other.Rooms.ServeMembership(ctx, s.Name, membership, roomID, eventID, event)
}

func (s *Side) Invite(ctx context.Context, server, roomID, eventID string, i room.Invitation) (json.RawMessage, error) {
	other, err := s.reach(server)
	if err != nil {
		return nil, err
	}
	return other.Rooms.ServeInvite(ctx, s.Name, roomID, eventID, i, other.Network.MayComeTx)
}

// follow puts what happened here into the queues of the servers of the members.
func (s *Side) follow() {
	s.T.Helper()
	s.Must(s.DB.Read(s.T.Context(), func(tx *store.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		events, err := s.Rooms.FollowEvents(tx, s.read, head, 10_000)
		for _, e := range events {
			if s.Rooms.IsForeign(e.Sender) {
				continue
			}
			servers, err := s.Rooms.Servers(tx, e.RoomID)
			if err != nil {
				return err
			}
			for _, server := range servers {
				if server != s.Name {
					s.queues[server] = append(s.queues[server], e)
				}
			}
		}
		s.read = head
		return err
	}))
}

// Deliver brings another hub at most so many events, as long as the line holds.
func (s *Side) Deliver(to string, most int) (any bool) {
	s.T.Helper()
	s.follow()
	other, err := s.reach(to)
	for ; err == nil && most > 0 && len(s.queues[to]) > 0; most-- {
		e := s.queues[to][0]
		s.queues[to] = s.queues[to][1:]
		other.hear(s.Name, e)
		any = true
	}
	return any
}

// hear takes an event in; what the rules or the hub refuse is no fault of the line.
func (s *Side) hear(from string, e room.Event) {
	s.T.Helper()
	_, err := s.Rooms.Receive(s.T.Context(), from, e.PDU)
	var refused *fault.Fault
	if err != nil && !errors.Is(err, errCut) && !errors.As(err, &refused) {
		s.T.Errorf("%s takes %s in: %v", s.Name, e.Type, err)
	}
}

// Call does what is due between this hub's account and others.
func (s *Side) Call() {
	s.T.Helper()
	s.Must(s.Network.CallOnce(s.T.Context()))
}

// Settle heals all lines and waits until there is nothing more to say.
func (w *Wires) Settle() {
	w.T.Helper()
	clear(w.cut)
	for quiet, rounds := false, 0; !quiet; rounds++ {
		if rounds > 100 {
			w.T.Fatal("the hubs do not come to rest")
		}
		quiet = true
		for _, s := range w.Sides {
			for _, other := range s.Named() {
				s.Network.Heard(w.T.Context(), other)
			}
			before := s.head()
			s.Call()
			quiet = quiet && s.head() == before
			for _, other := range s.Named() {
				quiet = !s.Deliver(other, 1000) && quiet
			}
		}
	}
}

func (s *Side) head() (at store.Position) {
	s.T.Helper()
	s.Must(s.DB.Read(s.T.Context(), func(tx *store.Tx) (err error) { at, err = tx.Head(); return err }))
	return at
}
