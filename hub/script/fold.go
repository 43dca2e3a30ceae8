package script

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings spellings of one word together: Arabic and Persian letter forms, vowel marks, digits, Cyrillic letters that
// keyboards confuse, and Latin letters with marks. What is stored for searching and what is searched for are folded the same way.
// With loose, letters that only some of the languages tell apart fall together as well.
func Fold(s string, loose bool) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.ReplaceAll(s, string(zwnj), "")
	var out strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if dropped(r) || apostrophe(r) && between(runes, i) {
			continue
		}
		out.WriteRune(foldRune(r, loose))
	}
	return stripLatin(out.String())
}

// FoldSplit is Fold with words split where a zero-width non-joiner stood: half of the writers put a space there.
func FoldSplit(s string, loose bool) string {
	return Fold(strings.ReplaceAll(s, string(zwnj), " "), loose)
}

// dropped tells whether searching ignores r: Arabic vowel marks, tatweel, direction controls, joiners.
func dropped(r rune) bool {
	return r >= '\u064b' && r <= '\u065f' || r == '\u0670' || r == '\u0640' || r == zwj || bidiControl(r) || mark(r)
}

// apostrophe tells whether r is one of the signs that stand for Uzbek's turned comma.
func apostrophe(r rune) bool { return strings.ContainsRune("'`´ʻʼ‘’", r) }

func between(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1])
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

// stripLatin takes the marks off Latin letters only: off Arabic and Cyrillic letters a mark makes another letter.
func stripLatin(s string) string {
	var out strings.Builder
	latin := false
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		if !unicode.Is(unicode.Mn, r) {
			latin = unicode.Is(unicode.Latin, r)
		}
		out.WriteRune(r)
	}
	return norm.NFC.String(out.String())
}
