package clientapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"panah/hub/fault"
)

func TestStrictJSON(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	tests := []struct {
		name, body string
		want       *fault.Fault
	}{
		{"an object", `{"a":1,"b":[{"a":2}]}`, nil},
		{"a name again in another object", `{"a":{"a":1},"b":{"a":1}}`, nil},
		{"a pair of surrogates", `{"a":"\ud83d\ude00"}`, nil},
		{"an escaped backslash before u", `{"a":"\\u0000"}`, nil},
		{"as deep as allowed", deep, nil},
		{"quotes and braces in text", `{"a":"}\"{[:","b":":"}`, nil},
		{"nothing", ``, fault.NotJSON()},
		{"half an object", `{"a":`, fault.NotJSON()},
		{"two values", `{} {}`, fault.NotJSON()},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", fault.NotJSON()},
		{"a UTF-8 surrogate", "{\"a\":\"\xed\xa0\x80\"}", fault.NotJSON()},
		{"too deep", "[" + deep + "]", fault.BadJSON()},
		{"a name twice", `{"a":1,"a":2}`, fault.BadJSON()},
		{"a name twice, once escaped", `{"a":1,"\u0061":2}`, fault.BadJSON()},
		{"half a pair", `{"a":"\ud83d"}`, fault.BadJSON()},
		{"the other half", `{"a":"\ude00"}`, fault.BadJSON()},
		{"a pair of the wrong second", `{"a":"\ud83d\u0041"}`, fault.BadJSON()},
		{"the null character", `{"a":"\u0000"}`, fault.BadJSON()},
		{"the null character in a name", `{"\u0000":1}`, fault.BadJSON()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := checkJSON([]byte(test.body))
			if test.want == nil && err != nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestDecodeNamesTheTrouble(t *testing.T) {
	var out struct {
		Number int `json:"number"`
	}
	if err := decode([]byte(`{"number":"three"}`), &out); !errors.Is(err, fault.BadJSON()) {
		t.Errorf("a wrong type: got %v", err)
	}
	if err := decode([]byte(`{"number":3,"unknown":{}}`), &out); err != nil || out.Number != 3 {
		t.Errorf("an unknown member: got %v, %v", out, err)
	}
}

// FuzzStrictJSON: whatever passes can be read again by the standard library, and nothing makes the check fall over.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"\ud83d\ude00","b":[1,{"c":null}]}`, `"\\"`, `{"a":"\u00`, "\"\\u12", `[[[]]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if checkJSON(body) != nil {
			return
		}
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Errorf("%q passed but cannot be read: %v", body, err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkJSON(again); err != nil {
			t.Errorf("%q passed, but not as %q: %v", body, again, err)
		}
	})
}
