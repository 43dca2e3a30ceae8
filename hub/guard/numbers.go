package guard

import (
	"slices"
	"strings"
)

// papers: a word for a passport, a tazkira, a CNIC or another paper, with a number soon after it.
func papers(s *scan, i int) {
	for _, paper := range []struct {
		list   string
		kind   Kind
		digits int // at least
	}{{"passport", Passport, 5}, {"tazkira", Tazkira, 4}, {"cnic", CNIC, 5}, {"identity", Identity, 5}} {
		if last, found := s.match(paper.list, i); found {
			if from, to, found := s.numberAfter(last, paper.digits); found {
				s.take(paper.kind, from, to)
				return
			}
		}
	}
}

// wordsAhead is how far from its word a number is looked for, in tokens without spaces.
const wordsAhead = 6

// numberAfter finds a number of at least so many digits after token i, in the same sentence. Letters that hang on it belong to it.
func (s *scan) numberAfter(i, digits int) (from, to int, found bool) {
	for range wordsAhead {
		i = s.next(i)
		if s.ends(i) {
			return 0, 0, false
		}
		if s.used[i] {
			return 0, 0, false // the number is another finding already
		}
		if s.at(i).kind != number || s.dates[i] || s.isSign(i-1, "$@_=") {
			continue
		}
		r := s.runAt(i, "-/")
		total := len(strings.Join(r.groups, ""))
		if len(r.ends) == 0 || total < digits || len(r.groups) == 1 && year(s.at(i)) || s.counts(r.ends[len(r.ends)-1]) {
			continue
		}
		from, to = i, r.ends[len(r.ends)-1]
		if letters := s.at(i - 1); letters.kind == word && len([]rune(letters.text)) <= 2 {
			from = i - 1
		}
		return from, to, true
	}
	return 0, 0, false
}

// volumes: volume, page and registration number of a tazkira on paper.
func volumes(s *scan, i int) {
	last, found := s.match("volume", i)
	for _, name := range []string{"page", "registration"} {
		if !found {
			return
		}
		if last, found = s.numbered(last); found {
			last, found = s.soon(name, last)
		}
	}
	if found {
		if last, found = s.numbered(last); found {
			s.take(Tazkira, i, last)
		}
	}
}

// numbered finds a number among the next three tokens.
func (s *scan) numbered(i int) (last int, found bool) {
	for range 3 {
		if i = s.next(i); s.ends(i) {
			return 0, false
		}
		if s.at(i).kind == number {
			return i, true
		}
	}
	return 0, false
}

// soon finds a word of a list among the next four tokens.
func (s *scan) soon(name string, i int) (last int, found bool) {
	for range 4 {
		if i = s.next(i); s.ends(i) {
			return 0, false
		}
		if last, found = s.match(name, i); found {
			return last, true
		}
	}
	return 0, false
}

// cnic: numbers of papers that are known by their form. A CNIC is 5-7-1, an electronic tazkira 4-4-5 beginning with a year, Uzbekistan's
// personal number has fourteen digits.
func cnic(s *scan, i int) {
	if s.at(i).kind != number || s.dates[i] {
		return
	}
	r := s.runAt(i, "-")
	form := make([]int, 0, len(r.groups))
	for _, group := range r.groups {
		form = append(form, len(group))
	}
	starts := func(want ...int) bool {
		return len(form) >= len(want) && slices.Equal(form[:len(want)], want) && !s.glued(i, r.ends[len(want)-1])
	}
	switch {
	case starts(5, 7, 1):
		s.take(CNIC, i, r.ends[2])
	case starts(4, 4, 5) && century(r.groups[0]):
		s.take(Tazkira, i, r.ends[2])
	case starts(13) && century(r.groups[0]):
		s.take(Tazkira, i, i)
	case starts(13) && r.groups[0] >= "1" && r.groups[0] < "8":
		s.take(CNIC, i, i)
	case starts(14) && r.groups[0] >= "3" && r.groups[0] < "7":
		s.take(Identity, i, i)
	}
}

// century: an electronic tazkira begins with the Solar Hijri year in which it was given.
func century(group string) bool {
	return strings.HasPrefix(group, "13") || strings.HasPrefix(group, "14")
}

// passport: one or two letters and six to nine digits, in the forms that the region's passports have.
func passport(s *scan, i int) {
	t := s.at(i)
	if t.kind != word || !t.cased || len([]rune(t.text)) > 2 || s.at(i-1).kind == number || s.isSign(i-1, "$@_=#&/!:") {
		return
	}
	digits := func(j, least, most int) bool {
		n := s.at(j)
		return n.kind == number && len(n.text) >= least && len(n.text) <= most && s.at(j+1).kind != word && !s.dates[j]
	}
	apart := s.at(i+1).kind == space || s.isSign(i+1, "-")
	switch {
	case digits(i+1, 7, 9):
		s.take(Passport, i, i+1)
	case t.capitals && apart && digits(i+2, 7, 9):
		s.take(Passport, i, i+2)
	case s.isSign(i+1, "-") && s.at(i+2).kind == word && len([]rune(s.at(i+2).text)) == 2 && s.at(i+2).capitals:
		// Turkmenistan's: I-AŞ 123456.
		if j := s.next(i + 2); digits(j, 6, 6) {
			s.take(Passport, i, j)
		}
	}
}
