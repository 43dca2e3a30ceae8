package room_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/room"
	"panah/hub/store"
)

// hand signs an event as it is given, however wrong it is.
func (h *hub) hand(members map[string]any) []byte {
	h.t.Helper()
	raw, err := h.tryHand(members)
	if err != nil {
		h.t.Fatal(err)
	}
	return raw
}

// tryHand is hand for what may not even be JSON that can be signed.
func (h *hub) tryHand(members map[string]any) ([]byte, error) {
	raw, err := canonicalOf(members)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	members = maps.Clone(members)
	members["hashes"] = map[string]string{"sha256": base64.RawStdEncoding.EncodeToString(sum[:])}
	if raw, err = canonicalOf(members); err != nil {
		return nil, err
	}
	if raw, err = gomatrixserverlib.MustGetRoomVersion(room.Version).RedactEventJSON(raw); err != nil {
		return nil, err
	}
	id, key := h.ring.Current()
	if raw, err = gomatrixserverlib.SignJSON(h.name, id, key, raw); err != nil {
		return nil, err
	}
	var signed struct {
		Signatures json.RawMessage `json:"signatures"`
	}
	if err := json.Unmarshal(raw, &signed); err != nil {
		return nil, err
	}
	members["signatures"] = signed.Signatures
	return canonicalOf(members)
}

func canonicalOf(members map[string]any) ([]byte, error) {
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return gomatrixserverlib.CanonicalJSON(raw)
}

// post is a message of wali's on a place of the history, with some of its members changed.
func (h *hub) post(b branch, id string, changed map[string]any) map[string]any {
	members := map[string]any{"room_id": id, "sender": wali, "type": "m.room.message", "content": map[string]any{"body": "x"}, "depth": b.depth + 1,
		"origin_server_ts": time.Now().UnixMilli(), "prev_events": b.prev,
		"auth_events": []string{b.ids["m.room.create\x00"], b.ids["m.room.power_levels\x00"], b.ids["m.room.member\x00"+wali]}}
	maps.Copy(members, changed)
	return members
}

func named(n int) (ids []string) {
	for i := range n {
		ids = append(ids, "$"+string(make39(i)))
	}
	return ids
}

// TestEventsAtTheEdges: of size, of depth, of each field and list. What is within them is taken in, and the room goes on.
func TestEventsAtTheEdges(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	e.gets(west, w.must(message(id, wali, "here"))...)
	long := strings.Repeat("x", 256)
	sized := func(n int) []byte {
		empty := len(w.hand(w.post(b, id, map[string]any{"content": map[string]any{"body": ""}})))
		return w.hand(w.post(b, id, map[string]any{"content": map[string]any{"body": strings.Repeat("x", n-empty)}}))
	}
	deep := func(n int) any {
		return json.RawMessage(`{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`)
	}
	tests := []struct {
		name string
		raw  []byte
		key  string // "" for what is taken in
	}{
		{"65,536 bytes", sized(65_536), ""},
		{"65,537 bytes", sized(65_537), "error.too_large"},
		{"depth 0", w.hand(w.post(b, id, map[string]any{"depth": 0})), ""},
		{"depth -1", w.hand(w.post(b, id, map[string]any{"depth": -1})), "error.bad_json"},
		{"depth 2^53", w.hand(w.post(b, id, map[string]any{"depth": 1 << 53})), "error.bad_json"},
		{"depth in words", w.hand(w.post(b, id, map[string]any{"depth": "7"})), "error.bad_json"},
		{"a type of 255 bytes", w.hand(w.post(b, id, map[string]any{"type": long[1:]})), ""},
		{"a type of 256 bytes", w.hand(w.post(b, id, map[string]any{"type": long})), "error.bad_json"},
		{"a state key of 256 bytes", w.hand(w.post(b, id, map[string]any{"state_key": long})), "error.bad_json"},
		{"a sender of 256 bytes", w.hand(w.post(b, id, map[string]any{"sender": "@" + long + ":" + west})), "error.bad_json"},
		{"a room id of 256 bytes", w.hand(w.post(b, id, map[string]any{"room_id": "!" + long + ":" + east})), "error.bad_json"},
		{"21 parents", w.hand(w.post(b, id, map[string]any{"prev_events": named(21)})), "error.bad_json"},
		{"10,000 parents", w.hand(w.post(b, id, map[string]any{"prev_events": make([]string, 10_000)})), "error.bad_json"},
		{"no parents", w.hand(w.post(b, id, map[string]any{"prev_events": []string{}})), "error.bad_json"},
		{"11 authorities", w.hand(w.post(b, id, map[string]any{"auth_events": named(11)})), "error.bad_json"},
		{"lists that are none", w.hand(w.post(b, id, map[string]any{"prev_events": map[string]any{}})), "error.bad_json"},
		{"nested 90 deep", w.hand(w.post(b, id, map[string]any{"content": deep(90)})), ""},
		{"nested 200 deep", w.hand(w.post(b, id, map[string]any{"content": deep(200)})), "error.bad_json"},
		{"a NUL in the type", w.hand(w.post(b, id, map[string]any{"type": "a\x00b"})), "error.bad_json"},
		{"2^53-1 deep in the history", w.hand(w.post(b, id, map[string]any{"depth": 1<<53 - 1})), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := e.rooms.Receive(t.Context(), west, tt.raw)
			if tt.key != "" {
				wants(t, err, tt.key)
			} else if err != nil || got.Refusal != nil || got.Event.Position <= 0 {
				t.Errorf("received as %+v, %v", got, err)
			}
		})
	}
	w.gets(east, e.must(message(id, anna, "on"), message(id, anna, "and on"))...)
	e.gets(west, w.must(message(id, wali, "we go"))...)
	sameState(t, id, e, w)
}

