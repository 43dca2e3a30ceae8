package guard

// birthAhead and birthBack are how far from a word for birth its date is looked for, in tokens without spaces. Turkic languages, Urdu and
// Pashto say the date first.
const (
	birthAhead = 8
	birthBack  = 8
)

// born: a word for birth with a date or a year near it. What is shown is the date.
func born(s *scan, i int) {
	last, found := s.match("born", i)
	if !found {
		return
	}
	if from, to, found := s.dateNear(last, birthAhead, s.next); found {
		s.take(Birth, from, to)
	} else if from, to, found := s.dateNear(i, birthBack, s.before); found {
		s.take(Birth, from, to)
	}
}

// dateNear walks from token i and gives the first and the last token of the date that it meets.
func (s *scan) dateNear(i, steps int, step func(int) int) (from, to int, found bool) {
	for range steps {
		if i = step(i); s.ends(i) {
			break
		}
		if s.used[i] || !s.ofDate(i) {
			continue
		}
		if !found {
			from, to, found = i, i, true
		}
		from, to = min(from, i), max(to, i)
	}
	return from, to, found && s.dated(from, to)
}

// ofDate tells whether a token is part of a date: in digits, a year, a month's name, or the day beside it.
func (s *scan) ofDate(i int) bool {
	t := s.at(i)
	switch {
	case s.dates[i] && t.kind == number, year(t):
		return true
	case t.kind == word:
		return s.is("months", i) && s.dayNear(i)
	}
	return t.kind == number && len(t.text) <= 2 && s.monthNear(i)
}

// near is how many tokens may stand between a day and its month: "3-nji maý", "3 of May".
const near = 4

func (s *scan) monthNear(i int) bool {
	for j := i - near; j <= i+near; j++ {
		if s.is("months", j) {
			return true
		}
	}
	return false
}

func (s *scan) dayNear(i int) bool {
	for j := i - near; j <= i+near; j++ {
		if t := s.at(j); t.kind == number && len(t.text) <= 2 || year(t) {
			return true
		}
	}
	return false
}

// dated tells whether there is a number in a span.
func (s *scan) dated(from, to int) bool {
	for i := from; i <= to; i++ {
		if s.at(i).kind == number {
			return true
		}
	}
	return false
}
