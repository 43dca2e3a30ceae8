// Package opinion has mautrix judge what a hub has judged. It has a module of its own so that mautrix's dependencies stay out of the hub's. The test
// of the rooms two folders above makes the histories, has a hub judge them, and runs this one.
package opinion

import (
	"bufio"
	jsonv1 "encoding/json"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"maunium.net/go/mautrix/federation/eventauth"
	"maunium.net/go/mautrix/federation/pdu"
	"maunium.net/go/mautrix/federation/signutil"
	"maunium.net/go/mautrix/id"
)

// judged is one event of a history, and what the hub made of it.
type judged struct {
	ID      id.EventID     `json:"id"`
	Event   jsontext.Value `json:"event"`
	State   []id.EventID   `json:"state"`
	Refused string         `json:"refused"`
}

// told is a history as the hub tells it.
type told struct {
	Keys   map[string]id.SigningKey `json:"keys"` // by server
	Events []judged                 `json:"events"`
}

// history are the events so far, and the keys of the servers.
type history struct {
	events map[id.EventID]*pdu.PDU
	keys   map[string]id.SigningKey
}

func (h history) get(ids []id.EventID) (all []*pdu.PDU, err error) {
	for _, one := range ids {
		all = append(all, h.events[one])
	}
	return all, nil
}

func (h history) key(server string, _ id.KeyID, at time.Time) (id.SigningKey, time.Time, error) {
	return h.keys[server], at.Add(time.Hour), nil
}

