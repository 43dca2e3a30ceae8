package device

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/matrix-org/gomatrixserverlib"

	"panah/hub/fault"
)

// signatures are those of a signed JSON object: by who signed, then by the name of the key (Matrix specification, appendices, "Signing JSON").
type signatures map[string]map[string]string

// signed is a signed JSON object, as it came.
type signed struct {
	raw        json.RawMessage
	members    map[string]json.RawMessage
	signatures signatures
}

// errSignature refuses what somebody did not sign who should have.
func errSignature(cause error) error {
	return fault.New(http.StatusBadRequest, "M_INVALID_SIGNATURE", "error.bad_signature").Because(cause)
}

// readSigned reads a JSON object of at most limit bytes.
func readSigned(raw json.RawMessage, limit int, of string) (signed, error) {
	s := signed{raw: raw}
	if len(raw) > limit || json.Unmarshal(raw, &s.members) != nil || s.members == nil {
		return s, invalid(of)
	}
	if all := s.members["signatures"]; all != nil && json.Unmarshal(all, &s.signatures) != nil {
		return s, invalid(of)
	}
	return s, nil
}

// verify checks that a key signed the object.
func (s signed) verify(signer, keyID string, public ed25519.PublicKey) error {
	if err := gomatrixserverlib.VerifyJSON(signer, gomatrixserverlib.KeyID(keyID), public, s.raw); err != nil {
		return errSignature(err)
	}
	return nil
}

// by is what a key signed with, or "".
func (s signed) by(signer, keyID string) string { return s.signatures[signer][keyID] }

// with gives the object as it is kept or shown: with these signatures alone, and with nothing unsigned but what is given.
func (s signed) with(all signatures, unsigned map[string]string) (json.RawMessage, error) {
	members := maps.Clone(s.members)
	delete(members, "signatures")
	delete(members, "unsigned")
	for name, value := range map[string]any{"signatures": all, "unsigned": unsigned} {
		if m, none := value.(map[string]string); none && m == nil {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("write signed keys: %w", err)
		}
		members[name] = raw
	}
	return json.Marshal(members)
}

// bare is what the signatures are made over.
func (s signed) bare() ([]byte, error) {
	members := maps.Clone(s.members)
	delete(members, "signatures")
	delete(members, "unsigned")
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("write keys: %w", err)
	}
	return gomatrixserverlib.CanonicalJSON(raw)
}

// same reports that two objects say the same, whoever signed them.
func (s signed) same(other signed) bool {
	a, errA := s.bare()
	b, errB := other.bare()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// publicKey reads an Ed25519 key in unpadded base64.
func publicKey(text string) (ed25519.PublicKey, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	return raw, err == nil && len(raw) == ed25519.PublicKeySize
}

// deviceKeys is what is read of a device's keys.
type deviceKeys struct {
	UserID     string            `json:"user_id"`
	DeviceID   string            `json:"device_id"`
	Algorithms []string          `json:"algorithms"`
	Keys       map[string]string `json:"keys"`
}

// readDeviceKeys reads a device's keys and checks that they are of this device and signed by it.
func readDeviceKeys(raw json.RawMessage, userID, device string) (signed, deviceKeys, error) {
	var k deviceKeys
	s, err := readSigned(raw, keysSize, "device_keys")
	if err != nil {
		return s, k, err
	}
	if json.Unmarshal(raw, &k) != nil || k.UserID != userID || k.DeviceID != device || k.Algorithms == nil {
		return s, k, invalid("device_keys")
	}
	public, ok := publicKey(k.Keys["ed25519:"+device])
	if !ok {
		return s, k, invalid("device_keys")
	}
	return s, k, s.verify(userID, "ed25519:"+device, public)
}

// crossKeys is what is read of a cross-signing key.
type crossKeys struct {
	UserID string            `json:"user_id"`
	Usage  []string          `json:"usage"`
	Keys   map[string]string `json:"keys"`
}

// crossKey is a cross-signing key.
type crossKey struct {
	signed
	id     string // "ed25519:" and the public part
	public ed25519.PublicKey
}

// readCrossKey reads a cross-signing key and checks that it is this person's, of this usage, and named by its public part.
func readCrossKey(raw json.RawMessage, userID, usage string) (crossKey, error) {
	of := usage + "_key"
	s, err := readSigned(raw, keysSize, of)
	if err != nil {
		return crossKey{}, err
	}
	var k crossKeys
	if json.Unmarshal(raw, &k) != nil || k.UserID != userID || !slices.Contains(k.Usage, usage) || len(k.Keys) != 1 {
		return crossKey{}, invalid(of)
	}
	for id, text := range k.Keys {
		public, ok := publicKey(text)
		if !ok || id != "ed25519:"+text {
			return crossKey{}, invalid(of)
		}
		return crossKey{s, id, public}, nil
	}
	return crossKey{}, invalid(of)
}

// target is the name under which signatures of the key are kept: its public part.
func (k crossKey) target() string { return strings.TrimPrefix(k.id, "ed25519:") }
