package code_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"panah/hub/alert/code"
	"panah/hub/fault"
)

// strange is one entry of testdata/decode.json, which the client's test reads as well.
type strange struct {
	Code  string          `json:"code"`
	Slots json.RawMessage `json:"slots"`
	Key   string          `json:"key"`
	Slot  string          `json:"slot"`
}

func TestDecode(t *testing.T) {
	raw, err := os.ReadFile("testdata/decode.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []strange
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	all = append(all,
		strange{"drill", json.RawMessage(`{"scenario":"missing"`), "error.alert_slots", ""},
		strange{"drill", json.RawMessage(`{"scenario":"` + strings.Repeat("x", code.MaxBytes) + `"}`), "error.alert_slots", ""},
		strange{"transit", nil, "error.alert_slot_missing", "count"})
	for _, c := range all {
		_, err := code.Decode(c.Code, c.Slots)
		var f *fault.Fault
		switch {
		case c.Key == "" && err != nil:
			t.Errorf("%s %s: %v", c.Code, c.Slots, err)
		case c.Key == "":
		case !errors.As(err, &f) || f.Key != c.Key || c.Slot != "" && f.Extra["network.panah.slot"] != c.Slot:
			t.Errorf("%s %s: got %v, want %s of %q", c.Code, c.Slots, err, c.Key, c.Slot)
		}
	}
}

// FuzzDecode: whatever comes in is refused or stays the same when it is written and read again, and can be said.
func FuzzDecode(f *testing.F) {
	for _, spec := range code.All() {
		f.Add(spec.Code, []byte(`{"count":1,"area":"AF-HER","from":"UZ-SU","window":[1793000000],"contact":"a"}`))
	}
	f.Add("transit", []byte(`{"count":3,"sex":"female","age":"60-","from":"AF-HER","to":"TM-M","window":[1793000000,1793010000]}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		slots, err := code.Decode(name, data)
		if err != nil {
			var known *fault.Fault
			if !errors.As(err, &known) {
				t.Fatalf("%v is no fault", err)
			}
			return
		}
		written, err := json.Marshal(slots)
		if err != nil {
			t.Fatal(err)
		}
		again, err := code.Decode(name, written)
		if err != nil {
			t.Fatalf("%s was read, %s was not: %v", data, written, err)
		}
		if second, _ := json.Marshal(again); string(second) != string(written) {
			t.Errorf("%s became %s", written, second)
		}
		said := code.ReaderOf("en", "", "", nil)
		if alert := (code.Alert{Code: name, Slots: again}); said.Sentence(alert) == "" || said.Headline(alert) == "" {
			t.Errorf("%s of %s says nothing", name, written)
		}
	})
}
