package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"panah/hub/gateway"
	"panah/hub/room"
	"panah/hub/store/storetest"
)

// told is a writer that says when something was written to it.
type told chan struct{}

func (t told) Write(p []byte) (int, error) {
	t <- struct{}{}
	return len(p), nil
}

// TestManyWhoComeBackAndReadNothing: each of them lacks something else, and all of it together has its bound. Who reads misses nothing, and who
// was cut gets everything when they come back.
func TestManyWhoComeBackAndReadNothing(t *testing.T) {
	const letters = 20_000                                // of a post; a picture of twenty is 200 KB on the line, and the sockets hold a third of that
	const most, mute, picture = 5 << 20, 24, 20 * letters // the last of them in bytes, at least
	cuts := make(told, mute)
	n := inProcess(t, storetest.SQLite(t), gateway.Options{Backlog: most, Log: slog.New(slog.NewTextHandler(cuts, nil))})
	id := n.Room("@a:hub.example", room.Create{})
	n.Join(id, "@b:hub.example")
	quick := n.open("@b:hub.example", "")
	quick.next()
	say := func(number int) string {
		body := noise(number, letters)
		n.Say(id, "@a:hub.example", body)
		quick.body(body)
		return body
	}
	for i := range 20 {
		say(i)
	}
	last := ""
	for i := range mute {
		last = say(100 + i)
		c := n.narrow("@b:hub.example", 4096)
		if _, err := c.conn.NetConn().Read(make([]byte, 1)); err != nil {
			t.Fatalf("mute session %d got nothing: %v", i, err)
		}
	}
	for n.gateway.Stats().Held > most {
		<-cuts
	}
	stats := n.gateway.Stats()
	if want := int64(mute - most/picture); stats.Slow < want {
		t.Errorf("%d were cut, want at least %d", stats.Slow, want)
	}
	if stats.Slow >= mute {
		t.Errorf("all %d were cut, though some had room", stats.Slow)
	}
	n.open("@b:hub.example", "").body(last)
	say(1000)
}

// noise is so many letters, or a few more, that no packing makes shorter than half.
func noise(number, letters int) string {
	var b strings.Builder
	for i := 0; b.Len() < letters; i++ {
		sum := sha256.Sum256(fmt.Append(nil, number, i))
		b.WriteString(hex.EncodeToString(sum[:]))
	}
	return b.String()
}
