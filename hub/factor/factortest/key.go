// Package factortest has a passkey in software, for tests: it makes real keys and real signatures, and lies wherever a test wants it to.
package factortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Flags of authenticator data (WebAuthn Level 3, 6.1).
const (
	present  byte = 1 << 0
	verified byte = 1 << 2
	attested byte = 1 << 6
)

// Key is a passkey. What it says of itself may be changed between answers.
type Key struct {
	ID       []byte
	Handle   []byte // of its owner
	RPID     string
	Origin   string
	Count    uint32 // of its uses; stays at zero with Still
	Still    bool   // does not count, as passkeys that are on several devices
	Verified bool   // it has verified its holder
	private  *ecdsa.PrivateKey
}

// New makes a passkey that answers truly for a party.
func New(t testing.TB, rpID, origin string) *Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id) // never fails (crypto/rand, Go 1.24)
	return &Key{ID: id, RPID: rpID, Origin: origin, Verified: true, private: private}
}

// Copy is a clone: the same key with a counter of its own.
func (k *Key) Copy() *Key {
	twin := *k
	return &twin
}

// asked is what both kinds of options have.
type asked struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
}

func read(t testing.TB, options json.RawMessage) (a asked) {
	t.Helper()
	if err := json.Unmarshal(options, &a); err != nil || a.Challenge == "" {
		t.Fatalf("no challenge in %s: %v", options, err)
	}
	return a
}

// Make answers the question of BeginAdd.
func (k *Key) Make(t testing.TB, options json.RawMessage) []byte {
	t.Helper()
	a := read(t, options)
	k.Handle = unpacked(t, a.User.ID)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": k.data(t, attested)})
	if err != nil {
		t.Fatal(err)
	}
	return k.answer(t, map[string]string{
		"clientDataJSON": packed(k.client(t, "webauthn.create", a.Challenge)), "attestationObject": packed(object),
	})
}

// Use answers the question of BeginUse.
func (k *Key) Use(t testing.TB, options json.RawMessage) []byte {
	t.Helper()
	if !k.Still {
		k.Count++
	}
	data, client := k.data(t, 0), k.client(t, "webauthn.get", read(t, options).Challenge)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return k.answer(t, map[string]string{
		"clientDataJSON": packed(client), "authenticatorData": packed(data), "signature": packed(signature), "userHandle": packed(k.Handle),
	})
}

func (k *Key) answer(t testing.TB, response map[string]string) []byte {
	t.Helper()
	out, err := json.Marshal(map[string]any{"id": packed(k.ID), "rawId": packed(k.ID), "type": "public-key", "response": response})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (k *Key) client(t testing.TB, kind, challenge string) []byte {
	t.Helper()
	out, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// data is the authenticator data, with the public key where it is being made.
func (k *Key) data(t testing.TB, flags byte) []byte {
	t.Helper()
	flags |= present
	if k.Verified {
		flags |= verified
	}
	hash := sha256.Sum256([]byte(k.RPID))
	out := append(hash[:], flags)
	out = binary.BigEndian.AppendUint32(out, k.Count)
	if flags&attested == 0 {
		return out
	}
	out = append(out, make([]byte, 16)...) // of no make
	out = binary.BigEndian.AppendUint16(out, uint16(len(k.ID)))
	return append(append(out, k.ID...), k.public(t)...)
}

// public is the key in COSE (RFC 9053, 7.1.1): EC2, ES256, P-256.
func (k *Key) public(t testing.TB) []byte {
	t.Helper()
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	out, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func packed(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func unpacked(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
