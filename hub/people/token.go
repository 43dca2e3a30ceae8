package people

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
)

// Tokens are 256 random bits behind a prefix that tells scanners of leaked secrets what was found.
const (
	sessionPrefix    = "panah_"
	invitationPrefix = "panah-invitation_"
	ceremonyPrefix   = "panah-ceremony_"
	recoveryPrefix   = "panah-recovery_"
)

// newToken makes a token and the hash under which it is kept.
func newToken(prefix string) (token string, hash []byte, err error) {
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", nil, fmt.Errorf("make a token: %w", err)
	}
	token = prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	return token, hashToken(token), nil
}

// hashToken is SHA-256: a token has too many bits to be guessed, so nothing slower is needed.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// wellFormed refuses early what cannot be a token of ours.
func wellFormed(token, prefix string) bool {
	return len(token) == len(prefix)+43 && strings.HasPrefix(token, prefix)
}

// randomID makes a short public id.
func randomID(bytes int) (string, error) {
	raw := make([]byte, bytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// sessions remember who a token belongs to, so that not every request asks the database. A token is found by its hash,
// so that looking it up takes the same time whatever it is.
type sessions struct {
	mu     sync.Mutex
	byHash map[[sha256.Size]byte]remembered
	gone   uint64 // grows with each forgetting, so that an answer read before it is not kept after it
}

// remembered is a session, and when and where it was last noted as used.
type remembered struct {
	caller Caller
	seen   sighting
}

type sighting struct {
	at      int64 // Unix milliseconds
	country string
	until   int64 // the end of a brief session, 0 for one that has none
	expires int64 // the end of a token that can be renewed, 0 for one that has none
	renewed bool  // the token was given for a refresh token that is still good
}

// sessionsKept bounds the memory, some 400 bytes each.
const sessionsKept = 50_000

func newSessions() *sessions { return &sessions{byHash: map[[sha256.Size]byte]remembered{}} }

func (s *sessions) get(hash []byte) (c Caller, seen sighting, ok bool, gone uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.byHash[[sha256.Size]byte(hash)]
	return r.caller, r.seen, ok, s.gone
}

func (s *sessions) put(hash []byte, c Caller, seen sighting, gone uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != gone {
		return
	}
	if len(s.byHash) >= sessionsKept {
		clear(s.byHash)
	}
	s.byHash[[sha256.Size]byte(hash)] = remembered{c, seen}
}

func (s *sessions) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byHash)
	s.gone++
}
