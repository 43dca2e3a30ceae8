// Package script knows the writing systems of the hub's languages: their direction, how text is folded for searching, and which
// invisible characters a value must not bring with it.
package script

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The controls that turn text around (Unicode Standard Annex #9).
const (
	isolate    = '\u2068' // first strong isolate
	popIsolate = '\u2069'
	zwnj       = '\u200c'
	zwj        = '\u200d'
)

// RightToLeft tells whether a language of the hub is written from right to left.
func RightToLeft(tag string) bool {
	base, _, _ := strings.Cut(tag, "-")
	return base == "fa" || base == "ps" || base == "ur" || base == "prs"
}

// Direction is "rtl" or "ltr", as HTML writes it.
func Direction(tag string) string {
	if RightToLeft(tag) {
		return "rtl"
	}
	return "ltr"
}

// bidiControl tells whether r overrides, embeds or isolates: U+202A–202E and U+2066–2069.
func bidiControl(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// mark tells whether r is an invisible direction mark: U+200E, U+200F, U+061C.
func mark(r rune) bool { return r == '\u200e' || r == '\u200f' || r == '\u061c' }

// StripBidi takes the controls out with which a value could turn the text around it.
func StripBidi(s string) string {
	return strings.Map(func(r rune) rune {
		if bidiControl(r) {
			return -1
		}
		return r
	}, s)
}

// Isolate wraps a value so that its direction does not reach the text around it. Controls inside it are taken out first.
func Isolate(s string) string {
	return string(isolate) + StripBidi(s) + string(popIsolate)
}

// Close ends what a text that was cut has left isolated.
func Close(s string) string {
	open := 0
	for _, r := range s {
		switch {
		case r == isolate:
			open++
		case r == popIsolate && open > 0:
			open--
		}
	}
	return s + strings.Repeat(string(popIsolate), open)
}

// CleanName makes a name of what someone typed: NFC, without direction controls and marks, control characters and line ends, with
// single spaces and none at the ends. Joiners stay, because Persian and Urdu spell with them.
func CleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case bidiControl(r) || mark(r):
			return -1
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || r == '\ufeff' || r == '\u200b' || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Trim(strings.Join(strings.Fields(s), " "), string([]rune{zwnj, zwj}))
}
