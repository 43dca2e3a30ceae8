package push

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

const (
	mailTime  = 30 * time.Second // of one mail, from dialling to the server's word that it has it
	probeTime = 10 * time.Second // of reaching the server, and again of being let in
)

// Mail is the way to a mail server. TLS is required, from the first byte (smtps:) or by STARTTLS (smtp:), except to this very machine.
type Mail struct {
	options []gomail.Option
	host    string
	from    *mail.Address
}

var errMailAddress = errors.New("the mail server must be smtp:// or smtps:// with a host, and the sender an address")

// ParseMail reads smtp://[USER:PASSWORD@]HOST[:PORT] or smtps://…, and whom mail comes from. Errors never have the address in them, which
// may hold a password.
func ParseMail(server, from string) (*Mail, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errMailAddress
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, errMailAddress
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	m := &Mail{host: u.Hostname(), from: sender}
	port := map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if u.Port() != "" {
		port, err = strconv.Atoi(u.Port())
	}
	if err != nil || port < 1 || port > 65535 || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errMailAddress
	}
	m.options = []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(mailTime), gomail.WithHELO(domain)}
	how := gomail.SMTPAuthAutoDiscover
	switch {
	case u.Scheme == "smtps":
		m.options = append(m.options, gomail.WithSSL())
	case loopback(m.host):
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
		how = gomail.SMTPAuthPlainNoEnc // to this machine itself a password may go in clear
	default:
		m.options = append(m.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if password, given := u.User.Password(); given {
		m.options = append(m.options, gomail.WithSMTPAuth(how), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return m, nil
}

// loopback tells whether a host is this very machine, by what it is and not by what a name resolves to.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Contact writes the sender of mail as push services want to be told whom to ask.
func Contact(from string) string {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return "mailto:" + sender.Address
}

// send hands a mail to the server and returns when that has taken it. It has no name of anybody and none of this machine.
func (m *Mail) send(ctx context.Context, id, to, subject, body string) error {
	ctx, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	client, err := gomail.NewClient(m.host, m.options...)
	if err != nil {
		return fmt.Errorf("set up a mail: %w", err)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(m.from)
	if err := message.To(to); err != nil {
		return fmt.Errorf("address a mail: %w", err)
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	message.SetMessageIDWithValue(id + "@" + domain)
	message.SetDate()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday answers
	message.Subject(subject)
	message.SetBodyString(gomail.TypeTextPlain, body)
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	return nil
}

// Host is where the mail server is.
func (m *Mail) Host() string { return m.host }

// Probe reaches the mail server, has it let the hub in, and sends nothing. It takes at most twice ten seconds.
func (m *Mail) Probe(ctx context.Context) error {
	client, err := gomail.NewClient(m.host, append(slices.Clone(m.options), gomail.WithTimeout(probeTime))...)
	if err != nil {
		return fmt.Errorf("set up a mail: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	return client.Close()
}

// temporary tells whether another try may help. Only a server that took the connection and refused this mail for good says no; what
// failed before, such as signing in, the operator will mend.
func temporary(err error) bool {
	var refused *gomail.SendError
	return !errors.As(err, &refused) || refused.IsTemp() || refused.ErrorCode() < 500
}
