package people_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"panah/hub/people"
)

// app sets a code app up for a caller and gives its secret and their recovery codes.
func (r *register) app(c people.Caller) (secret string, codes []string) {
	r.t.Helper()
	set, err := r.BeginTOTP(r.t.Context(), c, "Panah")
	if err != nil {
		r.t.Fatal(err)
	}
	if codes, err = r.ConfirmTOTP(r.t.Context(), c, set.Token, r.code(set.Secret, 0)); err != nil {
		r.t.Fatal(err)
	}
	return set.Secret, codes
}

func (r *register) code(secret string, later time.Duration) string {
	r.t.Helper()
	code, err := totp.GenerateCode(secret, r.clock.now().Add(later))
	if err != nil {
		r.t.Fatal(err)
	}
	return code
}

func (r *register) challenge(user string) string {
	r.t.Helper()
	_, c, err := r.BeginSignIn(r.t.Context(), people.SignIn{User: user, Passphrase: passphrase, Address: "10.0.0.1"})
	if err != nil || c == nil {
		r.t.Fatalf("no challenge: %v", err)
	}
	return c.Token
}

func TestCodesAreTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		secret, codes := r.app(steward)
		if len(codes) != 10 {
			t.Fatalf("%d recovery codes, want 10", len(codes))
		}
		try := func(challenge, code string) error {
			_, err := r.SignInWithCode(t.Context(), challenge, code, "10.0.0.1", "TJ")
			return err
		}
		_, err := r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase})
		wants(t, err, "error.second_factor_app")
		wants(t, try(r.challenge("steward"), r.code(secret, 0)), "error.wrong_code") // it confirmed the set-up
		challenge := r.challenge("steward")
		if err := try(challenge, r.code(secret, 30*time.Second)); err != nil {
			t.Fatal(err)
		}
		wants(t, try(challenge, codes[0]), "error.challenge_over")
		wants(t, try(r.challenge("steward"), r.code(secret, 30*time.Second)), "error.wrong_code")
		wants(t, try(r.challenge("steward"), r.code(secret, 2*time.Minute)), "error.wrong_code")
		if err := try(r.challenge("steward"), codes[1]); err != nil {
			t.Fatal(err)
		}
		wants(t, try(r.challenge("steward"), codes[1]), "error.wrong_code")
		late := r.challenge("steward")
		r.clock.forward(people.ChallengeLife)
		wants(t, try(late, codes[2]), "error.challenge_over")
	})
}

func TestGuessingCodesEnds(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.app(r.steward())
		challenge := r.challenge("steward")
		for range 5 {
			_, err := r.SignInWithCode(t.Context(), challenge, "000000", "10.0.0.1", "")
			wants(t, err, "error.wrong_code")
		}
		_, err := r.SignInWithCode(t.Context(), challenge, "000000", "10.0.0.1", "")
		wants(t, err, "error.challenge_over")
		other := r.challenge("steward")
		for range 5 {
			_, err = r.SignInWithCode(t.Context(), other, "000000", "10.9.9.9", "")
		}
		wants(t, err, "error.wrong_code")
		_, err = r.SignInWithCode(t.Context(), r.challenge("steward"), "000000", "10.8.8.8", "")
		wants(t, err, "error.limit_exceeded")
	})
}

func TestRecoveryTakesTwo(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		o := r.organisation(steward, "AF")
		join := func(user string, role people.Role) people.Caller {
			_, token, err := r.invite(steward, o.ID, role)
			if err != nil {
				t.Fatal(err)
			}
			return r.caller(r.signUp(token, user))
		}
		admin, member := join("admin", people.Admin), join("member", people.Member)
		r.later(days(31), &steward, &admin, &member)
		_, err := r.StartRecovery(t.Context(), admin, steward.UserID)
		wants(t, err, "error.recover_own_only")
		_, err = r.StartRecovery(t.Context(), admin, admin.UserID)
		wants(t, err, "error.recover_self")
		_, err = r.StartRecovery(t.Context(), member, admin.UserID)
		wants(t, err, "error.role_may_not")

		first, err := r.StartRecovery(t.Context(), admin, member.UserID)
		if err != nil {
			t.Fatal(err)
		}
		if got := first.OpensAt.Sub(first.StartedAt); got != people.RecoveryWait {
			t.Errorf("with a device it waits %s", got)
		}
		_, _, err = r.ConfirmRecovery(t.Context(), admin, first.ID)
		wants(t, err, "error.recovery_second")
		if err := r.CancelRecovery(t.Context(), member, first.ID); err != nil { // this was not me
			t.Fatal(err)
		}
		_, _, err = r.ConfirmRecovery(t.Context(), steward, first.ID)
		wants(t, err, "error.unknown_recovery")

		again, err := r.StartRecovery(t.Context(), admin, member.UserID)
		if err != nil {
			t.Fatal(err)
		}
		_, token, err := r.ConfirmRecovery(t.Context(), steward, again.ID)
		if err != nil {
			t.Fatal(err)
		}
		const next = "another passphrase altogether"
		_, err = r.FinishRecovery(t.Context(), token, next, people.SignIn{})
		wants(t, err, "error.recovery_waits")
		r.clock.forward(people.RecoveryWait)
		if _, err = r.FinishRecovery(t.Context(), token, next, people.SignIn{}); err != nil {
			t.Fatal(err)
		}
		_, err = r.FinishRecovery(t.Context(), token, next, people.SignIn{})
		wants(t, err, "error.recovery_over")
		_, err = r.SignIn(t.Context(), people.SignIn{User: "member", Passphrase: passphrase})
		wants(t, err, "error.wrong_credentials")
		_, err = r.StartRecovery(t.Context(), admin, member.UserID) // an hour later the admin has to show again who they are
		wants(t, err, "error.prove_first")
	})
}

func TestTheLastFactorStays(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		strict := people.New(r.db, "hub.example", people.Options{Now: r.clock.now, Cost: light})
		steward := r.steward()
		r.app(steward)
		wants(t, strict.RemoveTOTP(t.Context(), steward), "error.last_factor")
		r.clock.forward(6 * time.Minute)
		wants(t, strict.RemoveTOTP(t.Context(), steward), "error.prove_first")
	})
}
