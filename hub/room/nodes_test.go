package room_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// ear is a node's broker, which tells when something subscribed to it.
type ear struct {
	broker.Broker
	subscribed chan struct{}
}

func newEar(b broker.Broker) *ear { return &ear{b, make(chan struct{}, 1)} }

func (e *ear) Subscribe(ctx context.Context, topics ...string) (*broker.Subscription, error) {
	s, err := e.Broker.Subscribe(ctx, topics...)
	select {
	case e.subscribed <- struct{}{}:
	default:
	}
	return s, err
}

// brief is a context that ends as soon as something waits at the broker.
func (e *ear) brief(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	var waits sync.WaitGroup
	waits.Go(func() {
		select {
		case <-e.subscribed:
		case <-t.Context().Done():
		}
		cancel()
	})
	t.Cleanup(waits.Wait) // the test's context has ended then
	return ctx
}

// pairs is a hub in the east and two nodes of the one in the west, whose clock can be put on.
type pairs struct {
	*world
	east, one, two *hub
	ear            *ear // of two
	ahead          atomic.Int64
	begins         atomic.Pointer[func()] // is called when something begins to read or write on node one
	oneDB          *store.DB
}

// eachPair runs f with two nodes on each engine; those on PostgreSQL hear of each other by Redis.
func eachPair(t *testing.T, f func(t *testing.T, p *pairs)) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		p := &pairs{world: newWorld(t, east)}
		p.east = p.hubs[east]
		shared := broker.InProcess()
		t.Cleanup(func() { shared.Close() })
		node := func(began func()) (*store.DB, broker.Broker) {
			db, err := store.Open(t.Context(), address, store.Options{Now: func() time.Time {
				began()
				return time.Now().Add(time.Duration(p.ahead.Load()))
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { storetest.NoScans(t, db); db.Close() })
			if strings.HasPrefix(address, "sqlite:") {
				return db, shared
			}
			brk, err := broker.Redis(t.Context(), os.Getenv("PANAH_TEST_REDIS"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { brk.Close() })
			return db, brk
		}
		db, brk := node(func() {
			if began := p.begins.Load(); began != nil {
				(*began)()
			}
		})
		p.oneDB, p.one = db, p.world.open(t, west, db, brk)
		db, brk = node(func() {})
		p.ear = newEar(brk)
		p.two = p.world.open(t, west, db, p.ear)
		f(t, p)
	})
}

func (p *pairs) room() string {
	return p.east.create(room.Create{Creator: anna, Preset: "public_chat"})
}

// TestWhatAnotherNodeGetsWhileARoomIsEntered: it waits there for the room, and is taken in when the room is here.
func TestWhatAnotherNodeGetsWhileARoomIsEntered(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.room()
		early := make(chan error, 1)
		p.one.letIn = func() {
			post := p.east.must(message(id, anna, "here you are"))[0]
			go func() {
				_, err := p.two.rooms.Receive(t.Context(), east, post.PDU)
				early <- err
			}()
			select {
			case <-p.ear.subscribed:
			case err := <-early:
				early <- err
			}
		}
		p.one.enter(id, wali, east)
		if err := <-early; err != nil {
			t.Fatalf("what came early to the other node: %v", err)
		}
		for _, node := range []*hub{p.one, p.two} {
			if diff := cmp.Diff(p.east.ends(id), node.ends(id)); diff != "" {
				t.Errorf("ends (-%s +%s):\n%s", east, west, diff)
			}
		}
		_, err := p.two.rooms.Receive(t.Context(), east, p.east.must(message(p.room(), anna, "x"))[0].PDU)
		wants(t, err, "error.unknown_room")
	})
}

// TestANodeIsLostWhileARoomIsEntered: what comes is put off by the other node, though not for ever.
func TestANodeIsLostWhileARoomIsEntered(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.room()
		p.one.letIn = func() { // from here on it writes nothing any more
			if err := p.oneDB.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := p.one.rooms.Enter(t.Context(), id, wali, nil, []string{east}); err == nil {
			t.Fatal("a lost node entered")
		}
		post := p.east.must(message(id, anna, "here you are"))[0]
		_, err := p.two.rooms.Receive(p.ear.brief(t), east, post.PDU)
		if f := fault.From(err); f.Status != http.StatusBadGateway {
			t.Errorf("what came while a node was lost: %v, want 502", err)
		}
		p.ahead.Store(int64(room.ArrivalMost))
		_, err = p.two.rooms.Receive(t.Context(), east, post.PDU)
		wants(t, err, "error.unknown_room")
		p.two.enter(id, wali, east)
		p.two.gets(east, p.east.must(message(id, anna, "again"))...)
		sameState(t, id, p.east, p.two)
		p.two.read(func(tx *store.Tx) error {
			var left int
			err := tx.QueryRow(`SELECT COUNT(*) FROM room_arrivals`).Scan(&left)
			if left != 0 {
				t.Errorf("%d notes are left of ways that are over", left)
			}
			return err
		})
	})
}

