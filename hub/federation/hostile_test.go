package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// bodied is a signed request whose body is then sent in another form.
func (h *hub) bodied(t testing.TB, to string, body any, sent string) *http.Request {
	t.Helper()
	request := h.signed(t, to, "PUT", echoPath, body)
	request.Body, request.ContentLength = io.NopCloser(strings.NewReader(sent)), int64(len(sent))
	return request
}

// TestBodiesThatAreNotCanonical: they are read as they were signed, unless they are made to be hard to read.
func TestBodiesThatAreNotCanonical(t *testing.T) {
	here, peer := pair(t)
	deep := func(n int, blank string) string {
		return `{"a":` + blank + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	for _, tt := range []struct {
		name, body, sent string
		status           int
	}{
		{"with blanks", `{"a":"<ü>"}`, ` {"a" : "\u003c\u00fc>" } `, 200},
		{"deep and canonical", deep(3000, ""), deep(3000, ""), 200},
		{"deep and not canonical", deep(3000, ""), deep(3000, " "), 401},
		{"deeper than can be read", `{}`, deep(20_000, ""), 400},
		{"text that is none", `{"a":"x"}`, "{\"a\":\"\xff\"}", 400},
		{"packed", `{"a":"x"}`, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := peer.bodied(t, here.name, json.RawMessage(tt.body), tt.sent)
			request.Header.Set("Content-Encoding", "gzip")
			if status, body := here.send(t, request); status != tt.status {
				t.Errorf("got %d %.200v, want %d", status, body, tt.status)
			}
		})
	}
}

// TestNobodyTakesAllSeats: one server may have some of the places, and all together no more than there are.
func TestNobodyTakesAllSeats(t *testing.T) {
	s := seats{all: 3, each: 2}
	var back []func()
	take := func(server string, want bool) {
		t.Helper()
		leave, free := s.take(server)
		if free != want {
			t.Errorf("a place for %s: %t, want %t", server, free, want)
		}
		if free {
			back = append(back, leave)
		}
	}
	take("a", true)
	take("a", true)
	take("a", false)
	take("b", true)
	take("c", false)
	for _, leave := range back {
		leave()
	}
	if s.taken != 0 || len(s.by) != 0 {
		t.Errorf("%d places are still taken, by %v", s.taken, s.by)
	}
	take("c", true)
}

// TestRefusalsAreSaidOnce: fifty bad events are one line of the log.
func TestRefusalsAreSaidOnce(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	var log bytes.Buffer
	there.server.Log = slog.New(slog.NewTextHandler(&log, nil))
	there.server.Receive = func(_ context.Context, _ string, pdus []json.RawMessage) (outcomes []Outcome) {
		for _, pdu := range pdus {
			outcomes = append(outcomes, Outcome{string(pdu), fault.Forbidden("error.not_allowed")})
		}
		return outcomes
	}
	var pdus []json.RawMessage
	for i := range eventsMost {
		pdus = append(pdus, fmt.Appendf(nil, "%d", i))
	}
	refused, err := here.client.Send(t.Context(), there.front.Name, Transaction{ID: "1", PDUs: pdus})
	if err != nil || len(refused) != eventsMost {
		t.Errorf("%d events were refused, %v", len(refused), err)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "count=50") {
		t.Errorf("%d lines: %s", lines, log.String())
	}
}