// TestMembersThatComeTwice: whatever a parser makes of them, what is judged is what was signed.
func TestMembersThatComeTwice(t *testing.T) {
	e, w, id, join := shared(t)
	raw := string(w.hand(w.post(w.at(join), id, nil)))
	for _, twice := range []string{`"sender":"` + anna + `",`, `"type":"m.room.power_levels",`, `"content":{"users":{"` + wali + `":100}},`, `"room_id":"!other:` + east + `",`, `"state_key":"",`} {
		for _, forged := range []string{strings.Replace(raw, "{", "{"+twice, 1), strings.TrimSuffix(raw, "}") + "," + strings.TrimSuffix(twice, ",") + "}"} {
			got, err := e.rooms.Receive(t.Context(), west, []byte(forged))
			if err == nil && got.Refusal == nil && (got.Event.Sender != wali || got.Event.Type != "m.room.message" || got.Event.RoomID != id) {
				t.Errorf("%s was received as %s of %s", forged, got.Event.Type, got.Event.Sender)
			}
		}
	}
	if levels := e.state(id)["m.room.power_levels\x00"]; levels != w.state(id)["m.room.power_levels\x00"] {
		t.Error("the power levels changed")
	}
}

// TestEndsWithoutNumber: a server that forks a room again and again does not have all of it read again each time, and what stood, stands.
func TestEndsWithoutNumber(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	e.must(name(id, anna, "the name"))
	before := e.state(id)
	for i := range 30 {
		if _, err := e.rooms.Receive(t.Context(), west, w.hand(w.post(b, id, map[string]any{"depth": 1000 + i}))); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, e.state(id)); diff != "" {
		t.Errorf("the state changed:\n%s", diff)
	}
	e.must(message(id, anna, "joined"), message(id, anna, "all of it"))
	if ends := e.ends(id); len(ends) > 2 {
		t.Errorf("%d ends are left", len(ends))
	}
	if diff := cmp.Diff(before, e.state(id)); diff != "" {
		t.Errorf("the state changed:\n%s", diff)
	}
}

// liar answers for a server, and counts what it is asked.
type liar struct {
	*hub
	missing []json.RawMessage
	state   []string
	asked   int
}

func (l *liar) MissingEvents(context.Context, string, string, room.Between) ([]json.RawMessage, error) {
	l.asked++
	return l.missing, nil
}

func (l *liar) StateIDs(context.Context, string, string, string) (state, auth []string, err error) {
	l.asked++
	return l.state, nil, nil
}

func (l *liar) StateBefore(context.Context, string, string, string) (state, auth []json.RawMessage, err error) {
	l.asked++
	return l.missing, l.missing, nil
}

func (l *liar) OneEvent(context.Context, string, string) (json.RawMessage, error) {
	l.asked++
	return l.missing[0], nil
}

func (l *liar) EventAuth(context.Context, string, string, string) ([]json.RawMessage, error) {
	l.asked++
	return l.missing, nil
}

// TestAnswersThatLeadNowhere: ten thousand missing parents cost a bounded number of questions, and nothing of it stands.
func TestAnswersThatLeadNowhere(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	before := e.state(id)
	lost := func(n int) branch {
		at := b
		at.prev = []string{"$" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(make([]byte, 0, 32), "%032d", n))}
		return at
	}
	l := &liar{hub: e}
	for n := range 40 {
		l.missing = append(l.missing, w.hand(w.post(lost(n), id, map[string]any{"depth": n})))
	}
	l.missing = append(l.missing, []byte(`null`), []byte(`{"room_id":"!x"}`), w.hand(w.post(b, "!other:"+west, nil)))
	for n := range 10_000 {
		l.state = append(l.state, lost(n).prev[0])
	}
	e.rooms.Federate(l, e.world)
	_, err := e.rooms.Receive(t.Context(), west, w.hand(w.post(lost(9_999_999), id, nil)))
	wants(t, err, "error.unknown_event")
	if l.asked > 10 {
		t.Errorf("%d questions were asked for one event", l.asked)
	}
	if diff := cmp.Diff(before, e.state(id)); diff != "" {
		t.Errorf("the state changed:\n%s", diff)
	}
}

