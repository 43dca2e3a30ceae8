package clientapi

import (
	"strings"
	"testing"

	"panah/locales"
)

func TestCellsAreNoFormulas(t *testing.T) {
	for _, cell := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u2068=1\u2069", "\u200b@x", "＝1", "＋1"} {
		if got := harmless(cell); got != "'"+cell {
			t.Errorf("%q stays %q", cell, got)
		}
	}
	for _, cell := range []string{"", "firuz", "Меҳрубон", "a=b", "{\"a\":\"=1\"}"} {
		if got := harmless(cell); got != cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}

func TestAnEntryInWords(t *testing.T) {
	words := locales.For("en", "")
	for want, line := range map[string]auditLine{
		"Aziz gave Bahar a new role: Organisation admin.":    {ActorName: "Aziz", Act: "set_role", TargetName: "Bahar", Detail: map[string]string{"role": "admin"}},
		"aziz suspended bahar. (Safety of people)":           {Actor: "@aziz:x", Act: "suspend_person", Target: "@bahar:x", Detail: map[string]string{"reason": "safety"}},
		"Aziz began to let Bahar in again.":                  {ActorName: "Aziz", Act: "start_recovery", TargetName: "Bahar"},
		"Aziz made an invitation into Hope (Member).":        {ActorName: "Aziz", Act: "invite_person", Target: "x1", Organisation: "Hope", Detail: map[string]string{"role": "member"}},
		"Aziz said that the organisation Hope is in danger.": {ActorName: "Aziz", Act: "declare_danger", Target: "o1", Organisation: "Hope"},
		"Aziz: new_act":                        {ActorName: "Aziz", Act: "new_act"},
		"Aziz gave Bahar a new role: emperor.": {ActorName: "Aziz", Act: "set_role", TargetName: "Bahar", Detail: map[string]string{"role": "emperor"}},
	} {
		if got := strings.NewReplacer("\u2068", "", "\u2069", "").Replace(line.sentence(words)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
