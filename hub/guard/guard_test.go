package guard_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"panah/hub/guard"
)

// finding is one of a case: what is shown to the person, and why.
type finding struct {
	Kind  guard.Kind `json:"kind"`
	Shown string     `json:"shown"`
}

func find(text string) []finding {
	found := []finding{}
	for _, f := range guard.Find(text) {
		found = append(found, finding{f.Kind, text[f.Start:f.End]})
	}
	return found
}

// TestCases reads the table that the client's test reads as well.
func TestCases(t *testing.T) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Language, Text string
		Findings       []finding
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	with, without := map[string]int{}, map[string]int{}
	for _, c := range cases {
		if len(c.Findings) > 0 {
			with[c.Language]++
		} else {
			without[c.Language]++
		}
		if diff := cmp.Diff(c.Findings, find(c.Text)); diff != "" {
			t.Errorf("%s: %s\n%s", c.Language, c.Text, diff)
		}
	}
	for _, language := range []string{"en", "fa-AF", "ps", "tg", "uz", "tk", "ur", "ru"} {
		if with[language] < 12 || without[language] < 12 {
			t.Errorf("%s has %d cases with findings and %d without, want 12 of each", language, with[language], without[language])
		}
	}
}

func TestNames(t *testing.T) {
	got := guard.Names("House 12, tel 0701234567 or 0791234567")
	if want := []string{"phone", "address"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := guard.Names("Three girls at 14:30"); got != nil {
		t.Errorf("got %v", got)
	}
}

// FuzzFind: findings lie within the text, on whole characters, in order and apart.
func FuzzFind(f *testing.F) {
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		f.Fatal(err)
	}
	var cases []struct{ Text string }
	if err := json.Unmarshal(raw, &cases); err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.Text)
	}
	for _, piece := range []string{"0 ", "+", "1.234,", "geo:1", "°'", "born ", "house ", "12-", "a'", "\u0301", "\xff", "passport P", "جلد ۱ صفحه ۲ "} {
		f.Add(strings.Repeat(piece, 2000))
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, found := range guard.Find(text) {
			if found.Start < last || found.End <= found.Start || found.End > len(text) {
				t.Fatalf("%+v after %d in %q", found, last, text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[found.Start:found.End]) {
				t.Fatalf("%+v cuts a character of %q", found, text)
			}
			last = found.End
		}
	})
}
