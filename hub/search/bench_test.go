package search_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"panah/hub/room"
	"panah/hub/search"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

// events is how many posts the benchmarks search in. The README's figures are of 1,000,000:
//
//	.ci/services go test ./hub/search -run '^$' -bench . -benchtime 50x -timeout 2h -events 1000000
var events = flag.Int("events", 20_000, "posts in the log")

// BenchmarkSearch fills a log of 200 channels, of which the reader is in 20, with posts of 12 words as often as words are in a
// language, has the index read it, and searches.
func BenchmarkSearch(b *testing.B) {
	addresses := map[string]func(testing.TB) string{"sqlite": storetest.SQLiteAddress}
	if os.Getenv("PANAH_TEST_POSTGRES") != "" {
		addresses["postgres"] = storetest.PostgresAddress
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		address, known := addresses[engine]
		if !known {
			continue
		}
		b.Run(engine, func(b *testing.B) {
			h := open(b, storetest.Open(b, address(b)))
			rooms := h.benchRooms()
			h.fill(rooms)
			h.readAll(b)
			for _, q := range []struct {
				name string
				q    search.Question
			}{
				{"a word of every 2nd post", search.Question{Text: "w1"}},
				{"the same, the best first", search.Question{Text: "w1", ByRank: true}},
				{"a word of every 1,000th post", search.Question{Text: "w700x"}},
				{"a beginning", search.Question{Text: "w7"}},
				{"two words", search.Question{Text: "w3 w5"}},
				{"a phrase", search.Question{Text: `"w2 w4"`}},
				{"twelve words", search.Question{Text: "w1 w2 w3 w4 w5 w6 w8 w9 w10 w11 w12 w13"}},
				{"in one channel", search.Question{Text: "w1", Rooms: &[]string{rooms[3]}}},
				{"before all of it", search.Question{Text: "w1", Until: time.UnixMilli(1)}},
				{"nothing", search.Question{Text: "nowhere"}},
			} {
				b.Run(q.name, func(b *testing.B) {
					q.q.Limit = 20
					for b.Loop() {
						if _, err := h.search.Find(b.Context(), alice, q.q); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("a post", func(b *testing.B) { h.benchPosts(b, rooms[0]) })
		})
	}
}

// benchRooms makes 200 rooms; alice is in the first 20.
func (h *house) benchRooms() (rooms []string) {
	for i := range 200 {
		creator := alice
		if i >= 20 {
			creator = bob
		}
		rooms = append(rooms, h.create(room.Create{Creator: creator, Preset: "private_chat"}))
	}
	return rooms
}

// fill writes posts past room.Append, which would sign each of them.
func (h *house) fill(rooms []string) {
	h.t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	words := rand.NewZipf(random, 1.1, 1, 50_000)
	for done := 0; done < *events; done += 1000 {
		err := h.db.Write(context.Background(), func(tx *store.Tx) error {
			for i := range 1000 {
				if err := insertPost(tx, rooms[random.IntN(len(rooms))], done+i, sentence(words)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

func sentence(words *rand.Zipf) string {
	said := make([]string, 12)
	for i := range said {
		n := words.Uint64()
		if said[i] = fmt.Sprintf("w%d", n); n >= 500 {
			said[i] += "x"
		}
	}
	return strings.Join(said, " ")
}

func insertPost(tx *store.Tx, roomID string, n int, body string) error {
	at, err := tx.Next()
	if err != nil {
		return err
	}
	pdu, err := json.Marshal(M{"type": "m.room.message", "sender": bob, "room_id": roomID, "origin_server_ts": tx.Now.UnixMilli(), "depth": 9,
		"content": M{"msgtype": "m.text", "body": body}, "hashes": M{"sha256": strings.Repeat("h", 43)}, "signatures": M{"hub": strings.Repeat("s", 86)}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO events (position, event_id, room_id, type, sender, origin_ts, depth, pdu)
		VALUES ($1, $2, $3, 'm.room.message', $4, $5, 9, $6)`, at, fmt.Sprintf("$post%d", n), roomID, bob, tx.Now.UnixMilli(), pdu)
	return err
}

// readAll has the index read the log, and says what that costs.
func (h *house) readAll(b *testing.B) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- h.search.Run(ctx) }()
	for read, of := store.Position(0), store.Position(1); read < of; {
		if err := h.db.Read(b.Context(), func(tx *store.Tx) (err error) { read, of, err = search.Progress(tx); return err }); err != nil {
			b.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Logf("the index reads a post in %v", time.Since(began)/time.Duration(*events))
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// benchPosts posts while the index follows, as a hub does.
func (h *house) benchPosts(b *testing.B, roomID string) {
	for _, followed := range []bool{false, true} {
		b.Run(fmt.Sprintf("followed=%v", followed), func(b *testing.B) {
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			ended <- nil
			if followed {
				<-ended
				go func() { ended <- h.search.Run(ctx) }()
			}
			for b.Loop() {
				h.post(roomID, alice, "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12")
			}
			stop()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}
