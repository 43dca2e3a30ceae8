package people_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/people"
	"panah/hub/store"
)

// Two nodes whose clocks differ share what is used up: it stands in the database.
func TestACodeIsTakenOnceByAllNodes(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		secret, codes := r.app(r.steward())
		later := &clock{at: r.clock.now().Add(40 * time.Second)}
		db, err := store.Open(t.Context(), r.address, store.Options{Now: later.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		other := people.New(db, "hub.example", people.Options{Now: later.now, SecondFactor: people.FactorOffered, Cost: light})
		code := r.code(secret, 30*time.Second)
		if _, err := r.SignInWithCode(t.Context(), r.challenge("steward"), code, "10.0.0.1", ""); err != nil {
			t.Fatal(err)
		}
		_, err = other.SignInWithCode(t.Context(), r.challenge("steward"), code, "10.0.0.1", "")
		wants(t, err, "error.wrong_code")
		if _, err := other.SignInWithCode(t.Context(), r.challenge("steward"), r.code(secret, 70*time.Second), "10.0.0.1", ""); err != nil {
			t.Error(err)
		}
		_, err = r.SignInWithCode(t.Context(), r.challenge("steward"), code, "10.0.0.1", "") // the clock that is behind takes nothing older
		wants(t, err, "error.wrong_code")
		if _, err := other.SignInWithCode(t.Context(), r.challenge("steward"), codes[0], "10.0.0.1", ""); err != nil {
			t.Error(err)
		}
		_, err = r.SignInWithCode(t.Context(), r.challenge("steward"), codes[0], "10.0.0.1", "")
		wants(t, err, "error.wrong_code")
	})
}

func TestAppTokens(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		r.app(steward)
		give := func(c people.Caller) string {
			t.Helper()
			token, _, err := r.AppToken(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		enter := func(token string) (people.Session, error) {
			return r.SignInWithToken(t.Context(), token, people.SignIn{DeviceID: "ELEMENT", Address: "10.0.0.1"})
		}
		token := give(steward)
		app := r.caller(enter(token))
		_, err := enter(token)
		wants(t, err, "error.challenge_over")
		_, err = enter("")
		wants(t, err, "error.challenge_over")
		_, err = enter(r.challenge("steward")) // a challenge that waits for its second factor is no such token
		wants(t, err, "error.challenge_over")

		// Nobody has shown there who they are, so it gives no more such tokens, and adds and takes no keys.
		_, _, err = r.AppToken(t.Context(), app)
		wants(t, err, "error.prove_first")
		_, err = r.BeginPasskey(t.Context(), app, r.party())
		wants(t, err, "error.prove_first")
		wants(t, r.EndOthers(t.Context(), app), "error.prove_first")

		late := give(steward)
		r.clock.forward(people.AppTokenLife)
		_, err = enter(late)
		wants(t, err, "error.challenge_over")

		// Once the device that gave it is signed out, it lets nobody in.
		orphan := give(steward)
		if err := r.SignOut(t.Context(), steward.UserID, steward.DeviceID); err != nil {
			t.Fatal(err)
		}
		_, err = enter(orphan)
		wants(t, err, "error.challenge_over")
	})
}

// A device that comes in again has its old token ended on all nodes, not on this one alone.
func TestADeviceThatComesInAgain(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		r.steward()
		in := people.SignIn{User: "steward", Passphrase: passphrase, DeviceID: "ELEMENT"}
		first, err := r.SignIn(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		r.caller(first, nil)
		var told []string
		r.OnSessionEnd(func(_, device string) { told = append(told, device) })
		second, err := r.SignIn(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, []string{"ELEMENT"}) {
			t.Errorf("the other nodes were told of %v", told)
		}
		_, err = r.Authenticate(t.Context(), first.Token)
		wants(t, err, "error.unknown_token")
		r.caller(second, nil)
	})
}

// An account that is not there answers as one that is, and takes as long: the passphrase is hashed either way.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		// Hashing is what takes long. How often it was done is told from the memory that it took, which is the same on any machine.
		r.People = people.New(r.db, "hub.example", people.Options{Now: r.clock.now, SecondFactor: people.FactorOffered})
		r.app(r.steward())
		for _, user := range []string{"steward", "nobody", "hub", "@steward:elsewhere", "no such name!"} {
			hashes := memoryOf(func() {
				_, c, err := r.BeginSignIn(t.Context(), people.SignIn{User: user, Passphrase: "wrong wrong wrong"})
				wants(t, err, "error.wrong_credentials")
				if c != nil {
					t.Error("a challenge before the passphrase was right")
				}
			}) / (uint64(people.FullCost.Memory) << 10)
			if hashes != 1 {
				t.Errorf("%q: %d hashes were made", user, hashes)
			}
		}
		// The limits are the same, too.
		until := func(user string) (tries int) {
			for ; tries < 50; tries++ {
				_, err := r.SignIn(t.Context(), people.SignIn{User: user, Passphrase: "wrong wrong wrong", Address: "10.7.7." + user[:1]})
				if fault.From(err).Key == "error.limit_exceeded" {
					return tries
				}
			}
			return tries
		}
		if a, b := until("steward"), until("zzz"); a != b || a == 50 {
			t.Errorf("%d tries for one that is there, %d for one that is not", a, b)
		}
	})
}

