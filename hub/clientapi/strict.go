package clientapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"panah/hub/fault"
)

// maxDepth bounds how deep JSON from outside may nest.
const maxDepth = 64

// decode reads strict JSON into out: valid UTF-8, one value, at most maxDepth deep, no member named twice, no character
// that a database cannot keep. Members that nobody knows are let through, as Matrix asks.
func decode(body []byte, out any) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	err := json.Unmarshal(body, out)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fault.BadJSON().Because(err)
	}
	if err != nil {
		return fault.NotJSON().Because(err)
	}
	return nil
}

// checkJSON refuses what parsers disagree about, so that the hub, its peers and the clients all read the same.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) || !json.Valid(body) {
		return fault.NotJSON()
	}
	c := checker{rest: body}
	if err := c.run(); err != nil {
		return fault.BadJSON().Because(err)
	}
	return nil
}

var (
	errDeep      = errors.New("nested too deep")
	errTwice     = errors.New("a member is named twice")
	errNoChar    = errors.New("an escape that stands for no character")
	errNullChar  = errors.New("the null character")
	errUnchecked = errors.New("a string that could not be read")
)

// checker walks through JSON that is known to be well formed. open holds one set of member names for each object that
// is open and nil for each array.
type checker struct {
	rest []byte
	open []map[string]bool
}

func (c *checker) run() error {
	for len(c.rest) > 0 {
		if err := c.step(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) step() error {
	switch b := c.rest[0]; b {
	case '{':
		c.open = append(c.open, map[string]bool{})
	case '[':
		c.open = append(c.open, nil)
	case '}', ']':
		c.open = c.open[:len(c.open)-1]
	case '"':
		return c.text()
	}
	c.rest = c.rest[1:]
	if len(c.open) > maxDepth {
		return errDeep
	}
	return nil
}

// text takes one string, and looks whether it is the name of a member.
func (c *checker) text() error {
	end := stringEnd(c.rest)
	raw := c.rest[:end]
	c.rest = c.rest[end:]
	if err := checkEscapes(raw); err != nil {
		return err
	}
	after := bytes.TrimLeft(c.rest, " \t\r\n")
	if len(after) == 0 || after[0] != ':' {
		return nil
	}
	var name string
	if err := json.Unmarshal(raw, &name); err != nil {
		return errUnchecked
	}
	names := c.open[len(c.open)-1]
	if names[name] {
		return errTwice
	}
	names[name] = true
	return nil
}

// stringEnd is the index behind the closing quote of the string with which raw begins.
func stringEnd(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// checkEscapes refuses halves of surrogate pairs, which are no characters, and U+0000, which PostgreSQL cannot keep.
func checkEscapes(raw []byte) error {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++
		if raw[i] != 'u' {
			continue
		}
		unit := hexUnit(raw[i+1:])
		i += 4
		switch {
		case unit == 0:
			return errNullChar
		case unit >= 0xDC00 && unit <= 0xDFFF:
			return errNoChar
		case unit >= 0xD800 && unit <= 0xDBFF:
			if !lowSurrogate(raw[i+1:]) {
				return errNoChar
			}
			i += 6
		}
	}
	return nil
}

func lowSurrogate(raw []byte) bool {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return false
	}
	unit := hexUnit(raw[2:])
	return unit >= 0xDC00 && unit <= 0xDFFF
}

// hexUnit reads the four hexadecimal digits with which raw begins.
func hexUnit(raw []byte) (unit rune) {
	for _, b := range raw[:4] {
		unit <<= 4
		switch {
		case b >= '0' && b <= '9':
			unit |= rune(b - '0')
		case b >= 'a' && b <= 'f':
			unit |= rune(b-'a') + 10
		default:
			unit |= rune(b-'A') + 10
		}
	}
	return unit
}
