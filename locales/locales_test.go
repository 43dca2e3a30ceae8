package locales_test

import (
	"testing"

	"panah/locales"
)

func TestMatch(t *testing.T) {
	for want, tag := range map[string]string{
		"prs": "fa-AF", "prs-AF": "fa-AF", "fa": "fa-AF", "fa-IR": "fa-AF", "fa-AF": "fa-AF", "ps": "ps", "pbu": "ps", "pst-PK": "ps",
		"tg": "tg", "tg-Cyrl-TJ": "tg", "uz": "uz", "uz-Cyrl": "uz", "uz-AF": "uz", "uzn": "uz", "uz_UZ": "uz", "tk": "tk", "ur-PK": "ur", "ru-RU": "ru",
		"en-GB": "en", "ar": "", "zh": "", "": "", "???": "", "de": "",
	} {
		if got := locales.Match(want); got != tag {
			t.Errorf("Match(%q) is %q, want %q", want, got, tag)
		}
	}
	if got := locales.MatchHeader("de, ar;q=0.9, tg;q=0.8, en;q=0.1"); got != "tg" {
		t.Errorf("the first understood wish is %q, want tg", got)
	}
}

func TestTextInsertsSafely(t *testing.T) {
	p := locales.For("en", "")
	got := p.Text("error.missing_param", map[string]any{"Name": "a\u202eb"})
	if want := "“\u2068ab\u2069” is missing."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := p.Text("error.limit_exceeded", map[string]any{"Count": 1}); got != "Too many tries. Please wait 1 second." {
		t.Errorf("got %q", got)
	}
	if got := p.Text("no.such.key", nil); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
}

func TestNumber(t *testing.T) {
	for tag, want := range map[string]string{"fa-AF": "۱۰۴۵", "ps": "۱۰۴۵", "ur": "1045", "tg": "1045"} {
		if got := locales.Number(tag, 1045); got != want {
			t.Errorf("%s: got %s, want %s", tag, got, want)
		}
	}
}
