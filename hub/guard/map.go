package guard

import "strings"

// linkLength is how much of an address is shown as found, in tokens.
const linkLength = 64

// link: an address of a map, or a geo: URI (RFC 5870).
func link(s *scan, i int) {
	if s.at(i).kind != word && s.at(i).kind != number {
		return
	}
	var ahead strings.Builder
	for j := i; j < i+12 && s.at(j).kind != space && j < len(s.tokens); j++ {
		ahead.WriteString(s.at(j).text)
	}
	for _, known := range links() {
		if strings.HasPrefix(ahead.String(), known) && (known != "geo:" || s.at(i+2).kind == number || s.isSign(i+2, "-")) {
			s.take(Coordinates, s.linkStart(i), s.linkEnd(i))
			return
		}
	}
}

func (s *scan) linkStart(i int) int {
	for range 8 {
		if s.at(i-1).kind == space || s.ends(i-1) || s.used[i-1] || s.isSign(i-1, "(<\"',") {
			break
		}
		i--
	}
	return i
}

func (s *scan) linkEnd(i int) int {
	end := i
	for j := i; j < i+linkLength && s.at(j).kind != space && !s.isSign(j, "\n<>\"") && j < len(s.tokens); j++ {
		end = j
	}
	for end > i && s.isSign(end, ".,;:!?)'") {
		end--
	}
	return end
}

// codeLetters are those of Open Location Code.
const codeLetters = "23456789cfghjmpqrvwx"

// plusCode: an Open Location Code, whole or short, such as 8J5F9629+2X. It has letters and digits, or a sum would be one.
func plusCode(s *scan, i int) {
	if !s.isSign(i, "+") {
		return
	}
	from, before := i, ""
	for from > 0 && (s.at(from-1).kind == word || s.at(from-1).kind == number) && len(before) < 9 {
		from--
		before = s.at(from).text + before
	}
	to, after := i, ""
	for (s.at(to+1).kind == word || s.at(to+1).kind == number) && len(after) < 4 {
		to++
		after += s.at(to).text
	}
	code := before + after
	if (len(before) != 4 && len(before) != 6 && len(before) != 8) || len(after) < 2 || len(after) > 3 || strings.Trim(code, codeLetters) != "" {
		return
	}
	if strings.ContainsAny(code, "23456789") && strings.ContainsAny(code, codeLetters[8:]) {
		s.take(Coordinates, from, to)
	}
}

// quarters are the quarters of the sky, as they stand beside degrees.
const quarters = " n s e w с ю в з ш д "

// degreeLength is how much of a position is read, in tokens.
const degreeLength = 26

// degrees: degrees with minutes, or with the quarter of the sky. A temperature has neither.
func degrees(s *scan, i int) {
	sure := false
	if s.at(i).kind != number || len(s.at(i).text) > 3 {
		return
	}
	j := i + 1
	if s.isSign(j, ".,") && s.at(j+1).kind == number {
		j += 2
	}
	if s.at(j).kind == space {
		j++
	}
	if !s.isSign(j, "°") {
		return
	}
	end := j
	for j++; j < i+degreeLength; j++ {
		t := s.at(j)
		quarter := t.kind == word && strings.Contains(quarters, " "+t.text+" ")
		minutes := s.isSign(j, "'\"") && s.at(j-1).kind == number
		sure = sure || quarter || minutes
		switch {
		case quarter || minutes || s.isSign(j, "°"):
			end = j
		case t.kind == number || t.kind == space || s.isSign(j, "'\".,;/"):
		default:
			j = i + degreeLength
		}
	}
	if sure {
		s.take(Coordinates, i, end)
	}
}

// between are the words that may stand between the two numbers of a position.
const between = " n s e w lat lon long lng latitude longitude and "

// direction tells whether a word that may stand between the numbers of a position, or before one, is at i.
func (s *scan) direction(i int) bool {
	return s.at(i).kind == word && strings.Contains(between, " "+s.at(i).text+" ")
}

// decimals: two numbers with three decimals and more, in the ranges of latitude and longitude. Behind a comma four are asked for, for
// thousands are parted by it.
func decimals(s *scan, i int) {
	end, known := s.decimal(i, 90)
	if !known || s.at(i-1).kind == word && !s.direction(i-1) || s.isSign(i-1, ".") {
		return
	}
	for j, skipped := end+1, 0; skipped < 6; j, skipped = j+1, skipped+1 {
		t := s.at(j)
		if t.kind == number {
			if last, known := s.decimal(j, 180); known {
				s.take(Coordinates, i, last)
			}
			return
		}
		if t.kind != space && !s.isSign(j, ",;/-+°=:") && !s.direction(j) {
			return
		}
	}
}

// decimal reads a number with decimals whose whole part is at most so much.
func (s *scan) decimal(i, most int) (last int, known bool) {
	whole, fraction := s.at(i), s.at(i+2)
	if whole.kind != number || fraction.kind != number || len(whole.text) > 3 || len(fraction.text) > 12 {
		return 0, false
	}
	n := 0
	for _, digit := range whole.text {
		n = n*10 + int(digit-'0')
	}
	least := 3
	if s.isSign(i+1, ",") {
		least = 4
	}
	fits := n <= most && s.isSign(i+1, ".,") && len(fraction.text) >= least
	return i + 2, fits && (s.at(i+3).kind != word || s.isDirection(i+3))
}

func (s *scan) isDirection(i int) bool {
	return s.at(i).kind == word && strings.Contains(between, " "+s.at(i).text+" ")
}
