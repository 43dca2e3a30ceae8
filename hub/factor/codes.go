package factor

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
)

const (
	// CodesMade is how many recovery codes a person gets at once.
	CodesMade = 10
	// codeLetters leaves out what is mistaken for something else: 0 and o, 1 and l and i.
	codeLetters = "23456789abcdefghjkmnpqrstuvwxyz"
	codeLength  = 16 // letters of five bits: 80 bits, too many to be guessed, so that a quick hash is enough
	codeGroup   = 4
)

// NewCodes makes recovery codes, as they are shown.
func NewCodes() ([]string, error) {
	codes := make([]string, CodesMade)
	for i := range codes {
		code, err := newCode()
		if err != nil {
			return nil, err
		}
		codes[i] = code
	}
	return codes, nil
}

func newCode() (string, error) {
	var code strings.Builder
	for n := 0; n < codeLength; {
		var raw [1]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return "", fmt.Errorf("make a recovery code: %w", err)
		}
		at := int(raw[0] & 31)
		if at >= len(codeLetters) {
			continue // 31 letters of 32: the missing one is drawn again, so that all are as likely
		}
		if n > 0 && n%codeGroup == 0 {
			code.WriteByte('-')
		}
		code.WriteByte(codeLetters[at])
		n++
	}
	return code.String(), nil
}

// CodeHash is what is kept of a recovery code. It holds for its owner alone, and for the code as people type it, with or without
// dashes, in small letters or large.
func CodeHash(owner, code string) []byte {
	sum := sha256.Sum256([]byte("panah recovery code\x00" + owner + "\x00" + plain(code)))
	return sum[:]
}

// IsRecoveryCode tells whether a text has the form of a recovery code.
func IsRecoveryCode(text string) bool {
	p := plain(text)
	return len(p) == codeLength && strings.Trim(p, codeLetters) == ""
}
