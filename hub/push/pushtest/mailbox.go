package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Letter is a mail that a server took.
type Letter struct {
	From, To, Subject, Body string
	Header                  mail.Header
}

// Mailbox is an SMTP server on this machine (github.com/emersion/go-smtp). It lets "hub" in, whose password is "secret".
type Mailbox struct {
	*smtp.Server
	Address string // host and port
	mu      sync.Mutex
	letters []Letter
	refuse  *smtp.SMTPError
}

// NewSession begins a connection (smtp.Backend).
func (m *Mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &talk{box: m}, nil }

// talk is one connection.
type talk struct {
	box  *Mailbox
	from string
	to   string
}

func (t *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "hub" || password != "secret" {
			return errors.New("wrong")
		}
		return nil
	}), nil
}

func (t *talk) Mail(from string, _ *smtp.MailOptions) error { t.from = from; return nil }
func (t *talk) Rcpt(to string, _ *smtp.RcptOptions) error   { t.to = to; return nil }
func (t *talk) Reset()                                      {}
func (t *talk) Logout() error                               { return nil }

func (t *talk) Data(r io.Reader) error {
	raw, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	text := raw.Body
	if raw.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		text = quotedprintable.NewReader(raw.Body)
	}
	body, err := io.ReadAll(text)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(raw.Header.Get("Subject"))
	if err != nil {
		return err
	}
	t.box.mu.Lock()
	defer t.box.mu.Unlock()
	if t.box.refuse != nil {
		return t.box.refuse
	}
	t.box.letters = append(t.box.letters, Letter{t.from, t.to, subject, string(body), raw.Header})
	return nil
}

// Take gives what came since the last time.
func (m *Mailbox) Take() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.letters
	m.letters = nil
	return all
}

// Answer has the server refuse mail from now on; nil has it take it again.
func (m *Mailbox) Answer(refuse *smtp.SMTPError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = refuse
}

// OpenMailbox starts a server, until the test ends; with safe it can turn to TLS, by a certificate that nobody has vouched for.
func OpenMailbox(t testing.TB, safe bool) *Mailbox {
	t.Helper()
	m := &Mailbox{}
	m.Server = smtp.NewServer(m)
	m.AllowInsecureAuth = !safe
	if safe {
		m.TLSConfig = certificate(t)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- m.Serve(listener) }()
	t.Cleanup(func() { m.Close(); <-ended })
	m.Address = listener.Addr().String()
	return m
}

// certificate is one that nobody has vouched for.
func certificate(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}