// memoryOf gives how many bytes were taken while f ran.
func memoryOf(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Who came in with a stolen passphrase cannot call it theirs, not even by coming in twice.
func TestNobodyWavesThemselvesThrough(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		old := r.steward()
		var open []people.Notice
		r.OnNotice(func(_ *store.Tx, _ string, now []people.Notice) error { open = now; return nil })
		about := func(c people.Caller) string {
			t.Helper()
			for _, n := range open {
				if n.About == c.DeviceID {
					return n.ID
				}
			}
			t.Fatalf("no notice about %s in %v", c.DeviceID, open)
			return ""
		}
		come := func() people.Caller {
			r.clock.forward(time.Minute)
			return r.caller(r.SignIn(t.Context(), people.SignIn{User: "steward", Passphrase: passphrase}))
		}
		thief, twice := come(), come()
		for _, c := range []people.Caller{thief, twice} {
			for _, asked := range []people.Caller{thief, twice} {
				wants(t, r.Answer(t.Context(), c, about(asked), true), "error.answer_elsewhere")
			}
		}
		if err := r.Answer(t.Context(), old, about(thief), false); err != nil {
			t.Fatal(err)
		}
		_, err := r.Device(t.Context(), old.UserID, thief.DeviceID)
		wants(t, err, "error.unknown_device")
		if err := r.Answer(t.Context(), old, about(twice), true); err != nil {
			t.Fatal(err)
		}
		if len(open) != 0 {
			t.Errorf("open: %v", open)
		}
		// Whose old phone is gone answers from the new one once it has been there for a day, and has shown who they are.
		mine := come()
		newest := come()
		r.clock.forward(24 * time.Hour)
		wants(t, r.Answer(t.Context(), mine, about(newest), true), "error.prove_first")
		if err := r.ProvePassphrase(t.Context(), mine, passphrase, ""); err != nil {
			t.Fatal(err)
		}
		if err := r.Answer(t.Context(), mine, about(newest), true); err != nil {
			t.Error(err)
		}
	})
}

// Signing in often must not push out what says that somebody is being let in as oneself.
func TestARecoveryIsNeverPushedOut(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		member := r.member(steward, "member", people.Member)
		var open []people.Notice
		r.OnNotice(func(_ *store.Tx, user string, now []people.Notice) error {
			if user == member.UserID {
				open = now
			}
			return nil
		})
		if _, err := r.StartRecovery(t.Context(), steward, member.UserID); err != nil {
			t.Fatal(err)
		}
		for range 25 {
			r.clock.forward(time.Second)
			if _, err := r.SignIn(t.Context(), people.SignIn{User: "member", Passphrase: passphrase}); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.ContainsFunc(open, func(n people.Notice) bool { return n.Kind == people.NoticeRecovery }) || len(open) > 21 {
			t.Errorf("%d notices without a recovery: %v", len(open), open)
		}
	})
}

