// Package code is what an urgent alert says: a code, its slots, and the sentence that a reader of any of the hub's languages gets of them.
//
// All of it comes from one table, codes.json, which the client reads as well: which codes there are, which slots each has and which values
// they take, what CAP 1.2 is told of them, and of which clauses the sentence is made. So hub and client cannot disagree about an alert, and
// golden files that both read (testdata/sentences.*.txt) hold them to the same letters.
//
// Exported: All and Of give the table; Decode checks what came from outside and is the only way to Slots; Spec.Describes tells whether a
// second approver is needed; Spec.Proposal is what the form starts with; Spec.Kinds, Spec.Roles and Slots.Countries are the audience's
// beginning. Headline and Sentence write an Alert for a Reader. Places, Units and PlaceName are the map.
//
// A sentence is put together from whole clauses and never from words: a clause whose slot is empty is left out, place names stand in the
// nominative behind a noun that takes the case, and people in the form that "for" and "of" ask for.
package code

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Type is what kind of value a slot takes.
type Type string

// The types that are no list of values. All others are lists: Values gives them.
const (
	Count        Type = "count"        // how many people: 1 to MaxCount
	Place        Type = "place"        // ISO 3166-2, or ISO 3166-1 alpha-2 for a whole country of the network
	Time         Type = "window"       // a Window
	Organisation Type = "organisation" // the id of an organisation, 1 to maxID characters
)

// Slot is one thing that an alert of a code may say.
type Slot struct {
	Name      string   `json:"name"`
	Type      Type     `json:"type"`
	Required  bool     `json:"required,omitempty"`
	Describes bool     `json:"describes,omitempty"` // whether it describes a person
	Only      []string `json:"values,omitempty"`    // the values it takes, when fewer than its type has
}

// Values are what a slot whose type is a list takes, in the order in which they are offered; nil for all other types.
func (s Slot) Values() []string {
	if s.Only != nil {
		return slices.Clone(s.Only)
	}
	return slices.Clone(table().Types[s.Type])
}

// Proposal is what the form of a new alert starts with, in the words of CAP 1.2, 3.2.2. The sender may change it.
type Proposal struct {
	Category  string `json:"category"`
	Urgency   string `json:"urgency"`
	Severity  string `json:"severity"`
	Certainty string `json:"certainty"`
	Response  string `json:"response"` // responseType
	Hours     int    `json:"hours"`    // until it expires
	TLP       string `json:"tlp"`      // Traffic Light Protocol 2.0, without "TLP:"
	OET       string `json:"oet"`      // OASIS Event Terms List 1.2, or "" where it has no term
}

// Lifetime is how long after sending the alert expires.
func (p Proposal) Lifetime() time.Duration { return time.Duration(p.Hours) * time.Hour }

// EventCode is CAP's eventCode: whose list it is from, and the value in it.
type EventCode struct{ ValueName, Value string }

// Spec is one code of the list.
type Spec struct {
	Code string `json:"code"`
	Proposal
	Always  bool       `json:"describes"` // whether every alert of this code describes a person
	Kinds   []string   `json:"kinds"`     // of organisation, to which it goes by default; never officials
	Roles   []string   `json:"roles"`     // to which it goes by default
	Title   clause     `json:"title"`
	Slots   []Slot     `json:"slots"`
	Clauses [][]clause `json:"clauses"`
}

// EventCodes are what CAP's info block says of the code: our own name, and OASIS's where there is one.
func (s Spec) EventCodes() []EventCode {
	codes := []EventCode{{"network.panah.code", s.Code}}
	if s.OET != "" {
		codes = append(codes, EventCode{"OET:v1.2", s.OET})
	}
	return codes
}

// Slot finds a slot by name.
func (s Spec) Slot(name string) (Slot, bool) {
	i := slices.IndexFunc(s.Slots, func(slot Slot) bool { return slot.Name == name })
	if i < 0 {
		return Slot{}, false
	}
	return s.Slots[i], true
}

// Describes tells whether an alert with these slots describes a person, so that a second approver is needed. A text beside it that names or
// describes somebody is the sender's to declare.
func (s Spec) Describes(slots Slots) bool {
	return s.Always || slices.ContainsFunc(s.Slots, func(slot Slot) bool { return slot.Describes && slots[slot.Name] != nil })
}

// clause is one sentence of an alert. Of a list of clauses the first whose slots are all there is said.
type clause struct {
	Say  string            `json:"say,omitempty"`  // key of the sentence
	Of   string            `json:"of,omitempty"`   // the slot whose value completes the key
	With map[string]string `json:"with,omitempty"` // what the sentence inserts: slot, or slot and in which form
}

//go:embed codes.json
var raw []byte

type codeTable struct {
	Types  map[Type][]string `json:"types"`
	Codes  []Spec            `json:"codes"`
	Places map[string]string `json:"places"`
}

var table = sync.OnceValue(func() codeTable {
	var t codeTable
	if err := json.Unmarshal(raw, &t); err != nil {
		panic(fmt.Errorf("codes.json: %w", err)) // a file of ours, read by every test
	}
	return t
})

// All are all codes, in the order in which they are offered.
func All() []Spec { return slices.Clone(table().Codes) }

// Of finds a code.
func Of(code string) (Spec, bool) {
	for _, spec := range table().Codes {
		if spec.Code == code {
			return spec, true
		}
	}
	return Spec{}, false
}
