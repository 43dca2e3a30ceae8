// Package guard looks at what people write freely and finds what should not be sent in clear: phone numbers, places on a map, numbers of
// passports, tazkiras, CNICs and other papers, dates of birth, and addresses of streets and houses, in the scripts and digits of all eight
// languages. It asks and does not forbid: whoever writes decides. It knows forms and words, not people, so a name passes.
//
// A text is cut once into words, numbers and signs, folded so that scripts, digits and spellings meet; each rule then walks over these tokens
// and looks a fixed number of them ahead or back. So the time is linear in the length of the text whatever it holds, and there are no
// patterns that could go astray. The words are in words.json, which the client's twin (web/src/i18n/guard.ts) reads as well;
// testdata/cases.json holds the two to the same findings.
package guard

import (
	"cmp"
	"slices"
)

// Kind is what was found.
type Kind string

// The kinds.
const (
	Phone       Kind = "phone"
	Coordinates Kind = "coordinates" // also links to maps, geo: addresses and plus codes
	Passport    Kind = "passport"
	Tazkira     Kind = "tazkira" // Afghan identity card, on paper or electronic
	CNIC        Kind = "cnic"    // Pakistani identity card
	Identity    Kind = "identity"
	Birth       Kind = "birth"
	Address     Kind = "address"
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{Phone, Coordinates, Passport, Tazkira, CNIC, Identity, Birth, Address}
}

// Finding is one thing that was found. Start and End are bytes of the text as it was given: text[Start:End] is what to show.
type Finding struct {
	Kind  Kind
	Start int
	End   int
}

// Find gives what stands in a text, in the order of the text. Findings do not overlap.
func Find(text string) []Finding {
	s := &scan{tokens: cut(text)}
	s.used = make([]bool, len(s.tokens))
	for _, rule := range []func(*scan, int){link, plusCode, degrees, decimals} {
		s.each(rule)
	}
	s.findDates()
	for _, rule := range []func(*scan, int){passport, papers, volumes, cnic, phone, born, addressAfter, addressBefore, mainStreet} {
		s.each(rule)
	}
	return s.merged()
}

// Names are the kinds of what stands in a text, each once, in the order of Kinds.
func Names(text string) (names []string) {
	found := Find(text)
	for _, kind := range Kinds() {
		if slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == kind }) {
			names = append(names, string(kind))
		}
	}
	return names
}

// scan is one text that is being looked at.
type scan struct {
	tokens []token
	used   []bool // tokens that belong to a finding, which no other rule takes again
	dates  []bool // tokens of dates in digits, which are neither phones nor papers
	spans  []span
}

// span is a finding in tokens, the last included.
type span struct {
	kind     Kind
	from, to int
}

func (s *scan) each(rule func(*scan, int)) {
	for i := range s.tokens {
		if !s.used[i] {
			rule(s, i)
		}
	}
}

// take notes a finding, unless part of it was found already.
func (s *scan) take(kind Kind, from, to int) {
	if slices.Contains(s.used[from:to+1], true) {
		return
	}
	for i := from; i <= to; i++ {
		s.used[i] = true
	}
	s.spans = append(s.spans, span{kind, from, to})
}

// gap is how many signs may stand between two pieces of one address.
const gap = 3

// merged puts the findings in order, and pieces of one address together.
func (s *scan) merged() (found []Finding) {
	slices.SortFunc(s.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	last := -1
	for _, p := range s.spans {
		next := Finding{p.kind, s.tokens[p.from].start, s.tokens[p.to].end}
		if last >= 0 && p.kind == Address && found[len(found)-1].Kind == Address && s.signsOnly(last+1, p.from) {
			found[len(found)-1].End = next.End
		} else {
			found = append(found, next)
		}
		last = p.to
	}
	return found
}

func (s *scan) signsOnly(from, to int) bool {
	return to-from <= gap && !slices.ContainsFunc(s.tokens[from:to], func(t token) bool { return t.kind == word || t.kind == number })
}
