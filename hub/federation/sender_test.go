package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/federation/federationtest"
	"panah/hub/feed"
	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// side is one homeserver: its doors behind TLS, and what it needs to send. What it is sent is kept.
type side struct {
	t      testing.TB
	front  *federationtest.Front
	db     *store.DB
	rooms  *room.Rooms
	feed   *feed.Feed
	brk    broker.Broker
	client *Client
	sender *Sender
	server *Server
	allow  Allow

	mu     sync.Mutex
	came   []string // event ids in the order of their coming
	bodies []string // what came as EDUs, by their type and content
	txns   []string // ids of transactions that were asked to be taken in
	fail   error    // what every event is answered with
	grew   chan struct{}
}

// openSide opens a homeserver on a database.
func openSide(t testing.TB, a *federationtest.Authority, db *store.DB) *side {
	t.Helper()
	s := &side{t: t, front: a.NewFront(t), db: db, brk: broker.InProcess(), grew: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = s.brk.Close() })
	var err error
	if s.allow, err = ParseAllow([]string{"*"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// open builds the side once all names are known, since they are who may be near.
func (s *side) open(a *federationtest.Authority, names ...string) {
	s.t.Helper()
	way := NewWay(WayOptions{Own: s.front.Name, Allow: s.allow, Near: names, Roots: a.Roots()})
	s.t.Cleanup(way.CloseIdleConnections)
	ring, err := keyring.OpenWith(s.t.Context(), s.db, s.front.Name, keyring.Options{Fetch: way})
	if err != nil {
		s.t.Fatal(err)
	}
	s.rooms = room.New(s.db, ring, s.brk, nil)
	s.feed = feed.New(s.db, s.rooms, s.brk, feed.Options{})
	s.client = NewClient(ring, way)
	s.sender = s.newSender()
	s.server = NewServer(Deps{DB: s.db, Ring: ring, Allow: s.allow, Rooms: s.rooms, Feed: s.feed, Sender: s.sender, Receive: s.receive})
	for _, kind := range []string{typeTyping, typeReceipt} {
		s.server.edus[kind] = func(_ context.Context, _ *visit, content json.RawMessage) error {
			s.keep(func() { s.bodies = append(s.bodies, kind+" "+string(content)) })
			return nil
		}
	}
	s.lead()
}

// newSender is another node of this server.
func (s *side) newSender() *Sender {
	return NewSender(s.db, s.rooms, s.brk, s.client, s.allow, SenderOptions{Chance: func() float64 { return 0.5 }})
}

// lead has the front lead here, and notes the ids of transactions.
func (s *side) lead() {
	s.front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, is := strings.CutPrefix(r.URL.Path, v1+"/send/"); is {
			s.keep(func() { s.txns = append(s.txns, id) })
		}
		s.server.ServeHTTP(w, r)
	}))
}

func (s *side) keep(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	select {
	case s.grew <- struct{}{}:
	default:
	}
}

func (s *side) receive(_ context.Context, _ string, pdus []json.RawMessage) (outcomes []Outcome) {
	s.keep(func() {
		for _, pdu := range pdus {
			o := Outcome{Err: s.fail}
			if o.Err == nil {
				o.ID = pduID(s.t, pdu)
				s.came = append(s.came, o.ID)
			}
			outcomes = append(outcomes, o)
		}
	})
	return outcomes
}

func pduID(t testing.TB, raw []byte) string {
	t.Helper()
	pdu, err := parsedPDU(raw)
	if err != nil {
		t.Error(err)
		return ""
	}
	return pdu.EventID()
}

// wait returns when something is so of what came.
func (s *side) wait(what string, so func() bool) {
	s.t.Helper()
	late := time.After(time.Minute)
	for {
		s.mu.Lock()
		reached := so()
		s.mu.Unlock()
		if reached {
			return
		}
		select {
		case <-s.grew:
		case <-late:
			s.t.Fatalf("%s did not come to pass: %d events, %v, %d transactions", what, len(s.came), s.bodies, len(s.txns))
		}
	}
}

// run has a sender run until the function that it gives is called.
func (s *side) run(sender *Sender) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sender.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				s.t.Error(err)
			}
		})
	}
	s.t.Cleanup(stop)
	return stop
}

