package guard

// houseDigits is the longest number of a house, a street or a flat.
const houseDigits = 4

// addressBefore: a word for a street or a house, perhaps its name, and a number: "House No. 12", «کوچه ۵», "кӯчаи Рӯдакӣ 45".
func addressBefore(s *scan, i int) {
	last, found := s.match("street", i)
	if !found {
		last, found = s.match("house", i)
	}
	if !found || len([]rune(s.at(i).text)) == 1 && !s.isSign(last+1, ".") {
		return
	}
	j := s.past(last)
	for named := 0; s.at(j).kind == word && named < s.nameLength(j); named++ {
		j = s.past(j)
	}
	if s.houseNumber(j) {
		s.take(Address, i, s.houseEnd(j))
	}
}

// past steps over signs and words for "number" to what follows.
func (s *scan) past(i int) int {
	i = s.next(i)
	for range 3 {
		if s.isSign(i, ".:,#-") || s.is("number", i) {
			i = s.next(i)
		}
	}
	return i
}

// nameLength is of how many words the name of a street may be that begins at token i. Where there are capitals a name has them; otherwise
// one word is let through that is neither a unit nor an address itself.
func (s *scan) nameLength(i int) int {
	t := s.at(i)
	switch {
	case s.is("units", i) || s.is("street", i) || s.is("house", i):
		return 0
	case t.cased && t.capital:
		return 3
	case t.cased || len([]rune(t.text)) < 3:
		return 0 // no name, or a word such as "and" and "in"
	}
	return 1
}

// houseNumber tells whether token i is the number of a house and neither a count, a year, a date nor part of another number.
func (s *scan) houseNumber(i int) bool {
	t := s.at(i)
	if t.kind != number || len(t.text) > houseDigits || s.dates[i] || s.used[i] || year(t) || s.counts(i) {
		return false
	}
	return !s.isSign(i+1, ".,:") || s.at(i+2).kind != number
}

// houseEnd takes along what hangs on the number: 12/3, 12a.
func (s *scan) houseEnd(i int) int {
	if s.isSign(i+1, "/-") && s.at(i+2).kind == number && len(s.at(i+2).text) <= houseDigits {
		return i + 2
	}
	if s.at(i+1).kind == word && len([]rune(s.at(i+1).text)) == 1 {
		return i + 1
	}
	return i
}

// addressAfter: the number first: "12-uy", "12-nji jaý", «۵مه کوڅه».
func addressAfter(s *scan, i int) {
	street := s.is("street", i)
	if !street && !s.is("house", i) {
		return
	}
	switch {
	case s.isSign(i-1, "-") && s.numberAt(i-2):
		s.take(Address, i-2, i)
	case s.at(i-1).kind == space && s.is("ordinal", i-2) && s.isSign(i-3, "-") && s.numberAt(i-4):
		s.take(Address, i-4, i)
	case street && s.at(i-1).kind == space && s.is("ordinal", i-2) && s.numberAt(i-3):
		s.take(Address, i-3, i)
	}
}

func (s *scan) numberAt(i int) bool {
	t := s.at(i)
	return t.kind == number && len(t.text) <= houseDigits && !s.dates[i] && s.at(i-1).kind != word && !s.isSign(i-1, "-.,")
}

// mainStreet: a number, a name with capitals, and a word for a street: "12 Main Street".
func mainStreet(s *scan, i int) {
	if !s.numberAt(i) || s.at(i+1).kind != space {
		return
	}
	j := i + 2
	for named := 0; named < 3; named++ {
		t := s.at(j)
		if t.kind != word || !t.capital || s.is("units", j) {
			return
		}
		j = s.next(j)
		if s.is("street", j) && s.at(j).capital {
			s.take(Address, i, j)
			return
		}
	}
}
