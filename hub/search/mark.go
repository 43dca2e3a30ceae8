package search

import (
	"slices"
	"strings"

	"panah/hub/script"
	"panah/hub/store"
)

// Field is one text in which something was found.
type Field struct {
	Key   string   // its name in the event's content
	Text  string   // as it stands there, without the words of another one that an answer quotes
	Marks [][2]int // where what was found stands in Text, in UTF-16 code units: from, to
	words []string // what was found, as it was written
}

// text is one text with its words.
type text struct {
	field
	words []script.Word
	marks []bool // by word: whether it was found
}

// How much a word counts, by how it was found.
const (
	byBeginning = 1
	byPart      = 2
	byLoose     = 3
	byStrict    = 4
)

// find looks for all that is wanted in all texts of a post. It gives where it stands, and how well it fits: 4 for each word that is written just so.
func (w wanted) find(fields []field) (found []Field, score int, ok bool) {
	texts := make([]text, len(fields))
	for i, f := range fields {
		words := script.Words(f.text)
		texts[i] = text{f, words, make([]bool, len(words))}
	}
	for _, t := range w.terms {
		best := t.find(texts)
		if best == 0 {
			return nil, 0, false
		}
		score += best
	}
	for _, phrase := range w.phrases {
		if !slices.ContainsFunc(texts, func(t text) bool { return says(t.words, phrase) }) {
			return nil, 0, false
		}
	}
	for _, t := range texts {
		if f := t.marked(); len(f.Marks) > 0 {
			found = append(found, f)
		}
	}
	return found, score, true
}

// find marks the words that a term stands for, and gives the best way in which it was found; 0 for not at all.
func (t term) find(texts []text) (best int) {
	for _, form := range t.forms {
		worst := byStrict
		var hits []*bool
		for _, tok := range form {
			how := 0
			for _, in := range texts {
				for i := range in.words {
					if h := fits(tok, t.strict, &in.words[i]); h > 0 {
						how = max(how, h)
						hits = append(hits, &in.marks[i])
					}
				}
			}
			worst = min(worst, how)
		}
		if worst > 0 {
			best = max(best, worst)
			for _, hit := range hits {
				*hit = true
			}
		}
	}
	return best
}

// fits tells how a token stands for a word; 0 for not at all.
func fits(tok store.Token, strict string, w *script.Word) int {
	switch {
	case w.Strict == strict && w.Folded == tok.Word:
		return byStrict
	case w.Folded == tok.Word:
		return byLoose
	case slices.Contains(w.Parts, tok.Word):
		return byPart
	case !tok.Prefix:
		return 0
	}
	begins := func(s string) bool { return strings.HasPrefix(s, tok.Word) }
	if begins(w.Folded) || slices.ContainsFunc(w.Parts, begins) {
		return byBeginning
	}
	return 0
}

// says tells whether a phrase stands in a text, word by word: with non-joiners as they were written or as spaces, alike on both sides.
func says(words, phrase []script.Word) bool {
	return contains(joined(words), joined(phrase)) || contains(apart(words), apart(phrase))
}

func joined(words []script.Word) (list []string) {
	for _, w := range words {
		list = append(list, w.Folded)
	}
	return list
}

func apart(words []script.Word) (list []string) {
	for _, w := range words {
		if len(w.Parts) > 1 {
			list = append(list, w.Parts...)
			continue
		}
		list = append(list, w.Folded)
	}
	return list
}

func contains(list, part []string) bool {
	for i := 0; i+len(part) <= len(list); i++ {
		if slices.Equal(list[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// marked gives a text with what was found in it.
func (t text) marked() Field {
	f := Field{Key: t.key, Text: t.field.text}
	at, units := 0, 0
	for i, w := range t.words {
		if !t.marks[i] || w.Start < at {
			continue
		}
		from := units + script.UTF16Len(t.field.text[at:w.Start])
		units = from + script.UTF16Len(t.field.text[w.Start:w.End])
		at = w.End
		f.Marks = append(f.Marks, [2]int{from, units})
		f.words = append(f.words, t.field.text[w.Start:w.End])
	}
	return f
}
