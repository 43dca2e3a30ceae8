package alert

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/network/networktest"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/rota"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	east, west, south = "east.example", "west.example", "south.example"
)

// far is a hub among others, with one organisation that has an administrator and a member.
type far struct {
	*house
	side          *networktest.Side
	steward       people.Caller
	o             people.Organisation
	admin, member people.Caller
}

// among opens a hub among others. One that lies keeps no order of its own: it says what it likes.
func among(t *testing.T, w *networktest.Wires, c *networktest.Clock, address, name, country string, lies bool) *far {
	t.Helper()
	log := &Log{}
	followers := []room.Follower{network.Log{}}
	if !lies {
		followers = append(followers, log)
	}
	h := &house{Hub: networktest.OpenAs(t, address, name, c, people.Options{SecondFactor: people.FactorOffered}, followers...), address: address, clock: c}
	h.alerts = New(h.DB, h.People, h.Rooms, h.Network, rota.New(h.DB, h.People), Options{})
	h.alerts.Hear(log)
	f := &far{house: h, side: w.Lead(h.Hub)}
	h.Found()
	f.steward = h.Steward("steward")
	f.o = h.Organisation(f.steward, "Of "+name, country)
	f.admin, f.member = h.Join(f.steward, f.o, "admin", people.Admin), h.Join(f.steward, f.o, "member", people.Member)
	return f
}

// two are two hubs that know of each other. liar is the name of one that lies, if any.
func two(t *testing.T, liar string) (w *networktest.Wires, e, o *far) {
	t.Helper()
	return twoOn(t, liar, storetest.SQLiteAddress(t), storetest.SQLiteAddress(t))
}

func twoOn(t *testing.T, liar, address, other string) (w *networktest.Wires, e, o *far) {
	t.Helper()
	c := networktest.At(time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC))
	w = networktest.NewWires(t)
	e, o = among(t, w, c, address, east, "AF", liar == east), among(t, w, c, other, west, "TJ", liar == west)
	w.Settle()
	return w, e, o
}

// to is an alert to the organisations of other hubs.
func to(others ...*far) Wish {
	w := transitTo()
	for _, f := range others {
		w.Audience.Organisations = append(w.Audience.Organisations, network.AbroadID(f.o.ID, f.Name))
	}
	w.TLP = Amber
	return w
}

func (f *far) board(c people.Caller) (ids []string) {
	f.T.Helper()
	entries, err := f.alerts.Board(f.T.Context(), c, BoardQuery{})
	f.Must(err)
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

func (f *far) wantBoard(what string, c people.Caller, want ...string) {
	f.T.Helper()
	if got := f.board(c); !slices.Equal(got, want) {
		f.T.Errorf("%s: on the board are %v, want %v", what, got, want)
	}
}

// counted is how an organisation stands to an alert, and how many of its people answered.
func (f *far) counted(id, organisation string) (s Standing, answers int) {
	f.T.Helper()
	f.Must(f.DB.Read(f.T.Context(), func(tx *store.Tx) error {
		al, err := alertTx(tx, id)
		if err != nil {
			return err
		}
		all, err := f.alerts.standingsTx(tx, al)
		for _, r := range all {
			if r.ID == organisation {
				s, answers = r.Standing, len(r.Answers)
			}
		}
		return err
	}))
	return s, answers
}

func (f *far) count(query string, args ...any) (n int) {
	f.T.Helper()
	f.Must(f.DB.Read(f.T.Context(), func(tx *store.Tx) error { return tx.QueryRow(query, args...).Scan(&n) }))
	return n
}

func (f *far) roomOf(id string) (roomID string) {
	f.T.Helper()
	f.Must(f.DB.Read(f.T.Context(), func(tx *store.Tx) error {
		al, err := alertTx(tx, id)
		roomID = al.RoomID
		return err
	}))
	return roomID
}

// wantRung: these are told outside the app of an alert that no follower of the log meets.
func (f *far) wantRung(id string, want ...string) {
	f.T.Helper()
	f.Must(f.DB.Read(f.T.Context(), func(tx *store.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		all, err := NoticesAfter(tx, 0, head, 1000)
		var rung []string
		for _, n := range all {
			earlier, err := n.EarlierTx(tx)
			if err != nil {
				return err
			}
			if earlier && n.AlertID == id {
				rung = append(rung, n.UserID)
			}
		}
		if slices.Sort(rung); !slices.Equal(rung, want) {
			f.T.Errorf("outside the app are told %v, want %v", rung, want)
		}
		return err
	}))
}

// says appends an event as a hub does that keeps to nothing.
func (f *far) says(d room.Draft) (e room.Event) {
	f.T.Helper()
	f.Must(f.DB.Write(context.WithValue(f.T.Context(), doorKey{}, true), func(tx *store.Tx) error {
		events, err := f.Rooms.Append(f.T.Context(), tx, d)
		if err == nil {
			e = events[0]
		}
		return err
	}))
	return e
}

// TestAlertsOverACutLine: what was sent, changed and cancelled while the line was cut stands on the other hub's board as it should once it heals, and each
// thing was told once. What was answered while it is cut counts once.
func TestAlertsOverACutLine(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		other := storetest.SQLiteAddress
		if !strings.HasPrefix(address, "sqlite:") {
			other = storetest.PostgresAddress
		}
		alertsOverACutLine(t, address, other(t))
	})
}

