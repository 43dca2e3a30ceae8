package alert

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"panah/hub/people"
)

// TestLabels spells out what each label allows: y may, - may not. The labels are in order, the tightest first.
func TestLabels(t *testing.T) {
	table := map[Use]string{
		UseQuoteInside: "-yyyy",
		UseQuote:       "---yy",
		UseExport:      "--yyy",
		UseMail:        "---yy",
		UseFeed:        "---yy",
		UseEscalate:    "--yyy",
		UsePublish:     "----y",
		UseCross:       "--yyy",
	}
	if len(table) != len(Uses()) {
		t.Fatalf("the table has %d uses, the code %d", len(table), len(Uses()))
	}
	for use, cells := range table {
		for i, label := range Labels() {
			if got, want := label.Allows(use), cells[i] == 'y'; got != want {
				t.Errorf("%s allows %s: %v, want %v", label, use, got, want)
			}
		}
		if Label("PINK").Allows(use) || Label("").Allows(use) {
			t.Errorf("what is no label allows %s", use)
		}
	}
	if Clear.Allows("anything") {
		t.Error("an unknown use is allowed")
	}
	for i, x := range Labels() {
		for j, y := range Labels() {
			if got := x.loosens(y); got != (i > j) {
				t.Errorf("%s loosens %s: %v", x, y, got)
			}
		}
	}
}

