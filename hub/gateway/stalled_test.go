package gateway_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"panah/hub/gateway"
	"panah/hub/room"
	"panah/hub/store/storetest"
)

const (
	stalledMany = 300
	// stalledCost is what a client that does not read may cost, in bytes: its session, its queue's places, a goroutine for the full socket and what that was
	// given of the frames, which all sessions share.
	stalledCost = 20 << 10
)

// TestManyWhoStopReading: they cost a bounded memory each, however much they have not read; whoever reads misses nothing meanwhile.
func TestManyWhoStopReading(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Bounds: gateway.Bounds{Frames: 100, Bytes: 4 << 20}})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	n.Join(id, "@stalled:hub.example")
	quick := n.open("@b:hub.example", "")
	for range stalledMany {
		n.narrow("@stalled:hub.example", 4096).next() // it is attached
	}
	said := 0
	say := func(many int) {
		for range many {
			said++
			text := fmt.Sprint("nr", said, " ", strings.Repeat(fmt.Sprint(said), 5000))
			n.Say(id, "@a:hub.example", text)
			quick.until(func(f map[string]any) bool {
				return strings.Contains(fmt.Sprint(f["rooms"]), fmt.Sprint("nr", said, " "))
			})
		}
	}
	before := heap()
	costs := func(when string) {
		t.Helper()
		if cost := (heap() - before) / stalledMany; cost > stalledCost {
			t.Errorf("%s each costs %d bytes, want at most %d", when, cost, stalledCost)
		}
	}
	say(80) // less than the queues hold, and more than the sockets do
	if got := n.gateway.Sessions(); got != stalledMany+1 {
		t.Fatalf("%d sessions are open, want %d", got, stalledMany+1)
	}
	costs("while the queues fill")
	say(200)
	costs("when they are full")
}

// TestWhoStopsReadingIsLeftBehind: a client whose socket stays full is given no more than its queue holds already, however much is said, and keeps its
// line; when it reads again it comes to all that was said last.
func TestWhoStopsReadingIsLeftBehind(t *testing.T) {
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Bounds: gateway.Bounds{Frames: 150, Bytes: 4 << 20}, Slowly: time.Millisecond})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	n.Join(id, "@stalled:hub.example")
	quick, stalled := n.open("@b:hub.example", ""), n.narrow("@stalled:hub.example", 4096)
	stalled.next() // it is attached
	said := 0
	say := func() string {
		said++
		mark := fmt.Sprint("nr", said, " ")
		n.Say(id, "@a:hub.example", mark+strings.Repeat(fmt.Sprint(said), 5000))
		quick.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["rooms"]), mark) })
		return mark
	}
	for n.gateway.Stats().Parked == 0 {
		if say(); said > 140 {
			t.Fatal("it is told everything, whether it reads or not")
		}
	}
	for range 300 { // twice what the queue holds
		say()
	}
	last := say()
	stalled.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["rooms"]), last) })
	now := say()
	stalled.until(func(f map[string]any) bool { return strings.Contains(fmt.Sprint(f["rooms"]), now) })
}

// heap is what is in use, in bytes. What is kept in a sync.Pool, as the compressors of each processor are, is no session's, and goes with the second round.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) + int64(m.StackInuse)
}