func alertsOverACutLine(t *testing.T, address, other string) {
	t.Helper()
	w, e, o := twoOn(t, "", address, other)
	w.Cut(east, west, true)
	first := e.send(e.member, to(o))
	second := e.send(e.member, to(o))
	_, err := e.alerts.Send(t.Context(), e.member, newID(), Wish{Update: first, Block: Block{Text: "More", Language: "en"}})
	e.Must(err)
	_, err = e.alerts.Cancel(t.Context(), e.member, second, "", "")
	e.Must(err)
	o.wantBoard("while it is cut", o.member)
	w.Settle()
	o.wantBoard("healed", o.member, first)
	entries, err := o.alerts.Board(t.Context(), o.member, BoardQuery{})
	o.Must(err)
	if len(entries) == 1 && (entries[0].Block.Text != "More" || entries[0].Hub != east || !entries[0].NeedsMe || entries[0].OrganisationID != network.AbroadID(e.o.ID, east)) {
		t.Errorf("it stands as %+v", entries[0])
	}
	if n := o.count(`SELECT COUNT(*) FROM alert_notices WHERE alert_id = $1 AND kind = 'alert'`, first); n != 2 {
		t.Errorf("%d people were told of it, want 2", n)
	}
	o.wantRung(first, o.admin.UserID, o.member.UserID)
	if n := o.count(`SELECT COUNT(*) FROM alert_notices WHERE alert_id = $1 AND settled_at = 0 AND kind NOT IN ('alert', 'update', 'cancel')`, second); n != 0 {
		t.Errorf("%d people are asked about what was cancelled", n)
	}
	w.Cut(east, west, true)
	third := e.send(e.member, to(o))
	o.answer(o.member, first, Reply{Answer: Seen})
	o.answer(o.member, first, Reply{Answer: CanAct})
	w.Settle()
	w.Settle()
	if s, n := e.counted(first, network.AbroadID(o.o.ID, west)); s != OrganisedActs || n != 1 {
		t.Errorf("the sender counts %s of %d", s, n)
	}
	if board := o.board(o.admin); len(board) != 2 || !slices.Contains(board, third) {
		t.Errorf("on the board are %v", board)
	}
	later := o.Join(o.steward, o.o, "later", people.Member)
	if board := o.board(later); len(board) != 2 {
		t.Errorf("who came later has %v", board)
	}
	w.Settle()
	if n := e.count(`SELECT COUNT(*) FROM alert_recipients WHERE alert_id = $1 AND organisation_id = $2`, first, network.AbroadID(o.o.ID, west)); n != 3 {
		t.Errorf("the sender knows of %d people, want 3", n)
	}
}

// TestWhoIsAskedAcrossHubs: the other hub asks its organisation one step after the other and calls nobody from outside; that does the hub whose alert it
// is, once, when the other has had its time.
func TestWhoIsAskedAcrossHubs(t *testing.T) {
	w, e, o := two(t, "")
	lead := e.Organisation(e.steward, "Khujand", "TJ")
	coordinator := e.Join(e.steward, lead, "coordinator", people.Admin)
	e.Must(e.alerts.SetLead(t.Context(), e.steward, "TJ", lead.ID))
	o.Must(o.alerts.SetLead(t.Context(), o.steward, "TJ", o.Organisation(o.steward, "Lead", "TJ").ID))
	id := e.send(e.member, to(o))
	w.Settle()
	asked := func(f *far) (all []string) {
		for _, one := range f.asked(id) {
			all = append(all, strings.Split(one, ":")[0]) // kind and name
		}
		return all
	}
	if got := asked(o); !slices.Equal(got, []string{"admin admin"}) {
		t.Errorf("at once there are asked %v", got)
	}
	for range 2 {
		e.clock.Pass(10 * time.Minute)
		e.due()
		o.due()
	}
	if got := asked(e); len(got) != 0 {
		t.Errorf("too early there are called %v", got)
	}
	e.clock.Pass(10 * time.Minute)
	e.due()
	o.due()
	if got := asked(e); !slices.Equal(got, []string{"coordinator coordinator"}) || !e.reads(coordinator, id) {
		t.Errorf("here are called %v", got)
	}
	if got := asked(o); !slices.Equal(got, []string{"admin admin"}) {
		t.Errorf("there are asked %v", got)
	}
	o.answer(o.member, id, Reply{Answer: CanAct})
	w.Settle()
	if got := asked(e); len(got) != 0 {
		t.Errorf("after the answer there are asked %v", got)
	}
}