// Whoever is given a role that asks for a second factor is let into nothing until they have one, and those who had it offered are not asked.
func TestARoleThatAsksForAFactor(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		strict := people.New(r.db, "hub.example", people.Options{Now: r.clock.now, Cost: light})
		steward := r.steward()
		member := r.member(steward, "member", people.Member)
		s, err := strict.SignIn(t.Context(), people.SignIn{User: "member", Passphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := strict.Authenticate(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
		var told []string
		strict.OnAccountChange(func(user string) { told = append(told, user) })
		err = r.db.Write(t.Context(), func(tx *store.Tx) error {
			_, _, err := strict.ChangeTx(tx, steward, member.UserID, people.Change{Deed: people.DeedRole, Role: people.Admin})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(told, []string{member.UserID}) {
			t.Errorf("the nodes were told of %v", told)
		}
		_, err = strict.Authenticate(t.Context(), s.Token)
		wants(t, err, "error.second_factor_needed")
		c, err := strict.AuthenticateForSetUp(t.Context(), s.Token, "")
		if err != nil || !c.Unsecured {
			t.Fatalf("got %+v, %v", c, err)
		}
		set, err := strict.BeginTOTP(t.Context(), c, "Panah")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := strict.ConfirmTOTP(t.Context(), c, set.Token, r.code(set.Secret, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := strict.Authenticate(t.Context(), s.Token); err != nil {
			t.Error(err)
		}
	})
}

// The second stage of a proof is for who showed the first, and a proof grows old.
func TestAProofGrowsOld(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		secret, codes := r.app(steward)
		admin := r.member(steward, "admin", people.Admin)
		r.clock.forward(6 * time.Minute)
		wants(t, r.Fresh(t.Context(), steward), "error.prove_first")
		first, err := r.OpenInteractive(t.Context(), steward)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, r.FinishInteractive(t.Context(), admin, first, codes[0], ""), "error.challenge_over")
		wants(t, r.FinishInteractive(t.Context(), steward, "", codes[0], ""), "error.challenge_over")
		wants(t, r.FinishInteractive(t.Context(), steward, first, "000000", ""), "error.wrong_code")
		if err := r.FinishInteractive(t.Context(), steward, first, r.code(secret, 0), ""); err != nil {
			t.Fatal(err)
		}
		wants(t, r.FinishInteractive(t.Context(), steward, first, codes[0], ""), "error.challenge_over")
		if err := r.Fresh(t.Context(), steward); err != nil {
			t.Error(err)
		}
		late, err := r.OpenInteractive(t.Context(), steward)
		if err != nil {
			t.Fatal(err)
		}
		r.clock.forward(people.ChallengeLife + time.Second)
		wants(t, r.FinishInteractive(t.Context(), steward, late, codes[0], ""), "error.challenge_over")
		wants(t, r.Fresh(t.Context(), steward), "error.prove_first")
		wants(t, r.ProvePassphrase(t.Context(), steward, passphrase, ""), "error.prove_with_factor")
	})
}

func TestOwnDataNamesPasskeysAndCountries(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		key := r.passkey(steward)
		asked, err := r.AskPasskey(t.Context(), r.party(), "")
		if err != nil {
			t.Fatal(err)
		}
		in := people.SignIn{DeviceName: "Laptop", Country: "TJ"}
		if _, err := r.SignInWithPasskey(t.Context(), r.party(), "", asked.Token, key.Use(t, asked.Options), in); err != nil {
			t.Fatal(err)
		}
		own, err := r.Own(t.Context(), steward)
		if err != nil {
			t.Fatal(err)
		}
		if len(own.Passkeys) != 1 || own.Passkeys[0].Name != "Phone" || own.Passkeys[0].Used == nil || own.CodeApp || own.Codes != 10 {
			t.Errorf("got %+v, %t, %d", own.Passkeys, own.CodeApp, own.Codes)
		}
		if !slices.ContainsFunc(own.Devices, func(d people.OwnDevice) bool { return d.Name == "Laptop" && d.Country == "TJ" }) {
			t.Errorf("got %+v", own.Devices)
		}
	})
}

