package code_test

import (
	"encoding/json"
	"errors"
	"testing"

	"panah/hub/alert/code"
	"panah/hub/fault"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct{ code, slots, key, slot string }{
		{"transit", `{"count":3,"sex":"female","age":"13-15","from":"AF-HER","to":"TM-M","transport":"minibus","window":[1793000000,1793010000],"contact":"org-1"}`, "", ""},
		{"transit", `{"count":3,"from":"AF"}`, "", ""},
		{"transit", `{"count":3,"from":"AF-HER","to":null}`, "", ""},
		{"nothing", `{}`, "error.alert_code", ""},
		{"drill", `[]`, "error.alert_slots", ""},
		{"drill", `{"scenario":"missing"`, "error.alert_slots", ""},
		{"transit", ``, "error.alert_slot_missing", "count"},
		{"transit", `{"count":3}`, "error.alert_slot_missing", "from"},
		{"transit", `{"count":0,"from":"AF-HER"}`, "error.alert_slot_wrong", "count"},
		{"transit", `{"count":1000,"from":"AF-HER"}`, "error.alert_slot_wrong", "count"},
		{"transit", `{"count":1.5,"from":"AF-HER"}`, "error.alert_slot_wrong", "count"},
		{"transit", `{"count":"3","from":"AF-HER"}`, "error.alert_slot_wrong", "count"},
		{"transit", `{"count":3,"from":"IR-09"}`, "error.alert_slot_wrong", "from"},
		{"transit", `{"count":3,"from":"AF-HER","to":"AF-HER"}`, "error.alert_slot_wrong", "to"},
		{"transit", `{"count":3,"from":"AF-HER","transport":"camel"}`, "error.alert_slot_wrong", "transport"},
		{"transit", `{"count":3,"from":"AF-HER","contact":"a b"}`, "error.alert_slot_wrong", "contact"},
		{"transit", `{"count":3,"from":"AF-HER","name":"x"}`, "error.alert_slot_unknown", "name"},
		{"transit", `{"count":3,"from":"AF-HER","window":[]}`, "error.alert_window", "window"},
		{"transit", `{"count":3,"from":"AF-HER","window":[1793010000,1793000000]}`, "error.alert_window", "window"},
		{"transit", `{"count":3,"from":"AF-HER","window":[1793000000,1803000000]}`, "error.alert_window", "window"},
		{"transit", `{"count":3,"from":"AF-HER","window":[1]}`, "error.alert_window", "window"},
		{"unaccompanied", `{"count":1,"age":"18-24","area":"PK-KP"}`, "error.alert_slot_wrong", "age"},
	} {
		_, err := code.Decode(c.code, []byte(c.slots))
		if c.key == "" {
			if err != nil {
				t.Errorf("%s %s: %v", c.code, c.slots, err)
			}
			continue
		}
		var f *fault.Fault
		if !errors.As(err, &f) || f.Key != c.key || c.slot != "" && f.Extra["network.panah.slot"] != c.slot {
			t.Errorf("%s %s: got %v, want %s of %q", c.code, c.slots, err, c.key, c.slot)
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