// drained waits until nothing waits for anybody.
func (s *side) drained() {
	s.t.Helper()
	s.until("empty queues", `SELECT NOT EXISTS (SELECT 1 FROM federation_events) AND (SELECT live FROM federation_progress) = (SELECT head FROM counter)`)
}

// until waits for what the database is asked to be so.
func (s *side) until(what, query string, args ...any) {
	s.t.Helper()
	s.wait(what, func() (so bool) {
		err := s.db.Read(context.Background(), func(tx *store.Tx) error { return tx.QueryRow(query, args...).Scan(&so) })
		if err != nil {
			s.t.Error(err)
		}
		if !so { // look again
			s.sender.wake()
			select {
			case s.grew <- struct{}{}:
			default:
			}
		}
		return so
	})
}

func (s *side) write(f func(tx *store.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *side) user(name string) string { return "@" + name + ":" + s.front.Name }

// shared makes a room of this side's anna in which a person of each other side is a member.
func (s *side) shared(with ...*side) (id string) {
	s.t.Helper()
	anna := s.user("anna")
	s.write(func(tx *store.Tx) (err error) {
		id, _, err = s.rooms.CreateTx(s.t.Context(), tx, room.Create{Creator: anna, Preset: "public_chat"})
		return err
	})
	for _, other := range with {
		bo := other.user("bo")
		s.append(room.Draft{RoomID: id, Sender: anna, Type: "m.room.member", StateKey: &bo, Content: map[string]any{"membership": "invite"}})
		s.write(func(tx *store.Tx) error { // as if it had come back accepted
			_, err := tx.Exec(`UPDATE memberships SET membership = 'join' WHERE room_id = $1 AND user_id = $2`, id, bo)
			return err
		})
	}
	return id
}

func (s *side) append(d room.Draft) string {
	s.t.Helper()
	var made []room.Event
	s.write(func(tx *store.Tx) (err error) {
		made, err = s.rooms.Append(s.t.Context(), tx, d)
		return err
	})
	return made[0].ID
}

func (s *side) say(roomID string, count int) (ids []string) {
	s.t.Helper()
	for i := range count {
		ids = append(ids, s.append(room.Draft{RoomID: roomID, Sender: s.user("anna"), Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": fmt.Sprint(i)}}))
	}
	return ids
}

func sides(t testing.TB, db *store.DB, count int) []*side {
	t.Helper()
	a := federationtest.NewAuthority(t)
	all := []*side{openSide(t, a, db)}
	for range count - 1 {
		all = append(all, openSide(t, a, storetest.SQLite(t)))
	}
	var names []string
	for _, s := range all {
		names = append(names, s.front.Name)
	}
	for _, s := range all {
		s.open(a, names...)
	}
	return all
}

// begun has a side's log read once, so that what is made from then on is due.
func (s *side) begun() {
	s.t.Helper()
	if _, err := s.sender.step(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func TestWhatIsMadeHereArrivesInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := sides(t, db, 2)
		here, there := all[0], all[1]
		id := here.shared(there)
		here.begun()
		want := here.say(id, 3)
		stop := here.run(here.sender)
		here.drained()
		stop()
		want = append(want, here.say(id, 120)...) // while nothing sends
		here.run(here.newSender())
		there.wait("all events", func() bool { return len(there.came) >= len(want) })
		if err := here.feed.SetReceipts(t.Context(), here.user("anna"), id, feed.Marker{Kind: "m.read", Event: want[5]}); err != nil {
			t.Fatal(err)
		}
		there.wait("a receipt", func() bool { return len(there.bodies) == 1 })
		if err := here.feed.SetTyping(t.Context(), here.user("anna"), id, true, 0); err != nil {
			t.Fatal(err)
		}
		there.wait("typing", func() bool { return len(there.bodies) == 2 })
		if diff := cmp.Diff(want, there.came); diff != "" {
			t.Errorf("what came (-want +got):\n%s", diff)
		}
		if len(there.txns) < 4 {
			t.Errorf("%d events came in %d transactions", len(want), len(there.txns))
		}
		wantBodies := []string{
			fmt.Sprintf(`m.receipt {%q:{"m.read":{%q:{"data":{"ts":`, id, here.user("anna")),
			fmt.Sprintf(`m.typing {"room_id":%q,"typing":true,"user_id":%q}`, id, here.user("anna")),
		}
		for i, want := range wantBodies {
			if !strings.HasPrefix(there.bodies[i], want) {
				t.Errorf("got %s, want %s", there.bodies[i], want)
			}
		}
	})
}

func TestAServerThatIsAwayHoldsUpNobody(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 3)
	here, away, there := all[0], all[1], all[2]
	id := here.shared(away, there)
	here.begun()
	away.front.Lead(nil)
	first := here.say(id, 2)
	here.run(here.sender)
	there.wait("events", func() bool { return len(there.came) == 2 })
	here.until("a pause", `SELECT EXISTS (SELECT 1 FROM federation_servers WHERE server = $1 AND failed >= 1 AND next_at > $2)`, away.front.Name, time.Now().UnixMilli())
	second := here.say(id, 1)
	there.wait("another event", func() bool { return len(there.came) == 3 })
	away.lead()
	here.sender.Heard(t.Context(), away.front.Name)
	away.wait("all events", func() bool { return len(away.came) == 3 })
	if diff := cmp.Diff(slices.Concat(first, second), away.came); diff != "" {
		t.Errorf("what came late (-want +got):\n%s", diff)
	}
}

// TestATransactionIsKnownAgain: one whose answer was lost has the same id when it is sent again, and is not taken in twice.
func TestATransactionIsKnownAgain(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	here.begun()
	want := here.say(id, 2)
	lost := true
	there.front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		txn, is := strings.CutPrefix(r.URL.Path, v1+"/send/")
		if !is {
			there.server.ServeHTTP(w, r)
			return
		}
		answer := w
		if lost {
			answer = discard{}
		}
		there.server.ServeHTTP(answer, r)
		there.keep(func() { there.txns = append(there.txns, txn) })
		if lost {
			lost = false
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	here.run(here.sender)
	here.until("a pause", `SELECT EXISTS (SELECT 1 FROM federation_servers WHERE failed = 1)`)
	here.sender.Heard(t.Context(), there.front.Name)
	there.wait("it again", func() bool { return len(there.txns) == 2 })
	if there.txns[0] != there.txns[1] {
		t.Errorf("sent as %v", there.txns)
	}
	if diff := cmp.Diff(want, there.came); diff != "" {
		t.Errorf("what came (-want +got):\n%s", diff)
	}
}

// discard is an answer that nobody gets.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func TestOneNodeSends(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := sides(t, db, 2)
		here, there := all[0], all[1]
		id := here.shared(there)
		here.begun()
		other := here.newSender()
		if mine, err := here.sender.hold(t.Context()); err != nil || !mine {
			t.Fatalf("the first holds: %v, %v", mine, err)
		}
		if mine, err := other.hold(t.Context()); err != nil || mine {
			t.Fatalf("the second holds too: %v, %v", mine, err)
		}
		here.sender.release(t.Context())
		stop := here.run(other)
		here.say(id, 1)
		here.drained()
		if mine, err := here.sender.hold(t.Context()); err != nil || mine {
			t.Errorf("the first holds while the second does: %v, %v", mine, err)
		}
		stop()
		here.run(here.sender)
		here.say(id, 1)
		there.wait("another", func() bool { return len(there.came) == 2 })
	})
}

