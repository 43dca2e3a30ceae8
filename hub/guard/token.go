package guard

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// form is what a token is made of.
type form int

const (
	word   form = iota // letters
	number             // digits of any script, as ASCII
	space              // any amount of it on one line
	sign               // one other character; the end of a line is "\n"
)

// token is a piece of the text.
type token struct {
	kind       form
	text       string // folded
	start, end int    // bytes of the original
	capital    bool   // begins with a capital letter
	capitals   bool   // has no small letter
	cased      bool   // is of a script that has capitals
}

// folds are the letters and signs that are read as another one. Marks are off before that.
var folds = map[rune]rune{
	'ي': 'ی', 'ى': 'ی', 'ې': 'ی', 'ۍ': 'ی', 'ے': 'ی', 'ك': 'ک', 'ګ': 'گ', 'ہ': 'ه', 'ە': 'ه', 'ة': 'ه', 'ھ': 'ه', 'ں': 'ن',
	'қ': 'к', 'ғ': 'г', 'ҳ': 'х', 'ҷ': 'ч', 'ı': 'i',
	'–': '-', '—': '-', '‐': '-', '‑': '-', '−': '-', '٫': '.', '،': ',', '٬': ',', '؛': ';', '؟': '?', '۔': '?',
	'′': '\'', '’': '\'', '‘': '\'', 'ʹ': '\'', 'ʻ': '\'', 'ʼ': '\'', '`': '\'', '´': '\'', '″': '"', '”': '"', '“': '"', '＋': '+', 'º': '°', '˚': '°', '№': '#', '\r': '\n', '\u2028': '\n', '\u2029': '\n',
}

// invisible characters part nothing: joiners, stretched strokes, marks of direction, soft hyphens, the byte order mark.
func invisible(r rune) bool {
	return r == '\u0640' || r == '\u00ad' || r == '\u200c' || r == '\u200d' || r == '\u200b' || r == '\u2060' || r == '\ufeff' || r == '\u061c' ||
		r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || unicode.Is(unicode.M, r)
}

// foldRune gives a letter without its case and marks, a digit as ASCII, a sign in its plain form. It stays one character.
func foldRune(r rune) rune {
	if unicode.Is(unicode.Nd, r) {
		return '0' + digit(r)
	}
	r = unicode.ToLower(r)
	if r > unicode.MaxASCII {
		r, _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	}
	if to, known := folds[r]; known {
		return to
	}
	return r
}

// digit is what a digit of any script counts. Unicode has them in tens that begin at …0 or …6; the mathematical ones stand in one row.
func digit(r rune) rune {
	const mathematical = '\U0001d7ce'
	if r >= mathematical && r < mathematical+50 {
		return (r - mathematical) % 10
	}
	n := r & 0xf
	if !unicode.Is(unicode.Nd, r-n) {
		n -= 6
	}
	return n
}

// letter is one character of the text that is seen.
type letter struct {
	written, folded rune
	start, end      int // bytes of the original
}

// zeros reads the letter O among digits as the zero that it stands for: in a run of three and more of both, to which no other letter hangs.
func zeros(letters []letter) {
	round := func(l letter) bool { return l.folded == 'o' || l.folded == 'о' || l.folded == 'ο' } // Latin, Cyrillic, Greek
	for from := 0; from < len(letters); from++ {
		to, digits := from, 0
		for ; to < len(letters) && (formOf(letters[to].folded) == number || round(letters[to])); to++ {
			if !round(letters[to]) {
				digits++
			}
		}
		both := digits > 0 && to-from >= 3
		hangs := from > 0 && formOf(letters[from-1].folded) == word || to < len(letters) && formOf(letters[to].folded) == word
		for i := from; i < to && both && !hangs; i++ {
			if round(letters[i]) {
				letters[i].folded = '0'
			}
		}
		from = max(from, to)
	}
}

// cutter makes tokens of one text.
type cutter struct {
	tokens []token
	text   strings.Builder // of the token that is open
	open   token
	begun  bool
}

// cut makes the tokens of a text.
func cut(text string) []token {
	var letters []letter
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !invisible(r) {
			letters = append(letters, letter{r, foldRune(r), at, at + size})
		}
		at += size
	}
	zeros(letters)
	var c cutter
	for _, l := range letters {
		c.add(l.written, l.folded, l.start, l.end)
	}
	c.flush()
	return c.tokens
}

func (c *cutter) add(r, folded rune, at, end int) {
	kind := formOf(folded)
	// An apostrophe inside a word belongs to Uzbek spelling, and which one was typed says nothing.
	if folded == '\'' && c.begun && c.open.kind == word {
		return
	}
	if !c.begun || c.open.kind != kind || kind == sign {
		c.flush()
		c.open = token{kind: kind, start: at, capital: unicode.IsUpper(r), capitals: true}
		c.begun = true
	}
	c.open.end = end
	c.open.cased = c.open.cased || unicode.IsUpper(r) || unicode.IsLower(r)
	c.open.capitals = c.open.capitals && !unicode.IsLower(r)
	c.text.WriteRune(folded)
}

func (c *cutter) flush() {
	if c.begun {
		c.open.text = c.text.String()
		if c.open.kind == space {
			c.open.text = " "
		}
		c.tokens = append(c.tokens, c.open)
	}
	c.text.Reset()
	c.begun = false
}

func formOf(r rune) form {
	switch {
	case r >= '0' && r <= '9':
		return number
	case r == '\n':
		return sign
	case unicode.IsSpace(r):
		return space
	case unicode.IsLetter(r):
		return word
	}
	return sign
}
