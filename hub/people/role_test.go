package people_test

import (
	"testing"

	"panah/hub/people"
)

// TestMatrix spells the whole table out: y may, - may not. A new act or role fails here until someone has decided every cell.
func TestMatrix(t *testing.T) {
	roles := []people.Role{people.Steward, people.Admin, people.Member, people.Interpreter, people.Observer}
	table := map[people.Act]string{
		people.ActSend:                "yyyy-",
		people.ActJoin:                "yyyyy",
		people.ActCreateChannel:       "yyy--",
		people.ActCreateSpace:         "yy---",
		people.ActPublishChannel:      "yy---",
		people.ActInviteToChannel:     "yyy--",
		people.ActModerate:            "yyy--",
		people.ActTranslate:           "yyyy-",
		people.ActInvitePerson:        "yy---",
		people.ActInviteAnyone:        "y----",
		people.ActProposeOrganisation: "yy---",
		people.ActVetOrganisation:     "y----",
		people.ActEditOrganisation:    "yy---",
		people.ActManageMembers:       "yy---",
		people.ActManageAnyone:        "y----",
		people.ActGoOnDuty:            "yyyy-",
		people.ActReport:              "yyyyy",
		people.ActSeeReports:          "yy---",
		people.ActSeeInvitations:      "yy---",
		people.ActSeeAudit:            "yy---",
		people.ActSeeOverview:         "y----",
		people.ActSeeCorrections:      "y----",
		people.ActSeeMediaUsage:       "yy---",
		people.ActRecoverPerson:       "yy---",
		people.ActRecoverAnyone:       "y----",
		people.ActSendAlert:           "yyy--",
		people.ActAnswerAlert:         "yyyy-",
		people.ActApproveAlert:        "yy---",
		people.ActManageAlerts:        "y----",
		people.ActManageRota:          "yy---",
		people.ActSeeAlertFigures:     "yy---",
		people.ActReadFeeds:           "y----",
		people.ActShareAlerts:         "yy---",
		people.ActSeePlaces:           "yyy--",
		people.ActAskPlaces:           "yyy--",
		people.ActDecidePlaces:        "yyy--",
		people.ActOfferPlaces:         "yy---",
		people.ActSeePlaceFigures:     "yy---",
		people.ActManagePlaces:        "y----",
		people.ActDeclareDanger:       "yyy--",
	}
	if len(table) != len(people.Acts()) || len(roles) != len(people.Roles()) {
		t.Fatalf("the table has %d acts and %d roles, the code %d and %d", len(table), len(roles), len(people.Acts()), len(people.Roles()))
	}
	for act, cells := range table {
		for i, role := range roles {
			if got, want := people.May(role, act), cells[i] == 'y'; got != want {
				t.Errorf("%s may %s: %v, want %v", role, act, got, want)
			}
		}
	}
	if people.May("stranger", people.ActJoin) {
		t.Error("an unknown role may something")
	}
}

// TestDeeds spells out who may do what to whom: for each deed one column a caller (steward, admin of the same organisation, admin of
// another, member of the same, observer of the same, a suspended admin of the same), one line a person: y may, - may not.
func TestDeeds(t *testing.T) {
	caller := func(role people.Role, organisation string, standing people.Standing) people.Caller {
		return people.Caller{Person: people.Person{UserID: "@" + string(role) + organisation, Role: role, OrganisationID: organisation, Standing: standing}}
	}
	callers := []people.Caller{
		caller(people.Steward, "", people.Active), caller(people.Admin, "a", people.Active), caller(people.Admin, "b", people.Active),
		caller(people.Member, "a", people.Active), caller(people.Observer, "a", people.Active), caller(people.Admin, "a", people.Suspended),
	}
	others := map[string]people.Person{
		"member of a":  {UserID: "@1", Role: people.Member, OrganisationID: "a"},
		"admin of a":   {UserID: "@2", Role: people.Admin, OrganisationID: "a"},
		"steward in a": {UserID: "@3", Role: people.Steward, OrganisationID: "a"},
		"of nowhere":   {UserID: "@4", Role: people.Member},
		"themselves":   {},
	}
	own := map[string]string{"member of a": "yy----", "admin of a": "yy----", "steward in a": "y-----", "of nowhere": "y-----"}
	for _, deed := range people.Deeds() {
		for whom, to := range others {
			want := own[whom]
			switch {
			case whom != "themselves" && deed == people.DeedMove:
				want = "y-----"
			case whom == "themselves" && (deed == people.DeedRole || deed == people.DeedEnd || deed == people.DeedDuty):
				want = "yyy---"
			case whom == "themselves":
				want = "------"
			}
			for i, by := range callers {
				if whom == "themselves" {
					to = by.Person
				}
				if got := by.MayDo(deed, to) == nil; got != (want[i] == 'y') {
					t.Errorf("%s of %q (%s) to %s: %v, want %c", deed, by.Role, by.OrganisationID, whom, got, want[i])
				}
			}
		}
	}
}
