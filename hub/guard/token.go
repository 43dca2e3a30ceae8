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
	switch {
	case r >= '۰' && r <= '۹':
		return '0' + r - '۰'
	case r >= '٠' && r <= '٩':
		return '0' + r - '٠'
	case r >= '０' && r <= '９':
		return '0' + r - '０'
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

// cutter makes tokens of one text.
type cutter struct {
	tokens []token
	text   strings.Builder // of the token that is open
	open   token
	begun  bool
}

// cut makes the tokens of a text.
func cut(text string) []token {
	var c cutter
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !invisible(r) {
			c.add(r, foldRune(r), at, at+size)
		}
		at += size
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
