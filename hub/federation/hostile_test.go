package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/device"
	"panah/hub/fault"
	"panah/hub/people"
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
	if err := s.takeReceipts(t.Context(), newVisit(there.front.Name), json.RawMessage(receipt)); err != nil {
		t.Error(err)
	}
	typing := fmt.Sprintf(`{"room_id":%q,"user_id":%q,"typing":true}`, id, there.user("bo"))
	if err := s.takeTyping(t.Context(), newVisit(there.front.Name), json.RawMessage(typing)); fault.From(err).Status != 403 {
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

// TestReceiptsAreBounded: what one transaction tells of reading is looked up and written so often and no more, in however many EDUs it comes.
func TestReceiptsAreBounded(t *testing.T) {
	all := sides(t, storetest.SQLite(t), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	receipt := fmt.Appendf(nil, `{"edu_type":"m.receipt","content":{%q:{"m.read":{%q:{"event_ids":[%q],"data":{"ts":1}}}}}}`, id, there.user("bo"), here.say(id, 1)[0])
	nowhere := map[string]any{}
	for i := range receiptsMost {
		nowhere[fmt.Sprintf("!%d:%s", i, there.front.Name)] = map[string]any{}
	}
	rooms, err := json.Marshal(EDU{typeReceipt, nowhere})
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(here.server.Deps)
	readers := func(want int) {
		t.Helper()
		err := here.db.Read(t.Context(), func(tx *store.Tx) error {
			var count int
			err := tx.QueryRow(`SELECT COUNT(*) FROM receipts /* reads all */`).Scan(&count)
			if count != want {
				t.Errorf("%d receipts are kept, want %d", count, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	v := newVisit(there.front.Name)
	for _, raw := range []json.RawMessage{rooms, receipt} {
		if err := s.takeEDU(t.Context(), v, raw); err != nil {
			t.Error(err)
		}
	}
	readers(0)
	if err := s.takeEDU(t.Context(), newVisit(there.front.Name), receipt); err != nil {
		t.Error(err)
	}
	readers(1)
}

// TestTransactionsAreForgotten: of each server the last ones are known again.
func TestTransactionsAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here := sides(t, db, 1)[0]
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range receivedMost + receivedSlack + 1 {
				_, err := tx.Exec(`INSERT INTO federation_received (server, txn_id, answer, at) VALUES ($1, $2, $3, $4)`,
					"busy.example", fmt.Sprint(i), []byte(`{}`), tx.Now.UnixMilli()-int64(10_000-i))
				if err != nil {
					return err
				}
			}
			_, err := tx.Exec(`INSERT INTO federation_received (server, txn_id, answer, at) VALUES ('quiet.example', '0', $1, $2)`, []byte(`{}`), tx.Now.UnixMilli()-20_000)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := here.server.remember(t.Context(), "busy.example", "last", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			server, id string
			known      bool
		}{{"busy.example", "0", false}, {"busy.example", "101", false}, {"busy.example", "102", true}, {"busy.example", "last", true}, {"quiet.example", "0", true}} {
			answer, err := here.server.answered(t.Context(), tt.server, tt.id)
			if err != nil || (answer != nil) != tt.known {
				t.Errorf("%s of %s is answered %s, %v", tt.id, tt.server, answer, err)
			}
		}
	})
}

// TestABodyThatComesTooSlowly: it holds its place for so long and no longer.
func TestABodyThatComesTooSlowly(t *testing.T) {
	here, peer := pair(t)
	here.patient = 20 * time.Millisecond
	request := peer.signed(t, here.name, "PUT", echoPath, map[string]any{})
	begun, body := io.Pipe()
	defer body.Close()
	go func() { _, _ = body.Write([]byte(`{`)) }() // and nothing more
	request.Body, request.ContentLength = begun, -1
	here.refuses(t, request, 400, "M_NOT_JSON")
	if here.reading.taken != 0 {
		t.Errorf("%d places are still taken", here.reading.taken)
	}
}

// FuzzRequest: whoever does not prove who they are is refused, whatever they say and send, and it is never the hub's own trouble.
func FuzzRequest(f *testing.F) {
	here, peer := pair(f)
	proof := peer.signed(f, here.name, "PUT", echoPath, map[string]any{"a": 1}).Header.Get("Authorization")
	for _, header := range []string{proof, proof + "\n" + proof, strings.ReplaceAll(proof, `"`, ""), strings.Replace(proof, `sig="`, `sig="A`, 1), strings.Replace(proof, peer.name, here.name, 1),
		strings.Replace(proof, peer.name, "[::1]:1", 1), strings.Replace(proof, "ed25519:", "", 1), `X-Matrix origin="peer.example",key="ed25519:x",sig="\x00"`, "Bearer x", ""} {
		f.Add(header, `{"b":2}`)
		f.Add(header, "")
		f.Add(header, `{"b":`)
	}
	f.Fuzz(func(t *testing.T, header, body string) {
		request := httptest.NewRequestWithContext(t.Context(), "PUT", echoPath, strings.NewReader(body))
		request.Header["Authorization"] = strings.Split(header, "\n")
		answer := httptest.NewRecorder()
		here.ServeHTTP(answer, request)
		if answer.Code < 400 || answer.Code >= 500 {
			t.Errorf("%q with %q: answered %d %s", header, body, answer.Code, answer.Body)
		}
	})
}

// FuzzEDU: whatever a server sends beside events is taken in or left out, and is never the hub's own trouble.
func FuzzEDU(f *testing.F) {
	all := sides(f, storetest.SQLite(f), 2)
	here, there := all[0], all[1]
	id := here.shared(there)
	event, bo, anna := here.say(id, 1)[0], there.user("bo"), here.user("anna")
	deps := here.server.Deps
	deps.Devices = device.New(here.db, people.New(here.db, here.front.Name, people.Options{}), here.brk)
	deps.Devices.Federate(here.front.Name, nil)
	s := NewServer(deps)
	for _, seed := range [][]byte{
		fmt.Appendf(nil, `{"edu_type":"m.receipt","content":{%q:{"m.read":{%q:{"event_ids":[%q],"data":{"ts":1,"thread_id":"main"}}}}}}`, id, bo, event),
		fmt.Appendf(nil, `{"edu_type":"m.receipt","content":{%q:{"m.read":{%q:{"event_ids":[],"data":{"ts":1e400}},"":null}},"":{}}}`, id, bo),
		fmt.Appendf(nil, `{"edu_type":"m.typing","content":{"room_id":%q,"user_id":%q,"typing":true}}`, id, bo),
		fmt.Appendf(nil, `{"edu_type":"m.direct_to_device","content":{"sender":%q,"type":"m.x","message_id":"1","messages":{%q:{"*":{"a":1}}}}}`, bo, anna),
		fmt.Appendf(nil, `{"edu_type":"m.device_list_update","content":{"user_id":%q,"device_id":"D","stream_id":2,"prev_id":[1],"keys":{},"deleted":false}}`, bo),
		fmt.Appendf(nil, `{"edu_type":"m.signing_key_update","content":{"user_id":%q,"master_key":{"user_id":%q,"usage":["master"],"keys":{"ed25519:x":"x"}}}}`, bo, bo),
		[]byte(`{"edu_type":"m.presence","content":{"push":[null]}}`),
		fmt.Appendf(nil, `{"edu_type":"m.presence","content":{"push":[{"user_id":%q,"presence":"online","status_msg":"\u0000\ud800","last_active_ago":-9e18,"currently_active":true}]}}`, bo),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := s.takeEDU(t.Context(), newVisit(there.front.Name), raw); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	})
}
