package alert

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"panah/hub/store"
)

// Label is a label of the Traffic Light Protocol 2.0 (FIRST, 2022).
type Label string

// The labels, from the tightest to the loosest.
const (
	Red         Label = "RED"
	AmberStrict Label = "AMBER+STRICT"
	Amber       Label = "AMBER"
	Green       Label = "GREEN"
	Clear       Label = "CLEAR"
)

// Labels are all labels, the tightest first.
func Labels() []Label { return []Label{Red, AmberStrict, Amber, Green, Clear} }

func (l Label) known() bool { return slices.Contains(Labels(), l) }

// loosens tells whether l lets more people know than other does.
func (l Label) loosens(other Label) bool {
	return slices.Index(Labels(), l) > slices.Index(Labels(), other)
}

// Use is something that one may want to do with an alert beyond opening it.
type Use string

// The uses.
const (
	UseQuoteInside Use = "quote_inside" // pass it on to people of one's own organisation
	UseQuote       Use = "quote"        // pass it on to others in the network
	UseExport      Use = "export"       // take it out of the hub as a file
	UseMail        Use = "mail"         // receive it whole by mail; a notice that something waits is always allowed
	UseFeed        Use = "feed"         // read it from a feed behind a token
	UseEscalate    Use = "escalate"     // call people who are not of its audience when nobody answers
	UsePublish     Use = "publish"      // show it to the world
	UseCross       Use = "cross"        // send it to organisations of other hubs, which hold it then
)

// Uses are all uses.
func Uses() []Use {
	return []Use{UseQuoteInside, UseQuote, UseExport, UseMail, UseFeed, UseEscalate, UsePublish, UseCross}
}

// tightest says, for each use, the tightest label that still allows it. TLP 2.0: RED is for the recipients' eyes alone; AMBER+STRICT stays within
// the organisation; AMBER within it and those it serves, on a need-to-know basis; GREEN within the community; CLEAR goes anywhere. Mail leaves the
// hub in clear, and a feed is read by whoever has its address, so both ask for more than passing on within the hub does. Another hub is
// another operator's machine: AMBER lets the organisations hold an alert that need to know, and so their hubs; AMBER+STRICT and RED never leave this one.
var tightest = map[Use]Label{
	UseQuoteInside: AmberStrict,
	UseQuote:       Green,
	UseExport:      Amber,
	UseMail:        Green,
	UseFeed:        Green,
	UseEscalate:    Amber,
	UsePublish:     Clear,
	UseCross:       Amber,
}

// Allows tells whether a label allows a use. What is not a label, or not a use, allows nothing.
func (l Label) Allows(use Use) bool {
	limit, known := tightest[use]
	return known && l.known() && !limit.loosens(l)
}

// LeavesTx tells whether a version of an alert may be told in clear to a machine outside the hub, as to a feed's reader. The label of the alert as it
// stands decides, which is never looser than that of any version. known is false for an event that is no version of an alert.
func (a *Alerts) LeavesTx(tx *store.Tx, eventID string) (leaves, known bool, err error) {
	var label Label
	err = tx.QueryRow(`SELECT a.tlp FROM alert_versions v JOIN alerts a ON a.alert_id = v.alert_id WHERE v.event_id = $1`, eventID).Scan(&label)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read an alert's label: %w", err)
	}
	return label.Allows(UseFeed), true, nil
}
