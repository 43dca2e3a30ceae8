package room_test

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matrix-org/gomatrixserverlib"

	"github.com/google/go-cmp/cmp"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/keyring"
	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// emptyings writes down what followers are told is gone.
type emptyings struct {
	ids  []string
	told []room.Purge
}

func (*emptyings) AppendedTx(*store.Tx, *room.Rooms, *room.Event) error { return nil }

func (f *emptyings) EmptiedTx(_ *store.Tx, _ string, ids ...string) error {
	f.ids = append(f.ids, ids...)
	return nil
}

func (f *emptyings) PurgedTx(_ *store.Tx, _ *room.Rooms, _ string, p room.Purge) error {
	f.told = append(f.told, p)
	return nil
}

// aging is a house whose clock the test moves.
type aging struct {
	*house
	now  time.Time
	gone *emptyings
	ring *keyring.Ring
}

func eachAging(t *testing.T, f func(t *testing.T, h *aging)) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		h := &aging{now: time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC), gone: &emptyings{}}
		db, err := store.Open(t.Context(), address, store.Options{Now: func() time.Time { return h.now }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			storetest.NoScans(t, db)
			db.Close()
		})
		ring, err := keyring.Open(t.Context(), db, "hub.example")
		if err != nil {
			t.Fatal(err)
		}
		brk := broker.InProcess()
		t.Cleanup(func() { brk.Close() })
		h.ring = ring
		h.house = &house{t, db, room.New(db, ring, brk, nil, h.gone), brk}
		f(t, h)
	})
}

func (h *aging) say(r, body string, more map[string]any) string {
	h.t.Helper()
	content := map[string]any{"msgtype": "m.text", "body": body}
	for name, value := range more {
		content[name] = value
	}
	return h.must(room.Draft{RoomID: r, Sender: alice, Type: "m.room.message", Content: content})[0].ID
}

func (h *aging) keep(r string, lifetime any) {
	h.t.Helper()
	key := ""
	h.must(room.Draft{RoomID: r, Sender: alice, Type: room.RetentionType, StateKey: &key, Content: map[string]any{"max_lifetime": lifetime}})
}

func (h *aging) sweep(most time.Duration) int {
	h.t.Helper()
	n, err := h.rooms.Sweep(h.t.Context(), most)
	if err != nil {
		h.t.Fatalf("sweep: %v", err)
	}
	return n
}

// texts are the bodies that a member reads, oldest first.
func (h *aging) texts(r string) (bodies []string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		head, err := tx.Head()
		if err != nil {
			return err
		}
		events, err := h.rooms.Timeline(tx, r, 0, head, false, 1000, alice)
		for i := range events {
			if events[i].Type == "m.room.message" {
				_, rest, _ := strings.Cut(string(events[i].Content), `"body":"`)
				body, _, _ := strings.Cut(rest, `"`)
				bodies = append(bodies, body)
			}
		}
		return err
	})
	return bodies
}

const day = 24 * time.Hour

func TestSweep(t *testing.T) {
	eachAging(t, func(t *testing.T, h *aging) {
		brief := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		long := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		h.keep(brief, (30 * day).Milliseconds())
		old := h.say(brief, "old", nil)
		h.say(long, "old", nil)
		reply := map[string]any{"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": old}}
		h.now = h.now.Add(20 * day)
		edit := h.say(brief, "* edited", map[string]any{"m.new_content": map[string]any{"body": "edited"}, "m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": old}})
		h.say(brief, "answer", reply)
		if n := h.sweep(730 * day); n != 0 {
			t.Errorf("%d were purged before their time", n)
		}
		h.now = h.now.Add(10*day + time.Minute)
		if n := h.sweep(730 * day); n != 1 {
			t.Errorf("%d were purged, want 1", n)
		}
		if got := h.texts(brief); !slices.Equal(got, []string{"answer"}) {
			t.Errorf("left in the brief channel: %q", got)
		}
		if got := h.texts(long); !slices.Equal(got, []string{"old"}) {
			t.Errorf("left in the other one: %q", got)
		}
		if !slices.Equal(h.gone.ids, []string{old, edit}) {
			t.Errorf("followers were told of %v, want %v", h.gone.ids, []string{old, edit})
		}
		want := []room.Purge{{Before: h.now.Add(-30 * day), Events: []string{edit}}}
		if diff := cmp.Diff(want, h.gone.told); diff != "" {
			t.Errorf("what no event tells of (-want +got):\n%s", diff)
		}
		if n := h.sweep(730 * day); n != 0 || len(h.gone.ids) != 2 || len(h.gone.told) != 1 {
			t.Errorf("a second sweep purged %d", n)
		}
		h.checkPurged(brief, old)
		h.now = h.now.Add(700*day + time.Minute)
		h.sweep(730 * day)
		if got := h.texts(long); len(got) != 0 {
			t.Errorf("the hub's own bound was passed by %q", got)
		}
	})
}

