package cap_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"panah/hub/cap"
	"panah/hub/fault"
)

// refusal is a file that is refused, and with which words.
type refusal struct{ file, key string }

// instead is the small alert with one piece in place of another, and with which words that is refused.
func instead(t *testing.T, from, to, key string) refusal {
	t.Helper()
	return refusal{changed(t, from, to), key}
}

// update is the small alert as an update, with these references.
func update(t *testing.T, references string) string {
	t.Helper()
	return changed(t, "<msgType>Alert</msgType>"+scope, "<msgType>Update</msgType>"+scope+references)
}

// refers is the same with the text of one reference.
func refers(t *testing.T, text, key string) refusal {
	t.Helper()
	return refusal{update(t, "<references>"+text+"</references>"), key}
}

const scope = "<scope>Public</scope>"

// unreadable: what is no CAP 1.2 in UTF-8, or could do harm while it is read.
func unreadable(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"nothing":            {"", "error.cap_not_xml"},
		"no XML":             {"hello", "error.cap_not_xml"},
		"cut":                {small[:300], "error.cap_not_xml"},
		"two roots":          {small + "<alert xmlns='" + cap.Namespace + "'/>", "error.cap_not_xml"},
		"text after it":      {small + "x", "error.cap_not_xml"},
		"unknown entity":     instead(t, "<sender>s", "<sender>&nbsp;", "error.cap_not_xml"),
		"XML 1.1":            instead(t, `version="1.0"`, `version="1.1"`, "error.cap_not_xml"),
		"Latin-1":            instead(t, "UTF-8", "ISO-8859-1", "error.cap_encoding"),
		"broken UTF-8":       instead(t, "<event>e", "<event>\xff", "error.cap_encoding"),
		"a NUL":              instead(t, "<event>e", "<event>\x00", "error.cap_encoding"),
		"document type":      instead(t, "<alert", "<!DOCTYPE alert><alert", "error.cap_doctype"),
		"late document type": {small + "<!DOCTYPE alert>", "error.cap_doctype"},
		"instruction":        instead(t, "<alert", "<?xml-stylesheet href='x'?><alert", "error.cap_instruction"),
		"second declaration": instead(t, "<alert", "<?xml version='1.0'?><alert", "error.cap_instruction"),
		"instruction inside": instead(t, "<sender>s", "<sender><?php x ?>s", "error.cap_instruction"),
		"CAP 1.1":            instead(t, "cap:1.2", "cap:1.1", "error.cap_namespace"),
		"no namespace":       instead(t, ` xmlns="urn:oasis:names:tc:emergency:cap:1.2"`, "", "error.cap_namespace"),
		"foreign element":    instead(t, "<sender>s", "<x xmlns='urn:x'/><sender>s", "error.cap_namespace"),
	}
}

// misplaced: what stands where the schema has no place for it.
func misplaced(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"another root":          {`<info xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>`, "error.cap_element"},
		"attribute":             instead(t, "<sender>", "<sender a='b'>", "error.cap_attribute"),
		"attribute twice":       instead(t, "<alert ", "<alert xmlns='urn:x' ", "error.cap_attribute"),
		"unknown element":       instead(t, "<sender>s", "<sandra/><sender>s", "error.cap_element"),
		"wrong order":           instead(t, "<identifier>a1</identifier><sender>s</sender>", "<sender>s</sender><identifier>a1</identifier>", "error.cap_element"),
		"sender twice":          instead(t, "<sender>s</sender>", "<sender>s</sender><sender>s</sender>", "error.cap_element"),
		"headline twice":        instead(t, "<area>", "<headline>a</headline><headline>a</headline><area>", "error.cap_element"),
		"text between":          instead(t, "<area>", "x<area>", "error.cap_element"),
		"element in a text":     instead(t, "<event>e", "<event><b/>e", "error.cap_element"),
		"element in a category": instead(t, "<category>Rescue", "<category><event/>Rescue", "error.cap_element"),
		"nothing after a sign":  instead(t, "</info>", "</info><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/><info/>", "error.cap_element"),
	}
}

// incomplete: what lacks what the schema or the specification asks for.
func incomplete(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"no sender":          instead(t, "<sender>s</sender>", "", "error.cap_missing"),
		"no scope":           instead(t, scope, "", "error.cap_missing"),
		"no category":        instead(t, "<category>Rescue</category>", "", "error.cap_missing"),
		"no event":           instead(t, "<event>e</event>", "", "error.cap_missing"),
		"no areaDesc":        instead(t, area, "", "error.cap_missing"),
		"no value":           instead(t, "<area>", "<parameter><valueName>a</valueName></parameter><area>", "error.cap_missing"),
		"restricted to whom": instead(t, scope, "<scope>Restricted</scope>", "error.cap_missing"),
		"private for whom":   instead(t, scope, "<scope>Private</scope>", "error.cap_missing"),
		"ceiling over what":  instead(t, area, area+"<ceiling>3</ceiling>", "error.cap_missing"),
		"no MIME type":       instead(t, "<area>", "<resource><resourceDesc>a</resourceDesc></resource><area>", "error.cap_missing"),
	}
}

