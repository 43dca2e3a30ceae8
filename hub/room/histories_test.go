package room_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"

	"panah/hub/room"
)

const north = "north.example"

// cast are the people of a made-up history. The first stays in the room whatever happens, so that her hub does.
var cast = []string{anna, ben, wali, zara, "@nur:" + north, "@tahmina:" + north}

// judged is one event of a history, and what the hub made of it.
type judged struct {
	ID      string          `json:"id"`
	Event   json.RawMessage `json:"event"`
	State   []string        `json:"state"`             // the ids of the state before it
	Refused string          `json:"refused,omitempty"` // why the hub refuses it; "" where it takes it in
}

// history makes events up, one after the other, and has a hub judge each.
type history struct {
	*hub
	t       testing.TB
	chance  *rand.Rand
	id      string
	at      branch
	refused []string // ids of events that were refused
	third   ed25519.PrivateKey
	tokens  int
}

// told is a history as it is told on.
type told struct {
	Keys   map[string]spec.Base64Bytes `json:"keys"` // by server
	Events []judged                    `json:"events"`
}

// makeHistory judges so many events in a room of its own.
func makeHistory(t testing.TB, chance *rand.Rand, length int) (all told) {
	t.Helper()
	three := newWorld(t, east, west, north)
	e := three.hubs[east]
	create := room.Create{Creator: anna, Preset: "public_chat"}
	if chance.IntN(6) == 0 {
		create.CreationContent = json.RawMessage(`{"m.federate":false}`)
	}
	_, third, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := &history{hub: e, t: t, chance: chance, id: e.create(create), third: third}
	h.at = e.at(e.must(message(h.id, anna, "begun"))[0])
	all.Keys = map[string]spec.Base64Bytes{}
	for name, one := range three.hubs {
		_, key := one.ring.Current()
		all.Keys[name] = spec.Base64Bytes(key.Public().(ed25519.PublicKey))
	}
	for _, raw := range h.at.state {
		all.Events = append(all.Events, judged{ID: pduOf(t, raw).EventID(), Event: raw})
	}
	for range length {
		if one, made := h.next(); made {
			all.Events = append(all.Events, one)
		}
	}
	return all
}

// next makes an event up and has the hub judge it. What cannot be written as an event at all is not made.
func (h *history) next() (one judged, made bool) {
	raw, err := h.signed(h.madeUp())
	if err != nil {
		return one, false
	}
	one = judged{ID: pduOf(h.t, raw).EventID(), Event: raw, State: slices.Sorted(maps.Values(h.at.ids))}
	got, err := h.rooms.Receive(h.t.Context(), west, raw)
	switch {
	case err != nil:
		refused(h.t, err)
		one.Refused = err.Error()
	case got.Refusal != nil:
		one.Refused = got.Refusal.Error()
		h.refused = append(h.refused, one.ID)
	case got.SoftFailed:
		h.t.Fatalf("%s is soft-failed in a history without branches", raw)
	default:
		h.at = h.at.then(h.t, raw)
	}
	return one, true
}

func pick[T any](h *history, from ...T) T { return from[h.chance.IntN(len(from))] }

// madeUp is an event that somebody might send, in turn what they may and what they may not.
func (h *history) madeUp() room.Draft {
	d := room.Draft{RoomID: h.id, Sender: pick(h, cast...)}
	if in := h.members(); h.chance.IntN(3) > 0 {
		d.Sender = pick(h, in...)
	}
	kinds := []func(*room.Draft){h.membership, h.membership, h.membership, h.membership, h.powerLevels, h.powerLevels, h.joinRules, h.thirdParty, h.message, h.message, h.state}
	pick(h, kinds...)(&d)
	return d
}

// members are who is in the room.
func (h *history) members() (in []string) {
	for _, user := range cast {
		raw, stands := h.at.state[spec.MRoomMember+"\x00"+user]
		if !stands {
			continue
		}
		if m, err := pduOf(h.t, raw).Membership(); err == nil && m == spec.Join {
			in = append(in, user)
		}
	}
	return in
}

func (h *history) message(d *room.Draft) {
	d.Type = pick(h, "m.room.message", "m.reaction", "m.room.redaction", "m.room.aliases", "a.b")
	d.Content = map[string]any{"body": h.chance.Uint64() >> 12}
	if d.Type == "m.room.redaction" {
		d.Content = map[string]any{"redacts": h.at.prev[0]}
	}
}

