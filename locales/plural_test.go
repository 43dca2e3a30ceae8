package locales

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

var update = flag.Bool("update", false, "write the golden file anew")

// goldenForms is where the client reads which plural form the server chooses.
const goldenForms = "../web/src/i18n/testdata/plural.json"

// TestPluralFormsAreThoseTheClientKnows: the server chooses by go-i18n's rules, the client by five functions of its own.
func TestPluralFormsAreThoseTheClientKnows(t *testing.T) {
	got := map[string][]string{}
	for _, tag := range Tags() {
		for n := range 201 {
			got[tag] = append(got[tag], form(t, tag, n))
		}
		got[tag] = append(got[tag], form(t, tag, "1.5"))
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(goldenForms, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenForms)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(raw)+"\n" {
		t.Errorf("the forms differ from %s: run this test with -update and look at the change", goldenForms)
	}
}

func form(t *testing.T, tag string, n any) string {
	t.Helper()
	bundle := i18n.NewBundle(language.MustParse(tag))
	message := &i18n.Message{ID: "x", One: "one", Few: "few", Many: "many", Other: "other"}
	text, err := i18n.NewLocalizer(bundle, tag).Localize(&i18n.LocalizeConfig{DefaultMessage: message, PluralCount: n})
	if err != nil {
		t.Fatalf("%s %v: %v", tag, n, err)
	}
	return text
}