// checkPurged: nothing of what was said is left, and what is left is the event that was signed.
func (h *aging) checkPurged(r, id string) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *store.Tx) error {
		e, err := h.rooms.EventByID(tx, id)
		if err != nil {
			return err
		}
		if !e.Purged || strings.Contains(string(e.PDU), "old") || !strings.Contains(string(e.PDU), `"signatures"`) {
			h.t.Errorf("left of it: %s", e.PDU)
		}
		version := gomatrixserverlib.MustGetRoomVersion(room.Version)
		if pdu, err := version.NewEventFromUntrustedJSON(e.PDU); err != nil || pdu.EventID() != id {
			h.t.Errorf("another hub gives it another id: %v", err)
		}
		redacted, err := version.RedactEventJSON(e.PDU)
		if err != nil {
			return err
		}
		keyID, key := h.ring.Current()
		if err := gomatrixserverlib.VerifyJSON("hub.example", keyID, key.Public().(ed25519.PublicKey), redacted); err != nil {
			h.t.Errorf("its signature does not hold any more: %v", err)
		}
		if _, err := h.rooms.ReadableEvent(tx, r, id, alice); !errors.Is(err, fault.NotFound("error.no_longer_kept")) {
			h.t.Errorf("a member is told %v", err)
		}
		if _, err := h.rooms.ReadableEvent(tx, r, id, bob); !errors.Is(err, fault.NotFound("error.unknown_event")) {
			h.t.Errorf("a stranger is told %v", err)
		}
		return nil
	})
	if err != nil {
		h.t.Error(err)
	}
}

// TestSweepsTogether: batches, and two nodes at once, purge each event once; positions keep no holes; the room goes on.
func TestSweepsTogether(t *testing.T) {
	eachAging(t, func(t *testing.T, h *aging) {
		r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
		for range 250 {
			h.say(r, "word", nil)
		}
		var before store.Position
		h.read(func(tx *store.Tx) (err error) { before, err = tx.Head(); return err })
		h.now = h.now.Add(800 * day)
		var group sync.WaitGroup
		purged := make([]int, 2)
		for i := range purged {
			group.Go(func() {
				n, err := h.rooms.Sweep(t.Context(), 730*day)
				if err != nil {
					t.Error(err)
				}
				purged[i] = n
			})
		}
		group.Wait()
		if purged[0]+purged[1] != 250 || len(h.gone.ids) != 250 {
			t.Errorf("%v were purged and %d told, want 250", purged, len(h.gone.ids))
		}
		h.read(func(tx *store.Tx) error {
			var count, head store.Position
			if err := tx.QueryRow(`SELECT COUNT(*) FROM events /* reads all */`).Scan(&count); err != nil {
				return err
			}
			head, err := tx.Head()
			if count != head || head != before {
				t.Errorf("%d events up to position %d, want %d", count, head, before)
			}
			return err
		})
		h.say(r, "it goes on", nil)
		if got := h.texts(r); !slices.Equal(got, []string{"it goes on"}) {
			t.Errorf("left: %q", got)
		}
	})
}

// TestASlipEmptiesNothing: a lifetime of the wrong kind counts for nothing, and one that is too short for a day.
func TestASlipEmptiesNothing(t *testing.T) {
	eachAging(t, func(t *testing.T, h *aging) {
		for _, lifetime := range []any{"soon", -5, 0, 1} {
			r := h.create(room.Create{Creator: alice, Preset: "private_chat"})
			h.say(r, "word", nil)
			h.keep(r, lifetime)
			h.now = h.now.Add(23 * time.Hour)
			h.sweep(730 * day)
			if got := h.texts(r); len(got) != 1 {
				t.Errorf("a lifetime of %v emptied the channel", lifetime)
			}
		}
		for content, ok := range map[any]bool{`x`: false, 5: false} {
			if err := room.CheckRetention(content); (err == nil) != ok {
				t.Errorf("%v: %v", content, err)
			}
		}
		for _, tt := range []struct {
			max any
			ok  bool
		}{{day.Milliseconds(), true}, {day.Milliseconds() - 1, false}, {1.5, false}, {"1d", false}, {nil, true}, {int64(1) << 60, false}} {
			if err := room.CheckRetention(map[string]any{"max_lifetime": tt.max}); (err == nil) != tt.ok {
				t.Errorf("max_lifetime %v: %v", tt.max, err)
			}
		}
	})
}