func (h *history) state(d *room.Draft) {
	d.Type = pick(h, "m.room.name", "m.room.topic", "m.room.aliases", "m.room.create", "m.room.history_visibility", "a.b")
	key := pick(h, "", "", "k", d.Sender, pick(h, cast...), room.ServerOf(d.Sender))
	d.StateKey, d.Content = &key, map[string]any{"name": h.chance.Uint64() >> 12}
}

func (h *history) joinRules(d *room.Draft) {
	d.Type, d.StateKey = spec.MRoomJoinRules, new(string)
	d.Content = map[string]any{"join_rule": pick[any](h, "public", "invite", "knock", "restricted", "knock_restricted", "restricted", "knock_restricted", "private", "else", 5),
		"allow": []any{map[string]any{"type": "m.room_membership", "room_id": "!other:" + east}}}
	if h.chance.IntN(8) == 0 {
		d.Content = map[string]any{}
	}
	if h.chance.IntN(2) == 0 {
		d.Sender = anna
	}
}

func (h *history) membership(d *room.Draft) {
	target := d.Sender
	if h.chance.IntN(3) > 0 {
		target = pick(h, cast...)
	}
	membership := pick(h, "join", "join", "leave", "invite", "ban", "knock", "leave", "invite", "dance")
	if target == anna && (membership == "leave" || membership == "ban") {
		membership = "join"
	}
	content := map[string]any{"membership": membership}
	if membership == "join" && h.chance.IntN(2) == 0 {
		content["join_authorised_via_users_server"] = pick(h, cast...)
	}
	if membership == "knock" && h.chance.IntN(2) == 0 || membership == "join" && h.chance.IntN(2) == 0 {
		target = d.Sender
	}
	d.Type, d.StateKey, d.Content = spec.MRoomMember, &target, content
}