// TestAWayThatFailsIsOver: nobody waits for it.
func TestAWayThatFailsIsOver(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.room()
		p.deaf = "send"
		if _, err := p.one.rooms.Enter(t.Context(), id, wali, nil, []string{east}); err == nil {
			t.Fatal("it came in over a line that is cut")
		}
		_, err := p.two.rooms.Receive(t.Context(), east, p.east.must(message(id, anna, "x"))[0].PDU)
		wants(t, err, "error.unknown_room")
	})
}

// TestTwoEnterARoomAtOnce: whose state comes later, but was made before the other had joined, does not have the other leave.
func TestTwoEnterARoomAtOnce(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		for _, by := range []*hub{p.one, p.two} {
			id := p.room()
			p.one.letIn = func() {
				p.one.letIn = nil
				by.enter(id, zara, east)
			}
			p.one.enter(id, wali, east)
			p.one.read(func(tx *store.Tx) error {
				members, err := p.one.rooms.JoinedMembers(tx, id)
				slices.Sort(members)
				if diff := cmp.Diff([]string{anna, wali, zara}, members); diff != "" {
					t.Errorf("members (-want +got):\n%s", diff)
				}
				return err
			})
			p.two.gets(east, p.east.must(message(id, anna, "welcome"))...)
			p.east.gets(west, p.one.must(message(id, zara, "thank you"))...)
			sameState(t, id, p.east, p.one, p.two)
		}
	})
}

// TestNodesCountTogetherWhatIsPutOff: it makes no difference to which of them an event comes.
func TestNodesCountTogetherWhatIsPutOff(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		id := p.room()
		p.one.enter(id, wali, east)
		last := p.east.must(message(id, anna, "lost"), message(id, anna, "at last"))[1]
		p.deaf = "missing"
		for i := range 10 {
			_, err := []*hub{p.one, p.two}[i%2].rooms.Receive(t.Context(), east, last.PDU)
			if gone := errors.Is(err, fault.NotFound("error.unknown_event")); err == nil || gone != (i == 9) {
				t.Fatalf("received with %v the time number %d", err, i+1)
			}
		}
		p.deaf = ""
		for _, node := range []*hub{p.one, p.two} {
			_, err := node.rooms.Receive(t.Context(), east, last.PDU)
			wants(t, err, "error.unknown_event")
		}
		p.two.gets(east, p.east.must(message(id, anna, "on"))...)
		sameState(t, id, p.east, p.one)
	})
}

// TestTwoAskForHistoryAtOnce: the second, who got nothing new, does not take away what the first has left to be asked for.
func TestTwoAskForHistoryAtOnce(t *testing.T) {
	eachPair(t, func(t *testing.T, p *pairs) {
		brk := broker.InProcess()
		t.Cleanup(func() { brk.Close() })
		north := p.open(t, "north.example", storetest.SQLite(t), brk)
		id := p.room()
		north.enter(id, "@nia:north.example", east)
		fork := append(p.east.must(message(id, anna, "1")), north.must(message(id, "@nia:north.example", "2"))...)
		p.east.gets("north.example", fork[1])
		p.one.enter(id, wali, east) // builds on both
		p.one.told = func() {
			p.one.told = nil
			if err := p.two.rooms.FetchPast(t.Context(), id, 1); err != nil {
				t.Error(err)
			}
		}
		for more, rounds := true, 0; more; rounds++ {
			if rounds > 20 {
				t.Fatal("the history does not end")
			}
			if err := p.one.rooms.FetchPast(t.Context(), id, 1); err != nil {
				t.Fatal(err)
			}
			p.one.read(func(tx *store.Tx) (err error) { more, err = p.one.rooms.HasPast(tx, id); return err })
		}
		p.one.read(func(tx *store.Tx) error {
			for _, e := range fork {
				if _, err := p.one.rooms.EventByID(tx, e.ID); err != nil {
					t.Errorf("what %s said is not in the history: %v", e.Sender, err)
				}
			}
			return nil
		})
	})
}
