// Package locales holds every sentence that a person sees, in the hub's eight languages, for the server and its client alike.
//
// A catalog is a go-i18n file. A sentence is looked up in the wanted language, then in the hub's second language, then in English;
// what is missing is counted. Whatever is inserted is isolated here, in one place, so that no name can turn the sentence
// around it, and whole numbers are written in the language's own digits.
package locales

import (
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"panah/hub/script"
)

//go:embed active.*.json alerts.*.json dates.*.json
var files embed.FS

// Catalogs are the files that a language's sentences are in: those that every screen needs, and those of alerts and places, which a client
// loads when it first shows one.
func Catalogs() []string { return []string{"active", "alerts"} }

// Language is one language of the hub.
type Language struct {
	Tag       string // names its catalog
	Name      string // what its speakers call it
	Direction string // "rtl" or "ltr"
}

// Languages are the hub's languages, in the order in which they are offered. The last one is the source.
func Languages() []Language {
	names := []string{"fa-AF", "دری", "ps", "پښتو", "tg", "тоҷикӣ", "uz", "oʻzbekcha", "tk", "türkmen dili", "ur", "اردو", "ru", "русский", "en", "English"}
	var all []Language
	for i := 0; i < len(names); i += 2 {
		all = append(all, Language{names[i], names[i+1], script.Direction(names[i])})
	}
	return all
}

// Tags are the tags of Languages.
func Tags() []string {
	var tags []string
	for _, l := range Languages() {
		tags = append(tags, l.Tag)
	}
	return tags
}

// Source is the language that the others are translated from.
const Source = "en"

// aliases are wanted tags that the matcher would take elsewhere: it sends Cyrillic Uzbek to Tajik, and go-i18n has no plural
// rule for prs. Longer prefixes come first.
var aliases = []struct{ prefix, tag string }{
	{"prs", "fa-AF"}, {"fa", "fa-AF"}, {"pbu", "ps"}, {"pbt", "ps"}, {"pst", "ps"}, {"uzn", "uz"}, {"uzs", "uz"}, {"uz", "uz"},
}

// Match gives the catalog for what someone wants, in their order of wishes, or "" when none of the hub's languages would be understood.
func Match(wanted ...string) string {
	for _, want := range wanted {
		if tag := matchOne(want); tag != "" {
			return tag
		}
	}
	return ""
}

var matcher = sync.OnceValue(func() language.Matcher {
	var tags []language.Tag
	for _, t := range Tags() {
		tags = append(tags, language.MustParse(t)) // constants of this file
	}
	return language.NewMatcher(tags)
})

func matchOne(want string) string {
	if len(want) > 35 {
		return ""
	}
	base, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(want), "_", "-"), "-")
	for _, a := range aliases {
		if base == a.prefix {
			return a.tag
		}
	}
	tag, err := language.Parse(want)
	if err != nil {
		return ""
	}
	_, index, confidence := matcher().Match(tag)
	if confidence < language.High {
		return "" // the matcher sends Arabic to Dari
	}
	return Tags()[index]
}

// MatchHeader is Match for an Accept-Language header.
func MatchHeader(header string) string {
	if len(header) > 500 {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return ""
	}
	var wanted []string
	for _, t := range tags {
		wanted = append(wanted, t.String())
	}
	return Match(wanted...)
}

// catalogs are the parsed files, once for the process.
var catalogs = sync.OnceValues(func() (*i18n.Bundle, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, tag := range Tags() {
		for _, name := range Catalogs() {
			if _, err := bundle.LoadMessageFileFS(files, name+"."+tag+".json"); err != nil {
				return nil, fmt.Errorf("load the catalog of %s: %w", tag, err)
			}
		}
	}
	return bundle, nil
})

var missing atomic.Int64

// Missing is how often a sentence was asked for that a language does not have.
func Missing() int64 { return missing.Load() }

// Digits are which ones a reader counts in. The zero value stands for those of the language.
type Digits string

// The digits that a person may choose.
const (
	Native Digits = "native" // ۰ to ۹
	Latin  Digits = "latin"  // 0 to 9
)

// Printer prints sentences for one reader.
type Printer struct {
	chain  []string
	digits Digits
}

// For makes a printer for the wanted language, with a second one to fall back on; either may be "".
func For(wanted, second string) Printer {
	var chain []string
	for _, tag := range []string{matchOne(wanted), matchOne(second), Source} {
		if tag != "" {
			chain = append(chain, tag)
		}
	}
	return Printer{chain: chain}
}

// Counting is the same printer for somebody who counts in other digits than those of the language.
func (p Printer) Counting(in Digits) Printer {
	p.digits = in
	return p
}

// Language is the tag that the printer tries first.
func (p Printer) Language() string { return p.chain[0] }

// Text prints a sentence. args are what it inserts; a number named Count chooses the plural form. A sentence that no catalog has
// is printed as its key: that is a mistake of ours, and better seen than hidden.
func (p Printer) Text(key string, args map[string]any) string {
	for i, tag := range p.chain {
		if text, ok := p.printed(tag, key, args); ok {
			return text
		}
		if i == 0 {
			missing.Add(1)
		}
	}
	return key
}

func (p Printer) printed(tag, key string, args map[string]any) (string, bool) {
	bundle, err := catalogs()
	if err != nil {
		return "", false
	}
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: p.prepare(tag, args)}
	if n, ok := count(args); ok {
		config.PluralCount = n
	}
	text, used, err := i18n.NewLocalizer(bundle, tag).LocalizeWithTag(config)
	return text, err == nil && text != "" && used == language.MustParse(tag)
}

func count(args map[string]any) (int64, bool) {
	switch n := args["Count"].(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	case float64: // as JSON gives it
		return int64(n), n == float64(int64(n))
	}
	return 0, false
}

// Phrase is a part of a sentence that a printer of the same language has printed: it is inserted as it is.
type Phrase string

// prepare isolates what is text and writes what is a number in the reader's digits.
func (p Printer) prepare(tag string, args map[string]any) map[string]any {
	ready := make(map[string]any, len(args))
	for name, value := range args {
		switch v := value.(type) {
		case int:
			ready[name] = p.digits.number(tag, int64(v))
		case int64:
			ready[name] = p.digits.number(tag, v)
		case float64:
			ready[name] = p.digits.number(tag, int64(v))
		case Phrase:
			ready[name] = string(v)
		default:
			ready[name] = script.Isolate(fmt.Sprint(v))
		}
	}
	return ready
}

// Number writes a whole number in a language's digits.
func Number(tag string, n int64) string {
	return Digits("").number(tag, n)
}

func (d Digits) number(tag string, n int64) string {
	digits := strconv.FormatInt(n, 10)
	if d == Latin || d != Native && tag != "fa-AF" && tag != "ps" {
		return digits
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '۰' + r - '0'
		}
		return r
	}, digits)
}

// Catalog is one of the Catalogs of one language; nil when there is no such language.
func Catalog(name, tag string) []byte {
	raw, err := files.ReadFile(name + "." + tag + ".json")
	if err != nil {
		return nil
	}
	return raw
}
