package guard

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed words.json
var raw []byte

// list is one list of words.json: whole words and phrases by their first word, and beginnings of words.
type list struct {
	phrases map[string][][]string // the words after the first
	stems   map[string]bool
}

// longestStem is how far into a word a beginning is looked for, in letters.
const longestStem = 16

var lists = sync.OnceValue(func() map[string]list {
	var given map[string][]string
	if err := json.Unmarshal(raw, &given); err != nil {
		panic(fmt.Errorf("words.json: %w", err)) // a file of ours, read by every test
	}
	all := make(map[string]list, len(given))
	for name, entries := range given {
		l := list{map[string][][]string{}, map[string]bool{}}
		for _, entry := range entries {
			l.add(entry)
		}
		all[name] = l
	}
	return all
})

// links are what addresses of maps hold, folded.
var links = sync.OnceValue(func() (all []string) {
	var given struct{ Links []string }
	_ = json.Unmarshal(raw, &given) // lists has read it before
	return given.Links
})

func (l list) add(entry string) {
	var words []string
	for _, t := range cut(entry) {
		if t.kind == word {
			words = append(words, t.text)
		}
	}
	if strings.HasSuffix(entry, "*") {
		l.stems[words[0]] = true
		return
	}
	l.phrases[words[0]] = append(l.phrases[words[0]], words[1:])
}

// match tells whether a phrase of a list begins at token i, and gives its last token. The longest wins.
func (s *scan) match(name string, i int) (last int, found bool) {
	if i < 0 || i >= len(s.tokens) || s.tokens[i].kind != word {
		return 0, false
	}
	l := lists()[name]
	text := s.tokens[i].text
	for _, rest := range l.phrases[text] {
		if end, fits := s.phrase(i, rest); fits && (!found || end > last) {
			last, found = end, true
		}
	}
	if found {
		return last, true
	}
	letters := 0
	for at := range text + " " {
		if letters > 1 && l.stems[text[:at]] {
			return i, true
		}
		if letters++; letters > longestStem {
			break
		}
	}
	return 0, false
}

// phrase tells whether the words that follow token i are these, with at most a stop and a space between them.
func (s *scan) phrase(i int, rest []string) (last int, fits bool) {
	for _, want := range rest {
		i++
		for skipped := 0; i < len(s.tokens) && skipped < 2 && (s.tokens[i].kind == space || s.tokens[i].text == "."); skipped++ {
			i++
		}
		if i >= len(s.tokens) || s.tokens[i].text != want {
			return 0, false
		}
	}
	return i, true
}

func (s *scan) is(name string, i int) bool {
	_, found := s.match(name, i)
	return found
}
