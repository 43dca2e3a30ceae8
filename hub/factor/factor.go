// Package factor holds the rules of second factors: passkeys (WebAuthn Level 3), codes of an app (TOTP, RFC 6238) and one-time recovery codes.
//
// It decides and keeps nothing: whether an answer fits is computed here from what the caller has read, and what must be kept of it is
// handed back. The caller sees to it that a challenge, a code and a step are used once.
package factor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Sealer encrypts what must be kept readable for the hub: the secrets of code apps, the records of passkeys.
type Sealer struct{ aead cipher.AEAD }

// The first byte of what was sealed says how.
const (
	inClear byte = iota
	byAESGCM
)

// NewSealer makes a sealer from the hub's key of at least 32 bytes. Without a key it keeps things in clear, as the rest of a database
// without a key is.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) == 0 {
		return &Sealer{}, nil
	}
	derived, err := hkdf.Key(sha256.New, key, nil, "panah second factors", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of second factors: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead}, err
}

// Seal encrypts a secret for its owner: under another owner's name it does not open.
func (s *Sealer) Seal(owner string, secret []byte) ([]byte, error) {
	if s.aead == nil {
		return append([]byte{inClear}, secret...), nil
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return s.aead.Seal(append([]byte{byAESGCM}, nonce...), nonce, secret, []byte(owner)), nil
}

var errSealed = errors.New("a sealed secret cannot be opened with this hub's key")

// Open gives back what Seal took. What was kept before the hub had a key opens with one too.
func (s *Sealer) Open(owner string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, errSealed
	}
	how, rest := sealed[0], sealed[1:]
	if how == inClear {
		return rest, nil
	}
	if how != byAESGCM || s.aead == nil || len(rest) < s.aead.NonceSize() {
		return nil, errSealed
	}
	n := s.aead.NonceSize()
	secret, err := s.aead.Open(nil, rest[:n], rest[n:], []byte(owner))
	if err != nil {
		return nil, errSealed
	}
	return secret, nil
}
