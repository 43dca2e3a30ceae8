package people_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
	"panah/hub/store/storetest"
)

const passphrase = "correct horse battery staple"

// clock is a hand that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// light is the cost of hashing in tests that are not about it: the race detector makes a full one take half a second.
var light = people.Cost{Memory: 64, Passes: 1}

type register struct {
	t       *testing.T
	address string
	db      *store.DB
	clock   *clock
	*people.People
}

func each(t *testing.T, f func(t *testing.T, r *register)) {
	t.Helper()
	storetest.EachAddress(t, func(t *testing.T, address string) {
		c := &clock{at: time.Date(2026, 3, 21, 8, 0, 0, 0, time.UTC)}
		db, err := store.Open(t.Context(), address, store.Options{Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		r := &register{t, address, db, c, people.New(db, "hub.example", people.Options{Now: c.now, SecondFactor: people.FactorOffered, Cost: light})}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return r.MakeHubUserTx(tx, "Panah") }); err != nil {
			t.Fatal(err)
		}
		f(t, r)
	})
}

func (r *register) signUp(token, user string) (s people.Session, err error) {
	ready, err := r.Prepare(r.t.Context(), people.SignUp{Token: token, User: user, Name: "Name of " + user, Passphrase: passphrase, Address: "10.0.0.1"})
	if err != nil {
		return s, err
	}
	err = r.db.Write(r.t.Context(), func(tx *store.Tx) (err error) {
		_, s, err = r.SignUpTx(tx, ready)
		return err
	})
	return s, err
}

func (r *register) steward() people.Caller {
	r.t.Helper()
	_, token, err := r.StewardInvitation(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return r.caller(r.signUp(token, "steward"))
}

func (r *register) caller(s people.Session, err error) people.Caller {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	c, err := r.Authenticate(r.t.Context(), s.Token)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *register) organisation(by people.Caller, country string) (o people.Organisation) {
	r.t.Helper()
	err := r.db.Write(r.t.Context(), func(tx *store.Tx) (err error) {
		o, err = r.ProposeOrganisationTx(tx, by, "Name", "ngo", country)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (r *register) invite(by people.Caller, organisation string, role people.Role) (i people.Invitation, token string, err error) {
	err = r.db.Write(r.t.Context(), func(tx *store.Tx) (err error) {
		i, token, err = r.InviteTx(tx, by, organisation, role, "")
		return err
	})
	return i, token, err
}

func wants(t *testing.T, err error, key string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

func TestSigningIn(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		for _, user := range []string{"steward", "STEWARD", " steward ", "@steward:hub.example"} {
			if _, err := r.SignIn(t.Context(), people.SignIn{User: user, Passphrase: passphrase}); err != nil {
				t.Errorf("%q: %v", user, err)
			}
		}
		for _, in := range []people.SignIn{
			{User: "steward", Passphrase: passphrase + "x"},
			{User: "steward", Passphrase: ""},
			{User: "nobody", Passphrase: passphrase},
			{User: "@steward:elsewhere", Passphrase: passphrase},
			{User: "hub", Passphrase: ""},
			{User: "", Passphrase: ""},
			{User: strings.Repeat("x", 1000), Passphrase: passphrase},
		} {
			_, err := r.SignIn(t.Context(), in)
			wants(t, err, "error.wrong_credentials")
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		guess := func() error {
			_, err := r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: "wrong wrong wrong", Address: "10.9.9.9"})
			return err
		}
		for range 10 {
			wants(t, guess(), "error.wrong_credentials")
		}
		err := guess()
		wants(t, err, "error.limit_exceeded")
		if _, err := r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase, Address: "10.1.1.1"}); err != nil {
			t.Errorf("someone else's guessing keeps the owner out: %v", err)
		}
		r.clock.forward(fault.From(err).RetryAfter)
		wants(t, guess(), "error.wrong_credentials")
	})
}

func TestARevokedSessionIsOutAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		s, err := r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		var ended []string
		r.OnSessionEnd(func(_, device string) { ended = append(ended, device) })
		if _, err := r.Authenticate(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
		if err := r.DeleteDevices(t.Context(), steward.UserID, []string{s.DeviceID}); err != nil {
			t.Fatal(err)
		}
		_, err = r.Authenticate(t.Context(), s.Token)
		wants(t, err, "error.unknown_token")
		if len(ended) != 1 || ended[0] != s.DeviceID {
			t.Errorf("told of %v, want %s", ended, s.DeviceID)
		}
		for _, bad := range []string{"", "x", "panah_", s.Token + "x", strings.ToUpper(s.Token)} {
			_, err := r.Authenticate(t.Context(), bad)
			wants(t, err, "error.unknown_token")
		}
	})
}