// TestHistories: mautrix takes in what the hub takes in, and refuses what it refuses.
func TestHistories(t *testing.T) {
	file, err := os.Open(os.Getenv("PANAH_TEST_HISTORIES"))
	if err != nil {
		t.Fatalf("this test is run by the one of the rooms: %v", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	seen := map[string]int{}
	count := 0
	for lines.Scan() {
		var all told
		if err := json.Unmarshal(lines.Bytes(), &all); err != nil {
			t.Fatal(err)
		}
		h := history{map[id.EventID]*pdu.PDU{}, all.Keys}
		for _, one := range all.Events {
			h.hold(t, one, seen)
			count++
		}
	}
	if err := lines.Err(); err != nil || count == 0 {
		t.Fatalf("%d events, %v", count, err)
	}
	t.Logf("%d events; where the two differ: %v", count, seen)
}

// hold has mautrix judge an event, and holds that against the hub's judgement.
func (h history) hold(t *testing.T, one judged, seen map[string]int) {
	t.Helper()
	var event pdu.PDU
	if err := json.Unmarshal(one.Event, &event); err != nil {
		t.Fatalf("%s: %v", one.Event, err)
	}
	if !gjson.GetBytes(event.Content, "third_party_invite").Exists() {
		h.check(t, &event, one.ID)
	}
	h.events[one.ID] = &event
	if one.State == nil { // the room's first events
		return
	}
	refusal := h.judge(&event, one.State)
	event.InternalMeta.Rejected = refusal != nil
	if (refusal != nil) == (one.Refused != "") {
		return
	}
	event.InternalMeta.Rejected = one.Refused != "" // one difference is said once
	for _, k := range known {
		if k.is(h, &event, one, refusal) {
			seen[k.name]++
			return
		}
	}
	t.Errorf("%s\nmautrix: %v\nhub: %s\nbefore it: %s", one.Event, refusal, one.Refused, h.authority(&event, one.State))
}

// check looks at an event's id, hash and signature. It is not asked of invitations by a third party: "m.room.member allows [...] the signed key of the
// third_party_invite key" (room version 11, "Redactions"), and gomatrixserverlib, which makes and reads the hub's events, keeps nothing of it, so
// that it has another id and another signature for them.
func (h history) check(t *testing.T, event *pdu.PDU, want id.EventID) {
	t.Helper()
	if got, err := event.GetEventID(id.RoomV11); err != nil || got != want {
		t.Errorf("mautrix says that %s is %s, %v", want, got, err)
	}
	if !event.VerifyContentHash() {
		t.Errorf("mautrix says that the hash of %s is wrong", want)
	}
	if err := event.VerifySignature(id.RoomV11, event.Sender.Homeserver(), h.key); err != nil {
		t.Errorf("mautrix says of the signature of %s: %v", want, err)
	}
}

// judge makes checks 4 and 5 of those on receipt of an event.
func (h history) judge(event *pdu.PDU, state []id.EventID) (refusal error) {
	defer func() {
		if broken := recover(); broken != nil {
			refusal = fmt.Errorf("%w: %v", errBroken, broken)
		}
	}()
	if err := eventauth.Authorize(id.RoomV11, event, nil, h.get, h.key); err != nil {
		return err
	}
	return eventauth.Authorize(id.RoomV11, event, h.selected(event, state), h.get, h.key)
}

var errBroken = errors.New("mautrix breaks")

// selected are those events of a state by which an event is judged.
func (h history) selected(event *pdu.PDU, state []id.EventID) []*pdu.PDU {
	keys := event.AuthEventSelection(id.RoomV11)
	chosen := []*pdu.PDU{}
	for _, one := range state {
		if e := h.events[one]; keys.Has(pdu.StateKey{Type: e.Type, StateKey: *e.StateKey}) {
			chosen = append(chosen, e)
		}
	}
	return chosen
}

func (h history) authority(event *pdu.PDU, state []id.EventID) (told string) {
	for _, e := range h.selected(event, state) {
		told += fmt.Sprintf("\n  %s %s by %s: %s", e.Type, *e.StateKey, e.Sender, e.Content)
	}
	return told
}

// known are the places in which mautrix v0.30.0 differs from the rules, and the hub does not. Each names the rule as room version 11 counts them
// (mautrix counts as version 12 does, one more from the second on).
var known = []struct {
	name string
	is   func(h history, event *pdu.PDU, one judged, refusal error) bool
}{
	// "If any signature in signed matches any public key in the m.room.third_party_invite event, allow." mautrix looks for the keys in the
	// membership, where there are none. Its own check of a signature says whether the hub is right.
	{"4.4.1.7", func(h history, event *pdu.PDU, one judged, refusal error) bool {
		return one.Refused == "" && errors.Is(refusal, eventauth.ErrThirdPartyInviteNotSigned) && h.signedByThird(event, one.State)
	}},
	// "If the join_rule is public, allow. Otherwise, reject." mautrix takes a join rule that is no text for invite.
	{"4.3.7", func(h history, event *pdu.PDU, one judged, refusal error) bool {
		at := slices.IndexFunc(one.State, func(id id.EventID) bool { return h.events[id].Type == "m.room.join_rules" })
		rule := gjson.GetBytes(h.events[one.State[max(at, 0)]].Content, "join_rule")
		return one.Refused != "" && refusal == nil && at >= 0 && event.Type == "m.room.member" && rule.Exists() && rule.Type != gjson.String
	}},
	// "For each entry being changed in, or removed from, the users property, other than the sender's own entry: If the current value is greater than
	// or equal to the sender's current power level, reject." mautrix breaks where the entry of somebody of the sender's level is removed.
	{"9.8", func(_ history, event *pdu.PDU, one judged, refusal error) bool {
		return one.Refused != "" && errors.Is(refusal, errBroken) && event.Type == "m.room.power_levels"
	}},
}

func (h history) signedByThird(event *pdu.PDU, state []id.EventID) bool {
	signed := gjson.GetBytes(event.Content, "third_party_invite.signed")
	at := slices.IndexFunc(state, func(one id.EventID) bool {
		return h.events[one].Type == "m.room.third_party_invite" && *h.events[one].StateKey == signed.Get("token").Str
	})
	if at < 0 {
		return false
	}
	offer := h.events[state[at]].Content
	keys := []string{gjson.GetBytes(offer, "public_key").Str}
	for _, one := range gjson.GetBytes(offer, "public_keys.#.public_key").Array() {
		keys = append(keys, one.Str)
	}
	return slices.ContainsFunc(keys, func(key string) bool {
		return signutil.VerifyJSONAny(id.SigningKey(key), jsonv1.RawMessage(signed.Raw)) == nil
	})
}
