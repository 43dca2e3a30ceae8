package factor_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"panah/hub/factor"
)

func sealer(t *testing.T, key []byte) *factor.Sealer {
	t.Helper()
	s, err := factor.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealing(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	s, secret := sealer(t, key), []byte("a secret of an app")
	sealed, err := s.Seal("totp @samira", secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, secret) {
		t.Error("the secret stands there in clear")
	}
	if got, err := s.Open("totp @samira", sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("got %q, %v", got, err)
	}
	again, err := s.Seal("totp @samira", secret)
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("sealed twice it is the same: %v", err)
	}
	if _, err := s.Open("totp @nigora", sealed); err == nil {
		t.Error("it opened under another account's name")
	}
	if _, err := s.Open("passkey @samira", sealed); err == nil {
		t.Error("it opened as something else of the same account")
	}
	if _, err := sealer(t, other).Open("totp @samira", sealed); err == nil {
		t.Error("it opened with another key")
	}
	if _, err := sealer(t, nil).Open("totp @samira", sealed); err == nil {
		t.Error("it opened without a key")
	}
	for n := range sealed {
		if _, err := s.Open("totp @samira", sealed[:n]); err == nil {
			t.Errorf("cut after %d bytes it opened", n)
		}
		bent := bytes.Clone(sealed)
		bent[n] ^= 0x80
		if _, err := s.Open("totp @samira", bent); err == nil {
			t.Errorf("with byte %d changed it opened", n)
		}
	}
}

// A hub that gets a key later still opens what it kept before.
func TestSealingBeforeThereWasAKey(t *testing.T) {
	sealed, err := sealer(t, nil).Seal("totp @samira", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sealer(t, make([]byte, 32)).Open("totp @samira", sealed); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestStepsAreUsedUp(t *testing.T) {
	secret, err := factor.NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 21, 8, 0, 10, 0, time.UTC)
	step := at.Unix() / 30
	for _, test := range []struct {
		of    time.Duration // which code
		after int64
		want  bool
	}{
		{0, 0, true}, {30 * time.Second, 0, true}, {-30 * time.Second, 0, true},
		{time.Minute, 0, false}, {-time.Minute, 0, false},
		{0, step - 1, true}, {0, step, false}, {-30 * time.Second, step, false}, {30 * time.Second, step, true}, {30 * time.Second, step + 1, false},
	} {
		code, err := totp.GenerateCode(secret, at.Add(test.of))
		if err != nil {
			t.Fatal(err)
		}
		if _, fits := factor.MatchStep(secret, code, at, test.after); fits != test.want {
			t.Errorf("the code of %s with step %d used up: got %t", test.of, test.after-step, fits)
		}
	}
}

func TestCodesAsPeopleTypeThem(t *testing.T) {
	for _, code := range []string{"123456", "۱۲۳ ۴۵۶", "١٢٣٤٥٦", " 123-456 "} {
		if !factor.IsCode(code) || factor.Digits(code) != "123456" {
			t.Errorf("%q is not taken for a code", code)
		}
	}
	for _, text := range []string{"", "12345", "1234567", "12345a", "abcdef"} {
		if factor.IsCode(text) {
			t.Errorf("%q is taken for a code", text)
		}
	}
	codes, err := factor.NewCodes()
	if err != nil || len(codes) != factor.CodesMade {
		t.Fatalf("%d codes, %v", len(codes), err)
	}
	seen := map[string]bool{}
	for _, code := range codes {
		if !factor.IsRecoveryCode(code) || factor.IsCode(code) || seen[code] {
			t.Errorf("%q is no good recovery code", code)
		}
		seen[code] = true
	}
	if bytes.Equal(factor.CodeHash("@a", codes[0]), factor.CodeHash("@b", codes[0])) {
		t.Error("two owners' codes have one hash")
	}
}
