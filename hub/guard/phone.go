package guard

import (
	"slices"
	"strings"
)

// phoneSigns are what people put between the digits of a phone number.
const phoneSigns = `-.()_/\|*·•~`

// phone: a number that has the form of one, or any number of six digits and more behind a word for phones.
func phone(s *scan, i int) {
	if s.at(i).kind != number || s.dates[i] {
		return
	}
	r := s.runAt(i, phoneSigns)
	plus := s.isSign(i-1, "+") || s.isSign(i-1, "(") && s.isSign(i-2, "+")
	called := s.calledFor(i)
	for n := len(r.groups); n > 0; n-- {
		last := r.ends[n-1]
		digits := strings.Join(r.groups[:n], "")
		if s.glued(i, last) && !plus {
			continue
		}
		if plus && len(digits) >= 8 && len(digits) <= 15 || international(digits) || local(digits) ||
			!s.counts(last) && (grouped(r.groups[:n]) || called && len(digits) >= 6 && len(digits) <= 15) {
			s.take(Phone, s.signsBefore(i), last)
			return
		}
	}
}

// signsBefore takes the plus and the bracket before a number along.
func (s *scan) signsBefore(i int) int {
	for s.isSign(i-1, "+(") && !s.used[i-1] {
		i--
	}
	return i
}

// calledFor tells whether a word for phones stands among the four tokens before token i.
func (s *scan) calledFor(i int) bool {
	for range 4 {
		if i = s.before(i); s.ends(i) || s.at(i).kind == number {
			return false
		}
		if s.is("phone", i) {
			return true
		}
	}
	return false
}

// international numbers without a plus: 00, or the code of a country of the region with as many digits as its numbers have.
func international(digits string) bool {
	if strings.HasPrefix(digits, "00") {
		return len(digits) >= 11 && len(digits) <= 17 && digits[2] != '0'
	}
	for code, length := range map[string]int{"937": 11, "923": 12, "992": 12, "9936": 11, "998": 12, "79": 11} {
		if strings.HasPrefix(digits, code) && len(digits) == length {
			return true
		}
	}
	return false
}

// local numbers with the digit that dials out: 0 in Afghanistan and Pakistan, 8 in the others.
func local(digits string) bool {
	n := len(digits)
	return digits[0] == '0' && digits[1:] != "" && digits[1] != '0' && (n == 10 || n == 11) ||
		n == 9 && strings.HasPrefix(digits, "86") || (n == 10 || n == 11) && digits[0] == '8' && digits[1] >= '5'
}

// forms in which people group nine digits of a mobile number.
var forms = [][]int{{9}, {2, 3, 2, 2}, {3, 2, 2, 2}, {2, 7}, {3, 3, 3}, {3, 6}, {2, 3, 4}}

// grouped: mobile numbers without any digit before them. Nine digits in threes could be a sum, so those of round thousands are none.
func grouped(groups []string) bool {
	digits := strings.Join(groups, "")
	form := make([]int, 0, len(groups))
	for _, group := range groups {
		form = append(form, len(group))
	}
	is := func(want []int) bool { return slices.Equal(form, want) }
	if len(digits) == 10 {
		return digits[0] == '3' && digits[1] <= '4' && (is([]int{10}) || is([]int{3, 7}) || is([]int{3, 3, 4}))
	}
	if len(digits) != 9 || strings.HasSuffix(digits, "000") || !slices.ContainsFunc(forms, is) {
		return false
	}
	return strings.ContainsRune("79", rune(digits[0])) || len(groups) > 2 && strings.ContainsRune("3589", rune(digits[0])) && !is([]int{3, 3, 3})
}
