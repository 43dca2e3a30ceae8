package room

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/matrix-org/gomatrixserverlib"
	"github.com/matrix-org/gomatrixserverlib/spec"
)

var smith = signer{"hub.example", "ed25519:forge", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}

var forgedAt = time.UnixMilli(1_764_195_000_123)

// built is the same event as the library's builder makes it.
func built(proto gomatrixserverlib.ProtoEvent, prev, auth []string) (gomatrixserverlib.PDU, error) {
	proto.PrevEvents, proto.AuthEvents = prev, auth
	builder := gomatrixserverlib.MustGetRoomVersion(Version).NewEventBuilderFromProtoEvent(&proto)
	return builder.Build(forgedAt, smith.server, smith.id, smith.key)
}

func sameAsTheLibrary(t *testing.T, eventType, content string, depth int64, prev, auth []string) {
	t.Helper()
	proto := gomatrixserverlib.ProtoEvent{SenderID: "@a<&>:hub.example", RoomID: "!a'b:hub.example", Type: eventType, Content: spec.RawJSON(content), Depth: depth}
	if !forgeable(&proto) {
		return
	}
	want, wantErr := built(proto, prev, auth)
	got, err := forge(&proto, prev, auth, forgedAt, smith)
	if (err == nil) != (wantErr == nil) || err != nil && !errors.Is(buildFault(err), buildFault(wantErr)) {
		t.Fatalf("%q: got the error %v, the library says %v", content, err, wantErr)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(string(want.JSON()), string(got.JSON())); diff != "" {
		t.Errorf("%q (-library +forge):\n%s", content, diff)
	}
	if got.EventID() != want.EventID() {
		t.Errorf("%q: the id is %s, the library says %s", content, got.EventID(), want.EventID())
	}
}

func TestForgeMakesWhatTheLibraryMakes(t *testing.T) {
	for _, content := range []string{
		`{}`, ` { "b" : 1 , "a" : [ 1, {"d":null,"c":true} ] } `, `{"body":"<b>&amp;\u003c\u2028 ҷой 🙂 \n\"\\"}`, `{"a":"\ud83d\ude42","\u0061":1}`,
		`{"n":9007199254740991}`, `{"n":9007199254740992}`, `{"n":1.5}`, `{"n":-0}`, `{"n":1e3}`, `{"a":{"b":[{"n":1.5}]}}`,
		`{"msgtype":"m.text","body":"Мо ҷой меёбем","m.relates_to":{"event_id":"$x","rel_type":"m.thread"}}`,
		`{"hashes":{"sha256":"x"},"signatures":{},"type":"m.room.create"}`, `{`, `[]`, `"a"`, ``,
	} {
		for _, eventType := range []string{"m.room.message", "m.reaction", "network.panah.alert", "a b~<>&"} {
			sameAsTheLibrary(t, eventType, content, 7, []string{"$a"}, []string{"$b", "$c", "$d"})
		}
		sameAsTheLibrary(t, "m.room.message", content, maxDepth, []string{"$a", "$b"}, []string{})
	}
}

func TestForgeLeavesWhatRedactionKeepsToTheLibrary(t *testing.T) {
	for eventType := range protected {
		if forgeable(&gomatrixserverlib.ProtoEvent{Type: eventType}) {
			t.Errorf("%s is forged", eventType)
		}
	}
	empty := ""
	for name, proto := range map[string]gomatrixserverlib.ProtoEvent{
		"state": {Type: "m.room.topic", StateKey: &empty}, "a type with a quote": {Type: `a"b`}, "a type in another script": {Type: "хабар"},
		"a control character": {Type: "a\nb"}, "DEL": {Type: "a\x7f"}, "a sender with a backslash": {Type: "m.x", SenderID: `@a\:hub.example`},
	} {
		if forgeable(&proto) {
			t.Errorf("%s is forged", name)
		}
	}
}

func TestAForgedEventIsBounded(t *testing.T) {
	for _, size := range []int{60_000, 64_900, 65_000, 65_100, 65_200, 70_000} {
		content := fmt.Sprintf(`{"body":"%0*d"}`, size, 0)
		sameAsTheLibrary(t, "m.room.message", content, 1, []string{"$a"}, []string{"$b"})
	}
}

func FuzzForge(f *testing.F) {
	f.Add("m.room.message", `{"body":"x","n":[1,2,{"z":0,"a":""}]}`, int64(3))
	f.Add("m.sticker", `{"\u0000":"\ud800","é":1E400}`, int64(-1))
	f.Fuzz(func(t *testing.T, eventType, content string, depth int64) {
		d := Draft{RoomID: "!a:hub.example", Sender: "@a:hub.example", Type: eventType, Content: spec.RawJSON(content)}
		checked, err := d.check() // as whatever is appended
		if err != nil {
			return
		}
		sameAsTheLibrary(t, eventType, string(checked), depth, []string{"$a"}, []string{"$b"})
	})
}

// BenchmarkForge has the library's builder beside it.
func BenchmarkForge(b *testing.B) {
	proto := gomatrixserverlib.ProtoEvent{SenderID: "@a:hub.example", RoomID: "!a:hub.example", Type: "m.room.message", Depth: 9,
		Content: spec.RawJSON(`{"msgtype":"m.text","body":"Мо ба шумо ҷой меёбем, лутфан интизор шавед","network.panah.language":"tg"}`)}
	prev, auth := []string{"$f1Ul1PZrUKmyYBRiGmhDX8gbJJZUwD1ZmVrXBzR9a2A"}, []string{"$a", "$b", "$c"}
	b.Run("forge", func(b *testing.B) {
		for b.Loop() {
			if _, err := forge(&proto, prev, auth, forgedAt, smith); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			if _, err := built(proto, prev, auth); err != nil {
				b.Fatal(err)
			}
		}
	})
}
