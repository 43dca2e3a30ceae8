package push

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"panah/hub/store"
)

// keyOwner is under which name the hub's key is sealed.
const keyOwner = "push key"

// tokenLife is how long one token to a push service holds; RFC 8292, 2, allows at most 24 hours.
const tokenLife = 12 * time.Hour

// loadKey reads the key by which push services know this hub, and makes it when there is none. Browsers bind what they agree to to it, so
// it stays for good.
func (p *Push) loadKey(tx *store.Tx) error {
	var sealed []byte
	err := tx.QueryRow(`SELECT private FROM push_keys WHERE id = 1`).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return p.makeKey(tx)
	}
	if err != nil {
		return fmt.Errorf("read the push key: %w", err)
	}
	raw, err := p.o.Sealer.Open(keyOwner, sealed)
	if err != nil {
		return err
	}
	key, err := x509.ParseECPrivateKey(raw)
	if err != nil {
		return fmt.Errorf("read the push key: %w", err)
	}
	return p.useKey(key)
}

func (p *Push) makeKey(tx *store.Tx) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the push key: %w", err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("write the push key: %w", err)
	}
	sealed, err := p.o.Sealer.Seal(keyOwner, raw)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO push_keys (id, private, created_at) VALUES (1, $1, $2)`, sealed, tx.Now.UnixMilli()); err != nil {
		return err
	}
	return p.useKey(key)
}

func (p *Push) useKey(key *ecdsa.PrivateKey) error {
	public, err := key.PublicKey.ECDH()
	if err != nil {
		return fmt.Errorf("use the push key: %w", err)
	}
	p.key, p.public = key, base64.RawURLEncoding.EncodeToString(public.Bytes())
	return nil
}

// Key is the public key that a browser asks its push service to take messages by: an uncompressed point of P-256 in base64url.
func (p *Push) Key() string { return p.public }

// authorization tells a push service who sends (RFC 8292, 2 and 3). It holds for that service alone.
func (p *Push) authorization(endpoint *url.URL, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"aud": endpoint.Scheme + "://" + endpoint.Host,
		"exp": now.Add(tokenLife).Unix(),
		"sub": p.o.Contact,
	})
	signed, err := token.SignedString(p.key)
	if err != nil {
		return "", fmt.Errorf("sign to a push service: %w", err)
	}
	return "vapid t=" + signed + ", k=" + p.public, nil
}

// parsePoint reads a browser's public key. ecdh refuses what is no point of the curve.
func parsePoint(text string) (*ecdh.PublicKey, error) {
	raw, err := decodeBase64(text)
	if err != nil {
		return nil, err
	}
	return ecdh.P256().NewPublicKey(raw)
}

// decodeBase64 reads base64url with or without its padding.
func decodeBase64(text string) ([]byte, error) {
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	return base64.RawURLEncoding.DecodeString(text)
}