// queued are the events and the other things that wait for a server.
func (s *side) queued(server string) (events, edus []string) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		events, err = store.Column(tx, `SELECT e.event_id FROM federation_events q JOIN events e ON e.position = q.position WHERE q.server = $1 ORDER BY q.position`, server)
		if err == nil {
			edus, err = store.Column(tx, `SELECT key FROM federation_edus WHERE server = $1 ORDER BY seq`, server)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return events, edus
}

// TestWhatComesIntoAQueueMeanwhileStaysInIt: an event of an earlier position than what is just being sent, which a third server handed in.
func TestWhatComesIntoAQueueMeanwhileStaysInIt(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 3)
	here, there, third := all[0], all[1], all[2]
	id := here.shared(there, third)
	earlier := here.say(id, 1)[0]
	here.begun() // and so it is due for nobody
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	there.front.Lead(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, v1+"/send/") {
			once.Do(func() {
				close(asked)
				<-answer
			})
		}
		there.server.ServeHTTP(w, r)
	}))
	later := here.say(id, 1)[0]
	here.run(here.sender)
	<-asked
	if err := here.sender.Forward(t.Context(), earlier, third.front.Name); err != nil {
		t.Fatal(err)
	}
	close(answer)
	there.wait("both events", func() bool { return len(there.came) == 2 })
	if diff := cmp.Diff([]string{later, earlier}, there.came); diff != "" {
		t.Errorf("what came (-want +got):\n%s", diff)
	}
}

