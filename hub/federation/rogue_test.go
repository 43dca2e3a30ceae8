package federation_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/fclient"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/federation/federationtest"
	"panah/hub/node/hubstest"
	"panah/hub/node/nodetest"
)

// rogue is a server that the operator has named, with a key that holds, and that does as it likes.
type rogue struct {
	*federationtest.Front
	key  ed25519.PrivateKey
	auth []string // what authorises events of eve's
	last string   // the event on which the next one builds
	deep int64
}

const rogueKey = "ed25519:rogue"

func openRogue(t testing.TB, a *federationtest.Authority) *rogue {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &rogue{Front: a.NewFront(t), key: key}
	keys := nodetest.M{
		"server_name": r.Name, "valid_until_ts": time.Now().Add(24 * time.Hour).UnixMilli(), "old_verify_keys": nodetest.M{},
		"verify_keys": nodetest.M{rogueKey: nodetest.M{"key": spec.Base64Bytes(key.Public().(ed25519.PublicKey))}},
	}
	raw, err := json.Marshal(keys)
	if err == nil {
		raw, err = gomatrixserverlib.SignJSON(r.Name, rogueKey, key, raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Lead(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case strings.HasPrefix(q.URL.Path, "/_matrix/key/"):
			_, _ = w.Write(raw)
		case strings.HasPrefix(q.URL.Path, "/_matrix/federation/v1/send/"):
			fmt.Fprint(w, `{"pdus":{}}`)
		default:
			http.Error(w, `{"errcode":"M_NOT_FOUND","error":"none"}`, http.StatusNotFound)
		}
	}))
	return r
}

func (r *rogue) user(name string) string { return "@" + name + ":" + r.Name }

