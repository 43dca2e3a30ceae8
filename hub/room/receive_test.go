package room_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// branch is a place in a room's history to build on, with the state that stands there.
type branch struct {
	prev  []string
	depth int64
	state map[string][]byte // PDUs by type and state key
	ids   map[string]string
}

// at is the place after an event of the log.
func (h *house) at(e room.Event) branch {
	h.t.Helper()
	b := branch{prev: []string{e.ID}, depth: e.Depth, state: map[string][]byte{}, ids: map[string]string{}}
	h.read(func(tx *store.Tx) error {
		events, err := h.rooms.StateAt(tx, e.RoomID, e.Position)
		for _, s := range events {
			b.state[s.Type+"\x00"+*s.StateKey], b.ids[s.Type+"\x00"+*s.StateKey] = s.PDU, s.ID
		}
		return err
	})
	return b
}

// then is the place after a signed event built on b.
func (b branch) then(t testing.TB, raw []byte) branch {
	t.Helper()
	pdu := pduOf(t, raw)
	next := branch{prev: []string{pdu.EventID()}, depth: pdu.Depth(), state: map[string][]byte{}, ids: map[string]string{}}
	for key := range b.state {
		next.state[key], next.ids[key] = b.state[key], b.ids[key]
	}
	if key := pdu.StateKey(); key != nil {
		next.state[pdu.Type()+"\x00"+*key], next.ids[pdu.Type()+"\x00"+*key] = raw, pdu.EventID()
	}
	return next
}

func pduOf(t testing.TB, raw []byte) gomatrixserverlib.PDU {
	t.Helper()
	pdu, err := gomatrixserverlib.MustGetRoomVersion(room.Version).NewEventFromTrustedJSON(raw, false)
	if err != nil {
		t.Fatal(err)
	}
	pdu.EventID()
	return pdu
}

// sign builds an event anywhere in the history, as another node of this server might have.
func (h *house) sign(b branch, d room.Draft, when time.Time) []byte {
	h.t.Helper()
	id, key := h.ring(h.t).Current()
	return h.signWith(b, d, when, id, key)
}