func TestRollUp(t *testing.T) {
	said := func(all ...Said) (answers []Answer) {
		for _, one := range all {
			answers = append(answers, Answer{Answer: one})
		}
		return answers
	}
	whole := []Answer{{Answer: Cannot, Whole: true}}
	tests := []struct {
		name    string
		answers []Answer
		asked   int
		want    Standing
	}{
		{"nobody", nil, 3, Silent},
		{"nobody asked", nil, 0, Silent},
		{"one saw it", said(Seen), 3, SomeSeen},
		{"one cannot", said(Cannot), 3, SomeSeen},
		{"all cannot", said(Cannot, Cannot), 2, WholeCannot},
		{"for the whole", whole, 3, WholeCannot},
		{"for the whole, but one acts", append(said(CanAct), whole...), 3, OrganisedActs},
		{"one cannot, one acts", said(Cannot, CanAct), 2, OrganisedActs},
		{"one acts, one has done", said(CanAct, Done), 2, OrganisedDone},
	}
	for _, test := range tests {
		if got := RollUp(test.answers, test.asked); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestSettles(t *testing.T) {
	for _, urgency := range urgencies {
		hasty := urgency == "Immediate" || urgency == "Expected"
		want := map[Standing]bool{Silent: false, SomeSeen: !hasty, WholeCannot: false, OrganisedActs: true, OrganisedDone: true}
		for standing, settles := range want {
			if got := Settles(urgency, standing); got != settles {
				t.Errorf("%s, %s: %v", urgency, standing, got)
			}
		}
	}
	last := time.Duration(0)
	for _, urgency := range urgencies[:4] {
		d, asks := Deadline(urgency)
		if d < last || asks != (urgency != "Past") {
			t.Errorf("%s: %s, asks %v", urgency, d, asks)
		}
		last = d
	}
}

// TestAudience: an official, a journalist or one who was not vetted is in no audience by default, and who is in one follows from what they are
// now.
func TestAudience(t *testing.T) {
	organisations := []people.Organisation{
		{ID: "ngo-af", Kind: "ngo", Country: "AF", Standing: people.OrganisationVetted},
		{ID: "shelter-tj", Kind: "shelter", Country: "TJ", Standing: people.OrganisationVetted},
		{ID: "hotline-pk", Kind: "hotline", Country: "PK", Standing: people.OrganisationVetted},
		{ID: "gov-tj", Kind: "government", Country: "TJ", Standing: people.OrganisationVetted},
		{ID: "int-tj", Kind: "international", Country: "TJ", Standing: people.OrganisationVetted},
		{ID: "media-tj", Kind: "media", Country: "TJ", Standing: people.OrganisationVetted},
		{ID: "new-tj", Kind: "ngo", Country: "TJ", Standing: people.OrganisationProposed},
		{ID: "gone-tj", Kind: "ngo", Country: "TJ", Standing: people.OrganisationSuspended},
	}
	sender := people.Person{UserID: "@a", OrganisationID: "ngo-af", Role: people.Member, Standing: people.Active}
	tests := []struct {
		name   string
		choice Choice
		areas  []string
		want   []string
	}{
		{"by the areas", Choice{}, []string{"TJ-DU", "PK-PB", "TJ"}, []string{"hotline-pk", "ngo-af", "shelter-tj"}},
		{"by country", Choice{Countries: []string{"TJ"}}, []string{"PK"}, []string{"ngo-af", "shelter-tj"}},
		{"officials named, not chosen", Choice{Countries: []string{"TJ"}, Organisations: []string{"gov-tj"}, Kinds: []people.Kind{"government"}}, nil, []string{"ngo-af"}},
		{"officials chosen", Choice{Countries: []string{"TJ"}, Officials: true}, nil, []string{"gov-tj", "int-tj", "ngo-af", "shelter-tj"}},
		{"journalists named", Choice{Countries: []string{"TJ"}, Kinds: []people.Kind{"media"}}, nil, []string{"media-tj", "ngo-af"}},
		{"one alone", Choice{Organisations: []string{"hotline-pk"}}, []string{"TJ"}, []string{"hotline-pk", "ngo-af"}},
		{"without one", Choice{Countries: []string{"TJ", "PK"}, Without: []string{"hotline-pk"}}, nil, []string{"ngo-af", "shelter-tj"}},
	}
	for _, test := range tests {
		c, err := test.choice.complete(test.areas)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := c.audience(organisations, sender).Organisations; !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestIncludes(t *testing.T) {
	audience := Audience{Organisations: []string{"a"}, Roles: []people.Role{people.Admin, people.Member}, People: map[string]string{"@named": "b"}}
	person := func(id, organisation string, role people.Role, standing people.Standing) people.Person {
		return people.Person{UserID: id, OrganisationID: organisation, Role: role, Standing: standing}
	}
	tests := []struct {
		name         string
		person       people.Person
		organisation people.OrganisationStanding
		want         bool
	}{
		{"a member", person("@1", "a", people.Member, people.Active), people.OrganisationVetted, true},
		{"an observer", person("@1", "a", people.Observer, people.Active), people.OrganisationVetted, false},
		{"of elsewhere", person("@1", "b", people.Member, people.Active), people.OrganisationVetted, false},
		{"suspended", person("@1", "a", people.Member, people.Suspended), people.OrganisationVetted, false},
		{"gone", person("@1", "a", people.Member, people.Gone), people.OrganisationVetted, false},
		{"of a suspended organisation", person("@1", "a", people.Member, people.Active), people.OrganisationSuspended, false},
		{"named", person("@named", "b", people.Observer, people.Active), people.OrganisationVetted, true},
		{"named, but of another organisation now", person("@named", "c", people.Admin, people.Active), people.OrganisationVetted, false},
		{"named, but of none now", person("@named", "", people.Admin, people.Active), "", false},
		{"of no organisation", person("@1", "", people.Steward, people.Active), "", false},
	}
	for _, test := range tests {
		if got := audience.includes(test.person, people.Organisation{Kind: "ngo", Standing: test.organisation}); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	member, ministry := person("@1", "a", people.Member, people.Active), people.Organisation{Kind: "government", Standing: people.OrganisationVetted}
	if audience.includes(member, ministry) {
		t.Error("an organisation that became an official one is still in an audience without officials")
	}
	audience.Officials = true
	if !audience.includes(member, ministry) {
		t.Error("officials were chosen and are not in the audience")
	}
}

// TestBlocks: what an event leaves out is said again when it is read.
func TestBlocks(t *testing.T) {
	p := proposalOf("transit")
	full := Block{Code: "transit", Slots: json.RawMessage(`{"count":3,"from":"AF-HER"}`), Status: Actual, MsgType: MsgUpdate, Urgency: p.Urgency,
		Severity: "Moderate", Certainty: p.Certainty, Areas: []string{"AF-HER"}, Expires: 2_000_000_000, TLP: Amber}
	raw, err := json.Marshal(full.brief())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"code":"transit","slots":{"count":3,"from":"AF-HER"},"msg_type":"Update","severity":"Moderate","expires":2000000000,"tlp":"AMBER"}`
	if string(raw) != want {
		t.Errorf("brief: %s", raw)
	}
	var back Block
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back.full())
	if err != nil {
		t.Fatal(err)
	}
	if original, _ := json.Marshal(full); string(again) != string(original) {
		t.Errorf("back: %s, want %s", again, original)
	}
}

func TestNeeds(t *testing.T) {
	entry := func(id string, change func(*Entry)) Entry {
		e := Entry{Alert: Alert{ID: id, SentAt: 1, Block: Block{Urgency: "Expected", Severity: "Severe"}}}
		change(&e)
		return e
	}
	entries := []Entry{
		entry("old", func(*Entry) {}),
		entry("new", func(e *Entry) { e.SentAt = 2 }),
		entry("severe", func(e *Entry) { e.Block.Severity = "Extreme" }),
		entry("urgent", func(e *Entry) { e.Block.Urgency = "Immediate" }),
		entry("mine", func(e *Entry) { e.NeedsMe = true }),
		entry("late", func(e *Entry) { e.NeedsMe, e.Late = true, true }),
		entry("asked", func(e *Entry) { e.NeedsMe, e.Asked = true, true }),
	}
	slices.SortStableFunc(entries, byNeed)
	var got []string
	for i := range entries {
		got = append(got, entries[i].ID)
	}
	if want := []string{"asked", "late", "mine", "urgent", "severe", "new", "old"}; !slices.Equal(got, want) {
		t.Errorf("order: %v, want %v", got, want)
	}
}

func TestFigures(t *testing.T) {
	at := func(month time.Month, minute int) int64 {
		return time.Date(2026, month, 1, 0, minute, 0, 0, time.UTC).UnixMilli()
	}
	got := sumUp([]figureRow{{"a", at(10, 0), at(10, 4)}, {"a", at(11, 0), at(11, 2)}, {"a", at(11, 1), 0}, {"a", at(11, 2), at(11, 8)}, {"b", at(11, 0), 0}})
	want := []Figure{
		{"a", "2026-10", 1, 1, 4 * time.Minute},
		{"a", "2026-11", 3, 2, 4 * time.Minute},
		{"b", "2026-11", 1, 0, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	rows := []figureRow{{"quick", 0, 60_000}, {"slow", 0, 3_600_000}, {"reached", 0, 0}, {"silent", 0, 0}}
	d := judge(rows, map[string]Truth{"quick": TruthAcknowledged, "slow": TruthAcknowledged, "reached": TruthReached, "silent": TruthUnknown}, 10*time.Minute)
	if d.Organisations != 4 || d.Reached != 3 || d.Answered != 2 || d.InTime != 1 || d.Score != (20*3+30*2+50)/4 || d.Median != 30*time.Minute+30*time.Second {
		t.Errorf("drill: %+v", d)
	}
	if all := judge(rows[:1], nil, time.Minute); all.Score != 100 {
		t.Errorf("a perfect drill scores %d", all.Score)
	}
	if none := judge(nil, nil, time.Minute); none.Score != 0 {
		t.Errorf("a drill without anybody scores %d", none.Score)
	}
}