// unknownValues: what is none of the values that there are.
func unknownValues(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"status":              instead(t, ">Actual<", ">actual<", "error.cap_value"),
		"status with a space": instead(t, ">Actual<", "> Actual<", "error.cap_value"),
		"msgType":             instead(t, ">Alert<", ">Alarm<", "error.cap_value"),
		"scope":               instead(t, ">Public<", ">All<", "error.cap_value"),
		"category":            instead(t, ">Rescue<", ">CBRN<", "error.cap_value"),
		"responseType":        instead(t, "<urgency>", "<responseType>Run</responseType><urgency>", "error.cap_value"),
		"urgency":             instead(t, ">Immediate<", ">Now<", "error.cap_value"),
		"severity":            instead(t, ">Severe<", ">Bad<", "error.cap_value"),
		"certainty":           instead(t, ">Likely<", ">Very Likely<", "error.cap_value"),
		"language":            instead(t, "<category>", "<language>fa_AF</language><category>", "error.cap_value"),
		"web":                 instead(t, "<area>", "<web>java\u202escript:x</web><area>", "error.cap_value"),
		"altitude":            instead(t, area, area+"<altitude>1e3</altitude>", "error.cap_value"),
	}
}

// wrongTimes: what is no time of CAP 1.2, 3.3.2, or one that cannot be.
func wrongTimes(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"Z":                     instead(t, "14:00:00+04:30", "14:00:00Z", "error.cap_time"),
		"no zone":               instead(t, "14:00:00+04:30", "14:00:00", "error.cap_time"),
		"fraction":              instead(t, "14:00:00+04:30", "14:00:00.5+04:30", "error.cap_time"),
		"short hour":            instead(t, "14:00:00+04:30", "4:00:00+04:30", "error.cap_time"),
		"30 February":           instead(t, "2026-03-21", "2026-02-30", "error.cap_time"),
		"hour 24":               instead(t, "14:00:00+04:30", "24:00:00+04:30", "error.cap_time"),
		"far zone":              instead(t, "+04:30", "+14:30", "error.cap_time"),
		"comma zone":            instead(t, "+04:30", ",04:30", "error.cap_time"),
		"year 0":                instead(t, "2026-03-21", "0000-03-21", "error.cap_time"),
		"expires":               instead(t, "<area>", "<expires>soon</expires><area>", "error.cap_time"),
		"ends before it begins": instead(t, "<area>", "<onset>2026-03-21T14:00:00+04:30</onset><expires>2026-03-21T13:59:59+04:30</expires><area>", "error.cap_times"),
	}
}

// wrongNames: what cannot name an alert, or another one.
func wrongNames(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"identifier with space": instead(t, "<identifier>a1", "<identifier>a 1", "error.cap_identifier"),
		"identifier with comma": instead(t, "<identifier>a1", "<identifier>a,1", "error.cap_identifier"),
		"identifier with <":     instead(t, "<identifier>a1", "<identifier>a&lt;1", "error.cap_identifier"),
		"sender with &":         instead(t, "<sender>s", "<sender>s&amp;", "error.cap_identifier"),
		"sender that turns":     instead(t, "<sender>s", "<sender>s\u202e", "error.cap_identifier"),
		"sender empty":          instead(t, "<sender>s", "<sender>", "error.cap_identifier"),
		"sender long":           instead(t, "<sender>s", "<sender>"+strings.Repeat("s", 513), "error.cap_identifier"),
		"update of nothing":     {update(t, ""), "error.cap_references_missing"},
		"references empty":      refers(t, " ", "error.cap_references_missing"),
		"references of two":     refers(t, "s,a0", "error.cap_references"),
		"references of four":    refers(t, "s,a0,2026-03-21T13:00:00+04:30,x", "error.cap_references"),
		"references at Z":       refers(t, "s,a0,2026-03-21T13:00:00Z", "error.cap_references"),
		"references to itself":  refers(t, "s,a1,2026-03-21T14:00:00+04:30", "error.cap_references_self"),
		"references to later":   refers(t, "s,a0,2026-03-21T14:00:01+04:30", "error.cap_references_later"),
	}
}

// wrongAreas: what is no area on the earth.
func wrongAreas(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"polygon of three":      instead(t, area, area+"<polygon>1,1 2,2 1,1</polygon>", "error.cap_area"),
		"open polygon":          instead(t, area, area+"<polygon>1,1 2,2 3,3 4,4</polygon>", "error.cap_area"),
		"polygon off the earth": instead(t, area, area+"<polygon>1,1 91,2 3,3 1,1</polygon>", "error.cap_area"),
		"polygon of words":      instead(t, area, area+"<polygon>NaN,1 2,2 3,3 NaN,1</polygon>", "error.cap_area"),
		"circle without radius": instead(t, area, area+"<circle>1,1</circle>", "error.cap_area"),
		"circle inside out":     instead(t, area, area+"<circle>1,1 -1</circle>", "error.cap_area"),
		"circle round it all":   instead(t, area, area+"<circle>1,181 1</circle>", "error.cap_area"),
	}
}

func TestRefusals(t *testing.T) {
	schema, found := folder(t)
	all := map[string]refusal{}
	for _, some := range []func(t *testing.T) map[string]refusal{unreadable, misplaced, incomplete, unknownValues, wrongTimes, wrongNames, wrongAreas} {
		maps.Copy(all, some(t))
	}
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			_, err := cap.Parse(strings.NewReader(test.file), cap.Usual)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Key != test.key {
				t.Errorf("got %v, want %s", err, test.key)
			}
		})
	}
	a := parse(t, []byte(small))
	if found {
		validate(t, schema, write(t, a))
	}
}
