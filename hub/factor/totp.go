package factor

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
)

// What code apps understand without being asked: six digits, SHA-1, thirty seconds (RFC 6238, and the key URI format of Google Authenticator).
const (
	stepTime   = 30 // seconds
	digits     = 6
	secretSize = 20 // bytes; RFC 4226, 4, R6 asks for 160 bits
	drift      = 1  // steps before and after the hub's own that are taken
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes the secret that an app shares with the hub, as people type it.
func NewSecret() (string, error) {
	raw := make([]byte, secretSize)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return base32Text.EncodeToString(raw), nil
}

// URI is what an app reads from a picture.
func URI(secret, issuer, account string) string {
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	query := "secret=" + secret + "&issuer=" + url.QueryEscape(issuer)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(query, "+", "%20")
}

// MatchStep finds the time step whose code this is. Steps up to after are used up: a code is taken once. Every step is computed and
// compared in constant time, whichever fits.
func MatchStep(secret, code string, at time.Time, after int64) (step int64, fits bool) {
	code = Digits(code)
	now := at.Unix() / stepTime
	for n := now - drift; n <= now+drift; n++ {
		want, err := hotp.GenerateCode(secret, uint64(n))
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(want)) == 1 && n > after {
			step, fits = n, true
		}
	}
	return step, fits
}

// IsCode tells whether a text has the form of an app's code: six digits of any of our scripts.
func IsCode(text string) bool { return len(Digits(text)) == digits && len(plain(text)) == digits }

// Digits gives the digits of a text in Latin form: people type ۱۲۳ and ١٢٣ as well, and spaces.
func Digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, plain(text))
}

// plain turns the digits of all our scripts into Latin ones, letters into small ones, and drops spaces and dashes.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r == ' ', r == '-', r == '‑', r == '–', r == '\u2066', r == '\u2069':
			return -1
		}
		return r
	}, strings.ToLower(text))
}
