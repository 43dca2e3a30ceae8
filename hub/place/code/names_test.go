package code

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"panah/locales"
)

// TestEachCodeHasItsName: in each language, and nothing in the catalogs names a code that no list has.
func TestEachCodeHasItsName(t *testing.T) {
	want := map[string]bool{}
	for list, codes := range table() {
		for _, code := range codes {
			want["place."+string(list)+"."+code] = list != rooms
		}
	}
	for _, tag := range locales.Tags() {
		have := sentences(t, "active", tag)
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if want[key] && have[key] == nil {
				t.Errorf("%s lacks %s", tag, key)
			}
		}
		for key := range have {
			if list, _, _ := strings.Cut(strings.TrimPrefix(key, "place."), "."); table()[List(list)] != nil && strings.HasPrefix(key, "place.") && !want[key] {
				t.Errorf("%s names %s, which is in no list", tag, key)
			}
		}
	}
}

// TestLanguagesAreCalledTheSame on alerts and on places.
func TestLanguagesAreCalledTheSame(t *testing.T) {
	for _, tag := range locales.Tags() {
		alerts, here := sentences(t, "alerts", tag), sentences(t, "active", tag)
		for _, code := range Language.All() {
			said, _ := alerts["alert.spoken."+code].(string)
			got, _ := here["place.language."+code].(string)
			if !strings.EqualFold(said, got) {
				t.Errorf("%s calls %s %q on places, and %q on alerts", tag, code, got, said)
			}
		}
	}
}

func sentences(t *testing.T, catalog, tag string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(locales.Catalog(catalog, tag), &all); err != nil {
		t.Fatal(err)
	}
	return all
}
