package cap_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"panah/hub/cap"
	"panah/hub/fault"
)

// folder is where OASIS's schema and the specification's examples are: PANAH_TEST_CAP, or shared/data/cap beside the checkout or further up.
// Both are OASIS's own and are not part of this repository.
func folder(t *testing.T) (path string, found bool) {
	t.Helper()
	if path = os.Getenv("PANAH_TEST_CAP"); path != "" {
		return path, true
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(here) != here; here = filepath.Dir(here) {
		path = filepath.Join(here, "shared", "data", "cap")
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	t.Log("no folder with OASIS's schema and examples was found, so only our own examples and rules were looked at: set PANAH_TEST_CAP")
	return "", false
}

// validate asks xmllint, which nobody here wrote, whether a file keeps OASIS's schema.
func validate(t *testing.T, schema string, file []byte) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "--schema", filepath.Join(schema, "CAP-v1.2.xsd"), "-")
	command.Stdin = bytes.NewReader(file)
	if said, err := command.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s\n%s", err, said, file)
	}
}

func parse(t *testing.T, file []byte) *cap.Alert {
	t.Helper()
	a, err := cap.Parse(bytes.NewReader(file), cap.Usual)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	return a
}

func write(t *testing.T, a *cap.Alert) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := cap.Write(&out, a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// examples are the specification's four, where they are, and ours.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) < 3 {
		t.Fatalf("our own examples are %v, %v", files, err)
	}
	if path, found := folder(t); found {
		theirs, err := filepath.Glob(filepath.Join(path, "oasis-example*.xml"))
		if err != nil || len(theirs) != 4 {
			t.Fatalf("the specification's examples are %v, %v", theirs, err)
		}
		files = append(files, theirs...)
	}
	return files
}

func TestExamplesRoundTrip(t *testing.T) {
	schema, found := folder(t)
	for _, name := range examples(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want := parse(t, file)
			written := write(t, want)
			if diff := cmp.Diff(want, parse(t, written)); diff != "" {
				t.Errorf("what was written reads otherwise: %s", diff)
			}
			if again := write(t, parse(t, written)); !bytes.Equal(again, written) {
				t.Errorf("a second writing differs:\n%s", again)
			}
			if found {
				validate(t, schema, written)
			}
		})
	}
}

