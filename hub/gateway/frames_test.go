package gateway

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/fault"
	"panah/hub/feed"
)

// golden gives the frames whose names begin with one of the prefixes.
func golden(t *testing.T, prefixes ...string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/frames/*.json")
	if err != nil {
		t.Fatal(err)
	}
	frames := make(map[string][]byte)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		for _, prefix := range prefixes {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if frames[name], err = os.ReadFile(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(frames) == 0 {
		t.Fatalf("no golden frames of %v", prefixes)
	}
	return frames
}

func TestEveryGoldenFrameIsTested(t *testing.T) {
	all, known := golden(t, ""), golden(t, "delta-", "early-", "initial", "heartbeat", "reply-", "call-")
	if len(all) != len(known) {
		t.Errorf("%d golden frames, of which %d are tested", len(all), len(known))
	}
}

// TestGoldenDeltas: what the hub pushes has no member that the real types do not know, and they write it just so.
func TestGoldenDeltas(t *testing.T) {
	for name, want := range golden(t, "delta-", "initial", "heartbeat") {
		var response feed.Response
		d := json.NewDecoder(bytes.NewReader(want))
		d.DisallowUnknownFields()
		if err := d.Decode(&response); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := feed.ParseToken(response.NextBatch); err != nil {
			t.Errorf("%s: token: %v", name, err)
		}
		same(t, name, want, encode(&response))
	}
}

// TestGoldenEarly: what overtakes is a change without a position, and nothing else.
func TestGoldenEarly(t *testing.T) {
	for name, want := range golden(t, "early-") {
		var response feed.Response
		d := json.NewDecoder(bytes.NewReader(want))
		d.DisallowUnknownFields()
		if err := d.Decode(&response); err != nil || response.Alert == nil || bytes.Contains(want, []byte("_batch")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func same(t *testing.T, name string, want, got []byte) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("%s (-golden +written):\n%s", name, diff)
	}
}

// TestGoldenReplies: the replies are written by the code that sessions use.
func TestGoldenReplies(t *testing.T) {
	frames := golden(t, "reply-")
	fails := func(id string, f *fault.Fault, said string) []byte {
		return encode(reply{ID: id, Error: errorBody(f, said)})
	}
	written := map[string][]byte{
		"reply-result":     encode(reply{ID: "7", Result: appended{"$8vT4mXJd0mYvVb8gq1Kb2yq8mQm3mK3m2v1o0hQ7aZw"}}),
		"reply-empty":      encode(reply{ID: "8", Result: nothing{}}),
		"reply-error":      fails("9", fault.Forbidden("error.not_member"), "You are not a member of this channel."),
		"reply-limit":      fails("10", fault.LimitExceeded(2*time.Second), "Too many tries. Please wait 2 seconds."),
		"reply-unreadable": fails("", fault.NotJSON(), "This could not be read."),
	}
	for name, want := range frames {
		if written[name] == nil {
			t.Errorf("%s is not written by anything", name)
			continue
		}
		same(t, name, want, written[name])
	}
}

// TestGoldenCalls: every method has an example that is read without anything being left over, and nothing else is a method.
func TestGoldenCalls(t *testing.T) {
	params := map[string]func() any{
		"ping": func() any { return new(nothing) }, "send": func() any { return new(sendParams) }, "state": func() any { return new(stateParams) },
		"redact": func() any { return new(redactParams) }, "typing": func() any { return new(typingParams) },
		"read_markers": func() any { return new(markerParams) }, "presence": func() any { return new(presenceParams) },
	}
	shown := make(map[string]bool)
	for name, text := range golden(t, "call-") {
		c, err := decodeCall(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, known := methods[c.Method]; !known {
			t.Errorf("%s: method %q is unknown", name, c.Method)
			continue
		}
		shown[c.Method] = true
		if err := decode(c.Params, params[c.Method]()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name := range methods {
		if !shown[name] {
			t.Errorf("no golden frame calls %s", name)
		}
	}
}

func TestDecodeCallRefuses(t *testing.T) {
	tests := map[string]struct {
		frame string
		want  *fault.Fault
	}{
		"nothing":        {``, fault.NotJSON()},
		"no JSON":        {`{"id":"1"`, fault.NotJSON()},
		"no UTF-8":       {"{\"id\":\"\xff\"}", fault.NotJSON()},
		"a list":         {`[]`, fault.BadJSON()},
		"null":           {`null`, fault.BadJSON()},
		"id a number":    {`{"id":7,"method":"ping","params":{}}`, fault.BadJSON()},
		"unknown member": {`{"id":"7","method":"ping","params":{},"x":1}`, fault.BadJSON()},
		"two values":     {`{"id":"7"}{}`, fault.NotJSON()},
		"no id":          {`{"method":"ping","params":{}}`, fault.InvalidParam("error.call_id")},
		"long id":        {`{"id":"` + strings.Repeat("x", 65) + `","method":"ping"}`, fault.InvalidParam("error.call_id")},
		"no method":      {`{"id":"7"}`, fault.MissingParam("method")},
	}
	for name, test := range tests {
		if _, err := decodeCall([]byte(test.frame)); !test.want.Is(err) && !isFault(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func isFault(err error, want *fault.Fault) bool { return err != nil && fault.From(err).Is(want) }

// FuzzDecodeCall: no frame from a stranger panics, and what is taken has an id within its bounds and a method.
func FuzzDecodeCall(f *testing.F) {
	files, err := filepath.Glob("testdata/frames/call-*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"id":"\u0000","method":"send","params":[[[[[[]]]]]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := decodeCall(text)
		if err != nil {
			if fault.From(err).Status >= http.StatusInternalServerError {
				t.Fatalf("a frame is our own mistake: %v", err)
			}
			return
		}
		if c.ID == "" || len(c.ID) > idLimit || c.Method == "" {
			t.Fatalf("taken: %+v", c)
		}
		roomOf(c.Params)
		for _, into := range []any{new(sendParams), new(stateParams), new(redactParams), new(typingParams), new(markerParams), new(presenceParams)} {
			_ = decode(c.Params, into) // it must only not panic
		}
	})
}
