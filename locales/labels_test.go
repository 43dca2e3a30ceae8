package locales

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// quotes are the sentences that name something to press, with the labels they name, in the order of the sentence. Somebody who must leave
// in a hurry looks for the very word that the guide told them.
var quotes = map[string][]string{
	"first.leave":   {"leave.button"},
	"first.where":   {"talk.title", "people.title"},
	"guide.first_1": {"now.title"},
	"guide.first_2": {"talk.title"},
	"guide.hub_2":   {"settings.devices"},
	"guide.leave_1": {"leave.button"},
	"guide.phone_1": {"lock.settings"},
	"guide.phone_6": {"sign_in.shared"},
}

var quoted = regexp.MustCompile(`«([^»]*)»|“([^”]*)”|”([^“]*)“|"([^"]*)"`)

func quotedIn(text string) []string {
	var found []string
	for _, one := range quoted.FindAllStringSubmatch(text, -1) {
		found = append(found, strings.Join(one[1:], ""))
	}
	return found
}

func TestSentencesNameTheButtonsAsTheyAreCalled(t *testing.T) {
	for _, tag := range Tags() {
		c := read(t, tag)
		for id, labels := range quotes {
			var want []string
			for _, label := range labels {
				want = append(want, c[label]["other"])
			}
			if got := quotedIn(c[id]["other"]); !slices.Equal(got, want) {
				t.Errorf("%s: %s names %q, but they are called %q", tag, id, got, want)
			}
		}
	}
}

func TestWhatTheGuideQuotesIsALabel(t *testing.T) {
	for id, forms := range read(t, Source) {
		if strings.HasPrefix(id, "guide.") || strings.HasPrefix(id, "first.") {
			if names := quotedIn(forms["other"]); len(names) > 0 && quotes[id] == nil {
				t.Errorf("%s names %q: say in quotes which labels these are", id, names)
			}
		}
	}
}
