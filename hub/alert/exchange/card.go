package exchange

import (
	"encoding/json"
	"strings"

	"panah/hub/cap"
	"panah/hub/script"
	"panah/locales"
)

// Bounds of a card: an event has at most 65,536 bytes.
const (
	textLength = 1200     // characters of one text
	lineLength = 300      // characters of a headline, a name, an address
	infosBytes = 36 << 10 // of all languages together; those that do not fit are counted
	areaCount  = 12
)

// Card is what a post says of an alert from outside.
type Card struct {
	Sender     string `json:"sender"`
	Identifier string `json:"identifier"`
	Sent       int64  `json:"sent"` // Unix seconds, as are all times
	Status     string `json:"status"`
	MsgType    string `json:"msg_type"`
	Scope      string `json:"scope"`
	Note       string `json:"note,omitempty"`
	Feed       string `json:"feed,omitempty"` // the address that it came from
	Infos      []Info `json:"infos,omitempty"`
	More       int    `json:"more,omitempty"` // languages that found no room
}

// Info is what it says in one language.
type Info struct {
	Language    string   `json:"language"`
	Event       string   `json:"event"`
	Headline    string   `json:"headline,omitempty"`
	Description string   `json:"description,omitempty"`
	Instruction string   `json:"instruction,omitempty"`
	Urgency     string   `json:"urgency"`
	Severity    string   `json:"severity"`
	Certainty   string   `json:"certainty"`
	Expires     int64    `json:"expires,omitempty"`
	SenderName  string   `json:"sender_name,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Web         string   `json:"web,omitempty"` // a text: nobody here has looked where it leads
	Areas       []string `json:"areas,omitempty"`
}

// clean takes out what would turn the text around it, and cuts what is too long.
func clean(text string, most int) string {
	text = strings.TrimSpace(script.StripBidi(text))
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// shownFeed is what of a feed's address people see who read its posts: what stands behind the question mark may be a key.
func shownFeed(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

func cardOf(a *cap.Alert, feed string) Card {
	c := Card{Sender: a.Sender, Identifier: a.Identifier, Sent: a.Sent.Unix, Status: string(a.Status), MsgType: string(a.MsgType),
		Scope: string(a.Scope), Note: clean(a.Note, lineLength), Feed: shownFeed(feed)}
	room := infosBytes
	for i := range a.Infos {
		info := infoOf(&a.Infos[i])
		raw, err := json.Marshal(info)
		if err != nil || len(raw) > room {
			c.More++
			continue
		}
		room -= len(raw)
		c.Infos = append(c.Infos, info)
	}
	return c
}

func infoOf(i *cap.Info) Info {
	info := Info{
		Language: i.Language, Event: clean(i.Event, lineLength), Headline: clean(i.Headline, lineLength),
		Description: clean(i.Description, textLength), Instruction: clean(i.Instruction, textLength),
		Urgency: string(i.Urgency), Severity: string(i.Severity), Certainty: string(i.Certainty), Expires: i.Expires.Unix,
		SenderName: clean(i.SenderName, lineLength), Contact: clean(i.Contact, lineLength), Web: clean(i.Web, lineLength),
	}
	if info.Language == "" {
		info.Language = cap.DefaultLanguage
	}
	for _, area := range i.Areas[:min(len(i.Areas), areaCount)] {
		info.Areas = append(info.Areas, clean(area.Description, lineLength))
	}
	return info
}

// content is the content of the post: the card, and a text for clients that do not know it.
func (x *Exchange) content(a *cap.Alert, feed string) map[string]any {
	card := cardOf(a, feed)
	return map[string]any{"msgtype": "m.text", "body": x.body(&card), Member: card}
}

// body says the first language's text. What is not meant for real is said first.
func (x *Exchange) body(c *Card) string {
	var lines []string
	if c.Status != "Actual" {
		lines = append(lines, locales.For(x.language, "").Text("exchange.not_actual", map[string]any{"Status": c.Status}))
	}
	if len(c.Infos) == 0 {
		lines = append(lines, c.MsgType+" "+c.Identifier, c.Note)
	} else {
		first := c.Infos[0]
		title := first.Headline
		if title == "" {
			title = first.Event
		}
		lines = append(lines, title, first.Description, first.Instruction)
	}
	lines = append(lines, c.Sender)
	var said []string
	for _, line := range lines {
		if line != "" {
			said = append(said, line)
		}
	}
	return strings.Join(said, "\n")
}
