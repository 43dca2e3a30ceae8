package node

import (
	"strings"

	"panah/locales"
)

// isolates are the marks that catalogs put round what they insert. A terminal does not know them, and a link that is copied
// together with them leads nowhere.
var isolates = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// sentence prints a sentence of the catalogs for a terminal.
func sentence(language, key string, args map[string]any) string {
	return isolates.Replace(locales.For(language, "").Text(key, args))
}

// wantedLanguage is the catalog for a terminal's language.
func wantedLanguage(tag string) string {
	if found := locales.Match(tag); found != "" {
		return found
	}
	return locales.Source
}
