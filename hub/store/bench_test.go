package store_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"panah/hub/store"
	"panah/hub/store/storetest"
)

// BenchmarkWrite appends rows of the size of an event, each answered after its durable commit.
func BenchmarkWrite(b *testing.B) {
	pdu := []byte(strings.Repeat("x", 575))
	addresses := map[string]func(testing.TB) string{"sqlite": storetest.SQLiteAddress}
	if os.Getenv("PANAH_TEST_POSTGRES") != "" {
		addresses["postgres"] = storetest.PostgresAddress
	}
	for engine, address := range addresses {
		for _, senders := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/senders=%d", engine, senders), func(b *testing.B) {
				appendRows(b, storetest.Open(b, address(b)), senders, pdu)
			})
		}
	}
}

func appendRows(b *testing.B, db *store.DB, senders int, pdu []byte) {
	var n atomic.Int64
	b.SetParallelism(senders)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := db.Write(b.Context(), func(tx *store.Tx) error {
				at, err := tx.Next()
				if err != nil {
					return err
				}
				_, err = tx.Exec(`INSERT INTO events (position, event_id, room_id, type, sender, origin_ts, depth, pdu)
					VALUES ($1, $2, '!r:x', 'm.room.message', '@a:x', 0, 0, $3)`, at, fmt.Sprint("$", n.Add(1)), pdu)
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
