package search

import (
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/room"
	"panah/hub/script"
	"panah/hub/store"
)

// Bounds of one question.
const (
	maxText   = 400 // characters of what is looked for
	maxTerms  = 12  // words of it
	minPrefix = 2   // letters with which a word must begin before words are looked for that begin so
	pageMost  = 100 // hits of one page
	maxRooms  = 200 // rooms up to which the index narrows down by room
)

// Question is what somebody looks for.
type Question struct {
	Text     string                 // words in any order, the last one perhaps not finished; phrases in quotation marks
	Rooms    *[]string              // only in these; nil for all
	NotRooms []string               // not in these
	Senders  *[]string              // only by these; nil for all
	Files    bool                   // only files
	Keys     []string               // only in these members of the content (body, filename, name, topic); nil for all
	Lets     func(*room.Event) bool // what else an event must be; nil for nothing
	Since    time.Time              // sent then or later; zero for no bound
	Until    time.Time              // sent then or earlier; zero for no bound
	ByRank   bool                   // the best first; otherwise the newest
	Limit    int                    // hits of a page
	Cursor   string                 // Answer.Next of the page before; "" for the first one
}

// term is one word that is looked for, in the forms in which the index may have it.
type term struct {
	forms  store.AnyForm
	strict string
}

// wanted is a question's text as it was understood.
type wanted struct {
	terms   []term
	phrases [][]script.Word
}

// quotes are the marks that the eight languages put round a phrase.
const quotes = `"“”„«»`

// understand reads what is looked for. Every second piece between quotation marks is a phrase; one that is not closed is still
// being typed, and its words stand alone.
func understand(text string) (wanted, error) {
	var w wanted
	if utf8.RuneCountInString(text) > maxText {
		return w, fault.InvalidParam("error.search_too_long", "Limit", maxText)
	}
	pieces := strings.FieldsFunc(spaced(text), func(r rune) bool { return strings.ContainsRune(quotes, r) })
	for i, piece := range pieces {
		words := script.Words(piece)
		if quoted := i%2 == 1 && i < len(pieces)-1; quoted && len(words) > 1 {
			w.phrases = append(w.phrases, words)
		}
		for j, word := range words {
			unfinished := i == len(pieces)-1 && j == len(words)-1
			w.terms = append(w.terms, termOf(word, unfinished))
		}
	}
	if len(w.terms) > maxTerms {
		return w, fault.InvalidParam("error.search_too_many_words", "Limit", maxTerms)
	}
	return w, nil
}

// spaced puts a space round every quotation mark, so that no piece between them is empty and their number tells what is quoted.
func spaced(text string) string {
	var out strings.Builder
	out.WriteByte(' ')
	for _, r := range text {
		if strings.ContainsRune(quotes, r) {
			out.WriteByte(' ')
			out.WriteRune(r)
			out.WriteByte(' ')
			continue
		}
		out.WriteRune(r)
	}
	out.WriteByte(' ')
	return out.String()
}

// termOf gives the forms of a word: joined, and apart where a non-joiner stood in it. An unfinished one is found by its beginning.
func termOf(w script.Word, unfinished bool) term {
	t := term{strict: w.Strict, forms: store.AnyForm{{token(w.Folded, unfinished)}}}
	if len(w.Parts) < 2 {
		return t
	}
	var apart store.Form
	for i, part := range w.Parts {
		apart = append(apart, token(part, unfinished && i == len(w.Parts)-1))
	}
	t.forms = append(t.forms, apart)
	return t
}

func token(word string, unfinished bool) store.Token {
	return store.Token{Word: word, Prefix: unfinished && utf8.RuneCountInString(word) >= minPrefix}
}

// match is the question as the index understands it, for someone who may read in some rooms.
func (q *Question) match(w wanted, rooms []string) store.Match {
	m := store.Match{Limit: candidates}
	for _, t := range w.terms {
		m.All = append(m.All, t.forms)
	}
	if len(rooms) <= maxRooms {
		m.All = append(m.All, marks("r", rooms))
	}
	if q.Senders != nil {
		m.All = append(m.All, marks("u", *q.Senders))
	}
	if q.Files {
		m.All = append(m.All, marks("f", []string{""}))
	}
	if !q.Since.IsZero() {
		m.Since = q.Since.UnixMilli()
	}
	if !q.Until.IsZero() {
		m.Until = q.Until.UnixMilli()
	}
	return m
}

func marks(kind string, values []string) (any store.AnyForm) {
	for _, value := range values {
		any = append(any, store.Form{{Word: mark(kind, value)}})
	}
	return any
}
