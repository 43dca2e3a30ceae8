package code_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"panah/hub/alert/code"
	"panah/locales"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is one alert that both the hub and its client write, in testdata/cases.json.
type golden struct {
	Name   string     `json:"name"`
	Code   string     `json:"code"`
	Slots  code.Slots `json:"slots"`
	Status string     `json:"status,omitempty"`
	Kind   string     `json:"kind,omitempty"`
}

// countries are where the reader of each golden file is, which decides calendar, clock and time zone. The client's test has them too.
var countries = map[string]string{"fa-AF": "AF", "ps": "AF", "tg": "TJ", "uz": "UZ", "tk": "TM", "ur": "PK", "ru": "TJ", "en": "UZ"}

// contact is a name that would turn a sentence around if it were not isolated.
const contact = "Паноҳ – پناه"

func readerOf(tag string) code.Reader {
	return code.ReaderOf(tag, "", countries[tag], func(id string) string {
		if id == "unknown" {
			return ""
		}
		return contact
	})
}

// cases give every code with the least it needs and then in turn with every value of each of its slots.
func cases() []golden {
	var all []golden
	for _, spec := range code.All() {
		all = append(all, golden{Name: spec.Code + " least", Code: spec.Code, Slots: least(spec)})
		turns := 3
		for _, slot := range spec.Slots {
			turns = max(turns, len(slot.Values()))
		}
		for turn := range turns {
			all = append(all, golden{Name: fmt.Sprintf("%s %d", spec.Code, turn+1), Code: spec.Code, Slots: turned(spec, turn)})
		}
	}
	for i, marks := range [][2]string{{"Exercise", ""}, {"Test", ""}, {"Actual", "Update"}, {"Actual", "Cancel"}, {"Exercise", "Update"}} {
		spec, _ := code.Of("transit")
		all = append(all, golden{fmt.Sprintf("marks %d", i+1), spec.Code, turned(spec, i), marks[0], marks[1]})
	}
	spec, _ := code.Of("safe_place")
	for i, unit := range code.Units() { // every place, and people in every number, sex and age
		slots := code.Slots{"count": counts[i%len(counts)], "area": unit.Code}
		for name, step := range map[string]int{"sex": 3, "age": 10} {
			slot, _ := spec.Slot(name)
			if turn := i % step; turn < len(slot.Values()) {
				slots[name] = slot.Values()[turn]
			}
		}
		all = append(all, golden{Name: "in " + unit.Code, Code: spec.Code, Slots: slots})
	}
	return all
}

// counts choose every plural form of every language.
var counts = []int64{1, 2, 5, 21, 11, 100, 3}

// windows end on the same day, on another one, or nobody knows when. 1793007000 is 26 October 2026, 09:30 in UTC.
var windows = []code.Window{{Begin: 1793007000, End: 1793025000}, {Begin: 1793007000, End: 1793250000}, {Begin: 1805000400}}

func least(spec code.Spec) code.Slots {
	all := turned(spec, 0)
	for _, slot := range spec.Slots {
		if !slot.Required {
			delete(all, slot.Name)
		}
	}
	return all
}

// turned fills all slots, with other values on each turn.
func turned(spec code.Spec, turn int) code.Slots {
	slots := code.Slots{}
	units := code.Units()
	for i, slot := range spec.Slots {
		switch slot.Type {
		case code.Count:
			slots[slot.Name] = counts[turn%len(counts)]
		case code.Place:
			slots[slot.Name] = units[(turn*17+i*11+13)%len(units)].Code
		case code.Time:
			slots[slot.Name] = windows[turn%len(windows)]
		case code.Organisation:
			slots[slot.Name] = "panah"
		default:
			slots[slot.Name] = slot.Values()[turn%len(slot.Values())]
		}
	}
	return slots
}

func TestEveryCaseIsAnAlert(t *testing.T) {
	for _, c := range cases() {
		raw, err := json.Marshal(c.Slots)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := code.Decode(c.Code, raw); err != nil {
			t.Errorf("%s %s: %v", c.Name, raw, err)
		}
	}
}

// TestSentences writes every code in every language. The golden files are there to be read: what is in them is what people see.
func TestSentences(t *testing.T) {
	var lines []string
	for _, c := range cases() {
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(raw))
	}
	same(t, "cases.json", "[\n"+strings.Join(lines, ",\n")+"\n]\n")
	for _, tag := range locales.Tags() {
		t.Run(tag, func(t *testing.T) {
			missing := locales.Missing()
			reader := readerOf(tag)
			var file strings.Builder
			for _, c := range cases() {
				alert := code.Alert{Code: c.Code, Slots: c.Slots, Status: c.Status, Kind: c.Kind}
				headline, sentence := reader.Headline(alert), reader.Sentence(alert)
				fmt.Fprintf(&file, "# %s\n%s\n%s\n\n", c.Name, headline, sentence)
				check(t, tag, c, headline, sentence)
			}
			same(t, "sentences."+tag+".txt", file.String())
			if n := locales.Missing() - missing; n > 0 {
				t.Errorf("%d texts are missing", n)
			}
		})
	}
}

// same compares with a golden file, or writes it.
func same(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Errorf("%s differs at line %d: run this test with -update, and read the change", path, i+1)
			return
		}
	}
}

// keys are what a text is printed as that no catalog has.
var keys = regexp.MustCompile(`\b(alert|place|country)\.[a-zA-Z]`)