// TestANodeThatEndsLate: what it has still under way when another sends already takes nothing newer out of a queue.
func TestANodeThatEndsLate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := sides(t, db, 2)
		here, server := all[0], all[1].front.Name
		queue := func(key string) {
			here.write(func(tx *store.Tx) error {
				return here.sender.QueueTx(tx, server, key, EDU{"m.direct_to_device", map[string]any{"key": key}})
			})
		}
		queue("1")
		queue("2")
		late, err := here.sender.next(t.Context(), server)
		if err != nil || len(late.edus) != 2 {
			t.Fatalf("read %d, %v", len(late.edus), err)
		}
		other := here.newSender()
		same, err := other.next(t.Context(), server)
		if err == nil {
			err = other.done(t.Context(), server, same)
		}
		if err != nil {
			t.Fatal(err)
		}
		queue("3")
		if err := here.sender.done(t.Context(), server, late); err != nil {
			t.Fatal(err)
		}
		if _, edus := here.queued(server); !slices.Equal(edus, []string{"3"}) {
			t.Errorf("%v wait, want what came last", edus)
		}
	})
}

// TestANodeThatReadFurther: what another node wrote down before it was less, and this one has the rest be sent all the same.
func TestANodeThatReadFurther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := sides(t, db, 2)
		here, server := all[0], all[1].front.Name
		id := here.shared(all[1])
		here.begun()
		other := here.newSender()
		read := func(s *Sender) (p part) {
			err := here.db.Read(t.Context(), func(tx *store.Tx) (err error) { p, _, err = s.readPart(tx); return err })
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		want := here.say(id, 1)
		short := read(other)
		want = append(want, here.say(id, 2)...)
		long := read(here.sender)
		for _, one := range []struct {
			s     *Sender
			p     part
			noted bool
		}{{other, short, true}, {here.sender, long, false}} {
			if noted, err := one.s.note(t.Context(), one.p); err != nil || noted != one.noted {
				t.Fatalf("noted: %v, %v", noted, err)
			}
		}
		if _, err := here.sender.step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if events, _ := here.queued(server); !slices.Equal(events, want) {
			t.Errorf("%v wait, want %v", events, want)
		}
	})
}

// TestANodeThatDoesNotSendForgetsWhoTypes: it would tell it when it comes to send, long after.
func TestANodeThatDoesNotSendForgetsWhoTypes(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here := all[0]
	id := here.shared(all[1])
	if mine, err := here.sender.hold(t.Context()); err != nil || !mine {
		t.Fatalf("the first holds: %v, %v", mine, err)
	}
	other := here.newSender()
	other.hearTyping(t.Context(), fmt.Appendf(nil, `{"room_id":%q,"user_id":%q,"millis":30000}`, id, here.user("anna")))
	if len(other.typing) != 1 {
		t.Fatal("it did not hear who types")
	}
	if err := other.round(t.Context(), new(time.Time)); err != nil {
		t.Fatal(err)
	}
	if len(other.typing) != 0 {
		t.Error("it keeps who types")
	}
}

// TestWhoIsSentAwayIsTold: of the event itself, and of nothing after it or before it: the log knows them as invited alone.
func TestWhoIsSentAwayIsTold(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 3)
	here, gone, stays := all[0], all[1], all[2]
	id := here.shared(gone, stays)
	here.begun()
	before := here.say(id, 1)
	bo := gone.user("bo")
	kick := here.append(room.Draft{RoomID: id, Sender: here.user("anna"), Type: "m.room.member", StateKey: &bo, Content: map[string]any{"membership": "leave"}})
	after := here.say(id, 1)
	here.run(here.sender)
	stays.wait("all events", func() bool { return len(stays.came) == 3 })
	gone.wait("the event", func() bool { return len(gone.came) > 0 })
	here.drained()
	if diff := cmp.Diff(slices.Concat(before, []string{kick}, after), stays.came); diff != "" {
		t.Errorf("who stays (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{kick}, gone.came); diff != "" {
		t.Errorf("who is gone (-want +got):\n%s", diff)
	}
}

