// Package cap reads and writes alerts in the Common Alerting Protocol, version 1.2 (OASIS, 1 July 2010).
//
// Files come from strangers. Their bytes are counted before anything looks at them; depth, elements, repetitions and lengths are counted
// while they are read. There is no document type, no entity beyond XML's own five, no processing instruction, and nothing is fetched: what a
// file says about other files stays text. Then the schema's order, numbers and values are checked, and what the
// specification asks for in prose. Each refusal is a fault that says what is wrong. What Write writes, Parse reads again as the same.
package cap

import "time"

// Namespace is that of version 1.2; there is no other here.
const Namespace = "urn:oasis:names:tc:emergency:cap:1.2"

// MediaType is how files of this kind are called (RFC 7303 for the suffix; IANA's entry is CAP's own).
const MediaType = "application/cap+xml"

// The values of CAP 1.2, 3.2.1 and 3.2.2.
type (
	Status       string // Actual, Exercise, System, Test, Draft
	MsgType      string // Alert, Update, Cancel, Ack, Error
	Scope        string // Public, Restricted, Private
	Category     string // Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other
	ResponseType string // Shelter, Evacuate, Prepare, Execute, Avoid, Monitor, Assess, AllClear, None
	Urgency      string // Immediate, Expected, Future, Past, Unknown
	Severity     string // Extreme, Severe, Moderate, Minor, Unknown
	Certainty    string // Observed, Likely, Possible, Unlikely, Unknown
)

// The values that decide something here.
const (
	MsgAlert        MsgType = "Alert"
	ScopePublic     Scope   = "Public"
	ScopeRestricted Scope   = "Restricted"
	ScopePrivate    Scope   = "Private"
)

// Alert is one message (CAP 1.2, 3.2.1). Optional texts are "" where the file has none.
type Alert struct {
	Identifier  string // without spaces, commas, < and &, like Sender
	Sender      string
	Sent        Time
	Status      Status
	MsgType     MsgType
	Source      string
	Scope       Scope
	Restriction string // present where Scope is Restricted
	Addresses   string // present where Scope is Private; separated by spaces, in quotes where one has spaces itself
	Codes       []string
	Note        string
	References  []Reference // present unless MsgType is Alert
	Incidents   string
	Infos       []Info
}

// Reference names an earlier message.
type Reference struct {
	Sender     string
	Identifier string
	Sent       Time
}

// Info says what happens, in one language (CAP 1.2, 3.2.2).
type Info struct {
	Language      string // RFC 3066; "" stands for DefaultLanguage
	Categories    []Category
	Event         string
	ResponseTypes []ResponseType
	Urgency       Urgency
	Severity      Severity
	Certainty     Certainty
	Audience      string
	EventCodes    []Value
	Effective     Time // zero where absent, like Onset and Expires
	Onset         Time
	Expires       Time
	SenderName    string
	Headline      string
	Description   string
	Instruction   string
	Web           string
	Contact       string
	Parameters    []Value
	Resources     []Resource
	Areas         []Area
}

// DefaultLanguage is that of an Info that names none.
const DefaultLanguage = "en-US"

// Value is a value under a name that its domain gave it.
type Value struct{ Name, Value string }

// Resource points at a file (CAP 1.2, 3.2.3). Nobody here fetches or unpacks it.
type Resource struct {
	Description string
	MIMEType    string
	Size        string // bytes, in decimal digits
	URI         string
	DerefURI    string // the file itself, in Base64
	Digest      string // SHA-1, in hexadecimal digits
}

// Area is where it happens (CAP 1.2, 3.2.4). The numbers stay in the digits in which they came.
type Area struct {
	Description string
	Polygons    []string // "lat,lon lat,lon …", WGS 84, at least four points, the last as the first
	Circles     []string // "lat,lon radius", in kilometres
	Geocodes    []Value
	Altitude    string // feet above mean sea level
	Ceiling     string
}

// Time is a moment as CAP writes it: to the second, with the offset of the place where it was written. The zero Time is none.
type Time struct {
	Unix   int64 // seconds
	Offset int   // seconds east of Greenwich, whole minutes
}

// At makes a Time of a moment, in the zone that the moment has.
func At(t time.Time) Time {
	_, offset := t.Zone()
	return Time{Unix: t.Unix(), Offset: offset / 60 * 60}
}

// Time is the moment.
func (t Time) Time() time.Time { return time.Unix(t.Unix, 0).In(time.FixedZone("", t.Offset)) }

// IsZero tells that there is none.
func (t Time) IsZero() bool { return t == Time{} }

// String writes YYYY-MM-DDThh:mm:ss±hh:mm; UTC is -00:00 and never Z (CAP 1.2, 3.3.2).
func (t Time) String() string {
	if t.Offset == 0 {
		return t.Time().Format("2006-01-02T15:04:05") + "-00:00"
	}
	return t.Time().Format("2006-01-02T15:04:05-07:00")
}