// TestTheLabelKeepsAnAlertHere: RED and AMBER+STRICT call no other hub, by no way.
func TestTheLabelKeepsAnAlertHere(t *testing.T) {
	w, e, o := two(t, "")
	for _, label := range []Label{Red, AmberStrict} {
		wish := to(o)
		wish.TLP = label
		if _, err := e.alerts.Send(t.Context(), e.member, newID(), wish); err == nil {
			t.Errorf("%s was sent to another hub", label)
		}
	}
	id := e.send(e.member, to(o))
	w.Settle()
	for _, label := range []Label{Red, AmberStrict} {
		if _, err := e.alerts.Send(t.Context(), e.member, newID(), Wish{Update: id, Block: Block{TLP: label}}); err == nil {
			t.Errorf("%s stands in a channel of two hubs", label)
		}
	}
	strict := to()
	strict.Audience.Organisations, strict.TLP = []string{e.o.ID}, AmberStrict
	kept := e.roomOf(e.send(e.member, strict))
	w.Settle()
	if _, err := o.side.Backfill(t.Context(), east, kept, []string{"$none"}, 10); err == nil {
		t.Error("a hub that was not called is given the past of a channel")
	}
	if _, err := o.side.MakeMembership(t.Context(), east, "join", kept, o.member.UserID); err == nil {
		t.Error("somebody of a hub that was not called may come in")
	}
	if n := o.count(`SELECT COUNT(*) FROM events WHERE room_id = $1`, kept); n != 0 {
		t.Errorf("the other hub has %d events of it", n)
	}
}

// TestAHubThatLies: what a called hub says that it may not say has no effect, and what it says twice counts once.
func TestAHubThatLies(t *testing.T) {
	w, e, o := two(t, west)
	id := e.send(e.member, to(o))
	elsewhere := transitTo(e.Organisation(e.steward, "Herat", "AF"))
	elsewhere.Audience.Countries = []string{"AF"}
	e.Join(e.steward, people.Organisation{ID: elsewhere.Audience.Organisations[0]}, "herat", people.Member)
	inside := e.send(e.member, elsewhere)
	w.Settle()
	roomID, abroad := e.roomOf(id), network.AbroadID(o.o.ID, west)
	answer := func(of, said string) map[string]any {
		return map[string]any{"answer": said, "m.relates_to": map[string]string{"rel_type": relReference, "event_id": of}}
	}
	say := func(kind string, content any) room.Event {
		return o.says(room.Draft{RoomID: roomID, Sender: o.member.UserID, Type: kind, Content: content})
	}
	block := map[string]any{"code": "transit", "slots": json.RawMessage(`{"count":2,"from":"AF-HER"}`), "tlp": "AMBER", "expires": 1795500000}
	say("m.room.message", map[string]any{"msgtype": "m.text", "body": "x", Member: block})
	say("m.room.message", map[string]any{"msgtype": "m.text", "body": "x", Member: block, "m.relates_to": map[string]string{"rel_type": RelUpdate, "event_id": id}})
	say("m.room.message", map[string]any{"msgtype": "m.text", "body": "x", "m.new_content": map[string]any{Member: block},
		"m.relates_to": map[string]string{"rel_type": "m.replace", "event_id": id}})
	say(AnswerType, answer(inside, "can_act"))
	say(AnswerType, answer(id, "of course"))
	w.Settle()
	if n := e.count(`SELECT COUNT(*) FROM alert_versions`); n != 2 {
		t.Errorf("%d versions stand, want 2", n)
	}
	if n := e.count(`SELECT COUNT(*) FROM alert_answers`); n != 0 {
		t.Errorf("%d answers were taken in", n)
	}
	real := say(AnswerType, answer(id, "can_act"))
	w.Settle()
	for range 2 {
		if _, err := e.Rooms.Receive(t.Context(), west, real.PDU); err != nil {
			t.Error(err)
		}
	}
	if s, n := e.counted(id, abroad); s != OrganisedActs || n != 1 || e.count(`SELECT COUNT(*) FROM alert_answers`) != 1 {
		t.Errorf("counted as %s of %d", s, n)
	}
	// Somebody who says that they are of an organisation for which it is not answers for none.
	e.clock.Pass(time.Second) // of two memberships of one moment either may stand
	o.Must(o.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := o.Network.PlaceOfTx(t.Context(), tx, roomID, o.admin.UserID, e.o.ID)
		return err
	}))
	o.says(room.Draft{RoomID: roomID, Sender: o.admin.UserID, Type: AnswerType, Content: answer(id, "done")})
	w.Settle()
	if s, _ := e.counted(id, abroad); s != OrganisedActs {
		t.Errorf("it stands as %s", s)
	}
	if s, n := e.counted(id, e.o.ID); n != 0 {
		t.Errorf("the sender's own stands as %s", s)
	}
}

