package script

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings spellings of one word together: Arabic and Persian letter forms, vowel marks, digits, Cyrillic letters that
// keyboards confuse, and Latin letters with marks. What is stored for searching and what is searched for are folded the same way.
// With loose, letters that only some of the languages tell apart fall together as well. The client folds alike when it has no
// line (web/src/state/fold.ts); testdata/fold.json holds the two together.
//
// The order is part of the rule. Apostrophes go first, because NFKC makes a space of one of them (U+00B4); letters with marks are
// taken apart last and only if they are Latin, because a mark makes another letter of an Arabic or Cyrillic one.
func Fold(s string, loose bool) string {
	s = strings.ToLower(norm.NFKC.String(withoutApostrophes(s)))
	var out strings.Builder
	for _, r := range s {
		if !dropped(r) && r != zwnj {
			out.WriteRune(foldRune(r, loose))
		}
	}
	return stripLatin(out.String())
}

// FoldSplit is Fold with words split where a zero-width non-joiner stood: half of the writers put a space there.
func FoldSplit(s string, loose bool) string {
	return Fold(strings.ReplaceAll(s, string(zwnj), " "), loose)
}

// withoutApostrophes drops the signs for Uzbek's turned comma between letters. The two that are letters themselves (U+02BB, U+02BC)
// go at a word's end as well: "togʻ" is a whole word.
func withoutApostrophes(s string) string {
	if !strings.ContainsAny(s, apostrophes) {
		return s
	}
	runes := []rune(s)
	var out strings.Builder
	for i, r := range runes {
		if apostrophe(r) && (between(runes, i) || afterLetter(runes, i) && unicode.IsLetter(r)) {
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// dropped tells whether searching ignores r: Arabic vowel marks, tatweel, Cyrillic stress marks, direction controls, joiners.
func dropped(r rune) bool {
	return r >= '\u064b' && r <= '\u065f' || r == '\u0670' || r == '\u0640' || r == '\u0300' || r == '\u0301' ||
		r == zwj || bidiControl(r) || mark(r)
}

// apostrophes stand for Uzbek's turned comma.
const apostrophes = "'`´ʻʼ‘’"

func apostrophe(r rune) bool { return strings.ContainsRune(apostrophes, r) }

func afterLetter(runes []rune, i int) bool { return i > 0 && unicode.IsLetter(runes[i-1]) }

func between(runes []rune, i int) bool {
	return afterLetter(runes, i) && i+1 < len(runes) && unicode.IsLetter(runes[i+1])
}

func foldRune(r rune, loose bool) rune {
	if r >= '۰' && r <= '۹' {
		return '0' + r - '۰'
	}
	if r >= '٠' && r <= '٩' {
		return '0' + r - '٠'
	}
	if f, ok := strict[r]; ok {
		r = f
	}
	if f, ok := looser[r]; ok && loose {
		return f
	}
	return r
}

// strict brings together what is one letter to its readers.
var strict = table("یيىېۍےئ", "کك", "گګ", "هہەۀةۂ", "اآأإٱ", "وؤ", "نں", "её")

// looser brings together what only some of the languages tell apart.
var looser = table("تټٹ", "دډڈ", "رړڑ", "نڼ", "شښ", "گږ", "هھ", "иӣ", "уӯў", "кқ", "гғ", "хҳ", "чҷ")

// table maps all letters of a group to its first one.
func table(groups ...string) map[rune]rune {
	t := map[rune]rune{}
	for _, group := range groups {
		letters := []rune(group)
		for _, r := range letters[1:] {
			t[r] = letters[0]
		}
	}
	return t
}

// stripLatin takes the marks off Latin letters only, and leaves every other letter as it is.
func stripLatin(s string) string {
	var out strings.Builder
	latin := false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r) && latin:
		case unicode.Is(unicode.Latin, r):
			latin = true
			out.WriteString(baseLetters(r))
		default:
			latin = latin && unicode.Is(unicode.Mn, r)
			out.WriteRune(r)
		}
	}
	return out.String()
}

// baseLetters is a Latin letter without its marks.
func baseLetters(r rune) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(string(r)))
}