func (h *house) ring(t testing.TB) *keyring.Ring {
	t.Helper()
	ring, err := keyring.Open(t.Context(), h.db, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func (h *house) signWith(b branch, d room.Draft, when time.Time, id gomatrixserverlib.KeyID, key ed25519.PrivateKey) []byte {
	h.t.Helper()
	return h.signAs("hub.example", b, d, when, id, key)
}

// signAs builds an event as another server might have.
func (h *house) signAs(server spec.ServerName, b branch, d room.Draft, when time.Time, id gomatrixserverlib.KeyID, key ed25519.PrivateKey) []byte {
	h.t.Helper()
	content, err := json.Marshal(d.Content)
	if err != nil {
		h.t.Fatal(err)
	}
	proto := &gomatrixserverlib.ProtoEvent{SenderID: d.Sender, RoomID: d.RoomID, Type: d.Type, StateKey: d.StateKey,
		Content: content, PrevEvents: b.prev, Depth: b.depth + 1}
	auth := gomatrixserverlib.NewAuthEvents(nil)
	for _, raw := range b.state {
		if err := auth.AddEvent(pduOf(h.t, raw)); err != nil {
			h.t.Fatal(err)
		}
	}
	builder := gomatrixserverlib.MustGetRoomVersion(room.Version).NewEventBuilderFromProtoEvent(proto)
	if err := builder.AddAuthEvents(&auth); err != nil {
		h.t.Fatal(err)
	}
	pdu, err := builder.Build(when, server, id, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return pdu.JSON()
}

func (h *house) receive(raw []byte) (got room.Received, err error) {
	err = h.db.Write(context.Background(), func(tx *store.Tx) (err error) {
		got, err = h.rooms.ReceiveTx(context.Background(), tx, raw)
		return err
	})
	return got, err
}

func (h *house) mustReceive(raw []byte) room.Received {
	h.t.Helper()
	got, err := h.receive(raw)
	if err != nil {
		h.t.Fatalf("receive: %v", err)
	}
	return got
}

func (h *house) state(id string) (keys map[string]string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		events, err := h.rooms.State(tx, id)
		keys = byKey(events)
		return err
	})
	return keys
}

func (h *house) ends(id string) (ids []string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT event_id FROM extremities WHERE room_id = $1 ORDER BY event_id`, id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var end string
			if err := rows.Scan(&end); err != nil {
				return err
			}
			ids = append(ids, end)
		}
		return rows.Err()
	})
	return ids
}

// moderated is a room in which bob moderates beside alice, and its last event.
func (h *house) moderated() (id string, last room.Event) {
	h.t.Helper()
	id = h.create(room.Create{Creator: alice, Preset: "public_chat", Name: "before",
		PowerLevels: json.RawMessage(`{"users":{"` + alice + `":100,"` + bob + `":50}}`)})
	events := h.must(member(id, bob, bob, "join"), member(id, carol, carol, "join"), message(id, bob, "here"))
	return id, events[len(events)-1]
}

func levels(id, sender string, bobs int) room.Draft {
	return state(id, sender, "m.room.power_levels", map[string]any{"users": map[string]any{alice: 100, bob: bobs}})
}

func name(id, sender, to string) room.Draft {
	return state(id, sender, "m.room.name", map[string]any{"name": to})
}

// resolved is what the library makes of two branches. It is a second opinion where power levels, and who may do what, are beyond dispute.
func resolved(t testing.TB, one, two branch) map[string]string {
	t.Helper()
	var events []gomatrixserverlib.PDU
	for _, b := range []branch{one, two} {
		for _, raw := range b.state {
			events = append(events, pduOf(t, raw))
		}
	}
	user := func(_ spec.RoomID, sender spec.SenderID) (*spec.UserID, error) {
		return spec.NewUserID(string(sender), true)
	}
	state, err := gomatrixserverlib.ResolveConflicts(room.Version, events, events, user, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, e := range state {
		keys[e.Type()+"\x00"+*e.StateKey()] = e.EventID()
	}
	return keys
}

func TestAForkIsResolvedAndJoined(t *testing.T) {
	for _, later := range []time.Duration{-time.Hour, time.Hour} {
		t.Run(later.String(), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				h := open(t, db)
				id, base := h.moderated()
				old := h.at(base)
				trunk := h.must(name(id, alice, "alice's"), state(id, alice, "m.room.topic", map[string]any{"topic": "t"}))
				raw := h.sign(old, name(id, bob, "bob's"), time.Now().Add(later))
				got := h.mustReceive(raw)
				if got.SoftFailed || got.Known {
					t.Fatalf("received as %+v", got)
				}
				want := resolved(t, h.at(trunk[1]), old.then(t, raw))
				if diff := cmp.Diff(want, h.state(id)); diff != "" {
					t.Errorf("state (-library +room):\n%s", diff)
				}
				if winner := map[bool]string{true: got.Event.ID, false: trunk[0].ID}[later > 0]; want["m.room.name\x00"] != winner {
					t.Errorf("the name is %s, want %s", want["m.room.name\x00"], winner)
				}
				both := slices.Sorted(slices.Values([]string{got.Event.ID, trunk[1].ID}))
				if diff := cmp.Diff(both, h.ends(id)); diff != "" {
					t.Errorf("ends (-want +got):\n%s", diff)
				}
				joined := h.must(message(id, carol, "one room again"))[0]
				prev := pduOf(t, joined.PDU).PrevEventIDs()
				slices.Sort(prev)
				if diff := cmp.Diff(both, prev); diff != "" {
					t.Errorf("the next event builds on (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]string{joined.ID}, h.ends(id)); diff != "" {
					t.Errorf("ends after it (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want, h.state(id)); diff != "" {
					t.Errorf("state after it (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestABranchKeepsItsOwnState: what is built on a branch that lost is checked by the branch's state, not by the room's.
func TestABranchKeepsItsOwnState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id, _ := h.moderated()
		h.must(state(id, alice, "m.room.power_levels", map[string]any{"ban": 60, "users": map[string]any{alice: 100, bob: 50}})) // bob lifts no ban
		old := h.at(h.must(message(id, bob, "still here"))[0])
		banned := h.must(member(id, alice, carol, "ban"))[0]
		kick := h.sign(old, member(id, bob, carol, "leave"), time.Now())
		h.mustReceive(kick)
		inBranch := old.then(t, kick)
		rejoin := h.sign(inBranch, member(id, carol, carol, "join"), time.Now())
		if got := h.mustReceive(rejoin); !got.SoftFailed {
			t.Error("a join was let in past a ban that stands")
		}
		post := h.sign(inBranch, message(id, carol, "I was sent away here"), time.Now())
		_, err := h.receive(post)
		wants(t, err, "error.not_member")
		if got := h.state(id)["m.room.member\x00"+carol]; got != banned.ID {
			t.Errorf("carol stands by %s", got)
		}
	})
}

func TestWhatThePresentStateRefusesIsNotTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id, base := h.moderated()
		old := h.at(base)
		demoted := h.must(levels(id, alice, 0))[0]
		raw := h.sign(old, name(id, bob, "too late"), time.Now())
		got := h.mustReceive(raw)
		if !got.SoftFailed || got.Event.Position != 0 {
			t.Fatalf("received as %+v, want soft-failed", got)
		}
		if again := h.mustReceive(raw); !again.Known || !again.SoftFailed {
			t.Errorf("received again as %+v", again)
		}
		child := h.mustReceive(h.sign(old.then(t, raw), message(id, alice, "built on it"), time.Now()))
		if child.SoftFailed {
			t.Error("what builds on a soft-failed event is an event like others")
		}
		if name := h.state(id)["m.room.name\x00"]; name == got.Event.ID || name == "" {
			t.Errorf("the name is %q", name)
		}
		if h.state(id)["m.room.power_levels\x00"] != demoted.ID {
			t.Error("bob has his power back")
		}
		wantHead(h, child.Event.Position)
	})
}

// wantHead: every event of the log has its position, and the last one is as said.
func wantHead(h *house, want store.Position) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		events, err := h.rooms.FollowEvents(tx, 0, 1<<40, 1000)
		head, err2 := tx.Head()
		if head != want || len(events) != int(head) {
			h.t.Errorf("head %d with %d events, want %d", head, len(events), want)
		}
		return errors.Join(err, err2)
	})
}

// TestASoftFailedEventThatStandsAfterAllIsTold: bob has his power back before a branch brings his event in again.
func TestASoftFailedEventThatStandsAfterAllIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id, base := h.moderated()
		old := h.at(base)
		h.must(levels(id, alice, 0))
		raw := h.sign(old, state(id, bob, "m.room.topic", map[string]any{"topic": "stands"}), time.Now())
		soft := h.mustReceive(raw)
		if !soft.SoftFailed {
			t.Fatal("not soft-failed")
		}
		h.must(levels(id, alice, 50))
		child := h.mustReceive(h.sign(old.then(t, raw), message(id, alice, "built on it"), time.Now()))
		if h.state(id)["m.room.topic\x00"] != soft.Event.ID {
			t.Fatal("the topic does not stand")
		}
		h.read(func(tx *store.Tx) error {
			told, err := h.rooms.EventByID(tx, soft.Event.ID)
			if err == nil && told.Position != child.Event.Position-1 {
				t.Errorf("told at %d, its child at %d", told.Position, child.Event.Position)
			}
			return err
		})
		wantHead(h, child.Event.Position)
	})
}

func TestWhatIsNoEventIsRefused(t *testing.T) {
	h := open(t, storetest.SQLite(t))
	id, base := h.moderated()
	b := h.at(base)
	now := time.Now()
	good := h.sign(b, message(id, bob, "good"), now)
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	keyID, _ := h.ring(t).Current()
	nowhere, other := b, b
	nowhere.prev = []string{"$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
	other.prev = []string{h.at(h.must(message(h.create(room.Create{Creator: alice}), alice, "x"))[0]).prev[0]}
	foreign := b.then(t, h.sign(b, member(id, bob, bob, "join"), now))
	tests := []struct {
		name string
		raw  []byte
		key  string
	}{
		{"nothing", nil, "error.bad_json"},
		{"null", []byte(`null`), "error.bad_json"},
		{"a list", []byte(`[]`), "error.bad_json"},
		{"an empty object", []byte(`{}`), "error.bad_json"},
		{"no text", []byte("{\"a\":\"\xff\"}"), "error.not_json"},
		{"cut off", good[:len(good)/2], "error.bad_json"},
		{"another content", bytes.Replace(good, []byte(`"good"`), []byte(`"evil"`), 1), "error.bad_json"},
		{"another room", bytes.Replace(good, []byte(id), []byte("!x"), 1), "error.bad_json"},
		{"a stranger's signature", h.signWith(b, message(id, bob, "x"), now, keyID, stranger), "error.bad_json"},
		{"another server's sender", h.sign(b, message(id, "@bob:else.example", "x"), now), "error.bad_json"},
		{"no signature", unsigned(t, good), "error.bad_json"},
		{"too large", append(bytes.Repeat([]byte(" "), 70_000), good...), "error.too_large"},
		{"built on nothing known", h.sign(nowhere, message(id, bob, "x"), now), "error.unknown_event"},
		{"built on another room's", h.sign(other, message(id, bob, "x"), now), "error.unknown_event"},
		{"authorised by nothing known", h.sign(foreign, message(id, bob, "x"), now), "error.unknown_event"},
		{"of an unknown room", h.sign(b, message("!none:hub.example", bob, "x"), now), "error.unknown_room"},
		{"not a member", h.sign(b, message(id, "@dave:hub.example", "x"), now), "error.not_member"},
		{"without power", h.sign(b, levels(id, carol, 100), now), "error.not_allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.receive(tt.raw)
			wants(t, err, tt.key)
		})
	}
	if got := h.mustReceive(good); got.Known || got.SoftFailed {
		t.Errorf("the good one was received as %+v", got)
	}
	if got := h.mustReceive(good); !got.Known {
		t.Error("the good one is not known the second time")
	}
}

func unsigned(t testing.TB, raw []byte) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	delete(members, "signatures")
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAReceivedRedactionNeedsPower(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id, base := h.moderated()
		b := h.at(base)
		for _, tt := range []struct {
			sender string
			gone   bool
		}{{carol, false}, {bob, true}} {
			post := h.must(message(id, alice, "may go"))[0]
			redaction := room.Draft{RoomID: id, Sender: tt.sender, Type: "m.room.redaction", Content: map[string]any{"redacts": post.ID}}
			h.mustReceive(h.sign(b, redaction, time.Now()))
			h.read(func(tx *store.Tx) error {
				e, err := h.rooms.EventByID(tx, post.ID)
				if err == nil && (e.RedactedBy != "") != tt.gone {
					t.Errorf("by %s: redacted is %v, want %v", tt.sender, e.RedactedBy != "", tt.gone)
				}
				return err
			})
		}
	})
}

// FuzzReceive: whatever comes in is answered, never a panic (which the store would turn into M_UNKNOWN).
func FuzzReceive(f *testing.F) {
	h := open(f, storetest.SQLite(f))
	id, base := h.moderated()
	b := h.at(base)
	f.Add(h.sign(b, message(id, bob, "good"), time.Now()))
	f.Add(h.sign(b, member(id, bob, carol, "ban"), time.Now()))
	f.Add([]byte(`{"room_id":"!x","auth_events":[],"prev_events":[],"sender":"@a:b","type":"m.room.create","hashes":{"sha256":""}}`))
	f.Add([]byte(`{"room_id":"!a:b:c:d","auth_events":null,"prev_events":["$a"],"sender":"","type":"m.room.member","content":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := h.receive(raw); err != nil {
			refused(t, err)
		}
	})
}
