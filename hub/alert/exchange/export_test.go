package exchange

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/alert"
	"panah/hub/alert/code"
	"panah/hub/cap"
	"panah/locales"
)

// filled are slots of a code, all of them or only those that it needs.
func filled(t *testing.T, spec code.Spec, all bool) json.RawMessage {
	t.Helper()
	slots := map[string]any{}
	for _, s := range spec.Slots {
		if !s.Required && !all {
			continue
		}
		switch s.Type {
		case code.Count:
			slots[s.Name] = 3
		case code.Place:
			slots[s.Name] = map[bool]string{true: "TJ-DU", false: "AF-HER"}[s.Name == "to"]
		case code.Time:
			slots[s.Name] = []int64{1_774_000_000, 1_774_003_600}
		case code.Organisation:
			slots[s.Name] = "lamp"
		default:
			slots[s.Name] = s.Values()[0]
		}
	}
	raw, err := json.Marshal(slots)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// schema is where OASIS's schema is, or "".
func schema(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("PANAH_TEST_CAP")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; folder == "" && filepath.Dir(here) != here; here = filepath.Dir(here) {
		if _, err := os.Stat(filepath.Join(here, "shared", "data", "cap")); err == nil {
			folder = filepath.Join(here, "shared", "data", "cap")
		}
	}
	if folder == "" {
		t.Log("no folder with OASIS's schema was found, so only our own rules were looked at: set PANAH_TEST_CAP")
		return ""
	}
	return filepath.Join(folder, "CAP-v1.2.xsd")
}

// TestEveryCodeIsValidCAP writes each code with few and with all slots, as each kind of message, and has xmllint judge.
func TestEveryCodeIsValidCAP(t *testing.T) {
	x, xsd := &Exchange{server: "hub.example:8448"}, schema(t)
	folder, judged := t.TempDir(), []string{"--noout", "--nonet", "--schema", xsd}
	for _, spec := range code.All() {
		for _, all := range []bool{false, true} {
			at := time.Date(2026, 3, 21, 9, 30, 0, 0, time.UTC)
			block := alert.Block{Code: spec.Code, Slots: filled(t, spec, all), Status: "Actual", MsgType: "Alert", Urgency: spec.Urgency, Severity: spec.Severity,
				Certainty: spec.Certainty, Areas: []string{"AF-HER", "TJ"}, Expires: at.Add(time.Hour).Unix(), TLP: alert.Green, Text: "a <b> & c", Language: "tg"}
			update := block
			update.MsgType, update.Status, update.TLP = "Update", "Exercise", alert.Clear
			versions := []alert.Version{{EventID: "$first", At: at.UnixMilli(), Block: block}, {EventID: "$second", At: at.UnixMilli() - 5000, Block: update}}
			for n := 1; n <= 2; n++ {
				m, err := x.message(said{"$first", versions[:n], "Lamp", nil, func(string) string { return "Lamp" }})
				if err != nil {
					t.Fatalf("%s: %v", spec.Code, err)
				}
				looksRight(t, spec, m, n == 2)
				var out bytes.Buffer
				if err := cap.Write(&out, m); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join(folder, spec.Code+map[bool]string{true: ".all", false: ".few"}[all]+map[int]string{1: ".first", 2: ".second"}[n]+".xml")
				if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				judged = append(judged, file)
			}
		}
	}
	if xsd == "" {
		return
	}
	if said, err := exec.CommandContext(t.Context(), "xmllint", judged...).CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, said)
	}
}

func looksRight(t *testing.T, spec code.Spec, m *cap.Alert, second bool) {
	t.Helper()
	if len(m.Infos) != len(locales.Tags()) || (m.Note != "") != second || (m.Scope == cap.ScopePublic) != second || (len(m.References) == 1) != second {
		t.Errorf("%s: %d languages, note %q, scope %s, references %v", spec.Code, len(m.Infos), m.Note, m.Scope, m.References)
	}
	for _, i := range m.Infos {
		if i.Event == "" || i.Headline == "" || i.Description == "" || len([]rune(i.Headline)) > 160 || strings.ContainsAny(i.Headline+i.Description, "\u2068\u2069") {
			t.Errorf("%s in %s: event %q, headline %q, description %q", spec.Code, i.Language, i.Event, i.Headline, i.Description)
		}
		if (i.EventCodes[0] != cap.Value{Name: "network.panah.code", Value: spec.Code}) || (spec.OET != "") != (len(i.EventCodes) == 2) {
			t.Errorf("%s: event codes %v", spec.Code, i.EventCodes)
		}
		if i.Areas[0].Geocodes[0] != (cap.Value{Name: "ISO3166-2", Value: "AF-HER"}) || i.Areas[1].Geocodes[0] != (cap.Value{Name: "ISO3166-1", Value: "TJ"}) || len(i.Areas[0].Polygons)+len(i.Areas[0].Circles) > 0 {
			t.Errorf("%s: areas %v", spec.Code, i.Areas)
		}
	}
}

// TestWordsInOtherLanguages: words stand where their language is read; a translation of what was changed since says so, and the words stand beside it.
func TestWordsInOtherLanguages(t *testing.T) {
	x, spec := &Exchange{server: "hub.example"}, code.All()[0]
	block := alert.Block{Code: spec.Code, Slots: filled(t, spec, false), Status: "Actual", MsgType: "Alert", Urgency: spec.Urgency, Severity: spec.Severity,
		Certainty: spec.Certainty, Areas: []string{"AF-HER"}, Expires: 2_000_000_000, TLP: alert.Clear, Text: "words", Language: "tg"}
	translations := []alert.Translation{{Language: "ru", Text: "new in Russian"}, {Language: "uz", Text: "old in Uzbek", Outdated: true}}
	infos := func(kind string) map[string]cap.Info {
		b := block
		b.MsgType = kind
		m, err := x.message(said{"$first", []alert.Version{{EventID: "$first", At: 1_774_000_000_000, Block: block}, {EventID: "$second", At: 1_774_000_060_000, Block: b}}, "Lamp", translations,
			func(string) string { return "Lamp" }})
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]cap.Info{}
		for _, i := range m.Infos {
			all[i.Language] = i
		}
		return all
	}
	all, mark := infos("Update"), locales.For("uz", "").Text("alerts.outdated", nil)
	for tag, end := range map[string]string{"tg": "\nwords", "ru": "\nnew in Russian", "uz": "\n" + mark + "\nold in Uzbek"} {
		if !strings.HasSuffix(all[tag].Description, end) {
			t.Errorf("%s: %q", tag, all[tag].Description)
		}
	}
	for tag, want := range map[string]int{"tg": 0, "ru": 0, "uz": 3, "en": 2} {
		beside := slices.DeleteFunc(slices.Clone(all[tag].Parameters), func(v cap.Value) bool { return !strings.HasPrefix(v.Name, "network.panah.") })
		if len(beside) != want {
			t.Errorf("%s: beside it stand %v", tag, beside)
		}
	}
	if got := infos("Cancel")["uz"].Description; strings.Contains(got, "old in Uzbek") {
		t.Errorf("a cancel says %q", got)
	}
}
