package alert

import (
	"encoding/json"
	"slices"
	"strings"
)

// What alerts are in events (docs/alerts.md).
const (
	Member          = "network.panah.alert"       // the part of an m.room.message that makes it an alert
	AnswerType      = "network.panah.answer"      // the type of an answer
	TranslationType = "network.panah.translation" // the type of a translation
	RelUpdate       = "network.panah.update"      // how a later version relates to the first
	relReference    = "m.reference"
)

// Statuses of CAP 1.2 that are ours. An exercise is acted on as if it were real; a test is only looked at.
const (
	Actual   = "Actual"
	Exercise = "Exercise"
	Test     = "Test"
)

// Message types of CAP 1.2 that are ours.
const (
	MsgAlert  = "Alert"
	MsgUpdate = "Update"
	MsgCancel = "Cancel"
)

var (
	statuses    = []string{Actual, Exercise, Test}
	urgencies   = []string{"Immediate", "Expected", "Future", "Past", "Unknown"}
	severities  = []string{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
	certainties = []string{"Observed", "Likely", "Possible", "Unlikely", "Unknown"}
)

// Block is what an event says of an alert. In the event itself is left out what would say nothing: status Actual, msg_type Alert, the urgency,
// severity and certainty that the code proposes, and areas that are the places of the slots.
type Block struct {
	Code      string          `json:"code"`
	Slots     json.RawMessage `json:"slots,omitempty"` // a flat object
	Status    string          `json:"status,omitempty"`
	MsgType   string          `json:"msg_type,omitempty"`
	Urgency   string          `json:"urgency,omitempty"`
	Severity  string          `json:"severity,omitempty"`
	Certainty string          `json:"certainty,omitempty"`
	Areas     []string        `json:"areas,omitempty"` // ISO 3166-2, or a country alone
	Expires   int64           `json:"expires"`         // Unix seconds
	TLP       Label           `json:"tlp"`
	Text      string          `json:"text,omitempty"`
	Language  string          `json:"language,omitempty"` // of Text
	Quotes    string          `json:"quotes,omitempty"`   // id of an alert that this one passes on
	By        string          `json:"by,omitempty"`       // the steward in whose name the hub's account writes
	// Describes: a sender said that somebody could be known by it. It stands in the event so that later versions wait for a second person too,
	// however long the alert lives and whoever has left since.
	Describes bool `json:"describes,omitempty"`
}

// brief leaves out what would say nothing.
func (b Block) brief() Block {
	p := proposalOf(b.Code)
	drop := func(value *string, usual string) {
		if *value == usual {
			*value = ""
		}
	}
	drop(&b.Status, Actual)
	drop(&b.MsgType, MsgAlert)
	drop(&b.Urgency, p.Urgency)
	drop(&b.Severity, p.Severity)
	drop(&b.Certainty, p.Certainty)
	if slices.Equal(b.Areas, areasOf(b)) {
		b.Areas = nil
	}
	if string(b.Slots) == "{}" {
		b.Slots = nil
	}
	return b
}

// full says again what brief has left out.
func (b Block) full() Block {
	p := proposalOf(b.Code)
	fill := func(value *string, usual string) {
		if *value == "" {
			*value = usual
		}
	}
	fill(&b.Status, Actual)
	fill(&b.MsgType, MsgAlert)
	fill(&b.Urgency, p.Urgency)
	fill(&b.Severity, p.Severity)
	fill(&b.Certainty, p.Certainty)
	if len(b.Slots) == 0 {
		b.Slots = json.RawMessage(`{}`)
	}
	if len(b.Areas) == 0 {
		b.Areas = areasOf(b)
	}
	return b
}

func joinAreas(areas []string) string {
	if len(areas) == 0 {
		return ""
	}
	return " " + strings.Join(areas, " ") + " "
}

func splitAreas(areas string) []string {
	if fields := strings.Fields(areas); fields != nil {
		return fields
	}
	return []string{}
}

// countriesOf are the countries in which areas lie, each once and sorted.
func countriesOf(areas []string) []string {
	var all []string
	for _, area := range areas {
		country, _, _ := strings.Cut(area, "-")
		if !slices.Contains(all, country) {
			all = append(all, country)
		}
	}
	slices.Sort(all)
	return all
}
