package people_test

import (
	"testing"
	"time"

	"panah/hub/people"
	"panah/hub/store"
)

// later lets so much time pass, and has people sign in anew.
func (r *register) later(d time.Duration, callers ...*people.Caller) {
	r.t.Helper()
	r.clock.forward(d)
	for _, c := range callers {
		*c = r.caller(r.SignIn(r.t.Context(), people.SignIn{User: c.UserID, Passphrase: passphrase, Address: "10.0.0.1"}))
	}
}

// TestWhoMayBeTheTwo spells out who may let a member in together. first is an administrator who was always there; second came in, or was given
// the role, by somebody's hand so many days ago. A day of 0 is for what did not happen.
func TestWhoMayBeTheTwo(t *testing.T) {
	for _, test := range []struct {
		name            string
		invitedBy       string // "steward", "first", or "hub" for a steward whom the operator invited
		invited, raised int    // days ago
		raisedBy        string
		starts          bool // the second one starts, and the first one confirms
		want            string
	}{
		{name: "invited by somebody else a month ago", invitedBy: "steward", invited: 31},
		{name: "invited by somebody else a week ago", invitedBy: "steward", invited: 7},
		{name: "invited by somebody else yesterday", invitedBy: "steward", invited: 1, want: "error.recovery_too_new"},
		{name: "invited by the operator just now", invitedBy: "hub", invited: 0},
		{name: "invited by the first one yesterday", invitedBy: "first", invited: 1, want: "error.recovery_too_new"},
		{name: "invited by the first one two weeks ago", invitedBy: "first", invited: 14, want: "error.recovery_not_apart"},
		{name: "invited by the first one a month ago", invitedBy: "first", invited: 30},
		{name: "and begun by the one who was invited", invitedBy: "first", invited: 14, starts: true, want: "error.recovery_not_apart"},
		{name: "begun by one who is new", invitedBy: "steward", invited: 1, starts: true, want: "error.recovery_too_new"},
		{name: "there for long, raised yesterday", invitedBy: "steward", invited: 60, raised: 1, raisedBy: "steward", want: "error.recovery_too_new"},
		{name: "there for long, raised two weeks ago", invitedBy: "steward", invited: 60, raised: 14, raisedBy: "steward"},
		{name: "there for long, raised by the first one", invitedBy: "steward", invited: 60, raised: 14, raisedBy: "first", want: "error.recovery_not_apart"},
		{name: "raised by the first one long ago", invitedBy: "steward", invited: 60, raised: 40, raisedBy: "first"},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, r *register) {
				steward := r.steward()
				first := r.member(steward, "first", people.Admin)
				member := r.joins(steward, first.OrganisationID, people.Member, "member")
				r.later(90*24*time.Hour, &steward, &first)
				by := map[string]*people.Caller{"steward": &steward, "first": &first}
				second := r.second(test.invitedBy, by, first.OrganisationID, test.raised != 0)
				if test.raised != 0 {
					r.later(days(test.invited-test.raised), &steward, &first)
					r.raise(*by[test.raisedBy], second.UserID)
					r.later(days(test.raised), &steward, &first, &second)
				} else {
					r.later(days(test.invited), &steward, &first, &second)
				}
				starter, other := first, second
				if test.starts {
					starter, other = second, first
				}
				begun, err := r.StartRecovery(t.Context(), starter, member.UserID)
				if err == nil {
					_, _, err = r.ConfirmRecovery(t.Context(), other, begun.ID)
				}
				if test.want == "" && err != nil {
					t.Errorf("refused: %v", err)
				}
				if test.want != "" {
					wants(t, err, test.want)
				}
			})
		})
	}
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func (r *register) joins(by people.Caller, organisation string, role people.Role, user string) people.Caller {
	r.t.Helper()
	_, token, err := r.invite(by, organisation, role)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.caller(r.signUp(token, user))
}

func (r *register) second(invitedBy string, by map[string]*people.Caller, organisation string, low bool) people.Caller {
	r.t.Helper()
	if invitedBy == "hub" {
		_, token, err := r.StewardInvitation(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		return r.caller(r.signUp(token, "second"))
	}
	role := people.Admin
	if low {
		role = people.Member
	}
	return r.joins(*by[invitedBy], organisation, role, "second")
}

func (r *register) raise(by people.Caller, user string) {
	r.t.Helper()
	err := r.db.Write(r.t.Context(), func(tx *store.Tx) error {
		_, _, err := r.ChangeTx(tx, by, user, people.Change{Deed: people.DeedRole, Role: people.Admin})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// Who could not be the second is not asked to be.
func TestOnlyWhoMayBeTheSecondIsAsked(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		admin := r.member(steward, "admin", people.Admin)
		member := r.joins(steward, admin.OrganisationID, people.Member, "member")
		r.later(days(40), &steward, &admin)
		young := r.joins(admin, admin.OrganisationID, people.Admin, "young")
		asked := map[string]bool{}
		r.OnNotice(func(_ *store.Tx, user string, _ []people.Notice) error { asked[user] = true; return nil })
		if _, err := r.StartRecovery(t.Context(), admin, member.UserID); err != nil {
			t.Fatal(err)
		}
		if !asked[steward.UserID] || asked[young.UserID] {
			t.Errorf("asked: %v", asked)
		}
	})
}
