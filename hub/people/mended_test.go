package people_test

import (
	"testing"

	"panah/hub/people"
	"panah/hub/store"
)

func (r *register) mustSignIn(user string) people.Caller {
	r.t.Helper()
	return r.caller(r.SignIn(r.t.Context(), people.SignIn{User: user, Passphrase: passphrase, Address: "10.0.0.1"}))
}

// Ending somebody's sessions first does not spare a recovery its wait.
func TestEndedSessionsStillMakeARecoveryWait(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		o := r.organisation(steward, "AF")
		_, token, err := r.invite(steward, o.ID, people.Member)
		if err != nil {
			t.Fatal(err)
		}
		member := r.caller(r.signUp(token, "member"))
		err = r.db.Write(t.Context(), func(tx *store.Tx) error {
			_, _, err := r.ChangeTx(tx, steward, member.UserID, people.Change{Deed: people.DeedEnd})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		begun, err := r.StartRecovery(t.Context(), steward, member.UserID)
		if err != nil {
			t.Fatal(err)
		}
		if got := begun.OpensAt.Sub(begun.StartedAt); got != people.RecoveryWait {
			t.Errorf("it waits %s after the sessions were ended", got)
		}
	})
}

// Whoever came in by the passphrase alone is out once its owner has a second factor.
func TestTheFirstFactorEndsOtherSessions(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		owner := r.steward()
		thief, err := r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase, Address: "10.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		r.app(owner)
		_, err = r.Authenticate(t.Context(), thief.Token)
		wants(t, err, "error.unknown_token")
		if _, _, err := r.AppToken(t.Context(), owner); err != nil { // who set it up has shown it
			t.Error(err)
		}
	})
}

// Coming in does not let one throw older devices out; showing once more who one is does.
func TestANewDeviceEndsNoOlderOnes(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		old := r.steward()
		fresh := r.mustSignIn("steward")
		wants(t, r.EndOthers(t.Context(), fresh), "error.prove_first")
		wants(t, r.EndDevice(t.Context(), fresh, old.DeviceID), "error.prove_first")
		if err := r.ProvePassphrase(t.Context(), fresh, passphrase, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
		if err := r.EndDevice(t.Context(), fresh, old.DeviceID); err != nil {
			t.Error(err)
		}
	})
}

// A role that gives power over others, and ending sessions, ask for a fresh proof.
func TestPowerOverOthersAsksForAProof(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		o := r.organisation(steward, "AF")
		_, token, err := r.invite(steward, o.ID, people.Member)
		if err != nil {
			t.Fatal(err)
		}
		member := r.caller(r.signUp(token, "member"))
		r.clock.forward(people.ChallengeLife + people.ChallengeLife)
		for _, c := range []people.Change{{Deed: people.DeedRole, Role: people.Admin}, {Deed: people.DeedEnd}} {
			wants(t, r.db.Write(t.Context(), func(tx *store.Tx) error {
				_, _, err := r.ChangeTx(tx, steward, member.UserID, c)
				return err
			}), "error.prove_first")
		}
	})
}

// Wrong codes from elsewhere do not keep the owner from a recovery code.
func TestWrongCodesLeaveRecoveryCodes(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		_, codes := r.app(r.steward())
		for range 2 {
			challenge := r.challenge("steward")
			for range 5 {
				_, err := r.SignInWithCode(t.Context(), challenge, "000000", "10.9.9.9", "")
				wants(t, err, "error.wrong_code")
			}
		}
		_, err := r.SignInWithCode(t.Context(), r.challenge("steward"), "000000", "10.9.9.9", "")
		wants(t, err, "error.limit_exceeded")
		if _, err := r.SignInWithCode(t.Context(), r.challenge("steward"), codes[0], "10.0.0.1", ""); err != nil {
			t.Error(err)
		}
	})
}
