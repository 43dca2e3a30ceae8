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
		people.ActSeeInvitations:      "yy---",
		people.ActSeeAudit:            "y----",
		people.ActSeeCorrections:      "y----",
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