// TestDepthsThatLie: missing events are taken in behind those that they build on, whatever they say of their depth.
func TestDepthsThatLie(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	l := &liar{hub: e}
	for i := range 10 {
		raw := w.hand(w.post(b, id, map[string]any{"depth": 1000 - i}))
		b = b.then(t, raw)
		l.missing = append(l.missing, raw)
	}
	last := l.missing[9]
	l.missing = l.missing[:9]
	e.rooms.Federate(l, e.world)
	got, err := e.rooms.Receive(t.Context(), west, last)
	if err != nil || got.Event.Position == 0 {
		t.Fatalf("received as %+v, %v", got, err)
	}
	if l.asked != 1 {
		t.Errorf("%d questions were asked, want the one for missing events", l.asked)
	}
}

// TestAnswersThatGoInCircles: who names an event and what builds on it as what lies before it is not asked again and again, and nothing of it stands until
// what does lie before it is here.
func TestAnswersThatGoInCircles(t *testing.T) {
	e, w, id, join := shared(t)
	parent := w.hand(w.post(w.at(join), id, nil))
	b := w.at(join).then(t, parent)
	raw := w.hand(w.post(b, id, nil))
	child := w.hand(w.post(b.then(t, raw), id, nil))
	l := &liar{hub: e, missing: []json.RawMessage{child, raw, child, raw}, state: []string{pduOf(t, raw).EventID(), pduOf(t, child).EventID()}}
	e.rooms.Federate(l, e.world)
	before := e.ends(id)
	_, err := e.rooms.Receive(t.Context(), west, raw)
	if err == nil || l.asked > 10 {
		t.Errorf("received with %d questions, %v", l.asked, err)
	}
	if diff := cmp.Diff(before, e.ends(id)); diff != "" {
		t.Errorf("the ends changed:\n%s", diff)
	}
	l.missing = []json.RawMessage{parent}
	if got, err := e.rooms.Receive(t.Context(), west, child); err == nil || got.Event.Position > 0 {
		t.Errorf("what builds on it was received as %+v, %v", got, err)
	}
	if got, err := e.rooms.Receive(t.Context(), west, raw); err != nil || got.Event.Position == 0 {
		t.Errorf("received as %+v, %v", got, err)
	}
}

// slow never answers.
type slow struct{ *hub }