func TestTransactionsAreBounded(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	many := func(count int) []json.RawMessage { return slices.Repeat([]json.RawMessage{[]byte(`{}`)}, count) }
	for _, tt := range []struct {
		name string
		t    Transaction
		want int
	}{
		{"too many events", Transaction{ID: "1", PDUs: many(51)}, 400},
		{"too many EDUs", Transaction{ID: "2", EDUs: many(101)}, 400},
		{"as many EDUs as may be", Transaction{ID: "3", EDUs: many(100)}, 0},
		{"too much", Transaction{ID: "4", PDUs: []json.RawMessage{[]byte(`"` + strings.Repeat("x", sendBody) + `"`)}}, 413},
		{"an id too long", Transaction{ID: strings.Repeat("x", 256)}, 400},
	} {
		_, err := here.client.Send(t.Context(), there.front.Name, tt.t)
		var refusal *Refusal
		if errors.As(err, &refusal); tt.want == 0 && err != nil || tt.want != 0 && (refusal == nil || refusal.Status != tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestTroubleIsNotRemembered: what could not be taken in for a reason of the hub's own is taken in when it comes again.
func TestTroubleIsNotRemembered(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	pdu := here.pdu(here.say(here.shared(), 1)[0])
	there.fail = errors.New("the disk is full")
	txn := Transaction{ID: "1", PDUs: []json.RawMessage{pdu}}
	var refusal *Refusal
	if _, err := here.client.Send(t.Context(), there.front.Name, txn); !errors.As(err, &refusal) || refusal.Status != 500 {
		t.Errorf("got %v", err)
	}
	there.keep(func() { there.fail = nil })
	for range 2 {
		if _, err := here.client.Send(t.Context(), there.front.Name, txn); err != nil {
			t.Error(err)
		}
	}
	if len(there.came) != 1 {
		t.Errorf("%d events came", len(there.came))
	}
}

func (s *side) pdu(id string) (raw json.RawMessage) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *store.Tx) error {
		e, err := s.rooms.EventByID(tx, id)
		if err == nil {
			raw = e.PDU
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// TestEDUsOfOtherServersPeople: a server speaks for its own people alone, and only where they are members.
func TestEDUsOfOtherServersPeople(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	event := here.say(id, 1)[0]
	take := NewServer(here.server.Deps).takeEDU
	receipt := func(user string) string {
		return fmt.Sprintf(`{"edu_type":"m.receipt","content":{%q:{"m.read":{%q:{"event_ids":[%q],"data":{"ts":1}}}}}}`, id, user, event)
	}
	for _, raw := range []string{receipt(here.user("anna")), receipt(there.user("nobody")), receipt(there.user("bo")), `{"edu_type":"m.later"}`, `[]`,
		`{"edu_type":"m.receipt","content":[]}`, `{"edu_type":"m.typing","content":{"user_id":"@a:b","room_id":"!x"}}`} {
		if err := take(t.Context(), newVisit(there.front.Name), json.RawMessage(raw)); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	var readers []string
	err := here.db.Read(t.Context(), func(tx *store.Tx) (err error) {
		readers, err = store.Column(tx, `SELECT user_id FROM receipts /* reads all */`)
		return err
	})
	if diff := cmp.Diff([]string{there.user("bo")}, readers); err != nil || diff != "" {
		t.Errorf("%v, readers (-want +got):\n%s", err, diff)
	}
}

func TestPausesGrow(t *testing.T) {
	for failures, want := range map[int64]time.Duration{1: firstPause, 2: 2 * firstPause, 3: 4 * firstPause, 50: longestPause} {
		if got := pauseAfter(failures, 0.5); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
	if low, high := pauseAfter(1, 0), pauseAfter(1, 1); low >= high || low < firstPause/2 || high > 2*firstPause {
		t.Errorf("from %v to %v", low, high)
	}
}
