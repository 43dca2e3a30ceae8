package alert

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"panah/hub/alert/code"
	"panah/hub/fault"
	"panah/hub/store"
)

// Wish is what somebody wants to send: an alert or, with Update, a later version of one.
type Wish struct {
	Block
	Audience  Choice   `json:"audience"`
	Confirmed []string `json:"confirmed"` // kinds of findings in the text that the sender was shown and sends all the same
	Update    string   `json:"update"`    // id of the alert that this is a new version of
	Base      string   `json:"base"`      // the version that stood when an update was made; the hub sets it
	Wordless  bool     `json:"-"`         // of an update: it takes the words away, instead of leaving them as they are
}

// Bounds of an alert.
const (
	textLimit  = 2000 // characters
	slotsLimit = 4096 // bytes
	areasLimit = 20
	noteLimit  = 500                 // characters of an answer's note, or of a reason
	leastLife  = 10 * time.Minute    // until it expires
	mostLife   = 30 * 24 * time.Hour // the same; what goes on for longer is sent anew
	mostSent   = 20                  // new alerts of one person within an hour
)

var (
	areaForm     = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
)

func bad(name string) error { return fault.InvalidParam("error.invalid_param", "Name", name) }

// storable tells whether a text fits a column: valid UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func checkText(name, text string, limit int) error {
	if !storable(text) {
		return bad(name)
	}
	if utf8.RuneCountInString(text) > limit {
		return fault.InvalidParam("error.long_text", "Limit", limit)
	}
	return nil
}

// checkAreas refuses what is no country of the network and no unit of one.
func checkAreas(areas []string) error {
	if len(areas) > areasLimit || slices.ContainsFunc(areas, func(area string) bool { return !code.Known(area) }) {
		return bad("areas")
	}
	return nil
}

// complete checks a wish, and fills in what its code proposes. now is the transaction's moment.
func complete(w Wish, now time.Time) (Wish, Proposal, error) {
	if len(w.Slots) > slotsLimit || !storable(w.Code) || len(w.Code) > 64 {
		return w, Proposal{}, bad("slots")
	}
	w.Slots = slotsOrNone(w.Slots)
	if w.Code == drillCode && w.Status == "" {
		w.Status = Exercise
	}
	p, err := checkCode(w.Block)
	if err != nil {
		return w, p, err
	}
	if err := checkAreas(w.Areas); err != nil {
		return w, p, err
	}
	w.Areas = unique(w.Areas)
	w.Block = w.Block.full()
	if w.TLP == "" {
		w.TLP = p.TLP
	}
	if w.Expires == 0 {
		w.Expires = now.Add(p.Lasts).Unix()
	}
	w.Text, w.Slots = strings.TrimSpace(w.Text), compact(w.Slots)
	return w, p, w.check(now)
}

func (w *Wish) check(now time.Time) error {
	for _, one := range []struct {
		name, value string
		known       []string
	}{
		{"status", w.Status, statuses}, {"urgency", w.Urgency, urgencies}, {"severity", w.Severity, severities}, {"certainty", w.Certainty, certainties},
	} {
		if !slices.Contains(one.known, one.value) {
			return bad(one.name)
		}
	}
	if w.Code == drillCode && w.Status == Actual {
		return bad("status") // nobody must take a drill for real
	}
	if !w.TLP.known() {
		return bad("tlp")
	}
	if left := time.Unix(w.Expires, 0).Sub(now); left < leastLife || left > mostLife {
		return fault.InvalidParam("error.alert_expiry")
	}
	if err := checkText("text", w.Text, textLimit); err != nil {
		return err
	}
	if w.Text == "" {
		w.Language = ""
	} else if !languageForm.MatchString(w.Language) {
		return bad("language")
	}
	if len(w.Quotes) > 255 || !storable(w.Quotes) {
		return bad("quotes")
	}
	return nil
}

// Causes of a second approval.
const (
	CauseCode  = "code"  // the code, or a slot that is filled, describes somebody
	CauseSaid  = "said"  // the sender says so
	CauseGuard = "guard" // something was found in the text, and the sender confirmed it
)

// causes are why a second person must agree to a wish; none for most. found are the kinds of findings in its text.
func (w *Wish) causes(p Proposal, found []string) (all []string) {
	if p.Describes {
		all = append(all, CauseCode)
	}
	if w.Describes {
		all = append(all, CauseSaid)
	}
	if len(found) > 0 {
		all = append(all, CauseGuard)
	}
	return all
}

// unconfirmed gives the fault for findings that the writer of a text was not shown yet, or did not confirm.
func unconfirmed(found, confirmed []string) error {
	for _, kind := range found {
		if !slices.Contains(confirmed, kind) {
			return fault.InvalidParam("error.alert_guard").With("network.panah.findings", found)
		}
	}
	return nil
}

// content is the content of the event that says a block in a channel.
func (a *Alerts) content(tx *store.Tx, roomID string, b Block, first string) (map[string]any, error) {
	body, err := a.bodyTx(tx, roomID, b)
	if err != nil {
		return nil, err
	}
	c := map[string]any{"msgtype": "m.text", "body": body, Member: b.brief()}
	if first != "" {
		c["m.relates_to"] = map[string]string{"rel_type": RelUpdate, "event_id": first}
	}
	return c, nil
}

// compact writes slots in one form, so that what is kept is what is federated.
func compact(slots json.RawMessage) json.RawMessage {
	var members map[string]any
	if json.Unmarshal(slots, &members) != nil || len(members) == 0 {
		return json.RawMessage(`{}`)
	}
	raw, err := json.Marshal(members)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return raw
}

// unique is every text once, in the order of first mention, without empty ones.
func unique(texts []string) (all []string) {
	for _, text := range texts {
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