func (s *slow) MissingEvents(ctx context.Context, _, _ string, _ room.Between) ([]json.RawMessage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestAServerThatDoesNotAnswer: whoever waits behind it at a room goes when their time is over.
func TestAServerThatDoesNotAnswer(t *testing.T) {
	e, w, id, join := shared(t)
	b := w.at(join)
	b.prev = named(1)
	raw := w.hand(w.post(b, id, nil))
	e.rooms.Federate(&slow{e}, e.world)
	first, end := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { _, err := e.rooms.Receive(first, west, raw); ended <- err }()
	second, cancel := context.WithCancel(t.Context())
	go func() { _, err := e.rooms.Receive(second, west, raw); ended <- err }()
	cancel()
	if err := <-ended; err == nil {
		t.Error("the second was received")
	}
	end()
	if err := <-ended; err == nil {
		t.Error("the first was received")
	}
}

// TestAnInvitationIsTakenBack: at a hub that is not in the room, by whoever knows the invitation, and by nobody else.
func TestAnInvitationIsTakenBack(t *testing.T) {
	both := newWorld(t, east, west)
	e, w := both.hubs[east], both.hubs[west]
	id := e.create(room.Create{Creator: anna, Preset: "private_chat", Name: "both"})
	stands := func(want string) {
		t.Helper()
		w.read(func(tx *store.Tx) error {
			got, err := w.rooms.Membership(tx, id, wali)
			if got != want {
				t.Errorf("wali stands as %q, want %q", got, want)
			}
			return err
		})
	}
	invite := func() {
		t.Helper()
		if _, err := e.rooms.AskIn(t.Context(), member(id, anna, wali, "invite")); err != nil {
			t.Fatal(err)
		}
	}
	before := e.at(e.must(message(id, anna, "before"))[0])
	invite()
	stands("invite")
	keyID, key := e.ring.Current()
	forged := e.signAs(spec.ServerName(east), before, member(id, anna, wali, "leave"), time.Now(), keyID, key)
	_, err := w.rooms.Receive(t.Context(), east, forged)
	wants(t, err, "error.unknown_room")
	_, err = w.rooms.Receive(t.Context(), east, e.must(message(id, anna, "not for you"))[0].PDU)
	wants(t, err, "error.unknown_room")
	stands("invite")
	w.gets(east, e.must(member(id, anna, wali, "leave"))...)
	stands("leave")
	invite()
	stands("invite")
	w.gets(east, e.must(member(id, anna, wali, "ban"))...)
	stands("ban")
	w.gets(east, e.must(member(id, anna, wali, "leave"))...)
	stands("leave")
}

// TestWhoIsKeptOutInvitesNobody: the access list holds at the door of invitations.
func TestWhoIsKeptOutInvitesNobody(t *testing.T) {
	e, w, id, _ := shared(t)
	e.must(state(id, anna, "m.room.server_acl", map[string]any{"allow": []string{"*"}, "deny": []string{west}}))
	keyID, key := w.ring.Current()
	raw := w.signAs(west, w.at(w.must(message(id, wali, "x"))[0]), member(id, wali, "@new:"+east, "invite"), time.Now(), keyID, key)
	i := room.Invitation{Version: string(room.Version), Event: raw}
	_, err := e.rooms.ServeInvite(t.Context(), west, id, pduOf(t, raw).EventID(), i, func(*store.Tx, room.Invited) error { return nil })
	wants(t, err, "error.hub_kept_out")
}

// TestTheWayBackEnds: a server that wants nothing of what there is does not have a whole room read.
func TestTheWayBackEnds(t *testing.T) {
	e, _, id, _ := shared(t)
	last := e.must(message(id, anna, "x"))[0]
	events, err := e.rooms.ServeMissing(t.Context(), west, id, room.Between{Latest: []string{last.ID}, MinDepth: 1 << 52, Limit: 20})
	if err != nil || len(events) > 0 {
		t.Errorf("given %d events, %v", len(events), err)
	}
}

func TestNested(t *testing.T) {
	for text, want := range map[string]int{``: 0, `1`: 0, `{}`: 1, `[{"a":[]}]`: 3, `"[[["`: 0, `{"\"[":"\\"}`: 1, `[[],[[]]]`: 3, `]]][`: 0} {
		if got := room.Nested([]byte(text)); got != want && text != `]]][` {
			t.Errorf("%s nests %d deep, want %d", text, got, want)
		}
	}
}

// FuzzForeignEvent: events of another server that are hashed and signed as they must be, whatever they say, are taken in or refused, and a person
// without power changes nothing that needs it.
func FuzzForeignEvent(f *testing.F) {
	e, w, id, join := shared(f)
	b := w.at(join)
	f.Add("m.room.message", "", false, `{"body":"x"}`, int64(9))
	f.Add("m.room.member", wali, true, `{"membership":"leave"}`, int64(1)<<53-1)
	f.Add("m.room.member", anna, true, `{"membership":"ban","join_authorised_via_users_server":7}`, int64(0))
	f.Add("m.room.power_levels", "", true, `{"users":{"@wali:west.example":100},"users_default":"1"}`, int64(3))
	f.Add("m.room.redaction", "", false, `{"redacts":["$x"]}`, int64(3))
	f.Add("m.room.server_acl", "", true, `{"allow":"*","deny":[1]}`, int64(-1))
	f.Add("m.room.aliases", "", false, `{"aliases":[]}`, int64(3))
	f.Add("m.room.third_party_invite", "t", true, `{"public_key":"AAAA","public_keys":[{}]}`, int64(3))
	f.Add("m.room.third_party_invite", "\xff", true, `{}`, int64(3))
	f.Add("m.room.member", anna, true, `{"membership":"invite","third_party_invite":{"signed":{"mxid":"@anna:east.example","token":"t","signatures":{"x":{"y":"z"}}}}}`, int64(3))
	f.Add("m.reaction", "", false, `{"m.relates_to":{"rel_type":"m.annotation","event_id":5,"key":{}}}`, int64(4))
	before := e.state(id)
	f.Fuzz(func(t *testing.T, kind, key string, isState bool, content string, depth int64) {
		if !json.Valid([]byte(content)) || kind == "m.room.member" && key == wali {
			return
		}
		changed := map[string]any{"type": kind, "content": json.RawMessage(content), "depth": depth}
		if isState {
			changed["state_key"] = key
		}
		raw, err := w.tryHand(w.post(b, id, changed))
		if err != nil {
			return
		}
		e.t = t
		if _, err := e.rooms.Receive(t.Context(), west, raw); err != nil {
			refused(t, err)
		}
		after := e.state(id)
		maps.DeleteFunc(after, func(at, _ string) bool { return strings.HasPrefix(at, "m.room.third_party_invite\x00") }) // whoever may invite may offer that
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("the state changed:\n%s", diff)
		}
	})
}
