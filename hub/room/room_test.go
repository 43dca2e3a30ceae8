package room_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const (
	alice = "@alice:hub.example"
	bob   = "@bob:hub.example"
	carol = "@carol:hub.example"
)

// house is a database with rooms in it.
type house struct {
	t     testing.TB
	db    *store.DB
	rooms *room.Rooms
	brk   broker.Broker
}

func open(t testing.TB, db *store.DB) *house {
	t.Helper()
	ring, err := keyring.Open(t.Context(), db, "hub.example")
	if err != nil {
		t.Fatal(err)
	}
	brk := broker.InProcess()
	t.Cleanup(func() { brk.Close() })
	h := &house{t, db, room.New(db, ring, brk, nil), brk}
	t.Cleanup(h.checkTips) // whatever a test did, what the writers remember is what the database has
	return h
}

func (h *house) checkTips() {
	err := h.db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := h.rooms.CheckTips(tx)
		return err
	})
	if err != nil {
		h.t.Error(err)
	}
}

func (h *house) append(drafts ...room.Draft) (events []room.Event, err error) {
	err = h.db.Write(context.Background(), func(tx *store.Tx) (err error) {
		events, err = h.rooms.Append(context.Background(), tx, drafts...)
		return err
	})
	return events, err
}

func (h *house) must(drafts ...room.Draft) []room.Event {
	h.t.Helper()
	events, err := h.append(drafts...)
	if err != nil {
		h.t.Fatalf("append: %v", err)
	}
	return events
}

func (h *house) create(c room.Create) string {
	h.t.Helper()
	var id string
	err := h.db.Write(h.t.Context(), func(tx *store.Tx) (err error) {
		id, _, err = h.rooms.CreateTx(h.t.Context(), tx, c)
		return err
	})
	if err != nil {
		h.t.Fatalf("create: %v", err)
	}
	return id
}

func (h *house) read(f func(tx *store.Tx) error) {
	h.t.Helper()
	if err := h.db.Read(h.t.Context(), f); err != nil {
		h.t.Fatalf("read: %v", err)
	}
}

func member(roomID, sender, user, membership string) room.Draft {
	return room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.member", StateKey: &user, Content: map[string]any{"membership": membership}}
}

func message(roomID, sender, body string) room.Draft {
	return room.Draft{RoomID: roomID, Sender: sender, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": body}}
}

func state(roomID, sender, eventType string, content any) room.Draft {
	key := ""
	return room.Draft{RoomID: roomID, Sender: sender, Type: eventType, StateKey: &key, Content: content}
}

func wants(t *testing.T, err error, key string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

func TestTheRulesOfMatrixHold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "private_chat", Name: "a"})
		_, err := h.append(message(id, bob, "x"))
		wants(t, err, "error.not_member")
		_, err = h.append(member(id, bob, bob, "join"))
		wants(t, err, "error.not_invited")
		_, err = h.append(member(id, bob, alice, "leave"))
		wants(t, err, "error.not_member")
		h.must(member(id, alice, bob, "invite"), member(id, bob, bob, "join"), message(id, bob, "سلام"))
		_, err = h.append(state(id, bob, "m.room.name", map[string]any{"name": "b"}))
		wants(t, err, "error.not_allowed")
		_, err = h.append(member(id, bob, alice, "ban"))
		wants(t, err, "error.not_allowed")
		h.must(member(id, alice, bob, "ban"))
		_, err = h.append(member(id, bob, bob, "join"))
		wants(t, err, "error.banned")
		_, err = h.append(message("!none:hub.example", alice, "x"))
		wants(t, err, "error.unknown_room")
	})
}