// TestAccessListsHoldForWhatIsNoEvent: who is kept out of a room cannot type or read there.
func TestAccessListsHoldForWhatIsNoEvent(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	event, key := here.say(id, 1)[0], ""
	here.append(room.Draft{RoomID: id, Sender: here.user("anna"), Type: "m.room.server_acl", StateKey: &key,
		Content: map[string]any{"allow": []string{"*"}, "deny": []string{"127.*"}}})
	s := NewServer(here.server.Deps)
	receipt := fmt.Sprintf(`{%q:{"m.read":{%q:{"event_ids":[%q],"data":{"ts":1}}}}}`, id, there.user("bo"), event)
	if err := s.takeReceipts(t.Context(), there.front.Name, json.RawMessage(receipt)); err != nil {
		t.Error(err)
	}
	typing := fmt.Sprintf(`{"room_id":%q,"user_id":%q,"typing":true}`, id, there.user("bo"))
	if err := s.takeTyping(t.Context(), there.front.Name, json.RawMessage(typing)); fault.From(err).Status != 403 {
		t.Errorf("typing: %v", err)
	}
	err := here.db.Read(t.Context(), func(tx *store.Tx) error {
		readers, err := store.Column(tx, `SELECT user_id FROM receipts /* reads all */`)
		if len(readers) > 0 {
			t.Errorf("%v read in a room that keeps them out", readers)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// joins is a join of somebody of this side to a public room of another one's, signed.
func (s *side) joins(host *side, id, user string) (raw json.RawMessage, eventID string) {
	s.t.Helper()
	builder := gomatrixserverlib.MustGetRoomVersion(room.Version).NewEventBuilderFromProtoEvent(&gomatrixserverlib.ProtoEvent{SenderID: user, RoomID: id,
		Type: spec.MRoomMember, StateKey: &user, Content: spec.RawJSON(`{"membership":"join"}`), Depth: 20})
	var auth []string
	err := host.db.Read(s.t.Context(), func(tx *store.Tx) error {
		for _, kind := range []string{spec.MRoomCreate, spec.MRoomPowerLevels, spec.MRoomJoinRules} {
			e, err := host.rooms.StateEvent(tx, id, kind, "")
			if err != nil {
				return err
			}
			auth = append(auth, e.ID)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	builder.AuthEvents, builder.PrevEvents = auth, auth[2:]
	keyID, key := s.server.Ring.Current()
	pdu, err := builder.Build(time.Now(), spec.ServerName(s.front.Name), keyID, key)
	if err != nil {
		s.t.Fatal(err)
	}
	return pdu.JSON(), pdu.EventID()
}

// TestFirstVersionsOfDoors: they answer as the second ones, with the status before it.
func TestFirstVersionsOfDoors(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	here.rooms.Federate(here.client, here.server.Ring)
	id := here.shared()
	raw, eventID := there.joins(here, id, there.user("cyrus"))
	var answer []json.RawMessage
	if err := there.client.ask(t.Context(), here.front.Name, "PUT", path("v1", "send_join", id, eventID), raw, &answer, events); err != nil {
		t.Fatal(err)
	}
	var w room.Welcome
	if len(answer) != 2 || string(answer[0]) != "200" || json.Unmarshal(answer[1], &w) != nil || len(w.State) == 0 || len(w.Auth) == 0 {
		t.Errorf("answered %s", answer)
	}
	var refusal *Refusal
	err := there.client.ask(t.Context(), here.front.Name, "PUT", path("v1", "send_leave", id, eventID), raw, &answer, small)
	if refusal, _ = err.(*Refusal); refusal == nil || refusal.Status != 400 {
		t.Errorf("a join that is no leave: %v", err)
	}
	err = there.client.ask(t.Context(), here.front.Name, "PUT", path("v1", "invite", id, eventID), raw, &answer, small)
	if refusal, _ = err.(*Refusal); refusal == nil || refusal.Errcode != "M_INCOMPATIBLE_ROOM_VERSION" {
		t.Errorf("an old invitation: %v", err)
	}
}

// FuzzEDU: whatever a server sends beside events is taken in or left out, and is never the hub's own trouble.
func FuzzEDU(f *testing.F) {
	all := sides(f, storetest.SQLite(f), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	event := here.say(id, 1)[0]
	s := NewServer(here.server.Deps)
	f.Add(fmt.Appendf(nil, `{"edu_type":"m.receipt","content":{%q:{"m.read":{%q:{"event_ids":[%q],"data":{"ts":1,"thread_id":"main"}}}}}}`, id, there.user("bo"), event))
	f.Add(fmt.Appendf(nil, `{"edu_type":"m.typing","content":{"room_id":%q,"user_id":%q,"typing":true}}`, id, there.user("bo")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := s.takeEDU(t.Context(), there.front.Name, raw); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	})
}
