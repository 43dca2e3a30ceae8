package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// padded is the size of every payload in bytes, so that its length says nothing. It leaves room for two lines of text in any
	// script, and stays far below the 4,096 bytes that push services take (RFC 8030, 7.2).
	padded = 1536
	// tagSize is what AES-GCM adds, and delimiter what ends the content of the last record (RFC 8188, 2).
	tagSize   = 16
	delimiter = 2
	saltSize  = 16
	authSize  = 16
)

var errTooLong = errors.New("a payload is longer than its padding")

// receiver is where a browser takes messages: its public key and its authentication secret (RFC 8291, 3.2).
type receiver struct {
	public *ecdh.PublicKey
	auth   []byte
}

// encrypt writes a payload for one browser as a single record of aes128gcm (RFC 8188; RFC 8291, 3 and 4). own is a key pair and
// salt a random value, both used for this message alone. size is the length of the plaintext with its padding.
func encrypt(payload []byte, to receiver, own *ecdh.PrivateKey, salt []byte, size int) ([]byte, error) {
	if len(payload) >= size {
		return nil, errTooLong
	}
	aead, nonce, err := contentKey(to, own, salt)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, size)
	copy(plain, payload)
	plain[len(payload)] = delimiter
	public := own.PublicKey().Bytes()
	out := append([]byte{}, salt...)
	out = binary.BigEndian.AppendUint32(out, uint32(size+tagSize))
	out = append(append(out, byte(len(public))), public...)
	return aead.Seal(out, nonce, plain, nil), nil
}

// contentKey derives the key and the nonce of the one record.
func contentKey(to receiver, own *ecdh.PrivateKey, salt []byte) (cipher.AEAD, []byte, error) {
	shared, err := own.ECDH(to.public)
	if err != nil {
		return nil, nil, fmt.Errorf("agree on a key with a browser: %w", err)
	}
	info := "WebPush: info\x00" + string(to.public.Bytes()) + string(own.PublicKey().Bytes())
	ikm, err := hkdf.Key(sha256.New, shared, to.auth, info, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive a browser's key: %w", err)
	}
	prk, err := hkdf.Extract(sha256.New, ikm, salt)
	if err != nil {
		return nil, nil, fmt.Errorf("derive a message's key: %w", err)
	}
	key, err1 := hkdf.Expand(sha256.New, prk, "Content-Encoding: aes128gcm\x00", 16)
	nonce, err2 := hkdf.Expand(sha256.New, prk, "Content-Encoding: nonce\x00", 12)
	if err := errors.Join(err1, err2); err != nil {
		return nil, nil, fmt.Errorf("derive a message's key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return aead, nonce, err
}