// A steward is let in again by two other stewards alone.
func TestAStewardIsLetInByTwoStewards(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		lost := r.steward()
		more := func(user string) people.Caller {
			_, token, err := r.StewardInvitation(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return r.caller(r.signUp(token, user))
		}
		first, second := more("first"), more("second")
		admin := r.member(lost, "admin", people.Admin)
		_, err := r.StartRecovery(t.Context(), admin, lost.UserID)
		wants(t, err, "error.recover_own_only")
		begun, err := r.StartRecovery(t.Context(), first, lost.UserID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.StartRecovery(t.Context(), second, lost.UserID)
		wants(t, err, "error.recovery_open")
		for c, key := range map[string]string{"first": "error.recovery_second", "admin": "error.recover_own_only", "lost": "error.recover_self"} {
			by := map[string]people.Caller{"first": first, "admin": admin, "lost": lost}[c]
			_, _, err := r.ConfirmRecovery(t.Context(), by, begun.ID)
			wants(t, err, key)
		}
		other := r.caller(r.SignIn(t.Context(), people.SignIn{User: "first", Passphrase: passphrase})) // the same person at another device
		_, _, err = r.ConfirmRecovery(t.Context(), other, begun.ID)
		wants(t, err, "error.recovery_second")
		if _, _, err := r.ConfirmRecovery(t.Context(), second, begun.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = r.ConfirmRecovery(t.Context(), second, begun.ID)
		wants(t, err, "error.recovery_confirmed")
	})
}

// Who may no longer let somebody in has not let them in: one who was suspended since, and one who started before the person rose.
func TestARecoveryStandsOnlyWithThoseWhoMadeIt(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		member := r.member(steward, "member", people.Member)
		_, token, err := r.invite(steward, member.OrganisationID, people.Admin)
		if err != nil {
			t.Fatal(err)
		}
		admin := r.caller(r.signUp(token, "admin"))
		change := func(who people.Caller, c people.Change) {
			t.Helper()
			err := r.db.Write(t.Context(), func(tx *store.Tx) error {
				c.Sure = true
				_, _, err := r.ChangeTx(tx, steward, who.UserID, c)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		r.later(days(31), &steward, &admin)
		begun, err := r.StartRecovery(t.Context(), admin, member.UserID)
		if err != nil {
			t.Fatal(err)
		}
		_, link, err := r.ConfirmRecovery(t.Context(), steward, begun.ID)
		if err != nil {
			t.Fatal(err)
		}
		r.clock.forward(people.RecoveryWait)
		if err := r.ProvePassphrase(t.Context(), steward, passphrase, "10.0.0.1"); err != nil {
			t.Fatal(err)
		}
		change(member, people.Change{Deed: people.DeedRole, Role: people.Steward})
		_, err = r.FinishRecovery(t.Context(), link, strings.Repeat("four green trees ", 2), people.SignIn{})
		wants(t, err, "error.recovery_over")
		change(member, people.Change{Deed: people.DeedRole, Role: people.Member})
		change(admin, people.Change{Deed: people.DeedSuspend, Reason: "breach"})
		_, err = r.FinishRecovery(t.Context(), link, strings.Repeat("four green trees ", 2), people.SignIn{})
		wants(t, err, "error.recovery_over")
	})
}

// The operator's own way in tells the person's devices, and ends what others had under way.
func TestRecoveringFromTheConsole(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		secret, _ := r.app(steward)
		member := r.member(steward, "member", people.Member)
		open := map[string][]people.Notice{}
		r.OnNotice(func(_ *store.Tx, user string, now []people.Notice) error { open[user] = now; return nil })
		if _, err := r.StartRecovery(t.Context(), steward, member.UserID); err != nil {
			t.Fatal(err)
		}
		begun, err := r.StartRecovery(t.Context(), steward, member.UserID)
		wants(t, err, "error.recovery_open")
		made, link, err := r.RecoverFromConsole(t.Context(), "member")
		if err != nil {
			t.Fatal(err)
		}
		if n := open[member.UserID]; len(n) != 1 || n[0].About != made.ID || n[0].Detail["by"] != r.HubUser() {
			t.Errorf("the person's devices are told %v", n)
		}
		_, _, err = r.ConfirmRecovery(t.Context(), steward, begun.ID)
		wants(t, err, "error.unknown_recovery")
		if _, err := r.FinishRecovery(t.Context(), link, "four green trees by water", people.SignIn{}); err != nil {
			t.Fatal(err)
		}

		_, link, err = r.RecoverFromConsole(t.Context(), "STEWARD")
		if err != nil {
			t.Fatal(err)
		}
		challenge := r.challenge("steward")
		if _, err := r.FinishRecovery(t.Context(), link, "four green trees by water", people.SignIn{}); err != nil {
			t.Fatal(err)
		}
		_, err = r.SignInWithCode(t.Context(), challenge, r.code(secret, 30*time.Second), "10.0.0.1", "")
		wants(t, err, "error.challenge_over") // what was under way with the old passphrase ends with it
		_, err = r.Authenticate(t.Context(), "panah_x")
		wants(t, err, "error.unknown_token")
		for _, user := range []string{"nobody", "hub"} {
			if _, _, err := r.RecoverFromConsole(t.Context(), user); err == nil {
				t.Errorf("a link for %q", user)
			}
		}
	})
}

// TestADatabaseInTroubleSignsNobodyOut: whatever of it cannot be read just then, a client is never told that its token is unknown, for it would throw
// away all that it keeps.
func TestADatabaseInTroubleSignsNobodyOut(t *testing.T) {
	each(t, func(t *testing.T, r *register) {
		steward := r.steward()
		_, token, err := r.invite(steward, r.organisation(steward, "TJ").ID, people.Member)
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.signUp(token, "parwin")
		if err != nil {
			t.Fatal(err)
		}
		rename := func(from, to string) {
			t.Helper()
			err := r.db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"devices", "people", "organisations"} {
			rename(table, "away")
			r.Forget()
			if _, err := r.Authenticate(t.Context(), s.Token); err == nil || fault.From(err).Status < 500 {
				t.Errorf("without %s: %v", table, err)
			}
			rename("away", table)
		}
		if _, err := r.Authenticate(t.Context(), s.Token); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
