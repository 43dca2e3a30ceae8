package script_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"panah/hub/script"
)

var update = flag.Bool("update", false, "write testdata/fold.json anew")

// folded is one line of what the hub and its client must agree on.
type folded struct {
	Text   string       `json:"text"`
	Strict string       `json:"strict"`
	Loose  string       `json:"loose"`
	Words  []foldedWord `json:"words"`
}

// foldedWord counts in UTF-16, as the client does.
type foldedWord struct {
	Start  int      `json:"start"`
	End    int      `json:"end"`
	Folded string   `json:"folded"`
	Strict string   `json:"strict"`
	Parts  []string `json:"parts"`
}

// TestFoldIsWhatTheClientFolds holds Fold and Words to testdata/fold.json, which web/src/state/fold.test.ts reads as well.
func TestFoldIsWhatTheClientFolds(t *testing.T) {
	const file = "testdata/fold.json"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []folded
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	got := make([]folded, len(want))
	for i, line := range want {
		got[i] = fold(line.Text)
	}
	if *update {
		raw, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func fold(text string) folded {
	f := folded{Text: text, Strict: script.Fold(text, false), Loose: script.Fold(text, true), Words: []foldedWord{}}
	for _, w := range script.Words(text) {
		f.Words = append(f.Words, foldedWord{script.UTF16Len(text[:w.Start]), script.UTF16Len(text[:w.End]), w.Folded, w.Strict, w.Parts})
	}
	return f
}

func TestWords(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // where the words stand, as they were written
		folded     []string
	}{
		{"persian", "سلام، دنیا!", []string{"سلام", "دنیا"}, []string{"سلام", "دنیا"}},
		{"non-joiner", "می‌روم خانه", []string{"می‌روم", "خانه"}, []string{"میروم", "خانه"}},
		{"vowel marks do not split", "مُحَمَّد", []string{"مُحَمَّد"}, []string{"محمد"}},
		{"uzbek letters", "Oʻzbek togʻ", []string{"Oʻzbek", "tog"}, []string{"ozbek", "tog"}},
		{"uzbek typewriters", "O'zbek O`zbek O´zbek O‘zbek O’zbek tog'", []string{"O'zbek", "O`zbek", "O´zbek", "O‘zbek", "O’zbek", "tog"},
			[]string{"ozbek", "ozbek", "ozbek", "ozbek", "ozbek", "tog"}},
		{"quotes are no apostrophes", "'сухан' ‘word’", []string{"сухан", "word"}, []string{"сухан", "word"}},
		{"digits", "۱۲ ١٢ 12", []string{"۱۲", "١٢", "12"}, []string{"12", "12", "12"}},
		{"what is inside addresses", "see https://example.org/a_b?c=1.5", []string{"see", "https", "example", "org", "a", "b", "c", "1", "5"},
			[]string{"see", "https", "example", "org", "a", "b", "c", "1", "5"}},
		{"direction controls", "\u202bکتاب\u202c \u200fنو", []string{"کتاب", "نو"}, []string{"کتاب", "نو"}},
		{"stress", "замо́к", []string{"замо́к"}, []string{"замок"}},
		{"decomposed", "Gu\u0308l и\u0306", []string{"Gu\u0308l", "и\u0306"}, []string{"gul", "й"}},
		{"one sign of several words", "\ufdfa", []string{"\ufdfa", "\ufdfa", "\ufdfa", "\ufdfa"}, []string{"صلی", "الله", "علیه", "وسلم"}},
		{"no words", " — … 👍 \u0640\u064b", nil, nil},
		{"not text", "a\xff", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got, folded []string
			for _, w := range script.Words(tt.text) {
				got, folded = append(got, tt.text[w.Start:w.End]), append(folded, w.Folded)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("words (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.folded, folded); diff != "" {
				t.Errorf("folded (-want +got)\n%s", diff)
			}
		})
	}
}

func TestWordsSplitAtTheNonJoiner(t *testing.T) {
	w := script.Words("کتاب‌خانه‌ها")
	if len(w) != 1 || w[0].Folded != "کتابخانهها" || !slices.Equal(w[0].Parts, []string{"کتاب", "خانه", "ها"}) {
		t.Errorf("got %+v", w)
	}
}

// TestNamesAreFoundAsPeopleTypeThem types the names of testdata/names.tsv (Unicode CLDR) on other keyboards.
func TestNamesAreFoundAsPeopleTypeThem(t *testing.T) {
	keyboards := map[string]*strings.Replacer{
		"arabic":     strings.NewReplacer("ی", "ي", "ک", "ك", "ه", "ہ"),
		"no hamza":   strings.NewReplacer("أ", "ا", "آ", "ا", "ؤ", "و", "ئ", "ی"),
		"russian":    strings.NewReplacer("ӣ", "и", "ӯ", "у", "ў", "у", "қ", "к", "ғ", "г", "ҳ", "х", "ҷ", "ч", "ё", "е"),
		"typewriter": strings.NewReplacer("ʻ", "'", "ʼ", "'", "‘", "'"),
		"plain":      strings.NewReplacer("ʻ", "", "ç", "c", "ş", "s", "ž", "z", "ň", "n", "ö", "o", "ü", "u", "ý", "y", "Ç", "C", "Ş", "S"),
		"pashto":     strings.NewReplacer("ګ", "گ", "ې", "ی", "ۍ", "ی", "ډ", "د", "ټ", "ت", "ړ", "ر", "ښ", "ش"),
	}
	names := 0
	for _, name := range readNames(t) {
		names++
		want := keys(name)
		if len(want) == 0 {
			t.Errorf("%q has no words", name)
		}
		for keyboard, typed := range keyboards {
			if got := keys(typed.Replace(name)); !slices.Equal(got, want) {
				t.Errorf("%s: %q gives %q, want %q", keyboard, typed.Replace(name), got, want)
			}
		}
		if got := keys(script.Fold(name, true)); !slices.Equal(got, want) {
			t.Errorf("folded twice %q gives %q, want %q", name, got, want)
		}
	}
	if names < 1000 {
		t.Errorf("only %d names were read", names)
	}
}

func readNames(t *testing.T) (names []string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[2:] {
		for _, name := range strings.Split(line, "\t")[2:] {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func keys(text string) (all []string) {
	for _, w := range script.Words(text) {
		all = append(all, w.Folded)
	}
	return all
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", "Oʻzbek`", "می‌روم", "тоҷикӣ", "\xff\xfe", "\u202e\u0640", "\ufdfa'\u200c´"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, w := range script.Words(s) {
			if w.Start < at-len(s) || w.End > len(s) || w.Start >= w.End || !utf8.ValidString(s[w.Start:w.End]) {
				t.Fatalf("%q: %+v stands nowhere", s, w)
			}
			if w.Folded == "" || strings.ContainsAny(w.Folded, " \u200c\"'") {
				t.Fatalf("%q: %+v is no word", s, w)
			}
			at = w.End
		}
	})
}
