package push

import (
	"encoding/json"

	"panah/hub/alert/code"
	"panah/hub/store"
	"panah/locales"
)

// settingsType is the account data in which people keep their own choices.
const settingsType = "network.panah.settings"

// choices are those of them that decide how something is written to a person. Absent means: as the language and the country have it.
type choices struct {
	Language string           `json:"language"`
	Calendar locales.Calendar `json:"calendar"`
	Digits   locales.Digits   `json:"digits"`
	Clock    string           `json:"clock"` // "12" or "24"
}

// readerTx is how a person reads, by the same rules as the client's: the language chosen, that of the invitation, or the hub's; calendar, clock and
// digits as chosen, or as is usual in the country of their organisation, whose time it is as well.
func (p *Push) readerTx(tx *store.Tx, userID string) code.Reader {
	var chosen choices
	if raw, err := p.feed.AccountDataTx(tx, userID, "", settingsType); err == nil {
		_ = json.Unmarshal(raw, &chosen) // what cannot be read was not chosen
	}
	language, country := p.o.Language, ""
	if person, err := p.people.PersonTx(tx, userID); err == nil {
		if person.Language != "" {
			language = person.Language
		}
		if o, err := p.people.OrganisationTx(tx, person.OrganisationID); err == nil && person.OrganisationID != "" {
			country = o.Country
		}
	}
	if locales.Match(chosen.Language) != "" {
		language = chosen.Language
	}
	r := code.ReaderOf(language, p.o.Second, country, nil)
	r.Printer, r.Dates.Digits = r.Printer.Counting(chosen.Digits), chosen.Digits
	if chosen.Calendar == locales.Solar || chosen.Calendar == locales.Gregorian {
		r.Dates.Calendar = chosen.Calendar
	}
	if chosen.Clock == "12" || chosen.Clock == "24" {
		r.Dates.Hours12 = chosen.Clock == "12"
	}
	return r
}