func TestBadDrafts(t *testing.T) {
	h := open(t, storetest.SQLite(t))
	id := h.create(room.Create{Creator: alice, Preset: "private_chat"})
	nul, long := "a\x00b", strings.Repeat("x", 300)
	tests := []struct {
		name  string
		draft room.Draft
		key   string
	}{
		{"room id", message("nonsense", alice, "x"), "error.bad_room_id"},
		{"sender", message(id, "alice", "x"), "error.bad_user_id"},
		{"no type", room.Draft{RoomID: id, Sender: alice, Content: map[string]any{}}, "error.bad_event_type"},
		{"long type", room.Draft{RoomID: id, Sender: alice, Type: long, Content: map[string]any{}}, "error.bad_event_type"},
		{"state key with NUL", room.Draft{RoomID: id, Sender: alice, Type: "x", StateKey: &nul, Content: map[string]any{}}, "error.bad_state_key"},
		{"content is a list", room.Draft{RoomID: id, Sender: alice, Type: "x", Content: json.RawMessage(`[]`)}, "error.bad_json"},
		{"content is null", room.Draft{RoomID: id, Sender: alice, Type: "x", Content: json.RawMessage(`null`)}, "error.bad_json"},
		{"content is broken", room.Draft{RoomID: id, Sender: alice, Type: "x", Content: json.RawMessage(`{`)}, "error.bad_json"},
		{"a fraction", room.Draft{RoomID: id, Sender: alice, Type: "x", Content: json.RawMessage(`{"a":1.5}`)}, "error.bad_json"},
		{"a huge number", room.Draft{RoomID: id, Sender: alice, Type: "x", Content: json.RawMessage(`{"a":9007199254740992}`)}, "error.bad_json"},
		{"membership", member(id, alice, bob, "dancing"), "error.bad_membership"},
		{"member of nobody", member(id, alice, "nobody", "invite"), "error.bad_user_id"},
		{"redacts nothing", room.Draft{RoomID: id, Sender: alice, Type: "m.room.redaction", Content: map[string]any{}}, "error.bad_event_id"},
		{"redacts what is not there", room.Draft{RoomID: id, Sender: alice, Type: "m.room.redaction", Redacts: "$none", Content: map[string]any{}}, "error.unknown_event"},
		{"too large", message(id, alice, strings.Repeat("x", 70_000)), "error.too_large"},
		{"too large once signed", message(id, alice, strings.Repeat("x", 65_400)), "error.too_large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.append(tt.draft)
			wants(t, err, tt.key)
		})
	}
	h.must(message(id, alice, "still here"))
}

func TestASecondSendGivesTheFirstEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		d := message(id, alice, "once")
		d.DeviceID, d.TxnID = "PHONE", "t1"
		ids := make([]string, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				events, err := h.append(d)
				if err != nil {
					t.Errorf("send: %v", err)
					return
				}
				ids[i] = events[0].ID
			})
		}
		wg.Wait()
		if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
			t.Errorf("one transaction id made several events: %v", ids)
		}
		d.DeviceID = "TABLET"
		if other := h.must(d); other[0].ID == ids[0] {
			t.Error("another device's transaction id was taken for the first one's")
		}
		d.DeviceID = "PHONE"
		kinds := map[string]string{"m.room.message": ids[0]}
		for _, kind := range []string{"m.room.redaction", "m.reaction", "m.room.message", "m.room.redaction", "m.reaction"} {
			d.Type, d.Redacts, d.Content = kind, "", map[string]any{"body": "once"}
			if kind == "m.room.redaction" {
				d.Redacts, d.Content = ids[0], map[string]any{"redacts": ids[0]}
			}
			got := h.must(d)[0]
			if known := kinds[kind]; got.Type != kind || known != "" && known != got.ID {
				t.Errorf("%s with the same transaction id gave %s, a %s, want %s", kind, got.ID, got.Type, known)
			}
			kinds[kind] = got.ID
		}
	})
}

func TestPositionsFollowEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		one := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		two := h.create(room.Create{Creator: bob, Preset: "private_chat"})
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				d := message(one, alice, fmt.Sprint(i))
				switch i % 4 {
				case 1:
					d = message(two, bob, fmt.Sprint(i))
				case 2:
					d = message(one, bob, "refused")
				}
				if _, err := h.append(d); (err != nil) != (i%4 == 2) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		h.read(func(tx *store.Tx) error {
			events, err := h.rooms.FollowEvents(tx, 0, 1<<40, 10_000)
			for i, e := range events {
				if e.Position != store.Position(i+1) {
					t.Fatalf("event %d stands at %d", i, e.Position)
				}
			}
			head, err2 := tx.Head()
			if int(head) != len(events) {
				t.Errorf("%d events, head %d", len(events), head)
			}
			return errors.Join(err, err2)
		})
	})
}

// TestStateIsWhatItsEventsSay replays the log and compares it with what the room answers, now and at each position.
func TestStateIsWhatItsEventsSay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "public_chat", Name: "one", Topic: "t"})
		h.must(member(id, bob, bob, "join"), state(id, alice, "m.room.name", map[string]any{"name": "two"}), message(id, bob, "x"),
			member(id, bob, bob, "leave"), state(id, alice, "m.room.name", map[string]any{"name": "three"}), member(id, carol, carol, "join"))
		h.read(func(tx *store.Tx) error {
			events, err := h.rooms.FollowEvents(tx, 0, 1<<40, 1000)
			if err != nil {
				return err
			}
			replayed := map[string]string{}
			for _, e := range events {
				if e.StateKey != nil {
					replayed[e.Type+"\x00"+*e.StateKey] = e.ID
				}
				got, err := h.rooms.StateAt(tx, id, e.Position)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(replayed, byKey(got)); diff != "" {
					t.Fatalf("state at %d (-replayed +answered):\n%s", e.Position, diff)
				}
			}
			got, err := h.rooms.State(tx, id)
			if diff := cmp.Diff(replayed, byKey(got)); diff != "" {
				t.Errorf("state now (-replayed +answered):\n%s", diff)
			}
			return err
		})
	})
}

func byKey(events []room.Event) map[string]string {
	keys := map[string]string{}
	for _, e := range events {
		keys[e.Type+"\x00"+*e.StateKey] = e.ID
	}
	return keys
}

func TestRedactionEmptiesAndIsAsked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "public_chat"})
		other := h.create(room.Create{Creator: bob, Preset: "public_chat"})
		h.must(member(id, bob, bob, "join"))
		post := h.must(message(id, alice, "a mistake that must be gone"))[0]
		redaction := room.Draft{RoomID: id, Sender: bob, Type: "m.room.redaction", Redacts: post.ID, Content: map[string]any{}}
		_, err := h.append(redaction)
		wants(t, err, "error.not_allowed")
		redaction.RoomID = other
		_, err = h.append(redaction)
		wants(t, err, "error.unknown_event")
		redaction.RoomID, redaction.Sender = id, alice
		by := h.must(redaction)[0]
		h.read(func(tx *store.Tx) error {
			e, err := h.rooms.EventByID(tx, post.ID)
			if err != nil {
				return err
			}
			if e.RedactedBy != by.ID || bytes.Contains(e.PDU, []byte("mistake")) {
				t.Errorf("redacted by %q, PDU %s", e.RedactedBy, e.PDU)
			}
			return nil
		})
	})
}

func TestTheBrokerIsToldAfterTheCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := open(t, db)
		id := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		sub, err := h.brk.Subscribe(t.Context(), room.LogTopic)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		sent := h.must(message(id, alice, "x"))[0]
		var hint room.Hint
		if err := json.Unmarshal((<-sub.C).Payload, &hint); err != nil {
			t.Fatal(err)
		}
		if hint.To != sent.Position {
			t.Errorf("told of %d, want %d", hint.To, sent.Position)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, senders := range []int{1, 64} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			h := open(b, storetest.SQLite(b))
			id := h.create(room.Create{Creator: alice, Preset: "private_chat"})
			b.SetParallelism(senders)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := h.append(message(id, alice, "a message of the usual length, which is not long at all")); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// refused: an error is a fault that people can read, not trouble inside.
func refused(t testing.TB, err error) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Status >= 500 {
		t.Errorf("got %v, want a fault of the sender's", err)
	}
}
