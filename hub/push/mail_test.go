package push_test

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
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/push"
	"panah/hub/store/storetest"
)

// letter is a mail that a server took.
type letter struct {
	from, to, subject, body string
	header                  mail.Header
}

// mailbox is an SMTP server on this machine (github.com/emersion/go-smtp).
type mailbox struct {
	*smtp.Server
	address string
	mu      sync.Mutex
	letters []letter
	refuse  *smtp.SMTPError
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &talk{box: m}, nil }

// talk is one connection.
type talk struct {
	box  *mailbox
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
	t.box.letters = append(t.box.letters, letter{t.from, t.to, subject, string(body), raw.Header})
	return nil
}

func (m *mailbox) take() []letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.letters
	m.letters = nil
	return all
}

func (m *mailbox) answer(refuse *smtp.SMTPError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = refuse
}

// openMailbox starts a server; with safe it can turn to TLS.
func openMailbox(t *testing.T, safe bool) *mailbox {
	t.Helper()
	m := &mailbox{}
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
	m.address = listener.Addr().String()
	return m
}

// certificate is one that nobody has vouched for.
func certificate(t *testing.T) *tls.Config {
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

func sendVia(t *testing.T, m *mailbox) *push.Mail {
	t.Helper()
	way, err := push.ParseMail("smtp://hub:secret@"+m.address, "Somebody <notices@example.org>")
	if err != nil {
		t.Fatal(err)
	}
	return way
}

var six = regexp.MustCompile(`[0-9]{6}`)

// confirm gives the reader an address, as a person does.
func (w *world) confirm(m *mailbox, address string) {
	w.Helper()
	w.must(w.push.AskAddress(w.Context(), w.caller("phone"), address))
	letters := m.take()
	if len(letters) != 1 || letters[0].to != address {
		w.Fatalf("got %+v", letters)
	}
	w.must(w.push.ConfirmAddress(w.Context(), w.caller("phone"), six.FindString(letters[0].body)))
}

// Mail from the wish for it to the mailbox: confirmed first, with nothing of the content, not too often, tried again and never twice.
func TestMail(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		box := openMailbox(t, false)
		w := open(t, address, sendVia(t, box))
		w.prefer(push.Preferences{Push: []notice.Kind{}, Mail: notice.Kinds(), Open: true})
		w.post("before there was an address")
		w.later(10 * time.Second)
		w.confirm(box, "reader@example.org")
		letters := func(d time.Duration, want int, what string) []letter {
			t.Helper()
			w.later(d)
			came := box.take()
			if len(came) != want {
				t.Fatalf("%s: %d letters, want %d", what, len(came), want)
			}
			return came
		}
		w.post("the girl is in Herat")
		came := letters(10*time.Second, 1, "the first post")[0]
		if came.from != "notices@example.org" || came.to != "reader@example.org" || !strings.Contains(came.subject, "чизи нав") || !strings.Contains(came.body, "танзимот") {
			t.Errorf("got %+v", came)
		}
		whole := strings.ToLower(came.subject + came.body + headers(came.header))
		for _, secret := range []string{"girl", "herat", "writ", "panah", "hub.example", "go-mail"} {
			if strings.Contains(whole, secret) {
				t.Errorf("the mail has %q in it: %s", secret, whole)
			}
		}
		w.post("second")
		w.post("third")
		letters(time.Minute, 0, "within half an hour")
		box.answer(&smtp.SMTPError{Code: 451, Message: "later"})
		letters(30*time.Minute, 0, "a server that is busy")
		box.answer(nil)
		w.start()
		if both := letters(time.Minute, 1, "after a restart"); !strings.Contains(both[0].subject, "2") {
			t.Errorf("two posts became %q", both[0].subject)
		}
		w.alert("Immediate")
		letters(2*time.Minute, 1, "an Immediate alert, soon after another mail")
		box.answer(&smtp.SMTPError{Code: 550, Message: "nobody here"})
		w.post("fourth")
		letters(40*time.Minute, 0, "a server that refuses")
		box.answer(nil)
		letters(2*time.Hour, 0, "what was refused for good")
		w.must(w.push.ForgetAddress(t.Context(), w.caller("phone")))
		w.post("fifth")
		letters(time.Hour, 0, "without an address")
	})
}

func headers(h mail.Header) string {
	var all strings.Builder
	for name, values := range h {
		all.WriteString(name + strings.Join(values, " "))
	}
	return all.String()
}

// An address counts only with its code, which is limited in tries, time and number.
func TestMailCodes(t *testing.T) {
	box := openMailbox(t, false)
	w := open(t, storetest.SQLiteAddress(t), sendVia(t, box))
	ctx, me := t.Context(), w.caller("phone")
	for _, bad := range []string{"", "nobody", "a@b, c@d", "Reader <reader@example.org>", "a@b\r\nBcc: c@d", strings.Repeat("a", 300) + "@example.org"} {
		if err := w.push.AskAddress(ctx, me, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	code := six.FindString(box.take()[0].body)
	for range 5 {
		if err := w.push.ConfirmAddress(ctx, me, "000000"); !errors.Is(err, fault.Forbidden("error.mail_code")) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	if err := w.push.ConfirmAddress(ctx, me, code); !errors.Is(err, fault.Forbidden("error.mail_code_over")) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	late := six.FindString(box.take()[0].body)
	w.clock.move(31 * time.Minute)
	if err := w.push.ConfirmAddress(ctx, me, late); !errors.Is(err, fault.Forbidden("error.mail_code_over")) {
		t.Errorf("a code after its time: %v", err)
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	code = six.FindString(box.take()[0].body)
	if err := w.push.AskAddress(ctx, me, "another@example.org"); err == nil {
		t.Error("a fourth code within the hour was sent")
	}
	other := w.caller("phone")
	other.UserID = writer
	if err := w.push.ConfirmAddress(ctx, other, code); err == nil {
		t.Error("somebody else's code was taken")
	}
	eastern := strings.Map(func(r rune) rune { return r - '0' + '۰' }, code)
	w.must(w.push.ConfirmAddress(ctx, me, " "+eastern+" "))
	state, err := w.push.State(ctx, me)
	if err != nil || state.Address != "reader@example.org" || state.Pending != "" {
		t.Errorf("got %+v, %v", state, err)
	}
}

// What goes further than this machine is sent by TLS or not at all, and a certificate that nobody vouched for is refused.
func TestMailNeedsTLS(t *testing.T) {
	for address, good := range map[string]bool{
		"smtp://mail.example.org": true, "smtps://u:p@mail.example.org:465": true, "smtp://127.0.0.1:25": true,
		"http://mail.example.org": false, "smtp://": false, "smtp://mail.example.org/x": false, "smtp://mail.example.org:0": false, "mail.example.org": false,
	} {
		if _, err := push.ParseMail(address, "hub@example.org"); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := push.ParseMail("smtp://u:hunter2@mail.example.org/x", "hub@example.org"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v", err)
	}
	box := openMailbox(t, true)
	w := open(t, storetest.SQLiteAddress(t), sendVia(t, box))
	err := w.push.AskAddress(t.Context(), w.caller("phone"), "reader@example.org")
	if err == nil || len(box.take()) != 0 {
		t.Errorf("a certificate that nobody vouched for was taken: %v", err)
	}
}
