package feed

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"panah/hub/store"
)

// Frame is one message of the stream, made once and given to every session that it concerns. It is not changed after it was pushed.
type Frame struct {
	JSON     []byte         // the message, UTF-8
	Position store.Position // everything up to here has been told; it is the message's next_batch
	Idle     bool           // says only that the line lives: a sink that was told something lately may drop it
	Urgent   bool           // holds an alert
	Early    *Frame         // of an urgent one: its alerts alone, without a position, for a sink with more waiting than its device can read
	Ask      bool           // the sink should find out whether the device took it: it may hold an alert
	Own      bool           // what one session lacked, or a few that lacked the same: no room bounds how much there is of such frames

	packed [2]packing
	queues atomic.Int32
}

// Hold notes that one more queue has the frame, and reports whether it is the first.
func (f *Frame) Hold() bool { return f.queues.Add(1) == 1 }

// LetGo notes that a queue has it no longer, and reports whether it was the last.
func (f *Frame) LetGo() bool { return f.queues.Add(-1) == 0 }

// Overtakes tells that a frame goes before all that waits: alerts alone, without a position. What it passes comes after it, and so does it
// itself once more, in its place.
func (f *Frame) Overtakes() bool { return f.Urgent && f.Position == 0 }

type packing struct {
	once  sync.Once
	bytes []byte
}

// Packed gives the frame's form for the wire, made by pack at the first call for that form and shared afterwards.
// There are two forms, plain and compressed.
func (f *Frame) Packed(compressed bool, pack func(text []byte) []byte) []byte {
	p := &f.packed[0]
	if compressed {
		p = &f.packed[1]
	}
	p.once.Do(func() { p.bytes = pack(f.JSON) })
	return p.bytes
}

// Sink is where a device's frames go: a session of the gateway. Push takes one frame or several that belong together in their order.
// It never waits, never calls the feed and does not keep the list; a sink that cannot keep up ends itself.
type Sink interface {
	Push(frames ...*Frame)
}

// alike finds frames that were made before with the same bytes. When thousands of sessions come back at once, most lack the same;
// then their frame is compressed, and kept in queues, only once.
type alike struct {
	mu   sync.Mutex
	kept map[uint64]*Frame
}

const (
	alikeKept = 64      // frames kept for those who come next
	alikeFrom = 512     // bytes from which looking is worth it
	alikeMost = 1 << 20 // bytes up to which a frame is kept
)

var alikeSeed = maphash.MakeSeed()

// share gives the earlier frame if there is one, else the one given.
func (k *alike) share(f *Frame) *Frame {
	if len(f.JSON) < alikeFrom || len(f.JSON) > alikeMost {
		return f
	}
	key := maphash.Bytes(alikeSeed, f.JSON)
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.kept[key]; old != nil && old.Position == f.Position && bytes.Equal(old.JSON, f.JSON) {
		return old
	}
	if k.kept == nil || len(k.kept) >= alikeKept {
		k.kept = make(map[uint64]*Frame, alikeKept)
	}
	k.kept[key] = f
	return f
}

// forget lets go of all of them: a storm lasts seconds.
func (k *alike) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = nil
}
