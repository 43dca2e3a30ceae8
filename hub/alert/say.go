package alert

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"panah/hub/alert/code"
	"panah/hub/script"
	"panah/hub/store"
)

// bodyTx is the text of an alert's event, for programs that know nothing of codes. All members of a channel get the same one, in the network's
// language. Where they are of one country times are that country's; otherwise they are in UTC and say so, since nobody could tell whose they
// are.
func (a *Alerts) bodyTx(tx *store.Tx, roomID string, b Block) (string, error) {
	countries, err := store.Column(tx, `SELECT DISTINCT country FROM organisations WHERE organisation_id IN
		(SELECT organisation_id FROM alert_channel_organisations WHERE room_id = $1
		UNION SELECT organisation_id FROM alert_channel_people WHERE room_id = $1) ORDER BY country`, roomID)
	if err != nil {
		return "", fmt.Errorf("find the countries of a channel: %w", err)
	}
	c, _, err := knownChannelTx(tx, roomID)
	if err != nil {
		return "", err
	}
	for _, id := range c.audience.Abroad {
		country, err := a.countryTx(tx, id)
		if err != nil {
			return "", err
		}
		countries = append(countries, country)
	}
	country := ""
	if countries = unique(countries); len(countries) == 1 {
		country = countries[0]
	}
	return a.sayTx(tx, b, code.ReaderOf(a.language, a.second, country, nil), b.Text), nil
}

// sayTx is what an alert says to a reader: what must not be overlooked, the sentences, and the free text as it is given.
func (a *Alerts) sayTx(tx *store.Tx, b Block, to code.Reader, words string) string {
	to.Organisation = func(id string) string {
		o, err := a.people.OrganisationTx(tx, id)
		if err != nil {
			return "" // it is left out of the sentence
		}
		return o.Name
	}
	said := b.Code
	if slots, err := code.Decode(b.Code, slotsOrNone(b.Slots)); err == nil {
		whole := code.Alert{Code: b.Code, Slots: slots, Status: b.Status, Kind: b.MsgType}
		said = to.Sentence(whole)
		if whole.Marked() { // only the headline says so
			said = to.Headline(whole) + "\n" + said
		}
	}
	if words != "" {
		said += "\n" + words
	}
	return said
}

// SayTx is what a version of an alert says to one reader: the code in their language, and the free text in it too where somebody has translated
// it, otherwise as it was written. known is false for an event that is no version of an alert. Of TLP:RED nothing is said: what is told outside
// the app is seen by whoever looks at the device.
func (a *Alerts) SayTx(tx *store.Tx, eventID string, to code.Reader) (text string, known bool, err error) {
	var alertID, raw string
	err = tx.QueryRow(`SELECT alert_id, block FROM alert_versions WHERE event_id = $1`, eventID).Scan(&alertID, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read a version of an alert: %w", err)
	}
	var b Block
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		return "", false, fmt.Errorf("read a version of an alert: %w", err)
	}
	b = b.full()
	if b.TLP == Red {
		return "", true, nil
	}
	words, err := wordsTx(tx, Alert{ID: alertID, LastEventID: eventID, Block: b}, to.Printer.Language())
	if words != "" {
		words = script.Isolate(words)
	}
	return a.sayTx(tx, b, to, words), true, err
}

// wordsTx is the free text of an alert's version in a language, as the last who translated these words have put it, be it for this version or for
// another that says the same; otherwise as it was written. What is said late of an earlier version keeps what was translated of that.
func wordsTx(tx *store.Tx, version Alert, language string) (words string, err error) {
	b := version.Block
	if b.Text == "" || b.Language == language {
		return b.Text, nil
	}
	done, err := store.All(tx, scanTranslation, `SELECT `+translationColumns+` FROM alert_translations t WHERE t.alert_id = $1 AND t.language = $2
		ORDER BY t.position DESC`, version.ID, language)
	if err != nil {
		return "", fmt.Errorf("read translations: %w", err)
	}
	for _, t := range done {
		if said, err := saidSo(tx, version, t.VersionID); err != nil || said {
			return t.Text, err
		}
	}
	return b.Text, nil
}