// thirdParty offers an invitation to whoever a third party knows, or redeems one, rightly or not.
func (h *history) thirdParty(d *room.Draft) {
	if h.tokens == 0 || h.chance.IntN(3) == 0 {
		token := fmt.Sprintf("token%d", h.tokens)
		h.tokens++
		public := spec.Base64Bytes(h.third.Public().(ed25519.PublicKey))
		d.Type, d.StateKey = spec.MRoomThirdPartyInvite, &token
		d.Content = pick(h, map[string]any{"display_name": "n", "public_key": public},
			map[string]any{"display_name": "n", "public_key": spec.Base64Bytes(make([]byte, 32)), "public_keys": []any{map[string]any{"public_key": public}}})
		return
	}
	token := fmt.Sprintf("token%d", h.chance.IntN(h.tokens+1))
	if raw, offered := h.at.state[spec.MRoomThirdPartyInvite+"\x00"+token]; offered && h.chance.IntN(4) > 0 {
		d.Sender = string(pduOf(h.t, raw).SenderID())
	}
	target := pick(h, cast[1:]...) // who is in the room would be asked out of it
	signed := map[string]any{"mxid": pick(h, target, target, target, pick(h, cast...)), "token": token, "beside": 1}
	raw, err := json.Marshal(signed)
	if err == nil {
		raw, err = gomatrixserverlib.SignJSON("third.example", "ed25519:0", h.third, raw)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	if h.chance.IntN(6) == 0 {
		raw = []byte(strings.Replace(string(raw), `"beside":1`, `"beside":2`, 1))
	}
	third := pick[any](h, map[string]any{"display_name": "n", "signed": json.RawMessage(raw)}, map[string]any{"display_name": "n", "signed": json.RawMessage(raw)},
		map[string]any{"display_name": "n", "signed": json.RawMessage(raw)}, map[string]any{"display_name": "n"})
	d.Type, d.StateKey, d.Content = spec.MRoomMember, &target, map[string]any{"membership": "invite", "third_party_invite": third}
}

// powerLevels changes the levels that stand in one to three places.
func (h *history) powerLevels(d *room.Draft) {
	d.Type, d.StateKey = spec.MRoomPowerLevels, new(string)
	content := map[string]any{}
	if raw, stands := h.at.state[spec.MRoomPowerLevels+"\x00"]; stands {
		if err := json.Unmarshal(pduOf(h.t, raw).Content(), &content); err != nil {
			h.t.Fatal(err)
		}
	}
	for range 1 + h.chance.IntN(3) {
		h.oneLevel(content)
	}
	if h.chance.IntN(2) == 0 {
		d.Sender = anna
	}
	d.Content = content
}

func (h *history) oneLevel(content map[string]any) {
	level := pick[any](h, 0, 10, 49, 50, 50, 51, 99, 100, 101, -1)
	if h.chance.IntN(12) == 0 {
		level = pick[any](h, "50", nil, true, []int{1}, 1<<53-1)
	}
	list := pick(h, "users", "users", "users", "events", "notifications", "")
	name := map[string]string{
		"users": pick(h, cast...), "events": pick(h, "m.room.name", "m.room.message", "m.room.power_levels", "a.b", "m.room.aliases"), "notifications": pick(h, "room", "else"),
		"": pick(h, "ban", "kick", "invite", "redact", "users_default", "events_default", "state_default"),
	}[list]
	if list == "users" && h.chance.IntN(20) == 0 {
		name = pick(h, "anna", "@anna", "", "!room:"+east)
	}
	into := content
	if list != "" {
		inner, is := content[list].(map[string]any)
		if !is {
			inner = map[string]any{}
		}
		into, content[list] = inner, inner
	}
	switch {
	case h.chance.IntN(4) == 0:
		delete(into, name)
	case list != "" && h.chance.IntN(25) == 0:
		content[list] = level
	default:
		into[name] = level
	}
}

// signed builds the event on the history's end, with the authority that it needs, or now and then another, and signs it for all who must.
func (h *history) signed(d room.Draft) ([]byte, error) {
	content, err := json.Marshal(d.Content)
	if err != nil {
		return nil, err
	}
	kind := d.Type
	if kind == "m.room.aliases" { // of which the library believes that they need less than others
		kind = "a.b"
	}
	needed, err := gomatrixserverlib.StateNeededForProtoEvent(&gomatrixserverlib.ProtoEvent{SenderID: d.Sender, RoomID: d.RoomID, Type: kind, StateKey: d.StateKey, Content: content})
	if err != nil {
		return nil, err
	}
	auth := []string{}
	for _, key := range needed.Tuples() {
		if id, stands := h.at.ids[key.EventType+"\x00"+key.StateKey]; stands {
			auth = append(auth, id)
		}
	}
	members := map[string]any{"room_id": h.id, "sender": d.Sender, "type": d.Type, "content": json.RawMessage(content), "depth": h.at.depth + 1,
		"origin_server_ts": time.Now().UnixMilli(), "prev_events": h.at.prev, "auth_events": h.spoilt(auth)}
	if d.StateKey != nil {
		members["state_key"] = *d.StateKey
	}
	raw, err := h.world.hubs[room.ServerOf(d.Sender)].tryHand(members)
	if err != nil {
		return nil, err
	}
	return h.countersigned(raw, d)
}

// spoilt is a list of authority that now and then lacks something or has something too much.
func (h *history) spoilt(auth []string) []string {
	if len(auth) == 0 || h.chance.IntN(12) > 0 {
		return auth
	}
	at := h.chance.IntN(len(auth))
	switch h.chance.IntN(4) {
	case 0:
		return slices.Delete(auth, at, at+1)
	case 1:
		return append(auth, auth[at])
	case 2:
		if len(h.refused) > 0 {
			return append(auth, pick(h, h.refused...))
		}
	}
	return append(auth, pick(h, slices.Sorted(maps.Values(h.at.ids))...))
}

// countersigned adds the signatures of whoever is invited, and of whoever lets somebody in.
func (h *history) countersigned(raw []byte, d room.Draft) ([]byte, error) {
	content, _ := d.Content.(map[string]any)
	if d.Type != spec.MRoomMember {
		return raw, nil
	}
	via, _ := content["join_authorised_via_users_server"].(string)
	pdu := pduOf(h.t, raw)
	for _, user := range []string{*d.StateKey, via} {
		if other := h.world.hubs[room.ServerOf(user)]; other != nil {
			id, key := other.ring.Current()
			pdu = pdu.Sign(other.name, id, key)
		}
	}
	return pdu.JSON(), nil
}
