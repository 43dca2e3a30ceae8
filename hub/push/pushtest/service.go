// Package pushtest is a push service and the browsers behind it, for tests: it takes messages as RFC 8030 says, checks who sends them by
// RFC 8292, and decrypts them by RFC 8291. It shares no code with the sender.
package pushtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Browser has the keys of one subscription.
type Browser struct {
	key  *ecdh.PrivateKey
	auth []byte
}

// NewBrowser draws the keys of a subscription.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	return &Browser{key, auth}
}

// Fixed is a browser with given keys.
func Fixed(key *ecdh.PrivateKey, auth []byte) *Browser { return &Browser{key, auth} }

// Subscription is what the browser gives a page, as JSON.
func (b *Browser) Subscription(endpoint string) map[string]any {
	text := base64.RawURLEncoding.EncodeToString
	return map[string]any{"endpoint": endpoint, "keys": map[string]any{"p256dh": text(b.key.PublicKey().Bytes()), "auth": text(b.auth)}}
}

// mac is HKDF's step for outputs of at most 32 bytes (RFC 8291, 3.4, in its own words: HMAC-SHA-256 of info and a byte of one).
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// Decrypt opens a message of one record (RFC 8188, 2; RFC 8291, 3.4 and 4).
func (b *Browser) Decrypt(body []byte) ([]byte, error) {
	if len(body) < 86 || body[20] != 65 {
		return nil, errors.New("the header is too short or names no key of P-256")
	}
	salt, size, sender, record := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:86], body[86:]
	if uint32(len(record)) > size {
		return nil, errors.New("more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	ikm := mac(mac(b.auth, shared), []byte("WebPush: info\x00"), b.key.PublicKey().Bytes(), sender, []byte{1})
	prk := mac(salt, ikm)
	block, err := aes.NewCipher(mac(prk, []byte("Content-Encoding: aes128gcm\x00"), []byte{1})[:16])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, mac(prk, []byte("Content-Encoding: nonce\x00"), []byte{1})[:12], record, nil)
	if err != nil {
		return nil, err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 {
		return nil, errors.New("the last record does not end as one")
	}
	return plain[:len(plain)-1], nil
}

// Message is one that came in.
type Message struct {
	Path   string
	Header http.Header
	Size   int // of the body in bytes
	Raw    []byte
	Claims map[string]any // of the sender's token
	Key    string         // the sender's public key
}

// Service is a push service on this machine. Answer decides how it answers; nil takes everything.
type Service struct {
	*httptest.Server
	Answer func(m *Message) (status int, header http.Header)

	mu    sync.Mutex
	came  []*Message
	fresh chan struct{}
}

// NewService starts one, until the test ends.
func NewService(t testing.TB) *Service {
	t.Helper()
	s := &Service{fresh: make(chan struct{}, 1000)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// Endpoint is an address under which the service takes messages.
func (s *Service) Endpoint(name string) string { return s.URL + "/push/" + name }

// ServeHTTP takes a message.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	m := &Message{Path: r.URL.Path, Header: r.Header, Size: len(body), Raw: body}
	if err == nil {
		m.Claims, m.Key, err = authorized(r.Header.Get("Authorization"))
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("TTL") == "" || r.Header.Get("Content-Encoding") != "aes128gcm" {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.came = append(s.came, m)
	answer := s.Answer
	s.mu.Unlock()
	status, header := http.StatusCreated, http.Header{}
	if answer != nil {
		status, header = answer(m)
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	s.fresh <- struct{}{}
}

// SetAnswer changes how the service answers from now on.
func (s *Service) SetAnswer(answer func(m *Message) (int, http.Header)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Answer = answer
}

// Always answers everything alike. header are pairs.
func Always(status int, header ...string) func(m *Message) (int, http.Header) {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return func(*Message) (int, http.Header) { return status, h }
}

// Take gives what came since the last time.
func (s *Service) Take() []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	came := s.came
	s.came = nil
	return came
}

// Next waits for a message.
func (s *Service) Next(t testing.TB) *Message {
	t.Helper()
	for {
		s.mu.Lock()
		if len(s.came) > 0 {
			m := s.came[0]
			s.came = s.came[1:]
			s.mu.Unlock()
			return m
		}
		s.mu.Unlock()
		select {
		case <-s.fresh:
		case <-time.After(30 * time.Second):
			t.Fatal("no message came")
		}
	}
}

// JSON decrypts a message into an object.
func (m *Message) JSON(t testing.TB, b *Browser) map[string]any {
	t.Helper()
	plain, err := b.Decrypt(m.Raw)
	if err != nil {
		t.Fatalf("decrypt: %v", err)
	}
	var out map[string]any
	if err := json.Unmarshal(plain, &out); err != nil {
		t.Fatalf("decrypted %q: %v", plain, err)
	}
	return out
}

// authorized checks "vapid t=TOKEN, k=KEY": the token is a JWT signed by ES256 with that key (RFC 8292, 2 and 3; RFC 7518, 3.4).
func authorized(header string) (claims map[string]any, key string, err error) {
	token, key, found := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !found || len(parts) != 3 {
		return nil, "", errors.New("no token and key")
	}
	point, err1 := base64.RawURLEncoding.DecodeString(key)
	payload, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	signature, err3 := base64.RawURLEncoding.DecodeString(parts[2])
	if err := errors.Join(err1, err2, err3); err != nil || len(signature) != 64 {
		return nil, "", errors.Join(err, errors.New("the token cannot be read"))
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return nil, "", errors.New("the token is not signed with its key")
	}
	return claims, key, json.Unmarshal(payload, &claims)
}
