package gateway_test

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"panah/hub/broker"
	"panah/hub/gateway"
	"panah/hub/room"
	"panah/hub/store/storetest"
)

// BenchmarkFanOut is one post to so many sessions of one channel, the reading of the bytes included.
func BenchmarkFanOut(b *testing.B) {
	for _, sessions := range []int{100, 1000} {
		b.Run(fmt.Sprint(sessions), func(b *testing.B) {
			brk := broker.InProcess()
			b.Cleanup(func() { brk.Close() })
			n := start(b, storetest.SQLite(b), brk, gateway.Options{})
			id := n.Room("@a:hub.example", room.Create{})
			n.Join(id, "@b:hub.example")
			n.Caught(n.Attach("@b:hub.example", "", ""))
			var reading sync.WaitGroup
			for range sessions {
				c := n.open("@b:hub.example", "")
				c.next()
				reading.Go(func() { drain(c.conn.NetConn()) })
			}
			line := n.Attach("@b:hub.example", "", "")
			defer line.Detach()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				n.Say(id, "@a:hub.example", fmt.Sprint("салом ", i))
				n.Caught(line)
			}
			b.StopTimer()
			if err := n.gateway.Close(b.Context()); err != nil {
				b.Error(err)
			}
			reading.Wait()
		})
	}
}

func drain(conn net.Conn) {
	_, _ = io.Copy(io.Discard, conn) // it ends with the session
	conn.Close()
}
