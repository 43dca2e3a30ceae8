package push_test

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/push"
	"panah/hub/push/pushtest"
	"panah/hub/store/storetest"
)

func sendVia(t *testing.T, m *pushtest.Mailbox) *push.Mail {
	t.Helper()
	way, err := push.ParseMail("smtp://hub:secret@"+m.Address, "Somebody <notices@example.org>")
	if err != nil {
		t.Fatal(err)
	}
	return way
}

var six = regexp.MustCompile(`[0-9]{6}`)

// confirm gives the reader an address, as a person does.
func (w *world) confirm(m *pushtest.Mailbox, address string) {
	w.Helper()
	w.must(w.push.AskAddress(w.Context(), w.caller("phone"), address))
	letters := m.Take()
	if len(letters) != 1 || letters[0].To != address {
		w.Fatalf("got %+v", letters)
	}
	w.must(w.push.ConfirmAddress(w.Context(), w.caller("phone"), six.FindString(letters[0].Body)))
}

// Mail from the wish for it to the mailbox: confirmed first, with nothing of the content, not too often, tried again and never twice.
func TestMail(t *testing.T) {
	storetest.EachAddress(t, func(t *testing.T, address string) {
		box := pushtest.OpenMailbox(t, false)
		w := open(t, address, sendVia(t, box))
		w.prefer(push.Preferences{Push: []notice.Kind{}, Mail: notice.Kinds(), Open: true})
		w.post("before there was an address")
		w.later(10 * time.Second)
		w.confirm(box, "reader@example.org")
		letters := func(d time.Duration, want int, what string) []pushtest.Letter {
			t.Helper()
			w.later(d)
			came := box.Take()
			if len(came) != want {
				t.Fatalf("%s: %d letters, want %d", what, len(came), want)
			}
			return came
		}
		w.post("the girl is in Herat")
		came := letters(10*time.Second, 1, "the first post")[0]
		if came.From != "notices@example.org" || came.To != "reader@example.org" || !strings.Contains(came.Subject, "чизи нав") || !strings.Contains(came.Body, "танзимот") {
			t.Errorf("got %+v", came)
		}
		whole := strings.ToLower(came.Subject + came.Body + headers(came.Header))
		for _, secret := range []string{"girl", "herat", "writ", "panah", "hub.example", "go-mail"} {
			if strings.Contains(whole, secret) {
				t.Errorf("the mail has %q in it: %s", secret, whole)
			}
		}
		w.post("second")
		w.post("third")
		letters(time.Minute, 0, "within half an hour")
		box.Answer(&smtp.SMTPError{Code: 451, Message: "later"})
		letters(30*time.Minute, 0, "a server that is busy")
		box.Answer(nil)
		w.start()
		if both := letters(time.Minute, 1, "after a restart"); !strings.Contains(both[0].Subject, "2") {
			t.Errorf("two posts became %q", both[0].Subject)
		}
		w.alert("Immediate")
		letters(2*time.Minute, 1, "an Immediate alert, soon after another mail")
		box.Answer(&smtp.SMTPError{Code: 550, Message: "nobody here"})
		w.post("fourth")
		letters(40*time.Minute, 0, "a server that refuses")
		box.Answer(nil)
		letters(2*time.Hour, 0, "what was refused for good")
		w.must(w.push.ForgetAddress(t.Context(), w.caller("phone")))
		w.post("fifth")
		letters(time.Hour, 0, "without an address")
	})
}

// drawn is the part of a mail's id that chance draws, in which it may well spell a word.
var drawn = regexp.MustCompile(`^<[\w-]{16,}@`)

// headers are those of a mail, without what chance has drawn.
func headers(h mail.Header) string {
	var all strings.Builder
	for name, values := range h {
		all.WriteString(name + drawn.ReplaceAllString(strings.Join(values, " "), "<@"))
	}
	return all.String()
}

// An address counts only with its code, which is limited in tries, time and number.
func TestMailCodes(t *testing.T) {
	box := pushtest.OpenMailbox(t, false)
	w := open(t, storetest.SQLiteAddress(t), sendVia(t, box))
	ctx, me := t.Context(), w.caller("phone")
	for _, bad := range []string{"", "nobody", "a@b, c@d", "Reader <reader@example.org>", "a@b\r\nBcc: c@d", strings.Repeat("a", 300) + "@example.org"} {
		if err := w.push.AskAddress(ctx, me, bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	code := six.FindString(box.Take()[0].Body)
	for range 5 {
		if err := w.push.ConfirmAddress(ctx, me, "000000"); !errors.Is(err, fault.Forbidden("error.mail_code")) {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	if err := w.push.ConfirmAddress(ctx, me, code); !errors.Is(err, fault.Forbidden("error.mail_code_over")) {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	late := six.FindString(box.Take()[0].Body)
	w.clock.Pass(31 * time.Minute)
	if err := w.push.ConfirmAddress(ctx, me, late); !errors.Is(err, fault.Forbidden("error.mail_code_over")) {
		t.Errorf("a code after its time: %v", err)
	}
	w.must(w.push.AskAddress(ctx, me, "reader@example.org"))
	code = six.FindString(box.Take()[0].Body)
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
	box := pushtest.OpenMailbox(t, true)
	w := open(t, storetest.SQLiteAddress(t), sendVia(t, box))
	err := w.push.AskAddress(t.Context(), w.caller("phone"), "reader@example.org")
	if err == nil || len(box.Take()) != 0 {
		t.Errorf("a certificate that nobody vouched for was taken: %v", err)
	}
}
