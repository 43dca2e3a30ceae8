package people

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"panah/hub/fault"
)

// Cost is what it takes to hash one passphrase. The zero Cost is the full one; a test about something else may ask for a light one.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
}

// FullCost is what stands between a stolen database and its passphrases: OWASP Password Storage Cheat Sheet, argon2id with 46 MiB, one
// pass, one lane.
var FullCost = Cost{Memory: 46 << 10, Passes: 1}

const (
	hashLanes    = 1
	hashSize     = 32 // bytes
	saltSize     = 16 // bytes
	hashesAtOnce = 4  // so that a crowd at the door takes at most 184 MiB
)

// The length of a passphrase, in characters.
const (
	passphraseShortest = 10
	passphraseLongest  = 256
)

// checkPassphraseForm refuses what is too short to protect anyone or too long to be one.
func checkPassphraseForm(passphrase string) error {
	n := utf8.RuneCountInString(passphrase)
	if !utf8.ValidString(passphrase) || n > passphraseLongest {
		return fault.InvalidParam("error.long_passphrase", "Limit", passphraseLongest)
	}
	if n < passphraseShortest {
		return fault.New(400, "M_WEAK_PASSWORD", "error.weak_passphrase", "Limit", passphraseShortest)
	}
	return nil
}

// hash makes the kept form of a passphrase, with its parameters (PHC string format). The same words typed on two keyboards are the same:
// they are brought to NFKC first.
func (p *People) hash(ctx context.Context, passphrase string) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("make a salt: %w", err)
	}
	key, err := p.derive(ctx, passphrase, parameters{p.cost.Memory, p.cost.Passes, hashLanes, salt, nil})
	if err != nil {
		return "", err
	}
	code := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.cost.Memory, p.cost.Passes, hashLanes,
		code.EncodeToString(salt), code.EncodeToString(key)), nil
}

type parameters struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// derive waits for its turn, then hashes.
func (p *People) derive(ctx context.Context, passphrase string, with parameters) ([]byte, error) {
	select {
	case p.hashes <- struct{}{}:
		defer func() { <-p.hashes }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey(norm.NFKC.Bytes([]byte(passphrase)), with.salt, with.passes, with.memory, with.lanes, hashSize), nil
}

// matches compares a passphrase with its kept form in constant time. For an account that does not exist, kept is "": then it takes
// as long and says no.
func (p *People) matches(ctx context.Context, passphrase, kept string) (bool, error) {
	with, err := parseHash(kept)
	absent := err != nil
	if absent {
		with = parameters{p.cost.Memory, p.cost.Passes, hashLanes, make([]byte, saltSize), make([]byte, hashSize)}
	}
	key, err := p.derive(ctx, passphrase, with)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, with.key) == 1 && !absent, nil
}

var errHash = errors.New("not a passphrase hash")

func parseHash(kept string) (parameters, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return parameters{}, errHash
	}
	var with parameters
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &with.memory, &with.passes, &with.lanes); err != nil {
		return parameters{}, errHash
	}
	var err1, err2 error
	with.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	with.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err1, err2); err != nil || len(with.key) != hashSize {
		return parameters{}, errHash
	}
	return with, nil
}
