package script_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"panah/hub/script"
)

func TestFold(t *testing.T) {
	tests := []struct {
		name        string
		a, b        string
		loose, same bool
	}{
		{"arabic yeh and kaf", "علي كريم", "علی کریم", false, true},
		{"vowel marks", "مُحَمَّد", "محمد", false, true},
		{"tatweel", "کـــابل", "کابل", false, true},
		{"pashto yehs", "پښتۍ", "پښتی", false, true},
		{"urdu heh", "ہرات", "هرات", false, true},
		{"alef madda", "آمنه", "امنه", false, true},
		{"persian digits", "۱۲۳", "123", false, true},
		{"arabic digits", "٤٥", "45", false, true},
		{"zwnj joined", "می‌روم", "میروم", false, true},
		{"uzbek apostrophes", "Oʻzbek", "O'zbek", false, true},
		{"uzbek without", "oʻzbek", "ozbek", false, true},
		{"io", "Фёдор", "федор", false, true},
		{"turkmen marks", "Şemşat", "semsat", false, true},
		{"tajik strict", "Ҳасан", "Хасан", false, false},
		{"tajik loose", "Ҳасан", "Хасан", true, true},
		{"tajik i", "тоҷикӣ", "точики", true, true},
		{"pashto retroflex loose", "ډاکټر", "داکتر", true, true},
		{"short i stays a letter", "Андрей", "Андреи", true, false},
		{"other names", "Кабул", "Хайбер", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := script.Fold(tt.a, tt.loose), script.Fold(tt.b, tt.loose)
			if (a == b) != tt.same {
				t.Errorf("%q and %q: same is %v, want %v", a, b, a == b, tt.same)
			}
		})
	}
}

func TestFoldSplitFindsBothSpellings(t *testing.T) {
	if got, want := script.FoldSplit("می‌روم", false), script.Fold("می روم", false); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"  Ali\t Khan \n":        "Ali Khan",
		"Ali\u202eliA":           "AliliA",
		"\u200fزهرا\u200e":       "زهرا",
		"خانه\u200cها":           "خانه\u200cها",
		"a\u0000b\u0007":         "ab",
		"\u2066x\u2069\u061c":    "x",
		"\u200b\ufeff\u200c":     "",
		"Zuhra\u2028Karimova":    "Zuhra Karimova",
		"Gu\u0308l":              "Gül",
		strings.Repeat("\n", 40): "",
	} {
		if got := script.CleanName(in); got != want {
			t.Errorf("CleanName(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestIsolateCannotBeBrokenOut(t *testing.T) {
	got := script.Isolate("a\u2069\u202eb")
	if want := "\u2068ab\u2069"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDirection(t *testing.T) {
	for tag, want := range map[string]string{"fa-AF": "rtl", "ps": "rtl", "ur": "rtl", "tg": "ltr", "uz": "ltr", "tk": "ltr", "ru": "ltr", "en": "ltr"} {
		if got := script.Direction(tag); got != want {
			t.Errorf("%s: got %s, want %s", tag, got, want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, seed := range []string{"", "Oʻzbek", "می‌روم", "тоҷикӣ", "\xff\xfe", "\u202e\u0640"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := script.Fold(s, true)
		if !utf8.ValidString(s) {
			return
		}
		if !utf8.ValidString(once) {
			t.Errorf("%q folds to invalid text", s)
		}
		if name := script.CleanName(s); script.CleanName(name) != name {
			t.Errorf("cleaning %q again changes it to %q", name, script.CleanName(name))
		}
	})
}