// TestNothingIsLost looks at the one of our examples that has every element.
func TestNothingIsLost(t *testing.T) {
	file, err := os.ReadFile("testdata/everything.xml")
	if err != nil {
		t.Fatal(err)
	}
	a := parse(t, file)
	sent := cap.Time{Unix: time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC).Unix(), Offset: 4*3600 + 1800}
	want := &cap.Alert{
		Identifier: "panah-2026-17.2", Sender: "hub.example.org", Sent: sent, Status: "Exercise", MsgType: "Update", Source: "desk",
		Scope: "Private", Restriction: "network", Addresses: `"the desk in Herat" tj@example.org`, Codes: []string{"one", "two"},
		Note: "Exercise & nothing <else>", References: []cap.Reference{
			{Sender: "hub.example.org", Identifier: "panah-2026-17", Sent: cap.Time{Unix: sent.Unix - 3600, Offset: 0}},
			{Sender: "hub.example.org", Identifier: "panah-2026-17.1", Sent: sent},
		}, Incidents: "17",
		Infos: []cap.Info{{
			Language: "fa-AF", Categories: []cap.Category{"Rescue", "Safety"}, Event: "شخص گم‌شده", ResponseTypes: []cap.ResponseType{"Shelter", "Monitor"},
			Urgency: "Immediate", Severity: "Severe", Certainty: "Likely", Audience: "desks", EventCodes: []cap.Value{{"OASIS", "OET-130"}},
			Effective: sent, Onset: sent, Expires: cap.Time{Unix: sent.Unix + 86400, Offset: sent.Offset}, SenderName: "Desk", Headline: "H",
			Description: "two\nlines", Instruction: "act", Web: "https://hub.example.org/a?b=c&d=e", Contact: "desk",
			Parameters: []cap.Value{{"TLP", "AMBER"}},
			Resources: []cap.Resource{{Description: "map", MIMEType: "image/png", Size: "512", URI: "https://hub.example.org/map.png",
				DerefURI: "aGVsbG8=", Digest: "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}},
			Areas: []cap.Area{{Description: "Herat", Polygons: []string{"34.0,62.0 34.5,62.0 34.5,62.5 34.0,62.0"}, Circles: []string{"34.35,62.2 0"},
				Geocodes: []cap.Value{{"ISO3166-2", "AF-HER"}}, Altitude: "3000", Ceiling: "3500.5"}},
		}},
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
}

// small is the smallest alert; each refusal changes one thing of it.
const small = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>a1</identifier><sender>s</sender><sent>2026-03-21T14:00:00+04:30</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info><category>Rescue</category><event>e</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>
    <area><areaDesc>Herat</areaDesc></area></info>
</alert>
`

// changed is small with one piece in place of another, which must be in it.
func changed(t *testing.T, from, to string) string {
	t.Helper()
	if !strings.Contains(small, from) {
		t.Fatalf("the small alert has no %s", from)
	}
	return strings.Replace(small, from, to, 1)
}

const area = "<areaDesc>Herat</areaDesc>"

func refusals(t *testing.T) map[string][2]string {
	update := func(references string) string {
		file := changed(t, "<msgType>Alert</msgType><scope>Public</scope>", "<msgType>Update</msgType><scope>Public</scope>"+references)
		return file
	}
	references := func(text string) string { return update("<references>" + text + "</references>") }
	in := func(from, to, key string) [2]string { return [2]string{changed(t, from, to), key} }
	scope := "<scope>Public</scope>"
	return map[string][2]string{
		"nothing":               {"", "error.cap_not_xml"},
		"no XML":                {"hello", "error.cap_not_xml"},
		"cut":                   {small[:300], "error.cap_not_xml"},
		"two roots":             {small + "<alert xmlns='" + cap.Namespace + "'/>", "error.cap_not_xml"},
		"text after it":         {small + "x", "error.cap_not_xml"},
		"unknown entity":        in("<sender>s", "<sender>&nbsp;", "error.cap_not_xml"),
		"XML 1.1":               in(`version="1.0"`, `version="1.1"`, "error.cap_not_xml"),
		"Latin-1":               in("UTF-8", "ISO-8859-1", "error.cap_encoding"),
		"broken UTF-8":          in("<event>e", "<event>\xff", "error.cap_encoding"),
		"a NUL":                 in("<event>e", "<event>\x00", "error.cap_encoding"),
		"document type":         in("<alert", "<!DOCTYPE alert><alert", "error.cap_doctype"),
		"late document type":    {small + "<!DOCTYPE alert>", "error.cap_doctype"},
		"instruction":           in("<alert", "<?xml-stylesheet href='x'?><alert", "error.cap_instruction"),
		"second declaration":    in("<alert", "<?xml version='1.0'?><alert", "error.cap_instruction"),
		"instruction inside":    in("<sender>s", "<sender><?php x ?>s", "error.cap_instruction"),
		"CAP 1.1":               in("cap:1.2", "cap:1.1", "error.cap_namespace"),
		"no namespace":          in(` xmlns="urn:oasis:names:tc:emergency:cap:1.2"`, "", "error.cap_namespace"),
		"foreign element":       in("<sender>s", "<x xmlns='urn:x'/><sender>s", "error.cap_namespace"),
		"another root":          {`<info xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>`, "error.cap_element"},
		"attribute":             in("<sender>", "<sender a='b'>", "error.cap_attribute"),
		"attribute twice":       in("<alert ", "<alert xmlns='urn:x' ", "error.cap_attribute"),
		"unknown element":       in("<sender>s", "<sandra/><sender>s", "error.cap_element"),
		"wrong order":           in("<identifier>a1</identifier><sender>s</sender>", "<sender>s</sender><identifier>a1</identifier>", "error.cap_element"),
		"sender twice":          in("<sender>s</sender>", "<sender>s</sender><sender>s</sender>", "error.cap_element"),
		"headline twice":        in("<area>", "<headline>a</headline><headline>a</headline><area>", "error.cap_element"),
		"text between":          in("<area>", "x<area>", "error.cap_element"),
		"element in a text":     in("<event>e", "<event><b/>e", "error.cap_element"),
		"element in a category": in("<category>Rescue", "<category><event/>Rescue", "error.cap_element"),
		"nothing after a sign":  in("</info>", "</info><Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/><info/>", "error.cap_element"),
		"no sender":             in("<sender>s</sender>", "", "error.cap_missing"),
		"no scope":              in(scope, "", "error.cap_missing"),
		"no category":           in("<category>Rescue</category>", "", "error.cap_missing"),
		"no event":              in("<event>e</event>", "", "error.cap_missing"),
		"no areaDesc":           in(area, "", "error.cap_missing"),
		"no value":              in("<area>", "<parameter><valueName>a</valueName></parameter><area>", "error.cap_missing"),
		"restricted to whom":    in(scope, "<scope>Restricted</scope>", "error.cap_missing"),
		"private for whom":      in(scope, "<scope>Private</scope>", "error.cap_missing"),
		"ceiling over what":     in(area, area+"<ceiling>3</ceiling>", "error.cap_missing"),
		"no MIME type":          in("<area>", "<resource><resourceDesc>a</resourceDesc></resource><area>", "error.cap_missing"),
		"status":                in(">Actual<", ">actual<", "error.cap_value"),
		"status with a space":   in(">Actual<", "> Actual<", "error.cap_value"),
		"msgType":               in(">Alert<", ">Alarm<", "error.cap_value"),
		"scope":                 in(">Public<", ">All<", "error.cap_value"),
		"category":              in(">Rescue<", ">CBRN<", "error.cap_value"),
		"responseType":          in("<urgency>", "<responseType>Run</responseType><urgency>", "error.cap_value"),
		"urgency":               in(">Immediate<", ">Now<", "error.cap_value"),
		"severity":              in(">Severe<", ">Bad<", "error.cap_value"),
		"certainty":             in(">Likely<", ">Very Likely<", "error.cap_value"),
		"language":              in("<category>", "<language>fa_AF</language><category>", "error.cap_value"),
		"web":                   in("<area>", "<web>java\u202escript:x</web><area>", "error.cap_value"),
		"altitude":              in(area, area+"<altitude>1e3</altitude>", "error.cap_value"),
		"Z":                     in("14:00:00+04:30", "14:00:00Z", "error.cap_time"),
		"no zone":               in("14:00:00+04:30", "14:00:00", "error.cap_time"),
		"fraction":              in("14:00:00+04:30", "14:00:00.5+04:30", "error.cap_time"),
		"short hour":            in("14:00:00+04:30", "4:00:00+04:30", "error.cap_time"),
		"30 February":           in("2026-03-21", "2026-02-30", "error.cap_time"),
		"hour 24":               in("14:00:00+04:30", "24:00:00+04:30", "error.cap_time"),
		"far zone":              in("+04:30", "+14:30", "error.cap_time"),
		"comma zone":            in("+04:30", ",04:30", "error.cap_time"),
		"year 0":                in("2026-03-21", "0000-03-21", "error.cap_time"),
		"expires":               in("<area>", "<expires>soon</expires><area>", "error.cap_time"),
		"ends before it begins": in("<area>", "<onset>2026-03-21T14:00:00+04:30</onset><expires>2026-03-21T13:59:59+04:30</expires><area>", "error.cap_times"),
		"identifier with space": in("<identifier>a1", "<identifier>a 1", "error.cap_identifier"),
		"identifier with comma": in("<identifier>a1", "<identifier>a,1", "error.cap_identifier"),
		"identifier with <":     in("<identifier>a1", "<identifier>a&lt;1", "error.cap_identifier"),
		"sender with &":         in("<sender>s", "<sender>s&amp;", "error.cap_identifier"),
		"sender that turns":     in("<sender>s", "<sender>s\u202e", "error.cap_identifier"),
		"sender empty":          in("<sender>s", "<sender>", "error.cap_identifier"),
		"sender long":           in("<sender>s", "<sender>"+strings.Repeat("s", 513), "error.cap_identifier"),
		"update of nothing":     {update(""), "error.cap_references_missing"},
		"references empty":      {references(" "), "error.cap_references_missing"},
		"references of two":     {references("s,a0"), "error.cap_references"},
		"references of four":    {references("s,a0,2026-03-21T13:00:00+04:30,x"), "error.cap_references"},
		"references at Z":       {references("s,a0,2026-03-21T13:00:00Z"), "error.cap_references"},
		"references to itself":  {references("s,a1,2026-03-21T14:00:00+04:30"), "error.cap_references_self"},
		"references to later":   {references("s,a0,2026-03-21T14:00:01+04:30"), "error.cap_references_later"},
		"polygon of three":      in(area, area+"<polygon>1,1 2,2 1,1</polygon>", "error.cap_area"),
		"open polygon":          in(area, area+"<polygon>1,1 2,2 3,3 4,4</polygon>", "error.cap_area"),
		"polygon off the earth": in(area, area+"<polygon>1,1 91,2 3,3 1,1</polygon>", "error.cap_area"),
		"polygon of words":      in(area, area+"<polygon>NaN,1 2,2 3,3 NaN,1</polygon>", "error.cap_area"),
		"circle without radius": in(area, area+"<circle>1,1</circle>", "error.cap_area"),
		"circle inside out":     in(area, area+"<circle>1,1 -1</circle>", "error.cap_area"),
		"circle round it all":   in(area, area+"<circle>1,181 1</circle>", "error.cap_area"),
	}
}

func TestRefusals(t *testing.T) {
	schema, found := folder(t)
	for name, test := range refusals(t) {
		t.Run(name, func(t *testing.T) {
			_, err := cap.Parse(strings.NewReader(test[0]), cap.Usual)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Key != test[1] {
				t.Errorf("got %v, want %s", err, test[1])
			}
		})
	}
	a := parse(t, []byte(small))
	if found {
		validate(t, schema, write(t, a))
	}
}

func TestLimits(t *testing.T) {
	limits := cap.Limits{Bytes: 4096, Depth: 4, Elements: 40, Text: 100, Infos: 2, Areas: 2, Repeats: 3}
	info := small[strings.Index(small, "<info>"):strings.Index(small, "</alert>")]
	for name, test := range map[string]struct {
		file string
		want error
	}{
		"as it is":   {small, nil},
		"bytes":      {small + strings.Repeat(" ", 4096), fault.TooLarge(4096)},
		"depth":      {changed(t, "<event>", "<event><a><b><c>"), fault.InvalidParam("error.cap_deep")},
		"signature":  {changed(t, "</info>", "</info><S xmlns='http://www.w3.org/2000/09/xmldsig#'><a><b><c/></b></a></S>"), fault.InvalidParam("error.cap_deep")},
		"elements":   {changed(t, "<event>", strings.Repeat("<event/>", 40)), fault.InvalidParam("error.cap_elements")},
		"signatures": {changed(t, "</info>", "</info><S xmlns='http://www.w3.org/2000/09/xmldsig#'>"+strings.Repeat("<a/>", 40)+"</S>"), fault.InvalidParam("error.cap_elements")},
		"text":       {changed(t, "<event>", "<event>"+strings.Repeat("x", 100)), fault.InvalidParam("error.cap_text")},
		"pieces":     {changed(t, "<event>", "<event>"+strings.Repeat("x<!---->", 100)), fault.InvalidParam("error.cap_text")},
		"attribute":  {changed(t, "<event>", "<event xmlns:a='"+strings.Repeat("x", 100)+"'>"), fault.InvalidParam("error.cap_text")},
		"infos":      {changed(t, "</alert>", info+info+"</alert>"), fault.InvalidParam("error.cap_many")},
		"areas":      {changed(t, "</area>", "</area>"+strings.Repeat("<area>"+area+"</area>", 2)), fault.InvalidParam("error.cap_many")},
		"repeats":    {changed(t, "<category>", strings.Repeat("<category>Geo</category>", 3)+"<category>"), fault.InvalidParam("error.cap_many")},
	} {
		if _, err := cap.Parse(strings.NewReader(test.file), limits); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestFresh(t *testing.T) {
	now := time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC)
	expires := func(texts ...string) *cap.Alert {
		file := small
		for i, text := range texts {
			info := small[strings.Index(small, "<info>"):strings.Index(small, "</alert>")]
			if text != "" {
				info = strings.Replace(info, "<area>", "<expires>"+text+"</expires><area>", 1)
			}
			if i == 0 {
				file = strings.Replace(file, file[strings.Index(file, "<info>"):strings.Index(file, "</alert>")], info, 1)
			} else {
				file = strings.Replace(file, "</alert>", info+"</alert>", 1)
			}
		}
		return parse(t, []byte(file))
	}
	for name, test := range map[string]struct {
		alert *cap.Alert
		want  error
	}{
		"without an end":    {expires(""), nil},
		"a second left":     {expires("2026-03-21T14:00:01+04:30"), nil},
		"now":               {expires("2026-03-21T14:00:00+04:30"), fault.InvalidParam("error.cap_expired")},
		"one of two":        {expires("2026-03-21T13:00:00+04:30", "2026-03-21T15:00:00+04:30"), nil},
		"both":              {expires("2026-03-21T13:00:00+04:30", "2026-03-21T13:30:00+04:30"), fault.InvalidParam("error.cap_expired")},
		"sent in an hour":   {parse(t, []byte(changed(t, "14:00:00+04:30", "15:00:00+04:30"))), nil},
		"sent in two hours": {parse(t, []byte(changed(t, "14:00:00+04:30", "15:00:01+04:30"))), fault.InvalidParam("error.cap_future")},
	} {
		if err := test.alert.Fresh(now); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestWriteRefusesWhatParseWould(t *testing.T) {
	a := parse(t, []byte(small))
	a.Scope = cap.ScopeRestricted
	var out bytes.Buffer
	if err := cap.Write(&out, a); !errors.Is(err, fault.InvalidParam("error.cap_missing")) || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
}

func TestTimeIsWrittenAsCAPWantsIt(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC), "2026-03-21T09:30:00-00:00"},
		{time.Date(2026, 3, 21, 14, 0, 0, 999, time.FixedZone("", 16200)), "2026-03-21T14:00:00+04:30"},
		{time.Date(2026, 3, 21, 14, 0, 0, 0, time.FixedZone("", -7*3600)), "2026-03-21T14:00:00-07:00"},
	} {
		if got := cap.At(test.at).String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
