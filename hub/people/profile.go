package people

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"panah/hub/fault"
	"panah/hub/script"
	"panah/hub/store"
)

const (
	speaksMost = 16  // languages of one person
	askAbout   = 160 // characters
)

// spoken is the form of a language tag (BCP 47): language, and script or region where they matter.
var spoken = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

// SetAboutTx changes what a person says of themselves: the languages spoken, and what others may ask about.
func (p *People) SetAboutTx(tx *store.Tx, userID string, speaks []string, about string) error {
	if len(speaks) > speaksMost || slices.ContainsFunc(speaks, func(tag string) bool { return !spoken.MatchString(tag) }) {
		return fault.InvalidParam("error.bad_language")
	}
	about = script.CleanName(about)
	if !storable(about) || utf8.RuneCountInString(about) > askAbout {
		return fault.InvalidParam("error.long_text", "Limit", askAbout)
	}
	var once []string
	for _, tag := range speaks {
		if !slices.Contains(once, tag) {
			once = append(once, tag)
		}
	}
	_, err := tx.Exec(`UPDATE people SET speaks = $2, ask_about = $3 WHERE user_id = $1`, userID, strings.Join(once, " "), about)
	tx.OnCommit(p.known.clear)
	return err
}