func TestInvitations(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		own, other := r.organisation(steward, "AF"), r.organisation(steward, "PK")
		_, token, err := r.invite(steward, own.ID, people.Admin)
		if err != nil {
			t.Fatal(err)
		}
		admin := r.caller(r.signUp(token, "admin"))
		_, err = r.signUp(token, "second")
		wants(t, err, "error.invitation_used")
		_, _, err = r.invite(admin, other.ID, people.Member)
		wants(t, err, "error.invite_own_only")
		_, _, err = r.invite(admin, "", people.Steward)
		wants(t, err, "error.invite_own_only")
		_, _, err = r.invite(admin, own.ID, people.Steward)
		wants(t, err, "error.invite_own_only")
		_, _, err = r.invite(steward, "", people.Member)
		wants(t, err, "error.needs_organisation")
		_, _, err = r.invite(steward, own.ID, "king")
		wants(t, err, "error.bad_role")

		i, token, err := r.invite(admin, own.ID, people.Member)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.signUp(token, "admin")
		wants(t, err, "error.user_in_use")
		if err := r.RevokeInvitation(t.Context(), admin, i.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.signUp(token, "member")
		wants(t, err, "error.invitation_revoked")

		_, token, err = r.invite(admin, own.ID, people.Member)
		if err != nil {
			t.Fatal(err)
		}
		r.clock.forward(people.InvitationLife)
		_, err = r.signUp(token, "member")
		wants(t, err, "error.invitation_expired")
		_, err = r.signUp("panah-invitation_"+strings.Repeat("A", 43), "member")
		wants(t, err, "error.invitation_invalid")
	})
}

func TestBadSignUps(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		_, token, err := r.StewardInvitation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tests := []struct{ user, name, passphrase, key string }{
			{"x", "Name", passphrase, "error.bad_user_name"},
			{"нилуфар", "Name", passphrase, "error.bad_user_name"},
			{"hub", "Name", passphrase, "error.bad_user_name"},
			{"a b", "Name", passphrase, "error.bad_user_name"},
			{"good", "\u202e\u200f", passphrase, "error.bad_name"},
			{"good", strings.Repeat("ن", 81), passphrase, "error.bad_name"},
			{"good", "a\xff", passphrase, "error.not_json"},
			{"good", "Name", "короткий", "error.weak_passphrase"},
			{"good", "Name", strings.Repeat("x", 257), "error.long_passphrase"},
		}
		for _, tt := range tests {
			_, err := r.Prepare(t.Context(), people.SignUp{Token: token, User: tt.user, Name: tt.name, Passphrase: tt.passphrase})
			wants(t, err, tt.key)
		}
		if _, err := r.signUp(token, "good"); err != nil {
			t.Errorf("the invitation was used up by the bad tries: %v", err)
		}
	})
}

func TestNamesAreCleanedAndFound(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		err := r.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := r.SetNameTx(tx, steward.UserID, "  \u202eعلي\u200f كريمي ")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range []string{"علی", "کریمی", "steward", "STEW"} {
			if found, err := r.Search(t.Context(), term, 5); err != nil || len(found) != 1 {
				t.Errorf("%q: found %d, %v", term, len(found), err)
			}
		}
		for _, term := range []string{"%", "_", `\`, "hub", "nobody"} {
			if found, err := r.Search(t.Context(), term, 5); err != nil || len(found) != 0 {
				t.Errorf("%q: found %d, %v", term, len(found), err)
			}
		}
	})
}

func TestNothingSecretIsStoredInClear(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.People = people.New(r.db, "hub.example", people.Options{Now: r.clock.now})
		_, invitation, err := r.StewardInvitation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.signUp(invitation, "steward")
		if err != nil {
			t.Fatal(err)
		}
		var kept string
		err = r.db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT passphrase_hash FROM people WHERE user_id = $1`, s.UserID).Scan(&kept)
		})
		if err != nil || !strings.HasPrefix(kept, "$argon2id$v=19$m=47104,t=1,p=1$") {
			t.Errorf("kept as %q, %v", kept, err)
		}
		for _, query := range []string{`SELECT token_hash FROM devices`, `SELECT token_hash FROM invitations`} {
			var hash []byte
			err := r.db.Read(t.Context(), func(tx *store.Tx) error { return tx.QueryRow(query).Scan(&hash) })
			if err != nil || len(hash) != 32 {
				t.Errorf("%s: %d bytes, %v", query, len(hash), err)
			}
		}
	})
}

func TestTheAuditLogKnowsWhatAdministratorsDid(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		o := r.organisation(steward, "TM")
		if _, _, err := r.invite(steward, o.ID, people.Member); err != nil {
			t.Fatal(err)
		}
		var n int
		err := r.db.Read(t.Context(), func(tx *store.Tx) error {
			return tx.QueryRow(`SELECT count(*) FROM audit WHERE actor = $1 AND act IN ('propose_organisation', 'invite_person')`, steward.UserID).Scan(&n)
		})
		if err != nil || n != 2 {
			t.Errorf("%d rows, %v, want 2", n, err)
		}
	})
}