// TestAnOwnerThatLies: what the hub whose channel it is says out of bounds is on no board here, nor what its people say in another hub's name.
func TestAnOwnerThatLies(t *testing.T) {
	w, e, o := two(t, east)
	id := ""
	e.Must(e.alerts.write(t.Context(), func(tx *store.Tx) error {
		audience, err := e.alerts.audienceTx(tx, e.member.Person, to(o).Audience, []string{"AF"}, Amber)
		if err != nil {
			return err
		}
		c, err := e.alerts.channelTx(t.Context(), tx, audience)
		id = c.roomID
		return err
	}))
	w.Settle()
	slots := json.RawMessage(`{"count":2,"from":"AF-HER"}`)
	block := func(more map[string]any) map[string]any {
		b := map[string]any{"code": "transit", "slots": slots, "tlp": "AMBER", "expires": e.clock.Now().Add(time.Hour).Unix()}
		for k, v := range more {
			b[k] = v
		}
		return map[string]any{"msgtype": "m.text", "body": "x", Member: b}
	}
	say := func(content map[string]any) string {
		return e.says(room.Draft{RoomID: id, Sender: e.member.UserID, Type: "m.room.message", Content: content}).ID
	}
	for _, more := range []map[string]any{
		{"tlp": "RED"}, {"tlp": "AMBER+STRICT"}, {"tlp": "PINK"}, {"urgency": "At once"}, {"status": "Draft"}, {"msg_type": "Ack"}, {"areas": []string{"XX-1"}},
		{"slots": []int{1}}, {"code": ""}, {"text": strings.Repeat("x", textLimit+1), "language": "en"}, {"text": "x", "language": "Klingon!"},
		{"expires": e.clock.Now().Add(2 * mostLife).Unix()},
	} {
		say(block(more))
	}
	good := say(block(nil))
	w.Settle()
	o.wantBoard("what it may say", o.member, good)
}

// TestAHubThatWasNotCalled: it comes into no channel, and is given nothing of it.
func TestAHubThatWasNotCalled(t *testing.T) {
	w, e, o := two(t, "")
	s := among(t, w, e.clock, storetest.SQLiteAddress(t), south, "UZ", true)
	w.Settle()
	id := e.send(e.member, to(o))
	w.Settle()
	roomID := e.roomOf(id)
	if _, err := s.Rooms.Enter(t.Context(), roomID, s.member.UserID, nil, []string{east, west}); err == nil {
		t.Error("somebody of it came in")
	}
	if _, err := s.Rooms.Enter(t.Context(), roomID, network.HubOf(south), nil, []string{east, west}); err == nil {
		t.Error("its account came in")
	}
	for _, host := range []string{east, west} {
		if _, err := s.side.Backfill(t.Context(), host, roomID, []string{id}, 10); err == nil {
			t.Errorf("%s gave it the past", host)
		}
		if _, err := s.side.OneEvent(t.Context(), host, id); err == nil {
			t.Errorf("%s gave it the alert", host)
		}
	}
	if !fault.From(e.Network.MayComeTx(nil, room.Invited{RoomID: roomID, Sender: network.HubOf(south)})).Is(fault.Forbidden("error.not_allowed")) {
		t.Error("it may call a hub into another one's channel")
	}
}
