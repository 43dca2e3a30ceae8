package push

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/alert/code"
	"panah/hub/fault"
	"panah/hub/notice"
	"panah/hub/room"
	"panah/hub/script"
	"panah/hub/store"
)

const (
	titleLimit = 240 // bytes of a title that says more
	bodyLimit  = 480 // bytes of its text
)

// said is what a person is shown, in their own language. Without More it is nothing of the content.
type said struct {
	Language string
	Text     string // "1 new item"
	Several  string // "New items": beside one that is still shown
	More     *more  // for those who want to see more, on a device that is not locked
	mail     string
	now      time.Time
}

type more struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

// say words a line.
func (p *Push) say(tx *store.Tx, l line) (said, error) {
	reader := p.readerTx(tx, l.UserID)
	printer := reader.Printer
	count := map[string]any{"Count": l.Count}
	s := said{
		Language: printer.Language(), Text: printer.Text("push.items", count), Several: printer.Text("push.several", nil), now: tx.Now,
		mail: printer.Text("mail.items", count),
	}
	if l.Kind == notice.Test {
		s.Text, s.mail = printer.Text("push.test", nil), printer.Text("mail.test", nil)
		return s, nil
	}
	r, err := p.rowTx(tx, l.UserID)
	if err != nil || !r.open || l.EventID == "" {
		return s, err
	}
	s.More, err = p.moreTx(tx, reader, l)
	return s, err
}

// moreTx says who writes and what, as far as the person may still read it. What was taken back meanwhile says nothing.
func (p *Push) moreTx(tx *store.Tx, reader code.Reader, l line) (*more, error) {
	e, err := p.rooms.ReadableEvent(tx, l.RoomID, l.EventID, l.UserID)
	var hidden *fault.Fault
	if errors.As(err, &hidden) || err == nil && e.RedactedBy != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sender, err := p.people.PersonTx(tx, e.Sender)
	if err != nil && !errors.As(err, &hidden) {
		return nil, err
	}
	key := map[notice.Kind]string{notice.Alert: "push.more_alert", notice.Mention: "push.more_mention", notice.Direct: "push.more_direct"}[l.Kind]
	if key == "" {
		key = "push.more_message"
	}
	body, err := p.bodyTx(tx, reader, e)
	if err != nil {
		return nil, err
	}
	name := sender.Name
	if name == "" {
		name = e.Sender
	}
	title := reader.Printer.Text(key, map[string]any{"Name": name})
	return &more{cut(title, titleLimit), body}, nil
}

// bodyTx is what an event says to a reader. An alert is said in their language, with its values isolated; anything else as it was written.
func (p *Push) bodyTx(tx *store.Tx, reader code.Reader, e *room.Event) (string, error) {
	if p.o.Alert != nil {
		if text, known, err := p.o.Alert(tx, e.ID, reader); err != nil || known {
			return script.Close(cut(text, bodyLimit)), err
		}
	}
	var content struct {
		Body string `json:"body"`
	}
	_ = json.Unmarshal(e.Content, &content) // without words there is a title all the same
	return script.Isolate(cut(content.Body, bodyLimit)), nil
}

// cut shortens a text to so many bytes, at the border of a character, and says that it did.
func cut(text string, most int) string {
	text = strings.TrimSpace(text)
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// wire is what the browser decrypts. To is by which the device knows that it is the one who is meant.
type wire struct {
	ID       string         `json:"id"`
	To       string         `json:"to"`
	Kind     notice.Kind    `json:"kind"`
	Urgent   bool           `json:"urgent"`
	Count    int            `json:"count"`
	Topic    string         `json:"topic"`
	Position store.Position `json:"position"`
	Language string         `json:"language"`
	Text     string         `json:"text"`
	Several  string         `json:"several"`
	More     *more          `json:"more,omitempty"`
}

// payload writes it. A text full of signs that JSON writes out at length is left out before the payload outgrows its padding.
func (s *said) payload(l line, to string) ([]byte, error) {
	w := wire{l.SendID, to, l.Kind, l.Urgent, l.Count, topicOf(to, l.Topic), l.Position, s.Language, s.Text, s.Several, s.More}
	raw, err := encodeWire(w)
	if err == nil && len(raw) >= padded {
		w.More = nil
		raw, err = encodeWire(w)
	}
	return raw, err
}

func encodeWire(w wire) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(w); err != nil {
		return nil, fmt.Errorf("write a payload: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}
