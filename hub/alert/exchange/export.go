package exchange

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"panah/hub/alert"
	"panah/hub/alert/code"
	"panah/hub/cap"
	"panah/hub/fault"
	"panah/hub/network"
	"panah/hub/people"
	"panah/hub/room"
	"panah/hub/store"
	"panah/locales"
)

// said is what there is to write of an alert.
type said struct {
	first        string          // id of its first event
	versions     []alert.Version // the first one first
	organisation string          // the sender's name
	translations []alert.Translation
	name         func(id string) string // of an organisation
}

// Export gives an alert that the caller may open as a CAP message, as it stands now. One whose label keeps it inside the hub is a fault: of
// TLP:RED and TLP:AMBER+STRICT nothing may leave by a file, for a file goes from hand to hand.
func (x *Exchange) Export(ctx context.Context, caller people.Caller, id string) (*cap.Alert, error) {
	d, err := x.alerts.Detail(ctx, caller, id, "")
	if err != nil {
		return nil, err
	}
	if !d.Block.TLP.Allows(alert.UseExport) {
		return nil, fault.Forbidden("error.alert_tlp")
	}
	names, err := x.names(ctx)
	if err != nil {
		return nil, err
	}
	return x.message(saidOf(d, names))
}

// saidOf is what there is to write of an alert by the names of all organisations. In what another hub says they are called as that one calls them.
func saidOf(d alert.Detail, names map[string]string) said {
	origin := room.ServerOf(d.OrganisationID)
	return said{d.ID, d.Versions, names[d.OrganisationID], d.Translations, func(id string) string {
		if origin != "" {
			id = network.AbroadID(id, origin)
		}
		return names[id]
	}}
}

// names are the names of all organisations, of this hub's and of its neighbours', as they are called here.
func (x *Exchange) names(ctx context.Context) (names map[string]string, err error) {
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		names, err = x.alerts.NamesTx(tx)
		return err
	})
	return names, err
}

// message writes an alert as CAP: one info for each language of the hub, made from the same code and slots, so that they say the same. The
// sender is the hub; who wrote it is not told.
func (x *Exchange) message(s said) (*cap.Alert, error) {
	if len(s.versions) == 0 {
		return nil, fault.NotFound("error.unknown_alert")
	}
	last := s.versions[len(s.versions)-1]
	b := last.Block
	slots, err := code.Decode(b.Code, b.Slots)
	if err != nil {
		return nil, fmt.Errorf("write an alert as CAP: %w", err)
	}
	m := &cap.Alert{
		Identifier: last.EventID, Sender: x.server, Sent: moment(s.versions), Status: cap.Status(b.Status), MsgType: cap.MsgType(b.MsgType),
		Scope: cap.ScopePublic, Codes: []string{"TLP:" + string(b.TLP)}, Note: x.note(b.Status), Incidents: s.first,
	}
	if b.TLP != alert.Clear {
		m.Scope, m.Restriction = cap.ScopeRestricted, "TLP:"+string(b.TLP)
	}
	for i, v := range s.versions[:len(s.versions)-1] {
		m.References = append(m.References, cap.Reference{Sender: x.server, Identifier: v.EventID, Sent: moment(s.versions[:i+1])})
	}
	for _, tag := range locales.Tags() {
		m.Infos = append(m.Infos, s.info(tag, b, slots, m.Sent))
	}
	return m, m.Check()
}

// moment is when the last of these versions was sent, and never before an earlier one, whatever clocks said.
func moment(versions []alert.Version) cap.Time {
	var at int64
	for _, v := range versions {
		at = max(at, v.At)
	}
	return cap.At(time.UnixMilli(at).UTC())
}

// note says what an exercise or a test is for, in the network's language.
func (x *Exchange) note(status string) string {
	switch status {
	case alert.Exercise:
		return locales.For(x.language, "").Text("exchange.note_exercise", nil)
	case alert.Test:
		return locales.For(x.language, "").Text("exchange.note_test", nil)
	}
	return ""
}

// info says an alert in one language.
func (s said) info(tag string, b alert.Block, slots code.Slots, sent cap.Time) cap.Info {
	reader := code.ReaderOf(tag, "", "", s.name)
	spec, _ := code.Of(b.Code)
	whole := code.Alert{Code: b.Code, Slots: slots, Status: b.Status, Kind: b.MsgType}
	i := cap.Info{
		Language: tag, Categories: []cap.Category{cap.Category(spec.Category)}, Event: reader.Headline(code.Alert{Code: b.Code}),
		Urgency: cap.Urgency(b.Urgency), Severity: cap.Severity(b.Severity), Certainty: cap.Certainty(b.Certainty),
		Effective: sent, SenderName: s.organisation, Headline: clean(plain(reader.Headline(whole)), code.MaxHeadline),
		Description: plain(reader.Sentence(whole)), Parameters: []cap.Value{{Name: "TLP", Value: string(b.TLP)}},
	}
	if i.Event = plain(i.Event); i.Event == "" {
		i.Event = i.Headline
	}
	if spec.Response != "" {
		i.ResponseTypes = []cap.ResponseType{cap.ResponseType(spec.Response)}
	}
	if b.MsgType == alert.MsgCancel {
		i.ResponseTypes = []cap.ResponseType{"AllClear"}
	}
	for _, c := range spec.EventCodes() {
		i.EventCodes = append(i.EventCodes, cap.Value{Name: c.ValueName, Value: c.Value})
	}
	if expires := cap.At(time.Unix(b.Expires, 0).UTC()); expires.Unix >= sent.Unix {
		i.Expires = expires
	}
	for _, area := range b.Areas {
		i.Areas = append(i.Areas, areaOf(reader.Printer, area))
	}
	s.addWords(&i, b, reader.Printer)
	return i
}

// addWords adds the free text: in its own language or translated it belongs to the description, otherwise it stands beside it, marked. A
// translation of words that were changed since is better than none for somebody who reads only that, so it stays, and says what it is.
func (s said) addWords(i *cap.Info, b alert.Block, p locales.Printer) {
	if b.Text == "" {
		return
	}
	if b.Language == i.Language {
		describe(i, b.Text)
		return
	}
	at := slices.IndexFunc(s.translations, func(t alert.Translation) bool { return t.Language == i.Language })
	if at >= 0 && !s.translations[at].Outdated {
		describe(i, s.translations[at].Text)
		return
	}
	if at >= 0 && b.MsgType != alert.MsgCancel { // of a cancel the words are its reason, which was never translated
		describe(i, p.Text("alerts.outdated", nil), s.translations[at].Text)
		i.Parameters = append(i.Parameters, cap.Value{Name: "network.panah.translation", Value: "outdated"})
	}
	i.Parameters = append(i.Parameters, cap.Value{Name: "network.panah.text", Value: b.Text}, cap.Value{Name: "network.panah.text_language", Value: b.Language})
}

func describe(i *cap.Info, lines ...string) {
	i.Description = strings.TrimSpace(i.Description + "\n" + strings.Join(lines, "\n"))
}

// areaOf names a country or unit, and gives its code: never anything finer.
func areaOf(p locales.Printer, area string) cap.Area {
	name, list := plain(code.PlaceName(p, area)), "ISO3166-2"
	if name == "" {
		name = area
	}
	if !strings.Contains(area, "-") {
		list = "ISO3166-1"
	}
	return cap.Area{Description: name, Geocodes: []cap.Value{{Name: list, Value: area}}}
}

// plain takes out what isolates values for a screen; a program that reads a file shows it in its own way.
func plain(text string) string { return clean(text, cap.Usual.Text) }
