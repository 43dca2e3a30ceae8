package guard

import (
	"testing"
	"unicode"
)

// TestDigitsOfEveryScript: whatever Unicode calls a decimal digit counts as one, and a row of ten counts from 0 to 9.
func TestDigitsOfEveryScript(t *testing.T) {
	before := rune(9)
	for r := range rune(unicode.MaxRune) {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		if n := digit(r); n != (before+1)%10 {
			t.Errorf("%U counts %d after %d", r, n, before)
		}
		before = digit(r)
	}
}