// check holds what every text of every language must be.
func check(t *testing.T, tag string, c golden, headline, sentence string) {
	t.Helper()
	if n := len([]rune(headline)); n > code.MaxHeadline {
		t.Errorf("%s: the headline has %d characters: %s", c.Name, n, headline)
	}
	for _, text := range []string{headline, sentence} {
		for _, bad := range []string{"{{", "}}", "<no value>", "  ", "..", " .", "۔۔", "()"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q: %s", c.Name, bad, text)
			}
		}
		if text == "" || strings.TrimSpace(text) != text || keys.MatchString(text) {
			t.Errorf("%s: %q", c.Name, text)
		}
		if strings.Count(text, "\u2068") != strings.Count(text, "\u2069") || strings.Contains(text, "\u2068\u2068") {
			t.Errorf("%s: isolates are not paired: %q", c.Name, text)
		}
	}
	if strings.Contains(strings.ReplaceAll(sentence, "\u2068"+contact+"\u2069", ""), contact) || (c.Slots["contact"] != nil) != strings.Contains(sentence, contact) {
		t.Errorf("%s: the organisation is not there, or not isolated: %s", c.Name, sentence)
	}
	if c.Slots["window"] != nil && !strings.Contains(strings.ReplaceAll(sentence, contact, ""), "\u2068") {
		t.Errorf("%s: the time is not there, or not isolated: %s", c.Name, sentence)
	}
	end := map[bool]string{true: "۔", false: "."}[tag == "ur"]
	if !strings.HasSuffix(sentence, end) {
		t.Errorf("%s does not end as a sentence: %s", c.Name, sentence)
	}
	for _, one := range strings.Split(sentence, end+" ") {
		if first := []rune(one)[0]; unicode.IsLower(first) {
			t.Errorf("%s: a sentence begins small: %s", c.Name, one)
		}
	}
}

func TestWithoutAName(t *testing.T) {
	slots := code.Slots{"count": int64(2), "area": "AF-HER", "contact": "unknown"}
	reader := readerOf("en")
	want := "A safe place is urgently needed for 2 people. Help is needed in Herat province (Afghanistan)."
	if got := reader.Sentence(code.Alert{Code: "safe_place", Slots: slots}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	reader.Organisation = nil
	if got := reader.Sentence(code.Alert{Code: "safe_place", Slots: slots}); got != want {
		t.Errorf("without a source of names: got %q, want %q", got, want)
	}
	if got := reader.Headline(code.Alert{Code: "nothing"}) + reader.Sentence(code.Alert{Code: "nothing"}); got != "" {
		t.Errorf("an unknown code says %q", got)
	}
}

// TestTable holds the table of codes together.
func TestTable(t *testing.T) {
	kinds := []string{"ngo", "shelter", "international", "hotline", "media", "government"}
	for _, spec := range code.All() {
		if slices.Contains(spec.Kinds, "government") || len(spec.Kinds) == 0 {
			t.Errorf("%s goes to %v by default", spec.Code, spec.Kinds)
		}
		for _, kind := range spec.Kinds {
			if !slices.Contains(kinds, kind) {
				t.Errorf("%s goes to %s, which is no kind of organisation", spec.Code, kind)
			}
		}
		for i, slot := range spec.Slots {
			if slices.ContainsFunc(spec.Slots[:i], func(other code.Slot) bool { return other.Name == slot.Name }) {
				t.Errorf("%s has the slot %s twice", spec.Code, slot.Name)
			}
		}
		if spec.Lifetime() <= 0 || len(spec.EventCodes()) == 0 || spec.TLP == "CLEAR" {
			t.Errorf("%s proposes %+v", spec.Code, spec.Proposal)
		}
	}
	if n := len(code.Units()); n != 71 {
		t.Errorf("%d countries and units, want 5 and 66", n)
	}
}

func TestWhatDescribesAPerson(t *testing.T) {
	for _, c := range []struct {
		code  string
		slots code.Slots
		want  bool
	}{
		{"missing", code.Slots{"count": int64(1), "area": "AF"}, true},
		{"unaccompanied", code.Slots{"count": int64(1), "area": "AF"}, true},
		{"recruiter", code.Slots{"conduct": "buys", "area": "AF"}, true},
		{"transit", code.Slots{"count": int64(1), "from": "AF"}, false},
		{"transit", code.Slots{"count": int64(1), "from": "AF", "sex": "female"}, true},
		{"safe_place", code.Slots{"count": int64(1), "area": "AF", "sex": "female", "age": "16-17"}, false},
	} {
		spec, _ := code.Of(c.code)
		if got := spec.Describes(c.slots); got != c.want {
			t.Errorf("%s %v: got %v", c.code, c.slots, got)
		}
	}
}

func TestPlacesAndCountries(t *testing.T) {
	spec, _ := code.Of("transit")
	slots := code.Slots{"count": int64(1), "from": "AF-HER", "to": "TM-M"}
	if got := spec.Places(slots); !slices.Equal(got, []string{"AF-HER", "TM-M"}) {
		t.Errorf("places %v", got)
	}
	if got := spec.Countries(slots); !slices.Equal(got, []string{"AF", "TM"}) {
		t.Errorf("countries %v", got)
	}
	if got := code.PlaceName(locales.For("ru", ""), "UZ-SA"); got != "Самаркандская область" {
		t.Errorf("got %q", got)
	}
}
