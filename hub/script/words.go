package script

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// Word is one word of a text as searching sees it.
type Word struct {
	Start, End int      // where it stands in the text, in bytes
	Folded     string   // loosely folded, joined where a zero-width non-joiner stands in it
	Strict     string   // folded, letters that some languages tell apart kept
	Parts      []string // loosely folded and split at the non-joiners; nil where there are none
}

// wordLimit is the length in bytes from which on the rest of a word is not looked at: nobody types so long a word by hand.
const wordLimit = 120

// Words are the words of a text in their order, by Unicode's word boundaries (Standard Annex #29) and, inside these, at whatever
// is no letter, mark or number: "example.org" is two words. The same function reads what is stored and what is asked. Text that is
// not UTF-8 has no words.
func Words(s string) []Word {
	if !utf8.ValidString(s) {
		return nil
	}
	var found []Word
	start := 0
	segments := words.FromString(typewriter.Replace(s))
	for segments.Next() {
		end := start + len(segments.Value())
		found = appendRuns(found, s, start, end)
		start = end
	}
	return found
}

// typewriter gives the two apostrophes that break words by Annex #29 a form, of the same length, that does not.
var typewriter = strings.NewReplacer("`", "'", "´", "ʼ")

// appendRuns adds the words within one segment of s.
func appendRuns(found []Word, s string, start, end int) []Word {
	for start < end {
		r, size := utf8.DecodeRuneInString(s[start:end])
		if !inWord(r) {
			start += size
			continue
		}
		stop := start
		for stop < end {
			r, size := utf8.DecodeRuneInString(s[stop:end])
			if !inWord(r) && r != zwnj && !dropped(r) && !apostrophe(r) {
				break
			}
			stop += size
		}
		found = appendWord(found, s[start:stop], start)
		start = stop
	}
	return found
}

// inWord tells whether words are made of r.
func inWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)) && !apostrophe(r)
}

// appendWord adds the word that text is, without what only surrounds it, unless folding leaves nothing of it. One sign may stand
// for several words (U+FDFA).
func appendWord(found []Word, text string, start int) []Word {
	text = strings.TrimRightFunc(text, func(r rune) bool { return !inWord(r) })
	end := start + len(text)
	strict := fields(Fold(text, false))
	for i, folded := range fields(Fold(text, true)) {
		w := Word{Start: start, End: end, Folded: folded, Strict: folded}
		if i < len(strict) {
			w.Strict = strict[i]
		}
		if strings.ContainsRune(text, zwnj) {
			w.Parts = fields(FoldSplit(text, true))
		}
		found = append(found, w)
	}
	return found
}

// fields are the words that folding made of one, each cut to the limit.
func fields(folded string) []string {
	list := strings.FieldsFunc(folded, func(r rune) bool { return !inWord(r) })
	kept := list[:0]
	for _, word := range list {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			kept = append(kept, cut(word))
		}
	}
	return kept
}

func cut(word string) string {
	if len(word) <= wordLimit {
		return word
	}
	end := wordLimit
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// UTF16Len is how long s is where text is counted in UTF-16, as browsers do.
func UTF16Len(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
