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