// ask sends a signed request to a hub.
func (r *rogue) ask(t testing.TB, to *hubstest.Hub, method, path string, body any) (status int, raw []byte) {
	t.Helper()
	request := fclient.NewFederationRequest(method, spec.ServerName(r.Name), spec.ServerName(to.Name), path)
	if body != nil {
		if err := request.SetContent(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := request.Sign(spec.ServerName(r.Name), rogueKey, r.key); err != nil {
		t.Fatal(err)
	}
	made, err := request.HTTPRequest()
	if err != nil {
		t.Fatal(err)
	}
	sent, err := http.NewRequestWithContext(t.Context(), method, to.URL+made.URL.RequestURI(), made.Body)
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = made.Header
	answer, err := http.DefaultClient.Do(sent)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if raw, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, raw
}

func fed(version string, parts ...string) string {
	p := "/_matrix/federation/" + version
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// event signs one; change makes of it what it likes before it is hashed, and unsigned is put beside it afterwards.
func (r *rogue) event(t testing.TB, room, sender, kind string, key *string, content any, at time.Time) (raw []byte, id string) {
	t.Helper()
	said, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	builder := gomatrixserverlib.MustGetRoomVersion("11").NewEventBuilderFromProtoEvent(&gomatrixserverlib.ProtoEvent{
		SenderID: sender, RoomID: room, Type: kind, StateKey: key, Content: said, Depth: r.deep + 1,
	})
	builder.AuthEvents, builder.PrevEvents = r.auth, []string{r.last}
	pdu, err := builder.Build(at, spec.ServerName(r.Name), rogueKey, r.key)
	if err != nil {
		t.Fatal(err)
	}
	return pdu.JSON(), pdu.EventID()
}

// comes brings eve into a public room.
func (r *rogue) comes(t testing.TB, to *hubstest.Hub, room string) {
	t.Helper()
	eve := r.user("eve")
	status, raw := r.ask(t, to, "GET", fed("v1", "make_join", room, eve)+"?ver=11", nil)
	var form struct {
		Event struct {
			Auth  []string `json:"auth_events"`
			Prev  []string `json:"prev_events"`
			Depth int64    `json:"depth"`
		} `json:"event"`
	}
	if json.Unmarshal(raw, &form) != nil || status != 200 {
		t.Fatalf("make_join: %d %s", status, raw)
	}
	r.auth, r.last, r.deep = form.Event.Auth, form.Event.Prev[0], form.Event.Depth
	join, id := r.event(t, room, eve, "m.room.member", &eve, nodetest.M{"membership": "join"}, time.Now())
	var answer struct {
		State []json.RawMessage `json:"state"`
	}
	status, raw = r.ask(t, to, "PUT", fed("v2", "send_join", room, id), json.RawMessage(join))
	if json.Unmarshal(raw, &answer) != nil || status != 200 {
		t.Fatalf("send_join: %d %s", status, raw)
	}
	r.auth, r.last, r.deep = []string{id}, id, r.deep+1
	for _, one := range answer.State {
		pdu, err := gomatrixserverlib.MustGetRoomVersion("11").NewEventFromUntrustedJSON(one)
		if err != nil {
			t.Fatal(err)
		}
		if pdu.Type() == spec.MRoomCreate || pdu.Type() == spec.MRoomPowerLevels {
			r.auth = append(r.auth, pdu.EventID())
		}
	}
}

// sends brings a transaction, and gives what is said of each event.
func (r *rogue) sends(t *testing.T, to *hubstest.Hub, txn string, pdus []json.RawMessage, edus ...nodetest.M) map[string]nodetest.M {
	t.Helper()
	if pdus == nil {
		pdus = []json.RawMessage{}
	}
	status, raw := r.ask(t, to, "PUT", fed("v1", "send", txn), nodetest.M{"origin": r.Name, "origin_server_ts": time.Now().UnixMilli(), "pdus": pdus, "edus": edus})
	var answer struct {
		PDUs map[string]nodetest.M `json:"pdus"`
	}
	if status != 200 || json.Unmarshal(raw, &answer) != nil {
		t.Fatalf("a transaction: %d %s", status, raw)
	}
	return answer.PDUs
}

// siege is a hub with a room into which a rogue has come, one that it knows of alone, and one whose past is not for who comes later.
type siege struct {
	*rogue
	hub                     *hubstest.Hub
	anna                    *seat
	open, closed, late      string
	secretPost, earlierPost string
}

const secret = "the shelter in the old mill"

func lay(t testing.TB) *siege {
	t.Helper()
	a := federationtest.NewAuthority(t)
	s := &siege{rogue: openRogue(t, a)}
	s.hub = hubstest.Hubs(t, a, 1, s.Name)[0]
	s.anna = &seat{Client: s.hub.SignUp(t, s.hub.FirstToken(t), "anna")}
	make := func(more nodetest.M) string { return s.anna.OK(t, "POST", v3+"/createRoom", more).Text("room_id") }
	say := func(room, txn string) string {
		return s.anna.OK(t, "PUT", roomPath(room, "send", "m.room.message", txn), nodetest.M{"msgtype": "m.text", "body": secret}).Text("event_id")
	}
	s.open = make(nodetest.M{"preset": "public_chat", "name": "open"})
	s.closed = make(nodetest.M{"preset": "private_chat", "name": secret, "topic": secret, "room_alias_name": "closed"})
	s.late = make(nodetest.M{"preset": "public_chat", "name": "late", "initial_state": []nodetest.M{
		{"type": "m.room.history_visibility", "state_key": "", "content": nodetest.M{"history_visibility": "joined"}},
	}})
	s.secretPost, s.earlierPost = say(s.closed, "1"), say(s.late, "2")
	return s
}

// TestARogueReadsNothing: of rooms that it is not in, and of what was said before it came where that is not for it.
func TestARogueReadsNothing(t *testing.T) {
	s := lay(t)
	s.anna.OK(t, "PUT", roomPath(s.open, "state", "m.space.child", s.closed), nodetest.M{"via": []string{s.hub.Name}})
	space := s.anna.OK(t, "POST", v3+"/createRoom", nodetest.M{"preset": "public_chat", "creation_content": nodetest.M{"type": "m.space"}}).Text("room_id")
	s.anna.OK(t, "PUT", roomPath(space, "state", "m.space.child", s.closed), nodetest.M{"via": []string{s.hub.Name}})
	s.comes(t, s.hub, s.late)
	eve, event := s.user("eve"), url.QueryEscape(s.secretPost)
	for _, path := range []string{
		fed("v1", "state", s.closed) + "?event_id=" + event, fed("v1", "state_ids", s.closed) + "?event_id=" + event,
		fed("v1", "state", s.late) + "?event_id=" + event, // an event of another room
		fed("v1", "event_auth", s.closed, s.secretPost), fed("v1", "event_auth", s.late, s.secretPost),
		fed("v1", "event", s.secretPost), fed("v1", "backfill", s.closed) + "?limit=10&v=" + event,
		fed("v1", "make_join", s.closed, eve) + "?ver=11", fed("v1", "make_knock", s.closed, eve) + "?ver=11", fed("v1", "make_leave", s.closed, eve),
		fed("v1", "make_join", s.open, s.anna.UserID) + "?ver=11", fed("v1", "make_join", s.open, "@x:third.example") + "?ver=11",
		fed("v1", "hierarchy", s.closed), fed("v1", "query", "directory") + "?room_alias=" + url.QueryEscape("#closed:third.example"),
		fed("v1", "query", "profile") + "?user_id=" + url.QueryEscape("@nobody:"+s.hub.Name), fed("v1", "query", "profile") + "?user_id=" + url.QueryEscape(eve),
		fed("v1", "media", "download") + "/..%2f..%2fetc%2fpasswd", fed("v1", "media", "download") + "/%00", fed("v1", "media", "thumbnail") + "/..%2f..%2fx?width=1&height=1",
		fed("v1", "user", "devices", eve),
	} {
		if status, raw := s.ask(t, s.hub, "GET", path, nil); status < 400 || status >= 500 || strings.Contains(string(raw), secret) {
			t.Errorf("GET %s: %d %s", path, status, raw)
		}
	}
	// What it may ask for, and in which the secret is not.
	between := nodetest.M{"earliest_events": []string{}, "latest_events": []string{s.last}, "limit": 20}
	for _, one := range []struct {
		method, path string
		body         any
	}{
		{"GET", fed("v1", "event", s.earlierPost), nil},
		{"GET", fed("v1", "backfill", s.late) + "?limit=100&v=" + url.QueryEscape(s.last), nil},
		{"POST", fed("v1", "get_missing_events", s.late), between},
		{"GET", fed("v1", "state", s.late) + "?event_id=" + url.QueryEscape(s.earlierPost), nil},
		{"GET", fed("v1", "hierarchy", space), nil},
		{"GET", fed("v1", "publicRooms"), nil},
		{"POST", fed("v1", "publicRooms"), nodetest.M{"filter": nodetest.M{"generic_search_term": "mill"}}},
		{"POST", fed("v1", "user", "keys", "query"), nodetest.M{"device_keys": nodetest.M{eve: []string{}, "@x:third.example": []string{}}}},
	} {
		if status, raw := s.ask(t, s.hub, one.method, one.path, one.body); status != 200 || strings.Contains(string(raw), secret) {
			t.Errorf("%s %s: %d %s", one.method, one.path, status, raw)
		}
	}
	if status, raw := s.ask(t, s.hub, "POST", fed("v1", "get_missing_events", s.closed), nodetest.M{"latest_events": []string{s.secretPost}}); status != 403 {
		t.Errorf("what another room misses: %d %s", status, raw)
	}
}

// TestARogueSpeaksForNobodyElse: what it says beside events holds for its own people, in rooms that it is in.
func TestARogueSpeaksForNobodyElse(t *testing.T) {
	s := lay(t)
	s.comes(t, s.hub, s.open)
	equip(t, s.anna.Client)
	s.anna.sync(t)
	eve, anna, boris := s.user("eve"), s.anna.UserID, "@boris:third.example"
	post := s.anna.OK(t, "PUT", roomPath(s.open, "send", "m.room.message", "3"), nodetest.M{"msgtype": "m.text", "body": "x"}).Text("event_id")
	edu := func(kind string, content nodetest.M) nodetest.M {
		return nodetest.M{"edu_type": kind, "content": content}
	}
	reads := func(room, event string, users ...string) nodetest.M {
		by := nodetest.M{}
		for _, user := range users {
			by[user] = nodetest.M{"event_ids": []string{event}, "data": nodetest.M{"ts": 1}}
		}
		return edu("m.receipt", nodetest.M{room: nodetest.M{"m.read": by, "m.read.private": by}})
	}
	types := func(room, user string) nodetest.M {
		return edu("m.typing", nodetest.M{"room_id": room, "user_id": user, "typing": true})
	}
	var before []int64
	for i := range 10_000 {
		before = append(before, int64(i))
	}
	devices := nodetest.M{}
	for i := range 1001 {
		devices[fmt.Sprint("D", i)] = nodetest.M{"flood": i}
	}
	s.sends(t, s.hub, "lies", nil,
		types(s.open, anna), types(s.open, boris), types(s.closed, eve), types("!none:"+s.Name, eve), types(s.open, s.user("mallory")),
		reads(s.open, post, anna, boris, s.user("mallory")), reads(s.closed, s.secretPost, eve), reads(s.open, s.secretPost, eve), reads(s.open, "$none", eve),
		edu("m.presence", nodetest.M{"push": []nodetest.M{{"user_id": anna, "presence": "unavailable"}, {"user_id": boris, "presence": "online"}, {"user_id": s.user("mallory"), "presence": "online"}}}),
		edu("m.direct_to_device", nodetest.M{"sender": anna, "type": "m.lie", "message_id": "1", "messages": nodetest.M{anna: nodetest.M{"*": nodetest.M{"lie": 1}}}}),
		edu("m.direct_to_device", nodetest.M{"sender": boris, "type": "m.lie", "message_id": "2", "messages": nodetest.M{anna: nodetest.M{"*": nodetest.M{"lie": 1}}}}),
		edu("m.direct_to_device", nodetest.M{"sender": eve, "type": "m.lie", "message_id": "3", "messages": nodetest.M{anna: devices}}),
		edu("m.device_list_update", nodetest.M{"user_id": anna, "device_id": s.anna.DeviceID, "stream_id": 9, "deleted": true}),
		edu("m.device_list_update", nodetest.M{"user_id": boris, "device_id": "D", "stream_id": 9}),
		edu("m.device_list_update", nodetest.M{"user_id": s.user("mallory"), "device_id": "D", "stream_id": 9}),
		edu("m.device_list_update", nodetest.M{"user_id": eve, "device_id": "D", "stream_id": 9, "prev_id": before}),
		edu("m.signing_key_update", nodetest.M{"user_id": anna, "master_key": nodetest.M{"user_id": anna, "usage": []string{"master"}, "keys": nodetest.M{"ed25519:x": "x"}}}),
		edu("m.lie", nodetest.M{"lie": 1}),
	)
	s.sends(t, s.hub, "truth", nil,
		edu("m.direct_to_device", nodetest.M{"sender": eve, "type": "m.truth", "message_id": "4", "messages": nodetest.M{anna: nodetest.M{"*": nodetest.M{"true": 1}}}}),
		reads(s.open, post, eve), types(s.open, eve), edu("m.presence", nodetest.M{"push": []nodetest.M{{"user_id": eve, "presence": "online"}}}))
	var told string
	s.anna.until(t, "the truth", func(news nodetest.Answer) bool {
		told += string(news.Raw)
		return strings.Contains(told, "m.truth") && strings.Contains(told, `"m.typing"`) && strings.Contains(told, "m.receipt") && strings.Contains(told, "m.presence")
	})
	for _, lie := range []string{"m.lie", boris, s.user("mallory"), `"changed":["` + s.anna.UserID, `"unavailable"`, s.secretPost, `"user_ids":["` + anna, anna + `":{"ts"`} {
		if strings.Contains(told, lie) {
			t.Errorf("anna is told %q: %s", lie, told)
		}
	}
	keys := s.anna.OK(t, "POST", v3+"/keys/query", nodetest.M{"device_keys": nodetest.M{anna: []string{}}})
	if keys.Value("device_keys", anna, s.anna.DeviceID) == nil || keys.Value("master_keys", anna) != nil {
		t.Errorf("the keys of anna are %s", keys.Raw)
	}
	flood := make([]nodetest.M, 101)
	for i := range flood {
		flood[i] = types(s.open, eve)
	}
	if status, raw := s.ask(t, s.hub, "PUT", fed("v1", "send", "flood"), nodetest.M{"pdus": []string{}, "edus": flood}); status != 400 {
		t.Errorf("a hundred and one EDUs: %d %s", status, raw)
	}
}

// TestARogueChangesNothing: memberships that are not its people's, events of others, of a time that its key does not cover, and what it puts beside
// an event.
func TestARogueChangesNothing(t *testing.T) {
	s := lay(t)
	s.comes(t, s.hub, s.open)
	s.anna.sync(t)
	eve, anna, mallory, empty := s.user("eve"), s.anna.UserID, s.user("mallory"), ""
	now := time.Now()
	membership := func(room, sender, of, what string) (json.RawMessage, string) {
		return s.event(t, room, sender, "m.room.member", &of, nodetest.M{"membership": what}, now)
	}
	for _, tt := range []struct {
		name, door, room, sender, of, membership, id string
	}{
		{"a join of somebody of the hub", "send_join", s.open, anna, anna, "join", ""},
		{"a join that somebody else makes", "send_join", s.open, eve, mallory, "join", ""},
		{"a join of another room", "send_join", s.closed, mallory, mallory, "join", ""},
		{"a join under another id", "send_join", s.open, mallory, mallory, "join", "$other"},
		{"a ban as a join", "send_join", s.open, eve, anna, "ban", ""},
		{"a kick as a leave", "send_leave", s.open, eve, anna, "leave", ""},
		{"a leave of somebody of the hub", "send_leave", s.open, anna, anna, "leave", ""},
		{"a leave of who is not there", "send_leave", s.closed, mallory, mallory, "leave", ""},
	} {
		raw, id := membership(tt.room, tt.sender, tt.of, tt.membership)
		if tt.id != "" {
			id = tt.id
		}
		if status, answer := s.ask(t, s.hub, "PUT", fed("v2", tt.door, tt.room, id), raw); status < 400 || status >= 500 {
			t.Errorf("%s: %d %s", tt.name, status, answer)
		}
	}
	for name, from := range map[string]string{"in anna's name": anna, "of another server's": "@boris:third.example"} {
		raw, id := membership("!new:"+s.Name, from, anna, "invite")
		body := nodetest.M{"room_version": "11", "event": raw, "invite_room_state": []any{}}
		if status, answer := s.ask(t, s.hub, "PUT", fed("v2", "invite", "!new:"+s.Name, id), body); status < 400 || status >= 500 {
			t.Errorf("an invitation %s: %d %s", name, status, answer)
		}
	}
	raw, id := membership("!new:"+s.Name, eve, "@boris:third.example", "invite")
	if status, answer := s.ask(t, s.hub, "PUT", fed("v2", "invite", "!new:"+s.Name, id), nodetest.M{"room_version": "11", "event": raw, "invite_room_state": []any{}}); status < 400 || status >= 500 {
		t.Errorf("an invitation of somebody elsewhere: %d %s", status, answer)
	}

	var pdus []json.RawMessage
	refused := map[string]string{}
	bad := func(name string, raw []byte, id string) {
		pdus, refused[id] = append(pdus, raw), name
	}
	add := func(name, sender, kind string, key *string, content nodetest.M, at time.Time) {
		raw, id := s.event(t, s.open, sender, kind, key, content, at)
		bad(name, raw, id)
	}
	words := nodetest.M{"msgtype": "m.text", "body": "a lie"}
	add("in anna's name", anna, "m.room.message", nil, words, now)
	add("of a time that the key does not cover", eve, "m.room.message", nil, words, now.Add(365*24*time.Hour))
	add("of one who is not in the room", mallory, "m.room.message", nil, words, now)
	add("power", eve, "m.room.power_levels", &empty, nodetest.M{"users": nodetest.M{eve: 100}}, now)
	add("a ban", eve, "m.room.member", &anna, nodetest.M{"membership": "ban"}, now)
	add("a key that is somebody's", eve, "m.test", &anna, nodetest.M{}, now)
	for id, result := range s.sends(t, s.hub, "lies", pdus) {
		if result["error"] == nil {
			t.Errorf("taken in: %s", refused[id])
		}
		delete(refused, id)
	}
	if len(refused) > 0 {
		t.Errorf("nothing is said of %v", refused)
	}

	raw, id = s.event(t, s.open, eve, "m.room.message", nil, nodetest.M{"msgtype": "m.text", "body": "an honest word"}, now)
	beside := nodetest.M{"age": 1, "transaction_id": "smuggled", "redacted_because": nodetest.M{"smuggled": 1}, "prev_content": nodetest.M{"smuggled": 1},
		"m.relations": nodetest.M{"m.replace": nodetest.M{"smuggled": 1}}, "invite_room_state": []string{"smuggled"}, "membership": "smuggled"}
	var whole map[string]any
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	whole["unsigned"] = beside
	if raw, err := json.Marshal(whole); err != nil || len(s.sends(t, s.hub, "smuggling", []json.RawMessage{raw})[id]) > 0 {
		t.Fatalf("what stands beside an event has it refused (%v)", err)
	}
	var told string
	s.anna.until(t, "an honest word", func(news nodetest.Answer) bool {
		told += string(news.Raw)
		return strings.Contains(told, "an honest word") || strings.Contains(told, id)
	})
	for _, lie := range []string{"smuggled", "a lie"} {
		if strings.Contains(told, lie) {
			t.Errorf("anna is told %q: %s", lie, told)
		}
	}
	if got := s.anna.OK(t, "GET", roomPath(s.open, "joined_members"), nil); got.Value("joined", mallory) != nil || got.Value("joined", anna) == nil {
		t.Errorf("in the room are %s", got.Raw)
	}
}

// TestARoguesInvitationsAreBounded: however many it sends, one person is shown so many.
func TestARoguesInvitationsAreBounded(t *testing.T) {
	s := lay(t)
	s.auth, s.last = []string{"$a"}, "$a"
	taken := 0
	for i := range 120 {
		room, anna := fmt.Sprintf("!flood%d:%s", i, s.Name), s.anna.UserID
		raw, id := s.event(t, room, s.user("eve"), "m.room.member", &anna, nodetest.M{"membership": "invite"}, time.Now())
		status, answer := s.ask(t, s.hub, "PUT", fed("v2", "invite", room, id), nodetest.M{"room_version": "11", "event": json.RawMessage(raw), "invite_room_state": []any{}})
		switch {
		case status == 200:
			taken++
		case status >= 500:
			t.Fatalf("the %dth invitation: %d %s", i, status, answer)
		}
	}
	if taken != 100 {
		t.Errorf("%d invitations were taken, want 100", taken)
	}
	if open, _ := s.anna.OK(t, "GET", v3+"/sync", nil).Value("rooms", "invite").(map[string]any); len(open) != taken {
		t.Errorf("%d are open", len(open))
	}
}

// FuzzDoors: a server with a key that holds is answered or refused, whatever it sends to whichever door, and it is never the hub's own trouble.
func FuzzDoors(f *testing.F) {
	s := lay(f)
	s.comes(f, s.hub, s.open)
	eve := s.user("eve")
	word, id := s.event(f, s.open, eve, "m.room.message", nil, nodetest.M{"msgtype": "m.text", "body": "x"}, time.Now())
	doors := []struct{ method, path string }{
		{"PUT", fed("v1", "send", "%d")}, {"PUT", fed("v2", "send_join", s.open, id)}, {"PUT", fed("v2", "send_leave", s.open, id)}, {"PUT", fed("v1", "send_knock", s.open, id)},
		{"PUT", fed("v2", "invite", s.open, id)}, {"PUT", fed("v2", "invite", "!new:"+s.Name, id)}, {"POST", fed("v1", "get_missing_events", s.open)},
		{"POST", fed("v1", "user", "keys", "query")}, {"POST", fed("v1", "user", "keys", "claim")}, {"POST", fed("v1", "publicRooms")},
	}
	for i := range doors {
		for _, body := range []string{
			string(word), `{"pdus":[` + string(word) + `],"edus":[{"edu_type":"m.presence","content":{"push":[{}]}}]}`, `{"pdus":[null,1,{}],"edus":[null,[],{"edu_type":7}]}`,
			`{"room_version":"11","event":` + string(word) + `,"invite_room_state":[{"type":"m.room.name"},null]}`, `{"latest_events":["` + id + `"],"earliest_events":null,"limit":-1,"min_depth":1e3}`,
			`{"device_keys":{"` + s.anna.UserID + `":null,"":["x"]},"one_time_keys":{"` + s.anna.UserID + `":{"D":"signed_curve25519"}}}`, `{"limit":-1,"filter":{"room_types":[null]}}`, `{}`,
		} {
			f.Add(byte(i), []byte(body))
		}
	}
	count := 0
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		if !json.Valid(body) {
			return // it cannot be signed, and is refused before any door (FuzzRequest)
		}
		count++
		door := doors[int(which)%len(doors)]
		path := strings.Replace(door.path, "%25d", fmt.Sprint(count), 1)
		if status, raw := s.ask(t, s.hub, door.method, path, json.RawMessage(body)); status >= 500 || !json.Valid(raw) {
			t.Errorf("%s %s with %q: answered %d %s", door.method, path, body, status, raw)
		}
	})
}
