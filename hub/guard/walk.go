package guard

import "strings"

// at is the token at i, or an empty sign.
func (s *scan) at(i int) token {
	if i < 0 || i >= len(s.tokens) {
		return token{kind: sign}
	}
	return s.tokens[i]
}

func (s *scan) isSign(i int, any string) bool {
	t := s.at(i)
	return t.kind == sign && t.text != "" && strings.Contains(any, t.text)
}

// ends tells that what was said ends at token i: a new line or another sentence begins there.
func (s *scan) ends(i int) bool { return i < 0 || i >= len(s.tokens) || s.isSign(i, "\n?!") }

// next is the next token that is no space.
func (s *scan) next(i int) int {
	if i++; s.at(i).kind == space {
		i++
	}
	return i
}

// before is the token before i that is no space.
func (s *scan) before(i int) int {
	if i--; s.at(i).kind == space {
		i--
	}
	return i
}

// glued tells whether the number at i hangs on letters or signs as ids and addresses do, such as $12ab.
func (s *scan) glued(from, to int) bool {
	left, right := s.at(from-1), s.at(to+1)
	if left.kind == word || s.isSign(from-1, "$@_=&%~") || right.kind == word && right.cased || s.isSign(to+1, "_@=") {
		return true
	}
	return s.isSign(from-1, ".,:") && s.at(from-2).kind == number
}

// counts tells that the number that ends at token i counts something: a unit, a currency or people follow.
func (s *scan) counts(i int) bool { return s.is("units", s.next(i)) || s.isSign(s.next(i), "%$€") }

// year tells whether a number is a year of somebody's life: Solar Hijri, Lunar Hijri or Gregorian.
func year(t token) bool {
	return t.kind == number && len(t.text) == 4 && (t.text >= "1300" && t.text <= "1460" || t.text >= "1920" && t.text <= "2060")
}

// run is a number that is written in groups.
type run struct {
	groups []string
	ends   []int // the token with which each group ends
}

// Bounds of a run: somebody may write each digit apart.
const (
	mostGroups = 16
	mostDigits = 20
)

// runAt reads the groups that begin at number i. Between them stand at most two of the signs, or spaces.
func (s *scan) runAt(i int, signs string) (r run) {
	digits := 0
	for s.at(i).kind == number && len(r.groups) < mostGroups && !s.used[i] && !s.dates[i] {
		if digits += len(s.at(i).text); digits > mostDigits {
			break
		}
		r.groups, r.ends = append(r.groups, s.at(i).text), append(r.ends, i)
		i++
		for skipped := 0; skipped < 2 && (s.at(i).kind == space || s.isSign(i, signs)); skipped++ {
			i++
		}
	}
	return r
}

// findDates marks dates in digits: 2026-03-21, 21.03.2026, 1/1/1405, 06/24/01.
func (s *scan) findDates() {
	s.dates = make([]bool, len(s.tokens))
	for i := range s.tokens {
		if s.dateAt(i) {
			for j := i; j <= i+4; j++ {
				s.dates[j] = true
			}
		}
	}
}

func (s *scan) dateAt(i int) bool {
	a, b, c := s.at(i), s.at(i+2), s.at(i+4)
	if a.kind != number || b.kind != number || c.kind != number || !s.isSign(i+1, "-./") || s.at(i+1).text != s.at(i+3).text {
		return false
	}
	if s.isSign(i+5, "-./") && s.at(i+6).kind == number && s.at(i+5).text == s.at(i+1).text || s.isSign(i-1, "-./") && s.at(i-2).kind == number {
		return false
	}
	small := func(t token) bool { return len(t.text) <= 2 && t.text <= "31" || len(t.text) == 1 }
	short := len(c.text) == 2 && s.at(i+1).text != "-"
	return small(b) && (year(a) && small(c) || small(a) && (year(c) || short))
}
