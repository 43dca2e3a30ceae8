package people_test

import (
	"testing"

	"panah/hub/factor"
	"panah/hub/factor/factortest"
	"panah/hub/people"
)

func (r *register) party() *factor.Party {
	r.t.Helper()
	party, err := factor.NewParty("hub.example", "Panah", "https://hub.example")
	if err != nil {
		r.t.Fatal(err)
	}
	return party
}

// passkey makes one for a caller.
func (r *register) passkey(c people.Caller) *factortest.Key {
	r.t.Helper()
	asked, err := r.BeginPasskey(r.t.Context(), c, r.party())
	if err != nil {
		r.t.Fatal(err)
	}
	key := factortest.New(r.t, "hub.example", "https://hub.example")
	if _, err := r.AddPasskey(r.t.Context(), c, r.party(), asked.Token, "Phone", key.Make(r.t, asked.Options)); err != nil {
		r.t.Fatal(err)
	}
	return key
}

// enter signs in with a passkey alone.
func (r *register) enter(key *factortest.Key) error {
	asked, err := r.AskPasskey(r.t.Context(), r.party(), "10.0.0.1")
	if err != nil {
		return err
	}
	_, err = r.SignInWithPasskey(r.t.Context(), r.party(), "", asked.Token, key.Use(r.t, asked.Options), people.SignIn{Address: "10.0.0.1"})
	return err
}

func (r *register) member(steward people.Caller, user string, role people.Role) people.Caller {
	r.t.Helper()
	_, token, err := r.invite(steward, r.organisation(steward, "AF").ID, role)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.caller(r.signUp(token, user))
}

func TestAPasskeyOpensTheDoorOnce(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		key := r.passkey(r.steward())
		asked, err := r.AskPasskey(t.Context(), r.party(), "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		answer := key.Use(t, asked.Options)
		try := func() error {
			_, err := r.SignInWithPasskey(t.Context(), r.party(), "", asked.Token, answer, people.SignIn{})
			return err
		}
		if err := try(); err != nil {
			t.Fatal(err)
		}
		wants(t, try(), "error.challenge_over")
		late, err := r.AskPasskey(t.Context(), r.party(), "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		r.clock.forward(people.ChallengeLife)
		_, err = r.SignInWithPasskey(t.Context(), r.party(), "", late.Token, key.Use(t, late.Options), people.SignIn{})
		wants(t, err, "error.challenge_over")
	})
}

// An answer that was wrong uses its question up: nobody tries twice at one challenge.
func TestAWrongAnswerUsesTheQuestionUp(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		key := r.passkey(r.steward())
		asked, err := r.AskPasskey(t.Context(), r.party(), "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		liar := key.Copy()
		liar.Origin = "https://evil.example"
		try := func(k *factortest.Key) error {
			_, err := r.SignInWithPasskey(t.Context(), r.party(), "", asked.Token, k.Use(t, asked.Options), people.SignIn{})
			return err
		}
		wants(t, try(liar), "error.passkey_refused")
		wants(t, try(key), "error.challenge_over")
	})
}

func TestACopiedPasskeyIsRefusedForGood(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		key := r.passkey(steward)
		twin := key.Copy()
		if err := r.enter(key); err != nil {
			t.Fatal(err)
		}
		wants(t, r.enter(twin), "error.passkey_cloned")
		wants(t, r.enter(key), "error.passkey_refused")
		f, err := r.Factors(t.Context(), steward)
		if err != nil || len(f.Passkeys) != 1 || !f.Passkeys[0].Cloned {
			t.Errorf("got %+v, %v", f.Passkeys, err)
		}
		// It still counts as a second factor, so that a copy never opens the door to the passphrase alone; a recovery code does.
		_, c, err := r.BeginSignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase})
		if err != nil || c == nil || c.Passkey {
			t.Errorf("got %+v, %v", c, err)
		}
	})
}

func TestAChallengeIsForItsOwnPerson(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		secret, _ := r.app(steward)
		r.passkey(steward)
		admin := r.member(steward, "admin", people.Admin)
		_, codes := r.app(admin)
		own := r.passkey(admin)

		_, err := r.SignInWithCode(t.Context(), r.challenge("steward"), codes[0], "10.0.0.1", "")
		wants(t, err, "error.wrong_code") // a code of somebody else's
		_, err = r.SignInWithCode(t.Context(), r.challenge("admin"), codes[0], "10.0.0.1", "")
		if err != nil {
			t.Errorf("it was used up by that: %v", err)
		}

		stewards := r.challenge("steward")
		asked, err := r.AskSecondPasskey(t.Context(), r.party(), r.challenge("admin"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.SignInWithPasskey(t.Context(), r.party(), stewards, asked.Token, own.Use(t, asked.Options), people.SignIn{})
		wants(t, err, "error.challenge_over") // one's own passkey brought to somebody else's challenge
		asked, err = r.AskSecondPasskey(t.Context(), r.party(), stewards)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.SignInWithPasskey(t.Context(), r.party(), stewards, asked.Token, own.Use(t, asked.Options), people.SignIn{})
		wants(t, err, "error.passkey_refused")
		_, err = r.SignInWithPasskey(t.Context(), r.party(), "", asked.Token, own.Use(t, asked.Options), people.SignIn{})
		wants(t, err, "error.challenge_over") // a question after a passphrase is none at the door

		// A challenge that let a session in lets no second one in, whichever factor comes.
		if _, err = r.SignInWithCode(t.Context(), stewards, r.code(secret, 30_000_000_000), "10.0.0.1", ""); err != nil {
			t.Fatal(err)
		}
		_, err = r.AskSecondPasskey(t.Context(), r.party(), stewards)
		wants(t, err, "error.challenge_over")
	})
}

// What is asked of a caller is answered by that caller, on that device.
func TestAProofIsOfOneDevice(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		key := r.passkey(steward)
		asked, err := r.AskPasskey(t.Context(), r.party(), "")
		if err != nil {
			t.Fatal(err)
		}
		other := r.caller(r.SignInWithPasskey(t.Context(), r.party(), "", asked.Token, key.Use(t, asked.Options), people.SignIn{}))
		ask, err := r.AskProof(t.Context(), r.party(), steward)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, r.ProvePasskey(t.Context(), r.party(), other, ask.Token, key.Use(t, ask.Options)), "error.challenge_over")
		set, err := r.BeginTOTP(t.Context(), steward, "Panah")
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.ConfirmTOTP(t.Context(), other, set.Token, r.code(set.Secret, 0))
		wants(t, err, "error.challenge_over")
	})
}

// A stranger learns nothing from a passkey's door: a handle that nobody has, and one that somebody has with a wrong key, are refused alike.
func TestPasskeysTellNothingOfWhoIsHere(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		key := r.passkey(r.steward())
		known, unknown := factortest.New(t, key.RPID, key.Origin), factortest.New(t, key.RPID, key.Origin)
		known.Handle, unknown.Handle = key.Handle, []byte("nobody's")
		wants(t, r.enter(known), "error.passkey_refused")
		wants(t, r.enter(unknown), "error.passkey_refused")
	})
}
