package cap

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Parse reads one file. What it refuses is a fault; any other error comes from r. Whether the message still holds is asked of Fresh.
func Parse(r io.Reader, limits Limits) (*Alert, error) {
	raw, err := slurp(r, limits.Bytes)
	if err != nil {
		return nil, err
	}
	root, err := parseTree(raw, limits)
	if err != nil {
		return nil, err
	}
	if root.name != "alert" {
		return nil, wrongPlace(root.name)
	}
	a, err := readAlert(root, limits)
	if err != nil {
		return nil, err
	}
	return a, a.Check()
}

// sequence reads the children of one element in the order that the schema gives. The first thing that is wrong stays in err, and from then on
// nothing is read.
type sequence struct {
	of     *node
	at     int
	limits Limits
	err    error
}

func (n *node) sequence(limits Limits) *sequence {
	s := &sequence{of: n, limits: limits}
	if strings.TrimSpace(n.text) != "" {
		s.err = wrongPlace(n.name)
	}
	return s
}

// next is the next child if it has this name, or nil.
func (s *sequence) next(name string) *node {
	if s.err != nil || s.at >= len(s.of.children) || s.of.children[s.at].name != name {
		return nil
	}
	s.at++
	return s.of.children[s.at-1]
}

// maybe is the text of an optional element, "" where it is absent.
func (s *sequence) maybe(name string) string {
	n := s.next(name)
	if n == nil {
		return ""
	}
	if len(n.children) > 0 {
		s.err = wrongPlace(n.children[0].name)
	}
	return n.text
}

// one is the text of an element that must be there.
func (s *sequence) one(name string) string {
	if s.err == nil && (s.at >= len(s.of.children) || s.of.children[s.at].name != name) {
		s.err = s.without(name)
	}
	return s.maybe(name)
}

// without says why an element is not where it should be: it stands elsewhere, or nowhere.
func (s *sequence) without(name string) error {
	if slices.ContainsFunc(s.of.children, func(n *node) bool { return n.name == name }) {
		return wrongPlace(name)
	}
	return missing(name)
}

// nodes are all children of this name that stand here, at most limit.
func (s *sequence) nodes(name string, limit int) (list []*node) {
	for n := s.next(name); n != nil; n = s.next(name) {
		list = append(list, n)
	}
	if len(list) > limit {
		s.err = tooMany(name, limit)
	}
	return list
}

// end gives the first error; a child that is left over stands in a wrong place, or twice, or is none of CAP's.
func (s *sequence) end() error {
	if s.err == nil && s.at < len(s.of.children) {
		s.err = wrongPlace(s.of.children[s.at].name)
	}
	return s.err
}

// texts reads all elements of a name as texts.
func texts[T ~string](s *sequence, name string) (list []T) {
	for _, n := range s.nodes(name, s.limits.Repeats) {
		if len(n.children) > 0 {
			s.err = wrongPlace(n.children[0].name)
		}
		list = append(list, T(n.text))
	}
	return list
}

// each reads all elements of a name that have elements of their own.
func each[T any](s *sequence, name string, limit int, read func(*node, Limits) (T, error)) (list []T) {
	for _, n := range s.nodes(name, limit) {
		if s.err != nil {
			return nil
		}
		var item T
		item, s.err = read(n, s.limits)
		list = append(list, item)
	}
	return list
}

// token is a text whose surrounding space means nothing (XML Schema 2, whiteSpace collapse).
func token(text string) string { return strings.Trim(text, " \t\r\n") }

func (s *sequence) time(name string, text string) Time {
	t, ok := parseTime(token(text))
	if !ok && s.err == nil {
		s.err = refuse("error.cap_time", "Name", name)
	}
	return t
}

// maybeTime is the moment in an optional element.
func (s *sequence) maybeTime(name string) Time {
	if s.at >= len(s.of.children) || s.of.children[s.at].name != name {
		return Time{}
	}
	return s.time(name, s.maybe(name))
}

// moment is the schema's pattern without its misprint, a comma for a sign. time.Parse alone would take shorter hours and fractions.
var moment = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-](0[0-9]|1[0-3]):[0-5][0-9]$|^[0-9-]{10}T[0-9:]{8}[+-]14:00$`)

func parseTime(text string) (Time, bool) {
	if !moment.MatchString(text) || strings.HasPrefix(text, "0000") {
		return Time{}, false
	}
	t, err := time.Parse("2006-01-02T15:04:05-07:00", text)
	return At(t), err == nil
}

func readAlert(n *node, limits Limits) (*Alert, error) {
	s := n.sequence(limits)
	a := &Alert{
		Identifier:  s.one("identifier"),
		Sender:      s.one("sender"),
		Sent:        s.time("sent", s.one("sent")),
		Status:      Status(s.one("status")),
		MsgType:     MsgType(s.one("msgType")),
		Source:      s.maybe("source"),
		Scope:       Scope(s.one("scope")),
		Restriction: s.maybe("restriction"),
		Addresses:   s.maybe("addresses"),
		Codes:       texts[string](s, "code"),
		Note:        s.maybe("note"),
	}
	if references := s.maybe("references"); references != "" && s.err == nil {
		a.References, s.err = parseReferences(references, limits.Repeats)
	}
	a.Incidents = s.maybe("incidents")
	a.Infos = each(s, "info", limits.Infos, readInfo)
	return a, s.end()
}

func readInfo(n *node, limits Limits) (Info, error) {
	s := n.sequence(limits)
	i := Info{
		Language:      token(s.maybe("language")),
		Categories:    texts[Category](s, "category"),
		Event:         s.one("event"),
		ResponseTypes: texts[ResponseType](s, "responseType"),
		Urgency:       Urgency(s.one("urgency")),
		Severity:      Severity(s.one("severity")),
		Certainty:     Certainty(s.one("certainty")),
		Audience:      s.maybe("audience"),
		EventCodes:    each(s, "eventCode", limits.Repeats, readValue),
		Effective:     s.maybeTime("effective"),
		Onset:         s.maybeTime("onset"),
		Expires:       s.maybeTime("expires"),
		SenderName:    s.maybe("senderName"),
		Headline:      s.maybe("headline"),
		Description:   s.maybe("description"),
		Instruction:   s.maybe("instruction"),
		Web:           token(s.maybe("web")),
		Contact:       s.maybe("contact"),
		Parameters:    each(s, "parameter", limits.Repeats, readValue),
		Resources:     each(s, "resource", limits.Areas, readResource),
		Areas:         each(s, "area", limits.Areas, readArea),
	}
	return i, s.end()
}

func readValue(n *node, limits Limits) (Value, error) {
	s := n.sequence(limits)
	v := Value{Name: s.one("valueName"), Value: s.one("value")}
	return v, s.end()
}

func readResource(n *node, limits Limits) (Resource, error) {
	s := n.sequence(limits)
	r := Resource{
		Description: s.one("resourceDesc"),
		MIMEType:    s.one("mimeType"),
		Size:        token(s.maybe("size")),
		URI:         token(s.maybe("uri")),
		DerefURI:    s.maybe("derefUri"),
		Digest:      s.maybe("digest"),
	}
	return r, s.end()
}

func readArea(n *node, limits Limits) (Area, error) {
	s := n.sequence(limits)
	a := Area{
		Description: s.one("areaDesc"),
		Polygons:    texts[string](s, "polygon"),
		Circles:     texts[string](s, "circle"),
		Geocodes:    each(s, "geocode", limits.Repeats, readValue),
		Altitude:    token(s.maybe("altitude")),
		Ceiling:     token(s.maybe("ceiling")),
	}
	return a, s.end()
}
