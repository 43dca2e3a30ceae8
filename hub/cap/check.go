package cap

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"panah/hub/fault"
)

var (
	statuses      = []Status{"Actual", "Exercise", "System", "Test", "Draft"}
	msgTypes      = []MsgType{MsgAlert, "Update", "Cancel", "Ack", "Error"}
	scopes        = []Scope{ScopePublic, ScopeRestricted, ScopePrivate}
	categories    = []Category{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other"}
	responseTypes = []ResponseType{"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"}
	urgencies     = []Urgency{"Immediate", "Expected", "Future", "Past", "Unknown"}
	severities    = []Severity{"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
	certainties   = []Certainty{"Observed", "Likely", "Possible", "Unlikely", "Unknown"}

	language = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`) // XML Schema 2, language
	integer  = regexp.MustCompile(`^[0-9]{1,18}$`)
)

// idLength is the longest identifier or sender, in bytes.
const idLength = 512

// plainID: no spaces, commas, < or & (CAP 1.2, 3.2.1), and nothing invisible.
func plainID(text string) bool {
	unfit := func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || strings.ContainsRune(",<&", r)
	}
	return text != "" && len(text) <= idLength && utf8.ValidString(text) && !strings.ContainsFunc(text, unfit)
}

// check is one rule: what is wrong where it does not hold.
type check struct {
	holds bool
	fault *fault.Fault
}

func first(checks ...check) error {
	for _, c := range checks {
		if !c.holds {
			return c.fault
		}
	}
	return nil
}

// Check tells whether the message keeps the schema's values and the specification's rules. Parse and Write ask it by themselves.
func (a *Alert) Check() error {
	err := first(
		check{plainID(a.Identifier), refuse("error.cap_identifier", "Name", "identifier")},
		check{plainID(a.Sender), refuse("error.cap_identifier", "Name", "sender")},
		check{!a.Sent.IsZero(), missing("sent")},
		check{a.Sent.writable(), refuse("error.cap_time", "Name", "sent")},
		check{slices.Contains(statuses, a.Status), badValue("status")},
		check{slices.Contains(msgTypes, a.MsgType), badValue("msgType")},
		check{slices.Contains(scopes, a.Scope), badValue("scope")},
		check{a.Scope != ScopeRestricted || a.Restriction != "", missing("restriction")},
		check{a.Scope != ScopePrivate || a.Addresses != "", missing("addresses")},
	)
	if err != nil {
		return err
	}
	if err := a.checkReferences(); err != nil {
		return err
	}
	for i := range a.Infos {
		if err := a.Infos[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func all[T comparable](list, of []T) bool {
	return !slices.ContainsFunc(list, func(item T) bool { return !slices.Contains(of, item) })
}

func (i *Info) check() error {
	err := first(
		check{i.Language == "" || language.MatchString(i.Language), badValue("language")},
		check{len(i.Categories) > 0, missing("category")},
		check{all(i.Categories, categories), badValue("category")},
		check{i.Event != "", missing("event")},
		check{all(i.ResponseTypes, responseTypes), badValue("responseType")},
		check{slices.Contains(urgencies, i.Urgency), badValue("urgency")},
		check{slices.Contains(severities, i.Severity), badValue("severity")},
		check{slices.Contains(certainties, i.Certainty), badValue("certainty")},
		check{i.Effective.writable(), refuse("error.cap_time", "Name", "effective")},
		check{i.Onset.writable(), refuse("error.cap_time", "Name", "onset")},
		check{i.Expires.writable(), refuse("error.cap_time", "Name", "expires")},
		check{i.Expires.IsZero() || i.Expires.Unix >= i.Effective.Unix && i.Expires.Unix >= i.Onset.Unix, refuse("error.cap_times")},
		check{plainURI(i.Web), badValue("web")},
	)
	if err != nil {
		return err
	}
	for _, r := range i.Resources {
		if err := r.check(); err != nil {
			return err
		}
	}
	for _, area := range i.Areas {
		if err := area.check(); err != nil {
			return err
		}
	}
	return nil
}

// writable: the year has four digits and the offset is one that a dateTime may have.
func (t Time) writable() bool {
	year := t.Time().Year()
	return year >= 1 && year <= 9999 && t.Offset%60 == 0 && t.Offset >= -14*3600 && t.Offset <= 14*3600
}

func (r *Resource) check() error {
	return first(
		check{r.MIMEType != "", missing("mimeType")},
		check{r.Size == "" || integer.MatchString(r.Size), badValue("size")},
		check{plainURI(r.URI), badValue("uri")},
	)
}

// plainURI lets through what can be a URI, and "". It stays text, and whoever shows it decides again.
func plainURI(text string) bool {
	_, err := url.Parse(text)
	return err == nil && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || !unicode.IsGraphic(r) || strings.ContainsRune("<>\"{}|\\^`", r)
	})
}

// ahead is how far in the future a message may say that it was sent; clocks differ.
const ahead = time.Hour

// Fresh tells whether the message holds at a moment: it was not sent in the future, and not all that it says has expired.
func (a *Alert) Fresh(now time.Time) error {
	if a.Sent.Unix > now.Add(ahead).Unix() {
		return refuse("error.cap_future")
	}
	expired := func(i Info) bool { return !i.Expires.IsZero() && i.Expires.Unix <= now.Unix() }
	if len(a.Infos) > 0 && !slices.ContainsFunc(a.Infos, func(i Info) bool { return !expired(i) }) {
		return refuse("error.cap_expired")
	}
	return nil
}
