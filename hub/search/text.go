package search

import (
	"encoding/json"
	"strings"

	"panah/hub/room"
	"panah/hub/script"
)

// maxWords is how many different words of one event are found; the longest event has room for more.
const maxWords = 4000

// field is one text of an event that can be found, with its name in the content.
type field struct {
	key, text string
}

// message is the part of a post's content that people read.
type message struct {
	Kind     string `json:"msgtype"`
	Body     string `json:"body"`
	Filename string `json:"filename"`
	Relates  struct {
		Reply *json.RawMessage `json:"m.in_reply_to"`
	} `json:"m.relates_to"`
}

// saying is what an event says now: its texts, and whether it is a file. wording is the last event that words it anew, or nil.
// Reactions, wordings by themselves, encrypted events and types that nobody knows say nothing.
func saying(e, wording *room.Event) (fields []field, file bool) {
	switch {
	case e.RedactedBy != "" || e.Purged:
	case e.Type == "m.room.message" && e.StateKey == nil && e.RelType != "m.replace":
		return posted(e, wording)
	case e.Type == "m.room.name" && e.StateKey != nil:
		return named(e, "name"), false
	case e.Type == "m.room.topic" && e.StateKey != nil:
		return named(e, "topic"), false
	}
	return nil, false
}

func posted(e, wording *room.Event) (fields []field, file bool) {
	content := e.Content
	if wording != nil {
		var edit struct {
			Content json.RawMessage `json:"m.new_content"`
		}
		if json.Unmarshal(wording.Content, &edit) == nil && edit.Content != nil {
			content = edit.Content
		}
	}
	var m message
	if json.Unmarshal(content, &m) != nil {
		return nil, false // someone sent a body of the wrong type: it has no text
	}
	if m.Relates.Reply != nil {
		m.Body = withoutQuote(m.Body)
	}
	fields = []field{{"body", m.Body}}
	if m.Filename != "" && m.Filename != m.Body {
		fields = append(fields, field{"filename", m.Filename})
	}
	switch m.Kind {
	case "m.file", "m.image", "m.audio", "m.video":
		file = true
	}
	return fields, file
}

// withoutQuote drops the words of another one that older clients put before an answer (Matrix Client-Server API v1.6, "Rich replies").
func withoutQuote(body string) string {
	if !strings.HasPrefix(body, "> <") {
		return body
	}
	for strings.HasPrefix(body, "> ") {
		_, body, _ = strings.Cut(body, "\n")
	}
	return strings.TrimPrefix(body, "\n")
}

func named(e *room.Event, key string) []field {
	var content map[string]json.RawMessage
	var text string
	if json.Unmarshal(e.Content, &content) != nil || json.Unmarshal(content[key], &text) != nil {
		return nil
	}
	return []field{{key, text}}
}

// keysOf are the words of the index for an event that says something.
func keysOf(e *room.Event, fields []field, file bool) []string {
	known := map[string]bool{}
	keys := []string{mark("r", e.RoomID), mark("u", e.Sender)}
	if file {
		keys = append(keys, mark("f", ""))
	}
	for _, f := range fields {
		for _, w := range script.Words(f.text) {
			for _, key := range append(w.Parts, w.Folded) {
				if !known[key] && len(known) < maxWords {
					known[key] = true
					keys = append(keys, key)
				}
			}
		}
	}
	return keys
}
