package code

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"panah/locales"
)

// TestNoTextIsUnused: the catalog of alerts has what the table can ask for, and nothing else.
func TestNoTextIsUnused(t *testing.T) {
	want := map[string]bool{
		"alert.headline": true, "alert.from_to": true, "alert.aged": true, "alert.older": true, "alert.age_band": true, "alert.age_over": true,
	}
	for _, key := range marks {
		want[key] = true
	}
	for _, names := range nouns {
		for _, noun := range names {
			want["alert.one."+noun], want["alert.people."+noun] = true, true
		}
	}
	for _, spec := range All() {
		want["alert.code."+spec.Code] = true
		for _, slot := range spec.Slots {
			want["alert.slot."+slot.Name] = true
		}
		for _, ways := range append(spec.Clauses, []clause{spec.Title}) {
			for _, way := range ways {
				asked(spec, way, want)
			}
		}
	}
	for kind, values := range table().Types {
		for _, value := range values {
			if kind != "age" || value == "child" || value == "adult" { // the others are written with their numbers
				want["alert."+string(kind)+"."+value] = true
			}
		}
	}
	for _, unit := range Units() {
		named(unit, want)
	}
	var have map[string]any
	if err := json.Unmarshal(locales.Catalog("alerts", locales.Source), &have); err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if !want[key] {
			t.Errorf("nothing asks for %s", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if have[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
}

func asked(spec Spec, way clause, want map[string]bool) {
	if way.Of == "" {
		want[way.Say] = true
		return
	}
	slot, _ := spec.Slot(way.Of)
	for _, value := range slot.Values() {
		want[way.Say+"."+value] = true
	}
}

func named(unit Unit, want map[string]bool) {
	of := unit.Kind
	switch unit.Kind {
	case "country":
		of = unit.Code
	case "single":
		of = unit.Code
		want["alert.name."+of] = true
	default:
		want["place."+unit.Code], want["alert.name."+of] = true, true
	}
	for _, form := range []string{"in", "from", "to"} {
		want["alert."+form+"."+of] = true
	}
}
