package room_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"panah/hub/room"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// said is what the test knows of a post.
type said struct {
	by       string
	at       store.Position
	mentions string
	gone     bool
}

// TestUnreadCountsTheLastPosts holds the counts, for each reader and each position, against counting one by one.
func TestUnreadCountsTheLastPosts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, random := open(t, db), rand.New(rand.NewPCG(1, 2))
		id := h.create(room.Create{Creator: alice, Preset: "public_chat"})
		h.must(member(id, bob, bob, "join"), member(id, carol, carol, "join"))
		var all []said
		for i := range 330 {
			by := []string{alice, bob, carol}[random.IntN(3)]
			if i > 60 && i < 290 {
				by = alice // more than are kept
			}
			d := message(id, by, fmt.Sprint(i))
			one := said{by: by}
			if random.IntN(4) == 0 {
				one.mentions = []string{alice, bob, "room"}[random.IntN(3)]
				mentions := map[string]any{"user_ids": []string{one.mentions}}
				if one.mentions == "room" {
					mentions = map[string]any{"room": true}
				}
				d.Content.(map[string]any)["m.mentions"] = mentions
			}
			e := h.must(d)[0]
			one.at = e.Position
			if random.IntN(10) == 0 {
				h.must(room.Draft{RoomID: id, Sender: by, Type: "m.room.redaction", Redacts: e.ID, Content: map[string]any{"redacts": e.ID}})
				one.gone = true
			}
			all = append(all, one)
		}
		h.must(message(id, bob, "broken"))
		all = append(all, said{by: bob, at: h.must(room.Draft{RoomID: id, Sender: bob, Type: "m.room.message", Content: map[string]any{"m.mentions": 7}})[0].Position})
		all = append(all[:len(all)-1:len(all)-1], said{by: bob, at: all[len(all)-1].at - 1}, all[len(all)-1])
		h.read(func(tx *store.Tx) error { return checkUnread(t, h, tx, id, all) })
	})
}

func checkUnread(t *testing.T, h *house, tx *store.Tx, id string, all []said) error {
	last := all[len(all)-1].at
	posts, err := h.rooms.LastPosts(tx, id, last)
	if err != nil {
		return err
	}
	for _, user := range []string{alice, bob, carol} {
		for _, without := range []map[string]bool{nil, {alice: true}, {bob: true, carol: true}} {
			for after := store.Position(0); after <= last; after += 7 {
				got, err := h.rooms.Unread(tx, posts, user, after, without)
				if err != nil {
					return err
				}
				if want := countOneByOne(all, user, after, without); got != want {
					t.Fatalf("%s after %d without %v: got %+v, want %+v", user, after, without, got, want)
				}
			}
		}
	}
	return nil
}

func countOneByOne(all []said, user string, after store.Position, without map[string]bool) (u room.Unread) {
	for i := len(all) - 1; i >= 0 && u.Notifications < 100; i-- {
		p := all[i]
		if p.at <= after || p.gone || p.by == user || without[p.by] {
			continue
		}
		u.Notifications++
		if p.mentions == user || p.mentions == "room" {
			u.Highlights++
		}
	}
	return u
}
