package code

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFit: hard criteria rule out, soft ones warn, and what is not known never rules out.
func TestFit(t *testing.T) {
	offer := func(criteria ...Criterion) Offer {
		return Offer{Country: "TJ", Criteria: criteria, Services: []string{"medical"}, Categories: []string{"step_free"}, Minute: 23 * 60}
	}
	girl := Request{Category: "girls", Group: 1, Ages: []string{"12-17"}, Urgency: "urgent", Languages: []string{"ps"}, From: "AF-KDZ"}
	with := func(change func(*Request)) Request {
		r := girl
		change(&r)
		return r
	}
	tests := []struct {
		name             string
		offer            Offer
		request          Request
		failed, warnings string
	}{
		{"nothing asked", offer(), girl, "", ""},
		{"ages inside", offer(Criterion{Name: "ages", Hard: true, From: 10, To: 18}), girl, "", ""},
		{"ages half inside", offer(Criterion{Name: "ages", Hard: true, From: 14, To: 18}), girl, "", "ages"},
		{"ages outside", offer(Criterion{Name: "ages", Hard: true, From: 18, To: 60}), girl, "ages", ""},
		{"ages outside, softly", offer(Criterion{Name: "ages", From: 18, To: 60}), girl, "", "ages"},
		{"ages not said", offer(Criterion{Name: "ages", Hard: true, From: 18, To: 60}), with(func(r *Request) { r.Ages = nil }), "", "ages"},
		{"group too large", offer(Criterion{Name: "group", Hard: true, To: 2}), with(func(r *Request) { r.Group = 3 }), "group", ""},
		{"from abroad, perhaps not foreign", offer(Criterion{Name: "foreign", Hard: true}), girl, "", "foreign"},
		{"foreign", offer(Criterion{Name: "foreign", Hard: true}), with(func(r *Request) { r.Facts = map[string]bool{"foreign": true} }), "foreign", ""},
		{"not foreign", offer(Criterion{Name: "foreign", Hard: true}), with(func(r *Request) { r.Facts = map[string]bool{"foreign": false} }), "", ""},
		{"a language in common", offer(Criterion{Name: "languages", Hard: true, Values: []string{"tg", "ps"}}), girl, "", ""},
		{"none in common", offer(Criterion{Name: "languages", Hard: true, Values: []string{"tg"}}), girl, "languages", ""},
		{"papers not known", offer(Criterion{Name: "documents", Hard: true}, Criterion{Name: "official_status", Hard: true}), girl, "", "documents official_status"},
		{"no papers", offer(Criterion{Name: "documents", Hard: true}), with(func(r *Request) { r.Facts = map[string]bool{"documents": false} }), "documents", ""},
		{"dependence not said", offer(Criterion{Name: "dependence", Hard: true}), girl, "", ""},
		{"hours over midnight", offer(Criterion{Name: "intake_hours", Hard: true, From: 20 * 60, To: 6 * 60}), girl, "", ""},
		{"outside hours", offer(Criterion{Name: "intake_hours", Hard: true, From: 8 * 60, To: 18 * 60}), girl, "intake_hours", ""},
		{"a call is always to be made", offer(Criterion{Name: "verification", Hard: true}), girl, "", "verification"},
		{"needs", offer(), with(func(r *Request) { r.Needs = []string{"medical", "legal", "step_free"} }), "", "need.legal"},
	}
	for _, test := range tests {
		f := test.offer.Fit(test.request)
		if got := strings.Join(f.Failed, " "); got != test.failed || f.Fits() != (got == "") {
			t.Errorf("%s: ruled out by %q, want %q", test.name, got, test.failed)
		}
		if got := strings.Join(f.Warnings, " "); got != test.warnings {
			t.Errorf("%s: warns of %q, want %q", test.name, got, test.warnings)
		}
	}
}

// TestEveryCriterionIsJudged: the list and the rules are of one length, and a request of each code passes its check.
func TestEveryCriterionIsJudged(t *testing.T) {
	for _, name := range Criteria.All() {
		if criteria[name] == nil {
			t.Errorf("nothing judges %s", name)
		}
	}
	if len(criteria) != len(Criteria.All()) {
		t.Errorf("%d criteria are judged, %d are listed", len(criteria), len(Criteria.All()))
	}
	for _, category := range Category.All() {
		if err := (Request{Category: category, Group: MaxGroup, Urgency: "standard", Ages: Age.All(), Needs: Need.All()}).Check(); err != nil {
			t.Errorf("%s: %v", category, err)
		}
	}
}

func TestWhatIsOutOfBounds(t *testing.T) {
	good := Request{Category: "women", Group: 1, Urgency: "standard"}
	for name, change := range map[string]func(*Request){
		"category": func(r *Request) { r.Category = "all" }, "nobody": func(r *Request) { r.Group = 0 }, "a crowd": func(r *Request) { r.Group = 21 },
		"urgency": func(r *Request) { r.Urgency = "" }, "age twice": func(r *Request) { r.Ages = []string{"0-2", "0-2"} },
		"from": func(r *Request) { r.From = "street 5" }, "fact": func(r *Request) { r.Facts = map[string]bool{"name": true} },
		"need": func(r *Request) { r.Needs = []string{"money"} }, "language": func(r *Request) { r.Languages = []string{"xx"} },
	} {
		r := good
		if change(&r); r.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	for name, c := range map[string][]Criterion{
		"unknown": {{Name: "beauty"}}, "ages upside down": {{Name: "ages", From: 20, To: 10}}, "no group": {{Name: "group"}},
		"no languages": {{Name: "languages"}}, "hours without length": {{Name: "intake_hours", From: 60, To: 60}},
		"twice": {{Name: "documents"}, {Name: "documents", Hard: true}}, "a number too many": {{Name: "guardian", To: 5}},
	} {
		if CheckCriteria(c) == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// TestRank: what is free comes first, then what fits without a but, then what was counted lately, then what is near: also over a frontier.
func TestRank(t *testing.T) {
	now := time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)
	r := Request{Category: "women", Group: 2, Urgency: "urgent", From: "AF-KDZ"}
	offer := func(id, province string, free int, age time.Duration, criteria ...Criterion) Offer {
		return Offer{ID: id, Country: province[:2], Province: province, Free: free, Confirmed: now.Add(-age), Criteria: criteria}
	}
	ranked := Rank([]Offer{
		offer("over", "TJ-KT", 3, time.Hour), offer("near", "AF-KDZ", 3, time.Hour), offer("full", "AF-KDZ", 1, time.Hour),
		offer("old", "AF-KDZ", 9, 48*time.Hour), offer("ageing", "AF-KDZ", 3, 12*time.Hour), offer("but", "AF-KDZ", 3, 0, Criterion{Name: "verification"}),
		offer("ruled out", "AF-KDZ", 3, 0, Criterion{Name: "group", Hard: true, To: 1}), offer("land", "AF-HER", 3, time.Hour),
		offer("stale", "AF-KDZ", 3, 24*time.Hour),
	}, r, now)
	var ids []string
	for _, one := range ranked {
		ids = append(ids, one.ID)
	}
	if diff := cmp.Diff([]string{"near", "over", "land", "ageing", "stale", "but", "full", "old"}, ids); diff != "" {
		t.Error(diff)
	}
	if i := slices.Index(ids, "old"); ranked[i].Free != 0 || ranked[i].Freshness != "uncounted" {
		t.Errorf("what nobody confirmed counts as free: %+v", ranked[i])
	}
	if (Request{Category: "families", Group: 6}).Places() != 1 || r.Places() != 2 {
		t.Error("a room and a bed are counted alike")
	}
}
